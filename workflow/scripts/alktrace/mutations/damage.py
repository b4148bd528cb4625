"""Damage patterns of a whole sample: which substitution types are raised, and what a call of such a type then needs.

Formalin turns C into U (read as T; on the other strand G>A), oxidation turns G into 8-oxoguanine (read as T; C>A), and
RNA editing by ADAR turns A into inosine (read as G) in the sense of the transcript. The error model learns how unevenly
the sites are hit; a raised type must in addition reach `least_fraction`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .substitutions import SINGLE, TYPES

PATTERNS = {
    "C>T": "deamination", "G>A": "deamination", "G>T": "oxidation", "C>A": "oxidation", "A>G": "rna_editing",
}  # fmt: skip
RAISED_FACTOR = 3.0  # over the median of all types
RAISED_RATE = 5e-4
FEW_HIGH = 3  # so many changes of one pattern may be mutations or polymorphisms; more of them show damage
LEAST_FACTOR, MOST_LEAST = 20.0, 0.05  # a call of a raised type needs this many times its rate, but never more than 5%


def background_rate(rates: np.ndarray) -> float:
    """Median rate of the substitution types for bases read once; `rates` is (types, 2) by stratum."""
    return float(np.median(rates[:, SINGLE]))


def raised_types(rates: np.ndarray) -> dict[int, str]:
    """Types whose rate stands out, with the pattern's name: for bases read once or, where mates overlap, for bases both
    mates read (damage is in the molecule, so both see it)."""
    limits = np.maximum(RAISED_FACTOR * np.median(rates, axis=0), RAISED_RATE)
    raised = (rates >= limits).any(axis=1)
    return {i: PATTERNS[t] for i, t in enumerate(TYPES) if t in PATTERNS and raised[i]}


def least_count(depth: int, types: list[int], rates: np.ndarray, raised: Mapping[int, str]) -> int:
    """Molecules a change must have when all its substitutions are of raised types."""
    if not types or not all(t in raised for t in types):
        return 0
    return int(np.ceil(min(LEAST_FACTOR * float(rates[types].max(axis=1).min()), MOST_LEAST) * depth))
