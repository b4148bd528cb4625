"""What findings are called and which of them count, for every stage that speaks of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from .records import BypassEvent, Fusion, Locus, Mutation
from .vocabulary import Confidence, Frame, Kind, Match, State, TrackKind

_ANY_CHANGE = re.compile(r"\b([A-Z]\d+)X\b")


def names_change(text: str, mutation: Mutation) -> bool:
    """Whether a phase link's text ("ALK p.(Gly1202Arg)" or "ALK c.3604G>A") names this change."""
    gene, _, name = text.replace(":", " ", 1).partition(" ")
    return gene == mutation.gene and name.strip() in (mutation.hgvs_p, mutation.hgvs_c, mutation.short)


def event_name(event: BypassEvent) -> str:
    """Gene and event as a person reads it: a hotspot of any change, "G12X", is named by its codon, "KRAS G12"."""
    return _ANY_CHANGE.sub(r"\1", f"{event.gene} {event.event}")


def detected_name(event: BypassEvent) -> str:
    """Gene and event; of a found event what was found: "KRAS G12D", "KIF5B::RET fusion"."""
    name = event_name(event)
    if event.state is not State.DETECTED or not event.reason:
        return name
    if event.kind == TrackKind.FUSION:
        return event.event
    return f"{event.gene} {event.reason}" if event.kind == TrackKind.MUTATION else name


TARGET = "ALK"
FOR_OTHER_SAMPLES = ("copy_targets", "fingerprint")  # of `qc`: what other samples are compared with, not for readers
_CHROMOSOME = re.compile(r"^([0-9]{1,2}|X|Y)$")


# ---------------------------------------------------------------- ALK rearrangement
def junction_id(target: str, five: Locus, three: Locus, inserted: str) -> str:
    """The name of a junction in every file: the same for the same breakpoints, inserted bases and target gene, in
    every sample of one genome, with "chr" before its chromosomes or without. Letters and digits only, whatever the
    contigs are called."""
    named = (_CHROMOSOME.sub(r"chr\g<0>", side.contig) for side in (five, three))
    sides = [f"{name}:{side.position}:{side.strand}" for name, side in zip(named, (five, three), strict=True)]
    return "J" + hashlib.sha256("\0".join([target, *sides, inserted]).encode()).hexdigest()[:12]


def kinase_fusions(fusions: Iterable[Fusion], gene: str = TARGET) -> list[Fusion]:
    """Junctions that make the verdict `detected`: kinase fusions of medium or high confidence."""
    return [f for f in fusions if f.target == gene and f.kind == Kind.KINASE_FUSION and f.confidence != Confidence.LOW]


def broken_kinases(fusions: Iterable[Fusion], gene: str = TARGET) -> list[Fusion]:
    """Junctions of medium or high confidence that join a partner to `gene` inside its kinase domain. A piece of the
    gene that is inserted into the partner, with a second junction behind it, is none."""
    mine = [f for f in fusions if f.target == gene]
    inserted = {f.event_id for f in mine if f.five_prime.gene == gene}
    return [
        f
        for f in mine
        if f.kind == Kind.DISRUPTING_EVENT and f.confidence != Confidence.LOW and f.event_id not in inserted
    ]


def functional(fusion: Fusion) -> bool:
    """Whether the structure is shown to give a kinase: in frame, no early stop, kinase domain not lost."""
    whole = fusion.kinase_domain_retained is not False and fusion.premature_stop is not True
    return whole and fusion.frame == Frame.IN_FRAME


def label(fusion: Fusion) -> str:
    """Published label and notation: "V3a (E6;A20)", or the notation alone where no label is published."""
    return f"{fusion.variant} ({fusion.notation})" if fusion.variant else fusion.notation


def junction_is(junction: str, fusion: Fusion) -> bool:
    """Whether a catalogued junction is this fusion: the key of its variant row ("V3b"), or its genes and exons
    ("KIF5B 24 ALK 20") where nothing is inserted or deleted."""
    known = fusion.knowledge
    if known and known.match == Match.STRUCTURE and known.key == junction:
        return True
    five, three = fusion.five_prime, fusion.three_prime
    plain = not (fusion.inserted_sequence or fusion.deleted_bases.five_prime or fusion.deleted_bases.three_prime)
    return plain and junction == f"{five.gene} {five.exon} {three.gene} {three.exon}"


def is_silent(mutation: Mutation) -> bool:
    """Whether the change leaves the protein as it is, or is listed as a common polymorphism."""
    listed = mutation.knowledge.class_ if mutation.knowledge else ""
    return "=" in mutation.hgvs_p or listed in ("silent", "polymorphism")


def change_name(mutation: Mutation) -> str:
    """The name under which the tables list the change, else its short name."""
    return (mutation.knowledge.mutation if mutation.knowledge else "") or mutation.short


def alk_changes(mutations: Iterable[Mutation]) -> list[Mutation]:
    """Called ALK changes that alter the protein."""
    return [m for m in mutations if m.gene == TARGET and not is_silent(m)]


def fusion_label(fusion: Fusion) -> str:
    """Name with variant, or with structure where no variant name is published."""
    return f"{fusion.name} {fusion.variant or fusion.notation}"
