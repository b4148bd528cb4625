"""The transcripts that exon numbers and codons of all tables refer to (`resources/transcripts.tsv`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from .table import Verified, check_sources, check_unique, fault, read_rows

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

    @property
    def codons(self) -> int:
        return (self.cds[1] - self.cds[0] + 1) // 3

    @cached_property
    def accessions(self) -> frozenset[str]:
        """Ensembl and RefSeq names without version."""
        return frozenset(map(bare, filter(None, (self.ensembl, self.refseq))))


def _span(path: Path, row: int, column: str, text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        fault(path, row, column, f"'{text[:80]}' is not written like 10-20")
    return int(found[1]), int(found[2])


@dataclass(frozen=True)
class _Row:
    """One row as it is written."""

    gene: str
    synonyms: str
    ensembl: str
    refseq: str
    contig: str
    strand: Literal["+", "-"]
    cds: str
    exons: str
    reference: str
    verified: Verified


def read_transcripts(path: Path) -> dict[str, ReferenceTranscript]:
    """The table by gene symbol, rows in file order. Raises InputError naming row and column of the first fault."""
    rows = read_rows(path, _Row)
    check_unique(path, "gene", rows)
    check_sources(path, rows)
    return {row.gene: _transcript(path, number, row) for number, row in enumerate(rows, 2)}


def _transcript(path: Path, number: int, row: _Row) -> ReferenceTranscript:
    exons, cds = _spans(path, number, "exons", row.exons), _spans(path, number, "cds", row.cds)
    starts = [start for start, _ in exons]
    if starts != sorted(starts, reverse=row.strand == "-"):
        fault(path, number, "exons", f"not in the order of a transcript on strand {row.strand}")
    length = sum(end - start + 1 for start, end in exons)
    if len(cds) != 1 or cds[0][1] > length:
        fault(path, number, "cds", f"'{row.cds}' is no range within the transcript's {length} bases")
    synonyms = tuple(filter(None, row.synonyms.split(";")))
    return ReferenceTranscript(row.gene, synonyms, row.ensembl, row.refseq, row.contig, row.strand, exons, cds[0])


def _spans(path: Path, number: int, column: str, text: str) -> tuple[tuple[int, int], ...]:
    found = []
    for part in text.split(","):
        numbers = _SPAN.fullmatch(part)
        if numbers is None or int(numbers[1]) > int(numbers[2]):
            fault(path, number, column, f"'{part}' is not written like 10-20")
        found.append((int(numbers[1]), int(numbers[2])))
    return tuple(found)
