"""Kind, event and confidence of junctions."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from ..model.vocabulary import Confidence, Kind
from ..structure.junction import Structure
from .junction import Junction

HIGH_FRAGMENTS = 5
ARTEFACT_SHARE = 0.25  # of the fragments of the junction that an artefact comes from
ARTEFACT_ERRORS = 4  # errors a consensus of a few reads can hold around its junction
ARTEFACT_FLANK = 15  # bases of either side compared


@dataclass
class Classified:
    """A junction with its place in an event."""

    junction: Junction
    kind: Kind
    event_id: str
    confidence: Confidence
    notes: list[str]
    chain: tuple[Junction, ...]  # all junctions of its transcript, in order


def without_runs(s: Structure) -> tuple[object, ...]:
    """Exons and insert of a junction, each homopolymer as one base."""
    collapsed = "".join(base for base, _ in groupby(s.inserted))
    return s.five_exon, s.five_deleted, collapsed, s.three_deleted, s.three_exon


def confidence_of(junction: Junction, min_support: int, together: int) -> tuple[Confidence, list[str]]:
    """high, medium or low, with the reasons for less than high. `together`: molecules of all forms of the event."""
    s, unique, split = junction.structure, junction.counted.unique, len(junction.counted.split)
    if together < min_support:
        return Confidence.LOW, [f"{unique} unique fragment{'s' if unique != 1 else ''}, {min_support} needed"]
    if junction.also_fits:
        return Confidence.LOW, [f"the partner side fits {', '.join(junction.also_fits)} as well"]
    if split == 0:
        crude = Confidence.MEDIUM if unique >= HIGH_FRAGMENTS else Confidence.LOW
        return crude, ["no read crosses the junction itself"]
    notes = []
    if unique < min_support:
        notes.append(f"{unique} unique fragments of this form, {together} of all forms of the event together")
    elif unique < HIGH_FRAGMENTS:
        notes.append(f"{unique} unique fragments")
    if s.five_deleted and s.three_deleted:
        notes.append("neither side ends at an exon border")
    if not junction.complete:
        notes.append("part of the insert was not read")
    if junction.lone_bases:
        notes.append(f"{junction.lone_bases} bases at the junction rest on one fragment")
    return (Confidence.MEDIUM if notes else Confidence.HIGH), notes


def classify(junctions: list[Junction], kinase_exons: range, min_support: int, target: str) -> list[Classified]:
    """Group the junctions of one target by partner gene and name their kinds.

    A target segment that both enters and leaves the same partner gene, the exit behind the entry, is an insertion: it
    disrupts the partner and is no kinase fusion unless the segment holds the whole domain.
    """
    by_partner: dict[str, list[Junction]] = {}
    for junction in junctions:
        by_partner.setdefault(junction.partner.gene_id or junction.partner.gene, []).append(junction)
    groups = sorted(by_partner.values(), key=lambda g: (-max(j.counted.unique for j in g), repr(g[0].key)))
    found: list[Classified] = []
    for number, group in enumerate(groups, 1):
        insertions = _insertions(group)
        together = {into: sum(j.counted.unique for j in group if j.into == into) for into in (True, False)}
        for junction in sorted(group, key=lambda j: (not j.into, -j.counted.unique, repr(j.key))):
            chain = next((pair for pair in insertions if junction in pair), (junction,))
            kind = _kind(junction, len(chain) > 1, kinase_exons)
            confidence, notes = confidence_of(junction, min_support, together[junction.into])
            found.append(Classified(junction, kind, f"{target}-{number}", confidence, notes, chain))
    return found


def _kind(junction: Junction, in_insertion: bool, kinase_exons: range) -> Kind:
    if in_insertion:
        return Kind.DISRUPTING_EVENT
    if not junction.into:
        return Kind.RECIPROCAL
    return Kind.KINASE_FUSION if junction.structure.three_exon <= kinase_exons.start else Kind.DISRUPTING_EVENT


def _insertions(group: list[Junction]) -> list[tuple[Junction, Junction]]:
    """Entry and exit junctions of target segments inserted into the partner."""
    return [
        (entry, exit_)
        for entry in group
        for exit_ in group
        if entry.into
        and not exit_.into
        and entry.structure.three_exon <= exit_.structure.five_exon
        and entry.structure.five_exon <= exit_.structure.three_exon
    ]
