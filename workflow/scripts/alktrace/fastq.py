"""FASTQ input: one stream a mate, large reused buffers of whole, scanned records.

Reads gzip (many members, bgzip too), or plain text; lines may end in CR LF. Memory does not grow with the input.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TypeAlias

import numpy as np

from . import layout
from .errors import InputError
from .streams import Damaged, Read, fill, open_stream
from .target_table import TargetTable

BUFFER_SIZE = 1 << 20  # bytes of FASTQ text a buffer; a record must fit in
_PAD = 64  # compiled code may read so far past the end
RECORDS = BUFFER_SIZE // 64  # records a buffer at most; what is left waits for the next one
_POOL = 4  # buffers a mate

_PROBLEMS = {
    layout.NO_AT: "does not start with '@'",
    layout.CUT: "is cut short",
    layout.NO_PLUS: "has no '+' line behind its sequence line",
    layout.UNEQUAL: "has a sequence and a quality line of different length",
    layout.NO_BASES: "has characters in its sequence that are no bases",
    layout.TOO_LONG: f"is longer than {layout.MAX_READ} bases (short reads only)",
    layout.NO_NAME: "has no name",
}


class Batch:
    """A buffer and what the scan found in it (arrays as in `scan.scan`), with their addresses for the kernels."""

    def __init__(self) -> None:
        self.buffer = np.zeros(BUFFER_SIZE + _PAD, dtype=np.uint8)
        self.starts = np.zeros(RECORDS + 1, dtype=np.uint32)
        self.flags = np.zeros(RECORDS, dtype=np.uint16)
        self.ends = np.zeros(2 * RECORDS, dtype=np.uint32)
        self.view = self.buffer.data
        self.addresses = tuple(a.ctypes.data for a in (self.buffer, self.starts, self.flags, self.ends))
        self.records = 0

    def name(self, record: int) -> str:
        """Header of a record, for messages: printable, at most 80 characters."""
        start = int(self.starts[record])
        return printable(self.buffer[start + 1 : start + 200].tobytes())


Pool: TypeAlias = "queue.SimpleQueue[Batch | None]"


def printable(line: bytes) -> str:
    """First line of a hostile text in printable characters, cut to 80."""
    text = line.split(b"\n")[0].decode("ascii", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)[:80]


@dataclass
class Scanner:
    """The scan kernel bound to one mate's counters."""

    kernel: Callable[..., int]
    table: TargetTable

    def __post_init__(self) -> None:
        self.state = np.zeros(layout.STATE_SIZE, dtype=np.int64)
        self.lengths = np.zeros(layout.MAX_READ + 1, dtype=np.int64)
        table = self.table
        self._targets = (
            table.bitmap.ctypes.data,
            32 - (64 * len(table.bitmap)).bit_length() + 1,
            table.keys.ctypes.data,
            table.values.ctypes.data,
            32 - len(table.keys).bit_length() + 1,
        )
        self._counters = (self.state.ctypes.data, self.lengths.ctypes.data)

    def scan(self, batch: Batch, end: int, final: bool) -> int:
        """Scan the whole records of the first `end` bytes; returns the bytes they take."""
        buffer, *outputs = batch.addresses
        batch.records = self.kernel(buffer, end, final, *self._targets, *outputs, RECORDS, *self._counters)
        return int(self.state[layout.CONSUMED])

    def problem(self, path: Path, batch: Batch) -> InputError | None:
        """The malformed record that stopped the scan, if any."""
        code = int(self.state[layout.ERROR])
        if not code:
            return None
        at = int(self.state[layout.ERROR_AT])
        name = printable(batch.buffer[at : at + 200].tobytes())
        number = int(self.state[layout.RECORDS]) + 1
        return InputError(f"{path}: record {number} ({name}) {_PROBLEMS[code]}; fetch or repair the file")


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
    with file:
        batch, rest, final = pool.get(), 0, False
        while batch is not None and not final:
            end = rest + _fill(path, read, batch.view[rest:BUFFER_SIZE])
            final = end < BUFFER_SIZE
            if final and end and batch.buffer[end - 1] != ord("\n"):
                batch.buffer[end] = ord("\n")
                end += 1
            used = scanner.scan(batch, end, final)
            problem = scanner.problem(path, batch)
            if problem is None and used < end and not batch.records:
                problem = InputError(
                    f"{path}: record {int(scanner.state[layout.RECORDS]) + 1} is longer than a short read"
                )
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
