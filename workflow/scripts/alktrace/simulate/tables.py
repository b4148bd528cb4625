"""Tables of resources/demo that describe the synthetic genome and the fusion transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pysam

from ..runtime.paths import RESOURCES

FOLDER = RESOURCES / "demo"


@dataclass(frozen=True)
class GeneRow:
    """One gene; genes of a contig stand in genomic order.

    `coding_start` is the transcript position (1-based) of the A of ATG; `coding_length` counts the stop codon; both are
    None for a non-coding gene. `introns` are lengths, None = free choice. `skipped_exons` are left out of a second,
    non-coding transcript (empty: no second transcript). `expression` is the relative depth in a background library."""

    gene: str
    contig: str
    strand: str
    gene_type: str
    transcript: str
    coding_start: int | None
    coding_length: int | None
    exons: tuple[int, ...]
    introns: tuple[int | None, ...]
    skipped_exons: tuple[int, ...]
    expression: float


@dataclass(frozen=True)
class FixedCodons:
    """Bases a gene's coding sequence must show from codon `first_codon` on; `exon` holds that codon."""

    gene: str
    first_codon: int
    bases: str
    exon: int


@dataclass(frozen=True)
class FixedExon:
    """An exon with a given sequence, and the intron bases on either side, transcript sense."""

    gene: str
    exon: int
    before: str
    bases: str
    after: str


@dataclass(frozen=True)
class JunctionRow:
    """One junction of a fusion transcript: the 5' exon less `five_deleted` bases, `five_retained` bases of the intron
    behind it, `inserted` bases (or "intron:a-b", 1-based bases of that intron), `three_retained` bases of the intron
    before the 3' exon, the 3' exon less `three_deleted` bases. `five_name` is the short name used in published
    notation (None: symbol and "e"), `variant` the published label."""

    molecule: str
    five_gene: str
    five_exon: int
    five_deleted: int
    five_retained: int
    inserted: str
    three_retained: int
    three_deleted: int
    three_gene: str
    three_exon: int
    five_name: str | None
    variant: str | None


def _rows(path: Path) -> list[dict[str, str]]:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False).to_dict("records")  # type: ignore[return-value]


def _number(text: str) -> int | None:
    return int(text) if text else None


def read_genes(folder: Path = FOLDER) -> list[GeneRow]:
    """Genes in genomic order, from genes.tsv and exons.tsv."""
    exons: dict[str, list[dict[str, str]]] = {}
    for row in _rows(folder / "exons.tsv"):
        exons.setdefault(row["gene"], []).append(row)
    return [
        GeneRow(
            gene=row["gene"],
            contig=row["contig"],
            strand=row["strand"],
            gene_type=row["gene_type"],
            transcript=row["transcript"],
            coding_start=_number(row["coding_start"]),
            coding_length=_number(row["coding_length"]),
            exons=tuple(int(e["length"]) for e in exons[row["gene"]]),
            introns=tuple(_number(e["intron_after"]) for e in exons[row["gene"]][:-1]),
            skipped_exons=tuple(int(n) for n in row["second_transcript_skips"].split(",") if n),
            expression=float(row["expression"]),
        )
        for row in _rows(folder / "genes.tsv")
    ]


def read_codons(folder: Path = FOLDER) -> list[FixedCodons]:
    """Codons of the hotspots, from codons.tsv."""
    return [
        FixedCodons(row["gene"], int(row["first_codon"]), row["bases"], int(row["exon"]))
        for row in _rows(folder / "codons.tsv")
    ]


def read_fixed_exons(folder: Path = FOLDER) -> list[FixedExon]:
    """Exons with real sequence, from alk_exons_20_28.fa (exon in upper case, intron flanks in lower case)."""
    found = []
    with pysam.FastxFile(str(folder / "alk_exons_20_28.fa")) as records:
        for record in records:
            gene, _, exon = record.name.partition("_exon")
            bases = record.sequence
            before = len(bases) - len(bases.lstrip("acgt"))
            after = len(bases.rstrip("acgt"))
            found.append(FixedExon(gene, int(exon), bases[:before].upper(), bases[before:after], bases[after:].upper()))
    return found


def read_junctions(folder: Path = FOLDER) -> list[JunctionRow]:
    """Junctions of all fusion transcripts, from scenarios.tsv; a transcript with two junctions has two rows."""
    return [
        JunctionRow(
            molecule=row["molecule"],
            five_gene=row["five_gene"],
            five_exon=int(row["five_exon"]),
            five_deleted=int(row["five_deleted"]),
            five_retained=int(row["five_retained"]),
            inserted=row["inserted"],
            three_retained=int(row["three_retained"]),
            three_deleted=int(row["three_deleted"]),
            three_gene=row["three_gene"],
            three_exon=int(row["three_exon"]),
            five_name=row["five_name"] or None,
            variant=row["variant"] or None,
        )
        for row in _rows(folder / "scenarios.tsv")
    ]
