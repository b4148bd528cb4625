"""Substitutions of one base: their types, and the nine codons that differ from a codon by one."""

from __future__ import annotations

import numpy as np

SINGLE, AGREEING = 0, 1  # strata: bases read once; bases read by two or more reads that agree
BASES = "ACGT"
TYPES = tuple(f"{a}>{b}" for a in BASES for b in BASES if a != b)
# Single-base neighbours of a codon: NEIGHBOUR[k, j] is the j-th of 9, NEIGHBOUR_TYPE[k, j] its type.
NEIGHBOUR = np.zeros((64, 9), np.int64)
NEIGHBOUR_TYPE = np.zeros((64, 9), np.int64)
for _k in range(64):
    _j = 0
    for _shift in (4, 2, 0):
        _ref = (_k >> _shift) & 3
        for _alt in range(4):
            if _alt != _ref:
                NEIGHBOUR[_k, _j] = _k + ((_alt - _ref) << _shift)
                NEIGHBOUR_TYPE[_k, _j] = TYPES.index(f"{BASES[_ref]}>{BASES[_alt]}")
                _j += 1


def differing_types(start: int, end: int) -> list[int]:
    """Types of the substitutions that turn codon code `start` into `end`."""
    pairs = (((start >> s) & 3, (end >> s) & 3) for s in (4, 2, 0))
    return [TYPES.index(f"{BASES[a]}>{BASES[b]}") for a, b in pairs if a != b]
