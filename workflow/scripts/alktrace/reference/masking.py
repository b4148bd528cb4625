"""How often target k-mers occur in the genome: one pass over the FASTA, bounded memory (numba, nogil)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recruit.kernels.bits import hashed, may_hold
from ..recruit.kernels.layout import K
from ..runtime.compiled import njit, uint32, uint64
from ..runtime.errors import InputError
from ..runtime.streams import Damaged, fill, open_stream

_CHUNK = 1 << 24  # bytes of FASTA a task
_CONTEXT = 1 << 16  # bytes of the previous chunk that are read again, so that no k-mer is lost at the border
_BREAK, _SKIP, _HEADER = 4, 5, 6


def _byte_classes() -> NDArray[np.uint8]:
    """Per byte: base code 0-3, or what it means in a FASTA file."""
    classes = np.full(256, _BREAK, dtype=np.uint8)
    for letter in b"ACGTacgt":
        classes[letter] = (letter >> 1) & 3
    classes[[10, 13]] = _SKIP
    classes[ord(">")] = _HEADER
    return classes


@njit(nogil=True, cache=True)
def _count(text, begin, classes, filter_, filter_shift, keys, shift, counts):  # type: ignore[no-untyped-def]
    """Count the k-mers that end in text[begin:]; returns the number of bases there."""
    code = uint64(0)
    run = 0
    bases = 0
    header = False
    last = uint64(len(keys) - 1)
    for i in range(len(text)):
        kind = classes[text[i]]
        if header:
            header = text[i] != 10
            continue
        if kind >= 4:
            if kind != _SKIP:
                run = 0
                header = kind == _HEADER
            continue
        code = (code >> uint64(2)) | (uint64(kind) << uint64(2 * K - 2))
        run += 1
        if i < begin:
            continue
        bases += 1
        if may_hold(filter_, filter_shift, code) and run >= K:
            slot = hashed(code) >> shift
            while keys[slot] != uint32(0) and keys[slot] != uint32(code):
                slot = (slot + uint64(1)) & last
            if keys[slot] == uint32(code):
                counts[slot] += uint32(1)
    return bases


def count_in_genome(
    fasta: Path, filter_: NDArray[np.uint64], keys: NDArray[np.uint32], threads: int = 2
) -> tuple[NDArray[np.uint32], int]:
    """Occurrences of each key on the + strand of the genome (per table slot), and the number of bases A, C, G, T.

    `fasta` may be plain, gzip or bgzip. Raises InputError when it cannot be read.
    """
    classes = _byte_classes()
    shifts = np.uint64(64 - int(np.log2(len(filter_)))), np.uint64(64 - int(np.log2(len(keys))))
    totals = np.zeros(len(keys), dtype=np.uint32)
    bases = 0
    tables = [np.zeros(len(keys), dtype=np.uint32) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Future[int]] = []
        for number, (text, begin) in enumerate(_chunks(fasta)):
            if len(waiting) == threads:
                bases += waiting.pop(0).result()
            table = tables[number % threads]
            waiting.append(pool.submit(_count, text, begin, classes, filter_, shifts[0], keys, shifts[1], table))
        bases += sum(w.result() for w in waiting)
    for table in tables:
        totals += table
    return totals, bases


def _chunks(fasta: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """(text, begin): what is new starts at `begin`; before it lies context, which starts at a line's beginning."""
    try:
        file, read, _ = open_stream(fasta)
        with file:
            context = np.zeros(0, dtype=np.uint8)
            while True:
                text = np.empty(len(context) + _CHUNK, dtype=np.uint8)
                text[: len(context)] = context
                size = fill(read, text.data[len(context) :])
                if not size:
                    return
                text = text[: len(context) + size]
                yield text, len(context)
                context = _context(text)
    except (OSError, Damaged) as error:
        raise InputError(f"{fasta}: cannot be read to its end ({error}); fetch the file again") from None


def _context(text: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The end of a chunk from the beginning of a line on, or a k-mer of it when the lines are longer than that."""
    tail = text[-_CONTEXT:]
    lines = np.flatnonzero(tail[: _CONTEXT // 2] == ord("\n"))
    return (tail[lines[0] + 1 :] if len(lines) else tail[-K:]).copy()
