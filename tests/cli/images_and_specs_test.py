# SPDX-License-Identifier: Apache-2.0
"""images list, spec init and spec check."""
from harness import USAGE, Case, main


class Images(Case):
    def test_text_is_what_kubeadm_would_print(self):
        lines = self.run_ok("images", "list", "--kubernetes", "v1.34.2").splitlines()
        self.assertEqual(lines[0], "registry.k8s.io/kube-apiserver:v1.34.2")
        self.assertEqual(len(lines), 7)
        self.assertTrue(all(line.startswith("registry.k8s.io/") for line in lines))

    def test_repository_platform_and_json(self):
        document = self.run_json("images", "list", "--kubernetes", "1.26.0", "--repository", "harbor.corp/k8s")
        self.assertEqual(document["kubernetes"], "v1.26.0")
        self.assertIn("harbor.corp/k8s/kube-proxy:v1.26.0", [one["reference"] for one in document["images"]])
        self.assertIn("linux/arm", document["images"][0]["platforms"])
        self.run_ok("images", "list", "--kubernetes", "v1.34.2", "--platform", "s390x")
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.34.2", "--platform", "linux/arm")

    def test_cni(self):
        document = self.run_json("images", "list", "--kubernetes", "v1.34.2", "--cni", "flannel")
        flannel = {"ghcr.io/flannel-io/flannel:v0.28.9", "ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1-flannel3"}
        self.assertEqual({one["reference"] for one in document["cni"]["images"]}, flannel)
        self.assertLess(flannel, {one["reference"] for one in document["images"]})
        self.assertEqual(document["cni"]["version"], "v0.28.9")
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.34.2", "--cni", "flanel")

    def test_cni_version_platform_and_repository(self):
        lines = self.run_ok("images", "list", "--kubernetes", "v1.34.2", "--cni", "calico@v3.30.7", "--repository",
                            "harbor.corp/k8s", "--platform", "s390x").splitlines()
        names = ("cni", "node", "kube-controllers")
        self.assertEqual(lines[7:], [f"harbor.corp/k8s/calico/{name}:v3.30.7" for name in names])
        started = self.run_ok("images", "list", "--kubernetes", "v1.34.2", "--cni", "calico-operator")
        self.assertIn("quay.io/calico/typha:v3.32.1\n", started)
        pinned = self.run_ok("images", "list", "--kubernetes", "v1.34.2", "--cni", "cilium")
        self.assertIn("quay.io/cilium/cilium:v1.20.0@sha256:", pinned)
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.34.2", "--cni", "cilium", "--platform", "ppc64le",
                     says="is not published for linux/ppc64le")

    def test_a_cni_that_does_not_run_there(self):
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.34.2", "--cni", "romana",
                     says="romana v2.0.2 does not run on Kubernetes v1.34.2: its DaemonSets are of extensions/v1beta1")
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.30.0", "--cni", "calico@v3.32.1", says="isCIDR")

    def test_bad_versions(self):
        for version in ("latest", "v1", "v1.9.0", "v9.99.0", "; rm -rf", ""):
            self.refused(USAGE, "images", "list", "--kubernetes", version)


class Specs(Case):
    def test_the_example_is_a_good_spec(self):
        (self.folder / "site.yaml").write_text(self.run_ok("spec", "init"))
        text = self.run_ok("spec", "check", "site.yaml")
        self.assertIn("registry.k8s.io/kube-apiserver:v1.34.2", text)
        document = self.run_json("spec", "check", "site.yaml")
        self.assertTrue(document["images"] and document["downloads"])

    def test_pod_networks(self):
        spec = self.run_ok("spec", "init").replace("flannel", "NAME").replace("linux/arm64", "linux/ppc64le")
        for name, says in (("cilium", "publishes a Helm chart and no manifest"), ("romana", "served only up to 1.15"),
                           ("antrea", "antrea v2.7.0 for linux/ppc64le: is never published for it")):
            (self.folder / "site.yaml").write_text(spec.replace("NAME", name))
            self.refused(USAGE, "spec", "check", "site.yaml", says=says)

    def test_errors_have_their_place_and_the_nearest_key(self):
        (self.folder / "site.yaml").write_text(self.run_ok("spec", "init").replace("platforms:", "platfroms:"))
        self.refused(USAGE, "spec", "check", "site.yaml", says="site.yaml:")
        self.refused(USAGE, "spec", "check", "site.yaml", says="platforms")
        (self.folder / "site.yaml").write_text("apiVersion: kubeferry/v1\nkind: Bundle\nname: a\nname: b\n")
        self.refused(USAGE, "spec", "check", "site.yaml", says="site.yaml:4:")
        self.refused(USAGE, "spec", "check")

    def test_a_spec_that_is_not_there(self):
        self.assertNotEqual(self.run_program("spec", "check", "absent.yaml").returncode, 0)


if __name__ == "__main__":
    main()
