"""Large files read into reused buffers: gzip (many members, bgzip too) or plain, by content."""

from __future__ import annotations

from collections.abc import Callable
from io import BufferedReader, FileIO
from pathlib import Path

from isal import igzip, isal_zlib

Read = Callable[[memoryview], int]
_MAGIC = b"\x1f\x8b"


class Damaged(Exception):
    """The file cannot be read to its end; the text says why."""


def open_stream(path: Path) -> tuple[BufferedReader[FileIO], Read, bool]:
    """The open file, the function that fills a buffer with its (decompressed) content, and whether it holds gzip."""
    file = BufferedReader(FileIO(path), 1 << 12)  # larger requests bypass it; it is there for `peek`
    if file.peek(2)[:2] == _MAGIC:
        return file, igzip.IGzipFile(fileobj=file, mode="rb").readinto, True
    return file, file.readinto, False


def fill(read: Read, view: memoryview) -> int:
    """Fill `view` as far as the file goes; returns the bytes read. Raises Damaged."""
    total = 0
    try:
        while total < len(view):
            size = read(view[total:])
            if not size:
                break
            total += size
    except EOFError:
        raise Damaged("gzip file is cut short") from None
    except (OSError, isal_zlib.IsalError) as error:  # type: ignore[misc]
        raise Damaged(f"damaged gzip file, {error}") from None
    return total
