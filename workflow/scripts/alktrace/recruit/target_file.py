"""The target table as a file, read without numpy: importing numpy takes as long as scanning half a million reads.

File: eight bytes of magic, the length of a JSON header (eight bytes, little endian), the header, then the arrays one
after another, each at a multiple of 64 bytes from the header's end. Header: `controls`, `junctions` (names) and
`arrays`, a list of [name, bytes of an element, elements].
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from ..runtime.errors import InputError
from ..runtime.files import written_whole
from .kernels.layout import CONTROL_MASK

_MAGIC = b"alktrk4\n"
# name -> bytes of an element; what the arrays hold is said in target_table.TargetTable
ARRAYS = {
    "filter": 8,
    "keys": 4,
    "values": 2,
    "span_keys": 8,
    "span_values": 4,
    "span_offsets": 4,
    "span_junctions": 4,
}
_LETTERS: dict[int, Literal["H", "I", "Q"]] = {2: "H", 4: "I", 8: "Q"}  # types of `memoryview` by bytes of an element
_ALIGN = 64


class TargetFile:
    """The arrays in memory (`address`, `size`), the control genes and the catalogued junctions."""

    def __init__(self, path: Path):
        """Raises InputError when `path` is no target table of this version, or one that a kernel could not walk
        through without leaving its arrays."""
        try:
            self._data = bytearray(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); run the workflow again") from None
        if self._data[:8] != _MAGIC:
            raise InputError(f"{path}: not a target table of this version; delete it and run again")
        try:
            self._read()
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise InputError(f"{path}: damaged target table ({error}); delete it and run again") from None

    def _read(self) -> None:
        length = int.from_bytes(self._data[8:16], "little")
        header = json.loads(self._data[16 : 16 + length])
        self.controls: list[str] = _names(header["controls"])
        self.junctions: list[str] = _names(header["junctions"])
        sizes = {name: (width, count) for name, width, count in header["arrays"]}
        if {name: width for name, (width, _) in sizes.items()} != ARRAYS:
            raise ValueError("other arrays than this version's")
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._data))
        offset = 16 + length
        self.address: dict[str, int] = {}
        self.size: dict[str, int] = {}
        views: dict[str, memoryview] = {}
        for name, (width, count) in sizes.items():
            if type(count) is not int or not 0 <= count <= len(self._data):
                raise ValueError(f"{name} has no size")
            self.address[name], self.size[name] = start + offset, count
            views[name] = memoryview(self._data)[offset : offset + width * count]
            offset += _padded(width * count)
        if offset != len(self._data):
            raise ValueError("cut short")
        self._check({n: view.cast(_LETTERS[ARRAYS[n]]) if view else view for n, view in views.items()})

    def _check(self, arrays: Mapping[str, memoryview]) -> None:
        """The kernels mask hashes by the sizes, follow numbers from table to table and stop at an empty slot."""
        for name in ("filter", "keys", "span_keys"):
            if self.size[name] < 2 or self.size[name] & (self.size[name] - 1):
                raise ValueError(f"the size of {name} is no power of two")
        for keys, values in (("keys", "values"), ("span_keys", "span_values")):
            if self.size[keys] != self.size[values]:
                raise ValueError(f"{keys} and {values} differ in size")
            if 0 not in arrays[keys]:
                raise ValueError(f"{keys} has no empty slot")
        offsets = arrays["span_offsets"]
        if any(a > b for a, b in pairwise(offsets)) or offsets[-1] > self.size["span_junctions"]:
            raise ValueError("span_offsets are not in order")
        if max(arrays["span_values"]) >= max(len(offsets) - 1, 1):
            raise ValueError("span_values point behind span_offsets")
        if max(arrays["span_junctions"][: offsets[-1]], default=-1) >= len(self.junctions):
            raise ValueError("span_junctions point behind the junctions")
        if any(value & CONTROL_MASK > len(self.controls) for value in set(arrays["values"])):
            raise ValueError("values point behind the control genes")

    def shift(self, name: str) -> int:
        """What a hash of 64 bits is shifted by to address a table whose size is a power of two."""
        return 65 - self.size[name].bit_length()


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("names are no list of text")
    return value


def write_target_file(
    path: Path, arrays: Mapping[str, bytes], controls: Sequence[str], junctions: Sequence[str]
) -> None:
    """Write the raw little-endian `arrays`, whole or not at all."""
    sizes = [[name, width, len(arrays[name]) // width] for name, width in ARRAYS.items()]
    header = json.dumps({"controls": list(controls), "junctions": list(junctions), "arrays": sizes}).encode()
    header += b" " * (-(16 + len(header)) % _ALIGN)
    parts = [_MAGIC, len(header).to_bytes(8, "little"), header]
    parts += [arrays[name].ljust(_padded(len(arrays[name])), b"\0") for name in ARRAYS]
    with written_whole(path) as partial:
        partial.write_bytes(b"".join(parts))


def _padded(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN
