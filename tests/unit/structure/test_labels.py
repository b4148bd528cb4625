"""Published names: tables, their faults, and the lookup by structure."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.fusions import Tables, read_tables
from alktrace.runtime.errors import InputError
from alktrace.structure.junction import Structure
from alktrace.structure.labels import Label, label

FILES = ("eml4_alk_variants.tsv", "alk_partners.tsv", "domains.tsv")


@pytest.fixture(scope="module")
def tables(root: Path) -> Tables:
    return read_tables(root / "resources" / "knowledge")


def _gene(name: str) -> Transcript:
    return Transcript(name, name, "", name, "chr2", "+", tuple((100 * n, 100 * n + 49) for n in range(1, 31)), None)


def made(five: str, five_exon: int, three: str = "ALK", three_exon: int = 20, **parts: int) -> Structure:
    counts = {"five_deleted": 0, "three_deleted": 0, "five_retained": 0, "untemplated": 0, "three_retained": 0, **parts}
    untemplated = "T" * counts.pop("untemplated")
    inserted = "A" * counts["five_retained"] + untemplated + "C" * counts["three_retained"]
    plain = Structure(
        _gene(five), _gene(three), five_exon, three_exon, 0, 0, inserted, 0, 0, untemplated, 0, 0, 0, 0, 0, 0
    )
    return replace(plain, **counts)


NAMED = [
    ("V1", made("EML4", 13)),
    ("V2", made("EML4", 20)),
    ("V3a", made("EML4", 6)),
    ("V3b", made("EML4", 6, untemplated=33)),
    ("V4", made("EML4", 14, untemplated=11, three_deleted=49)),
    ("V4", made("EML4", 14, five_retained=4, untemplated=7, three_deleted=49)),
    ("V4(Koivunen)", made("EML4", 15, five_deleted=60, three_deleted=71)),
    ("V5a", made("EML4", 2)),
    ("V5b", made("EML4", 2, three_retained=117)),
    ("V5'", made("EML4", 18)),
    ("V6", made("EML4", 13, three_retained=69)),
    ("V7", made("EML4", 14, three_deleted=12)),
    ("V7", made("EML4", 14, three_deleted=14)),
    ("V8a", made("EML4", 17, untemplated=30)),
    ("V8b", made("EML4", 17, five_retained=61, three_retained=34)),
    ("V8b", made("EML4", 17, five_retained=62, three_retained=33, microhomology=1)),
    ("V5b", made("EML4", 2, untemplated=4, three_retained=113)),  # a wrong base near the end of the intron piece
]


@pytest.mark.parametrize("name,structure", NAMED)
def test_labels(name: str, structure: Structure, tables: Tables) -> None:
    found = label(structure, tables)
    assert found.variant == name
    assert found.knowledge is not None and found.knowledge.match == "structure"
    assert found.knowledge.reference and found.knowledge.verified in ("page", "recalled")


NAMELESS = [
    ("structure", "E3;A20", made("EML4", 3)),  # printed once, never called
    ("structure", "E19;A20", made("EML4", 19)),
    ("structure", "E17;ins68A20", made("EML4", 17, untemplated=68)),  # published, no variant name
    ("structure", "E6;A19", made("EML4", 6, three_exon=19)),
    ("insert_length", "V3b", made("EML4", 6, five_retained=33)),
    ("insert_length", "V6", made("EML4", 13, untemplated=69)),
    ("insert_length", "V8b", made("EML4", 17, five_retained=50, three_retained=45)),
]


@pytest.mark.parametrize("match,key,structure", NAMELESS)
def test_published_without_a_name(match: str, key: str, structure: Structure, tables: Tables) -> None:
    found = label(structure, tables)
    assert found.variant is None
    assert found.knowledge is not None and (found.knowledge.match, found.knowledge.key) == (match, key)


@pytest.mark.parametrize(
    "structure",
    [
        made("EML4", 14),
        made("EML4", 13, untemplated=1),
        made("EML4", 13, three_deleted=3),
        made("EML4", 13, five_deleted=3),
        made("EML4", 13, three_exon=19),
        made("ALK", 19, "EML4", 14),
        made("ZZNOV1", 4, untemplated=7),
        made("", 1),
    ],
)
def test_unknown_structures_stay_unnamed(structure: Structure, tables: Tables) -> None:
    assert label(structure, tables) == Label(None, None)


def test_conflicts_and_aliases_travel_with_the_label(tables: Tables) -> None:
    v7 = label(made("EML4", 14, three_deleted=12), tables).knowledge
    assert v7 is not None and v7.callable == "flag" and "out of frame" in v7.conflict_note
    v6 = label(made("EML4", 13, three_retained=69), tables).knowledge
    assert v6 is not None and "misprint" in v6.conflict_note and v6.case_report_junction == "E13;A20"
    v4 = label(made("EML4", 14, untemplated=11, three_deleted=49), tables).knowledge
    assert v4 is not None and [other.name for other in v4.also_called] == ["V4'"]


def test_incomplete_structures_name_candidates_only(tables: Tables) -> None:
    found = label(made("EML4", 17, five_retained=61), tables, structure_complete=False)
    assert found.variant is None
    assert found.knowledge is not None and found.knowledge.candidates == ["V8a", "V8b"]
    assert found.knowledge.match == "exons"


PARTNERS = [
    ("junction", "K24;A20", "PMID:19383809", made("KIF5B", 24)),
    ("junction", "K15;A20", "PMID:21656749", made("KIF5B", 15)),
    ("junction", "K9;A20", "PMID:22347464", made("KLC1", 9)),
    ("junction", "T3;A20", "PMID:18083107", made("TFG", 3)),
    ("junction", "N4;A20", "DOI:10.1126/science.8122112", made("NPM1", 4)),
    ("junction", "S9;A2", "PMID:25204415", made("SMEK2", 9, three_exon=2)),
    ("junction", "C17;A20", "PMID:13679433", made("CARS1", 18)),
    ("partner", "K24;A20", "PMID:19383809", made("KIF5B", 23)),
    ("partner", "K24;A20", "PMID:19383809", made("ALK", 19, "KIF5B", 25)),
    ("partner", "K24;A20", "PMID:19383809", made("KIF5B", 24, untemplated=3)),
    ("partner", "not curated", "Mitelman database", made("SPTBN1", 7)),
]


@pytest.mark.parametrize("match,junction,reference,structure", PARTNERS)
def test_partners(match: str, junction: str, reference: str, structure: Structure, tables: Tables) -> None:
    found = label(structure, tables)
    assert found.variant is None and found.knowledge is not None
    assert (found.knowledge.match, found.knowledge.junction) == (match, junction)
    assert found.knowledge.reference == reference


@pytest.mark.parametrize("structure", [made("PTPN3", 2, three_exon=10), made("ALK", 11, "PTPN3", 3)])
def test_disrupting_event_is_known_at_both_junctions(structure: Structure, tables: Tables) -> None:
    found = label(structure, tables)
    assert found.knowledge is not None
    assert (found.knowledge.match, found.knowledge.kind) == ("junction", "disrupting_event")
    assert "Must never be called an activating ALK fusion" in found.knowledge.conflict_note


def test_letters_come_from_the_tables(tables: Tables) -> None:
    letters = tables.letters
    expected = {"ALK": "A", "EML4": "E", "KIF5B": "K", "KLC1": "K", "TFG": "T", "NPM1": "N", "WDCP": "C"}
    assert {gene: letters.get(gene) for gene in expected} == expected
    assert "PTPN3" not in letters and "ROS1" not in letters


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_no_variant_of_the_facts_is_lost(tables: Tables, shared: Path) -> None:
    facts = shared / "facts"
    if not facts.is_dir():
        pytest.skip("no ../shared/facts")
    ours = {row.key: row for row in tables.variants}
    for row in _rows(facts / "eml4_alk_variants.tsv"):
        kept = ours[row["variant"]]
        sizes = (kept.five_exon, kept.three_exon, kept.inserted_bases, kept.five_deleted, kept.three_deleted)
        columns = ("eml4_exon", "alk_exon", "inserted_bases", "eml4_deleted_bases", "alk_deleted_bases")
        assert sizes == tuple(int(row[c]) for c in columns)
        assert (kept.reference, kept.verified, kept.callable) == (row["reference"], row["verified"], row["callable"])


# ---------------------------------------------------------------- faults in the tables


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(root / "resources" / "knowledge" / name, tmp_path / name)
    return tmp_path


def _spoil(path: Path, row: int, column: str, value: str) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[row - 1].split("\t")
    cells[lines[0].split("\t").index(column)] = value
    lines[row - 1] = "\t".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    "name,row,column,value",
    [
        ("eml4_alk_variants.tsv", 2, "five_exon", "thirteen"),
        ("eml4_alk_variants.tsv", 5, "verified", "maybe"),
        ("eml4_alk_variants.tsv", 4, "reference", ""),
        ("eml4_alk_variants.tsv", 3, "callable", "perhaps"),
        ("eml4_alk_variants.tsv", 7, "alias_of", "V99"),
        ("eml4_alk_variants.tsv", 5, "insert_source", "five_cryptic_exon:32"),
        ("eml4_alk_variants.tsv", 5, "insert_source", "elsewhere:33"),
        ("eml4_alk_variants.tsv", 5, "insert_source", "five_intron"),
        ("alk_partners.tsv", 2, "verified", ""),
        ("domains.tsv", 2, "first", "x"),
    ],
)
def test_a_fault_is_one_line_with_row_and_column(folder: Path, name: str, row: int, column: str, value: str) -> None:
    _spoil(folder / name, row, column, value)
    with pytest.raises(InputError) as error:
        read_tables(folder)
    message = str(error.value)
    assert name in message and f"row {row}" in message and f"column {column}" in message and "\n" not in message


def test_a_missing_table_or_column_is_one_line(folder: Path) -> None:
    _spoil(folder / "domains.tsv", 1, "state", "status")
    with pytest.raises(InputError, match=r"domains\.tsv: column state"):
        read_tables(folder)
    (folder / "domains.tsv").unlink()
    with pytest.raises(InputError, match=r"domains\.tsv: no such file"):
        read_tables(folder)


def test_a_changed_row_changes_the_label(folder: Path) -> None:
    _spoil(folder / "eml4_alk_variants.tsv", 2, "variant", "Variant 1")
    assert label(made("EML4", 13), read_tables(folder)).variant == "Variant 1"
    _spoil(folder / "eml4_alk_variants.tsv", 2, "five_exon", "99")
    assert label(made("EML4", 13), read_tables(folder)).variant is None
