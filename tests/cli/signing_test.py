# SPDX-License-Identifier: Apache-2.0
"""sign, --extract-manifest, and stock openssl on both sides: every command of docs/signing.md."""
import pathlib
import subprocess

from harness import FORMAT, SIGNATURE, USAGE, Case, main

DIGEST = {"ed25519": [], "ecdsa-p256": ["-digest", "sha256"]}


class Signing(Case):
    def openssl(self, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True)

    def test_openssl_verifies_what_inspect_exports(self):
        for kind, digest in DIGEST.items():
            with self.subTest(kind):
                key, public = self.make_key(kind, "--type", kind)
                bundle = self.make_bundle(f"b-{kind}", key.name)
                out = self.folder / f"out-{kind}"
                self.run_ok("inspect", bundle, "--trust", public, "--extract-manifest", out)
                (signature,) = out.glob("SIGNATURE-*.sig")
                key_id = self.run_json("key", "show", key)["keyId"]
                self.assertEqual(signature.name, f"SIGNATURE-{key_id[:8]}.sig")
                verify = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", *digest, "-in",
                          out / "manifest.pae", "-sigfile", signature]
                done = self.openssl(*verify)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("Signature Verified Successfully", done.stdout)
                pae = out / "manifest.pae"
                pae.write_bytes(pae.read_bytes() + b" ")
                self.assertNotEqual(self.openssl(*verify).returncode, 0)
                manifest = (out / "manifest.json").read_bytes()
                kind_of = b"application/vnd.kubeferry.bundle-manifest.v1+json"
                self.assertEqual(pae.read_bytes()[:-1],
                                 b"DSSEv1 %d %s %d %s" % (len(kind_of), kind_of, len(manifest), manifest))

    def test_openssl_signs_what_pae_out_writes(self):
        self.make_key()
        for kind, digest in DIGEST.items():
            with self.subTest(kind):
                bundle = self.make_bundle(f"b-{kind}")
                key, public = self.make_key(kind, "--type", kind)
                self.run_ok("sign", bundle, "--pae-out", "to-sign")
                done = self.openssl("pkeyutl", "-sign", "-inkey", key, "-rawin", *digest, "-in", "to-sign",
                                    "-out", "sig")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.refused(SIGNATURE, "verify", bundle, "--trust", public)
                self.run_ok("sign", bundle, "--signature", "sig", "--public-key", public)
                self.run_ok("verify", bundle, "--trust", public)
                self.run_ok("verify", bundle, "--trust", "site.pub", "--deep")

    def test_two_of_two(self):
        self.make_key("a")
        self.make_key("b")
        bundle = self.make_bundle("bundle", "a.key")
        self.run_ok("keyset", "create", "--threshold", "2", "--key", "a.pub", "--key", "b.pub", "--output", "set")
        self.refused(SIGNATURE, "verify", bundle, "--trust", "set")
        self.run_ok("sign", bundle, "--key", "b.key", "--output", "both")
        self.refused(SIGNATURE, "verify", bundle, "--trust", "set")
        names = [one["name"] for one in self.run_json("verify", "both", "--trust", "set")["signedBy"]]
        self.assertEqual(names, ["a", "b"])

    def test_bad_input(self):
        self.make_key()
        self.make_key("other")
        bundle = self.make_bundle()
        before = bundle.read_bytes()
        (self.folder / "sig").write_bytes(b"x" * 64)
        self.refused(SIGNATURE, "sign", bundle, "--signature", "sig", "--public-key", "other.pub")
        self.refused(USAGE, "sign", bundle, says="exactly one")
        self.refused(USAGE, "sign", bundle, "--key", "site.key", "--pae-out", "x", says="exactly one")
        self.refused(USAGE, "sign", bundle, "--signature", "sig", says="--public-key")
        self.refused(FORMAT, "sign", "site.pub", "--key", "site.key")
        (self.folder / "cut").write_bytes(before[:-1])
        self.refused(FORMAT, "sign", "cut", "--key", "site.key")
        self.assertEqual(bundle.read_bytes(), before)
        self.assertFalse(pathlib.Path(self.folder / "x").exists())


if __name__ == "__main__":
    main()
