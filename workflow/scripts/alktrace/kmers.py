# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
"""Compiled building blocks: unaligned loads, base packing, newline search, target lookup (numba, nogil).

Every index is unsigned: a signed one costs a wrap-around test an access. Loads may run 63 bytes past the position asked
for, so every buffer is padded by `PAD` bytes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types, uint32, uint64
from numba.extending import intrinsic

from .target_table import HASH

PAD = 64
NOT_FOUND = 0xFFFFFFFFFFFFFFFF
_BYTES = types.CPointer(types.uint8)


@intrinsic
def load64(typing_context: Any, pointer: Any, index: Any) -> Any:
    """Eight bytes at `pointer + index`, any alignment, first byte lowest."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.gep(arguments[0], [arguments[1]])
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(_BYTES, types.uint64), generate


@intrinsic
def newlines64(typing_context: Any, pointer: Any, index: Any) -> Any:
    """Bit i is set when byte `index + i` is a newline, for 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), vector.as_pointer())
        equal = builder.icmp_unsigned("==", builder.load(address, align=1), ir.Constant(vector, [10] * 64))
        return builder.bitcast(equal, ir.IntType(64))

    return types.uint64(_BYTES, types.uint64), generate


@intrinsic
def trailing_zeros(typing_context: Any, word: Any) -> Any:
    """Number of zero bits below the lowest set bit (64 for 0)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@njit(inline="always")
def find_newline(buffer, start, end):
    """Position of the first newline in buffer[start:end], else NOT_FOUND."""
    at = uint64(start)
    while at < end:
        mask = newlines64(buffer, at)
        if mask != uint64(0):
            found = at + trailing_zeros(mask)
            return found if found < end else uint64(NOT_FOUND)
        at += uint64(64)
    return uint64(NOT_FOUND)


@njit(inline="always")
def pack8(word):
    """Code (16 bits) of eight bases given as one 64-bit load."""
    x = (word >> uint64(1)) & uint64(0x0303030303030303)
    x = (x | (x >> uint64(6))) & uint64(0x000F000F000F000F)
    x = (x | (x >> uint64(12))) & uint64(0x000000FF000000FF)
    return (x | (x >> uint64(24))) & uint64(0xFFFF)


@njit(inline="always")
def code16(buffer, at):
    """Code (32 bits) of the 16 bases at `at`."""
    return pack8(load64(buffer, at)) | (pack8(load64(buffer, at + uint64(8))) << uint64(16))


@njit(inline="always")
def hashed(code):
    """32-bit multiplicative hash; its top bits address bitmap and table."""
    return (code * uint64(HASH)) & uint64(0xFFFFFFFF)


@njit(inline="always")
def bitmap_bit(bitmap, shift, code):
    """1 when the bitmap may hold the code. `shift` is 32 - log2(bits)."""
    slot = hashed(code) >> shift
    return (bitmap[slot >> uint64(6)] >> (slot & uint64(63))) & uint64(1)


@njit(inline="always")
def lookup(keys, values, shift, code):
    """Value of a code in the exact table, 0 when absent. `shift` is 32 - log2(slots)."""
    slot = hashed(code) >> shift
    last = (uint64(1) << (uint64(32) - shift)) - uint64(1)
    while keys[slot] != uint32(0):
        if keys[slot] == uint32(code):
            return uint64(values[slot])
        slot = (slot + uint64(1)) & last
    return uint64(0)
