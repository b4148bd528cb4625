"""A real anchored-PCR library of a lung tumour with EML4::ALK variants 3a and 3b."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def report(shared: Path, tmp_path_factory: pytest.TempPathFactory, run_workflow: Run) -> dict[str, Any]:
    folder, real = tmp_path_factory.mktemp("real"), shared / "real"
    mates = "\t".join(str(real / f"amp_v3_R{mate}.fastq.gz") for mate in (1, 2))
    (folder / "samples.tsv").write_text(
        f"sample\tassay\tfq1\tfq2\tlibrary\tumi\nAMP\trna\t{mates}\tamplicon\t::umi:([ACGTN+]+)\n"
    )
    reference = {"fasta": str(real / "grch38_chr2_sparse.fa.gz"), "gtf": str(real / "grch38_chr2_sparse.gtf.gz")}
    (folder / "my.yaml").write_text(yaml.safe_dump({"samples": "samples.tsv", "reference": reference}))
    done = run_workflow(folder / "out", folder / "my.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    found: dict[str, Any] = json.loads((folder / "out" / "results" / "AMP" / "report.json").read_text())
    return found


def test_both_isoforms_of_variant_3_and_nothing_else(report: dict[str, Any]) -> None:
    confident = {f["variant"]: f for f in report["fusions"] if f["confidence"] != "low"}
    assert sorted(confident) == ["V3a", "V3b"]
    assert confident["V3a"]["notation"] == "E6;A20"
    assert confident["V3b"]["inserted_sequence"] == "CAAAAATGTCAACTCGCGAAAAAAACAGCCAAG"
    for fusion in confident.values():
        assert (fusion["name"], fusion["frame"]) == ("EML4::ALK", "in_frame")
    # Low-confidence entries may be artefacts of V3b only.
    assert all(f["name"] == "EML4::ALK" for f in report["fusions"])
    assert report["mutations"] == []


def test_molecules_are_counted_by_umi(report: dict[str, Any]) -> None:
    counts = {f["variant"]: f["support"]["unique_fragments"] for f in report["fusions"] if f["confidence"] != "low"}
    # 17 and 6 molecules hold the exact junction strings; others hold it with an error.
    assert counts["V3b"] >= 17
    assert counts["V3a"] >= 6
    assert 2 <= counts["V3b"] / counts["V3a"] <= 5


def test_what_an_anchored_library_cannot_say(report: dict[str, Any]) -> None:
    assert report["verdict"]["alk_rearrangement"]["state"] == "detected"
    assert report["verdict"]["kinase_domain"]["state"] == "not_assessable"
    assert report["qc"]["alk_imbalance"]["state"] == "not_assessable"
