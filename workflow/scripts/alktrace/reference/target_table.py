"""Building target k-mer tables (numpy). `target_file` reads them, the compiled kernels look things up in them.

A k-mer of 16 bases is a 32-bit code: base i sits at bits 2i and 2i+1 as (byte >> 1) & 3, so A=0, C=1, T=2, G=3, either
case. Lookup: a filter small enough for the processor's cache, then an exact open-addressing table (key 0 = empty;
poly-A is never a target).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..recruit.kernels.layout import FILTER_BITS, HASH, K
from ..recruit.target_file import ARRAYS, write_target_file

_CODES = ((np.arange(256) >> 1) & 3).astype(np.uint8)


@dataclass
class TargetTable:
    """Everything `recruit` needs to know of a reference."""

    filter: NDArray[np.uint64]  # see `hash_filter`
    keys: NDArray[np.uint32]  # open addressing, power of two long
    values: NDArray[np.uint16]  # layout.KEEP and number of the control gene
    span_keys: NDArray[np.uint64]  # direct scan, open addressing; 0 = empty
    span_values: NDArray[np.uint32]  # row of span_offsets
    span_offsets: NDArray[np.uint32]  # junctions of row r: span_junctions[offsets[r]:offsets[r + 1]]
    span_junctions: NDArray[np.uint32]
    controls: list[str]  # gene of control number i + 1
    junctions: list[str]  # catalogued junction ids

    def save(self, path: Path) -> None:
        """Write as described in `target_file` (deterministic bytes), whole or not at all."""
        arrays = {name: getattr(self, name).tobytes() for name in ARRAYS}
        write_target_file(path, arrays, self.controls, self.junctions)


def kmer_codes(sequence: str, k: int = K) -> NDArray[np.uint64]:
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


def hash_filter(codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Blocked Bloom filter: three bits a code in one 64-bit word, 16 to 32 bits a code, from 16 kB on.

    A code that is not in it passes in about 0.4% of cases.
    """
    bits = max(11, int(np.ceil(np.log2(max(len(codes), 1) / 4))))
    words = np.zeros(1 << bits, dtype=np.uint64)
    hashed = codes.astype(np.uint64) * np.uint64(HASH)
    for low in FILTER_BITS:
        bit = np.uint64(1) << ((hashed >> np.uint64(low)) & np.uint64(63))
        np.bitwise_or.at(words, (hashed >> np.uint64(64 - bits)).astype(np.int64), bit)
    return words


def hash_table(codes: NDArray[np.uint32], payload: NDArray[np.uint16]) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Open-addressing table of unique codes (none may be 0), at most a quarter full."""
    bits = max(8, int(np.ceil(np.log2(max(len(codes), 1) * 4))))
    keys, values = np.zeros(1 << bits, dtype=np.uint32), np.zeros(1 << bits, dtype=np.uint16)
    for code, value in zip(codes.tolist(), payload.tolist(), strict=True):
        slot = ((code * HASH) & 0xFFFFFFFFFFFFFFFF) >> (64 - bits)
        while keys[slot]:
            slot = (slot + 1) & ((1 << bits) - 1)
        keys[slot], values[slot] = code, value
    return keys, values


def span_table(codes: NDArray[np.uint64], rows: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Open-addressing table of unique 64-bit codes, at most a quarter full."""
    bits = max(8, int(np.ceil(np.log2(max(len(codes), 1) * 4))))
    keys, values = np.zeros(1 << bits, dtype=np.uint64), np.zeros(1 << bits, dtype=np.uint32)
    for code, row in zip(codes.tolist(), rows.tolist(), strict=True):
        slot = ((code * HASH) & 0xFFFFFFFFFFFFFFFF) >> (64 - bits)
        while keys[slot]:
            slot = (slot + 1) & ((1 << bits) - 1)
        keys[slot], values[slot] = code, row
    return keys, values
