"""The tables of resources/knowledge that the interpretation rests on, one record a row.

The code of the interpretation holds no biology: every statement is a row of one of these tables, put into words by a
template of sentences.tsv. Columns `verified`: page, the row's claim was read at its source; recalled, it was not, and
the row is kept for tracing but decides nothing and is not printed. `note`: a curator's remark, never printed.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from ..model.records import Reference
from ..model.vocabulary import TrackKind
from ..model.words import UNKNOWN
from .sentences import Sentences, read_sentences
from .table import Verified, check_sources, check_unique, fault, read_rows

EvidenceKind = Literal["clinical", "literature", "in_vitro"]
Reported = Literal["reported_active", "reported_intermediate", "reported_resistance", "both_reported"]
UNMUTATED = "none"
T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """One report about a drug and an ALK change (tki_evidence.tsv).

    `change`: a name of alk_kinase_mutations.tsv, "A+B" for changes on one molecule, "none" for a fusion without a
    kinase-domain change. `level`: that of the CIViC record `civic`, empty where the row rests on no such record.
    `disease`: tumours of the report, empty for cell lines. `statement`, `value`: a trial in words, and its figures.
    """

    id: str
    change: str
    drug: str
    evidence_type: EvidenceKind
    level: Literal["", "A", "B", "C", "D", "E"]
    call: Reported
    disease: str
    statement: str
    value: str
    reference: str
    verified: Verified
    note: str
    conflict: str
    civic: str
    source: str
    source_url: str


@dataclass(frozen=True)
class Figure:
    """A concentration that halves growth or survival of a cell model (invitro_ic50.tsv), in `unit`.

    `evidence`: the row of tki_evidence.tsv that it belongs to, empty where no call rests on it; `unit` is empty where
    the source prints none. `fold`: times that of wild type; `wild_type_ic50`: that of wild type in the same model.
    """

    evidence: str
    change: str
    drug: str
    ic50: float
    unit: Literal["", "nM"]
    fold: str
    wild_type_ic50: str
    model: str
    readout: str
    reference: str
    verified: Verified
    civic: str
    note: str
    source_url: str


@dataclass(frozen=True)
class Approval:
    """One indication of a label (approvals.tsv). `date`: of this indication; `as_of`: state of the table."""

    agency: Literal["FDA", "EMA"]
    drug: str
    brand: str
    genes: str
    biomarker: str
    disease: str
    setting: str
    date: str
    reference: str
    url: str
    verified: Verified
    as_of: str
    note: str


@dataclass(frozen=True)
class Tier:
    """A tier that CIViC assigned (tiers.tsv). `alteration`: a change ("L858R") or "fusion"; `drugs`: joined by ";"."""

    gene: str
    alteration: str
    disease: str
    drugs: str
    system: Literal["AMP/ASCO/CAP"]
    tier: str
    reference: str
    verified: Verified
    source_url: str
    note: str

    @property
    def drug_names(self) -> tuple[str, ...]:
        return tuple(self.drugs.split(";"))


@dataclass(frozen=True)
class Drug:
    """One inhibitor (drugs.tsv), in the order of the report."""

    drug: str
    always_shown: Literal["yes", "no"]
    generation: str
    reference: str
    verified: Literal["", "page", "recalled"]
    note: str


@dataclass(frozen=True)
class KnownChange:
    """One change of the ALK kinase domain, or a compound "A+B" (alk_kinase_mutations.tsv)."""

    mutation: str
    protein_change: str
    exon_NM_004304: str
    cdna_change: str
    cdna_sequence_checked: str
    structural_location: str
    change_class: Literal["activating", "resistance", "activating/resistance", "compound"]
    clinical_evidence: str
    conflict_note: str
    reference: str
    verified: Verified
    source_url: str
    not_page_read: str


@dataclass(frozen=True)
class Track:
    """One way around ALK inhibition (bypass.tsv). `genes`: joined by ";". `meaning`: what the report prints."""

    id: str
    genes: str
    kind: Literal["", "mutation", "exon_skipping", "fusion", "amplification"]
    role: Literal["bypass", "driver", "on_target", "co_mutation", "small_cell"]
    event_type: str
    region: str
    rna_assessable: str
    dna_assessable: str
    meaning: str
    note: str
    reference: str
    verified: Verified
    not_page_read: str
    source_url: str

    @property
    def track_kind(self) -> TrackKind | None:
        """What a test would look for; None where no test of this kind sees it (expression, signalling)."""
        return TrackKind(self.kind) if self.kind else None

    @property
    def gene_names(self) -> tuple[str, ...]:
        return tuple(filter(None, self.genes.split(";")))


@dataclass(frozen=True)
class Study:
    """One published comparison (variant_associations.tsv). `subject`: variant labels or genes, joined by ";".

    `drug` and `line`: treatment of the patients, empty where none or not stated. `effect`: of the subject on outcome.
    """

    id: str
    subject: str
    topic: str
    drug: str
    line: Literal["", "first", "later", "not stated"]
    study: str
    comparison: str
    cohort_n: str
    figures: str
    direction: str
    effect: Literal["", "worse", "no_difference", "better"]
    note: str
    reference: str
    verified: Verified
    source_url: str


@dataclass(frozen=True)
class OtherTest:
    """What another test would show (other_tests.tsv)."""

    id: str
    kind: str
    frame: str
    test: str
    expected: str
    note: str
    reference: str
    verified: Verified


@dataclass(frozen=True)
class LengthClass:
    """Short or long variant, by what is left of the TAPE domain (length_class.tsv)."""

    tape_domain: Literal["none", "partial", "retained"]
    length_class: Literal["short", "long"]
    reference: str
    verified: Verified
    note: str


@dataclass(frozen=True)
class Knowledge:
    """All tables of one knowledge folder."""

    evidence: tuple[Evidence, ...]
    figures: tuple[Figure, ...]
    approvals: tuple[Approval, ...]
    tiers: tuple[Tier, ...]
    drugs: tuple[Drug, ...]
    changes: tuple[KnownChange, ...]
    bypass: tuple[Track, ...]
    associations: tuple[Study, ...]
    other_tests: tuple[OtherTest, ...]
    length_classes: tuple[LengthClass, ...]
    sentences: Sentences

    @classmethod
    def load(cls, folder: Path) -> Knowledge:
        """Read the tables of `folder`. Raises InputError naming file, row and column of the first fault."""
        tables = cls(
            evidence=_table(folder / "tki_evidence.tsv", Evidence, "id"),
            figures=_table(folder / "invitro_ic50.tsv", Figure),
            approvals=_table(folder / "approvals.tsv", Approval),
            tiers=_table(folder / "tiers.tsv", Tier),
            drugs=read_rows(folder / "drugs.tsv", Drug),
            changes=read_changes(folder),
            bypass=read_tracks(folder),
            associations=_table(folder / "variant_associations.tsv", Study, "id"),
            other_tests=_table(folder / "other_tests.tsv", OtherTest, "id"),
            length_classes=_table(folder / "length_class.tsv", LengthClass, "tape_domain"),
            sentences=read_sentences(folder),
        )
        check_unique(folder / "drugs.tsv", "drug", tables.drugs)
        tables._check(folder)
        return tables

    def _check(self, folder: Path) -> None:
        """What one table says of another."""
        by_id = {row.id: row for row in self.evidence}
        for number, figure in enumerate(self.figures, 2):
            row = by_id.get(figure.evidence)
            if figure.evidence and (row is None or (row.change, row.drug) != (figure.change, figure.drug)):
                fault(
                    folder / "invitro_ic50.tsv",
                    number,
                    "evidence",
                    f"'{figure.evidence}' is no row of tki_evidence.tsv about {figure.change} and {figure.drug}",
                )
        for number, approval in enumerate(self.approvals, 2):
            for column in ("date", "as_of"):
                try:
                    datetime.date.fromisoformat(getattr(approval, column))
                except ValueError:
                    text = getattr(approval, column)
                    fault(folder / "approvals.tsv", number, column, f"'{text}' is no date such as 2024-12-18")
        if len({approval.as_of for approval in self.approvals}) > 1:
            fault(folder / "approvals.tsv", 2, "as_of", "the table has one state; write one date in every row")

    def figures_of(self, evidence_id: str) -> list[Figure]:
        """The in-vitro figures behind one row of tki_evidence.tsv."""
        return [figure for figure in self.figures if figure.evidence == evidence_id]


def _table(path: Path, kind: type[T], key: str | None = None) -> tuple[T, ...]:
    rows = read_rows(path, kind)
    check_sources(path, rows)
    if key:
        check_unique(path, key, rows)
    return rows


def read_changes(folder: Path) -> tuple[KnownChange, ...]:
    """alk_kinase_mutations.tsv."""
    return _table(folder / "alk_kinase_mutations.tsv", KnownChange, "mutation")


def read_tracks(folder: Path) -> tuple[Track, ...]:
    """bypass.tsv."""
    return _table(folder / "bypass.tsv", Track, "id")


def parts(change: str) -> frozenset[str]:
    """The single changes of a compound written "A+B", in any order."""
    return frozenset(change.split("+"))


class Cited(Protocol):
    """A table row that states its source."""

    @property
    def reference(self) -> str: ...
    @property
    def verified(self) -> str: ...


def references(row: Cited, title: str = "", note: str = "") -> list[Reference]:
    """What a report cites for one table row: a record for each of its references."""
    return cited(row.reference, row.verified, title, note)


def cited(reference: str, verified: str, title: str = "", note: str = "") -> list[Reference]:
    """A record for each reference of a cell.

    They are separated by ";" and may leave out a repeated prefix ("PMID:1;2"). A second name of the same paper in
    parentheses is left out.
    """
    found: list[Reference] = []
    prefix = ""
    for part in (reference or UNKNOWN).split(";"):
        name = part.split(" (")[0].strip()
        if ":" in name:
            prefix = name.partition(":")[0] + ":"
        elif name.isdigit():
            name = prefix + name
        found.append(Reference(name, title, verified or UNKNOWN, note))
    return found


def unique(cited: Iterable[Reference]) -> list[Reference]:
    """References without repeats, first seen first."""
    seen: dict[tuple[str, str], Reference] = {}
    for item in cited:
        seen.setdefault((item.id, item.verified), item)
    return list(seen.values())
