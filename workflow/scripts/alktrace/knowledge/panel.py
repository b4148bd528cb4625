"""The gene panel (`resources/panel.tsv`): which genes are recruited, screened and counted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..runtime.errors import InputError
from .table import check_unique, fault, read_rows

_RANGE = re.compile(r"([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?")


@dataclass(frozen=True)
class PanelGene:
    """One row. Exons are None for all exons; introns are numbers (intron n follows exon n). A `partner` is looked at in
    DNA only, for breakpoints."""

    gene: str
    role: str
    transcript: str
    refseq: str
    rna_exons: tuple[int, ...] | None
    rna_introns: tuple[int, ...]
    dna_exons: tuple[int, ...] | None
    dna_introns: tuple[int, ...]

    def exons(self, assay: str) -> tuple[int, ...] | None:
        """Exons looked at by an assay (rna, dna); None for all."""
        return self.dna_exons if assay == "dna" else self.rna_exons

    def introns(self, assay: str) -> tuple[int, ...]:
        """Introns looked at by an assay (rna, dna)."""
        return self.dna_introns if assay == "dna" else self.rna_introns


@dataclass(frozen=True)
class _PanelRow:
    """One row as it is written."""

    gene: str
    role: Literal["target", "driver", "bypass", "control", "partner"]
    transcript: str
    refseq: str
    rna_exons: str
    rna_introns: str
    dna_exons: str
    dna_introns: str
    note: str


def read_panel(path: Path) -> list[PanelGene]:
    """Read the panel, rows in file order. Raises InputError naming file, row and column of the first fault."""
    rows = read_rows(path, _PanelRow)
    check_unique(path, "gene", rows)
    if not any(row.role == "target" for row in rows):
        raise InputError(f"{path}: no row has role target; ALK must be one")
    return [_gene(path, number, row) for number, row in enumerate(rows, 2)]


def _gene(path: Path, number: int, row: _PanelRow) -> PanelGene:
    def listed(column: str) -> tuple[int, ...]:
        text = getattr(row, column)
        try:
            return parse_numbers(text)
        except ValueError:
            fault(path, number, column, f"'{text}' is not written like 18-21,23 or all")

    rna = None if row.rna_exons == "all" else listed("rna_exons")
    dna = None if row.dna_exons == "all" else listed("dna_exons")
    return PanelGene(
        row.gene, row.role, row.transcript, row.refseq, rna, listed("rna_introns"), dna, listed("dna_introns")
    )


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers, 99,999 at most, of a list such as "18-21,23"; none of an empty text. Raises ValueError when it is no
    such list."""
    numbers: list[int] = []
    for part in text.split(",") if text else ():
        found = _RANGE.fullmatch(part)
        if found is None or int(found[1]) > int(found[2] or found[1]):
            raise ValueError(part)
        numbers.extend(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(numbers)
