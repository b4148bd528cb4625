"""What every rule must state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = {
    match[1]: match[0]
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
    for match in re.finditer(r"^rule (\w+):\n(?:(?: .*)?\n)+", path.read_text() + "\n", re.MULTILINE)
}
DIRECTIVES = (
    "input", "output", "log", "benchmark", "conda", "threads", "resources", "params", "message", "script"
)  # fmt: skip


def test_rules_are_found() -> None:
    assert len(RULES) == 11


@pytest.mark.parametrize("rule", RULES)
def test_every_directive_in_order(rule: str) -> None:
    found = re.findall(r"^    (\w+):", RULES[rule], re.MULTILINE)
    assert [d for d in DIRECTIVES if d in found] == found
    assert set(DIRECTIVES) - set(found) <= {"params"}


@pytest.mark.parametrize("rule", RULES)
def test_memory_grows_and_time_is_stated(rule: str) -> None:
    assert re.search(r"mem_mb=scaled\(\d+(, (\d+|INDEX_BYTES))?\)", RULES[rule])
    assert re.search(r"runtime=minutes\(\d+\)", RULES[rule])


@pytest.mark.parametrize("rule", RULES)
def test_named_files_exist(rule: str) -> None:
    for name in re.findall(r'"\.\./((?:\.\./)?(?:envs|scripts|report)/[\w.]+)"', RULES[rule]):
        assert (ROOT / "workflow" / "rules" / ".." / name).resolve().is_file(), name


def test_conda_files_pin_channels() -> None:
    for path in (ROOT / "envs").glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["channels"] == ["conda-forge", "bioconda", "nodefaults"]


def test_slurm_profile_groups_only_rules_that_exist() -> None:
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    assert set(profile["groups"]) == set(RULES) - {"index_reference", "index_star", "summarise_cohort"}


def test_snakefile_is_a_table_of_contents() -> None:
    text = (ROOT / "Snakefile").read_text()
    assert len(text.splitlines()) < 60
    assert "def " not in text


def test_both_snakefiles_include_the_same_rules_in_the_same_order() -> None:
    included = [
        re.findall(r'^include: "(?:workflow/)?(rules/\w+\.smk)"', (ROOT / name).read_text(), re.MULTILINE)
        for name in ("Snakefile", "workflow/Snakefile")
    ]
    assert included[0] == included[1]
    assert len(included[0]) == len(list((ROOT / "workflow" / "rules").glob("*.smk")))
