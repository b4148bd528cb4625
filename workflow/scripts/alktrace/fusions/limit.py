"""The limit of detection of junctions, from what the sample's own fragments can show.

A fragment over a junction is evidence only where a read holds bases on both sides, or where its mates lie on either
side. Short reads, single reads and short inserts show fewer of the junctions that they cover.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import chdtri, pdtr, pdtrc

from ..model.records import RecruitStats
from ..settings import FusionSettings
from .classify import HIGH_FRAGMENTS
from .placement import BEYOND, MIN_ANCHOR, MIN_SIDE

POWER = 0.95
SEED_ANCHOR = 16  # bases on both sides by which a read can name a junction; shorter ones only count towards it
DEFAULT_INSERT = 200  # fragment length where the sample has no pair within one transcript
_MOST = 30  # crossing fragments summed over


@dataclass(frozen=True)
class Shape:
    """Fragments of a sample: commonest read length, mates or not, lengths of fragments within transcripts."""

    read_length: int
    paired: bool
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, stats: RecruitStats, lengths: Sequence[int]) -> Shape:
        counts = stats.read_length_counts
        length = max(counts, key=lambda n: (counts[n], n)) if counts else 0
        return cls(length, stats.paired, tuple(lengths))


@dataclass(frozen=True)
class Chances:
    """Of a fragment over a junction: to hold a read that names it, one that crosses it only, mates on either side."""

    seed: float
    crossing: float
    spanning: float

    @property
    def any(self) -> float:
        return self.seed + self.crossing + self.spanning


def chances(shape: Shape) -> Chances:
    """Averaged over the sample's fragments and all places of the junction in them."""
    read = shape.read_length
    lengths = Counter(shape.lengths) if shape.paired and shape.lengths else Counter({DEFAULT_INSERT: 1})
    if not shape.paired:
        lengths = Counter({read: 1})
    seed = crossing = spanning = places = 0
    for length, weight in lengths.items():
        reach = min(read, length)
        for left in range(1, length):
            places += weight
            reads = [(left, reach - left)]
            if shape.paired:
                reads.append((left - (length - reach), length - left))
            shown = max(min(sides) for sides in reads)
            if shown >= SEED_ANCHOR:
                seed += weight
            elif shown >= MIN_ANCHOR:
                crossing += weight
            elif shape.paired and _is_between(left, length, reach):
                spanning += weight
    total = max(places, 1)
    return Chances(seed / total, crossing / total, spanning / total)


def _is_between(left: int, length: int, reach: int) -> bool:
    """Do mates of `reach` bases lie on either side of a junction behind `left` of a fragment's bases?"""
    long_enough = min(left, length - left) >= MIN_SIDE
    return long_enough and reach <= left + BEYOND and length - reach >= left - BEYOND


@lru_cache(maxsize=64)
def fragments_needed(seen: Chances, min_support: int) -> float | None:
    """Expected fragments over a junction with which it is found with a chance of POWER; None where no number suffices.

    Found: `min_support` molecules, two of which cross the junction or one of which is joined by two pairs of mates, and
    one of which names it; or mates alone, as many as medium confidence asks for.
    """
    if _found(seen, min_support, 1000.0) < POWER:
        return None
    low, high = 0.0, 1000.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (low, middle) if _found(seen, min_support, middle) >= POWER else (middle, high)
    return high


def _found(seen: Chances, min_support: int, fragments: float) -> float:
    """Chance to find a junction that `fragments` cover on average; the three kinds are independent Poisson counts."""
    rates = [fragments * p for p in (seen.seed, seen.crossing, seen.spanning)]
    seed, crossing, spanning = rates
    chance = _probability(0, seed) * _at_least(HIGH_FRAGMENTS, spanning)
    # one read that names it: another crosses it, or pairs of mates lie about it
    one = sum(_probability(n, crossing) * _at_least(max(min_support - 1 - n, 0), spanning) for n in range(1, _MOST))
    one += _probability(0, crossing) * _at_least(max(min_support - 1, 2), spanning)
    chance += _probability(1, seed) * one
    for seeds in range(2, max(min_support, 2)):
        chance += _probability(seeds, seed) * _at_least(min_support - seeds, crossing + spanning)
    return chance + _at_least(max(min_support, 2), seed)


def _probability(count: int, rate: float) -> float:
    below = float(pdtr(count - 1, rate)) if count else 0.0
    return float(pdtr(count, rate)) - below


def _at_least(count: int, rate: float) -> float:
    return float(pdtrc(count - 1, rate)) if count > 0 else 1.0


def poisson_limit(support: int) -> float:
    """Expected fragments of which at least `support` are seen with a chance of POWER."""
    return float(chdtri(2 * support, 1 - POWER)) / 2


def junction_limit(stats: RecruitStats, settings: FusionSettings, shape: Shape) -> float | None:
    """Fusion fragments per control fragment that would have been found with a chance of 95%; None without controls, or
    where reads are too short to show any junction."""
    if stats.control_fragments == 0 or shape.read_length == 0:
        return None
    needed = fragments_needed(chances(shape), settings.min_support)
    return None if needed is None else float(f"{needed / stats.control_fragments:.4g}")
