"""The gene panel (`resources/panel.tsv`): which genes are recruited, screened and counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..runtime.errors import InputError

ROLES = ("target", "driver", "bypass", "control", "partner")


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


def read_panel(path: Path) -> list[PanelGene]:
    """Read the panel, rows in file order. Raises InputError naming the row that is wrong."""
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    wanted = ["gene", "role", "transcript", "refseq", "rna_exons", "rna_introns", "dna_exons", "dna_introns", "note"]
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
        numbers = [
            (None if row[f"{assay}_exons"] == "all" else parse_numbers(row[f"{assay}_exons"]))
            for assay in ("rna", "dna")
        ]
        introns = [parse_numbers(row[f"{assay}_introns"]) for assay in ("rna", "dna")]
    except ValueError:
        raise InputError(f"{path}: row {number}: exons and introns are written like 18-21,23 or all") from None
    return PanelGene(
        row["gene"], row["role"], row["transcript"], row["refseq"], numbers[0], introns[0], numbers[1], introns[1]
    )


def parse_numbers(text: str) -> tuple[int, ...]:
    """Numbers of a list such as "18-21,23"; empty text gives none. Raises ValueError when it is not such a list."""
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return tuple(numbers)
