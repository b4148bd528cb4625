# mypy: allow-untyped-defs, allow-untyped-calls
"""FASTA text to two bits a base: one contig at a time, in pieces of any size."""

from __future__ import annotations

from numba import types, uint8, uint32, uint64

from .layout import BASES, BYTE, HEADER, LINE_START, PROBLEM, RUN, RUNS, SKIPPED, UNKNOWN, USED


def pack_bases(text, size, classes, packed, room, starts, lengths, runs, state):
    """Append bases of `text` to `packed` (at most `room` bytes) and runs of unknown bases to `starts` and `lengths`.

    Stops at a header, at a byte that is no base, at the end of the text, or when one of the tables (`runs` rows) is
    full; `state` says how far it came. Returns 1 when it stopped for want of room, else 0.
    """
    at, bases = uint64(0), uint64(state[BASES])
    byte, run, count = uint64(state[BYTE]), state[RUN], uint64(state[RUNS])
    line_start, full = state[LINE_START] != 0, uint64(0)
    while at < size:
        kind = uint64(classes[text[at]])
        if kind == uint64(SKIPPED):
            line_start = line_start or text[at] == uint8(10)
            at += uint64(1)
            continue
        if kind > uint64(SKIPPED):
            if kind != uint64(HEADER) or not line_start:
                state[PROBLEM] = types.int64(text[at]) + 1
            break
        if (bases >> uint64(2)) >= room or count >= runs:
            full = uint64(1)
            break
        line_start = False
        if kind == uint64(UNKNOWN):
            if run < 0:
                run = bases
            kind = uint64(0)
        elif run >= 0:
            starts[count], lengths[count] = uint32(run), uint32(bases - uint64(run))
            count += uint64(1)
            run = -1
        byte = (byte << uint64(2)) | kind
        if bases & uint64(3) == uint64(3):
            packed[bases >> uint64(2)] = uint8(byte)
            byte = uint64(0)
        bases += uint64(1)
        at += uint64(1)
    state[USED], state[BASES], state[BYTE], state[RUN], state[RUNS] = at, bases, byte, run, count
    state[LINE_START] = line_start
    return full


_BYTES, _U32, _I64, _N = (
    types.CPointer(types.uint8),
    types.CPointer(types.uint32),
    types.CPointer(types.int64),
    types.uint64,
)
KERNELS = {"pack_bases": (types.uint64(_BYTES, _N, _BYTES, _BYTES, _N, _U32, _U32, _N, _I64), pack_bases)}
