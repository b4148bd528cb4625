"""How a fusion transcript is made: a 5' exon part, an insert and a 3' exon part, found from its assembled sequence.

Each side of the contig is aligned to the spliced transcript of its gene by dynamic programming from the contig's outer
end towards the junction (exons may be skipped, the outer flank may be anything, sparse errors are paid for). The two
sides are then joined at least cost. Costs are description lengths in units of one unexplained base (log 4): an error
in a consensus, a breakpoint inside an exon and so on each need about as many bases of evidence as their cost says.
Equal costs are settled by the rule of the report: ambiguous bases go first to a complete 5' exon end, then to a
complete 3' exon start, then to exon, then to retained intron, last to untemplated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..genome.fasta import Genome
from ..genome.transcripts import Transcript
from .junction import Anchor, Structure
from .pieces import split_insert

MISMATCH_COST = 9
INDEL_COST = 16  # one or two bases more or fewer than the reference, as in homopolymers
BROKEN_EXON_COST = 7  # the junction lies inside an exon, not at its end
SKIPPED_EXON_COST = 4
FLANK_COST = 6  # the outer end of the contig is not of the reference transcript; each of its bases costs 1
INTRON_COST = 10  # the outer end of the contig lies in an intron
MAX_INDEL = 2
MIN_GAIN = 8  # bases that an alignment must explain, net of its errors, to be looked at
SURE_ANCHOR = 16  # exon bases that no contig shows by chance
SURE_INTRON = 16  # bases that a contig which ends in an intron must show of it; reads must then join it to the exon
SEED = 12  # bases looked up to place a contig end in an intron, and shortest insert recognised as a cryptic exon
CHANCE_MATCH = 2  # intron bases that mean nothing beside bases that no intron explains
_FAR = 20_000
Costs = npt.NDArray[np.int16]


class _Side:
    """A contig and one partner, both read from the outer end towards the junction (3' partners: backwards)."""

    def __init__(self, contig: str, transcript: Transcript, genome: Genome, backwards: bool):
        self.transcript, self.genome, self.backwards = transcript, genome, backwards
        self.contig = contig[::-1] if backwards else contig
        self.anonymous = not transcript.transcript_id  # a locus without exons has no complete exon end
        spliced = genome.spliced(transcript)
        self.spliced = spliced[::-1] if backwards else spliced
        lengths = [end - start + 1 for start, end in transcript.exons]
        self.ends = np.cumsum(lengths[::-1] if backwards else lengths)

    def exon(self, column: int) -> int:
        """Exon number of a 0-based position in `spliced`."""
        index = int(np.searchsorted(self.ends, column, side="right"))
        return len(self.ends) - index if self.backwards else index + 1

    def deleted(self, column: int) -> int:
        """Bases between a position in `spliced` and its exon's junction-side end."""
        return int(self.ends[np.searchsorted(self.ends, column, side="right")]) - 1 - column

    def beyond(self, column: int, length: int) -> str:
        """Genome bases that follow a position of `spliced` towards the junction and on, in reading direction."""
        transcript = self.transcript
        exon = self.exon(column)
        last = transcript.first_base(exon) if self.backwards else transcript.last_base(exon)
        rising = transcript.forward != self.backwards
        position = last - self.deleted(column) if rising else last + self.deleted(column)
        start, end = (position + 1, position + length) if rising else (position - length, position - 1)
        bases = self.genome.fetch_stranded(transcript.contig, start, end, transcript.strand)
        return bases[::-1] if self.backwards else bases

    def intron_length(self, column: int) -> int:
        """Length of the intron between the exon of a position and the exon that follows on the way; 0 if none."""
        exon = self.exon(column) - (1 if self.backwards else 0)
        if not 1 <= exon < len(self.transcript.exons):
            return 0
        start, end = self.transcript.intron_span(exon)
        return end - start + 1

    @cached_property
    def costs(self) -> Costs:
        """costs[i, j]: least cost of the first i contig bases with base i aligned to spliced base j (both 1-based)."""
        reference = np.frombuffer(self.spliced.encode(), np.uint8)
        errors = {base: np.int16(MISMATCH_COST) * (reference != ord(base)) for base in sorted(set(self.contig))}
        table = np.full((len(self.contig) + 1, len(reference) + 1), _FAR, np.int16)
        for i, base in enumerate(self.contig, 1):
            np.minimum(self._before(table, i) + errors[base], _FAR, out=table[i, 1:])
        return table

    def _before(self, table: Costs, i: int) -> Costs:
        """Least cost of everything before contig base i, if that base is aligned to each spliced base."""
        best = np.minimum(table[i - 1, :-1], _flank(i - 1))
        for indel in range(1, MAX_INDEL + 1):
            if i - 1 - indel > 0:
                np.minimum(best, table[i - 1 - indel, :-1] + INDEL_COST, out=best)
            if indel < len(best):
                np.minimum(best[indel:], table[i - 1, : -1 - indel] + INDEL_COST, out=best[indel:])
        if len(self.ends) > 2:
            skipping = np.minimum.accumulate(table[i - 1, self.ends[:-2]]) + SKIPPED_EXON_COST
            best[self.ends[1:-1]] = np.minimum(best[self.ends[1:-1]], skipping)
        return best

    def path(self, part: _Part) -> _Path:
        """Follow the alignment of the exon part back to its outer end."""
        if not part.end:
            return _Path(0, 0, 0)
        table, i, j = self.costs, part.end, part.column + 1
        matched = wrong = 0
        while True:
            equal = self.contig[i - 1] == self.spliced[j - 1]
            matched, wrong = matched + equal, wrong + (not equal)
            rest = int(table[i, j]) - (0 if equal else MISMATCH_COST)
            if rest == _flank(i - 1):
                return _Path(i - 1, matched, wrong)
            i, j, indel = self._step_back(i, j, rest)
            wrong += indel

    def _step_back(self, i: int, j: int, rest: int) -> tuple[int, int, int]:
        table = self.costs
        if table[i - 1, j - 1] == rest:
            return i - 1, j - 1, 0
        if j - 1 in self.ends:
            for end in self.ends[self.ends < j - 1]:
                if table[i - 1, end] + SKIPPED_EXON_COST == rest:
                    return i - 1, int(end), 0
        for indel in range(1, MAX_INDEL + 1):
            if i - 1 - indel > 0 and table[i - 1 - indel, j - 1] + INDEL_COST == rest:
                return i - 1 - indel, j - 1, indel
            if j - 1 - indel > 0 and table[i - 1, j - 1 - indel] + INDEL_COST == rest:
                return i - 1, j - 1 - indel, indel
        raise AssertionError("every cost in the table has a source")

    def parts(self) -> Iterator[_Part]:
        """All ends of this side worth joining to the other: in an exon, at its end, and in the intron behind it."""
        lowest = self.costs[:, 1:].argmin(axis=1)
        promising = _flanks(len(self.contig)) - MIN_GAIN
        for end in range(1, len(self.contig) + 1):
            cost = int(self.costs[end, lowest[end] + 1])
            if cost <= promising[end]:
                penalty = 0 if self.anonymous else BROKEN_EXON_COST
                yield _Part(cost + penalty, end, int(lowest[end]), False, 0, end)
        if self.anonymous:
            return
        for column in (int(end) - 1 for end in self.ends):
            for end in map(int, np.flatnonzero(self.costs[:, column + 1] <= promising)):
                whole = _Part(int(self.costs[end, column + 1]), end, column, True, 0, end)
                yield whole
                yield from self._with_intron(whole)

    def _with_intron(self, whole: _Part) -> Iterator[_Part]:
        rest = self.contig[whole.end :]
        intron = self.beyond(whole.column, min(len(rest), self.intron_length(whole.column)))
        wrong = 0
        for length, (base, expected) in enumerate(zip(rest, intron, strict=False), 1):
            wrong += base != expected
            cost = wrong * MISMATCH_COST
            if cost > length + 2 * MISMATCH_COST:
                return  # the intron ended long ago
            if base == expected and cost < length:
                yield replace(whole, cost=whole.cost + cost, retained=length, stop=whole.end + length)

    def intron_parts(self) -> Iterator[_Part]:
        """Ends of this side if the contig's outer end lies in an intron, away from the exon."""
        transcript = self.transcript
        region = self.genome.fetch_stranded(transcript.contig, transcript.start, transcript.end, transcript.strand)
        region = region[::-1] if self.backwards else region
        for offset in range(0, min(len(self.contig) - SEED, 2 * SEED) + 1, SEED):
            seed = self.contig[offset : offset + SEED]
            found = region.find(seed)
            while found >= 0:
                if found >= offset:
                    yield from self._intron_run(region, found - offset)
                found = region.find(seed, found + 1)

    def _intron_run(self, region: str, start: int) -> Iterator[_Part]:
        column, gap = self._exon_before(start)
        if column < 0:
            return
        room = self.intron_length(column) - gap
        wrong = 0
        for length, (base, expected) in enumerate(zip(self.contig, region[start : start + room], strict=False), 1):
            wrong += base != expected
            cost = INTRON_COST + wrong * MISMATCH_COST
            if base == expected and cost < length:
                yield _Part(cost, 0, column, True, gap + length, length, gap)

    def _exon_before(self, offset: int) -> tuple[int, int]:
        """Last column of the exon passed before `offset` of the gene region, and intron bases between; -1 in exons."""
        transcript = self.transcript
        rising = transcript.forward != self.backwards
        position = transcript.start + offset if rising else transcript.end - offset
        if transcript.exon_at(position) is not None:
            return -1, 0
        exons = sorted(transcript.exons, reverse=not rising)
        for column, (start, end) in reversed(list(zip(self.ends - 1, exons, strict=True))):
            if position > end and rising:
                return int(column), position - end - 1
            if position < start and not rising:
                return int(column), start - position - 1
        return -1, 0


@dataclass(frozen=True)
class _Part:
    """One way to read a side: exon up to contig base `end`, intron up to `stop`, both counted from the outer end.

    `column` is the last exon position in `spliced`; `unseen` the intron bases between that exon and a contig that
    starts in the intron.
    """

    cost: int
    end: int
    column: int
    complete: bool
    retained: int
    stop: int
    unseen: int = 0


@dataclass(frozen=True)
class _Path:
    start: int
    matched: int
    wrong: int


def _flank(bases: int) -> int:
    """Cost of an outer flank that the transcript does not explain."""
    return FLANK_COST + bases if bases else 0


def _flanks(length: int) -> Costs:
    return np.array([_flank(bases) for bases in range(length + 1)], np.int16)


def resolve(contig: str, five: Transcript, three: Transcript, genome: Genome, min_anchor: int = 10) -> Structure | None:
    """The structure of a fusion contig (5' partner first), None if either side shows fewer than `min_anchor` bases.

    The contig may begin or end in alternative exons, hold a few errors, and be as short as `min_anchor` on one side. A
    side that ends in an intron without reaching its exon is filled up to the exon from the reference.
    """
    contig = contig.upper()
    left = _Side(contig, five, genome, backwards=False)
    right = _Side(contig, three, genome, backwards=True)
    parts = [[part for part in side.parts() if part.stop >= min_anchor] for side in (left, right)]
    chosen = _join(parts[0], parts[1], len(contig))
    for index, side in enumerate((left, right)):
        if not side.anonymous and (chosen is None or not _is_shown(side, chosen[index], chosen, min_anchor)):
            parts[index] += side.intron_parts()
    chosen = _join(parts[0], parts[1], len(contig))
    if chosen is None or not all(
        _is_shown(s, p, chosen, min_anchor) for s, p in zip((left, right), chosen, strict=True)
    ):
        return None
    return _structure(left, right, *chosen)


def resolve_locus(
    contig: str, five: Transcript | Anchor, three: Transcript | Anchor, genome: Genome, min_anchor: int = 10
) -> Structure | None:
    """Like `resolve` where a side may lie outside genes: that side's nameless transcript gets one exon, which ends (5')
    or starts (3') at the breakpoint."""
    whole = [side.transcript() if isinstance(side, Anchor) else side for side in (five, three)]
    found = resolve(contig, whole[0], whole[1], genome, min_anchor)
    if found is None:
        return None
    if isinstance(five, Anchor):
        found = replace(found, five=_cut(found.five, found.five_deleted, at_end=True), five_deleted=0)
    if isinstance(three, Anchor):
        found = replace(found, three=_cut(found.three, found.three_deleted, at_end=False), three_deleted=0)
    return found


def _cut(transcript: Transcript, bases: int, at_end: bool) -> Transcript:
    ((start, end),) = transcript.exons
    exon = (start, end - bases) if transcript.forward == at_end else (start + bases, end)
    return replace(transcript, exons=(exon,))


def _is_shown(side: _Side, part: _Part, pair: tuple[_Part, _Part], min_anchor: int) -> bool:
    """Whether the contig shows enough of a gene.

    Behind a foreign flank a short match may be chance, unless it ends with its exon and meets the other side.
    """
    path = side.path(part)
    meeting = part.complete and pair[0].stop + pair[1].stop == len(side.contig)
    needed = SURE_ANCHOR if path.start and not meeting else min_anchor
    if part.unseen:
        needed = SURE_INTRON
    return path.matched + _intron_matches(part, side) >= needed


def _join(left: list[_Part], right: list[_Part], length: int) -> tuple[_Part, _Part] | None:
    """The pair of parts of least cost that do not overlap; ties by the rule of the module."""
    if not left or not right:
        return None
    stops = np.add.outer([p.stop for p in left], [p.stop for p in right])
    costs = np.add.outer([p.cost for p in left], [p.cost for p in right]) + length - stops
    costs[stops > length] = 2 * _FAR
    lowest = costs.min()
    if lowest >= 2 * _FAR:
        return None
    pairs = [(left[a], right[b]) for a, b in zip(*np.nonzero(costs == lowest), strict=True)]
    return min(pairs, key=_preference)


def _preference(pair: tuple[_Part, _Part]) -> tuple[int, ...]:
    """Smallest first: complete 5' end, complete 3' start, exon bases, fewer retained pieces, 5' side, later exon."""
    a, b = pair
    kinds = (a.retained > 0) + (b.retained > 0)
    return (not a.complete, not b.complete, -a.end - b.end, kinds, -a.end, -a.retained, -a.column, -b.column)


def _structure(left: _Side, right: _Side, a: _Part, b: _Part) -> Structure:
    contig = left.contig
    inserted = _unseen(left, a) + contig[a.end : len(contig) - b.end] + _unseen(right, b)
    if a.stop + b.stop < len(contig) and (_holds_exon(left, a, inserted) or _holds_exon(right, b, inserted)):
        a, b = _without_intron(a), _without_intron(b)
    elif a.stop + b.stop < len(contig):
        a, b = _without_chance(a), _without_chance(b)
    middle = inserted[a.retained : len(inserted) - b.retained]
    pieces, untemplated = split_insert(middle, left.transcript, right.transcript, left.genome)
    pieces = tuple(replace(piece, offset=piece.offset + a.retained) for piece in pieces)
    paths = left.path(a), right.path(b)
    return Structure(
        five=left.transcript,
        three=right.transcript,
        five_exon=left.exon(a.column),
        three_exon=right.exon(b.column),
        five_deleted=left.deleted(a.column),
        three_deleted=right.deleted(b.column),
        inserted=inserted,
        five_retained=a.retained,
        three_retained=b.retained,
        untemplated=untemplated,
        microhomology=0 if middle else _microhomology(left, right, a, b),
        left_end=a.end,
        right_start=len(contig) - b.end,
        five_matched=paths[0].matched + _intron_matches(a, left),
        three_matched=paths[1].matched + _intron_matches(b, right),
        mismatches=paths[0].wrong + paths[1].wrong + _intron_wrong(a, left) + _intron_wrong(b, right),
        five_unread=a.unseen,
        three_unread=b.unseen,
        cryptic=pieces,
    )


def _intron_bases(part: _Part, side: _Side) -> str:
    return side.beyond(part.column, part.retained)[part.unseen :]


def _intron_matches(part: _Part, side: _Side) -> int:
    seen = side.contig[part.end : part.stop]
    return sum(base == expected for base, expected in zip(seen, _intron_bases(part, side), strict=True))


def _intron_wrong(part: _Part, side: _Side) -> int:
    return part.stop - part.end - _intron_matches(part, side)


def _unseen(side: _Side, part: _Part) -> str:
    """Intron bases between the exon and a contig that begins further on, in transcript sense."""
    bases = side.beyond(part.column, part.unseen)
    return bases[::-1] if side.backwards else bases


def _holds_exon(side: _Side, part: _Part, inserted: str) -> bool:
    """Whether the whole insert is one piece of this side's intron, away from the exon: an unannotated exon."""
    if len(inserted) < SEED or part.unseen:
        return False
    intron = side.beyond(part.column, side.intron_length(part.column))
    return (inserted[::-1] if side.backwards else inserted) in intron


def _without_intron(part: _Part) -> _Part:
    """The same side ending with its exon, chance matches to the intron behind it given up."""
    return part if part.unseen else replace(part, retained=0, stop=part.end)


def _without_chance(part: _Part) -> _Part:
    return part if part.retained > CHANCE_MATCH else _without_intron(part)


def _microhomology(left: _Side, right: _Side, a: _Part, b: _Part) -> int:
    """Bases that the genome behind the 5' piece shares with the 3' piece, and before the 3' piece with the 5' piece."""
    return _shared(left, a, len(left.contig) - b.stop) + _shared(right, b, len(right.contig) - a.stop)


def _shared(side: _Side, part: _Part, junction: int) -> int:
    rest = side.contig[junction:]
    onward = side.beyond(part.column, part.retained + len(rest))[part.retained :]
    count = 0
    for base, expected in zip(rest, onward, strict=False):
        if base != expected:
            break
        count += 1
    return count
