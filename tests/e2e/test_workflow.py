"""The whole workflow on the demo samples: the truth is found, and the bytes are the same however it is run."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]

FILES = (
    "report.json", "report.html", "report.tsv", "fusions.vcf", "fusions.bedpe", "mutations.vcf", "evidence.bam",
    "evidence.html", "findings.tsv", "codons.tsv",
)  # fmt: skip
SAMPLES = ("demo_V1", "demo_V3_baseline", "demo_V3_progression", "demo_KIF5B", "demo_wild_type", "demo_poor")
FEW = ("demo_KIF5B", "demo_poor")  # of patients without DNA: their pages do not hang on other rows


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def report(folder: Path, sample: str) -> dict[str, Any]:
    found: dict[str, Any] = load(folder / "results" / sample / "report.json")
    return found


def result_bytes(folder: Path, sample: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "results" / sample).iterdir())}


@pytest.fixture(scope="module")
def truth(demo_run: Path) -> dict[str, Any]:
    expected: dict[str, Any] = load(demo_run / "truth.json")["samples"]
    assert set(SAMPLES) < set(expected)
    return expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_file_is_there_and_nothing_else(demo_run: Path, sample: str) -> None:
    assert sorted(result_bytes(demo_run, sample)) == sorted([*FILES, "evidence.bam.bai"])


@pytest.mark.parametrize("sample", SAMPLES)
def test_fusions_are_the_truth(demo_run: Path, truth: dict[str, Any], sample: str) -> None:
    found = report(demo_run, sample)
    assert found["verdict"]["alk_rearrangement"]["state"] == truth[sample]["alk_rearrangement"]
    expected = {fusion["notation"]: fusion for fusion in truth[sample]["fusions"]}
    inner = {"left_end", "right_start"}  # where the parts meet in `sequence`: not a field of the report
    assert {fusion["notation"] for fusion in found["fusions"]} == set(expected)
    for fusion in found["fusions"]:
        wanted = {key: value for key, value in expected[fusion["notation"]].items() if key not in inner}
        assert {key: fusion[key] for key in wanted} == wanted
        assert fusion["confidence"] == "high"
        assert fusion["structure_complete"] is True


@pytest.mark.parametrize("sample", SAMPLES)
def test_mutations_are_the_truth(demo_run: Path, truth: dict[str, Any], sample: str) -> None:
    found = {(m["gene"], m["short"]): m for m in report(demo_run, sample)["mutations"]}
    expected = {(m["gene"], m["short"]): m for m in truth[sample].get("mutations", [])}
    assert set(found) == set(expected)
    for key, mutation in found.items():
        assert mutation["vaf_low"] <= expected[key]["vaf"] <= mutation["vaf_high"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_report_fits_its_schema(demo_run: Path, root: Path, sample: str) -> None:
    jsonschema.validate(report(demo_run, sample), load(root / "workflow" / "schemas" / "report.schema.json"))


def test_poor_sample_says_that_it_cannot_be_assessed(demo_run: Path) -> None:
    verdict = report(demo_run, "demo_poor")["verdict"]
    assert verdict["alk_rearrangement"]["state"] == "not_assessable"
    assert verdict["kinase_domain"]["state"] == "not_assessable"
    assert "could not be assessed" in verdict["summary"]


@pytest.mark.parametrize(
    ("sample", "state", "detected"),
    [
        ("demo_V1", "not_detected", []),
        ("demo_V3_progression", "not_detected", []),
        ("demo_KIF5B", "detected", ["KRAS G12X"]),
        ("demo_poor", "not_assessable", []),
    ],
)
def test_bypass_tracks(demo_run: Path, sample: str, state: str, detected: list[str]) -> None:
    found = report(demo_run, sample)
    assert found["verdict"]["bypass"]["state"] == state
    assert [f"{b['gene']} {b['event']}" for b in found["bypass"] if b["state"] == "detected"] == detected
    assert all(b["limit_of_detection"] > 0 for b in found["bypass"] if b["state"] == "not_detected")


def test_absence_carries_its_limit(demo_run: Path) -> None:
    verdict = report(demo_run, "demo_wild_type")["verdict"]
    assert verdict["alk_rearrangement"]["limit_of_detection"] > 0
    assert all(s["reason"] for s in report(demo_run, "demo_poor")["screened"] if s["state"] == "not_assessable")


def test_cohort_lists_every_sample(demo_run: Path) -> None:
    with (demo_run / "results" / "cohort" / "summary.tsv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [row["sample"] for row in rows] == [*SAMPLES, "demo_DNA_tissue", "demo_DNA_plasma"]
    page = (demo_run / "results" / "cohort" / "index.html").read_text(encoding="utf-8")
    assert all(sample in page for sample in SAMPLES)


def test_rna_and_dna_of_a_patient_agree(demo_run: Path) -> None:
    """The transcript that DNA predicts is the one that RNA shows; plasma shows the resistance mutation too."""
    found = {
        record["samples"][1]["id"]: record
        for path in (demo_run / "results" / "cohort" / "patients").glob("*-combined.json")
        if (record := load(path))
    }
    tissue, plasma = found["demo_DNA_tissue"]["findings"], found["demo_DNA_plasma"]["findings"]
    assert [(f["kind"], f["agreement"]) for f in tissue] == [("rearrangement", "both"), ("copy_number", "dna_only")]
    assert tissue[1]["name"] == "MET amplification"
    assert tissue[0]["predicted"] == tissue[0]["observed"] == ["V1 (E13;A20)"]
    assert [(f["kind"], f["agreement"]) for f in plasma] == [("rearrangement", "both"), ("kinase_change", "both")]
    assert (len(plasma[0]["predicted"]), len(plasma[0]["observed"])) == (1, 2)


def test_results_name_no_place(demo_run: Path, root: Path) -> None:
    for path in (demo_run / "results").rglob("*"):
        if path.is_file() and path.suffix not in (".bam", ".bai"):
            text = path.read_text(encoding="utf-8")
            assert str(demo_run) not in text, path
            assert str(root) not in text, path


def test_nothing_is_written_outside_results_and_work(demo_run: Path) -> None:
    inputs = {"samples.tsv", "genes.gtf", "genome.fa", "fastq", "truth.tsv", "truth.json", "config.yaml", "panel.bed"}
    assert {path.name for path in demo_run.iterdir()} - inputs == {"results", "work", ".snakemake"}


# ---------------------------------------------------------------- the same bytes


def few_samples(demo_run: Path, folder: Path) -> Path:
    """A copy of the demo data with a short sheet, in `folder`; returns its configuration."""
    folder.mkdir(parents=True)
    for name in ("genome.fa", "genes.gtf", "config.yaml"):
        shutil.copy2(demo_run / name, folder)
    (folder / "fastq").symlink_to(demo_run / "fastq")
    header, *rows = (demo_run / "samples.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if row.split("\t")[0] in FEW]
    (folder / "samples.tsv").write_text("".join([header, *kept]), encoding="utf-8")
    return folder / "config.yaml"


def test_one_core_in_a_folder_of_odd_name(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    folder = tmp_path / 'it\'s a "demo" & $HOME'
    config = few_samples(demo_run, folder)
    # The results stand elsewhere than the data: the sheet's relative paths still hold.
    done = run_workflow(tmp_path / "out put", config, cores=1)
    assert done.returncode == 0, done.stdout[-3000:]
    for sample in FEW:
        assert result_bytes(tmp_path / "out put", sample) == result_bytes(demo_run, sample)


def test_killed_run_is_taken_up_again(
    demo_run: Path, tmp_path: Path, run_workflow: Run, snakemake_command: Callable[..., list[str]]
) -> None:
    config = few_samples(demo_run, tmp_path / "data")
    out = tmp_path / "out"
    command = snakemake_command(out, config)
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd=tmp_path
    )
    try:
        deadline = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline and not list(out.glob("results/*/evidence.bam")):
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it could be killed"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert run_workflow(out, config, "--unlock").returncode == 0
    done = run_workflow(out, config)
    assert done.returncode == 0, done.stdout[-3000:]
    for sample in FEW:
        assert result_bytes(out, sample) == result_bytes(demo_run, sample)


def test_interrupted_run_says_so_in_one_line(
    demo_run: Path, tmp_path: Path, snakemake_command: Callable[..., list[str]]
) -> None:
    config, out = few_samples(demo_run, tmp_path / "data"), tmp_path / "out"
    shutil.copytree(demo_run / "work" / "reference", out / "work" / "reference", symlinks=True)
    words = snakemake_command(out, config)
    command = [words[0], "-m", "alktrace", "run", str(config), "--directory", str(out), "--cores", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(words[4]).parent / "workflow" / "scripts")}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    streams["start_new_session"] = True
    # A shell's background job ignores the signal, and its children would too.
    streams["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, **streams)
    log = out / "work" / "logs" / FEW[0] / "gather_evidence.log"
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (log.exists() and "stage recruit" in log.read_text()):
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[0]
    assert process.returncode != 0
    assert "Traceback" not in said and "Error" not in said and "FAILED" not in said, said
    assert said.count("alktrace: stopped; the same command goes on where it was") == 1


def test_second_run_does_nothing(demo_run: Path, run_workflow: Run) -> None:
    done = run_workflow(demo_run, demo_run / "config.yaml", "--dry-run")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout
