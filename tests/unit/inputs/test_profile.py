"""A workflow profile that Snakemake would drop in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from alktrace.inputs.profile import check_profile
from alktrace.runtime.errors import InputError


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / "profiles" / "slurm").mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.mark.parametrize("words", [[], ["--workflow-profile", "slurm"], ["--cores", "2", "--workflow-profile=none"]])
def test_found_or_not_asked_for(top: Path, words: list[str]) -> None:
    check_profile(words, top, top.parent)


def test_a_path_is_found_from_the_folder_that_holds_it(top: Path) -> None:
    check_profile(["--workflow-profile", "profiles/slurm"], top, top)


@pytest.mark.parametrize("words", [["--workflow-profile", "profiles/slurm"], ["--workflow-profile=sge"]])
def test_a_profile_that_is_not_there_is_refused(top: Path, words: list[str]) -> None:
    with pytest.raises(InputError, match="give its name alone, one of slurm"):
        check_profile(words, top, top.parent)
