"""Fragments that show a DNA junction, fragments of the unbroken target at the same place, and their share.

Both are counted alike: a fragment counts when it reaches so far on either side that junction and unbroken sequence can
be told apart, by a read across or by mates on either side. Capture catches a fragment by the baited bases it holds, and
the two kinds may hold different ones: a fragment is compared only where either kind of its shape would hold
`LEAST_BAITED`, and counts by what the panel catches of such fragments (`dna_capture`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from ..genome.bed import Stretches
from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..model.molecules import MoleculeRule
from .dna_capture import Capture
from .dna_places import Placement, side_bases
from .dna_reads import LONGEST, Breakend, Mate, Scan, different

MARGIN = 12
LEAST_BAITED = 60  # bases
ENOUGH = 0.4  # of the junction fragments must be left by that rule
FARTHEST = 150  # bases of a repeat after which its copies need no longer be told apart
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
    unsure: bool = False  # lies across and fits the unbroken sequence about as well


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
        own = left + side_bases(found.target, genome, 0, FLANK)
        theirs = reverse_complement(side_bases(found.partner, genome, FLANK, FLANK))
        least = MARGIN + found.microhomology
        self.beyond = max(least, _told(right, own[len(left) :]))
        self.kept = max(least, _told(left[::-1], theirs[: len(theirs) - len(right)][::-1]))
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
            if not crosses:
                return Laid(name, start, end, reverse, bases, crosses=False, unsure=True)
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


def _told(side: str, other: str) -> int:
    """Bases after which two sequences differ in `BETTER`, at most `FARTHEST`."""
    wrong = 0
    for at, (a, b) in enumerate(zip(side[:FARTHEST], other, strict=False), 1):
        wrong += a != b
        if wrong == BETTER:
            return at
    return min(len(side), FARTHEST)


def count(
    found: Placement,
    mates: Mapping[str, Mapping[int, Mate]],
    own: Scan,
    rule: MoleculeRule,
    genome: Genome,
    baits: Stretches | None,
    capture: Capture,
) -> Counted:
    """Count a junction.

    `mates` are the fragments of interest, `own` the fragments of the target's gene. Without `baits` every fragment is
    caught equally well.
    """
    sequence = JunctionSequence(found, genome)
    split: list[Key] = []
    spanning: list[Key] = []
    shown: list[Laid] = []
    names: set[str] = set()
    for name, reads in mates.items():
        laid = [r for r in (sequence.lay(name, mate.bases) for mate in reads.values() if mate.bases) if r]
        extent = _extent(laid, len(reads) > 1)
        if extent is None or extent[0] > sequence.left - sequence.kept or extent[1] < sequence.right + sequence.beyond:
            continue
        key = (*extent, rule.identifier(name))
        across = [r for r in laid if r.crosses]
        if across:
            split.append(key)
            names.add(name)
            shown += across
        elif _by_mates(laid, sequence):
            spanning.append(key)
            names.add(name)
    unique = set(different([*split, *spanning]))
    crossed = set(split)
    broken = {own.imperfect[name] for name in names if name in own.imperfect}
    whole = np.array([own.extents[key] for key in own.unique if key not in broken], dtype=np.int64).reshape(-1, 2)
    shapes = np.array([(sequence.left - start, end - sequence.right) for start, end, _ in unique], dtype=np.int64)
    unbroken = _unbroken(found, whole, sequence)
    return Counted(
        {key for key in unique if key in crossed},
        {key for key in unique if key not in crossed},
        sorted(shown, key=lambda r: (r.start, r.name, r.reverse)),
        names,
        *_fraction(found, shapes.reshape(-1, 2), unbroken, baits, capture),
    )


def _by_mates(laid: list[Laid], sequence: JunctionSequence) -> bool:
    """Whether mates on either side show the junction: one lies in the partner, none contradicts."""
    partner = any(r.start >= sequence.right - 8 for r in laid)
    return partner and all(r.unsure or r.end <= sequence.left + 8 or r.start >= sequence.right - 8 for r in laid)


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


def _unbroken(found: Placement, spans: NDArray[np.int64], sequence: JunctionSequence) -> NDArray[np.int64]:
    """Bases on the kept side and beyond it of the unbroken fragments over the target's breakend."""
    position = found.target.position
    before, beyond = position - spans[:, 0] + 1, spans[:, 1] - position
    if not found.target.keeps_left:
        before, beyond = beyond + 1, before - 1
    over = (before >= sequence.kept) & (beyond >= sequence.beyond)
    return np.stack([before[over], beyond[over]], axis=1)


def _fraction(
    found: Placement,
    junction: NDArray[np.int64],
    unbroken: NDArray[np.int64],
    baits: Stretches | None,
    capture: Capture,
) -> tuple[float, float, float, tuple[int, int], bool]:
    """Share of junction fragments with its 95% interval, the fragments behind it, and whether these are most of them.

    Shapes are int64 (fragments, 2): bases on the kept side, bases beyond. The interval is Clopper-Pearson's for as many
    junction fragments as the weighted ones are worth.
    """
    shapes = (junction, unbroken)
    weights = (np.ones(len(junction)), np.ones(len(unbroken)))
    sure = True
    if baits is not None:
        kept, partner, lost = (
            _baited(baits, end, stretch)
            for end, stretch in (
                (found.target, found.target.kept(FLANK)),
                (found.partner, found.partner.kept(FLANK)),
                (found.target, found.target.lost(FLANK)),
            )
        )
        held = [tuple(kept[_cut(s[:, 0])] + side[_cut(s[:, 1])] for side in (partner, lost)) for s in shapes]
        fair = [np.minimum(a, b) >= LEAST_BAITED for a, b in held]
        sure = bool(fair[0].sum() >= max(ENOUGH * len(junction), 1))
        if sure:
            weights = (capture.weight(held[0][0][fair[0]]), capture.weight(held[1][1][fair[1]]))
    hits, rest = float(weights[0].sum()), float(weights[1].sum())
    counts = (len(weights[0]), len(weights[1]))
    if not hits + rest:
        return 0.0, 0.0, 1.0, (0, 0), sure
    worth = hits**2 / float((weights[0] ** 2).sum()) if hits else 0.0
    others = rest * worth / hits if hits else rest
    low = float(beta.ppf(0.025, worth, others + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, worth + 1, others)) if others else 1.0
    return hits / (hits + rest), low, high, counts, sure


def _cut(bases: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.minimum(bases, FLANK)


def _baited(baits: Stretches, breakend: Breakend, stretch: tuple[int, int]) -> NDArray[np.int64]:
    """Baited bases among the first n of a stretch of `FLANK` bases beside a breakend, for n from 0 to FLANK."""
    mask = baits.mask(breakend.contig, *stretch)
    mask = mask[::-1] if stretch[1] <= breakend.position else mask
    return np.concatenate([[0], np.cumsum(mask)]).astype(np.int64)
