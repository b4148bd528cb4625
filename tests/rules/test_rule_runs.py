"""Single rules on small input."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
import yaml

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


def unaligned_bam(first: Path, second: Path, out: Path) -> Path:
    """The pairs of two FASTQ files as an unaligned BAM."""
    with (
        pysam.AlignmentFile(str(out), "wb", header={"HD": {"VN": "1.6"}}) as handle,
        pysam.FastxFile(str(first)) as ones,
        pysam.FastxFile(str(second)) as twos,
    ):
        for pair in zip(ones, twos, strict=True):
            for entry, flag in zip(pair, (0x4D, 0x8D), strict=True):
                record = pysam.AlignedSegment(handle.header)
                record.query_name, record.flag = entry.name, flag
                record.query_sequence = entry.sequence
                record.query_qualities = pysam.qualitystring_to_array(entry.quality or "")
                handle.write(record)
    return out


def test_bam_gives_what_its_fastq_gives(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    mates = [demo_run / "fastq" / f"demo_poor_R{mate}.fastq.gz" for mate in (1, 2)]
    unaligned_bam(mates[0], mates[1], tmp_path / "poor.bam")
    (tmp_path / "samples.tsv").write_text("sample\tassay\tbam\npoor\trna\tpoor.bam\n")
    reference = {"fasta": str(demo_run / "genome.fa"), "gtf": str(demo_run / "genes.gtf")}
    (tmp_path / "my.yaml").write_text(yaml.safe_dump({"samples": "samples.tsv", "reference": reference}))
    out = tmp_path / "out"
    shutil.copytree(demo_run / "work" / "reference", out / "work" / "reference", symlinks=True)
    done = run_workflow(out, tmp_path / "my.yaml", "work/poor/recruit.json")
    assert done.returncode == 0, done.stdout[-3000:]
    stats = json.loads((out / "work" / "poor" / "recruit.json").read_text())
    expected = json.loads((demo_run / "work" / "demo_poor" / "recruit.json").read_text())
    # The order of pairs differs, and with it which qualities and duplicates are sampled.
    for key in ("paired", "pairs_total", "pairs_recruited", "bases_total", "control_pairs", "direct_junctions"):
        assert stats[key] == expected[key], key
    assert json.loads((out / "work" / "poor" / "inputs.json").read_text())["bam"]["file"] == "poor.bam"
    assert not list((out / "work" / "poor").glob("alktrace-*"))


def test_pdf_is_made_only_when_asked_for(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed (requirements-pdf.lock)", exc_type=Exception)
    assert not list((demo_run / "results").rglob("report.pdf"))
    sample = Path("results") / "demo_poor"
    (tmp_path / sample).mkdir(parents=True)
    shutil.copy(demo_run / sample / "report.html", tmp_path / sample)
    done = run_workflow(tmp_path, demo_run / "config.yaml", str(sample / "report.pdf"), "--allowed-rules", "render_pdf")
    assert done.returncode == 0, done.stdout[-3000:]
    assert (tmp_path / sample / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_recruit_off_aligns_every_pair(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    config = yaml.safe_load((demo_run / "config.yaml").read_text())
    reference = {key: str(demo_run / name) for key, name in config["reference"].items()}
    mates = "\t".join(str(demo_run / "fastq" / f"demo_poor_R{mate}.fastq.gz") for mate in (1, 2))
    (tmp_path / "samples.tsv").write_text(f"sample\tassay\tfq1\tfq2\npoor\trna\t{mates}\n")
    config = {"samples": "samples.tsv", "reference": {**reference, "index": "whole"}, "recruit": False}
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(config))
    out = tmp_path / "out"
    shutil.copytree(demo_run / "work" / "reference", out / "work" / "reference", symlinks=True)
    done = run_workflow(out, tmp_path / "my.yaml", "results/poor/evidence.bam")
    assert done.returncode == 0, done.stdout[-3000:]
    stats = json.loads((out / "work" / "poor" / "recruit.json").read_text())
    with pysam.AlignmentFile(str(out / "results" / "poor" / "evidence.bam")) as handle:
        names = {record.query_name for record in handle.fetch(until_eof=True)}
    assert len(names) == stats["pairs_total"]
