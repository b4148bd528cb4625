"""Fuzz one reader by coverage: python tests/fuzz/run.py READER [CORPUS ...] [-runs=1000000] [libFuzzer's options].

Readers are those of parsers.PARSERS. A finding ends the run with a traceback and the input in a file `crash-*`; put it,
made small, into tests/fuzz/corpus/READER, where the tests of the project use it from then on. Needs atheris
(requirements-dev.in), which is there for Linux.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["alktrace", "fuzz"]):
    from fuzz import parsers


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in parsers.PARSERS:
        sys.exit(f"usage: run.py READER [options of libFuzzer]; READER is one of {', '.join(parsers.PARSERS)}")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(parsers.seeds(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], *sys.argv[1:], folder], lambda data: parsers.look(name, data))
        atheris.Fuzz()


main()
