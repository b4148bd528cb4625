"""Count the molecules of a junction: fragments that cross it, and mates that face each other over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..genome.fragments import Fragment, Read
from ..genome.transcripts import Transcript
from ..model.molecules import MoleculeRule
from .junction import Junction, Search, settle
from .placement import BEYOND, JunctionReference, Placement, explained_elsewhere
from .reads import inside

SPAN_WINDOW = 600  # transcript bases between mates on either side of a junction
MIN_LONE_MATCH = 20  # bases of the target in a mate that no aligner placed


# ---------------------------------------------------------------- counting
def count_split(junctions: list[Junction], fragments: Mapping[str, Fragment], rule: MoleculeRule) -> None:
    """Give every fragment to the junction it fits best and fill `counted.split`.

    A fragment that fits two junctions equally well goes to the one with more fragments of its own.
    """
    fits: dict[str, list[tuple[int, int, Placement]]] = {}
    for name, fragment in fragments.items():
        for number, junction in enumerate(junctions):
            placement = split_placement(junction.reference, fragment)
            if placement is not None:
                fits.setdefault(name, []).append((placement.differences + placement.gapped, number, placement))
    own: Counter[int] = Counter()
    for found in fits.values():
        best = min(f[0] for f in found)
        numbers = [f[1] for f in found if f[0] == best]
        if len(numbers) == 1:
            own[numbers[0]] += 1
    for name in sorted(fits):
        best = min(f[0] for f in fits[name])
        number, placement = min(
            ((n, p) for d, n, p in fits[name] if d == best), key=lambda item: (-own[item[0]], item[0])
        )
        junctions[number].counted.placements[name] = placement
    for junction in junctions:
        settle(junction, fragments, rule)


def split_placement(reference: JunctionReference, fragment: Fragment) -> Placement | None:
    best: Placement | None = None
    for read in fragment.reads:
        placement = reference.place(read)
        if placement is None or not reference.is_split(placement):
            continue
        if explained_elsewhere(read, placement, reference.structure):
            continue
        if best is None or placement.differences < best.differences:
            best = placement
    return best


def count_spanning(junctions: list[Junction], fragments: Iterable[Fragment], search: Search) -> set[str]:
    """Fill `counted.mates`: mates on either side of a junction, neither across it. Returns the fragments' names.

    Where a gene pair has several junctions, spanning fragments cannot tell them apart and go to the best supported one.
    """
    best: dict[tuple[str, bool], Junction] = {}
    for junction in sorted(junctions, key=lambda j: (-len(j.counted.split), repr(j.key))):
        best.setdefault((junction.partner.gene_id, junction.into), junction)
    names = set()
    for fragment in fragments:
        for junction in best.values():
            if len(fragment.reads) == 2 and _spans(junction, fragment, search):
                junction.counted.mates[fragment.name] = fragment
                names.add(fragment.name)
                break
    for junction in best.values():
        settle(junction, search.fragments, search.rule)
    return names


def _spans(junction: Junction, fragment: Fragment, search: Search) -> bool:
    if junction.complete and junction.reference.spanned_by(fragment.reads):
        return True
    s = junction.structure
    span = facing_mates(fragment, s.five, s.three, search)
    if span is None:
        return False
    five_limit = s.five.exon_end(s.five_exon) - s.five_deleted
    three_limit = s.three.exon_start(s.three_exon) + s.three_deleted
    near = five_limit - span[0] + span[1] - three_limit <= SPAN_WINDOW
    return near and span[0] <= five_limit + BEYOND and span[1] >= three_limit - BEYOND


def facing_mates(fragment: Fragment, five: Transcript, three: Transcript, search: Search) -> tuple[int, int] | None:
    """Last transcript position of the mate on `five` and first of the mate on `three`, if they face each other."""
    if len(fragment.reads) != 2:
        return None
    for a, b in (fragment.reads, fragment.reads[::-1]):
        left, right = _sense_span(a, five, True, search), _sense_span(b, three, False, search)
        if left and right:
            return left[1], right[0]
    return None


def _sense_span(read: Read, gene: Transcript, forward: bool, search: Search) -> tuple[int, int] | None:
    """First and last transcript position of a read on the gene's exons, if it runs in the given sense.

    A read with several equally good places counts for each; one that no aligner placed is placed by its longest
    exact-word match with the target.
    """
    if read.primary is None:
        return _matched_span(read, gene, forward, search)
    for alignment in read.alignments:
        if inside(alignment, gene) and (alignment.reverse == gene.forward) != forward:
            positions = [p for block in alignment.blocks for x in block if (p := gene.to_transcript(x)) is not None]
            if positions:
                return min(positions), max(positions)
    return None


def _matched_span(read: Read, gene: Transcript, forward: bool, search: Search) -> tuple[int, int] | None:
    match = search.index.find(read.sense(not forward)) if gene.gene_id == search.gene.gene_id else None
    return search.index.transcript_span(match) if match and match.length >= MIN_LONE_MATCH else None
