"""The target table as a file, read without numpy: importing numpy takes as long as scanning half a million reads.

File: eight bytes of magic, the length of a JSON header (eight bytes, little endian), the header, then the arrays one
after another, each at a multiple of 64 bytes from the header's end. Header: `controls`, `junctions` (names) and
`arrays`, a list of [name, bytes of an element, elements].
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..runtime.errors import InputError

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
_ALIGN = 64


class TargetFile:
    """The arrays in memory (`address`, `size`), the control genes and the catalogued junctions."""

    def __init__(self, path: Path):
        """Raises InputError when `path` is no target table of this version."""
        try:
            self._data = bytearray(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); run the workflow again") from None
        if self._data[:8] != _MAGIC:
            raise InputError(f"{path}: not a target table of this version; delete it and run again")
        length = int.from_bytes(self._data[8:16], "little")
        header = json.loads(self._data[16 : 16 + length])
        self.controls: list[str] = header["controls"]
        self.junctions: list[str] = header["junctions"]
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._data))
        offset = 16 + length
        self.address: dict[str, int] = {}
        self.size: dict[str, int] = {}
        for name, width, count in header["arrays"]:
            self.address[name], self.size[name] = start + offset, count
            offset += _padded(width * count)
        if offset != len(self._data):
            raise InputError(f"{path}: target table is cut short; delete it and run again")

    def shift(self, name: str) -> int:
        """What a hash of 64 bits is shifted by to address a table whose size is a power of two."""
        return 65 - self.size[name].bit_length()


def write_target_file(
    path: Path, arrays: Mapping[str, bytes], controls: Sequence[str], junctions: Sequence[str]
) -> None:
    """Write the raw little-endian `arrays`, whole or not at all."""
    sizes = [[name, width, len(arrays[name]) // width] for name, width in ARRAYS.items()]
    header = json.dumps({"controls": list(controls), "junctions": list(junctions), "arrays": sizes}).encode()
    header += b" " * (-(16 + len(header)) % _ALIGN)
    parts = [_MAGIC, len(header).to_bytes(8, "little"), header]
    parts += [arrays[name].ljust(_padded(len(arrays[name])), b"\0") for name in ARRAYS]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(b"".join(parts))
    os.replace(partial, path)


def _padded(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN
