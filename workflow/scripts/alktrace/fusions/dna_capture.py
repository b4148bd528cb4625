"""How well a panel catches a fragment by the baited bases that it holds, measured in the sample itself.

Fragments that hold few baited bases are caught less often. At the edges of the baits every share occurs, so what was
caught is compared with what fragments of the sample's lengths would hold if they lay everywhere alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..genome.bed import Stretches

BAIT = 120  # bases of a bait as they are made; assumed where too few fragments tell
STEP = 30  # baited bases in a class
CLASSES = 6  # the last one holds all fragments with more, which are caught best
LEAST = 30  # fragments from which a class is measured
LENGTHS = 150  # fragment lengths that stand for all

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Capture:
    """`efficiency` float (CLASSES + 1,): the chance to be caught, against the best class, of fragments with so many
    steps of baited bases."""

    efficiency: NDArray[np.float64]

    @classmethod
    def assumed(cls) -> Capture:
        """In proportion up to the length of a bait."""
        middle = (np.arange(CLASSES + 1) + 0.5) * STEP
        return cls(np.minimum(middle / BAIT, 1.0))

    @classmethod
    def measured(cls, baits: Stretches, contig: str, start: int, end: int, spans: Integers) -> Capture:
        """From unique fragments, int64 (fragments, 2): first and last position on a contig, of which start..end is
        looked at."""
        assumed = cls.assumed()
        inside = spans[(spans[:, 0] >= start) & (spans[:, 1] <= end)]
        summed = np.concatenate([[0], np.cumsum(baits.mask(contig, start, end))]).astype(np.int64)
        first, beyond = inside[:, 0] - start, inside[:, 1] - start + 1
        held = summed[beyond] - summed[first]
        lengths = np.sort((beyond - first)[held == beyond - first])
        if len(lengths) < LENGTHS:
            return assumed
        expected = np.zeros(CLASSES + 1)
        for length in lengths[np.linspace(0, len(lengths) - 1, LENGTHS).astype(int)].tolist():
            expected += np.bincount(_class(summed[length:] - summed[:-length]), minlength=CLASSES + 1)
        observed = np.bincount(_class(held), minlength=CLASSES + 1)
        known = (observed >= LEAST) & (expected > 0)
        if not known[CLASSES]:
            return assumed
        rate = np.divide(observed, expected, out=np.zeros(CLASSES + 1), where=expected > 0)
        rate = np.minimum(rate / rate[CLASSES], 1.0)
        return cls(np.where(known, np.maximum.accumulate(rate), assumed.efficiency))

    def weight(self, baited: Integers) -> NDArray[np.float64]:
        """How many fragments of the best class one with so many baited bases stands for."""
        found: NDArray[np.float64] = 1.0 / np.maximum(self.efficiency[_class(baited)], 0.1)
        return found


def _class(baited: Integers) -> Integers:
    return np.minimum(baited // STEP, CLASSES)
