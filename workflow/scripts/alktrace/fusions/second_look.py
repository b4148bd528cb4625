"""A second look at junctions that reads show incompletely, by the exon borders near them."""

from __future__ import annotations

from pathlib import Path

import pysam

from .junction import Junction
from .placement import MIN_ANCHOR, JunctionReference
from .reads import Read


def confirm_complete(junction: Junction, bam: Path) -> None:
    """Mark a junction incomplete unless reads join an insert that was filled from the reference to its exon.

    The contig then ends in an intron; the insert is known only if reads run from that intron into the exon.
    """
    s = junction.structure
    if not s.reference_filled:
        return
    gene, exon = (s.three, s.three_exon) if junction.into else (s.five, s.five_exon)
    border = gene.first_base(exon) if junction.into else gene.last_base(exon)
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        junction.complete = any(
            start + 1 <= border - MIN_ANCHOR and end >= border + MIN_ANCHOR
            for record in handle.fetch(gene.contig, border - 1, border)
            for start, end in record.get_blocks()
        )


def names_near(bam: Path, junctions: list[Junction], window: int = 15) -> set[str]:
    """Fragments with an imperfect alignment within `window` bases of a breakpoint that fit a junction better."""
    names: set[str] = set()
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for junction in junctions:
            for contig, position in _positions(junction):
                for record in handle.fetch(contig, max(0, position - 1 - window), position + window):
                    name = str(record.query_name)
                    if name not in names and _is_imperfect(record) and _fits(record, junction.reference):
                        names.add(name)
    return names


def _is_imperfect(record: pysam.AlignedSegment) -> bool:
    """Does the alignment differ from the reference, so that a junction may explain the read better?"""
    operations = record.cigartuples or []
    return any(op in (1, 2, 4) for op, _ in operations) or not record.has_tag("NM") or bool(record.get_tag("NM"))


def _fits(record: pysam.AlignedSegment, reference: JunctionReference) -> bool:
    placement = reference.place(Read("", 1, record.query_sequence or ""))
    return placement is not None and reference.is_split(placement)


def _positions(junction: Junction) -> list[tuple[str, int]]:
    s = junction.structure
    five = s.five.to_genome(s.five.exon_end(s.five_exon) - s.five_deleted)
    three = s.three.to_genome(s.three.exon_start(s.three_exon) + s.three_deleted)
    return [(s.five.contig, five), (s.three.contig, three)]
