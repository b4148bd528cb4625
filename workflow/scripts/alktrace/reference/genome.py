"""The reference made ready: the genome at two bits a base, the stated transcripts and the introns the aligner is told.

Nothing is written beside the user's files: a reference is often on a read-only disk.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..genome.twobit import write_twobit
from ..knowledge.panel import PanelGene, read_panel
from ..runtime.errors import InputError
from ..runtime.serialise import write_text
from .cache import cached, entry_key, link
from .gtf import read_gtf

log = logging.getLogger(__name__)

GENOME = "genome.2bit"


def prepare_genome(fasta: Path, digest: str, cache: Path, out: Path) -> None:
    """Make `out` a link to the genome at two bits a base in the folder `cache`, written there if need be.

    `digest` is the SHA-256 of `fasta` (plain or gzip). Raises InputError when the FASTA is missing, cut short or none.
    """
    made = cached(cache, entry_key({"fasta": digest}, "genome"), (GENOME,), lambda to: write_twobit(fasta, to / GENOME))
    link(made[GENOME], out)


def prepare_annotation(genome: Path, gtf: Path, panel: Path, annotation: Path, junctions: Path) -> None:
    """Write the stated transcripts (`Annotation.save`) and all annotated introns as BED12 for minimap2 `-j`.

    `genome` is what `prepare_genome` made. An intron is a BED12 row of two blocks of one base, its neighbours, 0-based
    half-open. A panel gene that the GTF lacks gives one warning. Raises InputError when the two files do not belong
    together or ALK is missing.
    """
    genes = read_panel(panel)
    pins = {gene.gene: gene.transcript for gene in genes if gene.transcript}
    models, introns = read_gtf(gtf, pins, Genome(genome).lengths)
    _check_genes(models, genes, gtf)
    partial = annotation.with_name(f".{annotation.name}.partial")
    models.save(partial)
    os.replace(partial, annotation)
    write_text(junctions, "".join(_bed12(*intron) for intron in sorted(introns)))


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
