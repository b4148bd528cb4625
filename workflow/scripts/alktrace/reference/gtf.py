"""Gene models of a GTF: one reference transcript per gene, and all introns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..knowledge.transcripts import ReferenceTranscript
from ..runtime.errors import InputError
from .gtf_models import Model, read_models
from .stated import stated_transcripts

Intron = tuple[str, int, int, str]


def read_gtf(
    path: Path,
    pins: Mapping[str, str],
    contigs: Mapping[str, int],
    table: Mapping[str, ReferenceTranscript] | None = None,
    genome: Genome | None = None,
) -> tuple[Annotation, set[Intron]]:
    """Reference transcripts and all splice junctions of a GTF.

    `pins` maps gene symbols to transcript ids, `contigs` the FASTA's contigs to their lengths, `table` symbols to
    reference transcripts; with a `genome`, coding sequences are looked at (see `stated`). Returns the annotation and
    the junctions as (contig, start, end, strand), introns in 0-based half-open coordinates. Transcripts on contigs the
    FASTA lacks are left out. Raises InputError when the file is malformed, when no contig is shared with the FASTA, or
    when an exon lies beyond its contig.
    """
    models = read_models(path)
    present = [model for model in models if model.contig in contigs]
    if not present:
        seen = ", ".join(sorted({model.contig for model in models})[:3]) or "none"
        raise InputError(
            f"{path}: no contig of the GTF ({seen}) is in the FASTA ({', '.join(list(contigs)[:3])});"
            " use a FASTA and a GTF with the same contig names"
        )
    for model in present:
        _check_end(path, model, contigs[model.contig])
    introns = {intron for model in present for intron in _introns(model)}
    return Annotation(stated_transcripts(present, table or {}, pins, contigs, genome)), introns


def _check_end(path: Path, model: Model, length: int) -> None:
    end = max(end for _, end in model.exons)
    if end > length:
        raise InputError(
            f"{path}: {model.transcript_id} ends at {model.contig}:{end} but the FASTA's {model.contig} has"
            f" {length} bases; use the GTF made for this FASTA"
        )


def _introns(model: Model) -> list[Intron]:
    spans = sorted(model.exons)
    return [(model.contig, a[1], b[0] - 1, model.strand) for a, b in zip(spans, spans[1:], strict=False) if a[1] < b[0]]
