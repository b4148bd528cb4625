"""The wheel: what it carries, and that it works where nothing else of the project is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RENDER = """
import sys
from pathlib import Path
import alktrace
from alktrace.report.files import EVIDENCE, VIEWS
from alktrace.report.stage import write_views
from alktrace.runtime.paths import KNOWLEDGE

run, sample, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
results, work, reference = run / "results" / sample, run / "work" / sample, run / "work" / "reference"
write_views(
    report=results / "report.json",
    fusions=work / "fusions.json",
    screen=work / "mutations.json",
    bam=results / "evidence.bam",
    fasta=reference / "genome.2bit",
    annotation=reference / "annotation.tsv",
    knowledge=KNOWLEDGE,
    out={name: out / file for name, file in {**VIEWS, **EVIDENCE}.items()},
    settings={"max_lod_vaf": 0.2, "evidence_view": True},
)
print(alktrace.__file__)
"""


def run(installed: Path, folder: Path, *words: str) -> str:
    """What the installed Python prints, in an environment that knows nothing of the checkout."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(installed / "bin" / "python"), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_renders_a_report(installed: Path, demo_run: Path, tmp_path: Path) -> None:
    place = run(installed, tmp_path, "-c", RENDER, str(demo_run), "demo_poor", str(tmp_path / "out"))
    assert place.startswith(str(installed))
    for name in ("report.html", "report.tsv", "evidence.html", "fusions.vcf", "fusions.bedpe", "mutations.vcf"):
        made = (tmp_path / "out" / name).read_bytes()
        assert made == (demo_run / "results" / "demo_poor" / name).read_bytes(), name


def test_lists_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    said = run(installed, tmp_path, "-m", "alktrace")
    for command in ("compare", "check-sheet", "check-tables", "simulate"):
        assert command in said
    checked = run(installed, tmp_path, "-m", "alktrace", "check-tables")
    assert "nothing wrong" in checked
    assert str(installed) in checked
