"""What the screen of one sample starts from: reference, tables, transcripts, primer stretches, fusions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.hotspots import ScreenSet, read_screen_set
from ..knowledge.panel import read_panel
from ..model.records import FusionResult
from ..runtime.errors import InputError
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
        bounds = self.transcripts[gene].cds
        last = (bounds[1] - bounds[0] + 1) // 3 if bounds else 0
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
    primers = read_primers(targets_bed) if targets_bed else {}
    return Sample(Genome(fasta), tables, transcripts, stated, primers, fusions, settings, blind)


def read_primers(bed: Path) -> dict[str, list[tuple[int, int]]]:
    """Primer stretches of a BED by contig, 0-based half-open: rows with the word primer in a column behind the third.

    Raises InputError naming the line that is not BED.
    """
    primers: dict[str, list[tuple[int, int]]] = {}
    try:
        lines = bed.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{bed}: cannot be read as BED ({error}); correct column targets of the sheet") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        columns = line.split("\t")
        whole = len(columns) >= 3 and columns[1].isdigit() and columns[2].isdigit()
        if not whole or int(columns[1]) >= int(columns[2]):
            raise InputError(f"{bed}: line {number}: a BED line is contig, start, end (start below end), tab-separated")
        if any("primer" in column.lower() for column in columns[3:]):
            primers.setdefault(columns[0], []).append((int(columns[1]), int(columns[2])))
    return primers
