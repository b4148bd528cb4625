"""Where the foreign side of a DNA contig comes from, and the exact junction of both sides.

Candidates are the places that other alignments of the contig's fragments touch: no partner list. The junction is put
where the reference of both sides explains the contig best; bases that fit both sides are microhomology, bases that fit
neither are inserted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from Bio.Align import PairwiseAligner

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from .dna_contigs import FAR, Contig
from .dna_reads import UNIQUE_QUALITY, Breakend, Mate
from .genome_places import Place

WINDOW = 1000  # bases around an alignment that are searched for the contig
MOST_WINDOWS = 8
ENOUGH = 100  # foreign bases of which a partner known from the reads explains half
LEAST_SCORE = 22  # bases of a partner, net of errors, that are looked at
INSERTED = 60  # longest insert between both sides
AMBIGUOUS = 6  # a second place this close in score is no worse
FLANK = 100  # kept bases compared with the partner, to tell a paralogue's read from a junction
MISMATCH = 4


@dataclass(frozen=True)
class Placement:
    """A junction found: target side, partner side, bases between them, bases by which it can be shifted. `contig` is
    the sequence, target side first, with `left` bases up to the junction and `right` where the partner begins. `rivals`
    are other places that fit as well."""

    target: Breakend
    partner: Breakend
    inserted: str
    microhomology: int
    contig: str
    left: int
    right: int
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class _Hit:
    score: float
    partner: Breakend  # of the first base of the foreign part that fits
    offset: int  # of that base in the foreign part


def place(
    contig: Contig, mates: Mapping[str, Mapping[int, Mate]], genome: Genome, elsewhere: Sequence[Place] | None = None
) -> Placement | None:
    """The junction of a contig, None when its foreign side fits nowhere or one place explains all of it.

    Looked at is what other alignments of its fragments touch, and `elsewhere`, places of the whole genome that its
    foreign part fits. Before these are known a partner must explain half of that part: a better one may lie elsewhere.
    """
    fragments = [mates[name] for name in sorted(contig.names) if name in mates]
    hits: list[_Hit] = []
    windows = _windows(fragments, contig.breakend)
    windows += [(p.contig, p.start + 1 - WINDOW, p.end + WINDOW) for p in elsewhere or ()]
    least = LEAST_SCORE if elsewhere is not None else max(LEAST_SCORE, min(len(contig.foreign), ENOUGH) // 2)
    for name, start, end in windows:
        hits += _hits(contig.foreign, name, start, end, genome)
    hits.sort(key=lambda hit: (-hit.score, hit.partner))
    if not hits or hits[0].score < least:
        return None
    best = hits[0]
    others = [h for h in hits if h.score >= best.score - AMBIGUOUS and not _same(h, best)]
    rivals = tuple(dict.fromkeys(f"{h.partner.contig}:{h.partner.position}" for h in others))
    found = _join(contig, best, genome)
    if _one_place(found, genome):
        return None
    return replace(found, rivals=rivals)


def _windows(fragments: Iterable[Mapping[int, Mate]], breakend: Breakend) -> list[tuple[str, int, int]]:
    """Stretches that the fragments touch away from the breakend's kept side, most touched first."""
    kept = breakend.kept(WINDOW)
    counts: dict[tuple[str, int], int] = {}
    for mates in fragments:
        cells = set()
        for mate in mates.values():
            for place in mate.places:
                inside = place.contig == breakend.contig and kept[0] <= place.start and place.end <= kept[1] + FAR
                if not inside:
                    cells.add((place.contig, place.start // WINDOW))
        for cell in cells:
            counts[cell] = counts.get(cell, 0) + 1
    chosen = sorted(counts, key=lambda c: (-counts[c], c))[:MOST_WINDOWS]
    return [(name, cell * WINDOW - WINDOW, cell * WINDOW + 2 * WINDOW) for name, cell in chosen]


def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner(mode="local")
    aligner.match_score, aligner.mismatch_score = 1, -3
    aligner.open_gap_score, aligner.extend_gap_score = -5, -1
    return aligner


_ALIGNER = _aligner()


def _hits(foreign: str, name: str, start: int, end: int, genome: Genome) -> list[_Hit]:
    start, end = max(start, 1), min(end, genome.lengths[name])
    found = []
    if end - start < LEAST_SCORE:
        return []
    bases = genome.fetch(name, start, end)
    for reverse in (False, True):
        text = reverse_complement(bases) if reverse else bases
        alignments = _ALIGNER.align(text, foreign)
        if alignments.score < LEAST_SCORE:
            continue
        target, query = (int(block[0][0]) for block in alignments[0].aligned)
        if query <= INSERTED:
            position = end - target if reverse else start + target
            found.append(_Hit(float(alignments.score), Breakend(name, position, keeps_left=reverse), query))
    return found


def _same(a: _Hit, b: _Hit) -> bool:
    """Whether two hits lie on one diagonal, or nearly so."""
    if (a.partner.contig, a.partner.keeps_left) != (b.partner.contig, b.partner.keeps_left):
        return False
    return abs(a.partner.position - b.partner.position) < WINDOW


def side_bases(breakend: Breakend, genome: Genome, kept: int, lost: int) -> str:
    """Reference across a breakend, kept bases first and read towards the junction: `kept` bases, then `lost` beyond."""
    if breakend.keeps_left:
        return genome.fetch(breakend.contig, breakend.position - kept + 1, breakend.position + lost)
    bases = genome.fetch(breakend.contig, breakend.position - lost, breakend.position + kept - 1)
    return reverse_complement(bases)


def _join(contig: Contig, hit: _Hit, genome: Genome) -> Placement:
    """Put the junction where both references explain most of the contig; ties keep most of the partner."""
    reach = min(contig.kept, FAR + 20)
    ahead = min(len(contig.foreign), hit.offset + 40)
    text = contig.bases[contig.kept - reach : contig.kept + ahead]
    left = side_bases(contig.breakend, genome, reach, ahead)
    start = hit.partner.moved(reach + hit.offset)  # the partner's bases that would lie under `text`
    right = reverse_complement(side_bases(start, genome, len(text), 0))
    gains = [_gains(text, side) for side in (left, right)]
    before = [0]
    for gain in gains[0]:
        before.append(before[-1] + gain)
    after = [0]
    for gain in reversed(gains[1]):
        after.append(after[-1] + gain)
    after.reverse()
    scores = {
        (i, j): before[i] + after[j]
        for i in range(len(text) + 1)
        for j in range(i, min(len(text), i + INSERTED) + 1)
    }  # fmt: skip
    most = max(scores.values())
    i, j = min((pair for pair, score in scores.items() if score == most), key=lambda p: (p[1] - p[0], p[0]))
    shifts = sum(score == most for (a, b), score in scores.items() if a == b) - 1 if i == j else 0
    target = contig.breakend.moved(i - reach)
    partner = start.moved(-j)
    at = contig.kept - reach
    return Placement(target, partner, text[i:j], shifts, contig.bases, at + i, at + j, ())


def _gains(text: str, reference: str) -> list[int]:
    padded = reference.ljust(len(text), "-")
    return [1 if a == b else -MISMATCH for a, b in zip(text, padded, strict=False)]


def _one_place(found: Placement, genome: Genome) -> bool:
    """Whether one of the two places alone explains the contig: reads of a paralogue, or a small indel."""
    kept, foreign = found.contig[: found.left][-FLANK:], found.contig[found.right :][:FLANK]
    from_partner = reverse_complement(side_bases(found.partner, genome, 0, len(found.inserted) + len(kept)))
    from_partner = from_partner[: len(kept)]
    own = side_bases(found.target, genome, len(kept), 0)
    if _wrong(kept, from_partner) <= _wrong(kept, own) + 2:
        return True
    beyond = side_bases(found.target, genome, 0, len(foreign))
    theirs = reverse_complement(side_bases(found.partner, genome, len(foreign), 0))
    return _wrong(foreign, beyond) <= _wrong(foreign, theirs) + 2


def _wrong(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))


def surely_placed(fragments: Iterable[Mapping[int, Mate]], breakend: Breakend) -> int:
    """Number of fragments with a unique alignment on the kept side of a breakend."""
    low, high = breakend.kept(WINDOW)
    return sum(
        any(
            place.contig == breakend.contig
            and place.quality >= UNIQUE_QUALITY
            and not place.secondary
            and place.start <= high
            and place.end >= low
            for mate in mates.values()
            for place in mate.places
        )
        for mates in fragments
    )
