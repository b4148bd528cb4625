"""The transcripts that exon numbers and codons of all tables refer to (`resources/transcripts.tsv`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from ..runtime.errors import InputError
from .table import fault, read_table

_COLUMNS = ("gene", "synonyms", "ensembl", "refseq", "contig", "strand", "cds", "exons")
_SPAN = re.compile(r"([1-9][0-9]{0,11})-([1-9][0-9]{0,11})")


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


def _span(path: Path, row: int, column: str, text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        fault(path, row, column, f"'{text[:80]}' is not written like 10-20")
    return int(found[1]), int(found[2])


def read_transcripts(path: Path) -> dict[str, ReferenceTranscript]:
    """The table by gene symbol, rows in file order. Raises InputError naming the row that is wrong."""
    found: dict[str, ReferenceTranscript] = {}
    for number, row in enumerate(read_table(path, _COLUMNS), 2):
        exons = tuple(_span(path, number, "exons", exon) for exon in row["exons"].split(","))
        first, last = _span(path, number, "cds", row["cds"])
        if row["strand"] not in ("+", "-"):
            fault(path, number, "strand", f"'{row['strand']}' is neither + nor -")
        ordered = exons if row["strand"] == "+" else exons[::-1]
        if any(a[1] >= b[0] for a, b in pairwise(ordered)):
            fault(path, number, "exons", "they do not follow one another in the sense of the transcript")
        if last > sum(end - start + 1 for start, end in exons):
            fault(path, number, "cds", f"ends at {last}, behind the transcript's end")
        if row["gene"] in found:
            raise InputError(f"{path}: row {number}: gene {row['gene']} has two rows; keep one")
        synonyms = tuple(filter(None, row["synonyms"].split(";")))
        found[row["gene"]] = ReferenceTranscript(
            row["gene"], synonyms, row["ensembl"], row["refseq"], row["contig"], row["strand"], exons, (first, last)
        )
    return found
