"""How often indels appear by error, and what an indel needs to be called.

One rate for insertions and one for deletions, per codon and molecule, learned from the sample's own indels outside of
homopolymer runs (gamma prior, as for substitutions). Sites differ more than for substitutions, so sigma is at
least INDEL_MIN_SIGMA.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .noise import (
    MIN_ALT_FRAGMENTS,
    MUTATED_COUNT,
    MUTATED_FRACTION,
    NoiseModel,
    critical_counts,
    detection_limits,
    p_values,
)

PRIOR_INDEL_RATE, PRIOR_INDEL_SHAPE = 1e-4, 1.0
INDEL_MIN_SIGMA = 0.6  # the worst site of a million has 14 times the mean rate
INFORMATIVE = 0.8  # share of a codon's molecules that reach far enough beyond an indel to tell it from the reference


@dataclass(frozen=True)
class Seen:
    """Molecules that show one indel outright, with the depth there."""

    insertion: bool
    homopolymer: bool
    molecules: int
    depth: int


@dataclass(frozen=True)
class IndelNoise:
    """Rates of (deletions, insertions) per codon and molecule, and the sigma of sites."""

    rates: tuple[float, float]
    sigma: float

    def p_value(self, insertion: bool, count: int, depth: int) -> float:
        rate = np.array([self.rates[insertion]])
        sigma = np.array([self.sigma])
        return float(p_values(np.array([count]), np.array([depth]), rate, sigma)[0])

    def limits(self, depths: np.ndarray, alpha: float, misread: float) -> np.ndarray:
        """Limit of detection (VAF) at codons with the given depths, insertions and deletions alike."""
        informative = (INFORMATIVE * depths).astype(np.int64)
        rate = np.full(len(depths), max(self.rates))
        sigma = np.full(len(depths), self.sigma)
        critical = critical_counts(informative, rate, sigma, None, alpha, MIN_ALT_FRAGMENTS)
        return detection_limits(critical, informative, misread)


def fit(seen: Iterable[Seen], codon_molecules: int, substitutions: NoiseModel) -> IndelNoise:
    """Learn the rates. `codon_molecules`: depth summed over the codons that were searched."""
    totals = [0, 0]
    for one in seen:
        mutated = one.molecules >= MUTATED_COUNT and one.molecules >= MUTATED_FRACTION * one.depth
        if not mutated and not one.homopolymer:
            totals[one.insertion] += one.molecules
    weight = PRIOR_INDEL_SHAPE / PRIOR_INDEL_RATE + codon_molecules
    deletions, insertions = ((PRIOR_INDEL_SHAPE + total) / weight for total in totals)
    return IndelNoise((deletions, insertions), max(substitutions.usual_sigma, INDEL_MIN_SIGMA))
