"""Images' JSON documents (configs, manifests, indexes) in Docker's and OCI's dialects, pushed as they are made."""

import json
from dataclasses import dataclass, field

from layers import Archive
from registry import Registry, digest_of

CREATED = "2021-01-13T13:28:09Z"


@dataclass(frozen=True)
class Dialect:
    index: str
    manifest: str
    config: str
    layer: str
    indent: int  # as the tools that make them write them


DOCKER = Dialect("application/vnd.docker.distribution.manifest.list.v2+json",
                 "application/vnd.docker.distribution.manifest.v2+json",
                 "application/vnd.docker.container.image.v1+json",
                 "application/vnd.docker.image.rootfs.diff.tar.gzip", 3)
OCI = Dialect("application/vnd.oci.image.index.v1+json",
              "application/vnd.oci.image.manifest.v1+json",
              "application/vnd.oci.image.config.v1+json",
              "application/vnd.oci.image.layer.v1.tar+gzip", 2)


@dataclass(frozen=True)
class Platform:
    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Platform":
        pieces = text.split("/")
        if len(pieces) not in (2, 3) or not all(pieces):
            raise ValueError(f"'{text}' is not a platform like linux/arm64 or linux/arm/v7")
        return cls(*pieces)

    def document(self) -> dict:
        written = {"architecture": self.architecture, "os": self.os,
                   "os.version": self.os_version, "variant": self.variant}
        return {name: value for name, value in written.items() if value}

    def __str__(self) -> str:
        return "/".join(filter(None, [self.os, self.architecture, self.variant]))


@dataclass(frozen=True)
class Pushed:
    """A manifest or index the registry has, with what an index says about it."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: dict = field(default_factory=dict)

    def descriptor(self) -> dict:
        written = {"mediaType": self.media_type, "size": self.size, "digest": self.digest}
        if self.platform:
            written["platform"] = self.platform.document()
        if self.annotations:
            written["annotations"] = self.annotations
        return written


def config(platform: Platform, stack: list[Archive], entrypoint: list[str]) -> dict:
    written = {"created": CREATED, **platform.document(),
               "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                          "Entrypoint": entrypoint, "WorkingDir": "/"},
               "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in stack]},
               "history": [{"created": CREATED, "created_by": "COPY"} for _ in stack]
                          + [{"created": CREATED, "created_by": "ENTRYPOINT", "empty_layer": True}]}
    return written


def push_document(registry: Registry, repository: str, media_type: str, document: dict, indent: int | None,
                  tag: str | None = None) -> Pushed:
    body = json.dumps(document, indent=indent).encode()
    return Pushed(media_type, registry.push_manifest(repository, tag, media_type, body), len(body))


def push_image(registry: Registry, repository: str, dialect: Dialect, platform: Platform, stack: list[Archive],
               image_config: dict, tag: str | None = None) -> Pushed:
    """Pushes the layers, config and manifest of one platform."""
    for layer in stack:
        registry.push_blob(repository, layer.digest, layer.path)
    body = json.dumps(image_config).encode()
    registry.push_blob(repository, digest_of(body), body)
    document = {"schemaVersion": 2, "mediaType": dialect.manifest,
                "config": {"mediaType": dialect.config, "size": len(body), "digest": digest_of(body)},
                "layers": [{"mediaType": dialect.layer, "size": layer.size, "digest": layer.digest} for layer in stack]}
    pushed = push_document(registry, repository, dialect.manifest, document, dialect.indent, tag)
    return Pushed(pushed.media_type, pushed.digest, pushed.size, platform)


def push_index(registry: Registry, repository: str, dialect: Dialect, tag: str, entries: list[Pushed]) -> Pushed:
    document = {"schemaVersion": 2, "mediaType": dialect.index,
                "manifests": [entry.descriptor() for entry in entries]}
    return push_document(registry, repository, dialect.index, document, dialect.indent, tag)


def push_attestation(registry: Registry, repository: str, subject: Pushed) -> Pushed:
    """A provenance entry as build tools add them: an image manifest for platform unknown/unknown."""
    predicate_type = "https://slsa.dev/provenance/v0.2"
    statement = json.dumps({"_type": "https://in-toto.io/Statement/v0.1", "predicateType": predicate_type,
                            "subject": [{"name": repository, "digest": {"sha256": subject.digest.split(":")[1]}}],
                            "predicate": {"builder": {"id": ""}, "buildType": "test"}}).encode()
    empty = json.dumps({"architecture": "unknown", "os": "unknown", "config": {},
                        "rootfs": {"type": "layers", "diff_ids": [digest_of(statement)]}}).encode()
    for body in (statement, empty):
        registry.push_blob(repository, digest_of(body), body)
    document = {"schemaVersion": 2, "mediaType": OCI.manifest,
                "config": {"mediaType": OCI.config, "size": len(empty), "digest": digest_of(empty)},
                "layers": [{"mediaType": "application/vnd.in-toto+json", "size": len(statement),
                            "digest": digest_of(statement),
                            "annotations": {"in-toto.io/predicate-type": predicate_type}}]}
    pushed = push_document(registry, repository, OCI.manifest, document, OCI.indent)
    return Pushed(pushed.media_type, pushed.digest, pushed.size, Platform("unknown", "unknown"),
                  {"vnd.docker.reference.digest": subject.digest, "vnd.docker.reference.type": "attestation-manifest"})
