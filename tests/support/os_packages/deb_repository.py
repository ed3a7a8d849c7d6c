#!/usr/bin/env python3
"""Makes a flat repository of Debian packages and all that they need, as a bundle carries one: pool/*.deb, Packages and
Release, from this machine's own mirrors.

Stands in for `packages:` of a spec where only the node's side is looked at.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "ci" / "debian"))
import apt_root  # noqa: E402


def download(architecture: str, pool: Path, names: list[str]) -> None:
    """The packages and their closure, as onto a machine that has nothing."""
    with tempfile.TemporaryDirectory() as folder:
        conf = apt_root.create(Path(folder), [architecture], sources=False)
        options = ["-o", f"APT::Architecture={architecture}"]
        apt_root.run(conf, "apt-get", "-q", *options, "update")
        apt_root.run(conf, "apt-get", "-q", *options, "--download-only", "--assume-yes", "--no-install-recommends",
                     "install", *names)
        for path in (Path(folder) / "cache" / "archives").glob("*.deb"):
            name, version, rest = path.name.split("_")
            # Names of files in an archive have no epoch.
            (pool / f"{name}_{version.split('%3a')[-1]}_{rest}").write_bytes(path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("architecture", help="Debian's name")
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    pool = arguments.out / "pool"
    pool.mkdir(parents=True)
    download(arguments.architecture, pool, arguments.names)
    packages = subprocess.run(["dpkg-scanpackages", "--multiversion", "pool"], cwd=arguments.out, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    (arguments.out / "Packages").write_bytes(packages)
    digest = hashlib.sha256(packages).hexdigest()
    (arguments.out / "Release").write_text(
        "Origin: kubeferry\nLabel: kubeferry\nDate: Sat, 21 Nov 2026 00:00:00 UTC\n"
        f"SHA256:\n {digest} {len(packages)} Packages\n", encoding="ascii")


if __name__ == "__main__":
    try:
        main()
    except apt_root.AptError as error:
        sys.exit(f"deb_repository: {error}")
