"""A target file that a kernel could not walk through without leaving its arrays is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alktrace.recruit.kernels.layout import KEEP
from alktrace.recruit.target_file import ARRAYS, TargetFile, write_target_file
from alktrace.runtime.errors import InputError

Arrays = dict[str, np.ndarray]


def arrays() -> Arrays:
    """The smallest table: one k-mer that recruits, one of a control gene, one span of a junction."""
    keys, values = np.zeros(256, np.uint32), np.zeros(256, np.uint16)
    keys[[3, 9]], values[[3, 9]] = (1, 2), (KEEP, 1)
    span_keys, span_values = np.zeros(256, np.uint64), np.zeros(256, np.uint32)
    span_keys[5] = 7
    return {
        "filter": np.zeros(2048, np.uint64),
        "keys": keys,
        "values": values,
        "span_keys": span_keys,
        "span_values": span_values,
        "span_offsets": np.array([0, 1], np.uint32),
        "span_junctions": np.array([0], np.uint32),
    }


def write(path: Path, found: Arrays) -> Path:
    write_target_file(path, {name: array.tobytes() for name, array in found.items()}, ["GUSB"], ["V1"])
    return path


def test_a_whole_table_is_read(tmp_path: Path) -> None:
    table = TargetFile(write(tmp_path / "t.bin", arrays()))
    assert (table.controls, table.junctions, table.size["keys"], table.shift("keys")) == (["GUSB"], ["V1"], 256, 56)
    none = arrays() | {"span_offsets": np.array([0], np.uint32), "span_junctions": np.zeros(0, np.uint32)}
    assert TargetFile(write(tmp_path / "t.bin", none)).size["span_junctions"] == 0


def cell(name: str, at: int, value: int) -> Callable[[Arrays], Arrays]:
    def change(found: Arrays) -> Arrays:
        found[name][at] = value
        return found

    return change


def resized(**sizes: int) -> Callable[[Arrays], Arrays]:
    return lambda found: found | {name: np.resize(found[name], size) for name, size in sizes.items()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (resized(keys=255, values=255), "the size of keys is no power of two"),
        (resized(filter=1), "the size of filter is no power of two"),
        (resized(span_keys=0, span_values=0), "the size of span_keys is no power of two"),
        (resized(values=128), "keys and values differ in size"),
        (lambda found: found | {"keys": np.ones(256, np.uint32)}, "keys has no empty slot"),
        (cell("values", 9, 2), "values point behind the control genes"),
        (cell("span_values", 5, 1), "span_values point behind span_offsets"),
        (cell("span_offsets", 0, 2), "span_offsets are not in order"),
        (cell("span_offsets", 1, 2), "span_offsets are not in order"),
        (cell("span_junctions", 0, 1), "span_junctions point behind the junctions"),
    ],
)
def test_numbers_that_lead_out_of_the_arrays(tmp_path: Path, change: Callable[[Arrays], Arrays], said: str) -> None:
    with pytest.raises(InputError, match=rf"t\.bin: damaged target table \({said}\); delete it and run again"):
        TargetFile(write(tmp_path / "t.bin", change(arrays())))


def header(**changed: Any) -> bytes:
    sizes = [[name, width, 256] for name, width in ARRAYS.items()]
    return json.dumps({"controls": [], "junctions": [], "arrays": sizes, **changed}).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"[]",
        b"\xff",
        header(controls=[1]),
        header(junctions="V1"),
        header(arrays=[]),
        header(arrays=[["filter", 8, -1]]),
        header(arrays=[[name, width, 1e300] for name, width in ARRAYS.items()]),
        header(arrays=[[name, 8, 256] for name in ARRAYS]),
    ],
)
def test_a_header_that_is_none(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "t.bin").write_bytes(b"alktrk4\n" + len(text).to_bytes(8, "little") + text + bytes(20_000))
    with pytest.raises(InputError, match=r"t\.bin: damaged target table"):
        TargetFile(tmp_path / "t.bin")
