"""Why a candidate is no call: one ordered list of named filters, and what each of them dropped.

A candidate is a contig that leaves the target gene, or a junction that it resolved to. The first filter that applies
drops it. `explained` filters say where the fragments come from; what the others drop with the support of a call stands
in the way of "not detected".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..genome.transcripts import Annotation, Transcript
from .classify import ARTEFACT_ERRORS, ARTEFACT_FLANK, ARTEFACT_SHARE, without_runs
from .junction import Junction, Unplaced

READ_THROUGH_DISTANCE = 200_000  # farther genes are not joined by transcription running on
MIN_SPLIT, MIN_TOGETHER = 2, 3  # molecules across a junction, or in all, beyond one chimera of the library


@dataclass(frozen=True)
class Seen:
    """What filters know beside the junction: all junctions of the gene, the gene models, and the catalogued pairs."""

    junctions: Sequence[Junction]
    annotation: Annotation
    catalogued: frozenset[tuple[str, str]]  # (5' gene, 3' gene) of published kinase fusions


@dataclass(frozen=True)
class Filter:
    """`drops` says whether a junction is dropped; `explained` whether its fragments are then accounted for."""

    name: str
    drops: Callable[[Junction, Seen], bool]
    explained: bool


@dataclass(frozen=True)
class Dismissed:
    """A candidate that was dropped: its junction, or the contig that led nowhere."""

    filter: str
    explained: bool
    junction: Junction | None = None
    contig: Unplaced | None = None


NO_PARTNER, ARTEFACT = "no_partner", "artefact_of_another"


def apply_filters(seen: Seen) -> tuple[list[Junction], list[Dismissed]]:
    """Junctions that no filter drops, and the others with the name of the filter."""
    kept: list[Junction] = []
    dropped: list[Dismissed] = []
    for junction in seen.junctions:
        first = next((f for f in FILTERS if f.drops(junction, seen)), None)
        if first is None:
            kept.append(junction)
        else:
            dropped.append(Dismissed(first.name, first.explained, junction))
    return kept, dropped


def fold_artefacts(junctions: Sequence[Junction]) -> tuple[list[Junction], list[Dismissed]]:
    """Give the fragments of junctions that are a better supported one with errors to that one.

    An artefact differs only in the length of homopolymers of its insert (polymerases slip there), or has far fewer
    fragments and is a few errors away.
    """
    kept: list[Junction] = []
    dropped: list[Dismissed] = []
    for junction in sorted(junctions, key=lambda j: (-j.counted.exact, -len(j.counted.split), repr(j.key))):
        origin = next((k for k in kept if is_artefact(junction, k)), None)
        if origin is None:
            kept.append(junction)
            continue
        dropped.append(Dismissed(ARTEFACT, True, junction))
        origin.counted.placements = {**junction.counted.placements, **origin.counted.placements}
    return kept, dropped


def is_artefact(junction: Junction, origin: Junction) -> bool:
    """Is a junction the better supported `origin` with errors?"""
    if (junction.into, junction.partner.gene_id) != (origin.into, origin.partner.gene_id):
        return False
    s = junction.structure
    if without_runs(s) == without_runs(origin.structure):
        return True
    clean = not (s.five_deleted or s.three_deleted or s.untemplated)
    return (
        not clean
        and junction.counted.exact <= ARTEFACT_SHARE * origin.counted.exact
        and origin.reference.distance(junction.reference.core(ARTEFACT_FLANK)) <= ARTEFACT_ERRORS
    )


# ---------------------------------------------------------------- the filters
def _no_fragment(junction: Junction, seen: Seen) -> bool:
    """No fragment shows it once each is given to what it fits best."""
    return junction.counted.unique == 0


def _same_gene(junction: Junction, seen: Seen) -> bool:
    """Two parts of one gene: exons skipped, joined in another order, or a strand that folded back on itself.

    Folding back joins a gene to its own locus on the other strand, where no gene may be annotated: so place counts too.
    """
    five, three = junction.structure.five, junction.structure.three
    target, partner = (three, five) if junction.into else (five, three)
    inside = partner.contig == target.contig and target.start <= partner.start and partner.end <= target.end
    return five.gene_id == three.gene_id or (not partner.gene and inside)


def _read_through(junction: Junction, seen: Seen) -> bool:
    """Transcription that runs on into the next gene."""
    s = junction.structure
    if (s.five.gene, s.three.gene) in seen.catalogued:
        return False
    return read_through(s.five, s.three, s.five_exon, s.three_exon, seen.annotation)


def _unspliced_form(junction: Junction, seen: Seen) -> bool:
    """RNA with intron bases of both genes, beside its spliced form."""
    return any(is_unspliced_form(junction, other) for other in seen.junctions)


def _few_fragments(junction: Junction, seen: Seen) -> bool:
    """No more than one chimera of the library may give."""
    return len(junction.counted.split) < MIN_SPLIT and junction.counted.unique < MIN_TOGETHER


FILTERS = (
    Filter("no_fragment", _no_fragment, True),
    Filter("same_gene", _same_gene, True),
    Filter("read_through", _read_through, True),
    Filter("unspliced_form", _unspliced_form, True),
    Filter("few_fragments", _few_fragments, False),
)


def read_through(five: Transcript, three: Transcript, five_exon: int, three_exon: int, annotation: Annotation) -> bool:
    """Can transcription running on from `five` into its downstream neighbour `three` explain the junction?

    Same strand, in order, no further than READ_THROUGH_DISTANCE, no coding gene of either strand between, and both
    exons where run-on splicing joins: one of the last two of the 5' gene and one of the first three of the 3' gene. A
    junction that leaves out more of either gene is a deletion between them, as in GOPC::ROS1.
    """
    if five.contig != three.contig or five.strand != three.strand:
        return False
    upstream, downstream = (five, three) if five.forward else (three, five)
    gap = downstream.start - upstream.end
    if not 0 < gap <= READ_THROUGH_DISTANCE:
        return False
    between = annotation.overlapping(five.contig, upstream.end + 1, downstream.start - 1)
    if any(t.start > upstream.end and t.end < downstream.start and t.cds for t in between):
        return False
    return five_exon >= len(five.exons) - 1 and three_exon <= 3


def is_unspliced_form(junction: Junction, spliced: Junction) -> bool:
    """Does a junction run through introns of both genes between exons that a better supported one joins directly?"""
    s, other = junction.structure, spliced.structure
    return (
        s.five_retained > 0
        and s.three_retained > 0
        and not other.inserted
        and (s.five.gene_id, s.five_exon, s.three.gene_id, s.three_exon)
        == (other.five.gene_id, other.five_exon, other.three.gene_id, other.three_exon)
        and len(junction.counted.split) <= len(spliced.counted.split)
    )
