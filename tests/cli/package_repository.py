# SPDX-License-Identifier: Apache-2.0
"""Small signed package repositories of a test's own, made by the distributions' tools and served over loopback."""
import functools
import hashlib
import http.server
import subprocess
import threading


def call(*arguments, cwd=None, **options):
    return subprocess.run([*map(str, arguments)], cwd=cwd, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **options).stdout


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Key:
    """A throw-away OpenPGP key; `keyring` is its public half."""

    def __init__(self, case, name):
        self.home = case.folder / f"gpg-{name}"
        self.home.mkdir(mode=0o700)
        case.addCleanup(subprocess.run, ["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        self.keyring = case.folder / f"{name}.gpg"
        self.gpg("--quick-gen-key", f"{name}@example.org", "ed25519", "sign", "never")
        self.gpg("--output", self.keyring, "--export")

    def gpg(self, *arguments):
        call("gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase",
             "", *arguments)


def serve(case, folder):
    """Serves `folder`; answers its URL and the list of paths that were asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    case.addCleanup(thread.join)
    case.addCleanup(server.server_close)
    case.addCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}", asked


def make_deb(folder, name, version="1.0", architecture="amd64", fields=""):
    root = folder / f".deb-{name}-{architecture}"
    (root / "DEBIAN").mkdir(parents=True, exist_ok=True)
    (root / "DEBIAN/control").write_text(f"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\n"
                                         f"Maintainer: nobody <nobody@example.org>\nDescription: a test\n{fields}")
    pool = folder / "pool/main" / name[0]
    pool.mkdir(parents=True, exist_ok=True)
    call("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", root, pool / f"{name}_{version}_{architecture}.deb")


class DebRepository:
    """What a Debian mirror is, with the suite `test`."""

    def __init__(self, folder, architectures):
        self.folder, self.architectures = folder, architectures
        self.suite = folder / "dists/test"
        folder.mkdir()

    def publish(self, key, fields=""):
        for architecture in self.architectures:
            index = self.suite / f"main/binary-{architecture}"
            index.mkdir(parents=True, exist_ok=True)
            text = call("apt-ftparchive", "--arch", architecture, "packages", "pool", cwd=self.folder)
            (index / "Packages").write_text(text)
            call("xz", "--keep", "--force", index / "Packages")
        self.release(key, fields)
        for architecture in self.architectures:
            (self.suite / f"main/binary-{architecture}/Packages").unlink()  # listed, and not there: as mirrors have it

    def release(self, key, fields=""):
        for name in ("Release", "InRelease"):
            (self.suite / name).unlink(missing_ok=True)
        text = call("apt-ftparchive", "-o", "APT::FTPArchive::Release::Suite=test", "-o",
                    f"APT::FTPArchive::Release::Architectures={' '.join(self.architectures)}", "release", self.suite)
        (self.suite / "Release").write_text(fields + text)
        key.gpg("--clear-sign", "--output", self.suite / "InRelease", self.suite / "Release")
        key.gpg("--detach-sign", "--armor", "--output", self.suite / "Release.gpg", self.suite / "Release")


def make_rpm(folder, name, architecture="noarch", lines=""):
    (folder / "Packages").mkdir(parents=True, exist_ok=True)
    spec = folder / f"{name}.spec"
    spec.write_text(f"Name: {name}\nVersion: 1.0\nRelease: 1\nSummary: a test\nLicense: MIT\n"
                    f"{'BuildArch: noarch' if architecture == 'noarch' else ''}\n{lines}\n"
                    "%description\na test\n%files\n")
    call("rpmbuild", "-bb", "--quiet", "--target", architecture, "--define", f"_topdir {folder}/.build", "--define",
         f"_rpmdir {folder}/Packages", "--define", "_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
         "--define", "_source_payload w2.gzdio", "--define", "_binary_payload w2.gzdio", spec)
    spec.unlink()


def publish_rpms(folder, key):
    call("createrepo_c", "--quiet", "--excludes", ".build/*", folder)
    key.gpg("--detach-sign", "--armor", "--output", folder / "repodata/repomd.xml.asc", folder / "repodata/repomd.xml")
