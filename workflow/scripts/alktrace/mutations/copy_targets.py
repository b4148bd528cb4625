"""Unique-fragment coverage of a DNA panel's targets, from which copy ratios follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..genome.bed import PRIMER, Stretches
from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.panel import PanelGene
from ..model.records import CopyTarget
from .unique import Positions

Parts = Mapping[str, tuple[Transcript, list[tuple[int, int]]]]  # of each gene: what is recruited, 1-based inclusive

SHORTEST = 40  # bases of a target, below which its coverage says little
AROUND = 150  # bases beside a target's middle whose GC and baits decide how well it is caught


def looked_at(rows: Iterable[PanelGene], genes: Annotation) -> Parts:
    """The transcript of each panel gene and the sorted parts of it that are recruited from DNA."""
    found = {}
    for row in rows:
        gene = genes.get(row.gene)
        if gene is None or row.role == "control":
            continue
        exons = range(1, len(gene.exons) + 1) if row.dna_exons is None else row.dna_exons
        parts = [part for n in exons if n <= len(gene.exons) and (part := _coding(gene, gene.exons[n - 1]))]
        parts += [gene.intron_span(n) for n in row.dna_introns if n < len(gene.exons)]
        if parts:
            found[row.gene] = (gene, sorted(parts))
    return found


def _coding(gene: Transcript, exon: tuple[int, int]) -> tuple[int, int] | None:
    """The coding part of an exon: what else it holds may not be recruited."""
    if gene.cds is None:
        return exon
    low, high = sorted(map(gene.to_genome, gene.cds))
    start, end = max(exon[0], low), min(exon[1], high)
    return (start, end) if start <= end else None


def measure(
    parts: Parts,
    fragments: Mapping[str, tuple[Positions, Positions]],
    baits: Stretches | None,
    genome: Genome,
    by_ends: bool,
) -> list[CopyTarget]:
    """Targets in the order of the panel: rows of the baits inside a gene's parts, the parts where no baits are given.
    `fragments`: those of each contig; `by_ends`: they are told apart by their ends alone, so that of two with the same
    ends one was counted, which is made up for."""
    chance = SharedEnds(fragments.values()) if by_ends else None
    nothing = np.zeros(0, np.int64)
    found = []
    for name, (gene, places) in parts.items():
        starts, ends = fragments.get(gene.contig, (nothing, nothing))
        for start, end in _targets(gene.contig, places, baits):
            touching = (starts <= end) & (ends >= start)
            overlap = np.minimum(ends[touching], end) - np.maximum(starts[touching], start) + 1
            middle = (start + end) // 2
            low, high = max(middle - AROUND, 1), min(middle + AROUND, genome.lengths[gene.contig])
            bases = genome.fetch(gene.contig, low, high).upper()
            known = sum(bases.count(base) for base in "ACGT")
            more = chance.factor(int(touching.sum()), end - start + 1) if chance else 1.0
            found.append(
                CopyTarget(
                    gene=name,
                    contig=gene.contig,
                    start=start,
                    end=end,
                    gc=round((bases.count("G") + bases.count("C")) / max(known, 1), 4),
                    baited=round(baits.share(gene.contig, low, high), 4) if baits else 1.0,
                    fragments=int(touching.sum()),
                    depth=round(more * float(overlap.sum()) / (end - start + 1), 2),
                )
            )
    return found


class SharedEnds:
    """How many different fragments share both ends by chance, from the lengths of a sample's fragments.

    With n fragments a start and a share p of them of a length, 1 - exp(-n p) of them are seen as different.
    """

    DENSITIES = np.logspace(-3, 4, 400)  # fragments a start

    def __init__(self, fragments: Iterable[tuple[Positions, Positions]]):
        lengths = np.concatenate([np.zeros(0, np.int64), *(end - start + 1 for start, end in fragments)])
        counts = np.bincount(lengths) if len(lengths) else np.ones(1)
        shares = counts[counts > 0] / counts.sum()
        self._mean = float(lengths.mean()) if len(lengths) else 1.0
        self._seen = np.array([-np.expm1(-n * shares).sum() for n in self.DENSITIES])

    def factor(self, fragments: int, bases: int) -> float:
        """True fragments for each different one, of so many that touch a stretch of so many bases."""
        seen = fragments / (bases + self._mean - 1)
        return max(float(np.interp(seen, self._seen, self.DENSITIES)) / seen, 1.0) if seen else 1.0


def _targets(contig: str, places: Iterable[tuple[int, int]], baits: Stretches | None) -> list[tuple[int, int]]:
    places = list(places)
    if baits is None:
        return [(start, end) for start, end in places if end - start + 1 >= SHORTEST]
    found = set()
    for bait in baits.by_contig.get(contig, ()):
        if bait.role == PRIMER:
            continue
        for start, end in places:
            low, high = max(bait.start, start), min(bait.end, end)
            if high - low + 1 >= SHORTEST:
                found.add((low, high))
    return sorted(found)
