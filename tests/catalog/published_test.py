#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""ci/catalog-published against modules of a proxy in a folder: what agrees, what differs, what cannot be had."""
import os
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
CONSTANTS = """package constants

const (
	// DefaultEtcdVersion is the newest
	DefaultEtcdVersion = "{default}"
	CoreDNSVersion = "v1.12.1"
	PauseVersion = "3.10.1"
)

var SupportedEtcdVersion = map[uint8]string{{
	33: "3.5.21-0",
	34: "{etcd}",
}}
"""
DEFAULTS = 'package v1beta4\n\nconst DefaultImageRepository = "registry.k8s.io"\n'


class Published(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kf-published-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.releases(f"v0.34.{patch}" for patch in range(14))

    def releases(self, versions):
        self.file("k8s.io/api/@v/list", "".join(f"{version}\n" for version in versions))

    def file(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def publish(self, version, etcd="3.6.5-0", default="3.6.5-0", source=CONSTANTS):
        at = f"k8s.io/kubernetes/@v/{version}"
        self.file(f"{at}.info", f'{{"Version": "{version}"}}')
        self.file(f"{at}.mod", "module k8s.io/kubernetes\n")
        with zipfile.ZipFile(self.folder / f"{at}.zip", "w") as archive:
            top = f"k8s.io/kubernetes@{version}"
            archive.writestr(f"{top}/go.mod", "module k8s.io/kubernetes\n")
            archive.writestr(f"{top}/cmd/kubeadm/app/constants/constants.go", source.format(etcd=etcd, default=default))
            archive.writestr(f"{top}/cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go", DEFAULTS)

    def run_it(self, *arguments):
        done = subprocess.run([TREE / "ci" / "catalog-published", *arguments], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "GOPROXY": f"file://{self.folder}", "GONOSUMDB": "*", "GOFLAGS": ""})
        return done.returncode, done.stdout + done.stderr

    def test_one_that_agrees_and_what_cannot_be_had(self):
        self.publish("v1.34.2")
        status, said = self.run_it("1.34")
        self.assertEqual((status, said.split(";")[0]), (0, "v1.34    1 agree"), said)
        self.assertIn("; no module: v1.34.0 v1.34.1 v1.34.3 ", said)

    def test_a_difference_is_named(self):
        self.publish("v1.34.2", etcd="3.6.7-0")
        self.publish("v1.34.3")
        self.assertEqual(self.run_it("v1.34.2", "v1.34.3"),
                         (1, "v1.34    1 agree\nv1.34.2: etcd: 3.6.5-0 in the catalog, 3.6.7-0 in its source\n"))

    def test_etcd_of_the_minor_and_not_the_newest(self):
        self.publish("v1.34.2", default="3.7.0-0")
        self.assertEqual(self.run_it("v1.34.2")[0], 0)

    def test_source_of_another_shape_is_no_agreement(self):
        self.publish("v1.34.2", source=CONSTANTS.replace("PauseVersion", "PauseImageVersion"))
        status, said = self.run_it("v1.34.2")
        self.assertEqual(status, 1)
        self.assertIn("v1.34.2: its source says the version of pause 0 times", said)

    def test_a_release_that_the_catalog_does_not_have(self):
        self.releases(["v0.34.2", "v0.34.99", "v0.35.0-rc.1", "v0.19.16"])
        self.publish("v1.34.2")
        status, said = self.run_it("v1.34.2")
        self.assertEqual(status, 1)
        self.assertEqual(said, "v1.34    1 agree\n"
                               "v1.34.99 is published (k8s.io/api v0.34.99), and the catalog does not have it\n")

    def test_what_goes_wrong_is_no_missing_release(self):
        self.publish("v1.34.2")
        (self.folder / "k8s.io/kubernetes/@v/v1.34.2.zip").write_bytes(b"cut off")
        status, said = self.run_it("v1.34.2")
        self.assertEqual(status, 1)
        self.assertIn("v1.34.2: its source cannot be had: ", said)

    def test_nothing_to_compare_is_a_failure(self):
        status, said = self.run_it("v1.34.2")
        self.assertEqual(status, 1)
        self.assertIn("nothing was compared", said)
        self.assertEqual(self.run_it("v1.19.0")[0], 2)


if __name__ == "__main__":
    unittest.main()
