"""Kind, event and confidence of junctions; what is seen but not called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from ..genome.transcripts import Annotation, Transcript
from ..knowledge.fusions import Domain
from ..model.vocabulary import Confidence, Kind
from ..structure.junction import Structure
from .junction import Junction

READ_THROUGH_DISTANCE = 200_000  # farther genes are not joined by transcription running on
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


def merge_artefacts(junctions: list[Junction]) -> list[Junction]:
    """Fold junctions that are a better supported one with errors into it: one that differs only in the length of
    homopolymers of its insert (polymerases slip there), and one with far fewer fragments that is a few errors away."""
    kept: list[Junction] = []
    for junction in sorted(junctions, key=lambda j: (-j.counted.exact, -len(j.counted.split), repr(j.key))):
        origin = next((k for k in kept if _is_artefact(junction, k)), None)
        if origin is None:
            kept.append(junction)
            continue
        counted = origin.counted
        counted.split = junction.counted.split | counted.split
        counted.placements = {**junction.counted.placements, **counted.placements}
    return kept


def _is_artefact(junction: Junction, origin: Junction) -> bool:
    if (junction.into, junction.partner.gene_id) != (origin.into, origin.partner.gene_id):
        return False
    s = junction.structure
    if _without_runs(s) == _without_runs(origin.structure):
        return True
    clean = not (s.five_deleted or s.three_deleted or s.untemplated)
    return (
        not clean
        and junction.counted.exact <= ARTEFACT_SHARE * origin.counted.exact
        and origin.reference.distance(junction.reference.core(ARTEFACT_FLANK)) <= ARTEFACT_ERRORS
    )


def _without_runs(s: Structure) -> tuple[object, ...]:
    """Exons and insert of a junction, each homopolymer as one base."""
    collapsed = "".join(base for base, _ in groupby(s.inserted))
    return s.five_exon, s.five_deleted, collapsed, s.three_deleted, s.three_exon


def kinase_exons(gene: Transcript, domains: Iterable[Domain]) -> range:
    """Exons of the gene that hold its kinase domain, by the codons of the domain table; empty without a row, and for a
    transcript too short to hold it."""
    codons = (gene.cds[1] - gene.cds[0] + 1) // 3 if gene.cds else 0
    for domain in domains:
        whole = domain.domain == "kinase" and domain.unit == "codon" and domain.last <= codons
        if domain.gene == gene.gene and whole:
            first = gene.exon_at(gene.codon_genome_positions(domain.first)[0])
            last = gene.exon_at(gene.codon_genome_positions(domain.last)[2])
            if first and last:
                return range(first, last + 1)
    return range(0)


def read_through(five: Transcript, three: Transcript, five_exon: int, three_exon: int, annotation: Annotation) -> bool:
    """Can transcription running on from `five` into its downstream neighbour `three` explain the junction?

    Same strand, in order, no further than READ_THROUGH_DISTANCE, no gene of that strand between, and one of the exons
    where run-on splicing joins: the last two of the 5' gene or the first three of the 3' gene.
    """
    if five.contig != three.contig or five.strand != three.strand:
        return False
    upstream, downstream = (five, three) if five.forward else (three, five)
    gap = downstream.start - upstream.end
    if not 0 < gap <= READ_THROUGH_DISTANCE:
        return False
    between = annotation.overlapping(five.contig, upstream.end + 1, downstream.start - 1)
    if any(t.strand == five.strand and t.start > upstream.end and t.end < downstream.start and t.cds for t in between):
        return False
    return five_exon >= len(five.exons) - 1 or three_exon <= 3


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


def confidence_of(junction: Junction, min_support: int) -> tuple[Confidence, list[str]]:
    """high, medium or low, with the reasons for less than high."""
    s, unique, split = junction.structure, junction.counted.unique, len(junction.counted.split)
    at_exon_end = s.five_deleted == 0 or s.three_deleted == 0
    if unique < min_support:
        return Confidence.LOW, [f"{unique} unique fragment{'s' if unique != 1 else ''}, {min_support} needed"]
    if junction.also_fits:
        return Confidence.LOW, [f"the partner side fits {', '.join(junction.also_fits)} as well"]
    if split == 0:
        return (Confidence.MEDIUM if unique >= HIGH_FRAGMENTS else Confidence.LOW), [
            "no read crosses the junction itself"
        ]
    if unique < HIGH_FRAGMENTS:
        return Confidence.MEDIUM, [f"{unique} unique fragments"]
    if not at_exon_end:
        return Confidence.MEDIUM, ["neither side ends at an exon border"]
    return Confidence.HIGH, []


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
        for junction in sorted(group, key=lambda j: (not j.into, -j.counted.unique, repr(j.key))):
            chain = next((pair for pair in insertions if junction in pair), (junction,))
            kind = _kind(junction, len(chain) > 1, kinase_exons)
            confidence, notes = confidence_of(junction, min_support)
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
