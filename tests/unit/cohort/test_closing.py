"""The end of a run with failed samples."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from alktrace.cohort.closing import NOT_REACHED, Files, close_failed_run, unfinished

RESULTS = "results/{sample}"
FILES = Files(["work/{sample}/recruit.json"], f"{RESULTS}/report.json", [f"{RESULTS}/report.html"], "log/{sample}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for sample in ("good", "stale", "killed", "later"):
        for part in ("work", "results", "log"):
            (tmp_path / part / sample).mkdir(parents=True)
    for sample in ("good", "stale", "killed"):
        if sample != "stale":
            (tmp_path / "work" / sample / "recruit.json").write_text("{}")
    for name in ("report.json", "report.html"):
        (tmp_path / "results" / "stale" / name).write_text("of an earlier run")
    (tmp_path / "log" / "stale" / "recruit_reads.log").write_text("10:00:00 ERROR R1.fq: damaged\n")
    (tmp_path / "log" / "killed" / "recruit_reads.log").write_text("10:00:00 INFO done in 1.0 s\n")
    (tmp_path / "log" / "killed" / "call_fusions.log").write_text("10:00:01 INFO rule call_fusions\n")
    (tmp_path / "log" / "stopped").mkdir()
    (tmp_path / "log" / "stopped" / "analyse_sample.log").write_text("10:00:01 INFO interrupted\n")
    return tmp_path


def test_each_sample_has_its_reason(folder: Path) -> None:
    reasons = unfinished(["stale", "killed", "later", "stopped"], FILES)
    assert reasons["stale"] == "R1.fq: damaged"
    assert reasons["killed"].startswith("call_fusions stopped without a reason")
    assert reasons["later"] == NOT_REACHED
    assert reasons["stopped"] == NOT_REACHED, "the user stopped it; nothing is wrong with it"


def test_a_report_does_not_outlive_its_reads(folder: Path) -> None:
    lines = close_failed_run(["stale", "later"], FILES, folder / "results" / "cohort")
    assert lines == ["stale: FAILED, R1.fq: damaged", "1 samples: not reached; run the same command again"]
    assert not list((folder / "results" / "stale").iterdir())
    assert not (folder / "results" / "cohort").exists()


@pytest.mark.slow
def test_finished_samples_have_their_cohort_page(
    demo_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(demo_run)
    files = Files(["work/{sample}/recruit.json"], FILES.report, FILES.views, str(tmp_path / "{sample}"))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "recruit_reads.log").write_text("10:00:00 ERROR <b>R1.fq</b>: damaged\n")
    lines = close_failed_run(["demo_V1", "bad"], files, tmp_path / "cohort")
    assert lines[0].startswith("demo_V1: ALK rearrangement detected (EML4::ALK V1")
    assert lines[0].endswith("results/demo_V1/report.html")
    assert lines[1] == "bad: FAILED, <b>R1.fq</b>: damaged"
    with (tmp_path / "cohort" / "summary.tsv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [row["sample"] for row in rows] == ["demo_V1", "bad"]
    assert rows[1]["summary"].endswith("damaged")
    page = (tmp_path / "cohort" / "index.html").read_text(encoding="utf-8")
    assert "Samples without a report (1)" in page
    assert "<b>R1.fq" not in page
    assert (tmp_path / "cohort" / "index.html").stat().st_mtime == 0  # made anew by the next run
