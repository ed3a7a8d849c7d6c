# SPDX-License-Identifier: Apache-2.0
"""init, join and reset, as far as they go without changing the host. Every run sees a file system that cannot be written
to, but for the test's folder and an empty /var/lib, which must stay as it is."""
import datetime
import json
import os
import pathlib
import subprocess

from harness import AUTH, FORMAT, HERE, IO, KUBEFERRY, NETWORK, POLICY, SIGNATURE, USAGE, Case, main

UNSUPPORTED_HOST = 40
STATE, CONFIGURATION = pathlib.Path("/var/lib/kubeferry"), pathlib.Path("/etc/kubeferry")
ELSEWHERE = "linux/arm64" if HERE != "linux/arm64" else "linux/amd64"
CHANGED = 99
# $1: the test's folder; $2: what /var/lib/kubeferry/journal is to hold, or nothing; then the command.
BELT = f"""
mount --bind "$1" "$1" && mount -t tmpfs -o mode=755 none /var/lib && mount -o remount,bind,ro / || exit 98
cd "$1"
[ -z "$2" ] || {{ mkdir {STATE} && cp "$2" {STATE}/journal && chmod 600 {STATE}/journal; }} || exit 98
before=$(find /var/lib -type f -exec sha256sum {{}} +)
shift 2
"$@"
status=$?
[ "$before" = "$(find /var/lib -type f ! -name lock -exec sha256sum {{}} +)" ] || exit {CHANGED}
[ -n "$before" ] || [ -z "$(ls -A /var/lib)" ] || exit {CHANGED}
exit $status
"""
HASH = "sha256:" + "0" * 64
TOKEN = "abcdef.0123456789abcdef"


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def journal_line(**members):
    text = json.dumps(members, separators=(",", ":"))[:-1]
    return f'{text},"crc32c":"{crc32c(text.encode()):08x}"}}\n'


def time(hours):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Install(Case):
    journal = ""

    def setUp(self):
        super().setUp()
        for path in (STATE, CONFIGURATION):
            self.assertFalse(path.exists(), f"{path}: this machine has an installation; these tests are not for it")
            self.addCleanup(lambda path=path: self.assertFalse(path.exists(), f"a command of the test made {path}"))
        self.make_key()

    def run_program(self, *arguments, root=True, **options):
        if arguments[0] in ("key", "build"):
            return super().run_program(*arguments, **options)
        # Root outside, or of a user namespace: both may mount, in a namespace of their own.
        belt = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        command = [KUBEFERRY, *map(str, arguments)]
        if not root:
            command = ["unshare", "--user", *command]  # Nobody is mapped, so everybody is nobody.
        done = subprocess.run([*belt, "sh", "-c", BELT, "belt", self.folder, self.journal, *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertNotEqual(done.returncode, CHANGED, f"{arguments} changed something: {done.stderr}")
        return done

    def secret(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path


class Belt(Install):
    def test_it_tells(self):
        self.make_bundle(platforms=[HERE])
        with self.assertRaisesRegex(AssertionError, "changed something"):
            self.run_program("verify", "bundle", "--trust", "site.pub", "--state", "/var/lib/state")
        done = self.run_program("verify", "bundle", "--trust", "site.pub", "--state", "/etc/kubeferry-state")
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertIn("Read-only file system", done.stderr)


class WhoMay(Install):
    def test_root_only(self):
        for arguments in (["init", "bundle", "--trust", "site.pub"], ["join", "--pack", "pack", "--trust", "site.pub"],
                          ["reset", "--yes"]):
            done = self.run_program(*arguments, root=False)
            self.assertEqual(done.returncode, UNSUPPORTED_HOST, done.stderr)
            self.assertIn(f"{arguments[0]} changes this host, so it must be run by root", done.stderr)
            self.assertIn("sudo", done.stderr)

    def test_anybody_may_look(self):
        """A dry run changes nothing, so it needs no root; it goes on until the bundle is looked at."""
        done = self.run_program("init", "absent", "--trust", "site.pub", "--dry-run", root=False)
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertIn("absent: no such file", done.stderr)


class Init(Install):
    def test_needs_a_bundle_and_a_key(self):
        self.make_bundle(platforms=[HERE])
        self.make_key("other")
        self.refused(USAGE, "init", "bundle", says="--trust is missing")
        self.refused(USAGE, "init", "--trust", "site.pub", says="FILE")
        self.refused(USAGE, "init", "absent", "--trust", "site.pub", says="no such file")
        self.refused(SIGNATURE, "init", "bundle", "--trust", "other.pub")
        self.refused(SIGNATURE, "init", "bundle", "--trust", "other.pub", "--dry-run")

    def test_a_bundle_for_other_machines(self):
        """Row M19: both are named, and nothing is written."""
        (self.folder / "file").write_text("of another platform\n")
        (self.folder / "spec.yaml").write_text(
            f'apiVersion: kubeferry/v1\nkind: Bundle\nname: other\nversion: "1"\nplatforms: [{ELSEWHERE}]\n'
            "files:\n- {file: file, path: /opt/kubeferry/file}\n")
        self.run_ok("build", "spec.yaml", "--key", "site.key", "--output", "bundle")
        for more in ([], ["--dry-run"]):
            said = self.refused(UNSUPPORTED_HOST, "init", "bundle", "--trust", "site.pub", *more, says=HERE)
            self.assertIn(ELSEWHERE, said.splitlines()[0])
            self.assertIn(f"platforms: [{HERE}]", said)
        error = json.loads(self.run_program("init", "bundle", "--trust", "site.pub", "--output", "json").stderr)["error"]
        self.assertEqual((error["code"], error["name"]), (UNSUPPORTED_HOST, "E_UNSUPPORTED_HOST"))

    def test_a_bundle_without_kubernetes(self):
        self.make_bundle(platforms=[HERE])
        self.refused(USAGE, "init", "bundle", "--trust", "site.pub", says="holds no Kubernetes")
        self.refused(USAGE, "init", "--skip-phases", "addon/kube-proxy,addon/coredns", "--apiserver-cert-extra-sans",
                     "api.site", "--ignore", "NumCPU", "bundle", "--trust", "site.pub", says="holds no Kubernetes")

    def test_patches_that_are_not_there(self):
        self.make_bundle(platforms=[HERE])
        (self.folder / "file").write_text("")
        for patches in ("nowhere", "file"):
            self.refused(USAGE, "init", "bundle", "--trust", "site.pub", "--patches", patches,
                         says=f"--patches: {patches}: no such directory")

    def test_packages_that_are_and_are_not_to_be_installed(self):
        for arguments in (["init", "bundle"], ["join", "--pack", "pack"]):
            said = self.refused(USAGE, *arguments, "--trust", "site.pub", "--install-packages", "--dry-run", says="which?")
            self.assertIn("kubeferry packages install --dry-run", said)
        said = self.refused(USAGE, "init", "bundle", "--trust", "site.pub", "--install-packages", "--rehearse", says="rehearsal")
        self.assertIn("kubeferry packages install", said)

    def test_a_rehearsal_that_makes_no_sense(self):
        self.make_bundle(platforms=[HERE])
        named = ["init", "bundle", "--trust", "site.pub"]
        self.refused(USAGE, *named, "--rehearse", "--dry-run", says="--dry-run does nothing")
        self.refused(USAGE, *named, "--rehearse", "--registry", "harbor.corp/k8s", says="a rehearsal has no network")
        self.refused(USAGE, *named, "--rehearsal-dir", "/srv/copy", says="only go with --rehearse")
        self.refused(USAGE, *named, "--rehearsal-logs", "/srv/logs", says="only go with --rehearse")
        self.refused(USAGE, *named, "--inside-rehearsal", says="use --rehearse")
        self.refused(USAGE, *named, "--rehearse", says="holds no Kubernetes")
        self.make_key("other")
        self.refused(SIGNATURE, "init", "bundle", "--trust", "other.pub", "--rehearse")
        self.refused(POLICY, *named, "--rehearse", "--min-sequence", "99")

    def test_names_of_a_rehearsal_are_good_for_nothing_outside(self):
        for name in ("systemctl", "journalctl", "kubeferry-rehearsal"):
            (self.folder / name).symlink_to(KUBEFERRY)
            done = subprocess.run([self.folder / name, "is-active", "x"], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (70, ""), done.stderr)
            self.assertIn("this is no rehearsal", done.stderr)

    def test_policy_comes_first(self):
        self.make_bundle(sequence=7, platforms=[HERE])
        for option in (["--audience", "elsewhere"], ["--stream", "other"], ["--min-sequence", "8"]):
            self.refused(POLICY, "init", "bundle", "--trust", "site.pub", *option)

    def test_values(self):
        self.make_bundle(platforms=[HERE])
        named = ["init", "bundle", "--trust", "site.pub"]
        for duration in ("", "2", "h", "2x", "-1h", "1.5h", "0s", "2h ", "99999999h", "18446744073709551615h"):
            self.refused(USAGE, *named, f"--token-ttl={duration}", says="--token-ttl")
            self.refused(USAGE, *named, f"--timeout={duration}", says="--timeout")
        self.refused(USAGE, *named, "--token-ttl", "1h30m", "--timeout", "90s", says="holds no Kubernetes")
        self.refused(USAGE, *named, "--config", "absent.yaml", says="absent.yaml")
        self.refused(USAGE, *named, "--ignore", "all", says="refused")
        self.refused(USAGE, *named, "--registry-port", "70000", says="--registry-port")


class Join(Install):
    def pack(self, **changes):
        document = {"kind": "kubeferry/join-pack/v1", "created": time(-3), "kubernetesVersion": "v1.34.2",
                    "endpoint": "127.0.0.1:1", "caCertHashes": [HASH], "token": TOKEN, "tokenExpires": time(1),
                    "registries": [{"host": "127.0.0.1:1", "plainHttp": True}], "bundleManifest": HASH}
        document.update(changes)
        return self.secret("pack", json.dumps(document))

    def join(self, code, *arguments, says=None):
        return self.refused(code, "join", "--trust", "site.pub", *arguments, says=says)

    def test_needs_a_pack_or_all_that_it_would_say(self):
        said = self.join(USAGE, says="--pack is missing")
        self.assertIn("kubeferry join-pack create", said)
        self.refused(USAGE, "join", "--pack", self.pack(), says="--trust is missing")
        self.join(USAGE, "--pack", "absent", says="absent")
        self.join(USAGE, "--pack", self.pack(), "10.0.0.1:6443", says="one or the other")
        self.secret("token", TOKEN + "\n")
        given = ["10.0.0.1:6443"]
        for option, value in (("--token-file", "token"), ("--discovery-token-ca-cert-hash", HASH),
                              ("--registry", "127.0.0.1:1"), ("--bundle-manifest", HASH)):
            self.join(USAGE, *given, says=f"{option} is missing")
            given = [option, value, *given]  # In front, so that the address is what follows an option.

    def test_no_token_on_the_command_line(self):
        said = self.join(USAGE, "10.0.0.1:6443", "--token", TOKEN, says="--token-file")
        self.assertNotIn(TOKEN, said)
        self.secret("token", TOKEN, 0o644)
        self.join(AUTH, "10.0.0.1:6443", "--token-file", "token")
        self.secret("token", "nonsense")
        self.assertNotIn("nonsense", self.join(USAGE, "10.0.0.1:6443", "--token-file", "token", says="no bootstrap token"))

    def test_never_without_a_hash_of_the_authority(self):
        self.secret("token", TOKEN)
        for wrong in ("", "0" * 64, "sha256:" + "0" * 63, "sha512:" + "0" * 64, "sha256:" + "x" * 64):
            self.join(USAGE, "10.0.0.1:6443", "--token-file", "token", f"--discovery-token-ca-cert-hash={wrong}")
            self.join(USAGE, "--pack", self.pack(caCertHashes=[wrong]), says="no hash of the cluster's CA")
        self.join(USAGE, "--pack", self.pack(caCertHashes=[]))
        self.join(USAGE, "--pack", self.pack(unsafeSkipCAVerification=True), says="never does")

    def test_packs_that_are_too_old(self):
        said = self.join(POLICY, "--pack", self.pack(tokenExpires=time(-1)), says="expired")
        self.assertIn("kubeferry join-pack create --ttl 2h", said.splitlines()[1])
        self.join(POLICY, "--pack", self.pack(created=time(48)), says="clock")
        self.join(USAGE, "--pack", self.pack(), "--control-plane", says="no certificate key")
        said = self.join(POLICY, "--control-plane", "--pack",
                         self.pack(certificateKey="0" * 64, certificateKeyExpires=time(-1)), says="expired")
        self.assertIn("--control-plane", said.splitlines()[1])

    def test_packs_of_others(self):
        for mode in (0o644, 0o640, 0o660, 0o602):
            self.pack().chmod(mode)
            self.join(AUTH, "--pack", "pack")

    def test_packs_that_are_none(self):
        for text in ("", "hello", "{}", "[]", '{"kind":"kubeferry/join-pack/v2"}', "{" * 100):
            self.secret("pack", text)
            self.join(FORMAT, "--pack", "pack")
        self.join(FORMAT, "--pack", self.pack(surplus=1))
        self.join(FORMAT, "--pack", self.pack(registries=[]))
        self.join(USAGE, "--pack", self.pack(token="nonsense"))

    def test_a_registry_that_is_not_there(self):
        done = self.run_program("join", "--trust", "site.pub", "--pack", self.pack())
        self.assertEqual(done.returncode, NETWORK, done.stderr)
        self.assertIn("127.0.0.1:1", done.stderr)


class Reset(Install):
    def test_where_nothing_is_installed(self):
        for more in ([], ["--yes"], ["--force"], ["-y", "--forget"]):
            self.assertEqual(self.run_ok("reset", *more), "kubeferry has changed nothing on this host\n")

    def given_a_journal(self, *lines):
        lines = [{"what": "journal", "version": 1}, {"what": "run", "verb": "init", "facts": {}}, *lines]
        text = "".join(journal_line(n=n, time=time(0), **line) for n, line in enumerate(lines, 1))
        self.journal = self.secret("journal", text)
        return text

    def test_asks_and_nobody_is_there(self):
        self.given_a_journal({"what": "begun", "kind": "bundle", "target": "/nowhere", "prior": {}})
        self.refused(USAGE, "reset", says="--yes")

    def test_a_damaged_journal_is_not_guessed_at(self):
        text = self.given_a_journal({"what": "note", "name": "a", "value": 1})
        self.journal.write_text(text.replace('"verb":"init"', '"verb":"exit"'))
        self.refused(IO, "reset", "--yes", says=f"{STATE}/journal")


if __name__ == "__main__":
    main()
