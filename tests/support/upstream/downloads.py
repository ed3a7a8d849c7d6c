"""Lays out the files that upstream publishes beside its images: binaries, archives, manifests and their checksums."""

import hashlib
import os
import urllib.parse
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from debs import Debs
from documents import Platform
from layers import Entry, archive, content
from programs import program

DATA = Path(__file__).resolve().parent / "data"


# What upstream's own archives hold, where a rule says "*"; the plugins' names start with "./" there.
ARCHIVES = {
    "cni-plugins": ["./" + plugin for plugin in (
        "bandwidth", "bridge", "dhcp", "firewall", "host-device", "host-local", "ipvlan", "loopback", "macvlan",
        "portmap", "ptp", "sbr", "static", "tuning", "vlan", "vrf")],
    "containerd": ["bin/" + program for program in (
        "ctr", "containerd", "containerd-stress", "containerd-shim", "containerd-shim-runc-v1",
        "containerd-shim-runc-v2")],
}


def members_of(name: str, rule: str | dict) -> list[str]:
    """The members that a needs file's rule means: a name, or a rule of the catalog ({"from": "bin/*", ...})."""
    wanted = rule if isinstance(rule, str) else rule["from"]
    return ARCHIVES[name] if wanted.endswith("*") else [wanted]


class Downloads:
    def __init__(self, folder: Path, debs: Debs, kubeadm: Path | None, given: Path | None = None):
        self._folder, self._debs, self._kubeadm, self._given = folder, debs, kubeadm, given

    def publish(self, needs: list[dict]) -> int:
        """Writes every file and checksum of `needs`; returns how many bytes they have."""
        lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
        with ThreadPoolExecutor() as pool:
            published = list(pool.map(self._publish_file, needs))
        for need, (target, digest) in zip(needs, published, strict=True):
            checksum = need.get("checksum") or {"style": "none"}
            if checksum["style"] in ("sums", "clearsigned"):
                lists[checksum["url"]].append((digest, target.name))
            elif checksum["style"] != "none":
                text = one_sum(checksum["style"], checksum["url"], digest, target.name)
                self._replace(self._target(checksum["url"]), text)
        for url, sums in lists.items():
            self._replace(self._target(url), sum_list(url, sums))
        return sum(target.stat().st_size for target, _ in published)

    def _publish_file(self, need: dict) -> tuple[Path, str]:
        target = self._target(need["url"])
        self._write(need, target)
        with target.open("rb") as handle:
            return target, hashlib.file_digest(handle, "sha256").hexdigest()

    def _write(self, need: dict, target: Path) -> None:
        kind, name = need["kind"], need["name"]
        if kind == "manifest":
            sample = DATA / target.name
            if not sample.is_file():
                raise LookupError(f"{need['url']}: no sample of {target.name} in the data folder")
            self._place((sample,), target)
            return
        platform = Platform.parse(need["platform"])
        if kind == "archive":
            entries = [Entry(member, program(self._debs, Path(member).name, platform.architecture, self._given))
                       for rule in need["members"] for member in members_of(name, rule)]
            self._place((archive(entries).path,), target)
        elif kind != "binary":
            raise ValueError(f"{need['url']}: kind '{kind}' is none of binary, archive, manifest")
        elif name == "kubeadm" and self._kubeadm and str(platform) == "linux/amd64":
            self._place((self._kubeadm,), target)
        else:
            self._place(program(self._debs, name, platform.architecture, self._given), target)

    def _target(self, url: str) -> Path:
        parsed = urllib.parse.urlsplit(url)
        path = urllib.parse.unquote(parsed.path).lstrip("/")
        if not parsed.hostname or not path or ".." in path.split("/"):
            raise ValueError(f"'{url}' is not a URL of a file")
        return self._folder / parsed.hostname / path

    def _place(self, parts: tuple[Path | bytes, ...], target: Path) -> None:
        """Writes the parts' content, as a copy, not a link: tests may damage what they are served.

        A target of the size and the time that this gives it is left alone."""
        sources = [part.stat() for part in parts if isinstance(part, Path)]
        size = sum(source.st_size for source in sources) + sum(len(part) for part in parts if isinstance(part, bytes))
        time = max(source.st_mtime_ns for source in sources)
        if target.exists():
            old = target.stat()
            if (old.st_size, old.st_mtime_ns) == (size, time):
                return
        self._replace(target, content(parts))
        os.utime(target, ns=(time, time))

    @staticmethod
    def _replace(target: Path, data: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(data)
        part.replace(target)


def one_sum(style: str, url: str, digest: str, name: str) -> bytes:
    if style == "bare":
        # dl.k8s.io writes no newline after the hash, others do.
        return digest.encode() + (b"" if "//dl.k8s.io/" in url else b"\n")
    if style == "named":
        return f"{digest}  {name}\n".encode()
    raise ValueError(f"{url}: style '{style}' is none of bare, named, sums, clearsigned, none")


def sum_list(url: str, sums: list[tuple[str, str]]) -> bytes:
    listed = "".join(f"{digest}  {name}\n" for digest, name in sorted(sums, key=lambda entry: entry[1]))
    if not url.endswith("/runc.sha256sum"):
        return listed.encode()
    # runc's list is PGP clear-signed and also names files nobody here needs. The signature is not one.
    other = hashlib.sha256(b"runc.tar.xz").hexdigest()
    return (f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{listed}{other}  runc.tar.xz\n"
            "-----BEGIN PGP SIGNATURE-----\n\n"
            "iQEzBAEBCAAdFiEEdGVzdHRlc3R0ZXN0dGVzdHRlc3QFAmNhbm5vdAAKCRB0ZXN0\n"
            "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=\n=test\n"
            "-----END PGP SIGNATURE-----\n").encode()
