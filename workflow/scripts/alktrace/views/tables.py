"""Rows of the knowledge tables that only the page shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..knowledge import Row, read_table
from ..variants import read_tables
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
        """Where the codon lies, by its single changes; by its compounds when it has no others."""
        single = [row for row in self.rows if "+" not in row["mutation"]] or self.rows
        return "; ".join(dict.fromkeys(row["structural_location"] for row in single if row["structural_location"]))


def read_hotspots(folder: Path) -> list[Hotspot]:
    """Codons of alk_kinase_mutations.tsv in order. Compound changes belong to each of their codons."""
    rows: dict[int, list[Row]] = {}
    columns = ("mutation", "structural_location", "reference", "verified")
    for row in read_table(folder / "alk_kinase_mutations.tsv", columns):
        for codon in _CODON.findall(row["mutation"]):
            rows.setdefault(int(codon), []).append(row)
    return [Hotspot(codon, tuple(found)) for codon, found in sorted(rows.items())]


def read_domains(folder: Path) -> list[Domain]:
    """Domains of domains.tsv to draw. Rows by exon say what is left of a domain; those with anything left span it."""
    drawn: dict[tuple[str, str], Domain] = {}
    for row in read_tables(folder).domains:
        if row.state == "none":
            continue
        one = Domain(row.gene, row.domain, row.unit, row.first, row.last)
        known = drawn.get((row.gene, row.domain), one)
        joined = replace(known, start=min(known.start, one.start), end=max(known.end, one.end))
        drawn[row.gene, row.domain] = joined
    return list(drawn.values())
