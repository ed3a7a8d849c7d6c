"""Deterministic gzipped tar files, of image layers and release archives, made once and kept in the cache."""

import functools
import hashlib
import io
import json
import stat
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import cache

FORMAT = 1  # raise when the same entries would give other bytes


@dataclass(frozen=True)
class Entry:
    """One member: the concatenation of `parts` (files and bytes), or a symbolic link."""

    target: str
    parts: tuple[Path | bytes, ...] = ()
    mode: int = 0o755
    link: str | None = None


@dataclass(frozen=True)
class Archive:
    path: Path
    size: int
    digest: str
    diff_id: str  # the digest of the tar inside


def identity(part: Path | bytes) -> str:
    """A short name for a part's content: a path in the cache names its package's version."""
    if isinstance(part, Path):
        if part.is_relative_to(cache.cache_root()):
            return str(part.relative_to(cache.cache_root()))
        part = part.read_bytes()
    return hashlib.sha256(part).hexdigest()


def content(parts: tuple[Path | bytes, ...]) -> bytes:
    return b"".join(part.read_bytes() if isinstance(part, Path) else part for part in parts)


@functools.cache
def tree_entries(tree: Path, *folders: str) -> tuple[Entry, ...]:
    """Every file and link below the named folders of an unpacked package, under the same names."""
    entries = []
    for folder in folders:
        for path in sorted((tree / folder).rglob("*")):
            target = str(path.relative_to(tree))
            if path.is_symlink():
                entries.append(Entry(target, link=str(path.readlink())))
            elif path.is_file():
                entries.append(Entry(target, (path,), stat.S_IMODE(path.stat().st_mode)))
    return tuple(entries)


class _HashingGzip:
    """Writes gzip to a file and knows the digests of both sides."""

    def __init__(self, sink):
        self._sink = sink
        self._packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # a gzip header without name and time
        self.inside, self.outside, self.size = hashlib.sha256(), hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.inside.update(data)
        self._emit(self._packer.compress(data))
        return len(data)

    def finish(self) -> None:
        self._emit(self._packer.flush())

    def _emit(self, data: bytes) -> None:
        self._sink.write(data)
        self.outside.update(data)
        self.size += len(data)


def _header(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode = 0o755
    return info


def _write_tar(entries: list[Entry], sink: _HashingGzip) -> None:
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=1 << 20, copybufsize=1 << 20) as tar:
        folders = set()
        for entry in entries:
            pieces = entry.target.split("/")
            for depth in range(1, len(pieces)):
                folder = "/".join(pieces[:depth])
                if folder not in folders:
                    folders.add(folder)
                    info = _header(folder)
                    info.type = tarfile.DIRTYPE
                    tar.addfile(info)
            info = _header(entry.target)
            info.mode = entry.mode
            if entry.link is not None:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
                tar.addfile(info)
            else:
                data = content(entry.parts)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def archive(entries: list[Entry]) -> Archive:
    """The gzipped tar of `entries`, from the cache when it was made before."""
    recipe = [FORMAT, zlib.ZLIB_RUNTIME_VERSION,
              [[entry.target, entry.mode, entry.link, [identity(part) for part in entry.parts]] for entry in entries]]
    key = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()
    folder = cache.cache_root() / "layers"
    path, note = folder / f"{key}.tar.gz", folder / f"{key}.json"
    if not (path.exists() and note.exists()):
        with cache.complete_file(path) as handle:
            sink = _HashingGzip(handle)
            _write_tar(entries, sink)
            sink.finish()
        with cache.complete_file(note) as handle:
            handle.write(json.dumps({"size": sink.size, "digest": f"sha256:{sink.outside.hexdigest()}",
                                     "diff_id": f"sha256:{sink.inside.hexdigest()}"}).encode())
    return Archive(path, **json.loads(note.read_text(encoding="utf-8")))
