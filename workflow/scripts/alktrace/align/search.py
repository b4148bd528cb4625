"""Where in the genome reads could belong: the two-bit genome is streamed past their words, and hits are extended.

The reads are few and the genome is large, so the genome needs no index. A stretch of 19 exact bases cannot be missed.
Hits are extended without gaps, colinear segments joined over introns and small gaps, and of each read every placement
is kept that fits about as well as the best over the same bases. Coordinates are 0-based and half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..genome.twobit import TwoBit
from .kernels import layout
from .words import (
    Kernels,
    ReadWords,
    TargetWords,
    add_sequences,
    address,
    addresses,
    load_search_kernels,
    shift_of,
)

_CHUNK = 1 << 22  # bytes of the genome a task
_ROOM = 1 << 16  # hits a call
_ROWS = 1 << 16  # segments a call
_BITS_A_WORD = 64

U32 = NDArray[np.uint32]


@dataclass(frozen=True)
class Placements:
    """Placements of reads, a row each, sorted by read and best first. `reads` are numbers of `ReadWords`, `contigs`
    numbers in the order of the genome; `starts` and `ends` lie in the genome, `read_starts` and `read_ends` in
    the read as sequenced; `scores` count matches, less two a mismatch and four a gap."""

    reads: U32
    contigs: U32
    starts: U32
    ends: U32
    reverse: NDArray[np.bool_]
    read_starts: U32
    read_ends: U32
    scores: U32
    repeated_words: int  # words set aside because they occur too often
    left_out: int  # placements beyond the most that are kept over the same bases

    def __len__(self) -> int:
        return len(self.reads)


@dataclass(frozen=True)
class Place:
    """Where a sequence fits: `contig`, `start` and `end` on it, `reverse` strand, the part of the sequence that lies
    there (`first` to `last`) and the `score`, matches less two a mismatch and four a gap. 0-based, half-open."""

    contig: str
    start: int
    end: int
    reverse: bool
    first: int
    last: int
    score: int


@dataclass
class _Segments:
    """Rows of the extension, and their contigs."""

    columns: list[list[U32]] = field(default_factory=lambda: [[] for _ in range(6)])

    def joined(self) -> NDArray[np.uint32]:
        """Distinct rows (oriented read, contig, genome start, read start, read end, score) in this order."""
        rows = np.stack([np.concatenate([*parts, np.zeros(0, dtype=np.uint32)]) for parts in self.columns], axis=1)
        return np.unique(rows, axis=0) if len(rows) else rows


def search(kernels: Kernels, genome: TwoBit, words: ReadWords, threads: int) -> Placements:
    """Placements of all reads of `words`. The result does not depend on `threads`."""
    contigs = list(genome.contigs.values())
    hits, repeated = _stream(kernels, genome, words, threads)
    segments = _Segments()
    count = 2 * words.count
    last = np.full(count, np.iinfo(np.int64).min, dtype=np.int64), np.zeros(count, dtype=np.int64)
    origin = 0
    for number, contig in enumerate(contigs):
        if number in hits:
            for rows in _extend(kernels, contig.packed, contig.length, origin, *hits[number], words, last):
                for column, part in zip(segments.columns, (rows[0], None, *rows[1:]), strict=True):
                    column.append(np.full(len(rows[0]), number, dtype=np.uint32) if part is None else part)
        origin += contig.length
    return _placements(kernels, segments.joined(), words, repeated)


def locate(genome: TwoBit, sequences: Sequence[str], threads: int) -> list[list[Place]]:
    """All places that each sequence (A, C, G, T; short reads or contigs) fits about equally well, best first.

    Of many sequences that are alike the last ones have none: see `ReadWords.add`.
    """
    kernels = load_search_kernels()
    words = ReadWords(kernels, TargetWords(kernels, genome, ()))
    add_sequences(words, sequences)
    found = search(kernels, genome, words, threads)
    names = list(genome.contigs)
    placed: list[list[Place]] = [[] for _ in sequences]
    columns = (found.reads, found.contigs, found.starts, found.ends, found.reverse, found.read_starts, found.read_ends)
    for read, contig, start, end, reverse, first, last, score in zip(*columns, found.scores, strict=True):
        place = Place(names[contig], int(start), int(end), bool(reverse), int(first), int(last), int(score))
        placed[words.fragments[read]].append(place)
    return placed


# ---------------------------------------------------------------- the pass over the genome


def _tasks(genome: TwoBit) -> Iterator[tuple[int, int, int]]:
    """(contig, first, last): bytes at which words begin that lie whole in the contig."""
    for number, contig in enumerate(genome.contigs.values()):
        total = (contig.length - layout.WORD) // 4 + 1
        for first in range(0, total, _CHUNK):
            yield number, first, min(first + _CHUNK, total)


def _stream(kernels: Kernels, genome: TwoBit, words: ReadWords, threads: int) -> tuple[dict[int, tuple[U32, U32]], int]:
    """Hits by contig, as bytes in ascending order and slots, without words that occur too often; number of those."""
    size = len(words.keys)
    bits = min(max(1 << 24, 1 << (_BITS_A_WORD * int(words.state[layout.WORDS])).bit_length()), 1 << 28)
    bitmap = np.zeros(bits // 8, dtype=np.uint8)
    kernels["fill_bitmap"](address(words.keys), size, address(bitmap), shift_of(bits))
    contigs, tasks = list(genome.contigs.values()), list(_tasks(genome))
    counts = [np.zeros(size, dtype=np.uint16) for _ in range(threads)]
    found: list[tuple[U32, U32]] = [_NOTHING] * len(tasks)

    def work(thread: int) -> None:
        room = np.empty(_ROOM, dtype=np.uint32), np.empty(_ROOM, dtype=np.uint32)
        for task in range(thread, len(tasks), threads):
            number, first, last = tasks[task]
            packed, parts = address(contigs[number].packed), []
            while first < last:
                made = kernels["stream"](
                    packed, first, last, address(bitmap), shift_of(bits), address(words.keys), words.shift,
                    address(counts[thread]), address(room[0]), address(room[1]), _ROOM,
                )  # fmt: skip
                parts.append((room[0][:made].copy(), room[1][:made].copy()))
                first = int(room[0][made - 1]) + 1 if made == _ROOM else last
            found[task] = _joined(parts)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    repeated: NDArray[np.bool_] = np.stack(counts).sum(axis=0, dtype=np.uint32) > layout.REPEATED
    by_contig: dict[int, list[tuple[U32, U32]]] = {}
    for (number, _, _), (places, slots) in zip(tasks, found, strict=True):
        kept = ~repeated[slots]
        if kept.any():
            by_contig.setdefault(number, []).append((places[kept], slots[kept]))
    return {number: _joined(parts) for number, parts in by_contig.items()}, int(repeated.sum())


_NOTHING: tuple[U32, U32] = np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.uint32)


def _joined(parts: list[tuple[U32, U32]]) -> tuple[U32, U32]:
    columns = zip(*parts, strict=True) if parts else ((), ())
    one, two = (np.concatenate(column) if column else _NOTHING[0] for column in columns)
    return one, two


def _extend(
    kernels: Kernels,
    packed: NDArray[np.uint8],
    size: int,
    origin: int,
    places: U32,
    slots: U32,
    words: ReadWords,
    last: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> Iterator[tuple[U32, ...]]:
    """Segments of one contig: oriented read, genome start, read start, read end, score."""
    state = np.zeros(layout.EXTEND_STATE, dtype=np.int64)
    state[layout.PLACE] = -1
    full = 1
    while full:
        rows = np.empty((5, _ROWS), dtype=np.uint32)
        state[layout.SEGMENTS] = 0
        full = kernels["extend"](
            address(packed), size, origin, address(places), address(slots), len(places), address(words.heads),
            address(words.nexts), address(words.reads), address(words.offsets), address(words.bases),
            address(words.starts), address(words.lengths), *addresses(*last),
            *(address(rows[i]) for i in (0, 2, 3, 1, 4)), _ROWS, address(state),
        )  # fmt: skip
        yield tuple(row[: state[layout.SEGMENTS]] for row in rows)


# ---------------------------------------------------------------- segments to placements


def _placements(kernels: Kernels, rows: NDArray[np.uint32], words: ReadWords, repeated: int) -> Placements:
    count = len(rows)
    oriented, contigs, genome, starts, ends, scores = (np.ascontiguousarray(rows[:, i]) for i in range(6))
    best, previous = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    used, chains = np.zeros(count, dtype=np.uint32), np.zeros(count, dtype=np.uint32)
    columns = (oriented, contigs, starts, ends, genome, scores)
    total = kernels["chain"](*addresses(*columns), count, *addresses(best, previous, used, chains))
    score = np.zeros(total, dtype=np.int64)
    np.add.at(score, chains, scores.astype(np.int64) - layout.JUMP)
    low, high = np.full(total, 0xFFFFFFFF, dtype=np.uint32), np.zeros(total, dtype=np.uint32)
    first, final = low.copy(), high.copy()
    np.minimum.at(low, chains, genome)
    np.maximum.at(high, chains, genome + ends - starts)
    np.minimum.at(first, chains, starts)
    np.maximum.at(final, chains, ends)
    owner = np.zeros(total, dtype=np.int64)
    owner[chains] = np.arange(count)
    read, reverse = oriented[owner] >> 1, (oriented[owner] & 1).astype(bool)
    lengths = words.lengths[read]
    first, final = np.where(reverse, lengths - final, first), np.where(reverse, lengths - first, final)
    score = np.maximum(score + layout.JUMP, 1)
    order = np.lexsort((reverse, low, contigs[owner], -score, read))
    table = [column[order] for column in (read, contigs[owner], low, high, reverse, first, final)]
    points = score[order].astype(np.uint32)
    kept = np.zeros(total, dtype=np.uint8)
    sides = [np.ascontiguousarray(column, dtype=np.uint32) for column in (table[0], table[5], table[6], points)]
    left = kernels["choose"](*addresses(*sides), total, address(kept))
    chosen = kept == 1
    rows_kept = (column[chosen] for column in (*table, points))
    return Placements(*rows_kept, repeated, left)  # type: ignore[call-arg]
