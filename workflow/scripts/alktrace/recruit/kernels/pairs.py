# mypy: allow-untyped-defs, allow-untyped-calls
"""Compiled handling of pairs: compare names, choose pairs, count, write the chosen ones (numba).

`merge` walks two scanned buffers in step and looks at no base. `write_pairs` sees chosen pairs only: it cuts names and
adapters, writes FASTQ and scans every position for exact k-mers of catalogued junctions.
"""

from __future__ import annotations

from numba import njit, types, uint8, uint16, uint32, uint64

from .adapters import adapter_start, fragment_length
from .bits import find_newline, load64, trailing_zeros
from .layout import (
    CONTROL_BITS,
    CONTROL_LEAST,
    CONTROL_MASK,
    CONTROL_MOST,
    CONTROL_SHIFT,
    CONTROLS,
    DISTINCT,
    DONE,
    DUPLICATE_BITS,
    HASH,
    KEEP,
    KEPT,
    LEVEL,
    MISMATCH,
    MOST_COPIES,
    PAIRS,
    SAMPLED,
    SERIAL,
    SPAN,
    TRIMMED,
    WRITTEN,
)

_SPACE, _NEWLINE, _SLASH = 32, 10, 47


@njit(inline="always")
def is_mate_mark(buffer, at, mate):
    """Whether `at` holds mate number `mate` behind one of / . _ : - and at the end of the name."""
    before = buffer[at - uint64(1)]
    mark = (
        before == uint8(47) or before == uint8(46) or before == uint8(95) or before == uint8(58) or before == uint8(45)
    )
    return mark and buffer[at] == uint8(48 + mate) and buffer[at + uint64(1)] <= uint8(_SPACE)


@njit(inline="always")
def same_name(buffer1, start1, buffer2, start2):
    """Whether two headers name one pair: equal up to the first blank, but for a mate number 1 or 2 at the end."""
    at = uint64(1)
    while True:
        difference = load64(buffer1, start1 + at) ^ load64(buffer2, start2 + at)
        same = trailing_zeros(difference) >> uint64(3)  # equal bytes, 8 for all
        ended = False
        for i in range(uint64(0), same):
            ended |= buffer1[start1 + at + uint64(i)] <= uint8(_SPACE)
        if ended:
            return True
        at += same
        if same < uint64(8):
            break
    if buffer1[start1 + at] <= uint8(_SPACE) and buffer2[start2 + at] <= uint8(_SPACE):
        return True
    return is_mate_mark(buffer1, start1 + at, 1) and is_mate_mark(buffer2, start2 + at, 2)


@njit(inline="always")
def mixed(first, second):
    """64-bit hash of the two ends of a fragment (murmur3 finaliser). Ends the other way round differ in one bit, the
    last of a control slot: counts stay the same when the mates of all pairs are swapped."""
    low, high = min(uint64(first), uint64(second)), max(uint64(first), uint64(second))
    h = (low << uint64(32)) | high
    h = (h ^ (h >> uint64(33))) * uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> uint64(33))) * uint64(0xC4CEB9FE1A85EC53)
    h ^= h >> uint64(33)
    return h ^ (uint64(1) << uint64(64 - CONTROL_BITS)) if uint64(first) > uint64(second) else h


@njit(inline="always")
def other_strand(code):
    """Code of the reverse complement of 16 bases."""
    code = uint64(code) ^ uint64(0xAAAAAAAA)
    code = ((code >> uint64(2)) & uint64(0x33333333)) | ((code & uint64(0x33333333)) << uint64(2))
    code = ((code >> uint64(4)) & uint64(0x0F0F0F0F)) | ((code & uint64(0x0F0F0F0F)) << uint64(4))
    code = ((code >> uint64(8)) & uint64(0x00FF00FF)) | ((code & uint64(0x00FF00FF)) << uint64(8))
    return (code >> uint64(16)) | ((code & uint64(0xFFFF)) << uint64(16))


@njit
def count_duplicate(h, keys, counts, state):
    """Add a sampled fragment; when the table is half full, sample every second fragment from now on."""
    last = uint64((1 << DUPLICATE_BITS) - 1)
    h |= uint64(1) << uint64(63)  # 0 marks an empty slot
    slot = (h >> uint64(40)) & last
    while keys[slot] != uint64(0) and keys[slot] != h:
        slot = (slot + uint64(1)) & last
    if keys[slot] == uint64(0):
        keys[slot] = h
        counts[slot] = uint32(0)
        state[DISTINCT] += 1
    counts[slot] += uint32(1)
    state[SAMPLED] += 1
    if state[DISTINCT] * 2 > 1 << DUPLICATE_BITS:
        thin_out(keys, counts, state)


@njit
def thin_out(keys, counts, state):
    """Raise the sampling level by one: forget the fragments below it and put the others back in place."""
    last = uint64((1 << DUPLICATE_BITS) - 1)
    state[LEVEL] += 1
    low = (uint64(1) << uint64(state[LEVEL])) - uint64(1)
    state[DISTINCT] = 0
    state[SAMPLED] = 0
    begin = uint64(0)  # start behind an empty slot, so that no run of entries is cut
    while keys[begin] != uint64(0):
        begin += uint64(1)
    for i in range(uint64(1), last + uint64(1)):
        slot = (begin + uint64(i)) & last
        key, count = keys[slot], counts[slot]
        if key == uint64(0):
            continue
        keys[slot] = uint64(0)
        if key & low:
            continue
        target = (key >> uint64(40)) & last
        while keys[target] != uint64(0):
            target = (target + uint64(1)) & last
        keys[target] = key
        counts[target] = count
        state[DISTINCT] += 1
        state[SAMPLED] += count


@njit(inline="always")
def control_gene(flags1, flags2):
    """Control gene of which the pair holds enough k-mers, else 0."""
    gene1, gene2 = flags1 & uint64(CONTROL_MASK), flags2 & uint64(CONTROL_MASK)
    hits1 = (flags1 >> uint64(CONTROL_SHIFT)) & uint64(CONTROL_MOST)
    hits2 = (flags2 >> uint64(CONTROL_SHIFT)) & uint64(CONTROL_MOST)
    if gene1 == gene2:
        return gene1 if hits1 + hits2 >= uint64(CONTROL_LEAST) else uint64(0)
    if hits1 == hits2:
        return min(gene1, gene2) if hits1 >= uint64(CONTROL_LEAST) else uint64(0)
    if hits1 >= max(hits2, uint64(CONTROL_LEAST)):
        return gene1
    return gene2 if hits2 >= uint64(CONTROL_LEAST) else uint64(0)


def merge(
    buffer1, starts1, flags1, ends1, names1, first1, buffer2, starts2, flags2, ends2, names2, first2,
    count, paired, keep_all, dup_keys, dup_counts, by_control, control_counts, kept, state,
):  # fmt: skip
    """Pair record first1 + i with first2 + i (single reads: buffer 2 is buffer 1) for `count` records.

    Writes the indices i of chosen pairs to `kept` and returns their number. Stops at the first pair whose names
    differ, with state[MISMATCH] set; state[PAIRS] then counts the pairs before it.
    """
    chosen = uint64(0)
    for i in range(uint64(0), count):
        one, two = first1 + uint64(i), first2 + uint64(i)
        if (
            paired
            and names1[one] != names2[two]
            and not same_name(buffer1, uint64(starts1[one]), buffer2, uint64(starts2[two]))
        ):
            state[MISMATCH] = 1
            break
        state[PAIRS] += 1
        # The last bases of a single read, as its mate would begin.
        second = ends2[uint64(2) * two] if paired else other_strand(ends1[uint64(2) * one + uint64(1)])
        h = mixed(ends1[uint64(2) * one], second)
        if (h & ((uint64(1) << uint64(state[LEVEL])) - uint64(1))) == uint64(0):
            count_duplicate(h, dup_keys, dup_counts, state)
        found1, found2 = uint64(flags1[one]), uint64(flags2[two]) if paired else uint64(0)
        if found1 | found2:
            gene = control_gene(found1, found2)
            if gene != uint64(0):
                state[CONTROLS] += 1
                by_control[gene - uint64(1)] += 1
                slot = h >> uint64(64 - CONTROL_BITS)
                if control_counts[slot] != uint16(MOST_COPIES):
                    control_counts[slot] += uint16(1)
        if keep_all or (found1 | found2) & uint64(KEEP):
            kept[chosen] = uint32(i)
            chosen += uint64(1)
    state[KEPT] += chosen
    return chosen


@njit(inline="always")
def name_length(buffer, start):
    """Bytes of the name behind '@', up to the first blank."""
    length = uint64(0)
    while buffer[start + uint64(1) + length] > uint8(_SPACE):
        length += uint64(1)
    return length


@njit(inline="always")
def line_length(buffer, start, newline):
    length = newline - start
    return length - uint64(1) if length and buffer[newline - uint64(1)] == uint8(13) else length


@njit
def shared_name_length(buffer1, start1, buffer2, start2, paired):
    """Bytes of the name without a mate number: "/1", "/2", or whatever mark sets the two mates apart."""
    length = name_length(buffer1, start1)
    if length < uint64(3):
        return length
    last = start1 + length
    differ = paired and buffer1[last] != buffer2[start2 + length]
    slash = buffer1[last - uint64(1)] == uint8(_SLASH) and (buffer1[last] == uint8(49) or buffer1[last] == uint8(50))
    return length - uint64(2) if differ or slash else length


@njit
def copy_record(out, at, buffer, name, names, start, quality, length):
    """Write one FASTQ record and return the position behind it. An unknown base ('.', '-', '*') becomes N."""
    out[at] = uint8(64)
    at += uint64(1)
    for i in range(uint64(0), names):
        out[at + uint64(i)] = buffer[name + uint64(1) + uint64(i)]
    at += names
    out[at] = uint8(_NEWLINE)
    at += uint64(1)
    for i in range(uint64(0), length):
        base = buffer[start + uint64(i)]
        out[at + uint64(i)] = base if base & uint8(64) else uint8(78)
    at += length
    out[at], out[at + uint64(1)], out[at + uint64(2)] = uint8(_NEWLINE), uint8(43), uint8(_NEWLINE)
    at += uint64(3)
    for i in range(uint64(0), length):
        out[at + uint64(i)] = buffer[quality + uint64(i)]
    at += length
    out[at] = uint8(_NEWLINE)
    return at + uint64(1)


@njit
def scan_junctions(buffer, start, length, keys, values, shift, offsets, members, counts, seen, serial):
    """Count the catalogued junctions of which the read holds an exact k-mer, each once a pair."""
    code = uint64(0)
    last = (uint64(1) << (uint64(64) - shift)) - uint64(1)
    for i in range(uint64(0), length):
        base = (uint64(buffer[start + uint64(i)]) >> uint64(1)) & uint64(3)
        code = (code >> uint64(2)) | (base << uint64(2 * SPAN - 2))
        if uint64(i) + uint64(1) < uint64(SPAN):
            continue
        slot = (code * uint64(HASH)) >> shift
        while keys[slot] != uint64(0) and keys[slot] != code:
            slot = (slot + uint64(1)) & last
        if keys[slot] != code or code == uint64(0):
            continue
        row = uint64(values[slot])
        for j in range(uint64(offsets[row]), uint64(offsets[row + uint64(1)])):
            junction = uint64(members[uint64(j)])
            if seen[junction] != serial:
                seen[junction] = serial
                counts[junction] += 1


def write_pairs(
    buffer1, starts1, first1, buffer2, starts2, first2, kept, count, paired, adapters, adapters_size,
    span_keys, span_values, span_shift, span_offsets, span_members, junctions, seen, out, room, state,
):  # fmt: skip
    """Write chosen pairs from number state[DONE] on until all are written or `room` is short. Returns bytes written."""
    at = uint64(0)
    done = uint64(state[DONE])
    while done < count:
        one, two = first1 + uint64(kept[done]), first2 + uint64(kept[done])
        begin1, begin2 = uint64(starts1[one]), uint64(starts2[two])
        end1, end2 = uint64(starts1[one + uint64(1)]), uint64(starts2[two + uint64(1)])
        if at + (end1 - begin1) + (end2 - begin2) > room:
            break
        state[SERIAL] += 1
        base1 = find_newline(buffer1, begin1, end1) + uint64(1)
        stop1 = find_newline(buffer1, base1, end1)
        quality1 = find_newline(buffer1, stop1 + uint64(1), end1) + uint64(1)
        length1 = line_length(buffer1, base1, stop1)
        names = shared_name_length(buffer1, begin1, buffer2, begin2, paired)
        scan_junctions(
            buffer1, base1, length1, span_keys, span_values, span_shift, span_offsets, span_members,
            junctions, seen, state[SERIAL],
        )  # fmt: skip
        if paired:
            base2 = find_newline(buffer2, begin2, end2) + uint64(1)
            stop2 = find_newline(buffer2, base2, end2)
            quality2 = find_newline(buffer2, stop2 + uint64(1), end2) + uint64(1)
            length2 = line_length(buffer2, base2, stop2)
            scan_junctions(
                buffer2, base2, length2, span_keys, span_values, span_shift, span_offsets, span_members,
                junctions, seen, state[SERIAL],
            )  # fmt: skip
            fragment = fragment_length(
                buffer1, types.int64(base1), types.int64(length1), buffer2, types.int64(base2), types.int64(length2)
            )
            if fragment:
                state[TRIMMED] += (length1 > uint64(fragment)) + (length2 > uint64(fragment))
                length1, length2 = min(length1, uint64(fragment)), min(length2, uint64(fragment))
            at = copy_record(out, at, buffer1, begin1, names, base1, quality1, length1)
            at = copy_record(out, at, buffer2, begin2, names, base2, quality2, length2)
        else:
            cut = uint64(
                adapter_start(buffer1, types.int64(base1), types.int64(length1), adapters, types.int64(adapters_size))
            )
            state[TRIMMED] += cut < length1
            at = copy_record(out, at, buffer1, begin1, names, base1, quality1, cut)
        done += uint64(1)
    state[DONE] = done
    state[WRITTEN] = at
    return at


_BYTES = types.CPointer(types.uint8)
_U64 = types.CPointer(types.uint64)
_U32 = types.CPointer(types.uint32)
_U16 = types.CPointer(types.uint16)
_I64 = types.CPointer(types.int64)
_N = types.uint64
_MATE = (_BYTES, _U32, _U16, _U32, _U32, _N)
KERNELS = {
    "merge": (types.uint64(*_MATE, *_MATE, _N, _N, _N, _U64, _U32, _I64, _U16, _U32, _I64), merge),
    "write_pairs": (
        types.uint64(
            _BYTES, _U32, _N, _BYTES, _U32, _N, _U32, _N, _N, _BYTES, _N,
            _U64, _U32, _N, _U32, _U32, _I64, _I64, _BYTES, _N, _I64,
        ),
        write_pairs,
    ),
}  # fmt: skip
