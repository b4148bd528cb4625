"""Transcripts of a GTF: GENCODE, Ensembl, RefSeq and UCSC write the same facts in different words."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..genome.transcripts import Transcript
from ..runtime.errors import InputError

_ATTRIBUTE = re.compile(r'([\w.]+) "?([^";]*)"?')
_TRANSCRIPT_ID = re.compile(r'\btranscript_id "?([^";]+)"?')
_LONGEST_LINE = 1 << 20  # characters; those of real annotations have some thousands
_NUMBER = re.compile(r"[1-9][0-9]{0,11}")
_TRANSCRIPT_FEATURES = ("transcript", "mRNA")
CODING_TYPES = ("protein_coding", "mRNA", "")  # of the transcript; "": the GTF does not say
INCOMPLETE = ("cds_start_NF", "cds_end_NF", "mRNA_start_NF", "mRNA_end_NF")


@dataclass
class Model:
    """One transcript of the GTF. `gene` is the symbol, the gene_id where the GTF has no symbols (`named` false);
    coordinates are 1-based inclusive, in file order."""

    gene: str
    named: bool
    gene_id: str
    gene_type: str
    transcript_id: str
    transcript_type: str
    contig: str
    strand: str
    tags: frozenset[str]
    exons: list[tuple[int, int]] = field(default_factory=list)
    cds: list[tuple[int, int]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Does it code for a whole protein, as far as the GTF says?"""
        return bool(self.cds) and self.transcript_type in CODING_TYPES and self.tags.isdisjoint(INCOMPLETE)

    def transcript(self) -> Transcript:
        """The model with exons in transcript order; without `cds` when its ends lie outside of the exons."""
        ordered = tuple(sorted(self.exons, reverse=self.strand == "-"))
        plain = Transcript(
            self.gene, self.gene_id, self.gene_type, self.transcript_id, self.contig, self.strand, ordered, None
        )
        if not self.cds:
            return plain
        low, high = min(self.cds)[0], max(end for _, end in self.cds)
        first, last = (low, high) if self.strand == "+" else (high, low)
        begin, stop = plain.to_transcript(first), plain.to_transcript(last)
        return replace(plain, cds=(begin, stop) if begin is not None and stop is not None else None)


def read_models(path: Path) -> list[Model]:
    """All transcripts with exons, in file order. Raises InputError naming the line that is no GTF."""
    models: dict[tuple[str, str], Model] = {}
    for number, line in enumerate(_open_text(path), 1):
        if line.startswith("#") or not line.strip():
            continue
        columns = line.rstrip("\r\n").split("\t")
        where = f"{path}: line {number}"
        if len(columns) != 9:
            raise InputError(f"{where} has {len(columns)} columns, a GTF has 9; check the file")
        feature = columns[2]
        if feature not in ("exon", "CDS") and feature not in _TRANSCRIPT_FEATURES:
            continue
        found = _TRANSCRIPT_ID.search(columns[8])
        if found is None:
            if feature in _TRANSCRIPT_FEATURES:
                continue
            raise InputError(f"{where}: {feature} without transcript_id; use a GTF (GFF3 is another format)")
        key = found[1], columns[0]
        model = models.get(key)
        if model is None:
            model = models[key] = _model(where, columns, found[1])
        elif feature in _TRANSCRIPT_FEATURES:
            model.tags |= _tags(_ATTRIBUTE.findall(columns[8]))
        if columns[6] != model.strand:
            raise InputError(
                f"{where}: strand '{columns[6]}' of {found[1]} is '{model.strand}' in the rows before; correct the row"
            )
        if feature in ("exon", "CDS"):
            span, spans = _span(where, columns), model.exons if feature == "exon" else model.cds
            if span in spans:
                raise InputError(f"{where}: this {feature} of {found[1]} is there twice; remove the repeated rows")
            spans.append(span)
    return [model for model in models.values() if model.exons]


def _open_text(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig") as handle:
            number = 0
            while line := handle.readline(_LONGEST_LINE):
                number += 1
                if len(line) == _LONGEST_LINE:
                    raise InputError(f"{path}: line {number} has more than {_LONGEST_LINE} characters; use a GTF")
                yield line
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; set reference.gtf in the configuration") from None
    except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); fetch the file again") from error


def _model(where: str, columns: list[str], transcript_id: str) -> Model:
    attributes = _ATTRIBUTE.findall(columns[8])
    values = dict(attributes)
    gene_id = values.get("gene_id")
    if not gene_id:
        raise InputError(f"{where}: {columns[2]} without gene_id; check the file")
    if columns[6] not in ("+", "-"):
        raise InputError(f"{where}: strand '{columns[6]}' of {transcript_id} is neither + nor -; correct or remove it")
    version = values.get("transcript_version")
    if version and "." not in transcript_id:
        transcript_id = f"{transcript_id}.{version}"
    symbol = values.get("gene_name") or values.get("gene")
    return Model(
        gene=symbol or gene_id,
        named=bool(symbol) and symbol != transcript_id,
        gene_id=gene_id,
        gene_type=values.get("gene_type") or values.get("gene_biotype") or "",
        transcript_id=transcript_id,
        transcript_type=values.get("transcript_type") or values.get("transcript_biotype") or "",
        contig=columns[0],
        strand=columns[6],
        tags=_tags(attributes),
    )


def _tags(attributes: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Tags with underscores ("MANE Select" of RefSeq is "MANE_Select"); some files join them by commas."""
    joined = (value for name, value in attributes if name == "tag")
    return frozenset(tag.strip().replace(" ", "_") for value in joined for tag in value.split(","))


def _span(where: str, columns: list[str]) -> tuple[int, int]:
    if not (_NUMBER.fullmatch(columns[3]) and _NUMBER.fullmatch(columns[4])):
        raise InputError(
            f"{where}: {columns[2]} from '{columns[3]}' to '{columns[4]}': coordinates are whole numbers from 1 on"
        )
    start, end = int(columns[3]), int(columns[4])
    if start > end:
        raise InputError(f"{where}: {columns[2]} starts at {start}, behind its end {end}; correct the row")
    return start, end
