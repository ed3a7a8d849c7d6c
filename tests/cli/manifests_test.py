# SPDX-License-Identifier: Apache-2.0
"""Manifests of the spec: their images are found and carried, pinned where they stand, and come out again."""
import hashlib
import json

from harness import INTEGRITY, USAGE, Case, main
from upstream import REPOSITORY, push_image, spec, start_registry

TOOL = f"upstream.example/{REPOSITORY}"
WORKLOAD = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: operator}}
spec:
  template:
    spec:
      containers:
        - name: operator
          image: {TOOL}:v1
          imagePullPolicy: Always
          args: ["--tool-image={TOOL}", --from=quay.io/some/thing:v2]
          env:
            - {{name: RELATED_IMAGE_TOOL, value: "{TOOL}:latest"}}
---
apiVersion: example.org/v1
kind: Tool
metadata: {{name: tool}}
spec: {{image: "{TOOL}:v1"}}
"""


class Manifests(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        address = start_registry(self)
        for tag in ("v1", "latest"):
            push_image(address, [4096], tag)
        self.upstream = f"{{endpoint: 'http://{address}', plainHttp: true}}"
        (self.folder / "operator.yaml").write_text(WORKLOAD)

    def write_spec(self, *more):
        (self.folder / "small.yaml").write_text(spec(self.upstream, *more))

    def build(self, *more):
        self.write_spec(*more)
        done = self.run_program("build", "small.yaml", "--key", "site.key", "--output", "b.tar.zst", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def extracted(self):
        self.run_ok("extract", "b.tar.zst", "--trust", "site.pub", "--files", "--to", "out")
        return {file.name: file.read_text() for file in (self.folder / "out" / "manifests").iterdir()}

    def test_images_are_carried_and_pinned_where_they_stand(self):
        said = self.build("manifests: [operator.yaml]")
        self.assertIn("operator:11: --tool-image: " + TOOL + " is carried, too", said)
        self.assertIn("operator:11: --from: quay.io/some/thing:v2 looks like an image and is not carried", said)
        manifest = self.run_json("inspect", "b.tar.zst", "--trust", "site.pub")["manifest"]
        held = {image["reference"]: image["digest"] for image in manifest["images"]}
        self.assertEqual(set(held), {f"{TOOL}:v1", f"{TOOL}:latest"})
        pinned = f"{TOOL}@{held[TOOL + ':latest']}"
        wanted = (WORKLOAD.replace("Always", "IfNotPresent").replace(f"--tool-image={TOOL}", f"--tool-image={pinned}")
                  .replace(f"{TOOL}:latest", pinned))
        self.assertEqual(self.extracted(), {"operator.yaml": wanted})
        kinds = [document["kind"] for document in manifest["documents"]]
        self.assertEqual(kinds[2:], ["manifest-original", "manifest", "manifest-changes"])
        # An older init would not apply it, and say nothing.
        self.assertEqual(manifest["minimumTool"], "0.2.0")

    def test_one_that_is_not_applied_and_one_from_a_url(self):
        digest = hashlib.sha256(WORKLOAD.encode()).hexdigest()
        self.build(f"manifests: [{{file: operator.yaml, apply: false, sha256: {digest}, name: later}}]")
        self.assertEqual(list(self.extracted()), ["later.yaml"])
        manifest = self.run_json("inspect", "b.tar.zst", "--trust", "site.pub")["manifest"]
        kinds = [row["kind"] for row in manifest["documents"]]
        self.assertEqual(manifest["minimumTool"], "0.1.0")
        self.assertIn("manifest-carried", kinds)
        self.assertNotIn("manifest", kinds)
        self.write_spec(f"manifests: [{{file: operator.yaml, sha256: {'0' * 64}}}]")
        self.refused(INTEGRITY, "lock", "small.yaml", says=f"operator.yaml: is sha256:{digest}, and the spec says sha256:0")

    def test_a_changed_manifest_is_not_what_was_locked(self):
        self.write_spec("manifests: [operator.yaml]")
        self.run_ok("lock", "small.yaml")
        kinds = {row["name"]: row["kind"] for row in json.loads((self.folder / "small.lock").read_text())["downloads"]}
        self.assertEqual(kinds, {"operator": "extra-manifest"})
        (self.folder / "operator.yaml").write_text(WORKLOAD.replace("operator", "operetta"))
        self.refused(INTEGRITY, "build", "small.yaml", "--key", "site.key", "--quiet", says="is not the sha256:")

    def test_a_pod_network_of_which_nothing_is_known(self):
        said = self.build("cni: {manifest: operator.yaml, podCIDR: 10.7.0.0/16}")
        self.assertIn("none of the catalog; podCIDR goes to kubeadm", said)
        self.assertEqual(list(self.extracted()), ["custom.yaml"])
        self.write_spec("cni: {podCIDR: 10.7.0.0/16}")
        self.refused(USAGE, "spec", "check", "small.yaml", says='the key "name" is missing')


if __name__ == "__main__":
    main()
