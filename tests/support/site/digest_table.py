#!/usr/bin/env python3
"""Compares every image of a bundle, platform by platform, with what the upstream and the target registry serve.

digest_table.py --bundle INSPECT.json --upstream HOST:PORT --target HOST:PORT[/PREFIX] --ca CA
Prints a table; exits with 1 when a digest differs anywhere. Digests are computed from the bytes that were served.
"""
import argparse
import hashlib
import json
import ssl
import sys
import urllib.request

ACCEPT = ", ".join(
    "application/vnd." + kind
    for kind in (
        "oci.image.index.v1+json",
        "oci.image.manifest.v1+json",
        "docker.distribution.manifest.list.v2+json",
        "docker.distribution.manifest.v2+json",
    )
)


class Registry:
    def __init__(self, where, ca):
        host, _, prefix = where.partition("/")
        self.base = f"https://{host}/v2/" + (prefix + "/" if prefix else "")
        self.context = ssl.create_default_context(cafile=ca)

    def digest(self, repository, what):
        request = urllib.request.Request(f"{self.base}{repository}/manifests/{what}", headers={"Accept": ACCEPT})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=20) as answer:
                return "sha256:" + hashlib.sha256(answer.read()).hexdigest()
        except urllib.error.HTTPError as error:
            return f"HTTP {error.code}"


def parts(reference):
    name, at, digest = reference.partition("@")
    path = name.split("/", 1)[1]
    repository, colon, tag = path.rpartition(":")
    return (repository, tag or digest) if colon else (path, digest)


def main():
    parser = argparse.ArgumentParser()
    for option in ("bundle", "upstream", "target", "ca"):
        parser.add_argument("--" + option, required=True)
    options = parser.parse_args()
    with open(options.bundle, encoding="utf-8") as file:
        manifest = json.load(file)["manifest"]
    upstream = Registry(options.upstream, options.ca)
    target = Registry(options.target, options.ca)
    wrong = 0
    print(f"{'IMAGE':52} {'PLATFORM':14} {'DIGEST':21} UPSTREAM MIRROR")
    for image in manifest["images"]:
        repository, tag = parts(image["reference"])
        rows = [("index", tag, image["digest"])]
        rows += [(part["platform"], part["digest"], part["digest"]) for part in image["manifests"]]
        for platform, what, digest in rows:
            served = [registry.digest(repository, what) for registry in (upstream, target)]
            # A mirror that cannot hold a sparse index has a filtered one; its platforms must be the same all the same.
            words = ["equal" if seen == digest else "DIFFERS" for seen in served]
            if platform == "index" and image["omitted"] and words[1] == "DIFFERS":
                words[1] = "filtered"
            wrong += words.count("DIFFERS")
            print(f"{image['reference']:52} {platform:14} {digest[:19]}.. {words[0]:8} {words[1]}")
    print(f"{len(manifest['images'])} images, {len(manifest['files'])} node files; " + (f"{wrong} DIFFER" if wrong else "all digests equal"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
