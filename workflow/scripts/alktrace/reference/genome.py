"""The reference made ready: genome at two bits a base, reference transcripts and the introns the aligner is told.

Nothing is written beside the user's files: a reference is often on a read-only disk.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..genome.contigs import UNKNOWN, genome_build
from ..genome.fasta import Genome
from ..genome.transcripts import COORDINATES, Annotation, Transcript
from ..genome.twobit import write_twobit
from ..knowledge.fusions import read_domains
from ..knowledge.panel import PanelGene, read_panel
from ..knowledge.transcripts import ReferenceTranscript, read_transcripts
from ..model.records import AnnotationRecord
from ..runtime.errors import InputError
from ..runtime.files import write_text, written_whole
from ..runtime.serialise import write_json
from .cache import cached, entry_key, link
from .fit import unfit_genes
from .gtf import read_gtf

log = logging.getLogger(__name__)

GENOME = "genome.2bit"


def prepare_genome(fasta: Path, digest: str, cache: Path, out: Path) -> None:
    """Make `out` a link to the genome at two bits a base in the folder `cache`, written there if need be.

    `digest` is the SHA-256 of `fasta` (plain or gzip). Raises InputError when the FASTA is missing, cut short or none.
    """
    made = cached(cache, entry_key({"fasta": digest}, "genome"), (GENOME,), lambda to: write_twobit(fasta, to / GENOME))
    link(made[GENOME], out)


def prepare_annotation(
    genome: Path,
    gtf: Path,
    panel: Path,
    annotation: Path,
    junctions: Path,
    resources: Path | None = None,
    record: Path | None = None,
) -> None:
    """Write the reference transcripts (`Annotation.save`) and all annotated introns as BED12 for minimap2 `-j`.

    `genome` is what `prepare_genome` made. An intron is a BED12 row of two blocks of one base, its neighbours, 0-based
    half-open. `resources` is the folder of transcripts.tsv, genome_builds.tsv and knowledge/domains.tsv; with it, panel
    genes that do not fit the sequence or the tables are left out with a warning each, and `record` gets the genome
    build, the transcripts of panel and partner genes with the rule that chose each, and the reasons (JSON). A panel
    gene that the GTF lacks gives one warning. Raises InputError when the two files do not belong together or ALK is
    missing or does not fit.
    """
    genes, bases = read_panel(panel), Genome(genome)
    table = read_transcripts(resources / "transcripts.tsv") if resources else {}
    pins = {gene.gene: gene.transcript for gene in genes if gene.transcript}
    models, introns = read_gtf(gtf, pins, bases.lengths, table, bases if resources else None)
    _check_genes(models, genes, gtf)
    refused: dict[str, str] = {}
    if resources:
        refused = unfit_genes(models, genes, table, read_domains(resources / "knowledge"), bases, gtf)
        for gene, reason in refused.items():
            log.warning("%s: %s is not assessable: %s", gtf, gene, reason)
        models = Annotation(t for t in models.transcripts if t.gene not in refused)
    if record and resources:
        build = genome_build(bases.lengths, resources / "genome_builds.tsv")
        write_json(_record(models, genes, table, build, refused), record)
    with written_whole(annotation) as partial:
        models.save(partial)
    write_text(junctions, "".join(_bed12(*intron) for intron in sorted(introns)))


def _record(
    models: Annotation,
    genes: Sequence[PanelGene],
    table: Mapping[str, ReferenceTranscript],
    build: str,
    refused: Mapping[str, str],
) -> AnnotationRecord:
    if build == UNKNOWN and any(t.rule == COORDINATES or _on_grch38(t, table) for t in models.transcripts):
        build = f"{UNKNOWN} by its contig lengths, GRCh38 by its exons"
    symbols = dict.fromkeys([gene.gene for gene in genes] + list(table))
    stated = {s: f"{t.transcript_id} ({t.rule})" for s in symbols if (t := models.get(s)) is not None}
    return AnnotationRecord(genome_build=build, transcripts=stated, not_assessable=dict(refused))


def _on_grch38(transcript: Transcript, table: Mapping[str, ReferenceTranscript]) -> bool:
    row = table.get(transcript.gene)
    return row is not None and len(row.exons) > 2 and row.exons[1:-1] == transcript.exons[1:-1]


def _bed12(contig: str, start: int, end: int, strand: str) -> str:
    """The intron start..end (0-based half-open) as a transcript of two one-base exons."""
    first, last = start - 1, end + 1
    columns = (contig, first, last, "intron", 0, strand, first, last, 0, 2, "1,1,", f"0,{end - first},")
    return "\t".join(map(str, columns)) + "\n"


def _check_genes(models: Annotation, genes: Sequence[PanelGene], gtf: Path) -> None:
    for gene in genes:
        found = models.get(gene.gene)
        if gene.gene == "ALK" and found is None:
            raise InputError(
                f'{gtf}: no gene ALK on a contig of the FASTA; use a GTF with gene_name "ALK" made for this FASTA'
            )
        if gene.gene == "ALK" and found is not None and found.cds is None:
            raise InputError(f"{gtf}: {found.transcript_id} of ALK has no CDS rows; use a GTF with coding sequences")
    missing = [gene.gene for gene in genes if models.get(gene.gene) is None]
    if missing:
        log.warning("%s: panel genes missing, reported as not assessable: %s", gtf, ", ".join(missing))
