"""Words (16-mers, both strands) of the reads to be searched, and the words of the targets that tell whose they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..genome.twobit import TwoBit
from ..runtime.errors import InputError
from ..runtime.jit import load_kernels
from ..runtime.streams import Damaged, fill, open_stream
from .kernels import layout

Interval = tuple[str, int, int]  # contig, start, end: 0-based half-open
Kernels = dict[str, Callable[..., int]]

_ROOM = "alktrace.align.kernels"
_MODULES = {
    "index_reads": "words", "move_words": "words", "index_targets": "words",
    "fill_bitmap": "stream", "stream": "stream", "extend": "stream", "chain": "chains", "choose": "chains",
}  # fmt: skip
_TEXT = 1 << 22  # bytes of FASTQ held at a time
_LETTERS = b"TCAG"


def load_search_kernels() -> Kernels:
    """The compiled functions by name; the first call on a machine compiles them."""
    return load_kernels({name: f"{_ROOM}.{module}" for name, module in _MODULES.items()})


def address(array: NDArray[Any]) -> int:
    """Where an array lies, for a kernel. The caller keeps the array."""
    return int(array.ctypes.data)


def addresses(*arrays: NDArray[Any]) -> list[int]:
    """Where several lie."""
    return [address(array) for array in arrays]


def shift_of(size: int) -> int:
    """What a hash of 64 bits is shifted by to address a table whose size is a power of two."""
    return 65 - size.bit_length()


def power_of_two(least: int) -> int:
    """The smallest power of two that is not below `least`."""
    return 1 << max(least - 1, 1).bit_length()


class TargetWords:
    """Exact words of the targets' loci."""

    def __init__(self, kernels: Kernels, genome: TwoBit, targets: Iterable[Interval]):
        targets = list(targets)
        self.keys = np.zeros(power_of_two(4 * sum(end - start for _, start, end in targets) + 64), dtype=np.uint32)
        self.shift = shift_of(len(self.keys))
        for contig, start, end in targets:
            found = genome.contigs[contig]
            packed = address(found.packed)
            kernels["index_targets"](packed, max(start, 0), min(end, found.length), address(self.keys), self.shift)


class ReadWords:
    """Reads to be searched and their words.

    Table of words by slot: `keys` (0: free), `counts`, `heads`, the first place of a list; a place is the next one of
    the list (`nexts`), an oriented read (`reads`: twice the number of the read, one more for its reverse complement)
    and an `offset` in it. Reads: `starts` in `bases` (coded, then the reverse complement), `lengths`, `fragments`
    (number in the input), `linked` (the fragment holds words of the targets).
    """

    def __init__(self, kernels: Kernels, targets: TargetWords):
        self._kernels, self._targets = kernels, targets
        self._classes = np.full(256, 4, dtype=np.uint8)
        for code, letter in enumerate(_LETTERS):
            self._classes[[letter, letter + 32]] = code
        self.state = np.zeros(layout.INDEX_STATE, dtype=np.int64)
        self._new_table(1 << 18)
        self._new_rows(1 << 14)

    def _new_table(self, slots: int) -> None:
        self.keys = np.zeros(slots, dtype=np.uint32)
        self.counts = np.zeros(slots, dtype=np.uint8)
        self.heads = np.zeros(slots, dtype=np.uint32)
        self.nexts, self.reads, self.offsets = (np.zeros(slots, dtype=np.uint32) for _ in range(3))

    def _new_rows(self, rows: int) -> None:
        self.bases = np.zeros(256 * rows, dtype=np.uint8)
        self.starts = np.zeros(rows, dtype=np.uint64)
        self.lengths, self.fragments = (np.zeros(rows, dtype=np.uint32) for _ in range(2))
        self.linked = np.zeros(rows, dtype=np.uint8)

    def _rows(self) -> list[NDArray[Any]]:
        return [self.bases, self.starts, self.lengths, self.fragments, self.linked]

    @property
    def shift(self) -> int:
        return shift_of(len(self.keys))

    @property
    def count(self) -> int:
        """Reads stored."""
        return int(self.state[layout.READS])

    def add(self, text: NDArray[np.uint8], mates: int) -> int:
        """Take whole fragments of FASTQ text, `mates` records each; returns the bytes used.

        A fragment that holds nothing but what `layout.COPIES` reads before it held is counted and not stored.
        """
        used = 0
        while True:
            rest = text[used:]
            tables = (self.keys, self.counts, self.heads)
            places = (self.nexts, self.reads, self.offsets)
            rows = (self.starts, self.lengths, self.fragments, self.linked)
            self.state[layout.FULL] = 0
            used += self._kernels["index_reads"](
                address(rest), len(rest), mates, address(self._classes), address(self._targets.keys),
                self._targets.shift, *addresses(*tables), self.shift, *addresses(*places), len(self.nexts),
                address(self.bases), len(self.bases), *addresses(*rows), len(self.starts), address(self.state),
            )  # fmt: skip
            if not self.state[layout.FULL]:
                return used
            self._grow()

    def _grow(self) -> None:
        """Twice the room in the tables that are full."""
        if self.state[layout.FULL] == 1:
            old = (self.keys, self.counts, self.heads)
            chains = (self.nexts, self.reads, self.offsets)
            self._new_table(2 * len(self.keys))
            new = (self.keys, self.counts, self.heads)
            self._kernels["move_words"](*addresses(*old), len(old[0]), *addresses(*new), self.shift)
            for grown, before in zip((self.nexts, self.reads, self.offsets), chains, strict=True):
                grown[: len(before)] = before
        else:
            narrow = self._rows()
            self._new_rows(2 * len(self.starts))
            for wide, column in zip(self._rows(), narrow, strict=True):
                wide[: len(column)] = column


def read_fragments(words: ReadWords, fastq: Path, mates: int) -> None:
    """Add all fragments of a FASTQ file (plain or gzip) that the recruiter wrote. Raises InputError for a damaged
    one."""
    file, read, _ = open_stream(fastq)
    buffer, rest, size = np.empty(_TEXT, dtype=np.uint8), 0, 1
    with file:
        while size:
            try:
                size = fill(read, buffer.data[rest:])
            except Damaged as error:
                raise InputError(f"{fastq}: {error}; delete it and run again") from None
            text = buffer[: rest + size]
            used = words.add(text, mates)
            rest = len(text) - used
            buffer[:rest] = text[used:].copy()


def add_sequences(words: ReadWords, sequences: Iterable[str]) -> None:
    """Add sequences, each as a fragment of its own."""
    text = "".join(f"@\n{sequence}\n+\n\n" for sequence in sequences).encode()
    words.add(np.frombuffer(text, dtype=np.uint8), 1)
