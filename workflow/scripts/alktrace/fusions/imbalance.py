"""5'/3' expression imbalance: a rearranged kinase is transcribed from its partner's promoter, 3' exons only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
from scipy.special import bdtrc

from ..annotation import Transcript
from ..models import CoverageBin, Imbalance, State

EXONS_A_SIDE = 8  # near the breakpoint, so that 3' bias of degraded RNA hardly matters
MIN_FRAGMENTS = 20
MIN_RATIO = 4.0
NULL_RATIO = 2.0  # 3' bias allowed for before a ratio counts against chance
MAX_P = 1e-4


def fragment_blocks(bam: Path, gene: Transcript) -> list[list[tuple[int, int]]]:
    """Aligned genomic blocks (1-based) of each unique fragment over the gene, mates merged.

    Fragments with the same outermost blocks count once.
    """
    blocks: dict[str, list[tuple[int, int]]] = {}
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        if gene.contig not in handle.references:
            return []
        for record in handle.fetch(gene.contig, gene.start - 1, gene.end):
            if not (record.is_secondary or record.is_supplementary) and record.mapping_quality > 0:
                blocks.setdefault(str(record.query_name), []).extend((a + 1, b) for a, b in record.get_blocks())
    unique = {tuple(_merged(found)): None for found in blocks.values()}
    return [list(found) for found in sorted(unique)]


def _merged(blocks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(blocks):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def exon_depth(fragments: list[list[tuple[int, int]]], gene: Transcript) -> list[CoverageBin]:
    """Mean unique-fragment depth of each exon."""
    starts = np.array([e[0] for e in gene.exons], dtype=np.int64)
    ends = np.array([e[1] for e in gene.exons], dtype=np.int64)
    covered = np.zeros(len(gene.exons))
    for blocks in fragments:
        for start, end in blocks:
            covered += np.clip(np.minimum(ends, end) - np.maximum(starts, start) + 1, 0, None)
    return [CoverageBin(n, round(float(c), 2)) for n, c in enumerate(covered / (ends - starts + 1), 1)]


def measure_imbalance(
    fragments: list[list[tuple[int, int]]], gene: Transcript, first_kinase_exon: int, library: str
) -> Imbalance:
    """Compare unique fragments over the exons before and from the first kinase exon on.

    `ratio` is 3' over 5' depth per base. The p-value is the binomial chance of so many 3' fragments if 3' exons were
    covered NULL_RATIO times as deeply as 5' exons.
    """
    if library != "wts":
        reason = f"{library} libraries do not keep the 5'/3' ratio of {gene.gene}; no normal samples to compare with"
        return Imbalance(None, None, None, None, State.NOT_ASSESSABLE, reason)
    before = range(max(1, first_kinase_exon - EXONS_A_SIDE), first_kinase_exon)
    after = range(first_kinase_exon, min(len(gene.exons), first_kinase_exon + EXONS_A_SIDE - 1) + 1)
    five, three = (_touching(fragments, gene, exons) for exons in (before, after))
    length_five, length_three = (sum(e - s + 1 for s, e in (gene.exons[n - 1] for n in r)) for r in (before, after))
    if five + three < MIN_FRAGMENTS:
        reason = f"{gene.gene} is hardly expressed: {five + three} fragments around the breakpoint, {MIN_FRAGMENTS} needed"
        return Imbalance(five, three, None, None, State.NOT_ASSESSABLE, reason)
    ratio = (three / length_three) / (max(five, 0.5) / length_five)
    share = NULL_RATIO * length_three / (NULL_RATIO * length_three + length_five)
    p_value = float(bdtrc(three - 1, five + three, share)) if three else 1.0
    found = ratio >= MIN_RATIO and p_value <= MAX_P
    reason = f"exons {before.start}-{before.stop - 1}: {five} fragments, exons {after.start}-{after.stop - 1}: {three}"
    state = State.DETECTED if found else State.NOT_DETECTED
    return Imbalance(five, three, round(ratio, 2), float(f"{p_value:.3g}"), state, reason)


def _touching(fragments: list[list[tuple[int, int]]], gene: Transcript, exons: range) -> int:
    spans = [gene.exons[n - 1] for n in exons]
    return sum(any(a <= end and b >= start for a, b in blocks for start, end in spans) for blocks in fragments)
