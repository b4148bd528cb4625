"""Catalogued rearrangements: EML4::ALK variants, partners and protein domains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .table import Verified, check_sources, check_unique, fault, read_rows

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
    frame: Literal["in_frame", "out_of_frame"]
    tape_domain: Literal["none", "partial", "retained"]
    tape_note: str
    length_class: str
    approx_frequency: str
    first_report_year: str
    alias_of: str
    callable: Literal["yes", "flag", "no", "alias"]
    conflict_note: str
    reference: str
    verified: Verified
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
    verified: Verified
    not_page_read: str
    source_url: str


@dataclass(frozen=True)
class Domain:
    """A protein domain by codons, or what is left of it (`state`) when the 5' part ends in one of a range of exons.

    `unit`: codon or exon, of the reference transcript. `letter`: that of the gene in notations, empty if there is none.
    """

    gene: str
    letter: str
    domain: str
    unit: Literal["codon", "exon"]
    first: int
    last: int
    state: str
    reference: str
    verified: Verified
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
                found.update(dict.fromkeys(symbols(row), row.letter))
        return found

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """(5' gene, 3' gene) of the published kinase fusions."""
        found = {(row.five_gene, row.three_gene) for row in self.variants}
        found |= {(symbol, "ALK") for row in self.partners if row.kind == "kinase_fusion" for symbol in symbols(row)}
        return frozenset(found)


def read_tables(folder: Path) -> Tables:
    """Read the three tables of `folder`. Raises InputError naming file, row and column of the first fault."""
    path = folder / "eml4_alk_variants.tsv"
    variants = read_rows(path, Variant)
    check_unique(path, "key", variants)
    check_sources(path, variants)
    keys = {row.key for row in variants}
    for number, row in enumerate(variants, 2):
        _check_variant(path, number, row, keys)
    partners = read_rows(folder / "alk_partners.tsv", Partner)
    check_sources(folder / "alk_partners.tsv", partners)
    return Tables(variants, partners, read_domains(folder))


def kinase_domain(gene: str, domains: Iterable[Domain]) -> Domain | None:
    """The row of a gene's kinase domain by codons, None without one."""
    rows = (row for row in domains if row.gene == gene and row.domain == "kinase" and row.unit == "codon")
    return next(rows, None)


def read_domains(folder: Path) -> tuple[Domain, ...]:
    """Rows of domains.tsv in `folder`. Raises InputError naming file, row and column of the first fault."""
    path = folder / "domains.tsv"
    domains = read_rows(path, Domain)
    check_sources(path, domains)
    for number, domain in enumerate(domains, 2):
        if domain.first > domain.last:
            fault(path, number, "last", f"{domain.last} is below first, {domain.first}")
    return domains


def _check_variant(path: Path, number: int, row: Variant, keys: set[str]) -> None:
    if (row.callable == "alias") != (row.alias_of in keys):
        fault(path, number, "alias_of", f"'{row.alias_of}' must be the key of the row it renames")
    if row.insert_source not in ("", "unknown"):
        try:
            found = pieces(row)
        except ValueError:
            found = {}
        if not found or not set(found) <= set(SOURCES) or sum(found.values()) != row.inserted_bases:
            fault(
                path,
                number,
                "insert_source",
                f"'{row.insert_source}' must be unknown or source:bases"
                f" ({', '.join(SOURCES)}) adding up to inserted_bases",
            )


def pieces(row: Variant) -> dict[str, int]:
    """Source of the insert -> bases."""
    return {source: int(bases) for source, _, bases in (part.partition(":") for part in row.insert_source.split(";"))}


def symbols(row: Partner | Domain) -> set[str]:
    aliases = row.aliases if isinstance(row, Partner) else ""
    return {row.gene, *filter(None, aliases.split(";"))}
