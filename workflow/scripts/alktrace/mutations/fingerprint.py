"""The inherited variants that a sample shows in the recruited genes, by which samples of one person know each other.

No list of variants: every base of the recruited exons (DNA: introns too) that is deep enough is called the reference's,
heterozygous or homozygous, one read a molecule; what fits none of these is left out, as most somatic changes and
parts with lost copies are.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pysam

from ..genome.bed import PRIMER, Stretches
from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..knowledge.panel import PanelGene, read_panel
from ..model.records import CallableStretch, Fingerprint, GenotypeSite
from ..model.vocabulary import Assay
from .unique import UNIQUE_QUALITY, UniqueFragments

LEAST_DEPTH = 20
REFERENCE, HETEROZYGOUS, HOMOZYGOUS = (
    0.05,
    (0.3, 0.7),
    0.9,
)  # share of the commonest other base: at most, within, at least
BASE_QUALITY = 20
BASES = "ACGT"


def fingerprint(
    bam: Path,
    found: UniqueFragments,
    fasta: Path,
    annotation: Path,
    panel: Path,
    assay: str,
    targets_bed: Path | None,
) -> Fingerprint:
    """The genotypes of a sample; `found`: fragments of the evidence BAM. Bases in primer intervals of `targets_bed` are
    left out."""
    genome, genes = Genome(fasta), Annotation.load(annotation)
    primers = [s for s in Stretches.read(targets_bed).all if s.role == PRIMER] if targets_bed else []
    made = Fingerprint(sites=[], callable=[])

    def counts(read: pysam.AlignedSegment) -> bool:
        unique = read.mapping_quality >= UNIQUE_QUALITY and not (read.is_secondary or read.is_qcfail)
        return unique and read.query_name in found.names

    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for contig, start, end in _stretches(read_panel(panel), genes, assay):
            if contig not in handle.references:
                continue
            table = np.array(
                handle.count_coverage(contig, start - 1, end, quality_threshold=BASE_QUALITY, read_callback=counts)
            )
            for primer in primers:
                if primer.contig == contig:
                    table[:, max(primer.start - start, 0) : max(primer.end - start + 1, 0)] = 0
            _genotypes(made, table, genome.fetch(contig, start, end).upper(), contig, start)
    return made


def _stretches(rows: Iterable[PanelGene], genes: Annotation, assay: str) -> list[tuple[str, int, int]]:
    """Recruited parts, merged where they touch, sorted."""
    parts = []
    for row in rows:
        gene = genes.get(row.gene)
        if gene is None or row.role == "control":
            continue
        numbers = row.exons(assay)
        exons = range(1, len(gene.exons) + 1) if numbers is None else numbers
        parts += [(gene.contig, *gene.exons[n - 1]) for n in exons if n <= len(gene.exons)]
        if assay == Assay.DNA:
            parts += [(gene.contig, *gene.intron_span(n)) for n in row.dna_introns if n < len(gene.exons)]
    merged: list[tuple[str, int, int]] = []
    for contig, start, end in sorted(parts):
        if merged and merged[-1][0] == contig and start <= merged[-1][2] + 1:
            merged[-1] = (contig, merged[-1][1], max(merged[-1][2], end))
        else:
            merged.append((contig, start, end))
    return merged


def _genotypes(found: Fingerprint, table: np.ndarray, reference: str, contig: str, start: int) -> None:
    """Add the genotypes of one stretch; `table` holds counts of A, C, G, T (4, bases)."""
    depth = table.sum(axis=0)
    own = np.array([BASES.find(base) for base in reference])
    others = table.copy()
    known = own >= 0
    others[own[known], np.flatnonzero(known)] = 0
    share = others.max(axis=0) / np.maximum(depth, 1)
    deep = known & (depth >= LEAST_DEPTH)
    plain = np.concatenate(([0], (deep & (share <= REFERENCE)).astype(np.int8), [0]))
    edges = np.flatnonzero(np.diff(plain))
    found.callable += [
        CallableStretch(contig=contig, start=start + int(a), end=start + int(b) - 1)
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    het = deep & (share >= HETEROZYGOUS[0]) & (share <= HETEROZYGOUS[1])
    for at in np.flatnonzero(het | (deep & (share >= HOMOZYGOUS))):
        found.sites.append(
            GenotypeSite(
                contig=contig,
                position=start + int(at),
                ref=reference[at],
                alt=BASES[int(others[:, at].argmax())],
                copies=1 if het[at] else 2,
                depth=int(depth[at]),
                alt_fragments=int(others[:, at].max()),
            )
        )
