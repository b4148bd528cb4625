# mypy: allow-untyped-defs, allow-untyped-calls
"""Adapter read-through: find where a read runs past the end of its fragment (numba).

Paired reads: when the fragment is shorter than a read, read 1 and the reverse complement of read 2 overlap over the
whole fragment, and what lies beyond is adapter, whatever its sequence, be it one base. Rule: exactly one fragment
length gives an overlap of at least `LEAST_OVERLAP` bases with at most one mismatch in `BASES_PER_MISMATCH`, and that
length is shorter than a read. Sequence that repeats itself fits at several lengths and is left alone. By chance 20
random bases agree with two mismatches or fewer once in 6e8 trials.

Single reads: a known adapter is cut where it begins, if at least `LEAST_ADAPTER` bases of it are in the read; up to 15
bases must be exact, one mismatch is allowed from 16 and one more for each further ten. By chance a read loses its last
10 to 15 bases once in 2e5.
"""

from __future__ import annotations

from numba import njit, uint8, uint64

from .layout import BASES_PER_MISMATCH, LEAST_ADAPTER, LEAST_OVERLAP


@njit(inline="always")
def complementary(a, b):
    return ((a ^ b) & uint8(6)) == uint8(4)


@njit(inline="always")
def overlap_fits(buffer1, start1, low, high, buffer2, last2):
    """Whether read 1 from `low` to `high` (exclusive) pairs with read 2 backwards from byte `last2`."""
    allowed = (high - low) // BASES_PER_MISMATCH
    wrong = 0
    for i in range(high - low):
        wrong += not complementary(buffer1[uint64(start1 + low + i)], buffer2[uint64(last2 - i)])
        if wrong > allowed:
            return False
    return True


@njit
def fragment_length(buffer1, start1, length1, buffer2, start2, length2):
    """Length of the fragment when at least one read runs past its end, else 0 (signed 64-bit numbers throughout)."""
    found = 0
    for length in range(LEAST_OVERLAP, length1 + length2 - LEAST_OVERLAP + 1):
        low, high = max(0, length - length2), min(length1, length)
        if high - low < LEAST_OVERLAP:
            continue
        if overlap_fits(buffer1, start1, low, high, buffer2, start2 + length - 1 - low):
            if found:
                return 0
            found = length
    return found if found < max(length1, length2) else 0


@njit
def adapter_start(buffer, start, length, adapters, adapters_size):
    """Bases before the first known adapter of a single read, its whole length without one.

    `adapters` holds the sequences one after another, each followed by a 0 byte.
    """
    best = length
    first = 0
    for stop in range(adapters_size):
        if adapters[uint64(stop)] != uint8(0):
            continue
        for position in range(1, best - LEAST_ADAPTER + 1):
            compared = min(stop - first, length - position)
            allowed = max(compared - 6, 0) // 10
            wrong = 0
            for i in range(compared):
                wrong += (buffer[uint64(start + position + i)] ^ adapters[uint64(first + i)]) & uint8(0xDF) != uint8(0)
                if wrong > allowed:
                    break
            if wrong <= allowed:
                best = position
                break
        first = stop + 1
    return best
