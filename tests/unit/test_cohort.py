"""The cohort table and page."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import pytest

from alktrace.cohort import Row, write_cohort
from alktrace.errors import InputError
from alktrace.models import Finding, Report, SampleInfo, State, Verdict
from alktrace.serialise import write_json

HOSTILE = "<img src=x onerror=alert(1)>\t=1+1"


def report(sample: str, state: State = State.NOT_ASSESSABLE, patient: str = "p") -> Report:
    finding = Finding(state, "", None)
    verdict = Verdict(finding, finding, finding, "Nothing can be said.")
    info = SampleInfo(sample, patient, "t0", "rna", "wts")
    return Report("1.0", info, verdict, [], [], [], [], [], {"pairs_total": 7, "control_fragments": 0}, {})


def write(folder: Path, reports: list[Report]) -> list[Path]:
    paths = [folder / r.sample.id / "report.json" for r in reports]
    for path, record in zip(paths, reports, strict=True):
        write_json(record, path)
    return paths


class Cells(HTMLParser):
    """Text of the table's body cells, and every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_rows_keep_the_order_given(tmp_path: Path) -> None:
    paths = write(tmp_path, [report("b", State.DETECTED), report("a")])
    write_cohort(paths, tmp_path / "cohort")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cohort" / "summary.tsv").read_text()), delimiter="\t"))
    assert [(r["sample"], r["alk_rearrangement"]) for r in rows] == [("b", "detected"), ("a", "not_assessable")]
    assert list(rows[0]) == list(Row.__dataclass_fields__)
    page = Cells()
    page.feed((tmp_path / "cohort" / "index.html").read_text())
    assert [a["href"] for t, a in page.tags if t == "a" and "report" in (a["href"] or "")] == [
        "../b/report.html",
        "../a/report.html",
    ]
    assert [a["data-verdict"] for t, a in page.tags if "data-verdict" in a] == ["detected", "not_assessable"]


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("s", patient=HOSTILE)]), tmp_path)
    (_, row) = (tmp_path / "summary.tsv").read_text().splitlines()
    assert len(row.split("\t")) == len(Row.__dataclass_fields__)
    page = Cells()
    page.feed((tmp_path / "index.html").read_text())
    assert not [t for t, _ in page.tags if t == "img"]
    assert any(HOSTILE in text for text in page.text)


def test_page_asks_for_nothing(tmp_path: Path) -> None:
    write_cohort(write(tmp_path, [report("s")]), tmp_path)
    page = Cells()
    page.feed((tmp_path / "index.html").read_text())
    links = [a[key] or "" for _, a in page.tags for key in ("src", "href") if key in a]
    assert not [link for link in links if link.startswith(("http", "//"))]


def test_no_samples_give_empty_views(tmp_path: Path) -> None:
    write_cohort([], tmp_path)
    assert len((tmp_path / "summary.tsv").read_text().splitlines()) == 1


def test_other_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(InputError, match="not a Report record"):
        write_cohort([tmp_path / "report.json"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
