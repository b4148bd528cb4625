# mypy: allow-untyped-defs, allow-untyped-calls
"""Segments of one read joined to placements: colinear on one strand of one contig, gaps up to the longest intron."""

from __future__ import annotations

from numba import types, uint8, uint32, uint64

from .layout import GAP, JUMP, MOST, OVERLAP, WORSE


def chain(reads, contigs, starts, ends, genome, scores, count, best, previous, used, chains):
    """Number the placement of each segment in `chains`, best first within a read and strand; returns how many there
    are.

    Segments are sorted by oriented read, contig and place in the genome. A placement's score is the sum of its
    segments' less a cost for each gap and for bases that two segments share.
    """
    total = uint64(0)
    first = uint64(0)
    while first < count:
        last = first + uint64(1)
        while last < count and reads[last] == reads[first] and contigs[last] == contigs[first]:
            last += uint64(1)
        low = first
        for i in range(last - first):
            at = first + uint64(i)
            best[at], previous[at], used[at] = types.int64(scores[at]), types.int64(-1), uint32(0)
            while uint64(genome[low]) + uint64(GAP) < uint64(genome[at]):
                low += uint64(1)
            for j in range(at - low):
                other = low + uint64(j)
                shared = types.int64(ends[other]) - types.int64(starts[at])
                over = types.int64(genome[other]) + types.int64(ends[other]) - types.int64(starts[other])
                overlap = max(shared, over - types.int64(genome[at]), types.int64(0))
                if overlap > OVERLAP or starts[other] >= starts[at] or ends[other] >= ends[at]:
                    continue
                score = best[other] + types.int64(scores[at]) - overlap - JUMP
                if score > best[at]:
                    best[at], previous[at] = score, types.int64(other)
        # best first: each takes what is left of its way back
        while True:
            top = types.int64(-1)
            for i in range(last - first):
                at = first + uint64(i)
                if used[at] == uint32(0) and (top < 0 or best[at] > best[uint64(top)]):
                    top = types.int64(at)
            if top < 0:
                break
            at = top
            while at >= 0 and used[uint64(at)] == uint32(0):
                used[uint64(at)] = uint32(1)
                chains[uint64(at)] = uint32(total)
                at = previous[uint64(at)]
            total += uint64(1)
        first = last
    return total


def choose(reads, starts, ends, scores, count, kept):
    """Keep the placements that fit about as well as the best over the same bases of the read; 2 marks one too many.

    Placements are sorted by read (mate), best first; `starts` and `ends` are in the read as sequenced.
    """
    left = uint64(0)
    first = uint64(0)
    for i in range(count):
        at = uint64(i)
        if reads[at] != reads[first]:
            first = at
        others, worse = uint64(0), False
        for j in range(at - first):
            other = first + uint64(j)
            if kept[other] != uint8(1):
                continue
            low, high = max(starts[at], starts[other]), min(ends[at], ends[other])
            if high <= low or uint64(2) * uint64(high - low) < uint64(ends[at] - starts[at]):
                continue
            others += uint64(1)
            worse = worse or uint64(100) * uint64(scores[at]) < uint64(WORSE) * uint64(scores[other])
        kept[at] = uint8(0) if worse else uint8(2) if others >= uint64(MOST) else uint8(1)
        left += kept[at] == uint8(2)
    return left


_BYTES, _U32 = types.CPointer(types.uint8), types.CPointer(types.uint32)
_I64, _N = types.CPointer(types.int64), types.uint64
KERNELS = {
    "chain": (types.uint64(_U32, _U32, _U32, _U32, _U32, _U32, _N, _I64, _I64, _U32, _U32), chain),
    "choose": (types.uint64(_U32, _U32, _U32, _U32, _N, _BYTES), choose),
}
