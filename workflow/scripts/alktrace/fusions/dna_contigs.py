"""Breakends of a gene from clipped reads: grouped, read as a consensus, and grown beyond the reads' ends.

Breakpoints often lie in repeats. The clipped bases alone then fit a thousand places, so the consensus is grown with the
mates until it reaches unique sequence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..model.molecules import MoleculeRule
from .dna_reads import Breakend, Clip

NEAR = 6  # aligners end one junction's reads this far apart, when the next bases fit both sides
FAR = 60  # in repeats, where the foreign bases fit the target's copy about as well
FIRST = 10  # foreign bases by which reads of one junction are told from others at the same place
WORD = 24  # overlap by which a consensus is grown
GROWN = 500  # bases of a consensus beyond its breakend


@dataclass
class Contig:
    """Consensus over a breakend: `bases` with `kept` of them before the junction, and the clips behind it."""

    breakend: Breakend
    bases: str
    kept: int
    clips: list[Clip]

    @property
    def foreign(self) -> str:
        return self.bases[self.kept :]

    @property
    def names(self) -> set[str]:
        return {clip.name for clip in self.clips}

    def molecules(self, rule: MoleculeRule) -> int:
        """Molecules that the clips come from, at the least: reads with one name, or with one start and identifier, are
        taken for one molecule."""
        group: dict[object, int] = {}
        members: dict[int, list[object]] = {}
        for number, clip in enumerate(self.clips):
            members[number] = []
            for key in (clip.name, (clip.start, rule.identifier(clip.name))):
                other = group.setdefault(key, number)
                members[number].append(key)
                if other != number:
                    for moved in members.pop(other):
                        group[moved] = number
                        members[number].append(moved)
        return len(members)


def find_contigs(clips: Sequence[Clip], least: int, rule: MoleculeRule, genome: Genome) -> list[Contig]:
    """Consensus of every group of clips from at least `least` molecules, best supported first."""
    by_side: dict[tuple[str, bool], dict[int, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        by_side[clip.breakend.contig, clip.breakend.keeps_left][clip.breakend.position].append(clip)
    found = []
    for places in by_side.values():
        used: set[int] = set()
        for position in sorted(places, key=lambda p: (-len(places[p]), p)):
            while True:
                near = [
                    c for p in range(position - FAR, position + FAR + 1) for c in places.get(p, ()) if id(c) not in used
                ]
                contig = _consensus(near, position, genome)
                if contig is None or len(contig.names) < least:
                    break
                used.update(map(id, contig.clips))
                if contig.molecules(rule) >= least:
                    found.append(contig)
    return sorted(found, key=lambda c: (-len(c.names), c.breakend))


def _column(clip: Clip, position: int) -> int:
    """Column of a clip's first base, when column 0 is the first base beyond `position`."""
    ahead = clip.breakend.position - position
    return -clip.kept + (ahead if clip.breakend.keeps_left else -ahead)


def _consensus(clips: Sequence[Clip], position: int, genome: Genome) -> Contig | None:
    """The commonest sequence beyond a position, None when there is none that reads agree on."""
    starts: Counter[str] = Counter()
    if not clips:
        return None
    side = clips[0].breakend
    own = _own(Breakend(side.contig, position, side.keeps_left), genome)
    for clip in clips:
        at = -_column(clip, position)
        if at >= 0 and len(clip.bases) >= at + FIRST and clip.bases[at : at + FIRST] != own:
            starts[clip.bases[at : at + FIRST]] += 1
    if not starts:
        return None
    first = max(starts, key=lambda s: (starts[s], s))
    chosen = [c for c in clips if c.bases[-_column(c, position) :][:FIRST] == first]
    votes = _votes(chosen, position)
    chosen = [c for c in clips if _agrees(c, position, votes)]
    if not chosen:
        return None
    votes = _votes(chosen, position)
    low = min(votes)
    bases = "".join(_commonest(votes[column]) for column in range(low, max(votes) + 1))
    return Contig(Breakend(side.contig, position, side.keeps_left), bases, -low, list(chosen))


def _own(breakend: Breakend, genome: Genome) -> str:
    """The reference beyond a breakend, as reads that do not break there go on."""
    start, end = breakend.lost(FIRST)
    bases = genome.fetch(breakend.contig, start, end)
    return bases if breakend.keeps_left else reverse_complement(bases)


def _votes(clips: Iterable[Clip], position: int) -> dict[int, Counter[str]]:
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for clip in clips:
        for column, base in enumerate(clip.bases, _column(clip, position)):
            votes[column][base] += 1
    return votes


def _agrees(clip: Clip, position: int, votes: dict[int, Counter[str]]) -> bool:
    """Whether a clip's foreign bases are the consensus but for an error in ten."""
    column = _column(clip, position)
    foreign = [(base, votes[at]) for at, base in enumerate(clip.bases, column) if at >= 0 and votes.get(at)]
    wrong = sum(base != _commonest(vote) for base, vote in foreign)
    return len(foreign) >= FIRST - NEAR and wrong <= len(foreign) // 10


def _commonest(vote: Counter[str]) -> str:
    return max(vote, key=lambda base: (vote[base], base))


def grow(contig: Contig, reads: Iterable[str]) -> Contig:
    """The contig with the bases that `reads` (either way round) add behind its end."""
    index: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for read in reads:
        for bases in (read, reverse_complement(read)):
            for at in range(len(bases) - WORD):
                index[bases[at : at + WORD]].append((bases, at))
    grown = contig.bases
    while len(grown) - contig.kept < GROWN:
        votes: list[Counter[str]] = []
        for bases, at in index.get(grown[-WORD:], ()):
            for column, base in enumerate(bases[at + WORD :]):
                if column == len(votes):
                    votes.append(Counter())
                votes[column][base] += 1
        added = "".join(_commonest(vote) for vote in votes if vote.total() >= 2)[:WORD]
        if not added:
            break
        grown += added
    return Contig(contig.breakend, grown[: contig.kept + GROWN], contig.kept, contig.clips)
