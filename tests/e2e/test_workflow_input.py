"""Bad input: one clear line, an exit code, and no report left behind."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]

HEADER = "sample\tpatient\ttimepoint\tassay\tfq1\tfq2\n"


def said(output: str) -> list[str]:
    """What alktrace told the user."""
    assert "Traceback" not in output, output[-3000:]
    return [line for line in output.splitlines() if line.startswith("alktrace: ")]


def reports(folder: Path) -> list[Path]:
    return [path for path in (folder / "results").rglob("*") if path.is_file() and path.name.startswith("report.")]


def write_config(folder: Path, sheet: str, fasta: Path, gtf: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "samples.tsv").write_text(HEADER + sheet, encoding="utf-8")
    config = {"samples": "samples.tsv", "reference": {"fasta": str(fasta), "gtf": str(gtf)}}
    (folder / "my.yaml").write_text(yaml.safe_dump(config))
    return folder / "my.yaml"


@pytest.fixture
def reads(demo_run: Path) -> tuple[Path, Path]:
    """FASTQ of a small good sample."""
    return demo_run / "fastq" / "demo_poor_R1.fastq.gz", demo_run / "fastq" / "demo_poor_R2.fastq.gz"


def records(path: Path) -> list[bytes]:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    return [b"".join(lines[i : i + 4]) for i in range(0, len(lines), 4)]


def test_bad_reads(demo_run: Path, tmp_path: Path, reads: tuple[Path, Path], run_workflow: Run) -> None:
    first, second = records(reads[0]), records(reads[1])
    packed = reads[0].read_bytes()
    no_plus = first[0].replace(b"\n+\n", b"\n-\n")
    short_quality = first[0][:-5] + b"\n"
    mates = b"".join(second)
    bad = {
        "truncated": (packed[: len(packed) // 2], mates),
        "corrupt": (packed[:1000] + bytes(200) + packed[1200:], mates),
        "fewer": (b"".join(first), b"".join(second[:-3])),
        "no_plus": (b"".join([*first[:7], no_plus, *first[8:]]), mates),
        "short_quality": (b"".join([*first[:7], short_quality, *first[8:]]), mates),
        "half_record": (b"".join(first)[:-150], mates),
        "not_fastq": (b">read\nACGT\n", mates),
    }
    sheet = f"good\tp\t\trna\t{reads[0]}\t{reads[1]}\n"
    for name, content in bad.items():
        for mate, data in enumerate(content, 1):
            (tmp_path / f"{name}_R{mate}.fq").write_bytes(data)
        sheet += f"{name}\tp\t\trna\t{name}_R1.fq\t{name}_R2.fq\n"
    (tmp_path / "empty.fq").write_bytes(b"")
    sheet += "empty\tp\t\trna\tempty.fq\t\n"
    config = write_config(tmp_path, sheet, demo_run / "genome.fa", demo_run / "genes.gtf")
    out = tmp_path / "out"
    shutil.copytree(demo_run / "work" / "reference", out / "work" / "reference", symlinks=True)
    done = run_workflow(out, config, "--keep-going")
    assert done.returncode != 0
    lines = said(done.stdout)
    for name in bad:
        (line,) = [line for line in lines if f"{name}_R" in line]
        assert len(line) < 400
        assert not list((out / "results").glob(f"{name}/*"))
    assert len(lines) == len(bad), lines
    # Good and empty samples are not held up, and no reads is a result.
    assert sorted({path.parent.name for path in reports(out)}) == ["empty", "good"]
    assert '"state": "not_assessable"' in (out / "results" / "empty" / "report.json").read_text()


def test_reads_gone_bad_take_their_report_with_them(
    demo_run: Path, tmp_path: Path, reads: tuple[Path, Path], run_workflow: Run
) -> None:
    for number, source in enumerate(reads, 1):
        shutil.copy2(source, tmp_path / f"R{number}.fastq.gz")
    sheet = "s1\tp\t\trna\tR1.fastq.gz\tR2.fastq.gz\n"
    config = write_config(tmp_path, sheet, demo_run / "genome.fa", demo_run / "genes.gtf")
    out = tmp_path / "out"
    shutil.copytree(demo_run / "work" / "reference", out / "work" / "reference", symlinks=True)
    assert run_workflow(out, config).returncode == 0
    assert reports(out)
    (tmp_path / "R2.fastq.gz").write_bytes(reads[1].read_bytes()[:-100])
    done = run_workflow(out, config)
    assert done.returncode != 0
    assert len(said(done.stdout)) == 1
    assert not reports(out)


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("s1\tp\t\trna\t{0}\t{1}\ns1\tp\t\trna\t{0}\t{1}\n", "row 3, column sample: 's1' is there twice"),
        ("../x; rm -rf ~\tp\t\trna\t{0}\t{1}\n", "row 2, column sample: '../x; rm -rf ~' is not allowed"),
        ("<script>\tp\t\trna\t{0}\t{1}\n", "row 2, column sample: '<script>' is not allowed"),
        ("s1\tp\t\trna\tnone.fastq.gz\t\n", "row 2, column fq1: no such file: none.fastq.gz"),
    ],
)
def test_bad_sheet(
    demo_run: Path, tmp_path: Path, reads: tuple[Path, Path], run_workflow: Run, sheet: str, expected: str
) -> None:
    config = write_config(tmp_path, sheet.format(*reads), demo_run / "genome.fa", demo_run / "genes.gtf")
    done = run_workflow(tmp_path / "out", config)
    assert done.returncode != 0
    (line,) = done.stdout.splitlines()[-1:]
    assert said(done.stdout) == [line]
    assert expected in line
    assert not reports(tmp_path / "out")


def test_unknown_column_and_unknown_key(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    config = write_config(tmp_path, "", demo_run / "genome.fa", demo_run / "genes.gtf")
    (tmp_path / "samples.tsv").write_text("sample\tassay\tfq1\tsex\ns1\trna\tx.fq\tf\n")
    (line,) = said(run_workflow(tmp_path / "out", config).stdout)
    assert "unknown column 'sex'" in line
    config.write_text(config.read_text() + "min_support: 2\n")
    (line,) = said(run_workflow(tmp_path / "out", config).stdout)
    assert "unknown key min_support" in line


def test_bad_reference(demo_run: Path, tmp_path: Path, reads: tuple[Path, Path], run_workflow: Run) -> None:
    rows = (demo_run / "genes.gtf").read_text().splitlines(keepends=True)
    (tmp_path / "no_alk.gtf").write_text("".join(row for row in rows if 'gene_name "ALK"' not in row))
    (tmp_path / "other_names.gtf").write_text("".join(row.removeprefix("chr") for row in rows))
    sheet = f"s1\tp\t\trna\t{reads[0]}\t{reads[1]}\n"
    for name, expected in (("no_alk", "no gene ALK"), ("other_names", "no contig of the GTF")):
        folder = tmp_path / name
        config = write_config(folder, sheet, demo_run / "genome.fa", tmp_path / f"{name}.gtf")
        done = run_workflow(folder / "out", config)
        assert done.returncode != 0
        (line,) = said(done.stdout)
        assert expected in line
        assert f"{name}.gtf" in line
        assert not reports(folder / "out")
