"""Catalogued rearrangements: EML4::ALK variants, partners and protein domains."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from ..runtime.errors import InputError
from .table import read_table

CALLABLE = ("yes", "flag", "no", "alias")
VERIFIED = ("page", "recalled")
SOURCES = ("five_intron", "three_intron", "five_cryptic_exon")


@dataclass(frozen=True)
class Variant:
    """One published transcript of two stated genes.

    `insert_source`: `source:bases` joined by `;` (sources: five_intron, three_intron, five_cryptic_exon), `unknown`, or
    empty without an insert. `callable`: yes; flag: named with a warning; no: never named; alias: another name of row
    `alias_of`.
    """

    key: str
    variant: str
    five_gene: str
    five_exon: int
    five_deleted: int
    three_gene: str
    three_exon: int
    three_deleted: int
    inserted_bases: int
    insert_source: str
    insert_note: str
    published_notation: str
    case_report_label: str
    case_report_junction: str
    frame: str
    tape_domain: str
    tape_note: str
    length_class: str
    approx_frequency: str
    first_report_year: str
    alias_of: str
    callable: str
    conflict_note: str
    reference: str
    verified: str
    not_page_read: str
    source_url: str


@dataclass(frozen=True)
class Partner:
    """One published junction of another ALK partner; exons are text (`24`, `2-3`, `unknown`), `kind` as in the report.

    `letter`: the gene's letter in notations, empty if none is published. `aliases`: other symbols, joined by `;`.
    """

    gene: str
    aliases: str
    letter: str
    junction: str
    partner_exon: str
    alk_exon: str
    kind: str
    case_report_label: str
    disease_context: str
    year: str
    conflict_note: str
    reference: str
    verified: str
    not_page_read: str
    source_url: str


@dataclass(frozen=True)
class Domain:
    """A protein domain by codons, or what is left of it (`state`) when the 5' part ends in one of a range of exons.

    `unit`: codon or exon, of the stated transcript. `letter`: the gene's letter in notations, empty if there is none.
    """

    gene: str
    letter: str
    domain: str
    unit: str
    first: int
    last: int
    state: str
    reference: str
    verified: str
    note: str


@dataclass(frozen=True)
class Tables:
    """The three tables, rows in file order."""

    variants: tuple[Variant, ...]
    partners: tuple[Partner, ...]
    domains: tuple[Domain, ...]

    @property
    def letters(self) -> dict[str, str]:
        """Gene symbol -> published letter."""
        found: dict[str, str] = {}
        rows: tuple[Domain | Partner, ...] = (*self.domains, *self.partners)
        for row in rows:
            if row.letter:
                found.update(dict.fromkeys(_symbols(row), row.letter))
        return found

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """(5' gene, 3' gene) of the published kinase fusions."""
        found = {(row.five_gene, row.three_gene) for row in self.variants}
        found |= {(symbol, "ALK") for row in self.partners if row.kind == "kinase_fusion" for symbol in _symbols(row)}
        return frozenset(found)


Row = TypeVar("Row", Variant, Partner, Domain)


def read_tables(folder: Path) -> Tables:
    """Read the three tables of `folder`. Raises InputError naming file, row and column of the first fault."""
    variants = _read(folder / "eml4_alk_variants.tsv", Variant)
    keys = {row.key for row in variants}
    for number, row in enumerate(variants, 2):
        _check_variant(folder / "eml4_alk_variants.tsv", number, row, keys)
    return Tables(variants, _read(folder / "alk_partners.tsv", Partner), _read(folder / "domains.tsv", Domain))


def _read(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    columns = [field.name for field in fields(kind)]
    return tuple(_row(path, number, row, kind) for number, row in enumerate(read_table(path, columns), 2))


def _row(path: Path, number: int, record: dict[str, str], kind: type[Row]) -> Row:
    values: dict[str, Any] = {field.name: record[field.name] for field in fields(kind)}
    for name, expected in get_type_hints(kind).items():
        if expected is int:
            if not record[name].isdigit():
                raise InputError(f"{path}: row {number}, column {name}: '{record[name]}' is not a whole number")
            values[name] = int(record[name])
    if record["verified"] not in VERIFIED:
        raise InputError(f"{path}: row {number}, column verified: '{record['verified']}' is neither page nor recalled")
    if not record["reference"]:
        raise InputError(f"{path}: row {number}, column reference: empty; give the PMID, PMC or DOI of the source")
    return kind(**values)


def _check_variant(path: Path, number: int, row: Variant, keys: set[str]) -> None:
    if row.callable not in CALLABLE:
        raise InputError(f"{path}: row {number}, column callable: '{row.callable}' is none of {', '.join(CALLABLE)}")
    if (row.callable == "alias") != (row.alias_of in keys):
        raise InputError(
            f"{path}: row {number}, column alias_of: '{row.alias_of}' must be the key of the row it renames"
        )
    if row.insert_source not in ("", "unknown"):
        try:
            pieces = _pieces(row)
        except ValueError:
            pieces = {}
        if not pieces or not set(pieces) <= set(SOURCES) or sum(pieces.values()) != row.inserted_bases:
            raise InputError(
                f"{path}: row {number}, column insert_source: '{row.insert_source}' must be unknown or source:bases"
                f" ({', '.join(SOURCES)}) adding up to inserted_bases"
            )


def _pieces(row: Variant) -> dict[str, int]:
    """Source of the insert -> bases."""
    return {source: int(bases) for source, _, bases in (part.partition(":") for part in row.insert_source.split(";"))}


def _symbols(row: Partner | Domain) -> set[str]:
    aliases = row.aliases if isinstance(row, Partner) else ""
    return {row.gene, *filter(None, aliases.split(";"))}
