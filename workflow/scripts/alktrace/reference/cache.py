"""Prepared files kept for all runs, keyed by what they are made from.

An entry is a folder named by a digest. A file of it appears whole: it is made under another name, its checksum is
written, and it is moved into place. Runs that need the same file at once wait for one another (an advisory lock that
ends with its process, so a killed run blocks nobody); where the disk knows no locks both make it, and the last one
wins.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .. import __version__
from ..runtime.errors import InputError
from ..runtime.files import written_whole
from ..runtime.provenance import file_digest

log = logging.getLogger(__name__)

_LIBRARY = Path(__file__).resolve().parents[1]
_UNFINISHED = "partial-"


def entry_key(sources: Mapping[str, str], *packages: str) -> str:
    """Name of an entry: digests of the files it is made from, the version, and the code of the library's `packages`."""
    code = hashlib.sha256()
    for path in sorted(p for package in packages for p in (_LIBRARY / package).rglob("*.py")):
        code.update(path.read_bytes())
    text = json.dumps([__version__, code.hexdigest(), dict(sources)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def cached(folder: Path, key: str, names: tuple[str, ...], make: Callable[[Path], None]) -> dict[str, Path]:
    """Files `names` of entry `key`, made by `make` (which writes them into the folder it is given) if need be.

    A file whose checksum is wrong is made again, with a warning. Raises InputError when the cache cannot be written.
    """
    entry = folder / key
    try:
        entry.mkdir(parents=True, exist_ok=True)
        with _alone(entry) as alone:
            if alone:
                for left in entry.glob(f"{_UNFINISHED}*"):
                    shutil.rmtree(left, ignore_errors=True)
            if not all(_is_whole(entry / name) for name in names):
                _fill(entry, names, make)
    except PermissionError as error:
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}); set reference.cache to another folder"
        ) from None
    return {name: entry / name for name in names}


def link(target: Path, path: Path) -> None:
    """Make `path` a symbolic link to a file of the cache."""
    with written_whole(path) as partial:
        partial.unlink()
        partial.symlink_to(target.resolve())


def _fill(entry: Path, names: tuple[str, ...], make: Callable[[Path], None]) -> None:
    made = Path(tempfile.mkdtemp(dir=entry, prefix=_UNFINISHED))
    try:
        make(made)
        for name in names:
            checksum = made / f"{name}.sha256"
            checksum.write_text(file_digest(made / name) + "\n", encoding="ascii")
            os.replace(checksum, _checksum(entry / name))
            os.replace(made / name, entry / name)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _alone(entry: Path) -> Iterator[bool]:
    """Hold the entry's lock; False where the disk has none."""
    with (entry / "lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            yield False
        else:
            yield True


def _checksum(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _is_whole(path: Path) -> bool:
    """Is the file there with its checksum?"""
    try:
        expected = _checksum(path).read_text(encoding="ascii").strip()
        found = file_digest(path)
    except OSError:
        return False
    if found != expected:
        log.warning("%s: is damaged and is made again", path)
    return found == expected
