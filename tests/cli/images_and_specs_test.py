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
        self.assertTrue(any("flannel" in one for one in document["cni"]["repositories"]))
        self.refused(USAGE, "images", "list", "--kubernetes", "v1.34.2", "--cni", "flanel")

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
