# SPDX-License-Identifier: Apache-2.0
"""packages: what a bundle carries for operating systems, as a repository that real apt reads. Installing is root's, and
is done in tests/e2e/os_packages.sh."""
import datetime
import hashlib
import json
import os
import pathlib
import subprocess

from harness import AUTH, INTEGRITY, KUBEFERRY, NETWORK, POLICY, SIGNATURE, USAGE, Case, flip, main

MAKE_PACKAGE_BUNDLE = os.environ["MAKE_PACKAGE_BUNDLE"]
UNSUPPORTED_HOST = 40
NOBODY = 65534


class Packages(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.debian = self.folder / "debian"
        self.make_debs()
        rpm = self.folder / "rpm"
        (rpm / "repodata").mkdir(parents=True)
        (rpm / "repodata/repomd.xml").write_text("<repomd/>\n")
        (rpm / "kf-hello.rpm").write_bytes(b"not looked at here")
        self.bundle = self.make("bundle", ("debian-12", "deb", "linux/amd64", "debian", "12", "kf-hello", self.debian),
                                ("debian-12", "deb", "linux/s390x", "debian", "12", "kf-hello", self.debian),
                                ("rocky-9", "rpm", "linux/amd64", "rocky", "9", "kf-hello,kf-words", rpm))

    def make(self, name, *repositories):
        words = [str(word) for repository in repositories for word in repository]
        subprocess.run([MAKE_PACKAGE_BUNDLE, self.folder / name, self.folder / "site.key", *words], check=True)
        return self.folder / name

    def make_debs(self):
        """kf-hello, which needs kf-words, as a flat repository."""
        pool = self.debian / "pool"
        pool.mkdir(parents=True)
        for name, needs in (("kf-hello", "Depends: kf-words\n"), ("kf-words", "")):
            tree = self.folder / "tree" / name
            (tree / "DEBIAN").mkdir(parents=True)
            (tree / "DEBIAN/control").write_text(
                f"Package: {name}\nVersion: 1.2-3\nArchitecture: all\nMaintainer: a test <test@example.com>\n{needs}"
                "Description: a test\n")
            subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, pool / f"{name}_1.2-3_all.deb"],
                           check=True, stdout=subprocess.DEVNULL)
        index = subprocess.run(["dpkg-scanpackages", "pool"], cwd=self.debian, check=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL).stdout
        (self.debian / "Packages").write_bytes(index)
        (self.debian / "Release").write_text("Date: Sat, 21 Nov 2026 00:00:00 UTC\nSHA256:\n"
                                             f" {hashlib.sha256(index).hexdigest()} {len(index)} Packages\n")

    @staticmethod
    def content(folder):
        folder = pathlib.Path(folder)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def apt(self, line):
        """What real apt would fetch for kf-hello, knowing only that line, on a machine that has nothing."""
        root = self.folder / "apt"
        for name in ("lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        (root / "sources.list").write_text(line)
        options = [f"-oDir::State={root}", f"-oDir::State::lists={root}/lists", f"-oDir::State::status={root}/status",
                   f"-oDir::Cache={root}/cache", f"-oDir::Etc::sourcelist={root}/sources.list",
                   "-oDir::Etc::sourceparts=/dev/null", "-oAPT::Sandbox::User=root", "-oDebug::NoLocking=1",
                   "-oAPT::Default-Release=", "-oAPT::Update::Post-Invoke::=true"]
        subprocess.run(["apt-get", *options, "-q", "update"], check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["apt-get", *options, "--simulate", "install", "kf-hello"], check=True, text=True,
                              stdout=subprocess.PIPE)
        return [row.split()[1] for row in done.stdout.splitlines() if row.startswith("Inst ")]

    def test_list(self):
        rows = self.run_json("packages", "list", "bundle", "--trust", "site.pub")
        self.assertEqual([(row["name"], row["format"], row["platform"], row["packages"]) for row in rows],
                         [("debian-12", "deb", "linux/amd64", 2), ("debian-12", "deb", "linux/s390x", 2),
                          ("rocky-9", "rpm", "linux/amd64", 1)])
        self.assertEqual(rows[2]["distribution"], {"id": "rocky", "version": "9"})
        self.assertEqual(rows[2]["install"], ["kf-hello", "kf-words"])
        self.assertEqual(rows[0]["bytes"], sum(path.stat().st_size for path in self.debian.glob("pool/*")))
        text = self.run_ok("packages", "list", "bundle", "--trust", "site.pub").splitlines()
        self.assertRegex(text[0], r"^PACKAGES FOR +PLATFORM +FORMAT +PACKAGES +SIZE +TO INSTALL$")
        self.assertRegex(text[3], r"^rocky-9 +linux/amd64 +rpm +1 .* kf-hello kf-words$")
        self.refused(SIGNATURE, "packages", "list", "bundle", "--trust", self.make_key("other")[1])

    def test_a_bundle_without_any(self):
        self.make_bundle("plain")
        self.assertIn("carries no packages", self.run_ok("packages", "list", "plain", "--trust", "site.pub"))
        self.assertEqual(self.run_json("packages", "list", "plain", "--trust", "site.pub"), [])
        self.assertNotIn("PACKAGES", self.run_ok("inspect", "plain", "--trust", "site.pub"))
        self.refused(USAGE, "packages", "extract", "plain", "--trust", "site.pub", "--to", "out",
                     says="carries no packages")

    def test_apt_reads_what_is_extracted(self):
        out = self.folder / "a folder"
        answer = self.run_json("packages", "extract", "bundle", "--trust", "site.pub", "--to", out, "--distribution",
                               "debian-12", "--platform", "amd64")
        self.assertEqual((answer["repository"], answer["platform"], answer["filesWritten"]),
                         ("debian-12", "linux/amd64", 4))
        self.assertEqual(self.content(out), self.content(self.debian))
        self.assertEqual(answer["source"], f"deb [trusted=yes] file:{str(out.resolve()).replace(' ', '%20')} ./\n")
        self.assertEqual(self.apt(answer["source"]), ["kf-words", "kf-hello"])
        again = self.run_ok("packages", "extract", "bundle", "--trust", "site.pub", "--to", out, "--distribution",
                            "debian-12", "--platform", "amd64")
        self.assertIn("0 files written (0 B), 4 were there already", again)
        self.assertIn(answer["source"], again)

    def test_rpm(self):
        text = self.run_ok("packages", "extract", "bundle", "--trust", "site.pub", "--to", "rocky", "--distribution",
                           "rocky-9")
        self.assertIn(f"[kubeferry-rocky-9]\nname=kubeferry rocky-9\nbaseurl=file://{self.folder.resolve()}/rocky\n", text)
        self.assertEqual(self.content(self.folder / "rocky"), self.content(self.folder / "rpm"))

    def test_which(self):
        extract = ["packages", "extract", "bundle", "--trust", "site.pub", "--to", "out"]
        self.refused(USAGE, *extract, "--distribution", "debian-13", says="it has debian-12, rocky-9")
        self.refused(USAGE, *extract, "--platform", "linux/arm", says="no packages for linux/arm")
        self.refused(USAGE, *extract, "--distribution", "rocky-9", "--platform", "linux/s390x")
        self.refused(USAGE, *extract, "--platform", "vax")
        self.assertFalse((self.folder / "out").exists())
        self.run_ok(*extract, "--platform", "s390x")

    def test_nothing_damaged_is_extracted(self):
        deb = (self.debian / "pool/kf-words_1.2-3_all.deb").read_bytes()
        flip(self.bundle, self.bundle.read_bytes().index(deb) + len(deb) // 2)
        self.refused(INTEGRITY, "packages", "extract", "bundle", "--trust", "site.pub", "--to", "out", "--distribution",
                     "debian-12", "--platform", "amd64")
        self.assertFalse(list((self.folder / "out").rglob("kf-words*")))

    def test_policy(self):
        for verb in (["extract", "--to", "out", "--distribution", "rocky-9"], ["install"]):
            self.refused(POLICY if verb[0] == "extract" or os.geteuid() == 0 else UNSUPPORTED_HOST, "packages", verb[0],
                         "bundle", "--trust", "site.pub", "--min-sequence", "8", *verb[1:])
        self.assertFalse((self.folder / "out").exists())

    def test_the_other_commands_know_them(self):
        text = self.run_ok("inspect", "bundle", "--trust", "site.pub")
        self.assertRegex(text, r"PACKAGES FOR +PLATFORM")
        self.assertRegex(text, r"PLATFORM +IMAGES +SIZE +FILES +SIZE +PACKAGES +SIZE\n")
        sizes = {row["platform"]: row for row in self.run_json("inspect", "bundle", "--trust", "site.pub")["sizes"]}
        self.assertEqual((sizes["linux/amd64"]["packages"], sizes["linux/s390x"]["packages"]), (3, 2))
        self.run_ok("verify", "bundle", "--trust", "site.pub", "--deep")
        self.run_ok("extract", "bundle", "--trust", "site.pub", "--packages", "--to", "all", "--platform", "linux/s390x")
        self.assertEqual(self.content(self.folder / "all"), {f"packages/linux-s390x/debian-12/{path}": content for
                                                            path, content in self.content(self.debian).items()})
        self.make("less", ("debian-12", "deb", "linux/amd64", "debian", "12", "kf-hello", self.debian))
        rows = self.run_json("diff", "bundle", "less", "--trust", "site.pub")["differences"]
        self.assertIn({"change": "removed", "kind": "package", "name": "rocky-9 kf-hello.rpm", "platform": "linux/amd64"},
                      [{key: row[key] for key in ("change", "kind", "name", "platform")} for row in rows])

    def test_installing_is_roots(self):
        # Nobody, who may all the same read a tree that lies in root's home.
        nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=+dac_read_search",
                  "--ambient-caps=+dac_read_search"] if os.geteuid() == 0 else []
        done = subprocess.run([*nobody, KUBEFERRY, "packages", "install", "bundle", "--trust", "site.pub"], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, UNSUPPORTED_HOST, done.stderr)
        self.assertIn("must be run by root", done.stderr)

    def pack(self, url, **changes):
        """A join pack whose registry is there."""
        now = datetime.datetime.now(datetime.timezone.utc)
        scheme, host = url.split("://")
        document = {"kind": "kubeferry/join-pack/v1", "created": f"{now:%Y-%m-%dT%H:%M:%SZ}", "kubernetesVersion": "v1.34.2",
                    "endpoint": "127.0.0.1:1", "caCertHashes": ["sha256:" + "0" * 64], "token": "abcdef.0123456789abcdef",
                    # The packages do not need the cluster, so a token that is good no longer does not matter.
                    "tokenExpires": f"{now - datetime.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
                    "registries": [{"host": host, "plainHttp": scheme == "http"}],
                    "bundleManifest": self.run_json("inspect", "bundle", "--trust", "site.pub")["manifestDigest"], **changes}
        file = self.folder / "join.pack"
        file.write_text(json.dumps(document))
        file.chmod(0o600)
        return file

    def test_by_a_join_pack(self):
        if os.geteuid() != 0:
            return  # refused before anything is read
        _, url = self.serve("bundle")
        (self.folder / "root/etc").mkdir(parents=True)
        (self.folder / "root/var/cache").mkdir(parents=True)
        install = ["packages", "install", "--pack", self.pack(url, registryCa=(self.folder / "kubeferry-ca.crt").read_text()),
                   "--root", self.folder / "root"]
        trust = ["--trust", "site.pub"]
        self.refused(USAGE, *install, *trust, "--distribution", "debian-13", says="it has debian-12, rocky-9")
        self.refused(UNSUPPORTED_HOST, *install, *trust, says="neither dpkg nor rpm")
        self.refused(SIGNATURE, *install, "--trust", self.make_key("other")[1])
        self.refused(USAGE, *install, says="--trust is missing")
        self.refused(USAGE, *install, *trust, "--min-sequence", "8", says="are for a FILE")
        (self.folder / "join.pack").chmod(0o644)
        self.refused(AUTH, *install, *trust)
        self.pack(url, registryCa=(self.folder / "kubeferry-ca.crt").read_text(), bundleManifest="sha256:" + "0" * 64)
        self.refused(NETWORK, *install, *trust)
        self.pack("http://127.0.0.1:1")
        self.refused(NETWORK, *install, *trust)
        self.assertEqual({path.name for path in (self.folder / "root").rglob("*")}, {"etc", "var", "cache"})

    def test_needs_a_bundle_or_a_pack(self):
        if os.geteuid() == 0:
            self.assertIn("--pack", self.refused(USAGE, "packages", "install", "--trust", "site.pub", says="the bundle is missing"))

    def test_a_root_that_is_none(self):
        if os.geteuid() != 0:
            return  # the answer is the one above
        self.refused(USAGE, "packages", "install", "bundle", "--trust", "site.pub", "--root", self.folder / "none",
                     says="no system is there")
        root = self.folder / "root"
        for name in ("etc", "var/cache"):
            (root / name).mkdir(parents=True)
        self.refused(UNSUPPORTED_HOST, "packages", "install", "bundle", "--trust", "site.pub", "--root", root,
                     says="neither dpkg nor rpm")
        self.assertEqual(list(root.rglob("*kubeferry*")), [])


if __name__ == "__main__":
    main()
