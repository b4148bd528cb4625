"""Insertions and deletions, also where the aligner has clipped them.

1. Search: every read is laid out in the sense of the transcript. Gaps of its alignment inside an exon, and clips that
   continue behind a deletion or insertion of the transcript, give candidates. Gaps close together are one change.
2. Count: each read near a candidate is compared without gaps with the reference and with the changed sequence, from its
   longest stretch on one side of the change. It counts for the sequence it fits clearly better, else not at all, so
   that aligned, clipped and mismatched reads of one change all count and both sequences are treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..genome.sequence import base_codes
from ..genome.transcripts import Transcript
from .gene_map import gene_map, longest_read
from .indel_kernels import compare_kernel, search_kernel
from .pileup import GenePileup
from .reads import ReadTable

HOMOPOLYMER, SLIP = 5, 2  # a run of this length slips in sequencing, by so many bases at most


@dataclass(frozen=True, order=True)
class Indel:
    """Bases start..end (0-based half-open, spliced transcript) replaced by `inserted`, at its leftmost place there."""

    start: int
    end: int
    inserted: str

    @property
    def net(self) -> int:
        return len(self.inserted) - (self.end - self.start)


def normalise(sequence: str, start: int, end: int, inserted: str, lowest: int) -> Indel | None:
    """Trim what the change shares with the reference and move it left within its exon, which starts at `lowest`.

    An insertion stays behind the exon's first base, so that its place tells its exon. None when nothing changes.
    """
    while start < end and inserted and sequence[end - 1] == inserted[-1]:
        end, inserted = end - 1, inserted[:-1]
    while start < end and inserted and sequence[start] == inserted[0]:
        start, inserted = start + 1, inserted[1:]
    if start == end and not inserted:
        return None
    if start == end or not inserted:
        limit = lowest + (start == end)
        while start > limit and sequence[start - 1] == (inserted[-1] if inserted else sequence[end - 1]):
            inserted = inserted[-1:] + inserted[:-1]
            start, end = start - 1, end - 1
    return Indel(start, end, inserted)


def shifted_right(sequence: str, indel: Indel, highest: int) -> Indel:
    """The same change at its rightmost place (HGVS 3' rule), not beyond `highest` (0-based, exclusive)."""
    start, end, inserted = indel.start, indel.end, indel.inserted
    if start != end and inserted:
        return indel
    while end < highest and sequence[end] == (inserted[0] if inserted else sequence[start]):
        inserted = inserted[1:] + inserted[:1]
        start, end = start + 1, end + 1
    return Indel(start, end, inserted)


def exon_bounds(transcript: Transcript, at: int) -> tuple[int, int]:
    """0-based half-open transcript stretch of the exon that holds base `at`."""
    low = 0
    for high in transcript.exon_ends:
        if at < high:
            return low, high
        low = high
    raise ValueError(f"{transcript.transcript_id} has no base {at + 1}")


def exon_of(transcript: Transcript, start: int, end: int) -> tuple[int, int]:
    """Stretch of the exon that a change lies in: that of its first base, or of the base before an insertion."""
    return exon_bounds(transcript, start if end > start else max(start - 1, 0))


def inside_exon(transcript: Transcript, sequence: str, start: int, inserted: str) -> tuple[int, str] | None:
    """An insertion exactly between two exons, moved by one base into the exon it repeats; None where it repeats
    neither (bases kept or lost by splicing). Other insertions are returned as they are."""
    if start not in transcript.exon_ends or not inserted:
        return start, inserted
    if inserted[0] == sequence[start]:
        return start + 1, inserted[1:] + inserted[0]
    if inserted[-1] == sequence[start - 1]:
        return start - 1, inserted[-1] + inserted[:-1]
    return None


def in_homopolymer(sequence: str, indel: Indel) -> bool:
    """Whether the change only lengthens or shortens a run of at least HOMOPOLYMER equal bases by up to SLIP bases. A
    whole codon more or less, such as G1202del, is no slip."""
    changed = set(indel.inserted or sequence[indel.start : indel.end])
    if len(changed) != 1 or (indel.inserted and indel.end > indel.start) or abs(indel.net) > SLIP:
        return False
    base = changed.pop()
    low, high = indel.start, indel.end
    while low > 0 and sequence[low - 1] == base:
        low -= 1
    while high < len(sequence) and sequence[high] == base:
        high += 1
    return high - low >= HOMOPOLYMER


def search(reads: ReadTable, pileup: GenePileup, first: int, last: int) -> dict[Indel, int]:
    """Candidate indels that touch transcript bases first..last (0-based half-open), with the molecules that show them
    outright."""
    transcript = pileup.transcript
    exon = np.zeros(len(pileup.sequence), np.int32)
    for end in transcript.exon_ends[:-1]:
        exon[end:] += 1
    gene = gene_map(transcript, pileup.sequence, [])
    found = search_kernel(reads, gene, exon, first, last, longest_read(reads))
    support: dict[Indel, set[int]] = {}
    cache: dict[tuple[int, int, str], Indel | None] = {}
    for row in found:
        read, start, end, length = (int(value) for value in row[:4])
        inserted = "".join("ACGT"[code] for code in row[4 : 4 + length])
        if reads.molecule[read] < 0:
            continue
        key = (start, end, inserted)
        if key not in cache:
            cache[key] = _placed(transcript, pileup.sequence, start, end, inserted)
        indel = cache[key]
        if indel is not None:
            support.setdefault(indel, set()).add(int(reads.molecule[read]))
    return {indel: len(support[indel]) for indel in sorted(support)}


def _placed(transcript: Transcript, sequence: str, start: int, end: int, inserted: str) -> Indel | None:
    """The candidate in normal form; None where it is no indel of one exon (bases kept or lost by splicing)."""
    trimmed = normalise(sequence, start, end, inserted, end)
    if trimmed is None:
        return None
    start, end, inserted = trimmed.start, trimmed.end, trimmed.inserted
    if start == end:
        moved = inside_exon(transcript, sequence, start, inserted)
        if moved is None:
            return None
        start, inserted = moved
        end = start
    lowest, highest = exon_of(transcript, start, end)
    placed = normalise(sequence, start, end, inserted, lowest)
    if placed is None or (placed.end > placed.start and (placed.start == lowest or placed.end >= highest)):
        return None
    return placed


def count(reads: ReadTable, pileup: GenePileup, indel: Indel, templates: int) -> tuple[np.ndarray, np.ndarray]:
    """What each template holds at an indel: 0 reference, 1 the indel, -1 neither or both; int8 (templates,). And
    whether it fits the indel better than the reference, also where no read reaches beyond the indel; bool."""
    votes = np.zeros((templates, 3), np.int32)
    gene = gene_map(pileup.transcript, pileup.sequence, [])
    compare_kernel(reads, gene, indel.start, indel.end, base_codes(indel.inserted), votes, longest_read(reads))
    holds = np.full(templates, -1, np.int8)
    holds[(votes[:, 0] > 0) & (votes[:, 1] == 0)] = 0
    holds[(votes[:, 1] > 0) & (votes[:, 0] == 0)] = 1
    return holds, votes[:, 2] > 0
