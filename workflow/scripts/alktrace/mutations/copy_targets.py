"""Unique-fragment coverage of a DNA panel's targets, from which copy ratios follow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..genome.bed import Stretches
from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.panel import PanelGene
from ..model.records import CopyTarget
from .reads import Int64, ReadTable, Span

SHORTEST = 40  # bases of a target, below which its coverage says little
AROUND = 150  # bases beside a target's middle whose GC and baits decide how well it is caught
LONGEST = 1200  # bases of a fragment; what lies farther apart is no fragment
_ON_REFERENCE = np.isin(np.arange(16), (0, 2, 3, 7, 8))  # CIGAR operations M, D, N, = and X


def looked_at(rows: Iterable[PanelGene], genes: Annotation) -> dict[str, tuple[Transcript, list[tuple[int, int]]]]:
    """The parts of each panel gene that are recruited from DNA: transcript and stretches (1-based inclusive), sorted."""
    found = {}
    for row in rows:
        gene = genes.get(row.gene)
        if gene is None or row.role == "control":
            continue
        exons = range(1, len(gene.exons) + 1) if row.dna_exons is None else row.dna_exons
        parts = [gene.exons[n - 1] for n in exons if n <= len(gene.exons)]
        parts += [gene.intron_span(n) for n in row.dna_introns if n < len(gene.exons)]
        if parts:
            found[row.gene] = (gene, sorted(parts))
    return found


def spans(parts: Mapping[str, tuple[Transcript, list[tuple[int, int]]]]) -> dict[str, Span]:
    """Stretch of each gene for which reads are needed."""
    return {
        name: Span(gene.contig, places[0][0] - 1, max(end for _, end in places))
        for name, (gene, places) in parts.items()
    }


def measure(
    parts: Mapping[str, tuple[Transcript, list[tuple[int, int]]]],
    reads: Mapping[str, ReadTable],
    baits: Stretches | None,
    genome: Genome,
) -> list[CopyTarget]:
    """Targets in the order of the panel: rows of the baits inside a gene's parts, or the parts where no baits are given."""
    found = []
    for name, (gene, places) in parts.items():
        starts, ends = fragments(reads[name])
        for start, end in _targets(gene.contig, places, baits):
            touching = (starts <= end) & (ends >= start)
            overlap = np.minimum(ends[touching], end) - np.maximum(starts[touching], start) + 1
            middle = (start + end) // 2
            low, high = max(middle - AROUND, 1), min(middle + AROUND, genome.lengths[gene.contig])
            bases = genome.fetch(gene.contig, low, high).upper()
            known = sum(bases.count(base) for base in "ACGT")
            found.append(
                CopyTarget(
                    gene=name,
                    contig=gene.contig,
                    start=start,
                    end=end,
                    gc=round((bases.count("G") + bases.count("C")) / max(known, 1), 4),
                    baited=round(baits.share(gene.contig, low, high), 4) if baits else 1.0,
                    fragments=int(touching.sum()),
                    depth=round(float(overlap.sum()) / (end - start + 1), 2),
                )
            )
    return found


def _targets(contig: str, places: Iterable[tuple[int, int]], baits: Stretches | None) -> list[tuple[int, int]]:
    places = list(places)
    if baits is None:
        return [(start, end) for start, end in places if end - start + 1 >= SHORTEST]
    found = set()
    for bait in baits.by_contig.get(contig, ()):
        if bait.is_primer:
            continue
        for start, end in places:
            low, high = max(bait.start, start), min(bait.end, end)
            if high - low + 1 >= SHORTEST:
                found.add((low, high))
    return sorted(found)


def fragments(table: ReadTable) -> tuple[Int64, Int64]:
    """First and last position (1-based inclusive) of each unique fragment of a gene."""
    counted = table.molecule >= 0
    lengths = np.where(_ON_REFERENCE[table.cigar_op], table.cigar_len, 0).astype(np.int64)
    before = np.concatenate(([0], np.cumsum(lengths)))
    ends = table.position + before[table.cigar_start[1:]] - before[table.cigar_start[:-1]]
    molecules, index = np.unique(table.molecule[counted], return_inverse=True)
    first = np.full(len(molecules), np.iinfo(np.int64).max)
    last = np.zeros(len(molecules), np.int64)
    np.minimum.at(first, index, table.position[counted] + 1)
    np.maximum.at(last, index, ends[counted])
    whole = last - first < LONGEST
    return first[whole], last[whole]
