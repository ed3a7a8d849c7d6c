"""Image archives (of `docker save`, `ctr images export` or skopeo): which images one holds, and pushing them unchanged."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Where the tools write an image's full name; the last is often the tag alone.
NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


def images(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every archive in the folder with every full name in it."""
    for archive in sorted(folder.glob("*.tar")):
        with tarfile.open(archive) as tar:
            members = set(tar.getnames())
            if "index.json" in members:
                names = [_name(entry) for entry in json.load(tar.extractfile("index.json"))["manifests"]]
            elif "manifest.json" in members:
                names = [tag for image in json.load(tar.extractfile("manifest.json")) for tag in image["RepoTags"] or []]
            else:
                raise ValueError(f"{archive}: neither an OCI nor a Docker archive")
        for name in dict.fromkeys(names):
            yield archive, name


def _name(entry: dict) -> str:
    annotations = entry.get("annotations", {})
    for key in NAMES:
        if "/" in annotations.get(key, ""):
            return annotations[key]
    raise ValueError(f"{entry['digest']}: the archive does not say the image's full name")


def push(archive: Path, name: str, target: str, ca: Path) -> None:
    """Copies the image `name` with all platforms that the archive has to HOST:PORT/REPOSITORY:TAG."""
    with tempfile.TemporaryDirectory() as folder:
        certificates = Path(folder) / "ca"
        certificates.mkdir()
        shutil.copy(ca, certificates / "ca.crt")
        source = _layout(archive, name, Path(folder) / "layout") or f"docker-archive:{archive}:{name}"
        subprocess.run(["skopeo", "copy", "--quiet", "--all", "--preserve-digests", "--dest-cert-dir", str(certificates),
                        source, f"docker://{target}"] if source.startswith("oci:") else
                       ["skopeo", "copy", "--quiet", "--dest-cert-dir", str(certificates), source, f"docker://{target}"],
                       check=True)


def _layout(archive: Path, name: str, folder: Path) -> str | None:
    """An OCI archive unpacked, its index naming only `name`, as skopeo wants it; None for Docker's format."""
    with tarfile.open(archive) as tar:
        if "index.json" not in tar.getnames():
            return None
        tar.extractall(folder, filter="data")
    path = folder / "index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    entries = [entry for entry in index["manifests"] if _name(entry) == name]
    for entry in entries:
        entry["annotations"] = {NAMES[1]: "it"}
    path.write_text(json.dumps({**index, "manifests": entries[:1]}), encoding="utf-8")
    return f"oci:{folder}:it"
