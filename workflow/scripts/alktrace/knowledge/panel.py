"""The gene panel (`resources/panel.tsv`): which genes are recruited, screened and counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..runtime.errors import InputError

ROLES = ("target", "driver", "bypass", "control")


@dataclass(frozen=True)
class PanelGene:
    """One row. `rna_exons` is None for all exons; `rna_introns` are intron numbers (intron n follows exon n)."""

    gene: str
    role: str
    transcript: str
    refseq: str
    rna_exons: tuple[int, ...] | None
    rna_introns: tuple[int, ...]


def read_panel(path: Path) -> list[PanelGene]:
    """Read the panel, rows in file order. Raises InputError naming the row that is wrong."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    wanted = ["gene", "role", "transcript", "refseq", "rna_exons", "rna_introns", "note"]
    if list(table.columns) != wanted:
        raise InputError(f"{path}: columns are {', '.join(table.columns)}; they must be {', '.join(wanted)}")
    rows = ({str(column): str(value) for column, value in row.items()} for row in table.to_dict("records"))
    genes = [_gene(path, number, row) for number, row in enumerate(rows, 2)]
    names = [g.gene for g in genes]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"{path}: gene {twice[0]} has two rows; keep one")
    if not any(g.role == "target" for g in genes):
        raise InputError(f"{path}: no row has role target; ALK must be one")
    return genes


def _gene(path: Path, number: int, row: dict[str, str]) -> PanelGene:
    if row["role"] not in ROLES:
        raise InputError(f"{path}: row {number}, column role: '{row['role']}' is none of {', '.join(ROLES)}")
    try:
        exons = None if row["rna_exons"] == "all" else parse_numbers(row["rna_exons"])
        introns = parse_numbers(row["rna_introns"])
    except ValueError:
        raise InputError(f"{path}: row {number}: exons and introns are written like 18-21,23 or all") from None
    return PanelGene(row["gene"], row["role"], row["transcript"], row["refseq"], exons, introns)


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers of a list such as "18-21,23"; empty text gives none. Raises ValueError when it is not such a list."""
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)
