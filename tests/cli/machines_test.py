# SPDX-License-Identifier: Apache-2.0
"""What is for another machine than its platform says is refused by name, and no bundle comes of it."""
import io
import json
import struct
import tarfile

import upstream
from harness import INTEGRITY, OK, Case, main

MACHINES = {"linux/amd64": 62, "linux/arm64": 183}


def executable(platform):
    return struct.pack("<7s9xHHI", b"\x7fELF\x02\x01\x01", 2, MACHINES[platform], 1).ljust(64, b"\0")


def layer(platform):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in (("etc/passwd", b"root:x:0:0\n"), ("usr/bin/tool", executable(platform))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


class Machines(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.registry = upstream.start_registry(self)
        where = f'{{endpoint: "http://{self.registry}", plainHttp: true}}'
        (self.folder / "small.yaml").write_text(
            upstream.spec(where).replace("[linux/amd64]", "[linux/arm64]"))

    def publish(self, listed, configured, contained):
        """An index that lists an image for `listed`, whose configuration and whose program say something of their own."""
        kind = "application/vnd.oci.image"
        config = {"architecture": configured.split("/")[1], "os": "linux",
                  "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}
        push = lambda media_type, content: upstream.push_blob(self.registry, f"{kind}.{media_type}", content)
        manifest = json.dumps({"schemaVersion": 2, "mediaType": f"{kind}.manifest.v1+json",
                               "config": push("config.v1+json", json.dumps(config).encode()),
                               "layers": [push("layer.v1.tar+gzip", layer(contained))]}).encode()
        manifests = f"http://{self.registry}/v2/{upstream.REPOSITORY}/manifests/"
        headers = upstream.send("PUT", manifests + "child", manifest, f"{kind}.manifest.v1+json")
        index = {"schemaVersion": 2, "mediaType": f"{kind}.index.v1+json", "manifests": [
            {"mediaType": f"{kind}.manifest.v1+json", "digest": headers["Docker-Content-Digest"], "size": len(manifest),
             "platform": {"os": "linux", "architecture": listed.split("/")[1]}}]}
        upstream.send("PUT", manifests + upstream.TAG, json.dumps(index).encode(), index["mediaType"])

    def test_an_image_of_another_architecture(self):
        self.publish("linux/arm64", "linux/amd64", "linux/amd64")
        said = self.refused(INTEGRITY, "lock", "small.yaml")
        self.assertIn("apps/tool:v1 for linux/arm64: the programs in it are for linux/amd64", said.splitlines()[0])
        self.assertFalse((self.folder / "small.lock").exists())

    def test_an_image_that_only_says_so(self):
        """Published like that by some: they run, and are carried."""
        self.publish("linux/arm64", "linux/amd64", "linux/arm64")
        done = self.run_program("lock", "small.yaml")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("its configuration says linux/amd64; its programs are what the index says", done.stderr)
        self.run_ok("build", "small.yaml", "--key", "site.key", "--output", "bundle")
        self.run_ok("verify", "bundle", "--trust", "site.pub", "--deep")

    def test_an_image_that_is_what_it_says(self):
        self.publish("linux/arm64", "linux/arm64", "linux/arm64")
        self.assertNotIn("warning", self.run_program("lock", "small.yaml").stderr)

    def test_a_file_of_another_machine(self):
        (self.folder / "tool").write_bytes(executable("linux/amd64"))
        (self.folder / "spec.yaml").write_text(
            'apiVersion: kubeferry/v1\nkind: Bundle\nname: files\nversion: "1"\nplatforms: [linux/arm64]\n'
            'files:\n- {file: tool, path: /usr/local/bin/tool, mode: "0755"}\n')
        self.run_ok("lock", "spec.yaml")
        said = self.refused(INTEGRITY, "build", "spec.yaml", "--key", "site.key", "--output", "bundle", "--quiet")
        self.assertIn("linux/amd64", said.splitlines()[0])
        self.assertIn("linux/arm64", said.splitlines()[0])
        self.assertFalse((self.folder / "bundle").exists())
        # Nor is it for all of them.
        text = (self.folder / "spec.yaml").read_text().replace("[linux/arm64]", "[linux/amd64, linux/arm64]")
        (self.folder / "spec.yaml").write_text(text)
        self.run_ok("lock", "spec.yaml")
        said = self.refused(INTEGRITY, "build", "spec.yaml", "--key", "site.key", "--output", "bundle", "--quiet")
        self.assertIn("not for linux/arm64", said.splitlines()[0])


if __name__ == "__main__":
    main()
