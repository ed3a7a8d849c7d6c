# SPDX-License-Identifier: Apache-2.0
"""What the tests of the program share: a folder of their own, running it, and what must hold after every run."""
import json
import os
import pathlib
import platform
import re
import stat
import subprocess
import tempfile
import unittest

KUBEFERRY = os.environ["KUBEFERRY"]
MAKE_SAMPLE_BUNDLE = os.environ["MAKE_SAMPLE_BUNDLE"]

MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64", "armv7l": "linux/arm", "ppc64le": "linux/ppc64le",
            "s390x": "linux/s390x"}
HERE = os.environ.get("KUBEFERRY_PLATFORM") or MACHINES[platform.machine()]  # where the program takes itself to be

OK, USAGE, FORMAT, SIGNATURE, POLICY, INTEGRITY = 0, 2, 10, 11, 12, 13
NETWORK, AUTH, IO = 20, 22, 30


def flip(path, offset):
    """Changes one bit of a file."""
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kf-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments, umask=0o022, **options):
        def prepare():
            os.umask(umask)

        return subprocess.run([KUBEFERRY, *map(str, arguments)], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, timeout=120,
                              text=True, preexec_fn=prepare, **options)

    def run_ok(self, *arguments, **options):
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.returncode, OK, f"{arguments}: {done.stderr}")
        return done.stdout

    def run_json(self, *arguments):
        return json.loads(self.run_ok(*arguments, "--output", "json"))

    def refused(self, code, *arguments, says=None):
        """The program must fail with `code`, say one line of what went wrong (and at most one of what to do), answer
        nothing, and leave no temporary file."""
        done = self.run_program(*arguments)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}{done.stderr}")
        lines = done.stderr.splitlines()
        self.assertTrue(lines and lines[0].startswith("kubeferry: "), done.stderr)
        self.assertLessEqual(len(lines), 2, done.stderr)
        self.assertEqual(done.stdout, "")
        if says:
            self.assertIn(says, done.stderr)
        self.assertEqual([p for p in self.folder.rglob("*") if ".tmp." in p.name or p.name.startswith(".kubeferry-")],
                         [])
        return done.stderr

    def serve(self, bundle, *arguments):
        """Starts a server of that bundle; the process and its URL."""
        process = subprocess.Popen([KUBEFERRY, "serve", bundle, "--trust", "site.pub", "--listen", "127.0.0.1:0",
                                    *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        line = process.stdout.readline()
        found = re.match(r"serving on (https?://127\.0\.0\.1:\d+)\n", line)
        self.assertTrue(found, line)
        return process, found.group(1)

    def make_key(self, name="site", *more):
        self.run_ok("key", "generate", name, *more)
        return self.folder / f"{name}.key", self.folder / f"{name}.pub"

    def make_bundle(self, name="bundle", key="site.key", sequence=7, platforms=()):
        """A small bundle for linux/amd64 and linux/arm64, and for more platforms of which it has nothing."""
        subprocess.run([MAKE_SAMPLE_BUNDLE, self.folder / name, self.folder / key, str(sequence), *platforms], check=True,
                       stdout=subprocess.DEVNULL)
        return self.folder / name


def main():
    unittest.main()
