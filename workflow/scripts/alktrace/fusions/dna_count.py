"""Fragments that show a DNA junction, fragments of the unbroken target at the same place, and their share.

Both are counted alike: a fragment counts when it holds `MARGIN` bases and the microhomology on either side, by a read
across or by mates on either side. Capture catches a fragment by the bait beside the target's kept part, so junction and
unbroken fragments are compared, where there are enough, only if they hold `SURE_KEPT` baited bases of it: then both are
caught equally well, whatever the partner's side is baited with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from ..genome.bed import Stretches
from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..model.molecules import MoleculeRule
from .dna_places import Placement, side_bases
from .dna_reads import LONGEST, Mate, different

MARGIN = 12
SURE_KEPT = 100  # baited bases of the target's kept side that hold a fragment
ENOUGH = 10  # junction fragments left by that rule, and two in five of all
FLANK = 900  # bases of either side that reads are laid on
WORD = 16
BETTER = 3  # differences by which a read fits the junction better than either unbroken place

Key = tuple[int, int, str]


@dataclass(frozen=True)
class Laid:
    """A read on the junction sequence: first column (0-based), end, whether reversed, bases in its sense."""

    name: str
    start: int
    end: int
    reverse: bool
    bases: str
    crosses: bool


@dataclass
class Counted:
    """Unique fragments by (start, end, UMI) with a read across the junction (`split`) or by mates (`spanning`). `shown`
    are the reads across, `names` all read names, `compared` the junction and unbroken fragments behind the fraction,
    `sure` whether baits hold these equally well."""

    split: set[Key]
    spanning: set[Key]
    shown: list[Laid]
    names: set[str]
    fraction: float
    low: float
    high: float
    compared: tuple[int, int]
    sure: bool

    @property
    def unique(self) -> int:
        return len(self.split | self.spanning)


class JunctionSequence:
    """Reference of both sides joined, target side first, with the unbroken alternatives beside it."""

    def __init__(self, found: Placement, genome: Genome):
        left = side_bases(found.target, genome, FLANK, 0)
        right = reverse_complement(side_bases(found.partner, genome, FLANK, 0))
        self.bases = left + found.inserted + right
        self.left, self.right = len(left), len(left) + len(found.inserted)
        self.margin = MARGIN + found.microhomology
        own = left + side_bases(found.target, genome, 0, FLANK)
        theirs = reverse_complement(side_bases(found.partner, genome, FLANK, FLANK))
        self._others = ((own, 0), (theirs, self.right - (len(theirs) - len(right))))
        self._words: dict[str, list[int]] = defaultdict(list)
        for at in range(len(self.bases) - WORD + 1):
            self._words[self.bases[at : at + WORD]].append(at)

    def lay(self, name: str, sequence: str) -> Laid | None:
        """The best ungapped place of a read, None when nothing fits or it does not tell junction from unbroken."""
        best: tuple[int, int, bool, str] | None = None
        for reverse in (False, True):
            bases = reverse_complement(sequence) if reverse else sequence
            for start in self._starts(bases):
                wrong = _differences(bases, self.bases, start)
                if best is None or wrong < best[0]:
                    best = (wrong, start, reverse, bases)
        if best is None:
            return None
        wrong, start, reverse, bases = best
        end = start + len(bases)
        if wrong > 2 + len(bases) // 20 or start < 0 or end > len(self.bases):
            return None
        crosses = start <= self.left - 8 and end >= self.right + 8
        if crosses:
            others = min(_differences(bases, other, start - shift) for other, shift in self._others)
            crosses = others >= wrong + BETTER
            if not crosses and start < self.left - self.margin and end > self.right + self.margin:
                return None
        return Laid(name, start, end, reverse, bases, crosses)

    def _starts(self, bases: str) -> set[int]:
        found = set()
        for offset in range(0, len(bases) - WORD + 1, 8):
            for at in self._words.get(bases[offset : offset + WORD], ()):
                found.add(at - offset)
        return found


def _differences(bases: str, reference: str, start: int) -> int:
    if start < 0 or start + len(bases) > len(reference):
        return len(bases)
    return sum(a != b for a, b in zip(bases, reference[start : start + len(bases)], strict=True))


def count(
    found: Placement,
    mates: Mapping[str, Mapping[int, Mate]],
    spans: Iterable[Key],
    imperfect: Mapping[str, Key],
    rule: MoleculeRule,
    genome: Genome,
    baits: Stretches | None,
) -> Counted:
    """Count a junction.

    `mates` are the fragments of interest; `spans` the fragments that fit the reference, as genomic (start, end, UMI),
    and `imperfect` those of them that may be the junction's. Without `baits` every base counts as baited.
    """
    sequence = JunctionSequence(found, genome)
    split: list[Key] = []
    spanning: list[Key] = []
    shown: list[Laid] = []
    names: set[str] = set()
    for name, reads in mates.items():
        laid = [r for r in (sequence.lay(name, mate.bases) for mate in reads.values() if mate.bases) if r]
        extent = _extent(laid, len(reads) > 1)
        if extent is None:
            continue
        if extent[0] > sequence.left - sequence.margin or extent[1] < sequence.right + sequence.margin:
            continue
        key = (*extent, rule.identifier(name))
        across = [r for r in laid if r.crosses]
        if across:
            split.append(key)
            names.add(name)
            shown += across
        elif all(r.end <= sequence.left + 8 or r.start >= sequence.right - 8 for r in laid):
            spanning.append(key)
            names.add(name)
    unique = set(different([*split, *spanning]))
    crossed = set(split)
    broken = {imperfect[name] for name in names if name in imperfect}
    whole = np.array([key[:2] for key in spans if key not in broken], dtype=np.int64).reshape(-1, 2)
    baited = _baited(found, baits)
    junction = np.array([sequence.left - start for start, _, _ in unique], dtype=np.int64)
    fraction = _fraction(baited[junction], baited[_unbroken(found, whole, sequence.margin)])
    return Counted(
        {key for key in unique if key in crossed},
        {key for key in unique if key not in crossed},
        sorted(shown, key=lambda r: (r.start, r.name, r.reverse)),
        names,
        *fraction,
    )


def _extent(laid: list[Laid], paired: bool) -> tuple[int, int] | None:
    """Outer ends of a fragment on the junction sequence; None when its reads do not lie there as mates do."""
    if not laid or (paired and len(laid) < 2 and not laid[0].crosses):
        return None
    start, end = min(r.start for r in laid), max(r.end for r in laid)
    if end - start > LONGEST:
        return None
    if len(laid) == 2:
        forward = [r for r in laid if not r.reverse]
        if len(forward) != 1 or forward[0].start > next(r for r in laid if r.reverse).end:
            return None
    return start, end


def _unbroken(found: Placement, spans: NDArray[np.int64], margin: int) -> NDArray[np.int64]:
    """Kept bases of the unbroken fragments over the target's breakend."""
    position = found.target.position
    before, beyond = position - spans[:, 0] + 1, spans[:, 1] - position
    if not found.target.keeps_left:
        before, beyond = beyond + 1, before - 1
    kept: NDArray[np.int64] = before[(before >= margin) & (beyond >= margin)]
    return np.minimum(kept, FLANK)


def _baited(found: Placement, baits: Stretches | None) -> NDArray[np.int64]:
    """Baited bases among the first n kept ones, for n from 0 to FLANK."""
    start, end = found.target.kept(FLANK)
    mask = baits.mask(found.target.contig, start, end) if baits else np.ones(FLANK, dtype=bool)
    mask = mask[::-1] if found.target.keeps_left else mask
    return np.concatenate([[0], np.cumsum(mask)])


def _fraction(
    junction: NDArray[np.int64], unbroken: NDArray[np.int64]
) -> tuple[float, float, float, tuple[int, int], bool]:
    """Share of junction fragments with its 95% interval (Clopper-Pearson), and the counts behind it; fragments are
    given by their baited bases on the kept side."""
    held = junction >= SURE_KEPT
    sure = bool(held.sum() >= max(ENOUGH, 0.4 * len(junction)))
    if sure:
        junction, unbroken = junction[held], unbroken[unbroken >= SURE_KEPT]
    hits, total = len(junction), len(junction) + len(unbroken)
    if not total:
        return 0.0, 0.0, 1.0, (0, 0), sure
    low = float(beta.ppf(0.025, hits, total - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, total - hits)) if hits < total else 1.0
    return hits / total, low, high, (hits, total - hits), sure
