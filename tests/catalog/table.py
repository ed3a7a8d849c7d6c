#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Builds a bundle for every pod network of the catalog, on every architecture, with three releases of Kubernetes, from
stand-ins of what their projects publish. Each is complete, or refused with the reason; the table of all is
docs/catalog/table.md, and must be what is found (--write writes it)."""
import argparse
import difflib
import functools
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lint import LINT, TREE
from stand_in import PLATFORMS, Images, NodeFiles, Registry, host_of, manifest, name_and_tag

RELEASES = ("v1.20.15", "v1.26.15", "v1.34.2")
COLUMNS = ("linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le", "linux/s390x")
TABLE = TREE / "docs" / "catalog" / "table.md"
KUBEFERRY = os.environ["KUBEFERRY"]
# Another than any network's default, so that it has to be written.
POD_CIDR = "10.99.0.0/16"
HEAD = """# Which pod network, where

Written by `tests/catalog/table.sh --write`, and compared with what it finds by every `ci/test`. For each cell a bundle with
Kubernetes of that release and the network as the catalog chooses it is built from local stand-ins: an image for each
reference, with the architectures that the catalog says, node files, and manifests in the shape of the projects' own. A version: the
bundle was built, verified, and holds every image and node file that the catalog lists for that platform. A number: it was
refused, with the reason below. Networks that are published as charts or templates have a second row, with a manifest that
was rendered before.
"""


def run(*arguments, cwd=None):
    return subprocess.run([KUBEFERRY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300)


class Failed(Exception):
    """A cell, or what all of them need, that is neither built nor refused with a reason."""


def answer(*arguments, cwd=None):
    done = run(*arguments, "--output", "json", cwd=cwd)
    if done.returncode != 0:
        raise Failed(f"{arguments}: {done.stderr}")
    return json.loads(done.stdout)


@functools.cache
def kubernetes_images(release: str, platform: str) -> list[dict]:
    return answer("images", "list", "--kubernetes", release, "--platform", platform)["images"]


class Row:
    """A network of the catalog with a release of Kubernetes: what the catalog knows of the two."""

    def __init__(self, network: dict, release: str, rendered: bool):
        self.network, self.release, self.rendered = network, release, rendered
        self.name = network["name"] + (", rendered" if rendered else "")
        done = run("images", "list", "--kubernetes", release, "--cni", network["name"], "--output", "json")
        self.chosen = json.loads(done.stdout)["cni"] if done.returncode == 0 else None

    def images(self) -> list[dict]:
        """What the catalog lists; of a digest that is fixed there is no stand-in."""
        return [{**image, "reference": image["reference"].partition("@")[0]} for image in self.chosen["images"]]

    def written(self) -> list[str]:
        """As the manifest names them: what an operator starts it does not; one project leaves out its tag."""
        started = len(self.bounds().get("runTimeImages", self.network.get("runTimeImages", [])))
        images = [image["reference"] for image in self.images()]
        images = images[:len(images) - started]
        return [image.rsplit(":", 1)[0] for image in images] if self.network["name"] == "kube-router" else images

    def bounds(self) -> dict:
        return next(one for one in self.network["releases"] if one["version"] == self.chosen["version"])


class Upstream:
    """All that is asked for, published."""

    def __init__(self, arguments):
        self._arguments, self._hosts = arguments, set()

    def publish(self, rows: list[Row], folder: Path) -> None:
        images = Images(Registry(self._arguments.registry, self._arguments.ca))
        files = []
        for release in RELEASES:
            (folder / "needs.yaml").write_text(self.spec(release, COLUMNS, "missing: skip"), encoding="utf-8")
            needs = answer("spec", "check", folder / "needs.yaml")
            files += needs["downloads"]
            for image in needs["images"]:
                images.want(image["reference"], image["platforms"])
        self._hosts |= {host_of(need["url"]) for need in files}
        for row in rows:
            if not row.chosen:
                continue
            for image in row.images():
                images.want(image["reference"], image["platforms"])
            for number, url in enumerate(row.chosen["manifests"]):
                # One of several files has the workloads; of one, that one.
                several = len(row.chosen["manifests"]) > 1
                named = [] if several and "operator.yaml" not in url else row.written()
                text = manifest(row.network, row.bounds().get("kubernetes", {}), url, named or row.written())
                files.append({"kind": "manifest", "url": url, "text": text, "name": row.name})
                self._hosts.add(host_of(url))
            if row.rendered:
                path = folder / f"{row.network['name']}-{row.release}.yaml"
                path.write_text(manifest(row.network, {}, "rendered", row.written()), encoding="utf-8")
        images.push()
        # Several releases of Kubernetes get the same of some.
        NodeFiles(self._arguments.downloads).publish(list({need["url"]: need for need in files}.values()))

    def spec(self, release: str, platforms, *more: str) -> str:
        registries = ("registry.k8s.io", "k8s.gcr.io", "quay.io", "docker.io", "ghcr.io", "gcr.io", "projects.registry.vmware.com")
        ca = f'ca: "{self._arguments.ca}"'
        upstreams = [f'  {host}: {{endpoint: "https://{self._arguments.registry}", {ca}}}' for host in registries]
        upstreams += [f'  {host}: {{endpoint: "{self._arguments.files}", pathPrefix: {host}, {ca}}}'
                      for host in sorted(self._hosts)]
        return "\n".join(["apiVersion: kubeferry/v1", "kind: Bundle", "name: cell", 'version: "1"', "kubeferry: none",
                          f"platforms: [{', '.join(platforms)}]", f"kubernetes: {release}", *more, "upstreams:", *upstreams, ""])


def reason(stderr: str) -> str:
    """The error's first line without what depends on the cell: further things that are missing."""
    line = stderr.splitlines()[0].removeprefix("kubeferry: ")
    return line.partition(" (and ")[0]


def cell(row: Row, platform: str, upstream: Upstream, work: Path) -> str:
    folder = work / f"{row.name.replace(', ', '-')}-{row.release}-{PLATFORMS[platform]['architecture']}"
    folder.mkdir()
    network = f"name: {row.network['name']}"
    if row.network["podCIDR"]["location"] not in ("unknown", "node"):
        network += f", podCIDR: {POD_CIDR}"
    if row.rendered and row.chosen:
        network += f", version: {row.chosen['version']}, manifest: ../{row.network['name']}-{row.release}.yaml"
    (folder / "cell.yaml").write_text(upstream.spec(row.release, [platform], f"cni: {{{network}}}"), encoding="utf-8")
    built = run("build", "cell.yaml", "--key", work / "cell.key", "--image-list", "catalog", "--quiet", cwd=folder)
    if built.returncode == 2:
        return reason(built.stderr)
    if built.returncode != 0:
        raise Failed(f"{folder.name}: exit status {built.returncode}: {built.stderr}")
    check(row, platform, folder, work / "cell.pub")
    for file in folder.iterdir():
        file.unlink()
    return "=" + row.chosen["version"]


def check(row: Row, platform: str, folder: Path, key: Path) -> None:
    """The bundle verifies, and has for that platform all that the catalog lists."""
    verified = run("verify", "cell-1.tar.zst", "--trust", key, "--deep", "--quiet", cwd=folder)
    if verified.returncode != 0:
        raise Failed(f"{folder.name}: {verified.stderr}")
    held = answer("inspect", "cell-1.tar.zst", "--trust", key, cwd=folder)["manifest"]
    here = {name_and_tag(image["reference"]) for image in held["images"]
            if any(part["platform"].startswith(platform) for part in image["manifests"])}
    listed = kubernetes_images(row.release, platform)
    wanted = {name_and_tag(image["reference"]) for image in
              [*listed, *(image for image in row.images() if platform in image["platforms"])]}
    needs = answer("spec", "check", "cell.yaml", cwd=folder)
    files = {need["name"] for need in needs["downloads"] if need["kind"] != "manifest"}
    carried = {file["component"] for file in held["files"]}
    if here != wanted or not files <= carried or not {"kubeadm", "kubelet", "kubectl", "cni-plugins"} <= carried:
        raise Failed(f"{folder.name}: is not complete: lacks {wanted - here or files - carried}, has {here - wanted} besides")


def render(found: dict[tuple[str, str, str], str], names: list[str]) -> str:
    text, notes = HEAD, []
    for release in RELEASES:
        text += f"\n## Kubernetes {release}\n\n| | {' | '.join(name.split('/')[1] for name in COLUMNS)} |\n|{'---|' * 6}\n"
        for name in names:
            cells = []
            for platform in COLUMNS:
                outcome = found[name, release, platform]
                if not outcome.startswith("="):
                    if outcome not in notes:
                        notes.append(outcome)
                    outcome = f" ({notes.index(outcome) + 1})"
                cells.append(outcome[1:])
            text += f"| {name} | {' | '.join(cells)} |\n"
    return text + "\n## Refused\n\n" + "".join(f"{number}. {note}\n" for number, note in enumerate(notes, 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", required=True, help="HOST:PORT")
    parser.add_argument("--files", required=True, help="URL of the download server")
    parser.add_argument("--downloads", required=True, type=Path, help="its folder")
    parser.add_argument("--ca", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    started = time.monotonic()
    networks = [LINT.yaml.load(file.read_text(encoding="utf-8"), LINT.Loader)
                for file in sorted((TREE / "manifests" / "cni").glob("*.yaml"))]
    rows = [Row(network, release, rendered) for network in networks for rendered in (False, True)
            if not rendered or "unpublished" in network for release in RELEASES]
    run("key", "generate", "cell", cwd=arguments.work)
    upstream = Upstream(arguments)
    upstream.publish(rows, arguments.work)
    published = time.monotonic()
    with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        waiting = {(row.name, row.release, platform): pool.submit(cell, row, platform, upstream, arguments.work)
                   for row in rows for platform in COLUMNS}
        failed = [str(error) for error in (future.exception() for future in waiting.values()) if error]
    if failed:
        print("\n".join(failed), file=sys.stderr)
        return 1
    found = {where: future.result() for where, future in waiting.items()}
    text = render(found, list(dict.fromkeys(row.name for row in rows)))
    print(text)
    built = sum(outcome.startswith("=") for outcome in found.values())
    print(f"{len(found)} cells: {built} built and complete, {len(found) - built} refused; upstream {published - started:.0f} s, "
          f"bundles {time.monotonic() - published:.0f} s")
    if arguments.write:
        TABLE.write_text(text, encoding="utf-8")
    differences = list(difflib.unified_diff(TABLE.read_text(encoding="utf-8").splitlines(), text.splitlines(),
                                            str(TABLE.relative_to(TREE)), "found", lineterm=""))
    print("\n".join(differences))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
