"""Codon counts: the three bases of a codon read on one molecule.

The compiled walk goes molecule by molecule: bases of all reads of a template are laid on the transcript, overlapping
mates become one observation (agreement counts once; disagreement is decided by quality or is no call), and the codons
of one molecule are then brought together. Codons split between exons are read across the splice because the walk runs
on transcript positions. No read depth limit applies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from ..annotation import Genome, Transcript
from .reads import NO_BASE, Int32, Int64, ReadTable, Uint8

_CODE = {"A": 0, "C": 1, "G": 2, "T": 3}

# Aligners force or clip the bases at an alignment's end: neither reference nor alternate bases there are counted.
END_BASES = 5
# A short exon part beyond a splice aligns there by chance: no evidence below this many bases.
MIN_SPLICE_ANCHOR = 8
# Two mates that disagree: the base whose Phred quality is higher by this much is taken, else there is no call.
QUALITY_MARGIN = 20
# Copies found by fragment ends alone may be different molecules that share their ends. A codon content is kept as a
# molecule of its own when this share of the copies hold it; identifiers allow a majority vote.
SHARED_ENDS_SHARE = 0.4

SINGLE, AGREEING = 0, 1  # strata of an observation: bases seen by one read, or by two or more that agree


@dataclass
class GenePileup:
    """Codon counts of one gene.

    `counts[c, k, s]`: molecules whose codon c (0-based) reads k (16 * first + 4 * second + third base, A C G T = 0-3,
    transcript sense) in stratum s. `overlap[r, b]`: overlapping mates compared at reference base r, where exactly one
    of them reads b (r == b: both agree with the reference).
    """

    transcript: Transcript
    sequence: str  # spliced, transcript sense
    codons: Uint8  # reference codon by 0-based number
    counts: Int32
    overlap: Int64

    def reference_codon(self, codon: int) -> str:
        start = self.transcript.cds[0] - 1 + 3 * (codon - 1)  # type: ignore[index]
        return self.sequence[start : start + 3]


def encode(sequence: str) -> Uint8:
    """Base codes A C G T = 0-3, anything else 255."""
    return np.array([_CODE.get(base, NO_BASE) for base in sequence], np.uint8)


def codon_text(code: int) -> str:
    """Codon of a code 0-63."""
    return "ACGT"[code >> 4] + "ACGT"[(code >> 2) & 3] + "ACGT"[code & 3]


def codon_code(codon: str) -> int:
    """Code 0-63 of a codon, 255 when it holds another letter than A C G T."""
    codes = [_CODE.get(base, NO_BASE) for base in codon]
    return NO_BASE if NO_BASE in codes else 16 * codes[0] + 4 * codes[1] + codes[2]


def transcript_map(transcript: Transcript, masked: list[tuple[int, int]]) -> Int32:
    """0-based transcript index of each genomic base from `transcript.start` on; -1 in introns and in `masked`
    stretches (genomic, 0-based half-open)."""
    index = np.full(transcript.end - transcript.start + 1, -1, np.int32)
    at = 0
    for start, end in transcript.exons:
        length = end - start + 1
        numbers = np.arange(at, at + length, dtype=np.int32)
        index[start - transcript.start : end - transcript.start + 1] = numbers if transcript.forward else numbers[::-1]
        at += length
    for start, end in masked:
        low, high = start - (transcript.start - 1), end - (transcript.start - 1)
        index[max(low, 0) : max(high, 0)] = -1
    return index


def pile_up(
    reads: ReadTable, transcript: Transcript, genome: Genome, masked: list[tuple[int, int]], by_identifier: bool
) -> GenePileup:
    """Count codons of a coding transcript. `masked`: genomic stretches (0-based half-open) that are no evidence."""
    if transcript.cds is None:
        raise ValueError(f"{transcript.transcript_id} has no coding sequence")
    sequence = genome.spliced(transcript)
    total = (transcript.cds[1] - transcript.cds[0] + 1) // 3
    start = transcript.cds[0] - 1
    codons = np.array([codon_code(sequence[i : i + 3]) for i in range(start, start + 3 * total, 3)], np.uint8)
    counts = np.zeros((total, 64, 2), np.int32)
    overlap = np.zeros((4, 4), np.int64)
    _walk(
        reads.position, reads.template, reads.molecule, reads.order, reads.base_start, reads.bases,
        reads.cigar_start, reads.cigar_op, reads.cigar_len, transcript_map(transcript, masked), transcript.start - 1,
        transcript.forward, encode(sequence), start, by_identifier, counts, overlap,
        np.empty(0, np.int32), np.empty((0, 0), np.int8),
    )  # fmt: skip
    return GenePileup(transcript, sequence, codons, counts, overlap)


def observe(
    reads: ReadTable, pileup: GenePileup, masked: list[tuple[int, int]], codons: list[int], templates: int
) -> np.ndarray:
    """Codon content of every template at the given 1-based codons: int8 (templates, codons), -1 where not read."""
    transcript = pileup.transcript
    seen = np.full((templates, len(codons)), -1, np.int8)
    watch = np.full(len(pileup.codons), -1, np.int32)
    for column, codon in enumerate(codons):
        watch[codon - 1] = column
    _walk(
        reads.position, reads.template, reads.molecule, reads.order, reads.base_start, reads.bases,
        reads.cigar_start, reads.cigar_op, reads.cigar_len, transcript_map(transcript, masked), transcript.start - 1,
        transcript.forward, encode(pileup.sequence), transcript.cds[0] - 1, False,  # type: ignore[index]
        np.zeros(pileup.counts.shape, np.int32), np.zeros((4, 4), np.int64), watch, seen,
    )  # fmt: skip
    return seen


@njit(nogil=True, cache=True)
def _trusted(cigar_op, cigar_len, first, last):  # type: ignore[no-untyped-def]
    """Query span [low, high) of a read whose bases are evidence: alignment ends and short parts beyond a splice cut."""
    low, query = 0, 0
    for k in range(first, last):
        op = cigar_op[k]
        if op == 0 or op == 7 or op == 8:
            break
        if op == 1 or op == 4:
            query += cigar_len[k]
    low = query
    total = 0
    high = 0
    for k in range(first, last):
        op = cigar_op[k]
        if op == 0 or op == 1 or op == 4 or op == 7 or op == 8:
            total += cigar_len[k]
        if op == 0 or op == 7 or op == 8:
            high = total
    head, query = 0, 0
    for k in range(first, last):  # aligned bases before the first splice
        op = cigar_op[k]
        if op == 3:
            if head < MIN_SPLICE_ANCHOR:
                low = max(low, query)
            break
        if op == 0 or op == 7 or op == 8:
            head += cigar_len[k]
        if op == 0 or op == 1 or op == 4 or op == 7 or op == 8:
            query += cigar_len[k]
    tail, query = 0, total
    for k in range(last - 1, first - 1, -1):  # aligned bases behind the last splice
        op = cigar_op[k]
        if op == 3:
            if tail < MIN_SPLICE_ANCHOR:
                high = min(high, query)
            break
        if op == 0 or op == 7 or op == 8:
            tail += cigar_len[k]
        if op == 0 or op == 1 or op == 4 or op == 7 or op == 8:
            query -= cigar_len[k]
    return low + END_BASES, high - END_BASES


@njit(nogil=True, cache=True)
def _lay(r, position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward, reference, cell,
         quality, seen, overlap):  # type: ignore[no-untyped-def]  # fmt: skip
    """Lay one read on the template's cells; returns the lowest and highest transcript index touched."""
    lowest, highest = 1 << 30, -1
    low, high = _trusted(cigar_op, cigar_len, cigar_start[r], cigar_start[r + 1])
    query, place = 0, position[r] - origin
    offset = base_start[r]
    for k in range(cigar_start[r], cigar_start[r + 1]):
        op, length = cigar_op[k], cigar_len[k]
        if op == 0 or op == 7 or op == 8:
            for j in range(max(0, low - query), min(length, high - query)):
                at = place + j
                if at < 0 or at >= len(index) or index[at] < 0:
                    continue
                packed = bases[offset + query + j]
                if packed == 255 or packed < 4:
                    continue
                base, phred = packed & 3, packed >> 2
                if not forward:
                    base = 3 - base
                t = index[at]
                if seen[t] == 0:
                    cell[t], quality[t], seen[t] = base, phred, 1
                elif cell[t] == base:
                    quality[t] = max(quality[t], phred)
                    seen[t] += 1
                    if reference[t] == base:
                        overlap[base, base] += 1
                elif cell[t] < 4:
                    if reference[t] == base:
                        overlap[base, cell[t]] += 1
                    elif reference[t] == cell[t]:
                        overlap[cell[t], base] += 1
                    if phred >= quality[t] + QUALITY_MARGIN:
                        cell[t], quality[t], seen[t] = base, phred, 1
                    elif quality[t] >= phred + QUALITY_MARGIN:
                        seen[t] = 1
                    else:
                        cell[t] = 4
                lowest, highest = min(lowest, t), max(highest, t)
            query += length
            place += length
        elif op == 1 or op == 4:
            query += length
        elif op == 2 or op == 3:
            place += length
    return lowest, highest


@njit(nogil=True, cache=True)
def _settle(touched, tally, paired, by_identifier, counts):  # type: ignore[no-untyped-def]
    """Bring the copies of one molecule together and add them to the counts."""
    for c in touched:
        total = 0
        for k in range(64):
            total += tally[c, k]
        for k in range(64):
            held = tally[c, k]
            if held == 0:
                continue
            kept = 2 * held > total if by_identifier else held >= SHARED_ENDS_SHARE * total
            if kept:
                counts[c, k, 1 if held > 1 or paired[c, k] else 0] += 1
            tally[c, k] = 0
            paired[c, k] = False


@njit(nogil=True, cache=True)
def _walk(position, template, molecule, order, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin,
          forward, reference, coding, by_identifier, counts, overlap, watch, observed):  # type: ignore[no-untyped-def]  # fmt: skip
    """Fill `counts` and `overlap`; with `watch` (column by codon), also `observed` by template."""
    size, total = len(reference), len(counts)
    cell, quality, seen = np.zeros(size, np.uint8), np.zeros(size, np.uint8), np.zeros(size, np.int32)
    tally, paired = np.zeros((total, 64), np.int32), np.zeros((total, 64), np.bool_)
    touched = [np.int64(0) for _ in range(0)]
    i, n = 0, len(order)
    while i < n:
        this = molecule[order[i]]
        copies = 0
        while i < n and molecule[order[i]] == this:
            name = template[order[i]]
            lowest, highest = 1 << 30, -1
            while i < n and template[order[i]] == name:
                a, b = _lay(order[i], position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin,
                            forward, reference, cell, quality, seen, overlap)  # fmt: skip
                lowest, highest = min(lowest, a), max(highest, b)
                i += 1
            copies += 1
            alone = copies == 1 and (i == n or molecule[order[i]] != this)
            for c in range(max(0, (lowest - coding) // 3), min(total, (highest - coding) // 3 + 1)):
                t = coding + 3 * c
                if seen[t] == 0 or seen[t + 1] == 0 or seen[t + 2] == 0:
                    continue
                if cell[t] > 3 or cell[t + 1] > 3 or cell[t + 2] > 3:
                    continue
                k = 16 * cell[t] + 4 * cell[t + 1] + cell[t + 2]
                agreeing = seen[t] > 1 and seen[t + 1] > 1 and seen[t + 2] > 1
                if len(watch) and watch[c] >= 0:
                    observed[name, watch[c]] = k
                if alone:
                    counts[c, k, 1 if agreeing else 0] += 1
                else:
                    tally[c, k] += 1
                    paired[c, k] |= agreeing
                    touched.append(c)
            for t in range(lowest, highest + 1):
                seen[t] = 0
        if len(touched):
            _settle(touched, tally, paired, by_identifier, counts)
            touched.clear()
