"""Command line of the library: the workflow, and what can be done without it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .runtime.errors import InputError

COMMANDS = {
    "run": "CONFIG --directory DIR ...: the workflow; all other options are Snakemake's",
    "compare": "OLD NEW: what differs between two result folders in what a reader would act on",
    "check-sheet": "SHEET: read a sample sheet as a run would",
    "check-tables": "[FOLDER]: read the tables of genes and evidence as a run would",
    "simulate": "demo --out DIR: demo samples of known truth (or: scenario NAME --out DIR)",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Bad input is one line on stderr and code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print(usage())
        return 0
    try:
        return _run(given[0], given[1:])
    except InputError as error:
        print(f"alktrace: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def usage() -> str:
    """One line for each command."""
    lines = [f"  {name:<13} {text}" for name, text in COMMANDS.items()]
    return "\n".join(["usage: python -m alktrace COMMAND ...", "", *lines])


def _run(command: str, rest: Sequence[str]) -> int:
    # Each command imports what it needs: a list of commands must not wait for numba.
    if command == "run":
        from . import run

        return run.main(rest)
    if command == "compare":
        from . import compare

        return compare.main(rest)
    if command == "simulate":
        from .simulate.__main__ import main as simulate

        simulate(rest)
        return 0
    if command == "check-sheet" and len(rest) == 1:
        return _check_sheet(Path(rest[0]))
    if command == "check-tables" and len(rest) <= 1:
        return _check_tables(Path(rest[0]) if rest else None)
    raise InputError(f"no such command, or too few or many words: {command} {' '.join(rest)}; see python -m alktrace")


def _check_sheet(path: Path) -> int:
    from .inputs.configuration import load_schema
    from .inputs.sheet import read_sheet
    from .runtime.paths import SCHEMAS

    samples = read_sheet(path, load_schema(SCHEMAS / "samples.schema.yaml"), [Path.cwd(), path.resolve().parent])
    print(f"{path}: {len(samples)} samples, nothing wrong")
    return 0


def _check_tables(folder: Path | None) -> int:
    from .knowledge.check import check_tables
    from .knowledge.panel import read_panel
    from .runtime.paths import RESOURCES

    resources = folder or RESOURCES
    check_tables(resources)
    genes, tables = read_panel(resources / "panel.tsv"), list((resources / "knowledge").glob("*.tsv"))
    print(f"{resources}: {len(genes)} genes and {len(tables)} tables, nothing wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
