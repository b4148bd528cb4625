"""What is screened: the codons and events of `hotspots.tsv`, the known ALK changes, the known polymorphisms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from ..runtime.errors import InputError
from .panel import parse_numbers
from .table import Row, read_table

ANY, MISSENSE, TRUNCATING = "any", "missense", "truncating"
INFRAME_DELETION, INFRAME_INSERTION = "inframe_deletion", "inframe_insertion"
KINASE_DOMAIN, MUTATION, EXON_SKIPPING = "kinase_domain", "mutation", "exon_skipping"
HOTSPOT_COLUMNS = ("gene", "codons", "exon", "event", "kind", "changes", "reference", "verified", "note")


@dataclass(frozen=True)
class Event:
    """One row of hotspots.tsv. `changes` holds class names (`missense`, ...) or single changes (`L858R`)."""

    gene: str
    codons: tuple[int, ...]
    exon: str
    event: str
    kind: str
    changes: tuple[str, ...]
    reference: str
    verified: str
    note: str

    def reports_substitution(self, codon: int, ref_aa: str, alt_aa: str) -> bool:
        """Whether this row screens for the substitution."""
        if codon not in self.codons or alt_aa == ref_aa:
            return False
        if ANY in self.changes or f"{ref_aa}{codon}{alt_aa}" in self.changes:
            return True
        return (TRUNCATING if alt_aa == "*" else MISSENSE) in self.changes

    def reports_indel(self, first: int, last: int, net: int) -> bool:
        """Whether this row screens for an indel of `net` coding bases that touches codons first..last."""
        if not any(first <= codon <= last for codon in self.codons):
            return False
        if net % 3:
            return ANY in self.changes or TRUNCATING in self.changes
        return ANY in self.changes or (INFRAME_DELETION if net <= 0 else INFRAME_INSERTION) in self.changes

    @property
    def screens_indels(self) -> bool:
        return bool({ANY, TRUNCATING, INFRAME_DELETION, INFRAME_INSERTION} & set(self.changes))

    def expected_residue(self, codon: int) -> str | None:
        """Reference residue a single change such as L858R presumes at `codon`, None when no change names it."""
        for change in self.changes:
            if change[1:-1] == str(codon) and len(change) > 2:
                return change[0]
        return None

    def source(self) -> dict[str, str]:
        return {"reference": self.reference, "verified": self.verified, "note": self.note}


@dataclass(frozen=True)
class ScreenSet:
    """Everything screened, from the tables of one knowledge folder."""

    events: tuple[Event, ...]
    alk_changes: dict[str, dict[str, str]]  # mutation name -> row of alk_kinase_mutations.tsv
    polymorphisms: dict[tuple[str, str], dict[str, str]]  # (gene, hgvs_c) -> row of polymorphisms.tsv

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """Screened genes in table order."""
        return tuple(dict.fromkeys(event.gene for event in self.events))

    @cached_property
    def by_codon(self) -> dict[tuple[str, int], tuple[Event, ...]]:
        """Rows that screen a codon, by (gene, codon), in ascending order of codon within each gene."""
        rows: dict[tuple[str, int], tuple[Event, ...]] = {}
        order = {gene: rank for rank, gene in enumerate(self.genes)}
        keys = {(order[event.gene], codon, event.gene) for event in self.events for codon in event.codons}
        for _, codon, gene in sorted(keys):
            rows[gene, codon] = tuple(e for e in self.events if e.gene == gene and codon in e.codons)
        return rows

    def reports_substitution(self, gene: str, codon: int, ref_aa: str, alt_aa: str) -> bool:
        return any(e.reports_substitution(codon, ref_aa, alt_aa) for e in self.by_codon.get((gene, codon), ()))

    def reports_indel(self, gene: str, first: int, last: int, net: int) -> bool:
        return any(event.gene == gene and event.reports_indel(first, last, net) for event in self.events)


def _read(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, quoting=3)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; restore resources/knowledge from the project") from None
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; it must have {', '.join(columns)}")
    return [{str(k): str(v) for k, v in row.items()} for row in table.to_dict("records")]


def _event(path: Path, number: int, row: dict[str, str]) -> Event:
    try:
        codons = parse_numbers(row["codons"])
    except ValueError:
        raise InputError(f"{path}: row {number}: codons are written like 746-750,761") from None
    if row["kind"] not in (KINASE_DOMAIN, MUTATION, EXON_SKIPPING):
        raise InputError(
            f"{path}: row {number}, column kind: '{row['kind']}' is not kinase_domain, mutation or exon_skipping"
        )
    changes = tuple(filter(None, row["changes"].split(";")))
    return Event(
        row["gene"],
        codons,
        row["exon"],
        row["event"],
        row["kind"],
        changes,
        row["reference"],
        row["verified"],
        row["note"],
    )


def read_screen_set(folder: Path) -> ScreenSet:
    """Read hotspots.tsv, alk_kinase_mutations.tsv and polymorphisms.tsv of `folder`.

    Positions of the ALK table that no hotspot row holds are added as rows of their own. Raises InputError naming the
    table and row that is wrong.
    """
    path = folder / "hotspots.tsv"
    events = [_event(path, number, row) for number, row in enumerate(_read(path, HOTSPOT_COLUMNS), 2)]
    changes = {
        r["mutation"]: r for r in _read(folder / "alk_kinase_mutations.tsv", ("mutation", "reference", "verified"))
    }
    held = {codon for event in events if event.gene == "ALK" for codon in event.codons}
    extra = sorted({codon for name in changes for codon in change_codons(name)} - held)
    if extra:
        events.append(
            Event(
                "ALK", tuple(extra), "", "known position", KINASE_DOMAIN, (ANY,), "alk_kinase_mutations.tsv", "page", ""
            )
        )
    rows = _read(folder / "polymorphisms.tsv", ("gene", "hgvs_c", "population_frequency", "frequency_source"))
    return ScreenSet(tuple(events), changes, {(r["gene"], r["hgvs_c"]): r for r in rows})


def change_codons(name: str) -> list[int]:
    """Codons of a table name: "G1202R" -> 1202, "C1156Y+L1198F" -> 1156 and 1198, "T1151ins" -> 1151."""
    return [int("".join(filter(str.isdigit, part))) for part in name.split("+")]


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
