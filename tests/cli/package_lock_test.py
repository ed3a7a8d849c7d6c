# SPDX-License-Identifier: Apache-2.0
"""lock and build of a distribution's packages, from small signed repositories that the distributions' tools made."""
import json
import os
import shutil
import struct
import subprocess

import package_repository as repositories
from harness import INTEGRITY, NETWORK, POLICY, SIGNATURE, USAGE, Case, main

UNSUPPORTED_HOST = 40


def manifest_of(bundle):
    """The manifest of a bundle, from its front (docs/format.md §2)."""
    with open(bundle, "rb") as file:
        front = file.read(113)
        length, _, capacity = struct.unpack_from("<QQQ", front, 49)
        file.seek(113 + capacity)
        return json.loads(file.read(length))


class PackageCase(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.key = repositories.Key(self, "archive")

    def write_spec(self, entry, platforms="[linux/amd64]", more=""):
        (self.folder / "site.yaml").write_text("apiVersion: kubeferry/v1\nkind: Bundle\nname: site\nversion: \"1\"\n"
                                               f"platforms: {platforms}\nkubeferry: none\npackages:\n- {entry}\n{more}")

    def lock(self):
        self.run_ok("lock", "site.yaml")
        return json.loads((self.folder / "site.lock").read_text())["packages"]

    def build(self, output="site.tar.zst"):
        self.run_ok("build", "site.yaml", "--key", "site.key", "--output", output)
        return self.folder / output

    def extract(self, bundle, platform):
        """The repository of a platform as a folder, by the digests of the manifest alone."""
        layout = self.folder / "layout"
        layout.mkdir(exist_ok=True)
        subprocess.run(["tar", "--zstd", "-xf", bundle, "-C", layout], check=True)
        one, = [each for each in manifest_of(bundle)["packages"] if each["platform"] == platform]
        folder = self.folder / platform.replace("/", "-")
        for file in one["files"]:
            target = folder / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(layout / "blobs/sha256" / file["digest"].removeprefix("sha256:"), target)
        return one, folder


class Debian(PackageCase):
    def setUp(self):
        super().setUp()
        self.mirror = repositories.DebRepository(self.folder / "mirror", ["amd64", "arm64"])
        for architecture in self.mirror.architectures:
            repositories.make_deb(self.mirror.folder, "tool", architecture=architecture,
                                  fields="Depends: lib (>= 2), common\nRecommends: nice\n")
            repositories.make_deb(self.mirror.folder, "lib", "2.1", architecture)
            repositories.make_deb(self.mirror.folder, "other", architecture=architecture)
        repositories.make_deb(self.mirror.folder, "common", architecture="all")
        repositories.make_deb(self.mirror.folder, "nice", architecture="all")
        self.mirror.publish(self.key)
        self.url, self.asked = repositories.serve(self, self.mirror.folder)
        self.spec()

    def spec(self, install="[tool]", repository="keyring: ./archive.gpg", **options):
        self.write_spec("{distribution: debian, version: \"12\", install: " + install + ", repositories: [{url: \"" +
                        self.url + "\", suites: [test], components: [main], " + repository + "}]}", **options)

    def test_from_a_mirror_to_a_repository_that_apt_reads(self):
        self.spec(platforms="[linux/amd64, linux/arm64]")
        amd64, arm64 = self.lock()
        self.assertEqual([one["name"] for one in amd64["packages"]], ["common", "lib", "tool"])
        self.assertEqual(amd64["indexes"][0]["proof"], "keyring archive.gpg")
        self.assertEqual(arm64["packages"][2]["url"], f"{self.url}/pool/main/t/tool_1.0_arm64.deb")
        self.assertIn("nothing changed", self.run_ok("lock", "site.yaml"))

        bundle = self.build()
        manifest = manifest_of(bundle)
        self.assertEqual(manifest["minimumTool"], "0.2.0")
        one, folder = self.extract(bundle, "linux/arm64")
        self.assertEqual(one["distribution"], {"id": "debian", "version": "12"})
        self.assertEqual(one["install"], ["tool"])
        self.assertEqual([file["path"] for file in one["files"]],
                         ["pool/common_1.0_all.deb", "pool/lib_2.1_arm64.deb", "pool/tool_1.0_arm64.deb", "Packages",
                          "Release"])
        for file in one["files"][:3]:
            self.assertEqual(file["digest"], "sha256:" + repositories.sha256(folder / file["path"]))
        # What is for all architectures is there once.
        blobs = [blob["digest"] for blob in manifest["blobs"]]
        self.assertEqual(len(blobs), len(set(blobs)))
        self.run_ok("verify", bundle, "--trust", "site.pub", "--deep")
        self.check_apt(folder)
        self.assertEqual(bundle.read_bytes(), self.build("again.tar.zst").read_bytes())

    def check_apt(self, folder):
        """The real apt takes it for a repository, and finds there all that the name needs."""
        root = self.folder / "apt"
        for part in ("state/lists/partial", "cache/archives/partial"):
            (root / part).mkdir(parents=True)
        (root / "status").touch()
        (root / "sources.list").write_text(f"deb [trusted=yes] file:{folder} ./\n")
        (root / "apt.conf").write_text(
            f'Dir::State "{root}/state";\nDir::State::status "{root}/status";\nDir::Cache "{root}/cache";\n'
            f'Dir::Etc::sourcelist "{root}/sources.list";\nDir::Etc::sourceparts "/dev/null";\n'
            'Dir::Etc::parts "/dev/null";\nDir::Etc::main "/dev/null";\n'
            'APT::Sandbox::User "root";\nAPT::Architecture "arm64";\nAPT::Architectures { "arm64"; };\n'
            'Acquire::Languages "none";\n')
        environment = {**os.environ, "APT_CONFIG": str(root / "apt.conf")}
        repositories.call("apt-get", "-q", "update", env=environment)
        text = repositories.call("apt-get", "-q", "--simulate", "--no-install-recommends", "install", "tool",
                                 env=environment)
        self.assertEqual(sorted(line.split()[1] for line in text.splitlines() if line.startswith("Inst ")),
                         ["common", "lib", "tool"])

    def test_only_what_is_signed_is_believed(self):
        other = repositories.Key(self, "other")
        self.spec(repository="keyring: ./other.gpg")
        self.refused(SIGNATURE, "lock", "site.yaml", says="no good signature by a key of")
        self.assertFalse(any("Packages" in path for path in self.asked))
        self.spec()
        self.mirror.release(other)
        self.refused(SIGNATURE, "lock", "site.yaml", says="which is not in it")
        self.mirror.release(self.key)
        for name in ("InRelease", "Release"):
            file = self.mirror.suite / name
            file.write_text(file.read_text().replace("Suite: test", "Suite: tset"))
        self.refused(SIGNATURE, "lock", "site.yaml", says="its signature is bad")

    def test_a_list_that_was_changed(self):
        index = self.mirror.suite / "main/binary-amd64/Packages.xz"
        content = bytearray(index.read_bytes())
        content[-20] ^= 1
        index.write_bytes(content)
        self.refused(INTEGRITY, "lock", "site.yaml", says="main/binary-amd64/Packages.xz")

    def test_what_has_expired(self):
        self.mirror.publish(self.key, "Valid-Until: Sat, 11 Jul 2020 10:16:37 UTC\n")
        self.refused(POLICY, "lock", "site.yaml", says="was valid until 2020-07-11T10:16:37Z")
        # The clock counts, not what the lock shall say of itself.
        done = self.run_program("lock", "site.yaml", env={**os.environ, "SOURCE_DATE_EPOCH": "1000000000"})
        self.assertEqual(done.returncode, POLICY, done.stderr)
        self.spec(repository="keyring: ./archive.gpg, checkValidUntil: false")
        self.assertEqual(len(self.lock()[0]["packages"]), 3)

    def test_another_suite_than_asked_for(self):
        shutil.copytree(self.mirror.suite, self.mirror.folder / "dists/stable")
        self.write_spec("{distribution: debian, version: \"12\", install: [tool], repositories: [{url: \"" + self.url +
                        "\", suites: [stable], components: [main], keyring: ./archive.gpg}]}")
        self.refused(POLICY, "lock", "site.yaml", says="is the signed metadata of test, not of stable")

    def test_without_a_program_that_checks_signatures(self):
        (self.folder / "bin").mkdir()
        done = self.run_program("lock", "site.yaml", env={**os.environ, "PATH": str(self.folder / "bin")})
        self.assertEqual(done.returncode, UNSUPPORTED_HOST, done.stderr)
        self.assertIn("neither gpgv nor sqv is here", done.stderr)
        self.assertIn("install the package gpgv", done.stderr)

    def test_with_sqv_alone(self):
        (self.folder / "bin").mkdir()
        (self.folder / "bin/sqv").symlink_to("/usr/bin/sqv")
        done = self.run_program("lock", "site.yaml", env={**os.environ, "PATH": str(self.folder / "bin")})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(any("InRelease" in path for path in self.asked))

    def test_a_keyring_that_is_not_there(self):
        self.spec(repository="keyring: no-such-keyring.gpg")
        self.refused(USAGE, "lock", "site.yaml", says="install debian-archive-keyring")
        self.spec(repository="keyring: ./absent.gpg")
        self.refused(USAGE, "lock", "site.yaml", says="absent.gpg: there is no such keyring")

    def test_names_and_dependencies_that_are_nowhere(self):
        self.spec(install="[tool, no-such-tool]")
        self.refused(USAGE, "lock", "site.yaml", says="no-such-tool of debian-12 for linux/amd64")
        self.spec(install="[tool, no-such-tool]", more="missing: skip\n")
        self.assertEqual(self.lock()[0]["install"], ["tool"])
        repositories.make_deb(self.mirror.folder, "broken", fields="Depends: gone (>= 3)\n")
        self.mirror.publish(self.key)
        self.spec(install="[broken]")
        self.refused(USAGE, "lock", "site.yaml", says="gone >= 3")

    def test_an_architecture_that_the_suite_has_not(self):
        self.spec(platforms="[linux/amd64, linux/s390x]")
        self.refused(USAGE, "lock", "site.yaml", says="debian-12 packages for linux/s390x: none of its suites")
        self.spec(platforms="[linux/amd64, linux/s390x]", more="missing: skip\n")
        self.assertEqual([one["platform"] for one in self.lock()], ["linux/amd64"])

    def test_a_package_that_was_replaced_since(self):
        self.lock()
        (self.mirror.folder / "pool/main/l/lib_2.1_amd64.deb").unlink()
        error = self.refused(NETWORK, "build", "site.yaml", "--key", "site.key", "--quiet", says="lib_2.1_amd64.deb")
        self.assertIn("kubeferry lock", error)

    def test_a_package_that_is_not_what_was_signed(self):
        self.lock()
        deb = self.mirror.folder / "pool/main/l/lib_2.1_amd64.deb"
        content = bytearray(deb.read_bytes())
        content[-1] ^= 1
        deb.write_bytes(content)
        self.refused(INTEGRITY, "build", "site.yaml", "--key", "site.key", "--quiet", says="lib_2.1_amd64.deb")

    def test_what_a_spec_comes_to(self):
        text = self.run_ok("spec", "check", "site.yaml")
        self.assertIn("debian-12", text)
        self.assertIn(f"{self.url} test", text)
        document = self.run_json("spec", "check", "site.yaml")
        self.assertEqual(document["packages"][0]["install"], ["tool"])


class Rpm(PackageCase):
    def setUp(self):
        super().setUp()
        self.mirror = self.folder / "mirror"
        repositories.make_rpm(self.mirror, "tool", "x86_64", "Requires: lib\nRecommends: nice")
        repositories.make_rpm(self.mirror, "lib", "x86_64")
        repositories.make_rpm(self.mirror, "nice")
        repositories.publish_rpms(self.mirror, self.key)
        self.url, _ = repositories.serve(self, self.mirror)

    def spec(self, proof):
        self.write_spec("{distribution: rocky, version: \"9\", install: [tool], repositories: [{url: \"" + self.url +
                        "\", " + proof + "}]}")

    def test_from_a_repository_to_one_that_dnf_reads(self):
        self.spec("keyring: ./archive.gpg")
        locked, = self.lock()
        self.assertEqual([one["name"] for one in locked["packages"]], ["lib", "tool"])
        bundle = self.build()
        one, folder = self.extract(bundle, "linux/amd64")
        self.assertEqual([file["path"] for file in one["files"]],
                         ["packages/lib-1.0-1.x86_64.rpm", "packages/tool-1.0-1.x86_64.rpm", "repodata/primary.xml",
                          "repodata/repomd.xml"])
        root = self.folder / "root"
        common = ["dnf", "--quiet", "--assumeyes", "--installroot", root, "--releasever", "9", "--forcearch", "x86_64",
                  "--setopt", f"cachedir={root}/cache", "--setopt", "reposdir=/dev/null", "--setopt", "pluginpath=/dev/null",
                  f"--repofrompath=carried,{folder}", "--nogpgcheck"]
        found = repositories.call(*common, "repoquery", "--requires", "--resolve", "tool")
        self.assertEqual(found.split(), ["lib-0:1.0-1.x86_64"])
        repositories.call(*common, "install", "--downloadonly", "--downloaddir", self.folder / "got", "tool")
        self.assertEqual(bundle.read_bytes(), self.build("again.tar.zst").read_bytes())

    def test_only_what_is_proved_is_believed(self):
        repositories.Key(self, "other")
        self.spec("keyring: ./other.gpg")
        self.refused(SIGNATURE, "lock", "site.yaml", says="repomd.xml: no good signature")
        self.spec(f"sha256: {'a' * 64}")
        self.refused(INTEGRITY, "lock", "site.yaml", says="repomd.xml: is sha256:")
        self.spec(f"sha256: {repositories.sha256(self.mirror / 'repodata/repomd.xml')}")
        self.assertTrue(self.lock()[0]["indexes"][0]["proof"].startswith("sha256 "))
        (self.mirror / "repodata/repomd.xml.asc").unlink()
        self.spec("keyring: ./archive.gpg")
        self.refused(NETWORK, "lock", "site.yaml", says="unsigned: true")
        self.spec("unsigned: true")
        self.refused(USAGE, "lock", "site.yaml", says="is neither signed nor encrypted")


if __name__ == "__main__":
    main()
