# mypy: allow-untyped-defs, allow-untyped-calls
"""Compiled scan of one mate's FASTQ buffer: find the records, count, look for target k-mers.

One call handles all whole records of a buffer. The line lengths of a record predict those of the next: the newline is
looked for where it should be, and the quality line is jumped over. A record that does not fit is parsed line by line.
"""

from __future__ import annotations

from numba import njit, types, uint8, uint16, uint32, uint64

from .kmers import NOT_FOUND, bitmap_bit, code16, find_newline, load64, lookup, pack8
from .layout import (
    BASES,
    CONSUMED,
    CONTROL_MASK,
    CONTROL_MOST,
    CONTROL_SHIFT,
    CUT,
    ERROR,
    ERROR_AT,
    KEEP,
    LINE,
    MAX_READ,
    NO_AT,
    NO_BASES,
    NO_NAME,
    NO_PLUS,
    Q30,
    QUALITIES,
    QUALITY_SAMPLE,
    RECORDS,
    TOO_LONG,
    UNEQUAL,
)

_LETTER = 0x4040404040404040  # every letter has bit 6, no newline, digit, '+' or blank has
_BLOCK = 512  # bases looked up together: one bit a lookup in two 64-bit masks
_NEWLINE, _RETURN, _SPACE, _AT, _PLUS = 10, 13, 32, 64, 43


@njit(inline="always")
def add_hit(flags, value):
    """Flags of a record after one more k-mer with this value: hits of the first control gene seen are counted."""
    flags |= value & uint64(KEEP)
    gene = value & uint64(CONTROL_MASK)
    if gene != uint64(0):
        first = flags & uint64(CONTROL_MASK)
        count = (flags >> uint64(CONTROL_SHIFT)) & uint64(CONTROL_MOST)
        if first == uint64(0):
            flags |= gene | uint64(1 << CONTROL_SHIFT)
        elif first == gene and count < uint64(CONTROL_MOST):
            flags += uint64(1 << CONTROL_SHIFT)
    return flags


@njit(inline="always")
def resolve(buffer, at, mask, keys, values, shift, flags):
    """Look up exactly what the bitmap let through; bit i of `mask` is the k-mer at `at` + 8 i."""
    position = uint64(at)
    while mask != uint64(0):
        if mask & uint64(1):
            value = lookup(keys, values, shift, code16(buffer, position))
            if value != uint64(0):
                flags = add_hit(flags, value)
        mask >>= uint64(1)
        position += uint64(8)
    return flags


@njit(inline="always")
def scan_bases(buffer, start, length, bitmap, bitmap_shift, keys, values, shift):
    """Flags of a read of 16 bases or more: k-mers at every fourth base, and the last one."""
    flags = uint64(0)
    block = uint64(start)
    end = uint64(start) + uint64(length)
    while block + uint64(16) <= end:
        words = min((end - block) >> uint64(3), uint64(_BLOCK // 8 + 1))
        window = (pack8(load64(buffer, block)) | (pack8(load64(buffer, block + uint64(8))) << uint64(16))) << uint64(16)
        even = bitmap_bit(bitmap, bitmap_shift, window >> uint64(16))
        odd = uint64(0)
        for j in range(uint64(2), words):
            window = (window >> uint64(16)) | (pack8(load64(buffer, block + (uint64(j) << uint64(3)))) << uint64(32))
            odd |= bitmap_bit(bitmap, bitmap_shift, (window >> uint64(8)) & uint64(0xFFFFFFFF)) << (
                uint64(j) - uint64(2)
            )
            even |= bitmap_bit(bitmap, bitmap_shift, window >> uint64(16)) << (uint64(j) - uint64(1))
        if (even | odd) != uint64(0):
            flags = resolve(buffer, block, even, keys, values, shift, flags)
            flags = resolve(buffer, block + uint64(4), odd, keys, values, shift, flags)
        block += (words - uint64(1)) << uint64(3)
    tail = code16(buffer, end - uint64(16))
    if bitmap_bit(bitmap, bitmap_shift, tail) != uint64(0):
        value = lookup(keys, values, shift, tail)
        if value != uint64(0):
            flags = add_hit(flags, value)
    return flags


@njit(inline="always")
def all_letters(buffer, start, length):
    """Whether a read of 8 bases or more holds letters only, eight bytes a step."""
    seen = load64(buffer, start + length - uint64(8))
    for j in range(uint64(0), length >> uint64(3)):
        seen &= load64(buffer, start + (uint64(j) << uint64(3)))
    return (seen & uint64(_LETTER)) == uint64(_LETTER)


@njit(inline="always")
def plausible_bases(buffer, start, length):
    """Whether every byte is a letter, or one of '.', '-', '*' (unknown base in old files)."""
    for i in range(start, start + length):
        c = buffer[uint64(i)]
        if not (c & uint8(64) or c == uint8(46) or c == uint8(45) or c == uint8(42)):
            return False
    return True


@njit(inline="always")
def only_blank(buffer, start, end):
    for i in range(start, end):
        if buffer[uint64(i)] != uint8(_NEWLINE) and buffer[uint64(i)] != uint8(_RETURN):
            return False
    return True


@njit(inline="always")
def without_return(buffer, start, newline):
    """Length of the line start..newline without the carriage return of a Windows file."""
    if newline > start and buffer[newline - uint64(1)] == uint8(_RETURN):
        return newline - start - uint64(1)
    return newline - start


@njit(inline="always")
def count_q30(buffer, start, length):
    good = 0
    for i in range(start, start + length):
        good += buffer[uint64(i)] >= uint8(63)
    return good


def scan(buffer, end, final, bitmap, bitmap_shift, keys, values, shift, starts, flags, ends, most, state, lengths):
    """Scan whole records of buffer[0:end] (padded by PAD bytes; `final`: nothing follows, last byte is a newline).

    Writes per record: `starts` (byte of its '@'), `flags`, `ends` (codes of the first and last 16 bases, 0 for shorter
    reads); `starts` gets one entry more, the end of the last record. Counts in `state` and `lengths` (read length ->
    reads). Returns the number of records; stops before the first malformed one with state[ERROR] set.
    """
    at = uint64(0)
    n = uint64(0)
    line = uint64(state[LINE])
    record = uint64(state[RECORDS])
    bases = 0
    while at < end and n < most:
        if buffer[at] != uint8(_AT):
            blank = only_blank(buffer, at, end)
            if blank and final:
                at = uint64(end)
            elif not blank:
                state[ERROR] = NO_AT
            break
        newline = find_newline(buffer, at, end)
        if newline == uint64(NOT_FOUND):
            state[ERROR] = CUT if final else 0
            break
        if buffer[at + uint64(1)] <= uint8(_SPACE):
            state[ERROR] = NO_NAME
            break
        start = newline + uint64(1)
        length = line
        quality = start + line + uint64(3)
        after = quality + line + uint64(1)
        if not (
            line >= uint64(16)
            and after <= end
            and buffer[start + line] == uint8(_NEWLINE)
            and buffer[start + line + uint64(1)] == uint8(_PLUS)
            and buffer[start + line + uint64(2)] == uint8(_NEWLINE)
            and buffer[after - uint64(1)] == uint8(_NEWLINE)
            and (after == end or buffer[after] == uint8(_AT))
            and all_letters(buffer, start, line)
        ):
            line2 = find_newline(buffer, start, end)
            line3 = find_newline(buffer, line2 + uint64(1), end) if line2 != uint64(NOT_FOUND) else line2
            if line2 != uint64(NOT_FOUND) and line2 + uint64(1) < end and buffer[line2 + uint64(1)] != uint8(_PLUS):
                state[ERROR] = NO_PLUS
                break
            line4 = find_newline(buffer, line3 + uint64(1), end) if line3 != uint64(NOT_FOUND) else line3
            if line4 == uint64(NOT_FOUND):
                state[ERROR] = CUT if final else 0
                break
            length = without_return(buffer, start, line2)
            quality = line3 + uint64(1)
            after = line4 + uint64(1)
            if length != without_return(buffer, quality, line4):
                state[ERROR] = UNEQUAL
                break
            if length > uint64(MAX_READ):
                state[ERROR] = TOO_LONG
                break
            if not plausible_bases(buffer, start, length):
                state[ERROR] = NO_BASES
                break
            line = line2 - start
        found = uint64(0)
        ends[uint64(2) * n] = uint32(0)
        ends[uint64(2) * n + uint64(1)] = uint32(0)
        if length >= uint64(16):
            found = scan_bases(buffer, start, length, bitmap, bitmap_shift, keys, values, shift)
            ends[uint64(2) * n] = uint32(code16(buffer, start))
            ends[uint64(2) * n + uint64(1)] = uint32(code16(buffer, start + length - uint64(16)))
        starts[n] = uint32(at)
        flags[n] = uint16(found)
        lengths[length] += 1
        bases += length
        if record % uint64(QUALITY_SAMPLE) == uint64(0):
            state[Q30] += count_q30(buffer, quality, length)
            state[QUALITIES] += length
        record += uint64(1)
        n += uint64(1)
        at = after
    starts[n] = uint32(at)
    state[CONSUMED] = at
    state[ERROR_AT] = at
    state[BASES] += bases
    state[RECORDS] = record
    state[LINE] = line
    return n


_BYTES = types.CPointer(types.uint8)
_U64 = types.CPointer(types.uint64)
_U32 = types.CPointer(types.uint32)
_U16 = types.CPointer(types.uint16)
_I64 = types.CPointer(types.int64)
KERNELS = {
    "scan": (
        types.uint64(
            _BYTES, types.uint64, types.uint64,
            _U64, types.uint64, _U32, _U16, types.uint64,
            _U32, _U16, _U32, types.uint64, _I64, _I64,
        ),
        scan,
    ),
}  # fmt: skip
