"""Local stand-ins of what projects publish: small images of every architecture, node files, manifests of their shape."""
import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
sys.path.append(str(TREE / "tests" / "support" / "upstream"))
from documents import OCI, Platform, push_document, push_index  # noqa: E402
from downloads import ARCHIVES, Downloads  # noqa: E402
from registry import Registry, digest_of  # noqa: E402

PLATFORMS = {data["name"]: data for data in
             (json.loads(file.read_text(encoding="utf-8")) for file in (TREE / "platforms" / "data").glob("*.json"))}


def program(platform: str, name: str) -> bytes:
    """Looks like a program for that platform to whoever reads its beginning; does nothing."""
    elf = PLATFORMS[platform]["elf"]
    order = "little" if elf["data"] == 1 else "big"
    head = b"\x7fELF" + bytes([elf["class"], elf["data"], 1]) + bytes(9)
    head += (2).to_bytes(2, order) + elf["machine"].to_bytes(2, order) + (1).to_bytes(4, order)
    return head.ljust(64, b"\0") + f"{name} for {platform}\n".encode()


def archive(members: dict[str, bytes]) -> bytes:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as out:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            out.addfile(entry, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), mtime=0)


class NodeFiles(Downloads):
    """Node files and their checksums, tiny: what is carried is asked for here, not what it does."""

    def __init__(self, folder: Path):
        super().__init__(folder, None, None)

    def _write(self, need: dict, target: Path) -> None:
        if need["kind"] == "manifest":
            self._replace(target, need["text"].encode())
        elif need["kind"] == "binary":
            self._replace(target, program(need["platform"], need["name"]))
        else:
            names = [name for rule in need["members"] for name in
                     (ARCHIVES[need["name"]] if rule["from"].endswith("*") else [rule["from"]])]
            self._replace(target, archive({name: program(need["platform"], name) for name in names}))


def name_and_tag(reference: str) -> tuple[str, str]:
    """Of the registry that stands for all: the host is dropped, and what has no namespace is Docker's `library`."""
    name, _, _ = reference.partition("@")
    first, slash, rest = name.partition("/")
    host = bool(slash) and ("." in first or ":" in first)
    repository, _, tag = (rest if host else name).partition(":")
    if "/" not in repository and (not host or first == "docker.io"):
        repository = f"library/{repository}"
    return repository, tag or "latest"


class Images:
    """Pushes images that are all alike: one layer for each platform, which all of them share."""

    def __init__(self, registry: Registry):
        self._registry, self._wanted = registry, {}
        tars = {name: archive({"program": program(name, "program")}) for name in PLATFORMS}
        self._layers = {name: (tar, hashlib.sha256(gzip.decompress(tar)).hexdigest()) for name, tar in tars.items()}

    def want(self, reference: str, platforms: list[str]) -> None:
        """Two networks may run one image and not be published for the same platforms: it has all of them."""
        self._wanted.setdefault(name_and_tag(reference), set()).update(platforms)

    def push(self) -> None:
        def push(item):
            (repository, tag), platforms = item
            entries = [self._push_one(repository, f"{repository}:{tag}", platform) for platform in sorted(platforms)]
            push_index(self._registry, repository, OCI, tag, entries)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(push, self._wanted.items()))

    def _push_one(self, repository: str, title: str, platform: str):
        layer, diff_id = self._layers[platform]
        self._registry.push_blob(repository, digest_of(layer), layer)
        published = Platform("linux", PLATFORMS[platform]["architecture"], PLATFORMS[platform]["variant"] or None)
        config = json.dumps({**published.document(), "config": {"Entrypoint": ["/program"], "Labels": {"title": title}},
                             "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]}}).encode()
        self._registry.push_blob(repository, digest_of(config), config)
        document = {"schemaVersion": 2, "mediaType": OCI.manifest,
                    "config": {"mediaType": OCI.config, "size": len(config), "digest": digest_of(config)},
                    "layers": [{"mediaType": OCI.layer, "size": len(layer), "digest": digest_of(layer)}]}
        pushed = push_document(self._registry, repository, OCI.manifest, document, None)
        return type(pushed)(pushed.media_type, pushed.digest, pushed.size, published)


def manifest(network: dict, bounds: dict, url: str, images: list[str]) -> str:
    """What stands at `url`, in the shape of the network's own: workloads that name `images`, the place of its network,
    and an object of the API for which it needs, or stops at, some release of Kubernetes."""
    location = network["podCIDR"]["location"]
    cidr = network["podCIDR"]["default"]
    if "crd" in url.rsplit("/", 1)[-1]:
        return definition("Installation")
    if url.endswith("/custom-resources.yaml"):
        return (f"apiVersion: operator.tigera.io/v1\nkind: {location['resource']}\nmetadata: {{name: default}}\nspec:\n"
                f"  calicoNetwork:\n    ipPools:\n      - blockSize: 26\n        cidr: {cidr}\n")
    parts = [f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: kube-{network['name']}}}\n"]
    for reason in (bounds.get("minReason", ""), bounds.get("maxReason", "")):
        blamed = re.search(r"its (\w+?)s? (?:is|are) of ([a-z0-9./]+[0-9])", reason)
        if blamed:
            kind = blamed[1][0].upper() + blamed[1][1:]
            parts.append(f"apiVersion: {blamed[2]}\nkind: {kind}\nmetadata: {{name: {network['name']}}}\n")
    if location == "flannel-net-conf":
        parts.append("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: net-conf}\ndata:\n  net-conf.json: |\n    {\n"
                     f'      "Network": "{cidr}",\n      "Backend": {{"Type": "vxlan"}}\n    }}\n')
    elif isinstance(location, dict) and "configMap" in location:
        parts.append(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {location['configMap']}}}\n"
                     f"data:\n  {location['key']}: \"{cidr}\"\n")
    container = location["container"] if isinstance(location, dict) and "container" in location else "agent"
    names = [container, *(f"part-{number}" for number in range(1, len(images)))]
    text = (f"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {network['name']}, namespace: kube-system}}\n"
            "spec:\n  template:\n    spec:\n      containers:\n")
    for name, image in zip(names, images, strict=True):
        text += f"        - name: {name}\n          image: {image}\n          imagePullPolicy: Always\n"
        if name == container and isinstance(location, dict) and "env" in location:
            text += ("          env:\n            - {name: FIRST, value: \"1\"}\n"
                     f"            - name: {location['env']}\n              value: \"{cidr}\"\n")
    return "---\n".join([*parts, text])


def definition(kind: str) -> str:
    return (f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            f"metadata: {{name: {kind.lower()}s.operator.tigera.io}}\nspec:\n  group: operator.tigera.io\n"
            f"  names: {{kind: {kind}}}\n")


def host_of(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname
