# SPDX-License-Identifier: Apache-2.0
"""A docker-registry of the test's own with one small image in it, and a spec that asks for that image."""
import hashlib
import json
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request

REPOSITORY, TAG = "apps/tool", "v1"
# Proxies of the environment are what some tests are about; what prepares a test must not go through them.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_registry(case, certificate=None):
    """Starts a registry over case.folder/registry, with TLS by `certificate` (CERT, KEY); answers its HOST:PORT."""
    address = f"127.0.0.1:{free_port()}"
    tls = f", tls: {{certificate: '{certificate[0]}', key: '{certificate[1]}'}}" if certificate else ""
    config = case.folder / f"registry-{address}.yml"
    config.write_text(f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {case.folder}/registry}}}}\n"
                      f"http: {{addr: '{address}'{tls}}}\nlog: {{level: error, accesslog: {{disabled: true}}}}\n")
    process = subprocess.Popen(["docker-registry", "serve", config], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    case.addCleanup(process.wait)
    case.addCleanup(process.kill)
    for _ in range(400):
        try:
            socket.create_connection(address.split(":"), timeout=10).close()
            return address
        except OSError:
            time.sleep(0.025)
    raise AssertionError("docker-registry does not answer")


def send(method, url, body=b"", media_type="application/octet-stream"):
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": media_type})
    with DIRECT.open(request, timeout=30) as response:
        return response.headers


def push_blob(address, media_type, content):
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    location = send("POST", f"http://{address}/v2/{REPOSITORY}/blobs/uploads/")["Location"]
    send("PUT", f"{location}&digest={digest}", content)
    return {"mediaType": media_type, "digest": digest, "size": len(content)}


def push_image(address, layer_sizes, tag=TAG):
    """Pushes an image for linux/amd64 whose layers are of these sizes and do not compress."""
    config = {"architecture": "amd64", "os": "linux",
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + f"{n:064x}" for n, _ in enumerate(layer_sizes)]}}
    kind = "application/vnd.oci.image"
    manifest = {"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
                "config": push_blob(address, f"{kind}.config.v1+json", json.dumps(config).encode()),
                "layers": [push_blob(address, f"{kind}.layer.v1.tar", random.Random(size).randbytes(size))
                           for size in layer_sizes]}
    send("PUT", f"http://{address}/v2/{REPOSITORY}/manifests/{tag}", json.dumps(manifest).encode(),
         manifest["mediaType"])


def spec(upstream, *more):
    """A spec of that image and nothing else, found by the YAML mapping `upstream`; `more` are further lines."""
    return "\n".join(["apiVersion: kubeferry/v1", "kind: Bundle", "name: small", 'version: "1"',
                      "platforms: [linux/amd64]", "kubeferry: none", f"images: ['upstream.example/{REPOSITORY}:{TAG}']",
                      f"upstreams: {{upstream.example: {upstream}}}", *more, ""])
