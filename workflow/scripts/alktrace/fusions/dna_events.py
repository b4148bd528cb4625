"""DNA junctions as events: which gene runs into which, how they are joined, and the transcript they predict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..genome.domains import kinase_exons
from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.fusions import Tables, Variant
from ..model.findings import junction_id
from ..model.records import AlleleFraction, Fusion, Locus, SidePair, Support
from ..model.vocabulary import Confidence, EventType, Kind
from ..structure.junction import Anchor, Structure
from ..structure.record import to_fusion
from .classify import HIGH_FRAGMENTS
from .dna_count import Counted
from .dna_places import Placement
from .dna_reads import Breakend

PARTNERED = 10_000  # bases that may be lost or doubled between the two junctions of one event
OUTSIDE = 60  # bases of a nameless place given as its side


@dataclass(frozen=True)
class Found:
    """A junction that is counted and believed."""

    place: Placement
    counted: Counted
    sure: tuple[int, int]  # fragments with a unique alignment on the target's and on the partner's side


@dataclass(frozen=True)
class Side:
    """What a breakend keeps of a gene: its exon next to the junction, and the bases the breakpoint takes from it."""

    transcript: Transcript
    exon: int
    lost: int


def keeps_five(transcript: Transcript, breakend: Breakend) -> bool:
    """Whether a breakend inside a gene keeps its 5' part."""
    return breakend.keeps_left == transcript.forward


def side(transcript: Transcript, breakend: Breakend) -> Side | None:
    """The exon that ends (5' part kept) or begins (3' part kept) next to a breakend, None when no exon is kept."""
    five = keeps_five(transcript, breakend)
    inside = transcript.exon_at(breakend.position)
    if inside is not None:
        edge = transcript.last_base(inside) if five else transcript.first_base(inside)
        return Side(transcript, inside, abs(edge - breakend.position))
    numbers = range(1, len(transcript.exons) + 1)
    kept = [n for n in numbers if _holds(breakend, transcript.exons[n - 1])]
    if not kept:
        return None
    return Side(transcript, kept[-1] if five else kept[0], 0)


def _holds(breakend: Breakend, exon: tuple[int, int]) -> bool:
    return exon[1] <= breakend.position if breakend.keeps_left else exon[0] >= breakend.position


def partner_side(breakend: Breakend, wants_five: bool, annotation: Annotation) -> Side | Transcript | None:
    """The gene at the partner's breakend: its side when it runs the wanted way, else the gene alone, None outside."""
    genes = annotation.overlapping(breakend.contig, breakend.position, breakend.position)
    genes.sort(key=lambda t: (t.cds is None, -(t.end - t.start), t.gene_id))
    for gene in genes:
        if keeps_five(gene, breakend) == wants_five and (found := side(gene, breakend)) is not None:
            return found
    return genes[0] if genes else None


def event_type(a: Breakend, b: Breakend) -> EventType:
    """The simplest rearrangement that makes one junction."""
    if a.contig != b.contig:
        return EventType.TRANSLOCATION
    if a.keeps_left == b.keeps_left:
        return EventType.INVERSION
    left, right = (a, b) if a.keeps_left else (b, a)
    return EventType.DELETION if left.position < right.position else EventType.DUPLICATION


def grouped(found: Sequence[Found], target: Transcript) -> list[tuple[EventType, list[Found]]]:
    """Junctions joined to events with their types, best supported first."""
    rest = sorted(found, key=lambda f: (-f.counted.unique, f.place.target, f.place.partner))
    events = []
    while rest:
        first = rest.pop(0)
        other = next((f for f in rest if _complementary(first.place, f.place)), None)
        kind = event_type(first.place.target, first.place.partner)
        members = [first]
        if other is not None:
            rest.remove(other)
            members.append(other)
            kind = EventType.INSERTION if _is_insertion(first.place, other.place, target) else kind
        events.append((kind, members))
    return events


def _complementary(a: Placement, b: Placement) -> bool:
    """Whether two junctions keep opposite sides of nearly the same place of target or partner."""
    if a.partner.contig != b.partner.contig:
        return False
    opposite = a.target.keeps_left != b.target.keeps_left and a.partner.keeps_left != b.partner.keeps_left
    near = (
        abs(a.target.position - b.target.position) <= PARTNERED,
        abs(a.partner.position - b.partner.position) <= PARTNERED,
    )
    return opposite and any(near) and (all(near) or a.partner.contig != a.target.contig)


def _is_insertion(a: Placement, b: Placement, target: Transcript) -> bool:
    """Whether two junctions bound a piece with an exon of the target, or of any length of the partner."""
    inner = sorted((a.target, b.target), key=lambda end: end.keeps_left)
    piece = inner[0].position, inner[1].position
    if any(piece[0] <= start and end <= piece[1] for start, end in target.exons):
        return True
    outer = sorted((a.partner, b.partner), key=lambda end: end.keeps_left)
    return outer[1].position - outer[0].position > PARTNERED and a.partner.contig != a.target.contig


def to_fusions(
    events: Iterable[tuple[EventType, list[Found]]],
    target: Transcript,
    annotation: Annotation,
    genome: Genome,
    tables: Tables,
    min_support: int,
) -> list[tuple[Fusion, Found]]:
    """Records of all junctions, event by event; within one the kinase fusion first."""
    made = []
    for number, (kind, members) in enumerate(events, 1):
        records = [
            (
                _record(
                    f,
                    kind,
                    f"{target.gene}-{number}",
                    target,
                    annotation,
                    genome,
                    tables,
                    min_support,
                    next((o.counted for o in members if o is not f), None),
                ),
                f,
            )
            for f in members
        ]
        whole = any(record.kind in (Kind.KINASE_FUSION, Kind.DISRUPTING_EVENT) for record, _ in records)
        for record, _ in records:
            if record.kind is Kind.RECIPROCAL and not whole:
                record.kind = Kind.UNRESOLVED_REARRANGEMENT
            elif record.kind is Kind.UNRESOLVED_REARRANGEMENT and whole:
                record.kind = Kind.RECIPROCAL
        made += sorted(records, key=lambda r: (r[0].kind is not Kind.KINASE_FUSION, -r[1].counted.unique))
    return made


def _record(
    found: Found,
    kind_of_event: EventType,
    event_id: str,
    target: Transcript,
    annotation: Annotation,
    genome: Genome,
    tables: Tables,
    min_support: int,
    sibling: Counted | None,
) -> Fusion:
    """`sibling` is the event's other junction: where its fraction is the better one, it stands for the event."""
    place, counted = found.place, found.counted
    confidence, notes = _confidence(found, min_support)
    into = not keeps_five(target, place.target)
    own = side(target, place.target)
    other = partner_side(place.partner, into, annotation)
    sides: list[Transcript | Side] = [
        own or _nameless(place.target, not into),
        other if isinstance(other, Side) else _nameless(place.partner, into),
    ]
    five, three = (sides[1], sides[0]) if into else (sides[0], sides[1])
    resolved = isinstance(five, Side) and isinstance(three, Side)
    broken = [s for s in (five, three) if isinstance(s, Side) and s.lost]
    notes += [
        f"the breakpoint lies inside exon {s.exon} of {s.transcript.gene} ({s.lost} of its bases are lost): how the RNA"
        " is spliced there cannot be predicted"
        for s in broken
    ]
    if isinstance(other, Transcript):
        notes.append(f"{other.gene} runs the other way at the breakpoint")
    structure = _structure(five, three)
    fusion = to_fusion(
        structure,
        kind=_kind(into, resolved, three, target, tables),
        event_id=event_id,
        target=target.gene,
        support=Support(len(counted.split), len(counted.spanning), counted.unique),
        confidence=confidence,
        structure_complete=resolved and not broken,
        evidence_note="",
        genome=genome,
        tables=tables,
    )
    ends = (place.partner, place.target) if into else (place.target, place.partner)
    _to_dna(fusion, ends, place, into, kind_of_event)
    if isinstance(other, Transcript):
        _name_gene(fusion, fusion.five_prime if into else fusion.three_prime, other)
    fusion.variant, more = _variant(structure, fusion.variant, tables.variants)
    if not (counted.sure or (sibling and sibling.sure)):
        more.append("few fragments hold baited bases beside the breakpoint: the allele fraction may be too low")
    fusion.evidence_note = "; ".join([*notes, *more])
    measured = counted if counted.sure or not sibling or not sibling.sure else sibling
    hits, rest = measured.compared
    fusion.allele_fraction = AlleleFraction(
        round(measured.fraction, 6), round(measured.low, 6), round(measured.high, 6), hits, rest
    )
    return fusion


def _kind(into: bool, resolved: bool, three: Side | Transcript, target: Transcript, tables: Tables) -> Kind:
    if not resolved:
        return Kind.UNRESOLVED_REARRANGEMENT
    if not into:
        return Kind.RECIPROCAL
    first = kinase_exons(target, tables.domains).start
    return Kind.KINASE_FUSION if isinstance(three, Side) and three.exon <= first else Kind.DISRUPTING_EVENT


def _nameless(breakend: Breakend, five: bool) -> Transcript:
    """A stretch outside genes, or of a gene that runs the other way, as a nameless transcript in fusion sense."""
    start, end = breakend.kept(OUTSIDE)
    strand = "+" if breakend.keeps_left == five else "-"
    return Anchor(breakend.contig, max(start, 1), end, strand).transcript()


def _structure(five: Side | Transcript, three: Side | Transcript) -> Structure:
    first = five if isinstance(five, Side) else Side(five, 1, 0)
    last = three if isinstance(three, Side) else Side(three, 1, 0)
    return Structure(
        five=first.transcript, three=last.transcript, five_exon=first.exon, three_exon=last.exon,
        five_deleted=first.lost, three_deleted=last.lost, inserted="", five_retained=0, three_retained=0,
        untemplated="", microhomology=0, left_end=0, right_start=0, five_matched=0, three_matched=0, mismatches=0,
    )  # fmt: skip


def _to_dna(fusion: Fusion, ends: tuple[Breakend, Breakend], place: Placement, into: bool, kind: EventType) -> None:
    """Give a record of a predicted transcript the positions and bases of its DNA junction."""
    fusion.predicted, fusion.event_type = True, kind
    fusion.five_prime.position, fusion.three_prime.position = ends[0].position, ends[1].position
    bases = reverse_complement(place.inserted) if into else place.inserted
    fusion.inserted_sequence = fusion.untemplated_sequence = bases
    fusion.microhomology = place.microhomology
    fusion.retained_intron_bases = SidePair(0, 0)
    fusion.name = "::".join(_place_name(locus) for locus in (fusion.five_prime, fusion.three_prime))
    fusion.junction_id = junction_id(fusion.target, fusion.five_prime, fusion.three_prime, bases)


def _place_name(locus: Locus) -> str:
    return locus.gene or f"{locus.contig}:{locus.position}"


def _name_gene(fusion: Fusion, locus: Locus, gene: Transcript) -> None:
    locus.gene = gene.gene  # no exon, and the strand stays that of the sequence: the gene runs the other way
    fusion.name = "::".join(_place_name(each) for each in (fusion.five_prime, fusion.three_prime))


def _variant(structure: Structure, name: str | None, variants: Iterable[Variant]) -> tuple[str | None, list[str]]:
    """The published name; where the kept 5' intron may give a cryptic exon, both names that stay possible ("V3a/b")."""
    if not name:
        return name, []
    same = (structure.five.gene, structure.five_exon, structure.three.gene, structure.three_exon)
    others = [
        row.variant
        for row in variants
        if (row.five_gene, row.five_exon, row.three_gene, row.three_exon) == same
        and row.insert_source.startswith("five_cryptic_exon")
        and row.callable in ("yes", "flag")
    ]
    if not others:
        return name, []
    joined = name + "".join("/" + _ending(name, other) for other in others)
    return joined, [f"{' and '.join([name, *others])} cannot be told apart in DNA"]


def _ending(name: str, other: str) -> str:
    """What of a second name is not in the first: "b" for V3a and V3b."""
    return other[len(name) - 1 :] if other[:-1] == name[:-1] else other


def _confidence(found: Found, min_support: int) -> tuple[Confidence, list[str]]:
    place, unique = found.place, found.counted.unique
    if place.rivals:
        return Confidence.LOW, [f"the partner side fits {', '.join(place.rivals[:3])} as well"]
    if found.sure[1] < 2:
        return Confidence.LOW, ["the partner side lies in sequence that the genome holds more than once"]
    if unique < HIGH_FRAGMENTS:
        return Confidence.MEDIUM, [f"{unique} unique fragments"]
    return Confidence.HIGH, []


def same_place(a: Placement, b: Placement) -> bool:
    """Whether two placements are one junction seen twice."""
    sides = (a.target.keeps_left, a.partner.contig, a.partner.keeps_left)
    if sides != (b.target.keeps_left, b.partner.contig, b.partner.keeps_left):
        return False
    shift = max(20, a.microhomology + 5)
    return abs(a.target.position - b.target.position) <= shift and abs(a.partner.position - b.partner.position) <= shift


def turned(place: Placement, into: bool) -> tuple[str, int, int]:
    """The contig in transcript sense with the end of its 5' part and the start of its 3' part (0-based)."""
    if not into:
        return place.contig, place.left, place.right
    length = len(place.contig)
    return reverse_complement(place.contig), length - place.right, length - place.left
