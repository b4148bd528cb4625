"""A profile that is not there: Snakemake goes on without a word, and a cluster run lands on the login node."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..runtime.errors import InputError


def check_profile(words: Sequence[str], top: Path, start: Path) -> None:
    """Raise InputError when the command line names a workflow profile that Snakemake did not find.

    `words` are those of the command line, `top` the folder of the Snakefile, `start` where the run was started.
    Snakemake looks for the name in `start`, then in its `profiles/`, then in `profiles/` beside the Snakefile.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--workflow-profile")
    name = parser.parse_known_args(list(words))[0].workflow_profile
    if name is None or name == "none":
        return
    places = [start / name, start / "profiles" / name, top / "profiles" / name]
    if not any(place.exists() for place in places):
        known = ", ".join(sorted(folder.name for folder in (top / "profiles").glob("*") if folder.is_dir()))
        raise InputError(f"--workflow-profile {name}: no such profile here; give its name alone, one of {known}")
