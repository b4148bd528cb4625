"""5'/3' expression imbalance: a rearranged kinase is transcribed from its partner's promoter, 3' exons only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam
from scipy.special import bdtrc

from ..genome.fasta import Genome
from ..genome.sequence import is_informative
from ..genome.transcripts import Transcript
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


def fragment_blocks(bam: Path, gene: Transcript) -> Blocks:
    """Aligned stretches of each unique fragment over the gene; fragments with the same stretches count once."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        records = handle.fetch(gene.contig, gene.start - 1, gene.end) if gene.contig in handle.references else ()
        for record in records:
            if not (record.is_secondary or record.is_supplementary) and record.mapping_quality > 0:
                name = str(record.query_name)
                found[name] = _merged([*found.get(name, ()), *((a + 1, b) for a, b in record.get_blocks())])
    unique = list(dict.fromkeys(found.values()))
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
