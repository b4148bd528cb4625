"""The tables of resources/knowledge that the interpretation rests on, and the sentences it may say.

The code of the interpretation holds no biology: every statement is a row of one of these tables, put into words by a
template of sentences.tsv. A row that is missing leaves "unknown".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..model.records import Reference
from ..model.words import UNKNOWN
from ..runtime.errors import InputError
from .sentences import Sentences
from .table import Row, read_table

IC50_COLUMN = "_ic50_nM"  # columns of ba_f3_ic50.tsv: drug and this
NO_NUMBER = ("", "NA", "ND")
WORDS = {
    "evidence_type": ("clinical", "literature", "in_vitro"),
    "call": ("reported_active", "reported_intermediate", "reported_resistance", "both_reported"),
    "column_inferred": ("yes", "no"),
}
EVIDENCE_COLUMNS = (
    *("id", "change", "drug", "evidence_type", "call", "value", "unit", "reference", "verified", "column_inferred"),
    *("note", "conflict", "source"),
)


@dataclass(frozen=True)
class Knowledge:
    """All tables of one knowledge folder."""

    evidence: list[Row]
    ic50: list[Row]
    thresholds: list[Row]
    drugs: list[Row]
    changes: list[Row]
    bypass: list[Row]
    associations: list[Row]
    other_tests: list[Row]
    length_classes: list[Row]
    sentences: Sentences

    @classmethod
    def load(cls, folder: Path) -> Knowledge:
        """Read the tables of `folder`. Raises InputError naming the table that is missing or malformed."""
        stated = ("reference", "verified")
        evidence = read_table(folder / "tki_evidence.tsv", EVIDENCE_COLUMNS)
        ic50 = read_table(folder / "ba_f3_ic50.tsv", ("cell_line", "assay", *stated))
        _check_evidence(folder / "tki_evidence.tsv", evidence)
        _check_numbers(folder / "ba_f3_ic50.tsv", ic50)
        sentences = read_table(folder / "sentences.tsv", ("id", "text"))
        return cls(
            evidence=evidence,
            ic50=ic50,
            thresholds=read_table(folder / "invitro_thresholds.tsv", ("call", "min_nm", "max_nm", *stated)),
            drugs=read_table(folder / "drugs.tsv", ("drug", "always_shown")),
            changes=read_table(folder / "alk_kinase_mutations.tsv", ("mutation", "class", *stated)),
            bypass=read_table(
                folder / "bypass.tsv",
                ("id", "genes", "kind", "role", "event_type", "region", "rna_assessable", "meaning", "note", *stated),
            ),
            associations=read_table(
                folder / "variant_associations.tsv",
                ("id", "subject", "topic", "study", "comparison", "cohort_n", "figures", "direction")
                + ("contradicted_by_ids", "note", *stated),
            ),
            other_tests=read_table(
                folder / "other_tests.tsv", ("id", "kind", "frame", "test", "expected", "note", *stated)
            ),
            length_classes=read_table(folder / "length_class.tsv", ("tape_domain", "length_class", *stated)),
            sentences=Sentences({row["id"]: row["text"] for row in sentences}),
        )


def _check_evidence(path: Path, rows: Sequence[Row]) -> None:
    """Raise InputError for the first cell of tki_evidence.tsv that the interpretation could not read."""
    for number, row in enumerate(rows, 2):
        for column, words in WORDS.items():
            if row[column] not in words:
                raise InputError(
                    f"{path}: row {number}, column {column}: '{row[column]}' is none of {', '.join(words)}"
                )
        if row["evidence_type"] == "in_vitro" and row["value"]:
            _check_number(path, number, "value", row["value"])


def _check_numbers(path: Path, rows: Sequence[Row]) -> None:
    """Raise InputError for the first IC50 that is no number."""
    for number, row in enumerate(rows, 2):
        for column in (c for c in row if c.endswith(IC50_COLUMN)):
            if row[column] not in NO_NUMBER:
                _check_number(path, number, column, row[column])


def _check_number(path: Path, number: int, column: str, text: str) -> None:
    try:
        valid = 0 <= float(text) < float("inf")
    except ValueError:
        valid = False
    if not valid:
        raise InputError(f"{path}: row {number}, column {column}: '{text}' is not a number; write nM, or NA for none")


def parts(change: str) -> frozenset[str]:
    """The single changes of a compound written "A+B", in any order."""
    return frozenset(change.split("+"))


def references(row: Mapping[str, str], title: str = "", note: str = "") -> list[Reference]:
    """What a report cites for one table row: a record for each of its references.

    They are separated by ";" and may leave out a repeated prefix ("PMID:1;2"). A second name of the same paper in
    parentheses is left out.
    """
    cited: list[Reference] = []
    prefix = ""
    for part in (row["reference"] or UNKNOWN).split(";"):
        name = part.split(" (")[0].strip()
        if ":" in name:
            prefix = name.partition(":")[0] + ":"
        elif name.isdigit():
            name = prefix + name
        cited.append(Reference(name, title, row["verified"] or UNKNOWN, note))
    return cited


def unique(cited: Iterable[Reference]) -> list[Reference]:
    """References without repeats, first seen first."""
    seen: dict[tuple[str, str], Reference] = {}
    for item in cited:
        seen.setdefault((item.id, item.verified), item)
    return list(seen.values())
