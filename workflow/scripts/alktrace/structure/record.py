"""A resolved structure as the record of the report."""

from __future__ import annotations

from collections.abc import Sequence

from ..genome.fasta import Genome
from ..genome.transcripts import Transcript
from ..knowledge.fusions import Tables
from ..model import records as models
from ..model.findings import junction_id
from ..model.vocabulary import Confidence, Kind
from . import frame
from .junction import Structure
from .labels import label
from .notation import notation
from .pieces import Piece


def to_fusion(
    structure: Structure,
    *,
    kind: Kind,
    event_id: str,
    target: str,
    support: models.Support,
    confidence: Confidence,
    structure_complete: bool,
    evidence_note: str,
    genome: Genome,
    tables: Tables,
    chain: Sequence[Structure] = (),
) -> models.Fusion:
    """The report's record of one junction.

    `chain` holds all junctions of the transcript in order, if it has others beside this one (a piece of one gene
    inserted into another). If part of the insert is unknown (`structure_complete` false) there is no label, frame or
    protein.
    """
    chain = chain or (structure,)
    made = frame.product(chain, genome) if structure_complete else frame.Product("", "", None)
    name = label(structure, tables, structure_complete)
    five_prime, three_prime = locus(structure, five=True), locus(structure, five=False)
    return models.Fusion(
        name=pair_name(structure),
        kind=kind,
        junction_id=junction_id(target, five_prime, three_prime, structure.inserted),
        event_id=event_id,
        variant=name.variant,
        notation=notation(
            structure, _letters(structure, tables), structure_complete or bool(structure.left_end or structure.inserted)
        ),
        five_prime=five_prime,
        three_prime=three_prime,
        inserted_sequence=structure.inserted,
        retained_intron_bases=models.SidePair(structure.five_retained, structure.three_retained),
        cryptic_exons=[cryptic_exon(piece) for piece in structure.cryptic],
        untemplated_sequence=structure.untemplated,
        microhomology=structure.microhomology,
        deleted_bases=models.SidePair(structure.five_deleted, structure.three_deleted),
        structure_complete=structure_complete,
        frame=frame.frame(structure) if structure_complete else frame.UNDETERMINED,
        premature_stop=made.premature_stop,
        kinase_domain_retained=frame.kinase_domain_retained(chain, target, tables.domains),
        tape_domain=frame.tape_domain(structure, tables.domains),
        sequence=made.sequence,
        protein=made.protein,
        support=support,
        confidence=confidence,
        evidence_note=evidence_note,
        knowledge=name.knowledge,
        target=target,
    )


def pair_name(structure: Structure) -> str:
    """ "EML4::ALK"; a place outside genes stands for its gene."""
    five, three = frame.five_end(structure), frame.three_start(structure)
    return f"{_name(structure.five, five)}::{_name(structure.three, three)}"


def _letters(structure: Structure, tables: Tables) -> dict[str, str]:
    """Published letters, without those of genes whose exon numbers are not the published ones."""
    other = {t.gene for t in (structure.five, structure.three) if not t.numbered}
    return {gene: letter for gene, letter in tables.letters.items() if gene not in other}


def _name(transcript: Transcript, position: int) -> str:
    return transcript.gene or f"{transcript.contig}:{transcript.to_genome(position)}"


def locus(structure: Structure, five: bool) -> models.Locus:
    """One side of a junction: its last exonic base (5' side) or first (3' side)."""
    transcript, exon = (structure.five, structure.five_exon) if five else (structure.three, structure.three_exon)
    position = frame.five_end(structure) if five else frame.three_start(structure)
    return models.Locus(
        gene=transcript.gene or None,
        transcript=transcript.transcript_id or None,
        exon=exon if transcript.gene and transcript.stated else None,
        contig=transcript.contig,
        position=transcript.to_genome(position),
        strand=transcript.strand,
    )


def cryptic_exon(piece: Piece) -> models.CrypticExon:
    """An inserted piece by where it lies."""
    gene = piece.transcript
    return models.CrypticExon(gene=gene.gene, intron=piece.intron, contig=gene.contig, start=piece.start, end=piece.end)
