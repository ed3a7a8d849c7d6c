#!/usr/bin/env python3
"""Fetches and unpacks Debian packages of all five architectures into the cache.

Every package becomes the folder debs/<package>_<version>_<architecture>. What was chosen is kept in
debs/packages.json, so later runs need neither the network nor apt; --refresh asks apt again.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cache

sys.path.append(str(Path(__file__).resolve().parents[3] / "ci" / "debian"))
import apt_root  # noqa: E402

# Kubernetes' name of an architecture -> Debian's.
ARCHITECTURES = {"amd64": "amd64", "arm": "armhf", "arm64": "arm64", "ppc64le": "ppc64el", "s390x": "s390x"}

PACKAGES = ["base-files", "busybox-static", "catatonit", "conntrack", "containerd", "containernetworking-plugins",
            "dnss", "etcd-client", "etcd-server", "iptables", "kubernetes-client", "libc6", "runc", "wireguard-go"]
# Debian builds no kubernetes-client for ppc64el: another large Go program takes kubectl's place there.
MISSING = {("kubernetes-client", "ppc64le")}
EXTRA = [("rclone", "ppc64le")]
# Only for images that a cluster runs from.
AMD64 = ["ipset", "libipset13"]
# Packages of architecture `all`, and conntrack and iptables' libraries.
INDEPENDENT = ["ca-certificates", "netbase", "tzdata"]
LIBRARIES = ["libip4tc2", "libip6tc2", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11",
             "libxtables12"]


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    architecture: str  # Debian's name, or "all"

    @property
    def key(self) -> str:
        return f"{self.name}_{self.version}_{self.architecture}"


def wanted() -> list[tuple[str, str]]:
    """(package, Kubernetes' architecture) of everything to fetch."""
    pairs = [(name, architecture) for name in PACKAGES + LIBRARIES for architecture in ARCHITECTURES]
    pairs = [pair for pair in pairs if pair not in MISSING] + EXTRA
    return pairs + [(name, "amd64") for name in AMD64 + INDEPENDENT]


def candidates(conf: Path) -> list[Package]:
    """The package versions the private apt root offers for what is wanted."""
    names = [f"{name}:{ARCHITECTURES[architecture]}" for name, architecture in wanted()]
    found = []
    for paragraph in apt_root.run(conf, "apt-cache", "show", "--no-all-versions", *names).split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields:
            found.append(Package(fields["Package"], fields["Version"], fields["Architecture"]))
    if len(found) != len(names):
        offered = {(package.name, package.architecture) for package in found}
        missing = [name for name in names
                   if not {tuple(name.split(":")), (name.split(":")[0], "all")} & offered]
        raise apt_root.AptError(f"apt offers no {', '.join(missing)}")
    return found


def fetch(packages: list[Package], conf: Path, folder: Path) -> None:
    """Downloads and unpacks `packages`, each appearing in `folder` only when complete."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download.") as name:
        downloads = Path(name)
        apt_root.run(conf, "apt-get", "-q", "download",
                     *(f"{package.name}:{package.architecture}={package.version}" for package in packages),
                     cwd=downloads)
        for package in packages:
            file = downloads / (package.key.replace(":", "%3a") + ".deb")
            with cache.complete_folder(folder / package.key) as unpacked:
                subprocess.run(["dpkg-deb", "-x", str(file), str(unpacked)], check=True)
            file.unlink()


class Debs:
    """The unpacked packages."""

    def __init__(self, folder: Path, packages: list[Package]):
        self.folder = folder
        self._packages = {(package.name, package.architecture): package for package in packages}

    def package(self, name: str, architecture: str) -> Package | None:
        """The package for Kubernetes' `architecture`, or None when Debian has none."""
        if architecture not in ARCHITECTURES:
            raise LookupError(f"architecture {architecture} is none of {', '.join(ARCHITECTURES)}")
        return self._packages.get((name, ARCHITECTURES[architecture])) or self._packages.get((name, "all"))

    def tree(self, package: Package) -> Path:
        return self.folder / package.key


def ensure(refresh: bool = False) -> Debs:
    """Everything wanted, fetched when it is not in the cache."""
    folder = cache.cache_root() / "debs"
    folder.mkdir(exist_ok=True)
    record = folder / "packages.json"
    with cache.locked("debs"):
        for left_over in folder.glob(".*.*"):  # of a killed run; nobody else is here
            shutil.rmtree(left_over, ignore_errors=True)
        packages: list[Package] = []
        if record.exists() and not refresh:
            listed = json.loads(record.read_text(encoding="utf-8"))
            if listed["wanted"] == [list(pair) for pair in wanted()]:
                packages = [Package(**entry) for entry in listed["packages"]]
        if not packages or not all((folder / package.key).is_dir() for package in packages):
            conf = update(folder)
            packages = candidates(conf)
            missing = [package for package in packages if not (folder / package.key).is_dir()]
            if missing:
                fetch(missing, conf, folder)
            with cache.complete_file(record) as handle:
                handle.write(json.dumps({"wanted": wanted(), "packages": [vars(package) for package in packages]},
                                        indent=1).encode())
    return Debs(folder, packages)


def update(folder: Path) -> Path:
    """The private apt root beside the packages, with fresh lists."""
    conf = apt_root.create(folder / ".apt", list(ARCHITECTURES.values()), sources=False)
    apt_root.run(conf, "apt-get", "-q", "update")
    return conf


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--refresh", action="store_true", help="take the newest versions apt offers")
    debs = ensure(parser.parse_args().refresh)
    print(debs.folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (apt_root.AptError, subprocess.CalledProcessError) as error:
        sys.exit(f"debs: {error}")
