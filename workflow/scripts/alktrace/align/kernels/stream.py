# mypy: allow-untyped-defs, allow-untyped-calls
"""The packed genome streamed past a table of words, and the hits extended."""

from __future__ import annotations

from numba import njit, types, uint8, uint16, uint32, uint64

from .layout import DROP, HASH, HITS_DONE, LEAST_SCORE, MISMATCH, PLACE, REPEATED, SEGMENTS, WORD
from .words import find_slot

_NONE = 0xFFFFFFFF


def fill_bitmap(keys, size, bitmap, shift):
    """Set the bit of each word of a table; `shift` is 64 - log2(bits)."""
    for i in range(size):
        if keys[uint64(i)] != uint32(0):
            bit = (uint64(keys[uint64(i)]) * uint64(HASH)) >> shift
            bitmap[bit >> uint64(3)] |= uint8(1) << uint8(bit & uint64(7))
    return uint64(0)


def stream(packed, first, last, bitmap, bitmap_shift, keys, shift, counts, hits, slots, room):
    """Look up the words that begin at the bytes first..last (half-open) of a contig, that is at every fourth base.

    `counts` (by slot of the table) counts them all; a word that is met too often is not listed any more. Listed are the
    byte and the slot. Returns the number of hits; it is `room` when the list is full, and the last byte then says where
    to go on.
    """
    found = uint64(0)
    code = uint64(0)
    for i in range(uint64(3)):
        code = (code << uint64(8)) | uint64(packed[first + uint64(i)])
    for i in range(last - first):
        at = first + uint64(i)
        code = ((code << uint64(8)) | uint64(packed[at + uint64(3)])) & uint64(0xFFFFFFFF)
        bit = (code * uint64(HASH)) >> bitmap_shift
        if (bitmap[bit >> uint64(3)] >> uint8(bit & uint64(7))) & uint8(1) == uint8(0):
            continue
        slot = find_slot(keys, shift, code)
        if keys[slot] == uint32(0):
            continue
        count = uint64(counts[slot])
        if count <= uint64(REPEATED):
            counts[slot] = uint16(count + uint64(1))
            hits[found], slots[found] = uint32(at), uint32(slot)
            found += uint64(1)
            if found == room:
                break
    return found


@njit(inline="always")
def base_of(packed, at):
    return (packed[at >> uint64(2)] >> uint8(uint64(6) - uint64(2) * (at & uint64(3)))) & uint8(3)


def extend(
    packed, size, origin, hits, slots, count, heads, nexts, reads, offsets,
    bases, starts, lengths, diagonals, ends, rows_read, rows_start, rows_end, rows_genome, rows_score, room, state,
):  # fmt: skip
    """Segments: hits extended both ways without gaps, as long as the score does not drop too far below its best.

    `hits` are bytes of one contig of `size` bases in ascending order. `diagonals` and `ends` remember of each oriented
    read the last segment, so that its other hits are not extended again; `origin`, bases of the contigs before, tells
    contigs apart. Returns 1 when the rows are full; `state` then says where to go on.
    """
    row = uint64(state[SEGMENTS])
    number = uint64(state[HITS_DONE])
    while number < count:
        place = uint64(state[PLACE]) if state[PLACE] >= 0 else uint64(heads[slots[number]])
        state[PLACE] = -1
        position = uint64(4) * uint64(hits[number])
        while place != uint64(_NONE):
            if row == room:
                state[HITS_DONE], state[PLACE], state[SEGMENTS] = number, place, row
                return uint64(1)
            oriented, offset = uint64(reads[place]), uint64(offsets[place])
            place = uint64(nexts[place])
            diagonal = types.int64(origin + position) - types.int64(offset)
            if diagonals[oriented] == diagonal and types.int64(origin + position) < ends[oriented]:
                continue
            length = uint64(lengths[oriented >> uint64(1)])
            start = uint64(starts[oriented >> uint64(1)]) + (oriented & uint64(1)) * length
            score = best = types.int64(WORD)
            right, best_right = offset + uint64(WORD), offset + uint64(WORD)
            while right < length and position + right - offset < size and score > best - DROP:
                same = bases[start + right] == base_of(packed, position + right - offset)
                score += types.int64(1) if same else types.int64(-MISMATCH)
                right += uint64(1)
                if score > best:
                    best, best_right = score, right
            score = best
            left, best_left = offset, offset
            while left > uint64(0) and position + left > offset and score > best - DROP:
                left -= uint64(1)
                same = bases[start + left] == base_of(packed, position + left - offset)
                score += types.int64(1) if same else types.int64(-MISMATCH)
                if score > best:
                    best, best_left = score, left
            diagonals[oriented], ends[oriented] = diagonal, types.int64(origin + position + best_right - offset)
            if best < LEAST_SCORE:
                continue
            rows_read[row], rows_start[row], rows_end[row] = uint32(oriented), uint32(best_left), uint32(best_right)
            rows_genome[row], rows_score[row] = uint32(position + best_left - offset), uint32(best)
            row += uint64(1)
        number += uint64(1)
    state[HITS_DONE], state[SEGMENTS] = number, row
    return uint64(0)


_BYTES, _U16, _U32 = types.CPointer(types.uint8), types.CPointer(types.uint16), types.CPointer(types.uint32)
_U64, _I64, _N = types.CPointer(types.uint64), types.CPointer(types.int64), types.uint64
KERNELS = {
    "fill_bitmap": (types.uint64(_U32, _N, _BYTES, _N), fill_bitmap),
    "stream": (types.uint64(_BYTES, _N, _N, _BYTES, _N, _U32, _N, _U16, _U32, _U32, _N), stream),
    "extend": (
        types.uint64(
            _BYTES, _N, _N, _U32, _U32, _N, _U32, _U32, _U32, _U32,
            _BYTES, _U64, _U32, _I64, _I64, _U32, _U32, _U32, _U32, _U32, _N, _I64,
        ),
        extend,
    ),
}  # fmt: skip
