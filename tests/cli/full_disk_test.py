# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, or broken, at every write of everything that writes (F01, F02, F05): the code says which, each
file is as before or complete, nothing else stays behind, and with room the same command does what it always does."""
import collections
import ctypes
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
from unittest import mock

import upstream
from harness import IO, KUBEFERRY, OK, Case, main

NO_SPACE = 31
PAGE = 4096
PLENTY = "size=64m,nr_inodes=4096"
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_REMOUNT, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20, 0x4000, 0x40000, 2
LIBC = ctypes.CDLL(None, use_errno=True)
# What each may fail with; "?": not every architecture has it.
BOTH, FULL, BAD = (("ENOSPC", NO_SPACE), ("EIO", IO)), (("ENOSPC", NO_SPACE),), (("EIO", IO),)
CALLS = {"write": BOTH, "pwrite64": BOTH, "ftruncate": BOTH, "copy_file_range": BOTH, "fsync": BOTH, "fdatasync": BOTH,
         "syncfs": BOTH, "link": BOTH, "linkat": BOTH, "rename": BOTH, "renameat": BOTH, "renameat2": BOTH,
         "mkdir": FULL, "mkdirat": FULL, "openat": FULL, "fchmod": BAD}
ON_DISK = re.compile(r'[</"]disk[/">]')


def system(name, *arguments):
    arguments = [os.fsencode(one) if isinstance(one, (str, os.PathLike)) else one for one in arguments]
    if getattr(LIBC, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def have_mounts_of_our_own():
    """The mounts of this test are seen by nobody else and end with it. Root or not: there is no skipping."""
    user, group = os.geteuid(), os.getegid()
    system("unshare", CLONE_NEWNS | (CLONE_NEWUSER if user != 0 else 0))
    if user != 0:
        for name, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            pathlib.Path(f"/proc/self/{name}").write_text(line)
    system("mount", "none", "/", None, MS_REC | MS_PRIVATE, None)


@dataclasses.dataclass
class Scene:
    """A command that writes below disk/."""
    arguments: list
    before: dict = dataclasses.field(default_factory=dict)  # what is there already: name on the disk → its content
    resumable: tuple = ()  # what a failed run may leave, by docs
    random: bool = False  # two runs never write the same bytes


class Disks(Case):
    def setUp(self):
        super().setUp()
        os.environ["SOURCE_DATE_EPOCH"] = "1790000000"
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.room(PLENTY)
        self.addCleanup(lambda: system("umount2", self.disk, MNT_DETACH))
        self.make_key()
        self.make_key("other")
        self.registry = upstream.start_registry(self)
        upstream.push_image(self.registry, [60000])
        where = f'{{endpoint: "http://{self.registry}", plainHttp: true}}'
        (self.folder / "numbers").write_text("".join(f"{n}\n" for n in range(30000)))
        (self.folder / "old.yaml").write_text(upstream.spec(where))
        (self.folder / "small.yaml").write_text(
            upstream.spec(where, "files:", "- {file: numbers, path: /etc/kubernetes/numbers}"))
        # What a command finds from earlier, and must leave alone until it can replace it.
        with mock.patch.dict(os.environ, SOURCE_DATE_EPOCH="1780000000"):
            self.run_ok("lock", "old.yaml", "--output", "old.lock")
            self.run_ok("build", "old.yaml", "--key", "site.key", "--output", "old")
        self.run_ok("verify", "old", "--trust", "site.pub", "--state", "old.state")
        self.run_ok("build", "small.yaml", "--key", "site.key", "--output", "small")

    def scenes(self):
        content = {name: (self.folder / name).read_bytes() for name in ("small", "old.lock", "old.state")}
        trust = ["--trust", "site.pub"]
        mirror = ["mirror", "small", self.registry + "/k8s", "--plain-http", *trust]
        self.run_ok(*mirror)
        return {
            "build": Scene(["build", "small.yaml", "--key", "site.key", "--output", "disk/new", "--jobs", "1"],
                           resumable=("new.partial", "new.partial.journal", "new.partial.lock")),
            "lock": Scene(["lock", "small.yaml", "--output", "disk/lock"], {"lock": content["old.lock"]}),
            "extract": Scene(["extract", "small", *trust, "--to", "disk/out"]),
            "sign": Scene(["sign", "disk/bundle", "--key", "other.key"], {"bundle": content["small"]}),
            "sign to": Scene(["sign", "small", "--key", "other.key", "--output", "disk/signed"]),
            "sign elsewhere": Scene(["sign", "small", "--pae-out", "disk/pae"], {"pae": b"of another bundle"}),
            "key": Scene(["key", "generate", "disk/key"], random=True),
            "keyset": Scene(["keyset", "create", "--threshold", "1", "--key", "site.pub", "--output", "disk/set"]),
            "inspect": Scene(["inspect", "small", *trust, "--extract-manifest", "disk/out"]),
            "verify": Scene(["verify", "small", *trust, "--state", "disk/state"], {"state": content["old.state"]}),
            "mirror": Scene([*mirror, "--write-to", "disk/out"], {"out/mapping.txt": b"of another bundle"}),
        }

    def room(self, options):
        if os.path.ismount(self.disk):
            system("umount2", self.disk, MNT_DETACH)
        system("mount", "tmpfs", self.disk, "tmpfs", 0, options)

    def change_room(self, options):
        system("mount", "tmpfs", self.disk, "tmpfs", MS_REMOUNT, options)

    def set_up(self, scene):
        self.room(PLENTY)
        (self.disk / "full").write_bytes(b"x")  # size=0 would mean no limit
        for name, content in scene.before.items():
            (self.disk / name).parent.mkdir(exist_ok=True)
            (self.disk / name).write_bytes(content)
            (self.disk / name).chmod(0o600)

    def content(self):
        return {str(path.relative_to(self.disk)): path.read_bytes() for path in self.disk.rglob("*") if path.is_file()}

    def undisturbed(self, scene):
        self.set_up(scene)
        self.run_ok(*scene.arguments)
        return self.content()

    def assert_harmless(self, scene, before, complete):
        """Each file is what it was or what it is to become."""
        after = self.content()
        self.assertLessEqual(set(before), set(after))
        for name, content in after.items():
            if name not in scene.resumable:
                wanted = [files[name] for files in ([before] if scene.random else [before, complete]) if name in files]
                self.assertIn(name, before.keys() | complete.keys(), "left behind")
                self.assertIn(content, wanted, f"{name}: neither as before nor complete")

    def assert_refusal(self, done, code):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertTrue(lines[0].startswith("kubeferry: ") and "disk" in lines[0], done.stderr)
        self.assertLessEqual(len(lines), 2, done.stderr)
        if code == NO_SPACE:
            self.assertRegex(lines[1], "free ")

    def assert_goes_on(self, scene, complete):
        self.run_ok(*scene.arguments)
        if scene.random:
            self.assertEqual(set(self.content()), set(complete))
            kinds = [self.run_json("key", "show", self.disk / name) for name in ("key.key", "key.pub")]
            self.assertIn(kinds[0]["keyId"], str(kinds[1]))
        else:
            self.assertEqual(self.content(), complete)


class Full(Disks):
    def used(self):
        space = os.statvfs(self.disk)
        return (space.f_blocks - space.f_bfree) * space.f_frsize, space.f_files - space.f_ffree

    def sweep(self, scene, limits, complete):
        """Runs the scene under each limit until it has enough; answers how often it had not."""
        for refusals, limit in enumerate(limits):
            self.set_up(scene)
            before = self.content()
            self.change_room(limit(*self.used()))
            done = self.run_program(*scene.arguments)
            if done.returncode == OK:
                break
            with self.subTest(arguments=scene.arguments, limit=limit(*self.used())):
                self.assert_refusal(done, NO_SPACE)
                self.assert_harmless(scene, before, complete)
                self.change_room(PLENTY)
                self.assert_goes_on(scene, complete)
        else:
            self.fail("never enough")
        if not scene.random:
            self.assertEqual(self.content(), complete)
        return refusals

    def test_every_size(self):
        for name, scene in self.scenes().items():
            with self.subTest(name):
                complete = self.undisturbed(scene)
                need = sum(map(len, complete.values()))
                step = max(need // 8 // PAGE, 1) * PAGE
                limits = [lambda used, _, more=more: f"size={used + more},nr_inodes=4096"
                          for more in range(0, 2 * need + 64 * PAGE, step)]
                refusals = self.sweep(scene, limits, complete)
                self.assertGreater(refusals, need // step // 2)

    def test_every_number_of_inodes(self):
        for name, scene in self.scenes().items():
            with self.subTest(name):
                complete = self.undisturbed(scene)
                limits = [lambda _, used, more=more: f"size=64m,nr_inodes={used + more}" for more in range(64)]
                self.assertGreater(self.sweep(scene, limits, complete), 0)


class Broken(Disks):
    def trace(self, scene, *more):
        """Runs on one processor, so that the calls of a command have one order. Answers the run and its calls."""
        log = self.folder / "trace"
        run = subprocess.Popen(
            ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-o", log, "-e", "signal=none", *more, KUBEFERRY,
             *map(str, scene.arguments)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},  # its leak check cannot run under a tracer
            preexec_fn=lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]))
        try:
            out, error = run.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            out, error = run.communicate()
        calls = [match.groups() for line in log.read_text(errors="replace").splitlines()
                 if (match := re.match(r"(\d+) +(\w+|<\.\.\. \w+ resumed>)\(?(.*)", line))]
        return subprocess.CompletedProcess(run.args, run.returncode, out, error), calls

    def calls_on_disk(self, scene):
        """(call, n) of each n-th call of a thread that changes the disk."""
        done, calls = self.trace(scene, "-e", "trace=" + ",".join("?" + call for call in CALLS))
        self.assertEqual(done.returncode, OK, done.stderr)
        counts, found = collections.Counter(), {}
        for thread, call, rest in calls:
            counts[thread, call] += 1
            changes = " = -1 " not in rest and (call != "openat" or "O_CREAT" in rest)
            if changes and ON_DISK.search(rest) and not rest.startswith("1<"):
                found[call, counts[thread, call]] = rest
        return found

    def disturb(self, scene, complete, call, n, error, code):
        self.set_up(scene)
        before = self.content()
        done, calls = self.trace(scene, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}")
        hit = [rest for _, _, rest in calls if "(INJECTED)" in rest]
        if not hit:
            return 0  # the network cut a blob into fewer pieces this time
        with self.subTest(scene=scene.arguments[0], call=call, n=n, error=error, hit=hit):
            self.assert_refusal(done, code)
            self.assert_harmless(scene, before, complete)
            self.assert_goes_on(scene, complete)
        return 1

    def test_every_call(self):
        for name, scene in self.scenes().items():
            complete = self.undisturbed(scene)
            self.set_up(scene)
            calls = self.calls_on_disk(scene)
            hits = sum(self.disturb(scene, complete, call, n, error, code)
                       for call, n in calls for error, code in CALLS[call])
            self.assertGreaterEqual(hits, max(len(calls), 6), name)


if __name__ == "__main__":
    have_mounts_of_our_own()
    main()
