"""The log of a rule: what was done with what; a failure is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from types import SimpleNamespace
from alktrace.runtime.adaptor import run
from alktrace.runtime.errors import InputError

class Values(dict):
    pass

def main(snakemake):
    if sys.argv[2] == "good":
        return {"pairs": 12}
    if sys.argv[2] == "interrupt":
        raise KeyboardInterrupt
    raise {"input": InputError("x.fq: record 2\\nis odd"), "disk": OSError(28, "No space left on device"),
           "memory": MemoryError(),
           "bug": ValueError("odd")}[sys.argv[2]]

run(main, SimpleNamespace(log=[sys.argv[1]], rule="some_rule", threads=2, params=Values(a=1)))
"""


def run(tmp_path: Path, scripts: Path, case: str) -> tuple[int, str, str]:
    log = tmp_path / "rule.log"
    command = [sys.executable, "-c", PROGRAM, str(log), case]
    environment = {"PYTHONPATH": str(scripts), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stderr, log.read_text()


def test_log_holds_version_parameters_and_counts(tmp_path: Path, root: Path) -> None:
    code, said, log = run(tmp_path, root / "workflow" / "scripts", "good")
    assert (code, said) == (0, "")
    for words in ("rule some_rule", "parameters: {'a': 1}", "threads: 2", "pairs: 12", "INFO done in"):
        assert words in log


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("input", "alktrace: x.fq: record 2 is odd\n"),
        ("disk", "alktrace: some_rule: [Errno 28] No space left on device\n"),
        ("memory", "alktrace: some_rule: not enough memory\n"),
    ],
)
def test_failure_is_one_line(tmp_path: Path, root: Path, case: str, line: str) -> None:
    code, said, log = run(tmp_path, root / "workflow" / "scripts", case)
    assert (code, said) == (1, line)
    assert f" ERROR {line.removeprefix('alktrace: ')}" in log


def test_a_fault_of_our_own_leaves_its_traceback_in_the_log(tmp_path: Path, root: Path) -> None:
    code, said, log = run(tmp_path, root / "workflow" / "scripts", "bug")
    assert code == 1
    assert said.count("\n") == 1
    assert "unexpected ValueError: odd" in said
    assert "Traceback" in log


def test_ctrl_c_says_nothing(tmp_path: Path, root: Path) -> None:
    code, said, _ = run(tmp_path, root / "workflow" / "scripts", "interrupt")
    assert (code, said) == (130, "")
