#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""ci/catalog-check against the real kubeadm 1.20.2, against programs that lie, and against what is no kubeadm."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
KUBEADM = os.environ["KUBEFERRY_KUBEADM"]
QUESTIONS = ("default", "--image-repository", "v1beta2", "v1beta2, imageRepository", "does not read v1beta3",
             "does not read v1beta4")


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kf-check-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check(self, *arguments, path=None):
        done = subprocess.run([TREE / "ci" / "catalog-check", *arguments], capture_output=True, text=True, timeout=300,
                              env={**os.environ, **({"PATH": path} if path else {})})
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def program(self, name, body):
        file = self.folder / name
        file.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        file.chmod(0o755)
        return file

    def liar(self, change, name="kubeadm-liar"):
        """The real kubeadm, whose answers go through sed."""
        return self.program(name, f"set -o pipefail; '{KUBEADM}' \"$@\" | sed '{change}'")

    def assert_one_line(self, program, says):
        status, said = self.check(program)
        self.assertEqual((status, said.count("\n")), (1, 1), said)
        self.assertTrue(said.startswith(f"{program}: "), said)
        self.assertIn(says, said)

    def test_the_real_one_agrees(self):
        status, said = self.check(KUBEADM)
        self.assertEqual(status, 0, said)
        rows = [line.split(maxsplit=2) for line in said.splitlines()]
        self.assertEqual([row[0] for row in rows], ["v1.20.2"] * len(QUESTIONS))
        self.assertEqual([row[2].rsplit(maxsplit=1) for row in rows], [[name, "agrees"] for name in QUESTIONS])

    def test_a_lie_is_named(self):
        status, said = self.check(self.liar("s/etcd:3.4.13-0/etcd:3.4.14-0/"))
        self.assertEqual(status, 1)
        self.assertIn("  - k8s.gcr.io/etcd:3.4.13-0\n  + k8s.gcr.io/etcd:3.4.14-0\n", said)
        self.assertIn("  + registry.example.org/k8s/etcd:3.4.14-0\n", said)
        self.assertEqual(said.count(" differs\n"), 4)

    def test_an_image_more_one_less_and_another_order(self):
        for change, says in (("/coredns/d", "  - k8s.gcr.io/coredns:1.7.0\n"),
                             ("/pause/p;s/pause:3.2/extra:1/", "  + k8s.gcr.io/extra:1\n"),
                             ("/kube-apiserver/{h;d};$G", "the same images in another order")):
            status, said = self.check(self.liar(change))
            self.assertEqual(status, 1, said)
            self.assertIn(says, said)

    def test_a_catalog_that_is_wrong(self):
        manifests = self.folder / "manifests"
        shutil.copytree(TREE / "manifests", manifests)
        file = manifests / "kubernetes.yaml"
        text = file.read_text(encoding="utf-8")
        for before, after, says in (('pause: "3.2"', 'pause: "3.3"', "  - k8s.gcr.io/pause:3.3\n  + k8s.gcr.io/pause:3.2\n"),
                                    ("[v1beta2]", "[v1beta3, v1beta2]", "v1beta3: - the catalog, + kubeadm\n  ! kubeadm refuses")):
            file.write_text(text.replace(before, after, 1), encoding="utf-8")
            status, said = self.check("--catalog", manifests, KUBEADM)
            self.assertEqual(status, 1)
            self.assertIn(says, said)

    def test_a_configuration_that_the_catalog_does_not_know_of(self):
        body = f"""if [[ $5 == --config || $4 == --config ]]; then sed -i s/v1beta3/v1beta2/ "${{@: -1}}"; fi; '{KUBEADM}' "$@" """
        status, said = self.check(self.program("kubeadm", body))
        self.assertEqual(status, 1)
        self.assertIn("does not read v1beta3: - the catalog, + kubeadm\n  ! kubeadm reads it", said)
        self.assertEqual(said.count(" differs\n"), 1)

    def test_a_patch_that_the_catalog_does_not_have(self):
        status, said = self.check(self.liar("s/v1.20.2/v1.20.16/"))
        self.assertEqual(status, 0, said)
        self.assertIn("v1.20.16 is newer than the catalog", said)

    def test_what_cannot_be_asked_gets_one_line(self):
        foreign = self.folder / "kubeadm-s390x"
        foreign.write_bytes(b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x02\x00\x16" + bytes(44))
        strange = self.folder / "kubeadm-vax"
        strange.write_bytes(b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\x00\x4b\x00" + bytes(44))
        text = self.folder / "notes"
        text.write_text("kubeadm\n", encoding="utf-8")
        for program, says in ((Path("/bin/true"), "is no kubeadm: `version -o short` says"),
                              (self.program("kubeadm-fails", "echo no >&2; exit 3"), "says 'no'"),
                              (self.liar("s/v1.20.2/v1.99.0/"), "is v1.99.0, and the catalog covers 1.20 to 1.37"),
                              (self.liar("s/v1.20.2/v2.0.0/", "kubeadm-two"), "is no kubeadm"),
                              (text, "is no program"), (strange, "that kubeferry does not know (ELF machine 75)"),
                              (self.folder / "absent", "is no file")):
            with self.subTest(says):
                self.assert_one_line(program, says)
        (self.folder / "empty").mkdir()
        self.assert_one_line(self.folder / "empty", "holds no program called kubeadm…")
        status, said = self.check(foreign, path=str(self.folder / "empty"))
        self.assertEqual((status, said), (1, f"{foreign}: is for linux/s390x: install qemu-user-static\n"))

    def test_a_foreign_one_runs_under_qemu(self):
        foreign = self.folder / "kubeadm"
        foreign.write_bytes(b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x02\x00\x16" + bytes(44))
        # Stands in for QEMU: which program it is started for, and how, is what is tested here.
        self.program("qemu-s390x-static", f"[[ $1 == '{foreign}' ]] && shift && exec '{KUBEADM}' \"$@\"")
        status, said = self.check(foreign, path=f"{self.folder}:{os.environ['PATH']}")
        self.assertEqual(status, 0, said)
        self.assertEqual(said.count("v1.20.2      linux/s390x "), len(QUESTIONS))

    def test_a_folder_of_them(self):
        tools = self.folder / "tools" / "v1.20.2"
        tools.mkdir(parents=True)
        shutil.copy(KUBEADM, tools / "kubeadm")
        (tools / "README").write_text("no program\n", encoding="utf-8")
        self.liar("s/pause:3.2/pause:3.9/", "tools/kubeadm-other")
        status, said = self.check(self.folder / "tools")
        self.assertEqual(status, 1)
        self.assertEqual((said.count(" agrees\n"), said.count(" differs\n")), (8, 4))

    def test_nothing_is_asked_of_the_network(self):
        done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=connect", "-o", self.folder / "trace",
                               TREE / "ci" / "catalog-check", KUBEADM], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        calls = (self.folder / "trace").read_text(encoding="utf-8")
        self.assertNotIn("AF_INET", calls)


if __name__ == "__main__":
    unittest.main()
