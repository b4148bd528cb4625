# mypy: allow-untyped-defs, allow-untyped-calls
"""Words of reads in a hash table: an exact table of 16-mers, both strands, with the reads that hold each.

Bases are coded as in the .2bit format (T 0, C 1, A 2, G 3; 4 unknown), the first base of a word in its highest bits.
Slots of the table that are free hold 0: the word of 16 T is no word, nor is any tandem repeat of up to four bases.
"""

from __future__ import annotations

from numba import njit, types, uint8, uint32, uint64

from .layout import (
    BASES,
    COPIES,
    FRAGMENTS,
    FULL,
    HASH,
    PLACES,
    READS,
    SKIPPED,
    TARGET_WORDS,
    UNSEEN,
    USED_TEXT,
    WORD,
    WORDS,
)

_MASK = 0xFFFFFFFF


@njit(inline="always")
def is_plain(code):
    """Whether a word is no tandem repeat of one to four bases."""
    return (
        ((code ^ (code >> uint64(2))) & uint64(_MASK >> 2)) != uint64(0)
        and ((code ^ (code >> uint64(4))) & uint64(_MASK >> 4)) != uint64(0)
        and ((code ^ (code >> uint64(6))) & uint64(_MASK >> 6)) != uint64(0)
        and ((code ^ (code >> uint64(8))) & uint64(_MASK >> 8)) != uint64(0)
    )


@njit(inline="always")
def find_slot(keys, shift, code):
    """The slot of a word, or the free one where it belongs. `shift` is 64 - log2(slots)."""
    last = (uint64(1) << (uint64(64) - shift)) - uint64(1)
    slot = (code * uint64(HASH)) >> shift
    while keys[slot] != uint32(0) and keys[slot] != uint32(code):
        slot = (slot + uint64(1)) & last
    return slot


@njit
def word_at(bases, at):
    """Word of 16 coded bases, or the number 2^32 when one is unknown."""
    code = uint64(0)
    for i in range(uint64(WORD)):
        base = uint64(bases[at + uint64(i)])
        if base > uint64(3):
            return uint64(1) << uint64(32)
        code = (code << uint64(2)) | base
    return code


@njit
def judge(bases, start, length, keys, counts, shift, target_keys, target_shift):
    """Whether a read holds anything that the reads searched so far do not, and how many words of the targets.

    Looked at are the words at every fourth base. A single difference from reads that are searched, or a junction of two
    stretches that are, hides four of them in a row at most; of a short read all must be new.
    """
    unseen, longest, targets, looked = uint64(0), uint64(0), uint64(0), uint64(0)
    at = uint64(0)
    while at + uint64(WORD) <= length:
        code = word_at(bases, start + at)
        known = code > uint64(_MASK) or not is_plain(code)
        if not known:
            known = uint64(counts[find_slot(keys, shift, code)]) >= uint64(COPIES)
            targets += target_keys[find_slot(target_keys, target_shift, code)] == uint32(code)
        unseen = uint64(0) if known else unseen + uint64(1)
        longest = max(longest, unseen)
        looked += uint64(1)
        at += uint64(4)
    return longest > uint64(UNSEEN) or (longest > uint64(0) and longest == looked), targets


@njit
def add_word(code, read, offset, keys, counts, heads, shift, nexts, reads, offsets, state):
    """Count a word; the first reads that hold it are chained to it, each as (oriented read, offset)."""
    slot = find_slot(keys, shift, code)
    if keys[slot] == uint32(0):
        keys[slot] = uint32(code)
        heads[slot] = uint32(_MASK)
        state[WORDS] += 1
    if uint64(counts[slot]) < uint64(COPIES):
        place = uint64(state[PLACES])
        counts[slot] += uint8(1)
        nexts[place], reads[place], offsets[place] = heads[slot], uint32(read), uint32(offset)
        heads[slot] = uint32(place)
        state[PLACES] += 1


@njit
def store(bases, start, length, number, keys, counts, heads, shift, nexts, reads, offsets, state):
    """Words of a read and of its reverse complement: oriented reads 2 `number` and 2 `number` + 1."""
    code = uint64(0)
    known = uint64(0)
    for i in range(length):
        base = uint64(bases[start + uint64(i)])
        known = known + uint64(1) if base < uint64(4) else uint64(0)
        code = ((code << uint64(2)) | (base & uint64(3))) & uint64(_MASK)
        if known < uint64(WORD) or not is_plain(code):
            continue
        offset = uint64(i) + uint64(1) - uint64(WORD)
        back = uint64(0)
        rest = code
        for _ in range(uint64(WORD)):
            back = (back << uint64(2)) | ((rest & uint64(3)) ^ uint64(2))
            rest >>= uint64(2)
        add_word(code, uint64(2) * number, offset, keys, counts, heads, shift, nexts, reads, offsets, state)
        backwards = length - uint64(WORD) - offset
        add_word(
            back, uint64(2) * number + uint64(1), backwards, keys, counts, heads, shift, nexts, reads, offsets, state
        )


@njit(inline="always")
def line_end(text, at, size):
    """Place of the next newline, `size` when there is none."""
    while at < size and text[at] != uint8(10):
        at += uint64(1)
    return at


def index_reads(
    text, size, mates, classes, target_keys, target_shift,
    keys, counts, heads, shift, nexts, reads, offsets, places,
    bases, room, starts, lengths, fragments, linked, rows, state,
):  # fmt: skip
    """Take whole fragments (`mates` FASTQ records of four lines each) from `text`; store those that hold something new.

    A stored read has its coded bases at starts[n], then their reverse complement, both `lengths[n]` long, the number of
    its fragment, and whether the fragment belongs to the targets. Stops where a table is full (`state[FULL]`): words at
    half of the slots. Returns the bytes used.
    """
    used = uint64(0)
    slots = uint64(1) << (uint64(64) - shift)
    while True:
        # where the fragment ends; its bases are coded behind those that are stored
        at, first, fresh, targets, complete = used, uint64(state[BASES]), False, uint64(0), True
        total = uint64(0)
        for _ in range(mates):
            begin = line_end(text, at, size) + uint64(1)
            end = line_end(text, begin, size)
            third = line_end(text, end + uint64(1), size)
            last = line_end(text, third + uint64(1), size)
            if last >= size:
                complete = False
                break
            total += end - begin
            at = last + uint64(1)
        if not complete:
            break
        words = uint64(2) * total
        if uint64(2) * (uint64(state[WORDS]) + words) > slots or uint64(state[PLACES]) + words > places:
            state[FULL] = 1
            break
        if first + uint64(2) * total > room or uint64(state[READS]) + mates > rows:
            state[FULL] = 2
            break
        at = used
        place = first
        for mate in range(mates):
            begin = line_end(text, at, size) + uint64(1)
            end = line_end(text, begin, size)
            length = end - begin
            for i in range(length):
                bases[place + uint64(i)] = classes[text[begin + uint64(i)]]
            new, found = judge(bases, place, length, keys, counts, shift, target_keys, target_shift)
            fresh = fresh or new
            targets += found
            number = uint64(state[READS]) + uint64(mate)
            starts[number], lengths[number] = place, uint32(length)
            place += uint64(2) * length
            third = line_end(text, end + uint64(1), size)
            at = line_end(text, third + uint64(1), size) + uint64(1)
        used = at
        if fresh:
            for mate in range(mates):
                number = uint64(state[READS]) + uint64(mate)
                start, length = uint64(starts[number]), uint64(lengths[number])
                for i in range(length):
                    base = bases[start + length - uint64(1) - uint64(i)]
                    bases[start + length + uint64(i)] = base if base > uint8(3) else base ^ uint8(2)
                fragments[number] = uint32(state[FRAGMENTS])
                linked[number] = uint8(targets >= uint64(TARGET_WORDS))
                store(bases, start, length, number, keys, counts, heads, shift, nexts, reads, offsets, state)
            state[READS] += mates
            state[BASES] = place
        else:
            state[SKIPPED] += 1
        state[FRAGMENTS] += 1
    state[USED_TEXT] = used
    return used


def move_words(old_keys, old_counts, old_heads, size, keys, counts, heads, shift):
    """Put the words of a table of `size` slots into a larger one."""
    for i in range(size):
        if old_keys[uint64(i)] != uint32(0):
            slot = find_slot(keys, shift, uint64(old_keys[uint64(i)]))
            keys[slot], counts[slot], heads[slot] = old_keys[uint64(i)], old_counts[uint64(i)], old_heads[uint64(i)]
    return uint64(0)


def index_targets(packed, first, last, keys, shift):
    """Put the words of both strands of the bases first..last (half-open) of a packed contig into a table of words."""
    code, added = uint64(0), uint64(0)
    for i in range(last - first):
        base = first + uint64(i)
        code = (code << uint64(2)) | (
            (uint64(packed[base >> uint64(2)]) >> (uint64(6) - uint64(2) * (base & uint64(3)))) & uint64(3)
        )
        code &= uint64(_MASK)
        if uint64(i) + uint64(1) < uint64(WORD) or not is_plain(code):
            continue
        back, rest = uint64(0), code
        for _ in range(uint64(WORD)):
            back = (back << uint64(2)) | ((rest & uint64(3)) ^ uint64(2))
            rest >>= uint64(2)
        for word in (code, back):
            slot = find_slot(keys, shift, word)
            added += keys[slot] == uint32(0)
            keys[slot] = uint32(word)
    return added


_BYTES, _U32 = types.CPointer(types.uint8), types.CPointer(types.uint32)
_U64, _I64, _N = types.CPointer(types.uint64), types.CPointer(types.int64), types.uint64
KERNELS = {
    "index_reads": (
        types.uint64(
            _BYTES, _N, _N, _BYTES, _U32, _N,
            _U32, _BYTES, _U32, _N, _U32, _U32, _U32, _N,
            _BYTES, _N, _U64, _U32, _U32, _BYTES, _N, _I64,
        ),
        index_reads,
    ),
    "move_words": (types.uint64(_U32, _BYTES, _U32, _N, _U32, _BYTES, _U32, _N), move_words),
    "index_targets": (types.uint64(_BYTES, _N, _N, _U32, _N), index_targets),
}  # fmt: skip
