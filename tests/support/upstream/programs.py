"""Which Debian binary stands for which upstream program, per architecture.

With `given`, a folder of real programs for linux/amd64 (tests/support/cluster/programs.sh), that platform has no
stand-ins for anything that a cluster runs. Otherwise Debian has the real kubectl (1.20.2), etcd, containerd, runc and CNI plugins. The others are stand-ins, real programs of
the right architecture under another name: see STAND_INS, and README.md, which says the same to people.

Run as a program it prints Debian's programs for amd64: a name, a blank, the file.
"""

import hashlib
import sys
from pathlib import Path

import debs as debian
from debs import Debs

REAL = {
    "kubectl": ("kubernetes-client", "usr/bin/kubectl"),
    "etcd": ("etcd-server", "usr/bin/etcd"),
    "etcdctl": ("etcd-client", "usr/bin/etcdctl"),
    "runc": ("runc", "usr/sbin/runc"),
    **{name: ("containerd", f"usr/bin/{name}") for name in
       ("containerd", "containerd-shim", "containerd-shim-runc-v1", "containerd-shim-runc-v2", "ctr")},
    **{name: ("containernetworking-plugins", f"usr/lib/cni/{name}") for name in
       ("bandwidth", "bridge", "dhcp", "firewall", "host-device", "host-local", "ipvlan", "loopback", "macvlan",
        "portmap", "ptp", "sbr", "static", "tuning", "vlan", "vrf")},
}
STAND_INS = {
    "coredns": ("dnss", "usr/bin/dnss"),
    "crictl": ("containerd", "usr/bin/ctr"),
    "containerd-stress": ("containerd", "usr/bin/ctr"),
    "flannel": ("containernetworking-plugins", "usr/lib/cni/bridge"),
    "flanneld": ("wireguard-go", "usr/bin/wireguard-go"),
    "pause": ("catatonit", "usr/bin/catatonit"),
    # A plugin newer than Debian's release of them.
    "dummy": ("containernetworking-plugins", "usr/lib/cni/ptp"),
    "tap": ("containernetworking-plugins", "usr/lib/cni/macvlan"),
}
# Everything else, kubeadm and kubelet too, is kubectl, or where Debian has none (ppc64le) rclone.
LARGE_GO_PROGRAMS = [("kubernetes-client", "usr/bin/kubectl"), ("rclone", "usr/bin/rclone")]
# What no cluster runs, so that a stand-in does no harm.
UNUSED = {"containerd-stress", "dummy", "tap"}
PADDING = 64 * 1024


def padding(name: str, architecture: str) -> bytes:
    """Bytes that make a stand-in's content its own; loaders ignore what follows an ELF file."""
    return hashlib.shake_256(f"{name} for {architecture}".encode()).digest(PADDING)


def program(debs: Debs, name: str, architecture: str, given: Path | None = None) -> tuple[Path | bytes, ...]:
    """The content of the program `name`, as the parts of a layers.Entry."""
    if given and architecture == "amd64":
        if (given / name).is_file():
            return ((given / name).resolve(),)
        if name not in REAL and name not in UNUSED:
            raise LookupError(f"{given} has no {name}, and a cluster cannot run from a stand-in for it")
    if name in REAL:
        found = _file(debs, *REAL[name], architecture)
        if found:
            return (found,)
    choices = [STAND_INS[name]] if name in STAND_INS else LARGE_GO_PROGRAMS
    for package, path in choices:
        found = _file(debs, package, path, architecture)
        if found:
            return (found, padding(name, architecture))
    raise LookupError(f"no Debian package has a program to stand for {name} on {architecture}")


def _file(debs: Debs, package: str, path: str, architecture: str) -> Path | None:
    found = debs.package(package, architecture)
    return debs.tree(found) / path if found else None


def main() -> int:
    debs = debian.ensure()
    # Debian's catatonit pauses as /pause does.
    for name, (package, path) in {**REAL, "pause": STAND_INS["pause"]}.items():
        print(name, _file(debs, package, path, "amd64"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
