"""FASTQ input: one stream a mate, large reused buffers of whole, scanned records.

Reads gzip (many members, bgzip too), or plain text; lines may end in CR LF. Memory does not grow with the input.
"""

from __future__ import annotations

import ctypes
import queue
import threading
from collections.abc import Callable, Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TypeAlias

from ..runtime.errors import InputError
from ..runtime.streams import Damaged, Read, fill, open_stream
from .kernels import layout
from .target_file import TargetFile

BUFFER_SIZE = 1 << 20  # bytes of FASTQ text a buffer; a record must fit in
_PAD = 64  # compiled code may read so far past the end
RECORDS = BUFFER_SIZE // 64  # records a buffer at most; what is left waits for the next one
# 64 bases take 16 bytes, begun ones too; a record has at least twice its bases
_PACKED_SIZE = BUFFER_SIZE // 8 + 16 * RECORDS + _PAD
_POOL = 4  # buffers a mate
_PROBLEMS = {
    layout.NO_AT: "does not start with '@'",
    layout.CUT: "is cut short",
    layout.NO_PLUS: "has no '+' line behind its sequence line",
    layout.UNEQUAL: "has a sequence and a quality line of different length",
    layout.NO_BASES: "has characters in its sequence that are no bases",
    layout.TOO_LONG: f"is longer than {layout.MAX_READ} bases (short reads only)",
    layout.NO_NAME: "has no name",
    layout.NO_QUALITIES: "has blanks or control characters in its quality line",
}


class Batch:
    """A buffer and what the scan found in it (arrays as in `scan.scan`), with their addresses for the kernels."""

    def __init__(self) -> None:
        self.buffer = (ctypes.c_uint8 * (BUFFER_SIZE + _PAD))()
        self.view = memoryview(self.buffer).cast("B")
        self.starts = (ctypes.c_uint32 * (RECORDS + 1))()
        self.flags = (ctypes.c_uint16 * RECORDS)()
        self.ends = (ctypes.c_uint32 * (2 * RECORDS))()
        self.names = (ctypes.c_uint32 * RECORDS)()
        arrays = (self.buffer, self.starts, self.flags, self.ends, self.names)
        self.addresses = tuple(ctypes.addressof(array) for array in arrays)
        self.records = 0

    def line(self, start: int) -> str:
        """The line at a byte of the buffer, for messages: hostile text made printable and cut to 80 characters."""
        text = bytes(self.view[start : start + 200]).split(b"\n")[0].decode("ascii", "replace")
        return "".join(c if c.isprintable() else "?" for c in text)[:80]


Pool: TypeAlias = "queue.SimpleQueue[Batch | None]"


class Scanner:
    """The scan kernel bound to one mate's counters."""

    def __init__(self, kernel: Callable[..., int], table: TargetFile, mate: int):
        self._kernel = kernel
        self.read = 0  # bytes of the file under way, as it lies on disk
        self.earlier = 0  # records of the files before it
        self.state = (ctypes.c_int64 * layout.STATE_SIZE)()
        self.state[layout.MATE] = ord("1") + mate
        self.lengths = (ctypes.c_int64 * (layout.MAX_READ + 1))()
        self._room = (ctypes.c_uint8 * _PACKED_SIZE)(), (ctypes.c_uint32 * RECORDS)(), (ctypes.c_uint16 * RECORDS)()
        self._counters = tuple(ctypes.addressof(counter) for counter in (*self._room, self.state, self.lengths))
        filter_ = table.address["filter"], table.shift("filter")
        self._targets = (*filter_, table.address["keys"], table.address["values"], table.shift("keys"))

    def scan(self, batch: Batch, end: int, final: bool) -> int:
        """Scan the whole records of the first `end` bytes; returns the bytes they take."""
        buffer, *outputs = batch.addresses
        batch.records = self._kernel(buffer, end, final, *self._targets, *outputs, RECORDS, *self._counters)
        return self.state[layout.CONSUMED]

    def number(self) -> int:
        """Number of the record in its file that the scan has come to, from 1."""
        return self.state[layout.RECORDS] - self.earlier + 1

    def problem(self, path: Path, batch: Batch) -> InputError | None:
        """The malformed record that stopped the scan, if any."""
        code = self.state[layout.ERROR]
        if not code:
            return None
        at = self.state[layout.ERROR_AT]
        where = f"{path}: record {self.number()} ({batch.line(at)})"
        return InputError(f"{where} {_PROBLEMS[code]}; fetch or repair the file")


def _open(path: Path) -> tuple[BufferedReader[FileIO], Read]:
    try:
        file, read, packed = open_stream(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path in the sample sheet") from None
    if path.suffix == ".gz" and not packed and file.peek(1):
        file.close()
        raise InputError(f"{path}: is not gzip although its name ends in .gz; fetch it again or rename it")
    return file, read


def _fill(path: Path, read: Read, view: memoryview) -> int:
    try:
        return fill(read, view)
    except Damaged as error:
        raise InputError(f"{path}: {error}; fetch it again") from None


def scan_file(path: Path, scanner: Scanner, pool: Pool) -> Iterator[Batch]:
    """Batches of scanned records in file order, taken from `pool`; the consumer puts them back. None in the pool: stop.

    Raises InputError at the first malformed record, after the batch of those before it.
    """
    file, read = _open(path)
    scanner.earlier, scanner.read = scanner.state[layout.RECORDS], 0
    with file:
        batch, rest, final = pool.get(), 0, False
        while batch is not None and not final:
            end = rest + _fill(path, read, batch.view[rest:BUFFER_SIZE])
            final = end < BUFFER_SIZE
            if final and end and batch.buffer[end - 1] != ord("\n"):
                batch.buffer[end] = ord("\n")
                end += 1
            scanner.read = file.tell() if file.seekable() else 0  # a pipe has no place
            used = scanner.scan(batch, end, final)
            problem = scanner.problem(path, batch)
            if problem is None and used < end and not batch.records:
                problem = InputError(f"{path}: record {scanner.number()} is longer than a short read")
            scanned, rest, final = batch, end - used, final and used == end
            if scanned.records:
                batch = pool.get()
                if batch is not None:
                    batch.view[:rest] = scanned.view[used:end]
                yield scanned
            if problem:
                raise problem


def prefetch(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Run an iterator in a thread of its own; what it raises is raised here, in order."""
    done = object()
    handed: queue.SimpleQueue[object] = queue.SimpleQueue()

    def work() -> None:
        try:
            for batch in batches:
                handed.put(batch)
            handed.put(done)
        except BaseException as error:  # handed on to the consumer
            handed.put(error)

    threading.Thread(target=work, daemon=True).start()
    while (item := handed.get()) is not done:
        if isinstance(item, BaseException):
            raise item
        yield item  # type: ignore[misc]


def new_pool() -> Pool:
    """Buffers of one mate."""
    pool: Pool = queue.SimpleQueue()
    for _ in range(_POOL):
        pool.put(Batch())
    return pool
