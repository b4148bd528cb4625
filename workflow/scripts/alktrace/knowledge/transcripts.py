"""The transcripts that exon numbers and codons of all tables refer to (`resources/transcripts.tsv`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..runtime.errors import InputError
from .table import read_table

_COLUMNS = ("gene", "synonyms", "ensembl", "refseq", "contig", "strand", "cds", "exons")


def bare(transcript_id: str) -> str:
    """An accession without its version: ENST00000389048.8 and NM_004304.5_2 give ENST00000389048 and NM_004304."""
    return transcript_id.split(".")[0]


@dataclass(frozen=True)
class ReferenceTranscript:
    """One row. `exons` are (start, end) on GRCh38, 1-based inclusive, in transcript order; `cds` is (first, last) in
    transcript positions, without the stop codon."""

    gene: str
    synonyms: tuple[str, ...]
    ensembl: str
    refseq: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int]

    @cached_property
    def accessions(self) -> frozenset[str]:
        """Ensembl and RefSeq names without version."""
        return frozenset(map(bare, filter(None, (self.ensembl, self.refseq))))


def read_transcripts(path: Path) -> dict[str, ReferenceTranscript]:
    """The table by gene symbol, rows in file order. Raises InputError naming the row that is wrong."""
    found: dict[str, ReferenceTranscript] = {}
    for number, row in enumerate(read_table(path, _COLUMNS), 2):
        try:
            exons = tuple((int(a), int(b)) for a, b in (exon.split("-") for exon in row["exons"].split(",")))
            first, last = map(int, row["cds"].split("-"))
        except ValueError:
            raise InputError(f"{path}: row {number}: exons and cds are written like 10-20,30-40; restore it") from None
        if row["gene"] in found:
            raise InputError(f"{path}: row {number}: gene {row['gene']} has two rows; keep one")
        synonyms = tuple(filter(None, row["synonyms"].split(";")))
        found[row["gene"]] = ReferenceTranscript(
            row["gene"], synonyms, row["ensembl"], row["refseq"], row["contig"], row["strand"], exons, (first, last)
        )
    return found
