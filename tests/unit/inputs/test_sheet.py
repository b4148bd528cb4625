"""The sample sheet: what is read, and one line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alktrace.inputs.configuration import load_schema
from alktrace.inputs.sheet import Sample, read_sheet
from alktrace.runtime.errors import InputError

SCHEMA = load_schema(Path(__file__).parents[3] / "workflow" / "schemas" / "samples.schema.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.fq", "b.fq", "x y'.fq", "a.bam", "primers.bed"):
        (tmp_path / name).write_text("")
    return tmp_path


def read(folder: Path, text: str) -> list[Sample]:
    sheet = folder / "samples.tsv"
    sheet.write_text(text, encoding="utf-8")
    return read_sheet(sheet, SCHEMA, [folder])


def test_full_row(folder: Path) -> None:
    header = "sample\tpatient\ttimepoint\tassay\tfq1\tfq2\tlibrary\ttargets\tumi\n"
    row = '007\t"P" <b>1</b>\tt 1\trna\ta.fq\tx y\'.fq\tamplicon\tprimers.bed\t::umi:([ACGTN+]+)\n'
    (sample,) = read(folder, header + row)
    assert sample.id == "007"
    assert sample.patient == '"P" <b>1</b>'
    (unit,) = sample.units
    assert (unit.fq1, unit.fq2, unit.bam) == (folder / "a.fq", folder / "x y'.fq", None)
    assert (sample.library, sample.targets, sample.umi) == ("amplicon", folder / "primers.bed", "::umi:([ACGTN+]+)")


def test_head_of_the_report(folder: Path) -> None:
    header = "sample\tassay\tfq1\tspecimen\ttumour_content\tprior_tki\tunit\n"
    row = "s1\trna\ta.fq\ttissue\t12.5\tcrizotinib, then <b>\t1\n"
    (sample,) = read(folder, header + row)
    assert (sample.head["specimen"], sample.head["tumour_content"]) == ("tissue", "12.5")
    assert (sample.head["prior_tki"], sample.head["operator"]) == ("crizotinib, then <b>", "")
    for content in ("101", "-1", "30%", "1e2", "nan"):
        with pytest.raises(InputError, match="row 2, column tumour_content"):
            read(folder, header + row.replace("12.5", content))
    with pytest.raises(InputError, match="row 2, column specimen"):
        read(folder, header + row.replace("tissue", "biopsy"))
    with pytest.raises(InputError, match="row 3, column prior_tki: differs"):
        read(folder, header + row + row.replace("crizotinib", "alectinib").replace("\t1\n", "\t2\n"))


def test_short_rows_defaults_and_line_ends(folder: Path) -> None:
    first, second = read(folder, "\ufeffsample\tassay\tfq1\tfq2\r\ns1\trna\ta.fq\r\n\r\ns2\trna\tb.fq\t\r\n")
    assert (first.id, first.units[0].fq2, first.library, first.umi, first.patient) == ("s1", None, "wts", "", "")
    assert second.units[0].fq1 == folder / "b.fq"


def test_bam_instead_of_fastq(folder: Path) -> None:
    (sample,) = read(folder, "sample\tassay\tbam\ns1\trna\ta.bam\n")
    assert sample.inputs == [folder / "a.bam"]


def test_first_folder_wins(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    (other / "a.fq").write_text("")
    (other / "samples.tsv").write_text("sample\tassay\tfq1\tfq2\ns1\trna\ta.fq\tb.fq\n")
    (sample,) = read_sheet(other / "samples.tsv", SCHEMA, [other, folder])
    assert (sample.units[0].fq1, sample.units[0].fq2) == (other / "a.fq", folder / "b.fq")


def test_units_of_one_sample_stay_in_their_order(folder: Path) -> None:
    rows = "s1\tL2\trna\tb.fq\ns2\t\trna\ta.fq\ns1\tL1\trna\ta.fq\n"
    one, other = read(folder, "sample\tunit\tassay\tfq1\n" + rows)
    assert [(unit.name, unit.fq1) for unit in one.units] == [("L2", folder / "b.fq"), ("L1", folder / "a.fq")]
    assert one.inputs == [folder / "b.fq", folder / "a.fq"]
    assert [unit.name for unit in other.units] == [""]


UNITS = "sample\tunit\tassay\tpatient\tfq1\tfq2\ns1\tL1\trna\tp\ta.fq\t\n"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("s1\tL1\trna\tp\tb.fq\t\n", "'s1' is there twice"),
        ("s1\tL2\trna\tq\tb.fq\t\n", "column patient: differs between the units of 's1'"),
        ("s1\tL2\trna\tp\ta.fq\t\n", "belongs to two units of 's1'"),
        ("s1\tL2\trna\tp\tb.fq\ta.fq\n", "two units"),
    ],
)
def test_rows_that_are_no_units_of_one_sample(folder: Path, row: str, said: str) -> None:
    with pytest.raises(InputError, match="row 3.*" + said):
        read(folder, UNITS + row)


def test_pairs_and_single_reads_are_no_units_of_one_sample(folder: Path) -> None:
    with pytest.raises(InputError, match="some units of 's1' are pairs"):
        read(folder, UNITS + "s1\tL2\trna\tp\tb.fq\tx y'.fq\n")


MISTAKES = {
    "unknown column": ("sample\tassay\tfq1\tsex\ns1\trna\ta.fq\tf\n", "row 1: unknown column 'sex'"),
    "column twice": ("sample\tassay\tfq1\tfq1\ns1\trna\ta.fq\ta.fq\n", "column 'fq1' is there twice"),
    "missing column": ("sample\tfq1\ns1\ta.fq\n", "column 'assay' is missing"),
    "commas": ("sample,assay,fq1\ns1,rna,a.fq\n", "unknown column 'sample,assay,fq1'"),
    "no rows": ("sample\tassay\tfq1\n", "holds no samples"),
    "empty": ("", "unknown column ''"),
    "surplus cells": ("sample\tassay\tfq1\ns1\trna\ta.fq\tx\n", "row 2 has 4 cells, the header 3"),
    "twice": ("sample\tassay\tfq1\ns1\trna\ta.fq\ns1\trna\tb.fq\n", "row 3, column sample: 's1' is there twice"),
    "path": ("sample\tassay\tfq1\n../x; rm -rf ~\trna\ta.fq\n", "row 2, column sample: '../x; rm -rf ~'"),
    "markup": ("sample\tassay\tfq1\n<script>\trna\ta.fq\n", "row 2, column sample: '<script>'"),
    "no name": ("sample\tassay\tfq1\n\trna\ta.fq\n", "row 2, column sample: ''"),
    "long name": (f"sample\tassay\tfq1\n{'a' * 65}\trna\ta.fq\n", "row 2, column sample"),
    "assay": ("sample\tassay\tfq1\ns1\tRNA\ta.fq\n", "column assay: 'RNA'"),
    "dna": ("sample\tassay\tlibrary\tfq1\ns1\tdna\twts\ta.fq\n", "a DNA sample is capture or amplicon"),
    "library": ("sample\tassay\tfq1\tlibrary\ns1\trna\ta.fq\tpcr\n", "column library: 'pcr'"),
    "no reads": ("sample\tassay\tfq1\ns1\trna\t\n", "columns fq1 and bam"),
    "both": ("sample\tassay\tfq1\tbam\ns1\trna\ta.fq\ta.bam\n", "columns fq1 and bam"),
    "only second": ("sample\tassay\tfq2\tbam\ns1\trna\ta.fq\ta.bam\n", "column fq2: second mates without fq1"),
    "same file": ("sample\tassay\tfq1\tfq2\ns1\trna\ta.fq\ta.fq\n", "column fq2: is the same file"),
    "missing file": ("sample\tassay\tfq1\ns1\trna\tnope.fq\n", "column fq1: no such file: nope.fq"),
    "missing bed": ("sample\tassay\tfq1\ttargets\ns1\tdna\ta.fq\tn.bed\n", "column targets: no such file"),
    "bed not read": (
        "sample\tassay\tfq1\ttargets\ns1\trna\ta.fq\tn.bed\n",
        "column targets: is not used for library wts",
    ),
    "umi regex": ("sample\tassay\tfq1\tumi\ns1\trna\ta.fq\t(\n", "column umi: '(' is not a regular expression"),
    "umi no group": ("sample\tassay\tfq1\tumi\ns1\trna\ta.fq\t[ACGT]+\n", "has 0 groups"),
    "umi two groups": ("sample\tassay\tfq1\tumi\ns1\trna\ta.fq\t(A)(C)\n", "has 2 groups"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_one_clear_line(folder: Path, name: str) -> None:
    text, expected = MISTAKES[name]
    with pytest.raises(InputError) as caught:
        read(folder, text)
    message = str(caught.value)
    assert expected in message
    assert "samples.tsv" in message
    assert "\n" not in message


def test_not_text(folder: Path) -> None:
    (folder / "samples.tsv").write_bytes(b"sample\tassay\n\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_sheet(folder / "samples.tsv", SCHEMA, [folder])


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40))
def test_free_text_is_kept_or_refused_never_changed(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("sheet")
    (folder / "a.fq").write_text("")
    (sample,) = read(folder, f"sample\tpatient\tassay\tfq1\ns1\t{text}\trna\ta.fq\n")
    assert sample.patient == text.strip()
