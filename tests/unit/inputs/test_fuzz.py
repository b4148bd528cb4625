"""Every reader of files from outside takes what it is given or refuses it in one line (tests/fuzz has the readers).

The corpora hold what fuzzing found; Hypothesis changes them. tests/fuzz/run.py does the same by coverage, without end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.parsers import PARSERS, GuardedBatch, look, plain_scan, scan_fastq, seeds

SLOW = {"knowledge": 10, "fasta": 40, "targets": 60}  # examples; others 150
TOKENS = [
    *(b"\t", b"\n", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff", b"-1", b"0", b"1e999", b"nan", b"\xc2\xb2", b"9" * 5000),
    *(b'"', b";", b"@", b"+", b">", b"=", b"%", b"{", b"[" * 2000, b"1-99999999999", b"\x1b[2J", b"N" * 3000),
]


@pytest.mark.parametrize("name", PARSERS)
def test_what_fuzzing_found(name: str) -> None:
    found = seeds(name)
    assert found
    for seed in found:
        look(name, seed)


edits = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 40), st.one_of(st.sampled_from(TOKENS), st.binary(max_size=20))),
    max_size=6,
)


@pytest.mark.parametrize("name", PARSERS)
def test_no_change_of_them_ends_otherwise(name: str) -> None:
    found = seeds(name)

    @settings(
        max_examples=SLOW.get(name, 150), derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 1 << 16), edits)
    def check(number: int, changes: list[tuple[int, int, bytes]]) -> None:
        data = found[number % len(found)]
        for at, length, text in changes:
            at %= len(data) + 1
            data = data[:at] + text + data[at + length :]
        look(name, data)

    check()


# ---------------------------------------------------------------- the scanner itself
lines = st.sampled_from(
    [b"@r", b"@r/1 x", b"+", b"+r", b"ACGT" * 5, b"ACGT" * 16, b"NNAC", b"I" * 20, b"I" * 64, b"", b"@"]
)


@settings(max_examples=600, derandomize=True, database=None, deadline=None)
@given(st.integers(0, 255), st.lists(lines, max_size=24), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_the_scanner_agrees_with_a_plain_one_wherever_buffers_end(
    cut: int, found: list[bytes], newline: bytes, last: bool
) -> None:
    scan_fastq(bytes([cut]) + newline.join(found) + (newline if last else b""))


def test_the_plain_scanner_is_right() -> None:
    good = b"@r1\nACGT\n+\nIIII\n"
    assert plain_scan(good * 2 + b"\n\n") == (2, 8, True)
    assert plain_scan(good + b"@r2\nACGT\n+\nII I\n") == (1, 4, False)
    assert plain_scan(good + b"@r2\nACGT\n+\n") == (1, 4, False)


OUTSIDE = """
import sys
sys.path[:0] = sys.argv[2:]
from fuzz.parsers import guarded
import ctypes
array = guarded(ctypes.c_uint8, 100)
print(array[99], flush=True)
print(ctypes.string_at(ctypes.addressof(array) + 99 + int(sys.argv[1]), 1))
"""


def test_buffers_are_guarded(root: Path) -> None:
    """One byte too far ends the process: so a scan that passed the tests above stayed within its buffers."""
    paths = [str(root / "workflow" / "scripts"), str(root / "tests")]
    codes = [
        subprocess.run([sys.executable, "-c", OUTSIDE, step, *paths], capture_output=True, check=False).returncode
        for step in ("0", "1")
    ]
    assert codes[0] == 0 and codes[1] < 0
    assert GuardedBatch.SIZE % os.sysconf("SC_PAGE_SIZE") == 0
