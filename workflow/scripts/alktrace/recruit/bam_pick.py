"""Reads of the targets taken out of an indexed BAM or CRAM, without reading the rest of it.

First the reads placed in the wanted stretches, on contigs that the reference does not have (alternate loci, decoys) and
nowhere; then, round by round, what these lead to: mates and primary alignments wherever they lie, and clipped reads
beside them, which may hold the other side of a junction.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

import pysam

Stretch = tuple[str, int, int]  # contig, start, end: 0-based half-open

ROUNDS = 4  # a secondary alignment leads to its mate, that to its primary alignment, and this elsewhere
NEAR = 400  # bases beside a mate in which clipped reads may show the same junction
CLIPPED = 12  # bases from which a clip is looked at
_OTHERS = 0x100 | 0x800  # secondary and supplementary alignments
_SOFT, _HARD = 4, 5
_MITOCHONDRIAL = re.compile(r"(chr)?MT?", re.IGNORECASE)


def pick(
    handle: pysam.AlignmentFile, wanted: Iterable[Stretch], foreign: Iterable[str], out: pysam.AlignmentFile
) -> int:
    """Write the primary alignments of the reads that may belong to the stretches `wanted` (contigs as `handle` calls
    them) to `out`, each once; returns their number. `foreign` are the contigs that the reference does not have: of a
    CRAM their reads cannot be decoded and are left out."""
    lengths = dict(zip(handle.references, handle.lengths, strict=True))
    closed = set(foreign) if handle.is_cram else set()
    picker = _Picker(handle, out, closed)
    whole = [(name, 0, lengths[name]) for name in foreign if name not in closed and not _MITOCHONDRIAL.fullmatch(name)]
    picker.take_all(joined([*wanted, *whole]))
    for number in range(1, ROUNDS):
        if not picker.places:
            break
        picker.follow(clipped=number == 1)
    for record in handle.fetch("*"):
        picker.write(record)
    return picker.written


class _Picker:
    """What was read and what is still to be read. `missing` are reads of which an alignment lies elsewhere, `places`
    where (contig, position); `closed` contigs cannot be read."""

    def __init__(self, handle: pysam.AlignmentFile, out: pysam.AlignmentFile, closed: set[str]):
        self._handle, self._out, self._closed = handle, out, closed
        self._whole: dict[str, list[tuple[int, int]]] = {}  # stretches of which every read was taken
        self._followed: set[tuple[str, int, str, int]] = set()  # reads taken outside them
        self.missing: set[str] = set()
        self.places: set[tuple[str, int]] = set()
        self.written = 0

    def write(self, record: pysam.AlignedSegment) -> None:
        self._out.write(record)
        self.written += 1

    def take_all(self, stretches: list[Stretch]) -> None:
        """Every read of the stretches (sorted, apart from each other)."""
        for name, start, end in stretches:
            self._whole.setdefault(name, []).append((start, end))
        before: Stretch = ("", 0, 0)
        for name, start, end in stretches:
            for record in self._handle.fetch(name, start, end):
                if before[0] != name or record.reference_start >= before[2]:  # else taken with the stretch before
                    self._take(record)
            before = (name, start, end)

    def follow(self, *, clipped: bool) -> None:
        """The missing alignments of known reads and, with `clipped`, reads beside them that have a clip."""
        places, self.places = self.places, set()
        names = frozenset(self.missing)
        for name, start, end in joined((name, max(at - NEAR, 0), at + NEAR) for name, at in places):
            for record in self._handle.fetch(name, start, end):
                if record.query_name not in names and not (clipped and _is_clipped(record)):
                    continue
                key = (str(record.query_name), record.flag, name, record.reference_start)
                last = int(record.reference_end or record.reference_start + 1)
                if key not in self._followed and not self._is_whole(name, record.reference_start, last):
                    self._followed.add(key)
                    self._take(record)

    def _take(self, record: pysam.AlignedSegment) -> None:
        if not record.flag & _OTHERS:
            self.write(record)
        elsewhere = [(name, int(at) - 1) for name, at in _others(record)]
        if record.is_paired and not record.mate_is_unmapped and record.next_reference_name:
            elsewhere.append((str(record.next_reference_name), record.next_reference_start))
        elsewhere = [p for p in elsewhere if p[0] not in self._closed and not self._is_whole(*p, p[1] + 1)]
        if elsewhere:
            self.missing.add(str(record.query_name))
            self.places.update(elsewhere)

    def _is_whole(self, name: str, start: int, end: int) -> bool:
        """Whether start..end touches a stretch of which every read was taken."""
        spans = self._whole.get(name, [])
        at = bisect_left(spans, (end, 0))
        return at > 0 and spans[at - 1][1] > start


def _is_clipped(record: pysam.AlignedSegment) -> bool:
    cigar = record.cigartuples
    ends = (cigar[0], cigar[-1]) if cigar else ()
    return any(operation in (_SOFT, _HARD) and length >= CLIPPED for operation, length in ends)


def _others(record: pysam.AlignedSegment) -> Iterator[tuple[str, str]]:
    """Contig and position (1-based) of the other parts of a split read."""
    if record.has_tag("SA"):
        for part in str(record.get_tag("SA")).split(";"):
            columns = part.split(",")
            if len(columns) >= 2 and columns[1].isdigit():
                yield columns[0], columns[1]


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order, joined where they touch."""
    found: list[Stretch] = []
    for name, start, end in sorted(stretches):
        if found and found[-1][0] == name and start <= found[-1][2]:
            found[-1] = name, found[-1][1], max(end, found[-1][2])
        else:
            found.append((name, start, end))
    return found
