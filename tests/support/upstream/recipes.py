"""What each known image is made of: its layers, entry point and dialect, by the last part of its repository's name."""

from pathlib import Path

import debs as debian
from documents import DOCKER, OCI, Dialect, Platform
from layers import Archive, Entry, archive, tree_entries
from programs import program

CONTROL_PLANE = {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}
OCI_IMAGES = {"etcd", "coredns", "flannel", "flannel-cni-plugin"}
LIBC_FILES = ("ld-linux", "ld64.so", "libc.so", "libdl.so", "libm.so", "libpthread.so", "libresolv.so", "librt.so")
BUSYBOX_COMMANDS = ("cat", "cp", "echo", "ip", "ln", "ls", "mkdir", "mv", "rm", "sh", "sleep")


def dialect(name: str) -> Dialect:
    return OCI if name in OCI_IMAGES else DOCKER


def published_platform(name: str, platform: Platform) -> Platform:
    """The platform as the image's index spells it: some write arm and arm64 with a variant, some without."""
    variants = {}
    if name not in ("pause", "etcd"):
        variants["arm"] = "v7"
    if name == "flannel-cni-plugin":
        variants["arm64"] = "v8"
    return Platform(platform.os, platform.architecture, platform.variant or variants.get(platform.architecture))


def entrypoint(name: str) -> list[str]:
    return {"pause": ["/pause", "-P"], "coredns": ["/coredns"], "etcd": ["/usr/local/bin/etcd"],
            "flannel": ["/opt/bin/flanneld"], "flannel-cni-plugin": ["/bin/sh"]}.get(name, [f"/usr/local/bin/{name}"])


class Kitchen:
    """Makes layers out of unpacked packages."""

    def __init__(self, packages: debian.Debs, given: Path | None = None):
        self._debs, self._given = packages, given

    def stack(self, name: str, architecture: str) -> list[Archive]:
        """The layers of the image `name`, lowest first."""
        if name == "pause":
            return [self._binaries(architecture, {"pause": "pause"})]
        if name == "coredns":
            return [archive(self._certificates()), self._binaries(architecture, {"coredns": "coredns"})]
        if name == "etcd":
            return [self.base(architecture), self._libc(architecture),
                    self._binaries(architecture, {"usr/local/bin/etcd": "etcd", "usr/local/bin/etcdctl": "etcdctl"})]
        if name == "kube-proxy":
            return [self.base(architecture), self._libc(architecture), self._packet_filter(architecture),
                    self._binaries(architecture, {"usr/local/bin/kube-proxy": name})]
        if name == "flannel":
            return [self._busybox(architecture), self._libc(architecture), self._packet_filter(architecture),
                    self._binaries(architecture, {"opt/bin/flanneld": "flanneld"})]
        if name == "flannel-cni-plugin":
            return [self._busybox(architecture), self._binaries(architecture, {"flannel": "flannel"})]
        return [self.base(architecture), self._binaries(architecture, {f"usr/local/bin/{name}": name})]

    def base(self, architecture: str) -> Archive:
        """Users, certificates, time zones and service names: the layer all core images of an architecture share."""
        files = self._tree("base-files", architecture)
        status = f"Package: base\nVersion: {files.name}\n".encode()
        return archive([
            Entry("etc/passwd", (b"root:x:0:0:root:/root:/sbin/nologin\n",
                                 b"nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"), 0o644),
            Entry("etc/group", (b"root:x:0:\nnonroot:x:65532:\n",), 0o644),
            Entry("etc/os-release", link="../usr/lib/os-release"),
            Entry("usr/lib/os-release", (files / "usr/lib/os-release",), 0o644),
            Entry("var/lib/dpkg/status.d/base", (status,), 0o644),
            *self._certificates(),
            *tree_entries(self._tree("netbase", architecture), "etc"),
            *tree_entries(self._tree("tzdata", architecture), "usr/share/zoneinfo")])

    def small(self, text: str) -> Archive:
        """A layer of one text file."""
        return archive([Entry("etc/motd", (text.encode(),), 0o644)])

    def _certificates(self) -> list[Entry]:
        folder = self._tree("ca-certificates", "amd64") / "usr/share/ca-certificates"
        return [Entry("etc/ssl/certs/ca-certificates.crt", tuple(sorted(folder.rglob("*.crt"))), 0o644)]

    def _libc(self, architecture: str) -> Archive:
        entries = tree_entries(self._tree("libc6", architecture), "lib", "lib64")
        return archive([entry for entry in entries if Path(entry.target).name.startswith(LIBC_FILES)])

    def _packet_filter(self, architecture: str) -> Archive:
        """iptables (the nftables kind), conntrack and their libraries."""
        tools = [f"usr/sbin/{family}{suffix}" for family in ("iptables", "ip6tables")
                 for suffix in ("", "-save", "-restore")]
        entries = [Entry(tool, link="xtables-nft-multi") for tool in tools]
        more = debian.AMD64 if self._given and architecture == "amd64" else []
        for package in ("iptables", "conntrack", *debian.LIBRARIES, *more):
            tree = self._tree(package, architecture)
            entries += [entry for entry in tree_entries(tree, "usr/sbin", "usr/lib")
                        if entry.target not in tools and "legacy" not in entry.target]
        return archive(entries)

    def _busybox(self, architecture: str) -> Archive:
        binary = self._tree("busybox-static", architecture) / "bin/busybox"
        return archive([Entry("bin/busybox", (binary,)),
                        *(Entry(f"bin/{command}", link="busybox") for command in BUSYBOX_COMMANDS)])

    def _binaries(self, architecture: str, targets: dict[str, str]) -> Archive:
        return archive([Entry(target, program(self._debs, name, architecture, self._given)) for target, name in targets.items()])

    def _tree(self, package: str, architecture: str) -> Path:
        found = self._debs.package(package, architecture)
        if found is None:
            raise LookupError(f"Debian has no {package} for {architecture}")
        return self._debs.tree(found)
