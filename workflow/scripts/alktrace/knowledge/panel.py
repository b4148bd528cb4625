"""The gene panel (`resources/panel.tsv`): which genes are recruited, screened and counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..runtime.errors import InputError
from .table import check_unique, fault, read_rows


@dataclass(frozen=True)
class PanelGene:
    """One row. `rna_exons` is None for all exons; `rna_introns` are intron numbers (intron n follows exon n)."""

    gene: str
    role: str
    transcript: str
    refseq: str
    rna_exons: tuple[int, ...] | None
    rna_introns: tuple[int, ...]


@dataclass(frozen=True)
class _PanelRow:
    """One row as it is written."""

    gene: str
    role: Literal["target", "driver", "bypass", "control"]
    transcript: str
    refseq: str
    rna_exons: str
    rna_introns: str
    note: str


def read_panel(path: Path) -> list[PanelGene]:
    """Read the panel, rows in file order. Raises InputError naming file, row and column of the first fault."""
    rows = read_rows(path, _PanelRow)
    check_unique(path, "gene", rows)
    if not any(row.role == "target" for row in rows):
        raise InputError(f"{path}: no row has role target; ALK must be one")
    return [_gene(path, number, row) for number, row in enumerate(rows, 2)]


def _gene(path: Path, number: int, row: _PanelRow) -> PanelGene:
    exons = None if row.rna_exons == "all" else _numbers(path, number, "rna_exons", row.rna_exons)
    introns = _numbers(path, number, "rna_introns", row.rna_introns)
    return PanelGene(row.gene, row.role, row.transcript, row.refseq, exons, introns)


def _numbers(path: Path, number: int, column: str, text: str) -> tuple[int, ...]:
    try:
        return parse_numbers(text)
    except ValueError:
        fault(path, number, column, f"'{text}' is not written like 18-21,23 or all")


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers of a list such as "18-21,23"; empty text gives none. Raises ValueError when it is not such a list."""
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)
