"""How well the reads carry the sequence across a junction, base by base."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..genome.fragments import Fragment
from .junction import Junction

FLANK = 10  # bases of either side that belong to the junction


def lone_bases(junction: Junction, fragments: Mapping[str, Fragment]) -> int:
    """Bases of the insert, and FLANK on either side, that fewer than two molecules show as the consensus has them."""
    reference, counted = junction.reference, junction.counted
    low, high = max(0, reference.left_end - FLANK), min(len(reference.sequence), reference.right_start + FLANK)
    shown: dict[int, np.ndarray] = {}
    known = {**{name: fragments[name] for name in counted.placements}, **counted.mates}
    for name, fragment in known.items():
        columns = shown.setdefault(counted.molecule[name], np.zeros(high - low, dtype=bool))
        for read in fragment.reads:
            placement = reference.place(read)
            if placement is None or placement.gapped:
                continue
            start, end = max(low, placement.column), min(high, placement.end)
            for column in range(start, end):
                if placement.bases[column - placement.column] == reference.sequence[column]:
                    columns[column - low] = True
    depth = np.sum([*shown.values()], axis=0) if shown else np.zeros(high - low)
    return int((depth < 2).sum())
