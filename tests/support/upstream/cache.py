"""The cache folder of the test upstream: where it is, locks, and files that appear only when complete."""

import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
from pathlib import Path


@functools.cache
def cache_root() -> Path:
    """The folder all of kubeferry's test caches live in, created when missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(os.environ.get("KUBEFERRY_CACHE") or Path(base) / "kubeferry").resolve()
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextlib.contextmanager
def locked(name: str):
    """Holds the cache's lock `name`; a killed holder releases it."""
    with open(cache_root() / f".{name}.lock", "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def complete_file(target: Path):
    """A writable binary file that becomes `target` only when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            yield handle
        temporary.chmod(0o644)
        temporary.rename(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def complete_folder(target: Path):
    """An empty folder that becomes `target` only when the block ends without an error."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
