#!/usr/bin/env python3
"""Pushes a fixed set of awkward images, shapes/<name>:v1, and writes what they are to a JSON file."""

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import debs
import recipes
from documents import (DOCKER, OCI, Dialect, Platform, Pushed, config, push_attestation, push_document, push_image,
                       push_index)
from layers import Archive
from recipes import Kitchen
from registry import Registry, digest_of

WINDOWS = ("10.0.17763.2114", "10.0.20348.169")
TAG = "v1"
FIVE = [Platform("linux", "amd64"), Platform("linux", "arm", "v7"), Platform("linux", "arm64"),
        Platform("linux", "ppc64le"), Platform("linux", "s390x")]
EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


def push_windows(registry: Registry, kitchen: Kitchen, repository: str, version: str) -> Pushed:
    platform = Platform("windows", "amd64", os_version=version)
    stack = [kitchen.small(f"windows {version}\n")]
    return push_image(registry, repository, DOCKER, platform, stack, config(platform, stack, ["pause.exe"]))


class Shapes:
    """Pushes shapes and remembers what each is."""

    def __init__(self, registry: Registry, kitchen: Kitchen):
        self._registry, self._kitchen = registry, kitchen
        self.pushed: dict[str, dict] = {}

    def image(self, repository: str, dialect: Dialect, platform: Platform, stack: list[Archive] | None = None,
              claimed: str | None = None, tag: str | None = None) -> Pushed:
        """One platform; its config claims to be for `claimed` when that is given."""
        stack = stack or [self._kitchen.base(platform.architecture), self._kitchen.small(f"{repository} {platform}\n")]
        image_config = config(platform, stack, ["/bin/true"])
        image_config["architecture"] = claimed or platform.architecture
        return push_image(self._registry, repository, dialect, platform, stack, image_config, tag)

    def index(self, name: str, dialect: Dialect, entries: list[Pushed], repository: str | None = None) -> Pushed:
        pushed = push_index(self._registry, repository or f"shapes/{name}", dialect, TAG, entries)
        self.note(name, pushed, [entry.platform for entry in entries], repository)
        return pushed

    def note(self, name: str, pushed: Pushed, platforms: list[Platform], repository: str | None = None,
             tag: str | None = TAG) -> None:
        self.pushed[name] = {"repository": repository or f"shapes/{name}", "tag": tag, "digest": pushed.digest,
                             "mediaType": pushed.media_type, "size": pushed.size,
                             "platforms": [str(platform) for platform in platforms]}

    def five(self, name: str, dialect: Dialect, platforms: list[Platform], repository: str | None = None) -> Pushed:
        repository = repository or f"shapes/{name}"
        return self.index(name, dialect, [self.image(repository, dialect, platform) for platform in platforms],
                          repository)

    def indexes(self) -> None:
        self.five("docker-list", DOCKER, FIVE)
        self.five("oci-index", OCI, FIVE)
        self.five("arm-without-variant", DOCKER, [FIVE[0], Platform("linux", "arm"), *FIVE[2:]])
        self.five("arm64-v8", OCI, [*FIVE[:2], Platform("linux", "arm64", "v8"), *FIVE[3:]])
        self.five("without-arm", OCI, [FIVE[0], *FIVE[2:]])
        name = "windows"
        windows = [push_windows(self._registry, self._kitchen, f"shapes/{name}", version) for version in WINDOWS]
        self.index(name, DOCKER, [self.image(f"shapes/{name}", DOCKER, platform) for platform in FIVE] + windows)
        name = "attestations"
        entries = [self.image(f"shapes/{name}", OCI, platform) for platform in FIVE]
        entries += [push_attestation(self._registry, f"shapes/{name}", entry) for entry in entries]
        self.index(name, OCI, entries)
        name = "lying-config"
        self.index(name, DOCKER, [self.image(f"shapes/{name}", DOCKER, platform, claimed="amd64") for platform in FIVE])

    def layers(self) -> None:
        for name, last in (("shared-one", "one\n"), ("shared-two", "two\n")):
            entries = []
            for platform in FIVE:
                stack = [self._kitchen.base(platform.architecture), self._kitchen.small(f"both {platform}\n"),
                         self._kitchen.small(last)]
                entries.append(self.image(f"shapes/{name}", OCI, platform, stack))
            self.index(name, OCI, entries)
        name = "many-layers"
        stack = [self._kitchen.small(f"layer {number}\n") for number in range(200)]
        self.index(name, OCI, [self.image(f"shapes/{name}", OCI, FIVE[0], stack)])

    def names(self) -> None:
        for name in ("with.dots", "with-dash--es", "under__scores", "four/path/components"):
            repository = f"shapes/{name}"
            self.five(name, DOCKER, FIVE[:2], repository)

    def single(self) -> None:
        """Without an index: by tag, and by digest only."""
        pushed = self.image("shapes/plain-manifest", DOCKER, FIVE[0], tag=TAG)
        self.note("plain-manifest", pushed, FIVE[:1])
        pushed = self.image("shapes/digest-only", OCI, FIVE[0])
        self.note("digest-only", pushed, FIVE[:1], tag=None)

    def artifact(self) -> None:
        """An artifact that refers to the image shapes/oci-index."""
        repository, subject = "shapes/oci-index", self.pushed["oci-index"]
        body = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}).encode()
        for blob in (body, EMPTY):
            self._registry.push_blob(repository, digest_of(blob), blob)
        document = {"schemaVersion": 2, "mediaType": OCI.manifest, "artifactType": "application/vnd.cyclonedx+json",
                    "config": {"mediaType": EMPTY_TYPE, "size": len(EMPTY), "digest": digest_of(EMPTY)},
                    "layers": [{"mediaType": "application/vnd.cyclonedx+json", "size": len(body),
                                "digest": digest_of(body)}],
                    "subject": {key: subject[key] for key in ("mediaType", "size", "digest")}}
        # The tag is the fallback that the distribution specification gives for registries without a referrers API.
        pushed = push_document(self._registry, repository, OCI.manifest, document, OCI.indent)
        entry = dataclasses.replace(pushed, annotations={})
        push_index(self._registry, repository, OCI, subject["digest"].replace(":", "-"), [entry])
        self.note("artifact", pushed, [], repository, tag=None)


def push_all(registry: Registry, kitchen: Kitchen, output: Path) -> None:
    made = Shapes(registry, kitchen)
    for push in (made.indexes, made.layers, made.names, made.single, made.artifact):
        push()
    output.write_text(json.dumps(made.pushed, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", required=True, help="HOST:PORT or https://HOST:PORT")
    parser.add_argument("--ca", required=True, type=Path, help="PEM file of the registry's CA")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--output", required=True, type=Path, help="where to write the map of what was pushed")
    arguments = parser.parse_args()
    registry = Registry(arguments.registry, arguments.ca, arguments.user, arguments.password)
    push_all(registry, recipes.Kitchen(debs.ensure()), arguments.output)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LookupError, OSError, RuntimeError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"shapes: {error}")
