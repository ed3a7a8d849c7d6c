# SPDX-License-Identifier: Apache-2.0
"""stick: a medium from which a machine without anything starts what was signed, and nothing else."""
import hashlib
import os
import platform
import shutil
import struct
import subprocess

from harness import INTEGRITY, IO, KUBEFERRY, OK, USAGE, Case, main, mode

# write(1, "ran\n", 4); exit(0): an ELF file for amd64 that needs nothing.
CODE = bytes.fromhex("b801000000bf01000000488d3510000000ba040000000f05b83c00000031ff0f05") + b"ran\n"
UNSUPPORTED = 40


def program(machine, code=CODE):
    base = 0x400000
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, machine, 1, base + 120, 64, 0, 0, 64, 56, 1, 0,
                         0, 0)
    size = 120 + len(code)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096) + code


class Stick(Case):
    def setUp(self):
        super().setUp()
        self.make_key()
        self.make(("amd64", 62), ("arm64", 183))

    def make(self, *platforms):
        for name, machine in platforms:
            (self.folder / f"program-{name}").write_bytes(program(machine))
        (self.folder / "site.yaml").write_text(
            "apiVersion: kubeferry/v1\nkind: Bundle\nname: site\nversion: '1'\n"
            f"platforms: [{', '.join('linux/' + name for name, _ in platforms)}]\n"
            "kubeferry: program-{arch}\nfiles:\n- {file: site.yaml, path: /opt/kubeferry/site.yaml}\n")
        self.run_ok("lock", "site.yaml")
        self.run_ok("build", "site.yaml", "--key", "site.key", "--output", "site.tar.zst")

    def stick(self, *more):
        return self.run_json("stick", "site.tar.zst", "--trust", "site.pub", "--to", "medium", *more)

    def start(self, *arguments, folder="medium", **environment):
        return subprocess.run(["sh", f"{folder}/kubeferry.sh", *arguments], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, **environment})

    def test_all_that_a_bare_machine_needs(self):
        told = self.stick()
        medium = self.folder / "medium"
        names = {"site.tar.zst", "kubeferry-linux-amd64", "kubeferry-linux-arm64", "kubeferry.sh", "SHA256SUMS"}
        self.assertEqual({path.name for path in medium.iterdir()}, names)
        self.assertEqual({file["name"] for file in told["files"]}, names)
        self.assertEqual((medium / "site.tar.zst").read_bytes(), (self.folder / "site.tar.zst").read_bytes())
        self.assertEqual((medium / "kubeferry-linux-arm64").read_bytes(), program(183))
        self.assertEqual(mode(medium / "kubeferry-linux-amd64"), 0o755)
        subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=medium, check=True)
        script = hashlib.sha256((medium / "kubeferry.sh").read_bytes()).hexdigest()
        self.assertEqual(told["bootstrapDigest"], "sha256:" + script)
        self.assertEqual(told["withoutProgram"], [])
        self.assertIn(script, self.run_ok("stick", "site.tar.zst", "--trust", "site.pub", "--to", "other"))

    def test_again_writes_nothing_and_mends_what_is_damaged(self):
        self.stick()
        medium = self.folder / "medium"
        before = {path.name: path.stat().st_mtime_ns for path in medium.iterdir()}
        self.assertTrue(all(file["kept"] for file in self.stick()["files"]))
        self.assertEqual({path.name: path.stat().st_mtime_ns for path in medium.iterdir()}, before)
        whole = (medium / "site.tar.zst").read_bytes()
        (medium / "site.tar.zst").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        self.assertEqual([file["name"] for file in self.stick()["files"] if not file["kept"]], ["site.tar.zst"])
        self.assertEqual((medium / "site.tar.zst").read_bytes(), whole)

    def test_starts_the_program_of_this_machine(self):
        self.assertEqual(platform.machine(), "x86_64", "the program of this test is for amd64")
        self.stick()
        temporary = self.folder / "temporary"
        temporary.mkdir()
        done = self.start("verify", TMPDIR=str(temporary))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (OK, "ran\n", ""))
        self.assertEqual(list(temporary.iterdir()), [])

    def test_a_changed_program_does_not_start(self):
        self.stick()
        changed = self.folder / "medium/kubeferry-linux-amd64"
        changed.write_bytes(changed.read_bytes().replace(b"ran\n", b"bad\n"))
        done = self.start("verify")
        self.assertEqual((done.returncode, done.stdout), (INTEGRITY, ""))
        self.assertRegex(done.stderr, r"\Akubeferry: medium/kubeferry-linux-amd64 is not the program[^\n]*\n\Z")
        changed.unlink()
        self.assertEqual(self.start("verify").returncode, IO)

    def test_a_machine_that_there_is_no_program_for(self):
        self.make(("arm64", 183))
        self.stick()
        done = self.start("verify")
        self.assertEqual((done.returncode, done.stdout), (UNSUPPORTED, ""))
        self.assertIn("there is no kubeferry for x86_64 here; there is one for: aarch64", done.stderr)

    def test_a_bundle_that_carries_no_program(self):
        bundle = self.make_bundle()
        done = self.run_program("stick", bundle, "--trust", "site.pub", "--to", "medium", "--output", "json")
        self.assertEqual(done.returncode, OK)
        self.assertIn("warning: the bundle carries no kubeferry for linux/", done.stderr)
        self.assertEqual({path.name for path in (self.folder / "medium").iterdir()}, {"bundle", "SHA256SUMS"})

    def without(self, calls, *arguments):
        """Runs on a file system that refuses these calls, as FAT and exFAT do: Linux says EPERM there."""
        inject = [word for call in calls for word in ("-e", f"inject={call}:error=EPERM")]
        done = subprocess.run(["strace", "-f", "-qq", "-o", "trace", "-e", "trace=" + ",".join(calls), *inject, KUBEFERRY,
                               *arguments], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        self.assertIn("(INJECTED)", (self.folder / "trace").read_text(), "nothing was refused")
        return done

    def test_a_medium_without_modes(self):
        medium = ["stick", "site.tar.zst", "--trust", "site.pub", "--to", "medium"]
        done = self.without(["fchmod"], *medium)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(self.start("verify").stdout, "ran\n")

    def test_a_medium_without_hard_links(self):
        # Not every architecture has link(2).
        done = self.without(["?link,linkat"], "key", "generate", "other")
        self.assertEqual(done.returncode, OK, done.stderr)
        before = (self.folder / "other.key").read_bytes()
        self.refused(USAGE, "key", "generate", "other")
        self.assertEqual((self.folder / "other.key").read_bytes(), before)

    def test_a_secret_is_not_written_where_all_may_read_it(self):
        done = self.without(["fchmod"], "key", "generate", "other")
        self.assertEqual(done.returncode, IO)
        self.assertIn("other.key: its file system cannot keep a file from others", done.stderr)
        self.assertEqual(list(self.folder.glob("other*")), [])

    def test_refusals(self):
        self.refused(USAGE, "stick", "site.tar.zst", "--trust", "site.pub", "--to", ".", says="is there already")
        self.refused(IO, "stick", "site.tar.zst", "--trust", "site.pub", "--to", "no/medium", says="no/medium")
        damaged = self.folder / "damaged.tar.zst"
        shutil.copy(self.folder / "site.tar.zst", damaged)
        whole = damaged.read_bytes()
        damaged.write_bytes(whole[:-1000] + bytes(1000))
        done = self.run_program("stick", damaged, "--trust", "site.pub", "--to", "medium")
        self.assertNotEqual(done.returncode, OK)
        self.assertEqual(list((self.folder / "medium").iterdir()), [])


if __name__ == "__main__":
    main()
