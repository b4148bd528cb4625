"""The reference made ready: a plain indexed FASTA, the stated transcripts and the introns the aligner is told.

Nothing is written beside the user's files: a reference is often on a read-only disk.
"""

from __future__ import annotations

import gzip
import logging
import mmap
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pysam

from ..genome.fasta import Genome
from ..genome.transcripts import COORDINATES, Annotation, Transcript
from ..knowledge.fusions import read_domains
from ..knowledge.panel import PanelGene, read_panel
from ..knowledge.transcripts import ReferenceTranscript, read_transcripts
from ..model.records import AnnotationRecord
from ..runtime.errors import InputError
from ..runtime.serialise import write_json, write_text
from .contigs import UNKNOWN, alternates, genome_build
from .fit import unfit_genes
from .gtf import read_gtf

log = logging.getLogger(__name__)


def prepare_genome(fasta: Path, out: Path) -> None:
    """Make `out` a plain FASTA with its index `out`.fai: a link to an uncompressed `fasta`, else its unpacked content.

    Alternative sequences of a locus are left out (`contigs.alternates`), with one line of log. Raises InputError when
    the file is missing, cut short or not a FASTA, or when a contig is empty or there twice.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with fasta.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        if packed:
            with gzip.open(fasta, "rb") as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        else:
            partial.symlink_to(fasta.resolve())
        _check_contigs(fasta, partial)
        _index(fasta, partial, Path(f"{out}.fai"))
        _leave_out_alternates(fasta, partial, Path(f"{out}.fai"))
    except FileNotFoundError:
        raise InputError(f"{fasta}: no such file; set reference.fasta in the configuration") from None
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{fasta}: cannot be read to its end ({error}); fetch the file again") from None
    else:
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _check_contigs(fasta: Path, plain: Path) -> None:
    """Raises InputError when the file is no FASTA, or a contig has no name, no bases or the name of another."""
    with plain.open("rb") as handle:
        if handle.read(1) != b">":
            raise InputError(f"{fasta}: does not begin with '>'; give a FASTA, uncompressed or gzip")
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as text:
            seen: set[bytes] = set()
            start = 0
            while start >= 0:
                end = text.find(b"\n", start)
                header = text[start + 1 : end if end >= 0 else len(text)]
                name = header.split(maxsplit=1)[0] if header.strip() and not header[:1].isspace() else b""
                shown = name.decode("utf-8", "replace")
                if not name:
                    raise InputError(f"{fasta}: a contig has no name; give each '>' line a name")
                if name in seen:
                    raise InputError(f"{fasta}: contig {shown} is there twice; keep one")
                if end < 0 or not text[end + 1 : end + 2].strip() or text[end + 1 : end + 2] == b">":
                    raise InputError(f"{fasta}: contig {shown} has no bases; remove it or fetch the file again")
                seen.add(name)
                found = text.find(b"\n>", end)
                start = found + 1 if found >= 0 else -1


def _index(fasta: Path, plain: Path, fai: Path) -> None:
    partial = fai.with_name(f".{fai.name}.partial")
    try:
        pysam.faidx(str(plain), "--fai-idx", str(partial))
    except pysam.SamtoolsError as error:
        partial.unlink(missing_ok=True)
        reason = " ".join(str(error).split())
        raise InputError(f"{fasta}: is not a well-formed FASTA ({reason}); fetch the file again") from None
    os.replace(partial, fai)


def _leave_out_alternates(fasta: Path, plain: Path, fai: Path) -> None:
    """Replace `plain` by a FASTA without the alternative sequences, if there are any, and make its index anew."""
    rows = [line.split("\t") for line in fai.read_text(encoding="utf-8").splitlines()]
    left_out = alternates([row[0] for row in rows])
    if not left_out:
        return
    log.info("%s: %d alternative or unplaced contigs are left out", fasta, len(left_out))
    kept = plain.with_name(f"{plain.name}.kept")
    try:
        with plain.open("rb") as source, kept.open("wb") as target:
            for name, length, offset, bases, width in rows:
                if name not in left_out:
                    target.write(f">{name}\n".encode())
                    source.seek(int(offset))
                    lines, rest = divmod(int(length), int(bases))
                    _copy(source, target, lines * int(width) + rest)
                    target.write(b"\n")
        os.replace(kept, plain)
    finally:
        kept.unlink(missing_ok=True)
    _index(fasta, plain, fai)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0:
        block = source.read(min(size, 1 << 20))
        if not block:
            raise EOFError("it ends within a contig")
        target.write(block)
        size -= len(block)


def prepare_annotation(
    fasta: Path,
    gtf: Path,
    panel: Path,
    annotation: Path,
    junctions: Path,
    resources: Path | None = None,
    record: Path | None = None,
) -> None:
    """Write the stated transcripts (`Annotation.save`) and all annotated introns as BED12 for minimap2 `-j`.

    `fasta` is what `prepare_genome` made. An intron is a BED12 row of two blocks of one base, its neighbours, 0-based
    half-open. `resources` is the folder of transcripts.tsv, genome_builds.tsv and knowledge/domains.tsv; with it, panel
    genes that do not fit the sequence or the tables are left out with a warning each, and `record` gets the genome
    build, the transcripts of panel and partner genes with the rule that chose each, and the reasons (JSON). A panel
    gene that the GTF lacks gives one warning. Raises InputError when the two files do not belong together or ALK is
    missing or does not fit.
    """
    genes, genome = read_panel(panel), Genome(fasta)
    table = read_transcripts(resources / "transcripts.tsv") if resources else {}
    pins = {gene.gene: gene.transcript for gene in genes if gene.transcript}
    models, introns = read_gtf(gtf, pins, genome.lengths, table, genome if resources else None)
    _check_genes(models, genes, gtf)
    refused: dict[str, str] = {}
    if resources:
        refused = unfit_genes(models, genes, table, read_domains(resources / "knowledge"), genome, gtf)
        for gene, reason in refused.items():
            log.warning("%s: %s is not assessable: %s", gtf, gene, reason)
        models = Annotation(t for t in models.transcripts if t.gene not in refused)
    if record and resources:
        build = genome_build(genome.lengths, resources / "genome_builds.tsv")
        write_json(_record(models, genes, table, build, refused), record)
    partial = annotation.with_name(f".{annotation.name}.partial")
    models.save(partial)
    os.replace(partial, annotation)
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
