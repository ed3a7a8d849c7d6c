# SPDX-License-Identifier: Apache-2.0
"""verify, inspect, diff and extract."""
import hashlib
import json
import os
import signal
import subprocess

from harness import (FORMAT, INTEGRITY, IO, KUBEFERRY, NETWORK, POLICY, SIGNATURE, USAGE, Case, flip, main, mode)


class Bundles(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.bundle = self.make_bundle()


class Verify(Bundles):
    def test_says_who_signed_what(self):
        for more in ([], ["--deep"]):
            text = self.run_ok("verify", self.bundle, "--trust", "site.pub", *more)
            for word in ("sample", "sequence 7", "signed by:", "site (key", "/s on"):
                self.assertIn(word, text)
        document = self.run_json("verify", self.bundle, "--trust", "site.pub", "--deep")
        self.assertEqual((document["name"], document["sequence"], document["verified"]), ("sample", 7, "blobs"))
        self.assertEqual(document["bytes"], self.bundle.stat().st_size)

    def test_needs_a_key_and_says_where_from(self):
        self.refused(USAGE, "verify", self.bundle, says="--trust is missing")
        self.refused(USAGE, "verify", self.bundle, "--trust", "absent.pub")
        self.make_key("other")
        self.refused(SIGNATURE, "verify", self.bundle, "--trust", "other.pub")

    def test_damage_is_named(self):
        size = self.bundle.stat().st_size
        flip(self.bundle, size // 2)
        self.refused(INTEGRITY, "verify", self.bundle, "--trust", "site.pub", says="blobs/sha256/")
        done = self.run_program("verify", self.bundle, "--trust", "site.pub", "--output", "json")
        error = json.loads(done.stderr)["error"]
        self.assertEqual((error["code"], error["name"]), (INTEGRITY, "E_INTEGRITY"))
        self.assertIn("blob", error["detail"])

    def test_what_is_no_bundle(self):
        for name, content in (("empty", b""), ("text", b"hello"), ("cut", self.bundle.read_bytes()[:100000]),
                              ("longer", self.bundle.read_bytes() + b"x")):
            (self.folder / name).write_bytes(content)
            self.refused(FORMAT, "verify", name, "--trust", "site.pub")
        self.refused(USAGE, "verify", "absent", "--trust", "site.pub", says="no such file")
        self.refused(IO, "verify", self.folder, "--trust", "site.pub")

    def test_policy(self):
        trust = ["--trust", "site.pub"]
        self.refused(POLICY, "verify", self.bundle, *trust, "--audience", "elsewhere")
        self.refused(POLICY, "verify", self.bundle, *trust, "--stream", "other")
        self.refused(POLICY, "verify", self.bundle, *trust, "--min-sequence", "8")
        self.run_ok("verify", self.bundle, *trust, "--min-sequence", "7", "--stream", "sample")
        self.refused(USAGE, "verify", self.bundle, *trust, "--allow-rollback", "nonsense")
        for number in ("-1", "9007199254740992", "99999999999999999999"):
            self.refused(USAGE, "verify", self.bundle, *trust, "--min-sequence", number)
        for jobs in ("-1", "0", "257"):
            self.refused(USAGE, "verify", self.bundle, *trust, "--jobs", jobs)

    def test_options_that_repeat_take_one_word_each(self):
        digest = self.run_json("verify", self.bundle, "--trust", "site.pub")["manifestDigest"]
        for option in ("--allow-rollback", "--allow-expired"):
            self.run_ok("verify", "--trust", "site.pub", option, digest, option, digest, self.bundle)
        # Nothing listens there; a bundle taken for one more rule would be a usage error instead.
        done = self.run_program("mirror", "--trust", "site.pub", "--plain-http", "--platform", "linux/amd64", "--map",
                                "ghcr.io/a=b", self.bundle, "127.0.0.1:1")
        self.assertEqual(done.returncode, NETWORK, done.stderr)

    def test_the_state_remembers(self):
        trust = ["--trust", "site.pub", "--state", "state"]
        newer = self.make_bundle("newer", sequence=8)
        self.run_ok("verify", newer, *trust, umask=0o000)
        self.assertEqual(mode(self.folder / "state"), 0o600)
        before = (self.folder / "state").read_bytes()
        self.refused(POLICY, "verify", self.bundle, *trust, says="--allow-rollback sha256:")
        self.assertEqual((self.folder / "state").read_bytes(), before)
        digest = self.run_json("verify", self.bundle, "--trust", "site.pub")["manifestDigest"]
        self.run_ok("verify", self.bundle, *trust, "--allow-rollback", digest)

    def test_a_refused_bundle_is_not_remembered(self):
        flip(self.bundle, self.bundle.stat().st_size // 2)
        self.refused(INTEGRITY, "verify", self.bundle, "--trust", "site.pub", "--state", "state")
        self.assertFalse((self.folder / "state").exists())


class Inspect(Bundles):
    def test_text(self):
        text = self.run_ok("inspect", self.bundle, "--trust", "site.pub")
        for word in ("registry.k8s.io/sample:v1", "linux/arm64", "windows/amd64", "/usr/local/bin/a", "0755",
                     "spec.yaml", "STORED AS", "zstd"):
            self.assertIn(word, text)

    def test_json(self):
        document = self.run_json("inspect", self.bundle, "--trust", "site.pub")
        self.assertEqual([one["platform"] for one in document["sizes"]], ["linux/amd64", "linux/arm64"])
        self.assertEqual(document["sizes"][0]["files"], 2)
        self.assertEqual(document["manifest"]["images"][0]["reference"], "registry.k8s.io/sample:v1")

    def test_never_without_a_signature_that_holds(self):
        self.make_key("other")
        self.refused(SIGNATURE, "inspect", self.bundle, "--trust", "other.pub", "--extract-manifest", "out")
        self.assertFalse((self.folder / "out").exists())


class Diff(Bundles):
    def test_equal_and_unequal(self):
        self.assertIn("nothing differs", self.run_ok("diff", self.bundle, self.bundle, "--trust", "site.pub"))
        newer = self.make_bundle("newer", sequence=8)
        document = self.run_json("diff", self.bundle, newer, "--trust", "site.pub")
        self.assertEqual(document["differences"], [])
        self.assertEqual(document["onlyAfter"], {"blobs": 0, "bytes": 0})
        self.assertGreater(document["shared"]["blobs"], 10)

    def test_bad_input(self):
        self.refused(USAGE, "diff", self.bundle, "--trust", "site.pub")
        self.refused(USAGE, "diff", self.bundle, "absent", "--trust", "site.pub")


class Extract(Bundles):
    def test_writes_a_layout_and_node_files(self):
        self.run_ok("extract", self.bundle, "--trust", "site.pub", "--to", "out", umask=0o077)
        out = self.folder / "out"
        for blob in (out / "blobs/sha256").iterdir():
            self.assertEqual(hashlib.sha256(blob.read_bytes()).hexdigest(), blob.name)
            self.assertEqual(mode(blob), 0o644)
        self.assertEqual(json.loads((out / "oci-layout").read_text()), {"imageLayoutVersion": "1.0.0"})
        self.assertEqual(mode(out / "files/linux-amd64/usr/local/bin/a"), 0o755)
        again = self.run_json("extract", self.bundle, "--trust", "site.pub", "--to", "out")
        self.assertEqual(again["filesWritten"], 0)

    def test_one_platform_by_any_of_its_names(self):
        self.run_ok("extract", self.bundle, "--trust", "site.pub", "--to", "out", "--platform", "aarch64")
        self.assertFalse((self.folder / "out/files").exists())
        self.refused(USAGE, "extract", self.bundle, "--trust", "site.pub", "--to", "x", "--platform", "s390x",
                     says="linux/amd64")
        self.refused(USAGE, "extract", self.bundle, "--trust", "site.pub", "--to", "x", "--platform", "amd46")
        self.refused(USAGE, "extract", self.bundle, "--trust", "site.pub", "--to", "x", "--files", "--layout")
        self.assertFalse((self.folder / "x").exists())

    def test_never_through_a_link(self):
        (self.folder / "out").mkdir()
        (self.folder / "elsewhere").mkdir()
        os.symlink("../elsewhere", self.folder / "out/blobs")
        self.refused(IO, "extract", self.bundle, "--trust", "site.pub", "--to", "out", says="symbolic link")
        self.assertEqual(list((self.folder / "elsewhere").iterdir()), [])


class Signals(Bundles):
    def test_a_stopped_command_says_so_with_128_plus_the_signal(self):
        # A blocked signal that is pending already survives exec, so it is there when the program first looks. On a busy
        # machine the verification may still win the race now and then.
        for number in (signal.SIGINT, signal.SIGTERM):
            def arrange(sent=number):
                signal.pthread_sigmask(signal.SIG_BLOCK, [sent])
                os.kill(os.getpid(), sent)

            codes = set()
            for _ in range(20):
                done = subprocess.run([KUBEFERRY, "verify", "--deep", "--trust", "site.pub", self.bundle],
                                      cwd=self.folder, capture_output=True, text=True, preexec_fn=arrange, timeout=60)
                codes.add(done.returncode)
                if done.returncode == 128 + number:
                    self.assertIn("run the command again", done.stderr)
                    self.assertEqual(done.stdout, "")
                    break
            self.assertIn(128 + number, codes)
            self.assertLessEqual(codes, {0, 128 + number})


if __name__ == "__main__":
    main()
