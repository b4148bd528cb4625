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

from .layout import FILTER_BITS, HASH

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
def blanks64(typing_context: Any, pointer: Any, index: Any) -> Any:
    """Bit i is set when byte `index + i` is a blank or control character (newline too), for 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), vector.as_pointer())
        blank = builder.icmp_unsigned("<=", builder.load(address, align=1), ir.Constant(vector, [32] * 64))
        return builder.bitcast(blank, ir.IntType(64))

    return types.uint64(_BYTES, types.uint64), generate


@intrinsic
def hash_bytes64(typing_context: Any, pointer: Any, index: Any, length: Any) -> Any:
    """Hash of at most 64 bytes at `pointer + index`: sum of 64-bit words times odd constants, modulo 2^64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, word = ir.IntType(8), ir.IntType(64)
        letters, words = ir.VectorType(byte, 64), ir.VectorType(word, 8)
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), letters.as_pointer())
        text = builder.load(address, align=1)
        undefined, lane = ir.Constant(letters, ir.Undefined), ir.IntType(32)
        one = builder.insert_element(undefined, builder.trunc(arguments[2], byte), lane(0))
        limit = builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(lane, 64), [0] * 64))
        inside = builder.icmp_unsigned("<", ir.Constant(letters, list(range(64))), limit)
        kept = builder.select(inside, text, ir.Constant(letters, [0] * 64))
        odd = [(HASH * (2 * i + 3)) | 1 for i in range(8)]
        product = builder.mul(builder.bitcast(kept, words), ir.Constant(words, [c & 0xFFFFFFFFFFFFFFFF for c in odd]))
        total = ir.Constant(word, 0)
        for i in range(8):
            total = builder.add(total, builder.extract_element(product, lane(i)))
        return total

    return types.uint64(_BYTES, types.uint64, types.uint64), generate


@intrinsic
def load32(typing_context: Any, pointer: Any, index: Any) -> Any:
    """Four bytes at `pointer + index`, any alignment, first byte lowest, as a 64-bit number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.gep(arguments[0], [arguments[1]])
        word = builder.load(builder.bitcast(address, ir.IntType(32).as_pointer()), align=1)
        return builder.zext(word, ir.IntType(64))

    return types.uint64(_BYTES, types.uint64), generate


@intrinsic
def pack64(typing_context: Any, pointer: Any, index: Any, packed: Any, at: Any) -> Any:
    """Write the codes of the 64 bases at `pointer + index` to 16 bytes at `packed + at`.

    Returns a mask: bit i is set when byte i has bit 6, as every letter has and no newline, digit, '+' or blank.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        letters, words = ir.VectorType(ir.IntType(8), 64), ir.VectorType(ir.IntType(64), 8)
        source = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), letters.as_pointer())
        text = builder.load(source, align=1)
        marked = builder.and_(text, ir.Constant(letters, [0x40] * 64))
        mask = builder.icmp_unsigned("!=", marked, ir.Constant(letters, [0] * 64))
        x = builder.lshr(builder.bitcast(text, words), ir.Constant(words, [1] * 8))
        x = builder.and_(x, ir.Constant(words, [0x0303030303030303] * 8))
        for shift, keep in ((6, 0x000F000F000F000F), (12, 0x000000FF000000FF), (24, 0xFFFF)):
            x = builder.or_(x, builder.lshr(x, ir.Constant(words, [shift] * 8)))
            x = builder.and_(x, ir.Constant(words, [keep] * 8))
        halves = ir.VectorType(ir.IntType(16), 8)
        target = builder.bitcast(builder.gep(arguments[2], [arguments[3]]), halves.as_pointer())
        builder.store(builder.trunc(x, halves), target, align=1)
        return builder.bitcast(mask, ir.IntType(64))

    return types.uint64(_BYTES, types.uint64, _BYTES, types.uint64), generate


@intrinsic
def high64(typing_context: Any, pointer: Any, index: Any) -> Any:
    """Bit i is set when byte `index + i` is 63 or more, a quality of 30 in Phred+33, for 64 bytes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        address = builder.bitcast(builder.gep(arguments[0], [arguments[1]]), vector.as_pointer())
        high = builder.icmp_unsigned(">=", builder.load(address, align=1), ir.Constant(vector, [63] * 64))
        return builder.bitcast(high, ir.IntType(64))

    return types.uint64(_BYTES, types.uint64), generate


@intrinsic
def ones(typing_context: Any, word: Any) -> Any:
    """Number of bits that are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


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
    """64-bit multiplicative hash; its top bits address filter and table."""
    return code * uint64(HASH)


@njit(inline="always")
def may_hold(filter_, shift, code):
    """1 when the filter may hold the code, else 0: three bits of one word. `shift` is 64 - log2(words)."""
    h = hashed(code)
    word = filter_[h >> shift]
    first = word >> ((h >> uint64(FILTER_BITS[0])) & uint64(63))
    second = word >> ((h >> uint64(FILTER_BITS[1])) & uint64(63))
    third = word >> ((h >> uint64(FILTER_BITS[2])) & uint64(63))
    return first & second & third & uint64(1)


@njit(inline="always")
def lookup(keys, values, shift, code):
    """Value of a code in the exact table, 0 when absent. `shift` is 64 - log2(slots)."""
    slot = hashed(code) >> shift
    last = (uint64(1) << (uint64(64) - shift)) - uint64(1)
    while keys[slot] != uint32(0):
        if keys[slot] == uint32(code):
            return uint64(values[slot])
        slot = (slot + uint64(1)) & last
    return uint64(0)
