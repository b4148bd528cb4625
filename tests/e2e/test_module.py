"""The workflow as a part of others: a module with a prefix, and the layout of the workflow catalogue."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

CALLER = """\
configfile: "config/config.yaml"


module alktrace:
    snakefile:
        {source}
    config:
        config


use rule * from alktrace as alk_*


rule all:
    default_target: True
    input:
        rules.alk_all.input,
"""


def caller(demo_run: Path, folder: Path, source: str) -> list[str]:
    """The user's workflow round ours, as `snakedeploy deploy-workflow` lays it out; returns the command."""
    (folder / "workflow").mkdir(parents=True)
    (folder / "config").mkdir()
    (folder / "workflow" / "Snakefile").write_text(CALLER.format(source=source), encoding="utf-8")
    reads = "\t".join(str(demo_run / "fastq" / f"demo_poor_R{mate}.fastq.gz") for mate in (1, 2))
    sheet = f"sample\tassay\tfq1\tfq2\npoor\trna\t{reads}\n"
    (folder / "config" / "samples.tsv").write_text(sheet, encoding="utf-8")
    reference = {"fasta": str(demo_run / "genome.fa"), "gtf": str(demo_run / "genes.gtf")}
    config = {"samples": "config/samples.tsv", "reference": reference}
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return [sys.executable, "-m", "snakemake", "--cores", "2"]


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | variables
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False, timeout=300
    )


def test_module_of_a_checkout(demo_run: Path, tmp_path: Path, root: Path) -> None:
    command = caller(demo_run, tmp_path, f'"{root}/workflow/Snakefile"')
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "results" / "poor" / "report.html").is_file()
    assert (tmp_path / "results" / "cohort" / "index.html").is_file()


def test_catalogue_layout_fetches_the_rules_from_a_repository(
    demo_run: Path, tmp_path: Path, root: Path, installed: Path
) -> None:
    """Snakemake fetches rules and scripts one by one from the repository; the library is the installed package."""
    repository = commit_of_this_state(root, tmp_path / "repository")
    address = "https://github.com/someone/alktrace"
    (tmp_path / "gitconfig").write_text(f'[url "file://{repository}"]\n\tinsteadOf = {address}\n')
    source = 'github("someone/alktrace", path="workflow/Snakefile", branch="main")'
    command = [str(installed / "bin" / "python"), *caller(demo_run, tmp_path / "mine", source)[1:]]
    variables = {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = run([*command, "work/poor/recruit.json"], tmp_path / "mine", **variables)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "mine" / "work" / "poor" / "recruit.json").is_file()


def commit_of_this_state(root: Path, repository: Path) -> Path:
    """A repository whose branch main holds the files of the working tree."""
    repository.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    present = b"\0".join(name for name in listed.split(b"\0") if name and (root / name.decode()).exists())
    pack = ["tar", "--create", "--null", "--files-from=-", "--file=-"]
    packed = subprocess.run(pack, cwd=root, input=present, capture_output=True, check=True).stdout
    subprocess.run(["tar", "--extract", "--file=-"], cwd=repository, input=packed, check=True)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for words in (["init", "--quiet", "-b", "main"], ["add", "-A"], [*author, "commit", "--quiet", "-m", "state"]):
        subprocess.run(["git", *words], cwd=repository, check=True)
    return repository
