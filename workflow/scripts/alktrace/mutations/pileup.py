"""Codon counts: the three bases of a codon read on one molecule.

The compiled walk goes molecule by molecule: bases of all reads of a template are laid on the transcript, overlapping
mates become one observation (agreement counts once; disagreement is decided by quality or is no call), and the codons
of one molecule are then brought together. Codons split between exons are read across the splice because the walk runs
on transcript positions. No read depth limit applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..genome.fasta import Genome
from ..genome.sequence import NO_BASE, base_codes
from ..genome.transcripts import Transcript
from ..runtime.compiled import njit
from .gene_map import DELETION, DIFFERENT, EQUAL, INSERTION, LOWEST_QUALITY, MATCH, SKIP, SOFT_CLIP, gene_map
from .reads import Int32, Int64, ReadTable, Uint8

# Aligners force or clip the bases at an alignment's end: neither reference nor alternate bases there are counted.
END_BASES = 5
# A short exon part beyond a splice aligns there by chance: no evidence below this many bases.
MIN_SPLICE_ANCHOR = 8
# Two mates that disagree: the base whose Phred quality is higher by this much is taken, else there is no call.
QUALITY_MARGIN = 20
WHOLE = 7  # all three bases of a codon are needed
NO_CALL = 4  # content of a place where mates disagree


@dataclass
class GenePileup:
    """Codon counts of one gene.

    `counts[c, k, s]`: molecules whose codon c (0-based) reads k (16 * first + 4 * second + third base, A C G T = 0-3,
    transcript sense) in stratum s. `overlap[r, b]`: overlapping mates compared at reference base r of the screened
    codons, where exactly one of them reads b (r == b: both agree with the reference). `needed` has a bit for each base
    of a codon that must be read (4 first, 2 second, 1 third); the others are taken for the reference. Codons without
    any are not counted.
    """

    transcript: Transcript
    sequence: str  # spliced, transcript sense
    codons: Uint8  # reference codon by 0-based number
    counts: Int32
    overlap: Int64
    needed: Uint8

    def reference_codon(self, codon: int) -> str:
        start = self.transcript.codon_start(codon) - 1
        return self.sequence[start : start + 3]


def codon_text(code: int) -> str:
    """Codon of a code 0-63."""
    return "ACGT"[code >> 4] + "ACGT"[(code >> 2) & 3] + "ACGT"[code & 3]


def codon_code(codon: str) -> int:
    """Code 0-63 of a codon, 255 when it holds another letter than A C G T."""
    first, second, third = (int(code) for code in base_codes(codon))
    return NO_BASE if NO_BASE in (first, second, third) else 16 * first + 4 * second + third


def pile_up(
    reads: ReadTable,
    transcript: Transcript,
    genome: Genome,
    masked: list[tuple[int, int]],
    screened: list[int],
    needed: Mapping[int, int] | None = None,
) -> GenePileup:
    """Count codons of a coding transcript. `masked`: genomic stretches (0-based half-open) that are no evidence;
    `screened`: codons (1-based) whose overlapping mates are compared; `needed`: the bases (as in `GenePileup`) of the
    only codons to count, by 1-based number; without it all bases of all codons."""
    sequence = genome.spliced(transcript)
    gene = gene_map(transcript, sequence, masked)
    total = transcript.codons
    starts = [transcript.codon_start(codon) - 1 for codon in range(1, total + 1)]
    codons = [codon_code(sequence[start : start + 3]) for start in starts]
    counts = np.zeros((total, 64, 2), np.int32)
    overlap = np.zeros((4, 4), np.int64)
    compared = np.zeros(len(sequence), np.bool_)
    for start in (starts[codon - 1] for codon in screened if codon <= total):
        compared[start : start + 3] = True
    bits = np.full(total, WHOLE if needed is None else 0, np.uint8)
    for codon, own in (needed or {}).items():
        bits[codon - 1] = own
    _walk(reads, gene, compared, bits, counts, overlap, np.empty(0, np.int32), np.empty((0, 0), np.int8))
    return GenePileup(transcript, sequence, np.array(codons, np.uint8), counts, overlap, bits)


def split_codons(transcript: Transcript, codons: list[int]) -> dict[int, tuple[int, int]]:
    """Codons that an intron splits, with the bits (as in `GenePileup.needed`) of the part before and after it."""
    ends = set(transcript.exon_ends[:-1])
    parts = {1: (4, 3), 2: (6, 1)}  # bases before the intron
    return {c: parts[n] for c in codons for n in (1, 2) if transcript.codon_start(c) - 1 + n in ends}


def observe(
    reads: ReadTable, pileup: GenePileup, masked: list[tuple[int, int]], codons: list[int], templates: int
) -> np.ndarray:
    """Codon content of every template at the given 1-based codons: int8 (templates, codons), -1 where not read."""
    seen = np.full((templates, len(codons)), -1, np.int8)
    watch = np.full(len(pileup.codons), -1, np.int32)
    for column, codon in enumerate(codons):
        watch[codon - 1] = column
    gene = gene_map(pileup.transcript, pileup.sequence, masked)
    compared = np.zeros(len(gene.reference), np.bool_)
    blank = np.zeros_like(pileup.counts), np.zeros((4, 4), np.int64)
    _walk(reads, gene, compared, pileup.needed, *blank, watch, seen)
    return seen


@njit(nogil=True, cache=True)
def _trusted(reads, r):  # type: ignore[no-untyped-def]
    """Query span [low, high) of a read whose bases are evidence: alignment ends and short parts beyond a splice cut."""
    low, high, query = -1, 0, 0
    head, tail, splice_low, splice_high = 0, 0, -1, -1
    for k in range(reads.cigar_start[r], reads.cigar_start[r + 1]):
        op, length = reads.cigar_op[k], reads.cigar_len[k]
        if op in (MATCH, EQUAL, DIFFERENT):
            low = query if low < 0 else low
            high = query + length
            tail += length
        elif op == SKIP:
            if splice_low < 0:
                head, splice_low = tail, query
            splice_high, tail = query, 0
        if op in (MATCH, EQUAL, DIFFERENT, INSERTION, SOFT_CLIP):
            query += length
    if splice_low >= 0 and head < MIN_SPLICE_ANCHOR:
        low = splice_low
    if splice_high >= 0 and tail < MIN_SPLICE_ANCHOR:
        high = splice_high
    return low + END_BASES, high - END_BASES


@njit(nogil=True, cache=True)
def _lay(reads, r, gene, compared, cell, quality, seen, overlap):  # type: ignore[no-untyped-def]
    """Lay one read on the template's cells; returns the lowest and highest transcript place touched."""
    lowest, highest = 1 << 30, -1
    low, high = _trusted(reads, r)
    query, place = 0, reads.position[r] - gene.origin
    offset = reads.base_start[r]
    for k in range(reads.cigar_start[r], reads.cigar_start[r + 1]):
        op, length = reads.cigar_op[k], reads.cigar_len[k]
        if op in (MATCH, EQUAL, DIFFERENT):
            for j in range(max(0, low - query), min(length, high - query)):
                at = place + j
                packed = reads.bases[offset + query + j]
                if at < 0 or at >= len(gene.places) or gene.places[at] < 0 or packed == 255 or packed < LOWEST_QUALITY:
                    continue
                base = packed & 3 if gene.forward else 3 - (packed & 3)
                t = gene.places[at]
                if compared[t] and seen[t] > 0:
                    _compare(cell[t], base, gene.reference[t], overlap)
                _add(t, base, packed >> 2, cell, quality, seen)
                lowest, highest = min(lowest, t), max(highest, t)
            query += length
            place += length
        elif op in (INSERTION, SOFT_CLIP):
            query += length
        elif op in (DELETION, SKIP):
            place += length
    return lowest, highest


@njit(nogil=True, cache=True)
def _compare(before, base, reference, overlap):  # type: ignore[no-untyped-def]
    """Note what two reads of a template show where at least one agrees with the reference."""
    if base == reference and before < NO_CALL:
        overlap[reference, before] += 1
    elif before == reference:
        overlap[reference, base] += 1


@njit(nogil=True, cache=True)
def _add(t, base, phred, cell, quality, seen):  # type: ignore[no-untyped-def]
    """One more reading of transcript place t by the template: agreement counts, disagreement is decided or no call."""
    if seen[t] == 0:
        cell[t], quality[t], seen[t] = base, phred, 1
    elif cell[t] == base:
        quality[t] = max(quality[t], phred)
        seen[t] += 1
    elif cell[t] < NO_CALL:
        if phred >= quality[t] + QUALITY_MARGIN:
            cell[t], quality[t], seen[t] = base, phred, 1
        elif quality[t] >= phred + QUALITY_MARGIN:
            seen[t] = 1
        else:
            cell[t] = NO_CALL


@njit(nogil=True, cache=True)
def _settle(touched, tally, paired, counts):  # type: ignore[no-untyped-def]
    """Majority vote of the copies of one molecule, added to the counts."""
    for c in touched:
        total = 0
        for k in range(64):
            total += tally[c, k]
        for k in range(64):
            held = tally[c, k]
            if held == 0:
                continue
            if 2 * held > total:
                counts[c, k, 1 if held > 1 or paired[c, k] else 0] += 1
            tally[c, k] = 0
            paired[c, k] = False


@njit(nogil=True, cache=True)
def _content(cell, seen, t, reference, needed):  # type: ignore[no-untyped-def]
    """(codon code at transcript places t, t + 1, t + 2, whether two reads agree); -1 where a needed one has no call."""
    code, agreeing = 0, True
    for i in range(3):
        base = reference[t + i]
        if needed >> (2 - i) & 1:
            if seen[t + i] == 0:
                return -1, False
            base = cell[t + i]
            agreeing = agreeing and seen[t + i] > 1
        if base >= NO_CALL:
            return -1, False
        code = 4 * code + base
    return code, agreeing


@njit(nogil=True, cache=True)
def _walk(reads, gene, compared, needed, counts, overlap, watch, observed):  # type: ignore[no-untyped-def]
    """Fill `counts` and `overlap`; with `watch` (column by codon), also `observed` by template."""
    size, total = len(gene.reference), len(counts)
    cell, quality, seen = np.zeros(size, np.uint8), np.zeros(size, np.uint8), np.zeros(size, np.int32)
    tally, paired = np.zeros((total, 64), np.int32), np.zeros((total, 64), np.bool_)
    touched = [np.int64(0) for _ in range(0)]
    i, n = 0, len(reads.order)
    while i < n:
        this = reads.molecule[reads.order[i]]
        copies = 0
        while i < n and reads.molecule[reads.order[i]] == this:
            name = reads.template[reads.order[i]]
            lowest, highest = 1 << 30, -1
            while i < n and reads.template[reads.order[i]] == name:
                a, b = _lay(reads, reads.order[i], gene, compared, cell, quality, seen, overlap)
                lowest, highest = min(lowest, a), max(highest, b)
                i += 1
            copies += 1
            alone = copies == 1 and (i == n or reads.molecule[reads.order[i]] != this)
            first, last = (lowest - gene.coding) // 3, (highest - gene.coding) // 3
            for c in range(max(0, first), min(total, last + 1)):
                if needed[c] == 0:
                    continue
                k, agreeing = _content(cell, seen, gene.coding + 3 * c, gene.reference, needed[c])
                if k < 0:
                    continue
                if len(watch) and watch[c] >= 0:
                    observed[name, watch[c]] = k
                if alone:
                    counts[c, k, 1 if agreeing else 0] += 1
                else:
                    tally[c, k] += 1
                    paired[c, k] |= agreeing
                    touched.append(c)  # type: ignore[arg-type]
            for t in range(lowest, highest + 1):
                seen[t] = 0
        if len(touched):
            _settle(touched, tally, paired, counts)
            touched.clear()
