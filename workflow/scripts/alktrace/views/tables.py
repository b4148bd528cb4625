"""Rows of the knowledge tables that only the page shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..knowledge import Row, read_table
from .figures import Domain

_CODON = re.compile(r"[A-Z](\d+)")


@dataclass(frozen=True)
class Hotspot:
    """A codon at which a published change of ALK exists; `rows` are its rows of alk_kinase_mutations.tsv."""

    codon: int
    rows: tuple[Row, ...]

    @property
    def changes(self) -> str:
        return ", ".join(row["mutation"] for row in self.rows)

    @property
    def location(self) -> str:
        return "; ".join(dict.fromkeys(row["structural_location"] for row in self.rows if row["structural_location"]))


def read_hotspots(folder: Path) -> list[Hotspot]:
    """Codons of alk_kinase_mutations.tsv in order. Compound changes belong to each of their codons."""
    rows: dict[int, list[Row]] = {}
    columns = ("mutation", "structural_location", "reference", "verified")
    for row in read_table(folder / "alk_kinase_mutations.tsv", columns):
        for codon in _CODON.findall(row["mutation"]):
            rows.setdefault(int(codon), []).append(row)
    return [Hotspot(codon, tuple(found)) for codon, found in sorted(rows.items())]


def read_domains(folder: Path) -> list[Domain]:
    """Protein domains of domains.tsv that are given in codons: columns gene, domain, unit, first, last (inclusive)."""
    path = folder / "domains.tsv"
    if not path.exists():
        return []
    rows = read_table(path, ("gene", "domain", "unit", "first", "last"))
    try:
        return [
            Domain(row["gene"], row["domain"], int(row["first"]), int(row["last"]))
            for row in rows
            if row["unit"] == "codon"
        ]
    except ValueError as error:
        raise InputError(f"{path}: {error}; first and last are codon numbers") from None
