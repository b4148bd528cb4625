"""What is screened comes from tables: rows add codons and events, wrong rows are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alktrace.knowledge.hotspots import ScreenSet, change_codons, read_screen_set
from alktrace.runtime.errors import InputError
from screen_cases import KNOWLEDGE


@pytest.fixture(scope="module")
def tables() -> ScreenSet:
    return read_screen_set(KNOWLEDGE)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in ("hotspots.tsv", "bypass.tsv", "domains.tsv", "alk_kinase_mutations.tsv", "polymorphisms.tsv"):
        shutil.copy(KNOWLEDGE / name, tmp_path / name)
    return tmp_path


def test_the_whole_kinase_domain_and_all_table_positions_are_screened(tables: ScreenSet) -> None:
    codons = {codon for gene, codon in tables.by_codon if gene == "ALK"}
    assert set(range(1116, 1393)) <= codons
    assert {c for name in tables.alk_changes for c in change_codons(name)} <= codons


@pytest.mark.parametrize(
    ("gene", "codon", "old", "new"),
    [
        ("EGFR", 858, "L", "R"), ("EGFR", 790, "T", "M"), ("EGFR", 797, "C", "S"), ("EGFR", 719, "G", "A"),
        ("EGFR", 861, "L", "Q"), ("KRAS", 12, "G", "C"), ("KRAS", 13, "G", "D"), ("KRAS", 61, "Q", "H"),
        ("NRAS", 12, "G", "D"), ("NRAS", 61, "Q", "K"), ("BRAF", 600, "V", "E"), ("PIK3CA", 542, "E", "K"),
        ("PIK3CA", 545, "E", "K"), ("PIK3CA", 1047, "H", "R"), ("MAP2K1", 57, "K", "N"), ("KIT", 816, "D", "V"),
        ("TP53", 175, "R", "H"), ("TP53", 213, "R", "*"), ("RB1", 320, "R", "*"), ("ALK", 1202, "G", "R"),
    ],
)  # fmt: skip
def test_hotspots_are_reported(tables: ScreenSet, gene: str, codon: int, old: str, new: str) -> None:
    assert tables.reports_substitution(gene, codon, old, new)


@pytest.mark.parametrize(
    ("gene", "codon", "old", "new"),
    [
        ("EGFR", 858, "L", "L"),
        ("EGFR", 858, "L", "M"),
        ("TP53", 101, "K", "Q"),
        ("RB1", 320, "R", "Q"),
        ("ALK", 1, "M", "V"),
    ],
)
def test_other_changes_are_not(tables: ScreenSet, gene: str, codon: int, old: str, new: str) -> None:
    assert not tables.reports_substitution(gene, codon, old, new)


def test_indels_by_kind(tables: ScreenSet) -> None:
    assert tables.reports_indel("EGFR", 746, 750, -15)
    assert tables.reports_indel("EGFR", 752, 759, -24)
    assert not tables.reports_indel("EGFR", 746, 750, -14)
    assert tables.reports_indel("EGFR", 770, 771, 9)
    assert tables.reports_indel("ERBB2", 775, 776, 12)
    assert not tables.reports_indel("EGFR", 770, 771, -9)
    assert tables.reports_indel("RB1", 400, 400, -1)
    assert tables.reports_indel("ALK", 1202, 1202, -3)


def test_a_codon_is_added_by_a_row(own: Path) -> None:
    with (own / "hotspots.tsv").open("a") as table:
        table.write("EGFR\t724\t18\tG724S\tegfr_hotspot_mutation_l858r\tmutation\tG724S\tunknown\trecalled\t\n")
    tables = read_screen_set(own)
    assert tables.reports_substitution("EGFR", 724, "G", "S")
    assert ("EGFR", 724) in tables.by_codon


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("EGFR\tx\t18\te\tegfr_hotspot_mutation_l858r\tmutation\tany\tr\tpage\t\n", "column codons: 'x'"),
        ("EGFR\t12\t18\te\tegfr_hotspot_mutation_l858r\tmagic\tany\tr\tpage\t\n", "column kind: 'magic'"),
    ],
)
def test_a_wrong_row_is_named(own: Path, row: str, message: str) -> None:
    with (own / "hotspots.tsv").open("a") as table:
        table.write(row)
    number = len((own / "hotspots.tsv").read_text().splitlines())
    with pytest.raises(InputError, match=message) as error:
        read_screen_set(own)
    assert f"row {number}" in str(error.value)


def test_a_missing_table_is_one_line(own: Path) -> None:
    (own / "polymorphisms.tsv").unlink()
    with pytest.raises(InputError, match=r"polymorphisms\.tsv: no such file"):
        read_screen_set(own)
