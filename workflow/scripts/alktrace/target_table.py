"""Target k-mer tables: layout shared by the builder (`targets.py`) and the compiled kernels. No numba here.

A k-mer of 16 bases is a 32-bit code: base i sits at bits 2i and 2i+1 as (byte >> 1) & 3, so A=0, C=1, T=2, G=3, either
case. Lookup: a bitmap small enough for the processor's cache, then an exact open-addressing table (key 0 = empty;
poly-A is never a target).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

K = 16  # bases of a recruiting k-mer
STRIDE = 4  # a read is sampled at every fourth position, and at its end
SPAN = 24  # bases of a direct-scan k-mer (64-bit code), at least SPAN_MARGIN on either side of the junction
SPAN_MARGIN = 8


HASH = 0x9E3779B1  # multiplicative hash (2^32 / golden ratio)
HASH64 = 0x9E3779B97F4A7C15
FORMAT = 1

_CODES = np.zeros(256, dtype=np.uint8)
_CODES[:] = (np.arange(256) >> 1) & 3


@dataclass
class TargetTable:
    """Everything `recruit` needs to know of a reference."""

    bitmap: NDArray[np.uint64]  # 2^bits bits
    keys: NDArray[np.uint32]  # open addressing, power of two long
    values: NDArray[np.uint16]  # KEEP and number of the control gene
    controls: list[str]  # gene of control number i + 1
    span_keys: NDArray[np.uint64]  # open addressing; 0 = empty
    span_values: NDArray[np.uint32]  # row of span_offsets
    span_offsets: NDArray[np.uint32]  # junctions of row r: span_junctions[offsets[r]:offsets[r + 1]]
    span_junctions: NDArray[np.uint32]
    junctions: list[str] = field(default_factory=list)  # catalogued junction ids

    def save(self, path: Path) -> None:
        """Write as .npz (deterministic bytes), whole or not at all."""
        names = json.dumps({"format": FORMAT, "k": K, "controls": self.controls, "junctions": self.junctions})
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        partial = path.with_name(f".{path.name}.partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as handle:
            np.savez(handle, names=np.frombuffer(names.encode(), dtype=np.uint8), **arrays)
        os.replace(partial, path)

    @classmethod
    def load(cls, path: Path) -> TargetTable:
        """Read what `save` wrote. Raises InputError when it is something else."""
        try:
            with np.load(path, allow_pickle=False) as archive:
                names = json.loads(archive["names"].tobytes())
                arrays = {name: archive[name] for name in _ARRAYS}
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{path}: not a target table ({error}); delete it and run again") from error
        if (names.get("format"), names.get("k")) != (FORMAT, K):
            raise InputError(f"{path}: target table of another version; delete it and run again")
        return cls(**arrays, controls=names["controls"], junctions=names["junctions"])


_ARRAYS = ("bitmap", "keys", "values", "span_keys", "span_values", "span_offsets", "span_junctions")


def encode(sequence: str, k: int = K) -> NDArray[np.uint64]:
    """Codes of all k-mers (k up to 32) of a sequence in order, shape (len - k + 1,)."""
    codes = _CODES[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)].astype(np.uint64)
    count = max(len(codes) - k + 1, 0)
    out = np.zeros(count, dtype=np.uint64)
    for i in range(k if count else 0):
        out |= codes[i : i + count] << np.uint64(2 * i)
    return out


def reverse_complement_codes(codes: NDArray[np.uint64], k: int = K) -> NDArray[np.uint64]:
    """Codes of the reverse complements: bases in reverse order, A<->T and C<->G are both code XOR 2."""
    out = np.zeros_like(codes)
    for i in range(k):
        base = (codes >> np.uint64(2 * i)) & np.uint64(3) ^ np.uint64(2)
        out |= base << np.uint64(2 * (k - 1 - i))
    return out


def hash_bitmap(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Bitmap holding the codes: about 32 bits a code, from 2^18 bits (32 kB) on."""
    bits = max(18, int(np.ceil(np.log2(max(len(codes), 1) * 32))))
    bitmap = np.zeros(1 << (bits - 6), dtype=np.uint64)
    hashed = ((codes.astype(np.uint64) * np.uint64(HASH)) & np.uint64(0xFFFFFFFF)) >> np.uint64(32 - bits)
    np.bitwise_or.at(bitmap, (hashed >> np.uint64(6)).astype(np.int64), np.uint64(1) << (hashed & np.uint64(63)))
    return bitmap


def hash_table(codes: NDArray[np.uint32], payload: NDArray[np.uint16]) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Open-addressing table of unique codes (none may be 0), at most a quarter full."""
    bits = max(8, int(np.ceil(np.log2(max(len(codes), 1) * 4))))
    keys, values = np.zeros(1 << bits, dtype=np.uint32), np.zeros(1 << bits, dtype=np.uint16)
    for code, value in zip(codes.tolist(), payload.tolist(), strict=True):
        slot = ((code * HASH) & 0xFFFFFFFF) >> (32 - bits)
        while keys[slot]:
            slot = (slot + 1) & ((1 << bits) - 1)
        keys[slot], values[slot] = code, value
    return keys, values


def span_table(codes: NDArray[np.uint64], rows: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Open-addressing table of unique 64-bit codes, at most a quarter full."""
    bits = max(8, int(np.ceil(np.log2(max(len(codes), 1) * 4))))
    keys, values = np.zeros(1 << bits, dtype=np.uint64), np.zeros(1 << bits, dtype=np.uint32)
    for code, row in zip(codes.tolist(), rows.tolist(), strict=True):
        slot = ((code * HASH64) & 0xFFFFFFFFFFFFFFFF) >> (64 - bits)
        while keys[slot]:
            slot = (slot + 1) & ((1 << bits) - 1)
        keys[slot], values[slot] = code, row
    return keys, values
