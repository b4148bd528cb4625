"""From placements to the stretches of the genome that a sample's reads are aligned to. Coordinates: 0-based
half-open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..genome.transcripts import Annotation
from ..knowledge.panel import PanelGene
from .search import Placements
from .words import Interval, ReadWords

log = logging.getLogger(__name__)

BESIDE = 1_000  # bases kept on either side of a placement
AROUND = 10_000  # the same where reads of the targets lead, outside genes
CERTAIN = 25  # score at which one read alone makes a locus: chance reaches it once in a thousand words
ROOM = 64_000_000  # bases that loci may grow to
_GENE_SIDE = 2_000  # bases beside a gene


@dataclass
class Locus:
    """Placements side by side: how many fragments, the best score, whether reads of the targets lead there."""

    contig: str
    start: int
    end: int
    fragments: int
    score: int
    linked: bool


def target_loci(genes: Iterable[PanelGene], annotation: Annotation) -> list[Interval]:
    """The genes whose reads are kept, with some bases beside them."""
    found = (annotation.get(gene.gene) for gene in genes if gene.role != "control")
    return [(t.contig, max(t.start - 1 - _GENE_SIDE, 0), t.end + _GENE_SIDE) for t in found if t]


def loci(placements: Placements, words: ReadWords, contigs: list[str]) -> list[Locus]:
    """Placements joined where they lie side by side, in genomic order; what chance may have put there is left out."""
    if not len(placements):
        return []
    order = np.lexsort((placements.starts, placements.contigs))
    contig = placements.contigs[order].astype(np.int64)
    starts, ends = placements.starts[order].astype(np.int64), placements.ends[order].astype(np.int64)
    fragments = words.fragments[placements.reads[order]]
    linked = words.linked[placements.reads[order]].astype(bool)
    # a new locus begins where a start lies beyond all ends before it: contigs are kept apart by a large step
    step = contig << 33
    reach = np.maximum.accumulate(ends + step)
    begins = np.concatenate([[True], starts[1:] + step[1:] > reach[:-1] + 2 * BESIDE])
    number = np.cumsum(begins) - 1
    count = int(number[-1]) + 1
    low = starts[begins]
    high, score, chained = (np.zeros(count, dtype=np.int64) for _ in range(3))
    np.maximum.at(high, number, ends)
    np.maximum.at(score, number, placements.scores[order].astype(np.int64))
    np.maximum.at(chained, number, linked.astype(np.int64))
    different = _distinct(number, fragments, count)
    return [
        Locus(contigs[contig_number], int(first), int(last), int(reads), int(best), bool(link))
        for contig_number, first, last, reads, best, link in zip(
            contig[begins], low, high, different, score, chained, strict=True
        )
        if best >= CERTAIN or reads > 1
    ]


def _distinct(number: NDArray[np.int64], fragments: NDArray[np.uint32], count: int) -> NDArray[np.int64]:
    """How many fragments each locus has."""
    pairs = np.unique(number << 32 | fragments)
    return np.bincount(pairs >> 32, minlength=count)


def grown(found: list[Locus], targets: list[Interval], annotation: Annotation) -> list[Interval]:
    """The stretches to align to: the targets, loci with some bases beside them, and, where reads of the targets
    lead, the genes they lie in. When these are too many, the best supported loci grow."""
    stretches = list(targets)
    room = ROOM - sum(end - start for _, start, end in targets)
    small = 0
    for locus in sorted(found, key=lambda x: (-x.fragments, -x.score, x.contig, x.start)):
        stretch = _gene_stretch(locus, annotation) if locus.linked else _beside(locus, BESIDE)
        size = stretch[2] - stretch[1]
        if size > room:
            stretch = _beside(locus, BESIDE)
            small += locus.linked
        else:
            room -= size
        stretches.append(stretch)
    if small:
        log.info("%d loci are not grown to their genes: reads lead to too many places", small)
    return stretches


def _beside(locus: Locus, bases: int) -> Interval:
    return locus.contig, max(locus.start - bases, 0), locus.end + bases


def _gene_stretch(locus: Locus, annotation: Annotation) -> Interval:
    genes = annotation.overlapping(locus.contig, locus.start + 1, locus.end)
    if not genes:
        return _beside(locus, AROUND)
    start = min(locus.start, *(gene.start - 1 for gene in genes))
    return locus.contig, max(start - _GENE_SIDE, 0), max(locus.end, *(gene.end for gene in genes)) + _GENE_SIDE


def merged(stretches: Iterable[Interval], order: Callable[[str], int], distance: int = 0) -> list[list[Interval]]:
    """Stretches joined where they touch, in genomic order, and grouped where they lie within `distance` bases."""
    joined: list[Interval] = []
    for contig, start, end in sorted(stretches, key=lambda s: (order(s[0]), s[1], s[2])):
        if joined and joined[-1][0] == contig and start <= joined[-1][2]:
            joined[-1] = contig, joined[-1][1], max(end, joined[-1][2])
        else:
            joined.append((contig, start, end))
    groups: list[list[Interval]] = []
    for stretch in joined:
        if groups and groups[-1][-1][0] == stretch[0] and stretch[1] - groups[-1][-1][2] <= distance:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return groups
