"""Published names of fusions: the tables `eml4_alk_variants.tsv`, `alk_partners.tsv` and `domains.tsv`.

A label is looked up from the structure (exons, deleted bases, length and source of the insert), never the other way
round. Rows with callable `no` and structures without a published name get no label, but their row is still reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from .errors import InputError
from .knowledge import read_table

if TYPE_CHECKING:
    from .structure import Structure

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


@dataclass(frozen=True)
class Label:
    """`variant`: the published name, if any. `knowledge`: the table row behind it, with `match` saying how it fits."""

    variant: str | None
    knowledge: dict[str, Any] | None


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


def label(structure: Structure, tables: Tables, structure_complete: bool = True) -> Label:
    """The published name of a structure and the table row behind it.

    `knowledge["match"]` is `structure` (all of it), `junction` (a partner's exons), `insert_length` (the insert has the
    published length but another source: no label), `exons` (the insert is not fully known: `candidates` lists the names
    of these exons) or `partner` (the gene is known, this junction is not).
    """
    same_exons = [row for row in tables.variants if _same_exons(structure, row)]
    if not structure_complete:
        return Label(None, _candidates(same_exons) or _partner(structure, tables.partners))
    same_size = [row for row in same_exons if row.callable != "alias" and _same_size(structure, row)]
    for row in same_size:
        if _same_source(structure, row):
            name = row.variant if row.callable != "no" else ""
            return Label(name or None, _knowledge(row, "structure", also_called=_aliases(row, tables.variants)))
    for row in same_size:
        return Label(None, _knowledge(row, "insert_length"))
    return Label(None, _partner(structure, tables.partners))


def _same_exons(structure: Structure, row: Variant) -> bool:
    return (structure.five.gene, structure.five_exon, structure.three.gene, structure.three_exon) == (
        row.five_gene,
        row.five_exon,
        row.three_gene,
        row.three_exon,
    )


def _same_size(structure: Structure, row: Variant) -> bool:
    return (structure.five_deleted, structure.three_deleted, len(structure.inserted)) == (
        row.five_deleted,
        row.three_deleted,
        row.inserted_bases,
    )


def _same_source(structure: Structure, row: Variant) -> bool:
    """Whether the insert comes from where the table says.

    The border between two introns may shift by the microhomology; a wrong base may leave a tenth of it unexplained.
    """
    if row.insert_source in ("", "unknown"):
        return True
    pieces = _pieces(row)
    slack = max(structure.microhomology, row.inserted_bases // 10)
    return (
        abs(len(structure.untemplated) - pieces.get("five_cryptic_exon", 0)) <= slack
        and abs(structure.five_retained - pieces.get("five_intron", 0)) <= slack
        and abs(structure.three_retained - pieces.get("three_intron", 0)) <= slack
    )


def _aliases(row: Variant, variants: Iterable[Variant]) -> list[dict[str, str]]:
    return [
        {"name": other.variant, "note": other.conflict_note, "reference": other.reference, "verified": other.verified}
        for other in variants
        if other.alias_of == row.key
    ]


def _candidates(rows: list[Variant]) -> dict[str, Any] | None:
    named = [row for row in rows if row.variant and row.callable in ("yes", "flag")]
    if not named:
        return None
    return {
        "match": "exons",
        "candidates": [row.key for row in named],
        "conflict_note": "the insert is not fully known, so these names cannot be told apart",
        "reference": "; ".join(dict.fromkeys(row.reference for row in named)),
        "verified": "page" if all(row.verified == "page" for row in named) else "recalled",
    }


def _partner(structure: Structure, partners: Iterable[Partner]) -> dict[str, Any] | None:
    """The row of this junction, else the first of this partner, either way round."""
    rows = [row for row in partners if not _symbols(row).isdisjoint((structure.five.gene, structure.three.gene))]
    for row in rows:
        if _is_junction(structure, row):
            return _knowledge(row, "junction")
    return _knowledge(rows[0], "partner") if rows else None


def _is_junction(structure: Structure, row: Partner) -> bool:
    if structure.inserted or structure.five_deleted or structure.three_deleted:
        return False
    if structure.five.gene in _symbols(row):
        exons = (row.partner_exon.split("-")[0], row.alk_exon.split("-")[0])
    elif row.kind == "disrupting_event":
        exons = (row.alk_exon.split("-")[-1], row.partner_exon.split("-")[-1])
    else:
        return False
    return exons == (str(structure.five_exon), str(structure.three_exon))


def _symbols(row: Partner | Domain) -> set[str]:
    aliases = row.aliases if isinstance(row, Partner) else ""
    return {row.gene, *filter(None, aliases.split(";"))}


def _knowledge(row: Variant | Partner, match: str, **more: Any) -> dict[str, Any]:
    return {"match": match, **asdict(row), **more}
