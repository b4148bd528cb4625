# mypy: allow-untyped-defs, allow-untyped-calls
"""Compiled scan of one mate's FASTQ buffer: find the records, count, look for target k-mers.

One call handles all whole records of a buffer. The line lengths of a record predict those of the next: the newline is
looked for where it should be. A record that does not fit is parsed line by line.
"""

from __future__ import annotations

from numba import njit, types, uint8, uint16, uint32, uint64

from .bits import (
    NOT_FOUND,
    blanks64,
    code16,
    find_newline,
    hash_bytes64,
    high64,
    load32,
    lookup,
    may_hold,
    ones,
    pack64,
    trailing_zeros,
)
from .layout import (
    BASES,
    CONSUMED,
    CONTROL_MASK,
    CONTROL_MOST,
    CONTROL_SHIFT,
    CUT,
    ERROR,
    ERROR_AT,
    HASH,
    KEEP,
    LINE,
    MATE,
    MAX_READ,
    NO_AT,
    NO_BASES,
    NO_NAME,
    NO_PLUS,
    NO_QUALITIES,
    Q30,
    RECORDS,
    SPARSE,
    TOO_LONG,
    UNEQUAL,
    K,
)

_NEWLINE, _RETURN, _SLASH, _AT, _PLUS = 10, 13, 47, 64, 43


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
def pack_read(buffer, start, length, packed, place):
    """Write the codes of a read's bases from `packed[place]` on, four a byte; returns whether all are letters."""
    wrong = uint64(0)
    at = uint64(0)
    while at + uint64(64) <= length:
        wrong |= ~pack64(buffer, start + at, packed, place + (at >> uint64(2)))
        at += uint64(64)
    if at < length:
        beyond = ~uint64(0) << (length - at)
        wrong |= ~(pack64(buffer, start + at, packed, place + (at >> uint64(2))) | beyond)
    return wrong == uint64(0)


@njit(inline="always")
def look_up(flags, code, filter_, filter_shift, keys, values, shift):
    """Flags after one k-mer."""
    if may_hold(filter_, filter_shift, code):
        value = lookup(keys, values, shift, code)
        if value != uint64(0):
            flags = add_hit(flags, value)
    return flags


@njit
def find_targets(count, packed, places, sizes, ends, filter_, filter_shift, keys, values, shift, flags):
    """Flags of packed reads. A loop of its own: parsing and lookups together need more registers than there are.

    An anchor of few bases lies at an end of a read, so the ends are sampled closely: the k-mers at bases 0, 4 and 8,
    the last one, and the two at multiples of four before it; between them every sixteenth base. Reads shorter than 44
    bases are sampled at every fourth. No place is looked up twice: control genes count their k-mers.
    """
    for i in range(uint64(0), count):
        n = uint64(i)
        length = uint64(sizes[n])
        found = uint64(0)
        if length >= uint64(K):
            last = uint64(ends[uint64(2) * n + uint64(1)])
            found = look_up(found, last, filter_, filter_shift, keys, values, shift)
            at, step = uint64(places[n]), uint64(1)
            beyond = at + ((length - uint64(K - 3)) >> uint64(2))
            if length >= uint64(SPARSE):
                beyond = at + ((length - uint64(24)) >> uint64(2))
                for place in (at, at + uint64(1), at + uint64(2), beyond, beyond + uint64(1)):
                    found = look_up(found, load32(packed, place), filter_, filter_shift, keys, values, shift)
                at += uint64(4)
                step = uint64(4)
            while at < beyond:
                found = look_up(found, load32(packed, at), filter_, filter_shift, keys, values, shift)
                at += step
        flags[n] = uint16(found)


@njit(inline="always")
def find_blank(buffer, start):
    """Position of the first blank or newline from `start` on; there must be one."""
    at = start
    mask = blanks64(buffer, at)
    while mask == uint64(0):
        at += uint64(64)
        mask = blanks64(buffer, at)
    return at + trailing_zeros(mask)


@njit(inline="always")
def hash_name(buffer, start, end, mate):
    """32-bit hash of a name without its "/1" or "/2". Equal hashes mean equal names but for one case in 4e9."""
    if end >= start + uint64(2) and buffer[end - uint64(2)] == uint8(_SLASH) and buffer[end - uint64(1)] == uint8(mate):
        end -= uint64(2)
    total = end - start
    at = start
    while at < end:
        total = total * uint64(HASH) + hash_bytes64(buffer, at, min(end - at, uint64(64)))
        at += uint64(64)
    return (total ^ (total >> uint64(29))) >> uint64(16)


@njit(inline="always")
def without_blank(buffer, start, length):
    """Whether no byte is a blank or control character, as a newline would be that a prediction jumps over."""
    found = uint64(0)
    at = uint64(0)
    while at + uint64(64) <= length:
        found |= blanks64(buffer, start + at)
        at += uint64(64)
    if at < length:
        found |= blanks64(buffer, start + at) & ~(~uint64(0) << (length - at))
    return found == uint64(0)


@njit(inline="always")
def high_qualities(buffer, start, length):
    """Number of qualities of 30 and more (Phred+33)."""
    found = uint64(0)
    at = uint64(0)
    while at + uint64(64) <= length:
        found += ones(high64(buffer, start + at))
        at += uint64(64)
    if at < length:
        found += ones(high64(buffer, start + at) & ~(~uint64(0) << (length - at)))
    return found


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


def scan(
    buffer, end, final, filter_, filter_shift, keys, values, shift,
    starts, flags, ends, names, most, packed, places, sizes, state, lengths,
):  # fmt: skip
    """Scan whole records of buffer[0:end] (padded by PAD bytes; `final`: nothing follows, last byte is a newline).

    Writes per record: `starts` (byte of its '@'), `flags`, `ends` (codes of the first and last 16 bases, 0 for shorter
    reads), `names` (hashes); `starts` gets one entry more, the end of the last record. Counts in `state` and `lengths`
    (read length -> reads). `packed`, `places` and `sizes` are room for the packed reads, their places and lengths.
    Returns the number of records; stops before the first malformed one with state[ERROR] set.
    """
    at = uint64(0)
    n = uint64(0)
    place = uint64(0)
    line = uint64(state[LINE])
    record = uint64(state[RECORDS])
    bases = good = 0
    while at < end and n < most:
        if buffer[at] != uint8(_AT):
            rest = only_blank(buffer, at, end)
            if rest and final:
                at = uint64(end)
            elif not rest:
                state[ERROR] = NO_AT
            break
        blank = find_blank(buffer, at)
        newline = blank if buffer[blank] == uint8(_NEWLINE) else find_newline(buffer, blank, end)
        if newline >= end:
            state[ERROR] = CUT if final else 0
            break
        if blank == at + uint64(1):
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
            and without_blank(buffer, quality, line)
            and pack_read(buffer, start, line, packed, place)
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
            if not without_blank(buffer, quality, length):
                state[ERROR] = NO_QUALITIES
                break
            if length > uint64(MAX_READ):
                state[ERROR] = TOO_LONG
                break
            if not pack_read(buffer, start, length, packed, place) and not plausible_bases(buffer, start, length):
                state[ERROR] = NO_BASES
                break
            line = line2 - start
        ends[uint64(2) * n] = uint32(0)
        ends[uint64(2) * n + uint64(1)] = uint32(0)
        if length >= uint64(16):
            ends[uint64(2) * n] = uint32(load32(packed, place))
            ends[uint64(2) * n + uint64(1)] = uint32(code16(buffer, start + length - uint64(16)))
        starts[n] = uint32(at)
        names[n] = uint32(hash_name(buffer, at + uint64(1), blank, state[MATE]))
        places[n], sizes[n] = uint32(place), uint16(length)
        place += (length + uint64(63)) >> uint64(6) << uint64(4)
        lengths[length] += 1
        bases += length
        good += high_qualities(buffer, quality, length)
        record += uint64(1)
        n += uint64(1)
        at = after
    find_targets(n, packed, places, sizes, ends, filter_, filter_shift, keys, values, shift, flags)
    starts[n] = uint32(at)
    state[CONSUMED] = at
    state[ERROR_AT] = at
    state[BASES] += bases
    state[Q30] += good
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
            _U32, _U16, _U32, _U32, types.uint64, _BYTES, _U32, _U16, _I64, _I64,
        ),
        scan,
    ),
}  # fmt: skip
