"""The cohort table and page."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import report_fixtures as made
from alktrace.cohort.names import file_name
from alktrace.cohort.stage import write_cohort
from alktrace.cohort.table import Row
from alktrace.model.records import SCHEMA_VERSION, Finding, Imbalance, Report, SampleInfo, Verdict
from alktrace.model.vocabulary import Assay, Library, State
from alktrace.runtime.errors import InputError
from alktrace.runtime.serialise import write_json
from markup import Page

HOSTILE = "<img src=x onerror=alert(1)>\t=1+1"


def report(sample: str, state: State = State.NOT_ASSESSABLE, patient: str = "p") -> Report:
    finding = Finding(state, "said", None)
    return Report(
        schema_version=SCHEMA_VERSION,
        sample=SampleInfo(sample, patient, "t0", Assay.RNA, Library.WTS),
        verdict=Verdict(finding, finding, finding, "Nothing can be said."),
        fusions=[],
        mutations=[],
        screened=[],
        tki=[],
        bypass=[],
        failure_list=[],
        direct_junctions=[],
        dismissed_junctions=[],
        qc=made.qc(0, Imbalance(None, None, None, None, State.NOT_ASSESSABLE, "no reads")),
        provenance=made.provenance(),
    )


def write(folder: Path, reports: list[Report]) -> list[Path]:
    paths = [folder / r.sample.id / "report.json" for r in reports]
    for path, record in zip(paths, reports, strict=True):
        write_json(record, path)
    return paths


def test_rows_keep_the_order_given(tmp_path: Path) -> None:
    paths = write(tmp_path, [report("b", State.DETECTED), report("a")])
    write_cohort(paths, tmp_path / "cohort")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cohort" / "summary.tsv").read_text()), delimiter="\t"))
    assert [(r["sample"], r["alk_rearrangement"]) for r in rows] == [("b", "detected"), ("a", "not_assessable")]
    assert list(rows[0]) == list(Row.__dataclass_fields__)
    page = Page((tmp_path / "cohort" / "index.html").read_text())
    assert [a["href"] for t, a in page.tags if t == "a" and "report" in (a["href"] or "")] == [
        "../b/report.html",
        "../a/report.html",
    ]
    assert [a["data-verdict"] for t, a in page.tags if "data-verdict" in a] == ["detected", "not_assessable"]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("s", patient=HOSTILE)]), tmp_path)
    (_, row) = (tmp_path / "summary.tsv").read_text().splitlines()
    assert len(row.split("\t")) == len(Row.__dataclass_fields__)
    page = Page((tmp_path / "index.html").read_text())
    assert not [t for t, _ in page.tags if t == "img"]
    assert HOSTILE in page.text


def test_page_asks_for_nothing(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("s")]), tmp_path)
    page = Page((tmp_path / "index.html").read_text())
    assert page.loaded == ["data:,"]
    assert not [a for _, a in page.tags if (a.get("href") or "").startswith(("http", "//"))]


def test_no_samples_give_empty_views(tmp_path: Path) -> None:
    write_cohort([], tmp_path)
    assert len((tmp_path / "summary.tsv").read_text().splitlines()) == 1


def test_other_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(InputError, match="not a ReportFindings record"):
        write_cohort([tmp_path / "report.json"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_patient_with_two_samples_has_a_page(tmp_path: Path) -> None:
    name = "../<b>x</b>"
    write_cohort(write(tmp_path, [report("a", patient=name), report("b", patient=name), report("c")]), tmp_path / "out")
    (page,) = (tmp_path / "out" / "patients").iterdir()
    assert page.name == file_name(name)
    assert not set(page.name) & set("/<>&\\ ")
    cells = Page(page.read_text())
    assert "<b>x" not in page.read_text()
    assert name in cells.text
    index = Page((tmp_path / "out" / "index.html").read_text())
    assert [a["href"] for t, a in index.tags if t == "a" and "patients/" in (a["href"] or "")] == [
        f"patients/{page.name}"
    ] * 2


def test_page_of_a_patient_who_left_is_removed(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("a"), report("b")]), tmp_path)
    write_cohort(write(tmp_path, [report("a")]), tmp_path)
    assert list((tmp_path / "patients").iterdir()) == []


def test_like_names_have_pages_of_their_own() -> None:
    names = ["a b", "a_b", "a/b", "A B", "", "..", "患者"]
    assert len({file_name(n).lower() for n in names}) == len(names)


def test_emergent_change_is_said_and_drawn(tmp_path: Path) -> None:
    _, before = made.build(tmp_path / "x", "negative")
    _, after = made.build(tmp_path / "y", "fusion")
    before.sample.id, after.sample.id = "first", "second"
    for one in (before, after):
        one.qc.junction_limit = 0.006
    write_cohort(write(tmp_path, [before, after]), tmp_path / "out")
    (page,) = (tmp_path / "out" / "patients").iterdir()
    text = page.read_text()
    assert "<b>emergent:</b> ALK G1202R (c.3604G&gt;A)" in text
    assert 'class="open line-0"' in text  # first sample: at its limit of detection


def test_other_driver_is_no_alk_fusion(tmp_path: Path) -> None:
    _, found = made.build(tmp_path / "in", "fusion")
    found.fusions[1].target = "RET"
    write_cohort(write(tmp_path, [found]), tmp_path)
    (row,) = csv.DictReader(io.StringIO((tmp_path / "summary.tsv").read_text()), delimiter="\t")
    assert (row["fusions"], row["other_junctions"]) == ("EML4::ALK V3b", "EML4::ALK V3a")


def test_multiqc_table(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("a", State.DETECTED), report("b")]), tmp_path)
    content = json.loads((tmp_path / "alktrace_mqc.json").read_text())
    assert content["plot_type"] == "table"
    assert {k: v["alk_rearrangement"] for k, v in content["data"].items()} == {"a": "detected", "b": "not assessable"}
    assert set(content["headers"]) == set(content["data"]["a"])


def test_multiqc_keeps_names_that_it_would_cut_alike(tmp_path: Path) -> None:
    """Cut at file endings, both would be `a`; MultiQC leaves the names of data in a list alone."""
    write_cohort(write(tmp_path, [report("a.bam"), report("a.sorted")]), tmp_path)
    (data,) = json.loads((tmp_path / "alktrace_mqc.json").read_text())["data"]
    assert list(data) == ["a.bam", "a.sorted"]


def test_multiqc_text_is_escaped(tmp_path: Path) -> None:
    _, hostile = made.build(tmp_path / "in", "fusion", label=made.HOSTILE)
    write_cohort(write(tmp_path, [hostile]), tmp_path)
    (row,) = json.loads((tmp_path / "alktrace_mqc.json").read_text())["data"].values()
    assert "&lt;script&gt;" in row["fusions"]
    assert not [value for value in row.values() if "<" in str(value)]
