"""5'/3' expression imbalance: a rearranged kinase is transcribed from its partner's promoter, 3' exons only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pysam
from scipy.special import bdtrc

from ..genome.fasta import Genome
from ..genome.fragments import parse_alignment
from ..genome.sequence import is_informative
from ..genome.transcripts import Transcript
from ..model.molecules import End, MoleculeRule, molecules
from ..model.records import CoverageBin, Imbalance
from ..model.vocabulary import Library, State

EXONS_A_SIDE = 8  # near the breakpoint, so that 3' bias of degraded RNA hardly matters
MIN_EXONS = 3  # exons a side
MIN_FRAGMENTS = 20
MIN_RATIO = 4.0
NULL_RATIO = 2.0  # 3' bias allowed for before a ratio counts against chance
MAX_P = 1e-4
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Aligned genomic stretches of unique fragments: one entry a stretch, 1-based and inclusive, mates merged."""

    fragment: Integers
    start: Integers
    end: Integers


class GeneReads:
    """Aligned stretches and ends of the fragments that touch one gene, collected while the BAM is read."""

    def __init__(self, gene: Transcript):
        self._gene = gene
        self._found: dict[str, tuple[tuple[int, int], ...]] = {}
        self._ends: dict[str, list[End]] = {}

    def add(self, record: pysam.AlignedSegment, name: str) -> None:
        """A primary record of any gene; mates that lie elsewhere give the other end of a fragment."""
        if record.is_unmapped:
            return
        here = self._touches(record.reference_name, record.reference_start + 1, record.reference_end or 0)
        mate = record.next_reference_start + 1
        if not here and not (record.is_paired and self._touches(record.next_reference_name, mate, mate)):
            return
        alignment = parse_alignment(record)
        ends = self._ends.setdefault(name, [None, None if record.is_paired else record.query_length])
        ends[record.is_read2] = alignment.five_prime
        if here and record.mapping_quality:
            known = self._found.get(name, ())
            self._found[name] = _merged([*known, *alignment.blocks])

    def _touches(self, contig: str | None, start: int, end: int) -> bool:
        return contig == self._gene.contig and end >= self._gene.start and start <= self._gene.end

    def blocks(self, rule: MoleculeRule) -> Blocks:
        """Aligned stretches of each molecule: those of one of its copies."""
        found = self._found
        numbers = molecules({name: (self._ends[name][0], self._ends[name][1]) for name in sorted(found)}, rule)
        chosen: dict[int, tuple[tuple[int, int], ...]] = {}
        for name, number in numbers.items():
            chosen[number] = min(chosen.get(number, found[name]), found[name])
        unique = list(chosen.values())
        fragment = np.repeat(np.arange(len(unique), dtype=np.int64), [len(blocks) for blocks in unique])
        ends = np.fromiter((end for blocks in unique for block in blocks for end in block), np.int64).reshape(-1, 2)
        return Blocks(fragment, ends[:, 0], ends[:, 1])


def _merged(blocks: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    if len(blocks) == 1:
        return tuple(blocks)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(blocks):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def exon_depth(blocks: Blocks, gene: Transcript) -> list[CoverageBin]:
    """Mean unique-fragment depth of each exon."""
    depth = []
    for number, (start, end) in enumerate(gene.exons, 1):
        covered = np.clip(np.minimum(blocks.end, end) - np.maximum(blocks.start, start) + 1, 0, None).sum()
        depth.append(CoverageBin(number, round(float(covered) / (end - start + 1), 2)))
    return depth


def known_exons(gene: Transcript, genome: Genome) -> frozenset[int]:
    """Exons whose sequence the reference has: no N and no filler of one base."""
    sequences = (genome.fetch_stranded(gene.contig, start, end, gene.strand) for start, end in gene.exons)
    return frozenset(n for n, bases in enumerate(sequences, 1) if is_informative(bases) and is_informative(bases[::-1]))


def measure_imbalance(
    blocks: Blocks, gene: Transcript, known: frozenset[int], first_kinase_exon: int, library: str
) -> Imbalance:
    """Compare unique fragments over the `known` exons before the first kinase exon and over those from it on.

    `ratio` is 3' over 5' depth per base. The p-value is the binomial chance of so many 3' fragments if 3' exons were
    covered NULL_RATIO times as deeply as 5' exons.
    """
    if library != Library.WTS:
        reason = f"{library} libraries do not keep the 5'/3' ratio of {gene.gene}; no normal samples to compare with"
        return Imbalance(None, None, None, None, State.NOT_ASSESSABLE, reason)
    exons = range(max(1, first_kinase_exon - EXONS_A_SIDE), first_kinase_exon + EXONS_A_SIDE)
    before = [n for n in exons if n in known and n < first_kinase_exon]
    after = [n for n in exons if n in known and n >= first_kinase_exon]
    if min(len(before), len(after)) < MIN_EXONS:
        reason = f"the reference lacks the sequence of {gene.gene} exons on one side of the breakpoint"
        return Imbalance(None, None, None, None, State.NOT_ASSESSABLE, reason)
    five, three = (_touching(blocks, gene, exons) for exons in (before, after))
    length_five, length_three = (sum(e - s + 1 for s, e in (gene.exons[n - 1] for n in r)) for r in (before, after))
    if five + three < MIN_FRAGMENTS:
        seen = f"{five + three} fragments around the breakpoint, {MIN_FRAGMENTS} needed"
        reason = f"{gene.gene} is hardly expressed: {seen}"
        return Imbalance(five, three, None, None, State.NOT_ASSESSABLE, reason)
    ratio = (three / length_three) / (max(five, 0.5) / length_five)
    share = NULL_RATIO * length_three / (NULL_RATIO * length_three + length_five)
    p_value = float(bdtrc(three - 1, five + three, share)) if three else 1.0
    found = ratio >= MIN_RATIO and p_value <= MAX_P
    reason = f"exons {before[0]}-{before[-1]}: {five} fragments, exons {after[0]}-{after[-1]}: {three}"
    state = State.DETECTED if found else State.NOT_DETECTED
    return Imbalance(five, three, round(ratio, 2), float(f"{p_value:.3g}"), state, reason)


def _touching(blocks: Blocks, gene: Transcript, exons: Iterable[int]) -> int:
    """Fragments with at least one base in the exons."""
    spans = [gene.exons[n - 1] for n in exons]
    touching = np.zeros(len(blocks.start), dtype=bool)
    for start, end in spans:
        touching |= (blocks.start <= end) & (blocks.end >= start)
    return len(np.unique(blocks.fragment[touching]))
