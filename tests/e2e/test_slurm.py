"""The workflow on a real Slurm cluster of one node: submissions, a killed job, the run taken up again."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import slurm

pytestmark = pytest.mark.slow

DEMO = ("demo_V1", "demo_V3_baseline", "demo_V3_progression", "demo_KIF5B", "demo_wild_type", "demo_poor")
OPTIONS = (
    "--workflow-profile", "slurm",
    # A cluster without accounting, and figures of a test: no waiting for disks and states.
    "--slurm-no-account", "--slurm-status-command", "squeue", "--seconds-between-status-checks", "1",
    "--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5", "--retries", "0", "--keep-going",
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm.Slurm]:
    if os.environ.get("ALKTRACE_SLURM") != "1":
        pytest.skip("set ALKTRACE_SLURM=1 to run it: it takes minutes of an idle machine")
    if reason := slurm.missing():
        pytest.skip(reason)
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("snakemake-executor-plugin-slurm is not installed (requirements-slurm.lock)")
    with slurm.one_node(tmp_path_factory.mktemp("slurm") / "node") as running:
        yield running


def twelve_samples(demo_run: Path, folder: Path) -> Path:
    """Each demo sample under two names; returns the configuration."""
    folder.mkdir()
    header, *rows = (demo_run / "samples.tsv").read_text(encoding="utf-8").splitlines()
    names = header.split("\t")
    lines = [header]
    for row in rows:
        cells = dict(zip(names, row.split("\t"), strict=True))
        reads = {key: str(demo_run / cells[key]) for key in ("fq1", "fq2")}
        for copy in ("a", "b"):
            lines.append("\t".join({**cells, **reads, "sample": f"{cells['sample']}_{copy}"}.values()))
    (folder / "samples.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    reference = {"fasta": str(demo_run / "genome.fa"), "gtf": str(demo_run / "genes.gtf")}
    config = {"samples": "samples.tsv", "reference": reference}
    (folder / "my.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder / "my.yaml"


def kill_one(cluster: slurm.Slurm, run: subprocess.Popen[str]) -> None:
    """Kill the first job of a sample that runs."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and run.poll() is None:
        for job, comment in cluster.jobs("RUNNING").items():
            if "sample" in comment:
                cluster.cancel(job)
                return
        time.sleep(0.2)
    raise AssertionError("no job of a sample was seen running")


def test_twelve_samples_one_of_them_killed_then_resumed(
    cluster: slurm.Slurm, demo_run: Path, tmp_path: Path, snakemake_command: Callable[..., list[str]]
) -> None:
    config, out, log = twelve_samples(demo_run, tmp_path / "data"), tmp_path / "out", tmp_path / "run.log"
    command = snakemake_command(out, config, *OPTIONS)
    cores = command.index("--cores")
    del command[cores : cores + 2]  # the cluster's cores are the profile's to give
    with log.open("w") as stream:
        run = subprocess.Popen(command, cwd=tmp_path, stdout=stream, stderr=subprocess.STDOUT, text=True)
        try:
            kill_one(cluster, run)
            run.wait(timeout=900)
        finally:
            run.kill()
            run.wait()
    samples = {f"{name}_{copy}" for name in DEMO for copy in "ab"}
    assert run.returncode == 1, log.read_text()[-3000:]
    finished = {path.parent.name for path in (out / "results").glob("*/report.html")}
    assert len(samples - finished) == 1, log.read_text()[-3000:]
    first = cluster.submissions()
    assert first <= 3 * len(samples)

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert cluster.submissions() - first <= 3, "only the killed sample and the cohort are made"
    for name in DEMO:
        fusions = [(out / "results" / f"{name}_{copy}" / "fusions.bedpe").read_bytes() for copy in "ab"]
        assert fusions == [(demo_run / "results" / name / "fusions.bedpe").read_bytes()] * 2
    assert (out / "results" / "cohort" / "index.html").is_file()
    assert not cluster.jobs("RUNNING,PENDING")
