#!/usr/bin/env python3
"""Makes a realistic upstream of what NEEDS.json lists: images in a registry, files in a folder to be served."""

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import archives
import debs
import recipes
import shapes
from documents import Platform, Pushed, config, push_attestation, push_image, push_index
from downloads import Downloads
from registry import Registry

THREADS = 4


@dataclass(frozen=True)
class Reference:
    repository: str
    tag: str

    @property
    def name(self) -> str:
        return self.repository.rsplit("/", 1)[-1]

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """The repository and tag; the host is dropped, as all hosts' images go into one registry."""
        if "@" in text:
            raise ValueError(f"{text}: an image made here cannot have a digest chosen elsewhere")
        first, slash, rest = text.partition("/")
        has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
        repository = rest if has_host else text
        repository, _, tag = repository.partition(":")
        if "/" not in repository and (not has_host or first == "docker.io"):
            repository = f"library/{repository}"
        return cls(repository, tag or "latest")


def push_platform(registry: Registry, kitchen: recipes.Kitchen, reference: Reference, platform: Platform) -> Pushed:
    stack = kitchen.stack(reference.name, platform.architecture)
    published = recipes.published_platform(reference.name, platform)
    image_config = config(published, stack, recipes.entrypoint(reference.name))
    return push_image(registry, reference.repository, recipes.dialect(reference.name), published, stack, image_config)


def oddities(registry: Registry, kitchen: recipes.Kitchen, reference: Reference, entries: list[Pushed]) -> list[Pushed]:
    """The index entries that real images have beside their Linux platforms."""
    if reference.name == "pause":
        return [shapes.push_windows(registry, kitchen, reference.repository, version) for version in shapes.WINDOWS]
    if reference.name == "flannel-cni-plugin":
        return [push_attestation(registry, reference.repository, entry) for entry in entries]
    return []


def push_images(registry: Registry, kitchen: recipes.Kitchen, needs: list[dict], made: set[Reference]) -> None:
    """Makes and pushes what the needs list, but for what is `made` already."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting = []
        for need in needs:
            reference = Reference.parse(need["reference"])
            if reference in made:
                continue
            platforms = [Platform.parse(text) for text in need["platforms"]]
            waiting.append((reference, [pool.submit(push_platform, registry, kitchen, reference, platform)
                                        for platform in platforms]))
        for reference, futures in waiting:
            entries = [future.result() for future in futures]
            entries += oddities(registry, kitchen, reference, entries)
            pushed = push_index(registry, reference.repository, recipes.dialect(reference.name), reference.tag, entries)
            print(f"{reference.repository}:{reference.tag} {pushed.digest}")


def push_archives(arguments: argparse.Namespace) -> set[Reference]:
    """Pushes the image archives beside the programs as they are; returns what they are called."""
    pushed = set()
    for archive, name in archives.images(arguments.programs / "images") if arguments.programs else []:
        reference = Reference.parse(name)
        archives.push(archive, name, f"{arguments.registry}/{reference.repository}:{reference.tag}", arguments.ca)
        print(f"{reference.repository}:{reference.tag} as it is in {archive.name}")
        pushed.add(reference)
    return pushed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--needs", type=Path, help="JSON file with images and downloads: see README.md")
    parser.add_argument("--registry", required=True, help="HOST:PORT or https://HOST:PORT")
    parser.add_argument("--ca", required=True, type=Path, help="PEM file of the registry's CA")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--downloads", type=Path, help="folder to lay the downloads out in")
    parser.add_argument("--kubeadm", type=Path, help="the linux/amd64 kubeadm to publish (see kubeadm.sh)")
    parser.add_argument("--programs", type=Path, metavar="DIR",
                        help="make linux/amd64 of these real programs (see ../cluster/programs.sh)")
    parser.add_argument("--shapes", type=Path, metavar="FILE", help="push the awkward images too, list them in FILE")
    arguments = parser.parse_args()

    started = time.monotonic()
    needs = json.loads(arguments.needs.read_text(encoding="utf-8")) if arguments.needs else {}
    packages = debs.ensure()
    registry = Registry(arguments.registry, arguments.ca, arguments.user, arguments.password)
    kitchen = recipes.Kitchen(packages, arguments.programs)
    push_images(registry, kitchen, needs.get("images", []), push_archives(arguments))
    if arguments.shapes:
        shapes.push_all(registry, kitchen, arguments.shapes)
    if needs.get("downloads"):
        if not arguments.downloads:
            parser.error("the needs list downloads: --downloads DIR says where to put them")
        size = Downloads(arguments.downloads, packages, arguments.kubeadm, arguments.programs).publish(needs["downloads"])
        print(f"{len(needs['downloads'])} downloads, {size / 1e6:.0f} MB")
    print(f"seeded in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyError as error:
        sys.exit(f"seed: an entry of the needs lacks {error}")
    except (LookupError, OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"seed: {error}")
