"""`python -m alktrace run CONFIG ...`: Snakemake with this workflow, its usual mistakes said in one line."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from .runtime.adaptor import INTERRUPTED
from .runtime.errors import InputError
from .runtime.paths import SNAKEFILE

STOPPED = "stopped; the same command goes on where it was"
_PLACES = ("--cores", "-c", "--jobs", "-j", "--workflow-profile", "--profile", "--executor")


def main(arguments: Sequence[str]) -> int:
    """Check configuration file and folder, then hand all other words to Snakemake. Returns the exit code.

    Raises InputError for a configuration that cannot be read, is no YAML mapping, and for a folder of results that
    cannot be written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m alktrace run", description="Other options are those of snakemake.", allow_abbrev=False
    )
    parser.add_argument("config", type=Path, help="the configuration, such as my.yaml")
    parser.add_argument("--directory", "-d", type=Path, default=Path(), help="folder of the results (the current one)")
    own, rest = parser.parse_known_args(arguments)
    if not SNAKEFILE.is_file():
        raise InputError("the rules are not part of the installed package; run it from a checkout, or see README.md")
    check_configuration(own.config)
    check_folder(own.directory)
    words = ["--snakefile", str(SNAKEFILE), "--configfile", str(own.config), "--directory", str(own.directory), *rest]
    if not any(word.split("=")[0] in _PLACES for word in rest):
        words += ["--cores", "all"]
    try:
        return _snakemake(words)
    except KeyboardInterrupt:  # while Snakemake starts; later it ends its jobs itself
        print(f"\nalktrace: {STOPPED}", file=sys.stderr)
        return INTERRUPTED


def check_configuration(path: Path) -> None:
    """Raises InputError when `path` cannot be read or holds no YAML mapping."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path}: configuration cannot be read ({reason}); give the path of a YAML file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: not YAML ({getattr(error, 'problem', None) or 'cannot be parsed'})") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: holds no keys; see config/README.md")


def check_folder(path: Path) -> None:
    """Make the folder of the results. Raises InputError when it cannot be made or written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise InputError(f"{path}: results cannot be written there ({error.strerror}); name another folder") from None


def _snakemake(words: Sequence[str]) -> int:
    from snakemake.cli import main as snakemake

    sys.argv = ["snakemake", *words]  # the rules look at the command line: inputs/profile.py
    os.environ.setdefault("PWD", os.getcwd())
    try:
        snakemake(list(words))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
