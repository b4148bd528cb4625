"""What the screen of one sample starts from: reference, tables, transcripts, primer stretches, fusions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..genome.bed import PRIMER, Stretches
from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.hotspots import ScreenSet, read_screen_set
from ..knowledge.panel import read_panel
from ..model.records import FusionResult
from ..settings import ScreenSettings
from . import hgvs
from .reads import Span


@dataclass
class Sample:
    """Inputs of one sample, read once."""

    genome: Genome
    tables: ScreenSet
    transcripts: dict[str, Transcript]  # screened genes that annotation and panel have, coding ones
    stated: dict[str, str]  # gene -> transcript name for HGVS
    primers: dict[str, list[tuple[int, int]]]  # contig -> primer stretches, 0-based half-open
    fusions: FusionResult
    settings: ScreenSettings
    blind: frozenset[tuple[str, int]]  # gene and codon of those that recruiting cannot see

    def masked(self, gene: str) -> list[tuple[int, int]]:
        """Stretches of the gene's contig that are no mutation evidence."""
        return self.primers.get(self.transcripts[gene].contig, [])

    def spans(self) -> dict[str, Span]:
        return {gene: Span(t.contig, t.start - 1, t.end) for gene, t in self.transcripts.items()}

    def codons(self, gene: str) -> list[int]:
        """Screened codons that the gene's transcript has, ascending."""
        last = self.transcripts[gene].codons
        return [codon for g, codon in self.tables.by_codon if g == gene and codon <= last]


def read_inputs(
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    fusions: FusionResult,
    settings: ScreenSettings,
    targets_bed: Path | None,
    blind: frozenset[tuple[str, int]],
) -> Sample:
    """Read everything but the reads. Raises InputError on a malformed table."""
    tables = read_screen_set(knowledge)
    models = Annotation.load(annotation)
    rows = {row.gene: row for row in read_panel(panel)}
    transcripts = {g: t for g in tables.genes if g in rows and (t := models.get(g)) is not None and t.cds is not None}
    stated = {g: hgvs.stated_name(t, rows[g].transcript, rows[g].refseq) for g, t in transcripts.items()}
    genome = Genome(fasta)
    primers = read_primers(targets_bed, genome.lengths) if targets_bed else {}
    return Sample(genome, tables, transcripts, stated, primers, fusions, settings, blind)


def read_primers(bed: Path, lengths: dict[str, int] | None = None) -> dict[str, list[tuple[int, int]]]:
    """Primer stretches of a BED by contig, 0-based half-open.

    Raises InputError naming the line that is not BED or has no role, or, with the `lengths` of the reference's contigs,
    lies on none of them.
    """
    stretches = Stretches.read(bed)
    if lengths is not None:
        stretches.check_contigs(lengths, lengths)
    primers: dict[str, list[tuple[int, int]]] = {}
    for stretch in stretches.all:
        if stretch.role == PRIMER:
            primers.setdefault(stretch.contig, []).append((stretch.start - 1, stretch.end))
    return primers
