"""Damage patterns of a whole sample: which substitution types are raised, and what a call of such a type then needs.

Formalin turns C into U (read as T; on the other strand G>A), oxidation turns G into 8-oxoguanine (read as T; C>A), and
RNA editing by ADAR turns A into inosine (read as G) in the sense of the transcript. The error model already raises the
bar for such types; a raised type must in addition reach RAISED_MIN_VAF.
"""

from __future__ import annotations

import numpy as np

from .noise import SINGLE, TYPES, NoiseModel

PATTERNS = {
    "C>T": "deamination", "G>A": "deamination", "G>T": "oxidation", "C>A": "oxidation", "A>G": "rna_editing",
}  # fmt: skip
RAISED_FACTOR = 3.0  # over the median of all types
RAISED_RATE = 5e-4
RAISED_MIN_VAF = 0.05


def background_rate(model: NoiseModel) -> float:
    """Median rate of the substitution types for bases read once."""
    return float(np.median(model.rates[:, SINGLE]))


def raised_types(model: NoiseModel) -> dict[int, str]:
    """Types whose rate stands out, with the pattern's name: for bases read once or, where mates overlap, for bases both
    mates read (damage is in the molecule, so both see it)."""
    limits = np.maximum(RAISED_FACTOR * np.median(model.rates, axis=0), RAISED_RATE)
    raised = (model.rates >= limits).any(axis=1)
    return {i: PATTERNS[t] for i, t in enumerate(TYPES) if t in PATTERNS and raised[i]}


def least_count(depth: int, types: list[int], raised: dict[int, str]) -> int:
    """Molecules a change must have when all its substitutions are of raised types."""
    if types and all(t in raised for t in types):
        return int(np.ceil(RAISED_MIN_VAF * depth))
    return 0
