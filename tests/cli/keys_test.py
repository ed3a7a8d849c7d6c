# SPDX-License-Identifier: Apache-2.0
"""key and keyset."""
import json
import subprocess

from harness import AUTH, SIGNATURE, USAGE, Case, main, mode


class Keys(Case):
    def test_generate_writes_a_pair_that_openssl_reads(self):
        for kind in ("ed25519", "ecdsa-p256"):
            key, public = self.make_key(kind, "--type", kind)
            derived = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True)
            self.assertEqual(derived.stdout, public.read_bytes())

    def test_modes_do_not_depend_on_the_umask(self):
        for umask in (0o000, 0o077):
            name = f"k{umask}"
            self.run_ok("key", "generate", name, umask=umask)
            self.assertEqual(mode(self.folder / f"{name}.key"), 0o600)
            self.assertEqual(mode(self.folder / f"{name}.pub"), 0o644)

    def test_never_overwrites(self):
        key, public = self.make_key()
        before = key.read_bytes(), public.read_bytes()
        self.refused(USAGE, "key", "generate", "site", says="exists")
        self.assertEqual((key.read_bytes(), public.read_bytes()), before)

    def test_json_and_show_agree(self):
        made = self.run_json("key", "generate", "site")
        for file in ("site.key", "site.pub"):
            shown = self.run_json("key", "show", file)
            text = json.dumps(shown)
            self.assertIn(made["keyId"], text)
            self.assertIn(made["keyId"], self.run_ok("key", "show", file))

    def test_a_passphrase_protects_the_key(self):
        (self.folder / "pass").write_text("correct horse\n")
        (self.folder / "pass").chmod(0o600)
        key, _ = self.make_key("site", "--passphrase-file", "pass")
        self.assertIn("ENCRYPTED", key.read_text())
        self.refused(AUTH, "key", "show", "site.key")
        self.run_ok("key", "show", "site.key", "--passphrase-file", "pass")
        (self.folder / "pass").chmod(0o644)
        self.refused(AUTH, "key", "show", "site.key", "--passphrase-file", "pass")

    def test_the_private_key_is_never_printed(self):
        key, _ = self.make_key()
        secret = "".join(line for line in key.read_text().splitlines() if "-----" not in line)
        bundle = self.make_bundle()
        runs = [["key", "show", key], ["key", "show", key, "--output", "json"], ["verify", bundle, "--trust", key],
                ["keyset", "create", "--threshold", "1", "--key", f"a={key}", "--output", "k"],
                ["sign", bundle, "--key", key, "--verbose"], ["spec", "check", key],
                ["verify", key, "--trust", "site.pub"],
                ["sign", bundle, "--signature", key, "--public-key", key]]
        for arguments in runs:
            done = self.run_program(*arguments)
            for at in range(0, len(secret) - 16, 8):
                self.assertNotIn(secret[at:at + 16], done.stdout + done.stderr, arguments)

    def test_bad_input(self):
        self.refused(USAGE, "key", "generate", "x", "--type", "rsa", says="rsa")
        self.refused(USAGE, "key", "generate", says="NAME")
        self.refused(USAGE, "key", "genrate", "x", says="did you mean generate?")
        self.refused(USAGE, "key", "show", "absent")
        (self.folder / "junk").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        self.refused(SIGNATURE, "key", "show", "junk")


class Keysets(Case):
    def test_create_and_show(self):
        self.make_key("a")
        self.make_key("b", "--type", "ecdsa-p256")
        self.run_ok("keyset", "create", "--threshold", "2", "--key", "alice=a.pub", "--key", "b.pub", "--output", "set")
        self.assertEqual(mode(self.folder / "set"), 0o644)
        shown = self.run_json("key", "show", "set")
        self.assertEqual(shown["threshold"], 2)
        self.assertEqual([key["name"] for key in shown["keys"]], ["alice", "b"])
        self.refused(USAGE, "keyset", "create", "--threshold", "1", "--key", "a.pub", "--output", "set", says="exists")

    def test_bad_input(self):
        self.make_key("a")
        create = ["keyset", "create", "--key", "a.pub", "--output", "set", "--threshold"]
        self.refused(SIGNATURE, *create, "2")
        for threshold in ("0", "-1", "65", "99999999999999999999", "1.5", "x", ""):
            self.refused(USAGE, *create, threshold)
        self.refused(SIGNATURE, *create[:3], "again=a.pub", *create[2:], "1")
        self.refused(SIGNATURE, "keyset", "create", "--threshold", "1", "--key", "x=a.key", "--output", "set")
        self.assertFalse((self.folder / "set").exists())


if __name__ == "__main__":
    main()
