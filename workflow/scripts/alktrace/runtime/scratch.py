"""Where large temporary files go."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

_HELD: set[Path] = set()  # folders of this process


@contextmanager
def scratch_folder(beside: Path, use: str) -> Iterator[Path]:
    """A new folder for temporary files of a rule, gone at the end: below $TMPDIR where one was given that is not the
    system's own, else beside the rule's file `beside`. `use` is a word of its name.

    Clusters give jobs a fast local disk by $TMPDIR. The system's /tmp is often small or held in memory, so it is not
    used: files as large as the reads go there. A killed run cannot remove its folder, so the next one that needs one of
    the same use there does: the folder's lock ends with its process. Where the disk knows no locks, such folders stay.
    """
    place, prefix = _place(beside), f"alktrace-{use}-"
    # A folder of this process is locked by it already: waiting for that lock would never end.
    with nullcontext(False) if place.resolve() in _HELD else _locked(place) as alone:
        if alone:
            _sweep(place, prefix)
        folder = Path(tempfile.mkdtemp(dir=place, prefix=prefix))
        held = os.open(folder, os.O_RDONLY)
        _lock(held)
    own = folder.resolve()
    _HELD.add(own)
    try:
        yield folder
    finally:
        _HELD.remove(own)
        os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


def _place(beside: Path) -> Path:
    given = os.environ.get("TMPDIR", "")
    if given and Path(given).resolve() != Path("/tmp") and os.access(given, os.W_OK | os.X_OK):
        return Path(given)
    beside.parent.mkdir(parents=True, exist_ok=True)
    return beside.parent


@contextmanager
def _locked(place: Path) -> Iterator[bool]:
    """Nobody else makes or sweeps folders at `place` meanwhile; False where that cannot be had."""
    handle = os.open(place, os.O_RDONLY)
    try:
        yield _lock(handle, wait=True)
    finally:
        os.close(handle)


def _lock(handle: int, wait: bool = False) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # held by another, or a disk without locks
        return False
    return True


def _sweep(place: Path, prefix: str) -> None:
    """Remove the folders whose process is gone."""
    for left in place.glob(f"{prefix}*"):
        try:
            handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
        except OSError:  # of another user, or no folder
            continue
        gone = _lock(handle)
        os.close(handle)
        if gone:
            shutil.rmtree(left, ignore_errors=True)
