"""A second look at junctions that reads show incompletely, by the exon borders near them."""

from __future__ import annotations

from pathlib import Path

import pysam

from ..genome.fragments import Read
from ..structure.junction import Structure
from .junction import Junction
from .placement import MIN_ANCHOR, JunctionReference


def confirm_complete(junction: Junction, bam: Path) -> None:
    """Mark a junction incomplete unless reads cover an insert that was filled from the reference up to its exon."""
    if junction.structure.reference_filled:
        junction.complete = is_filled(junction.structure, bam)


def is_filled(structure: Structure, bam: Path) -> bool:
    """Do aligned reads cover every base between the exon and a contig that ends in the intron, and both borders?"""
    spans = []
    if structure.five_unread:
        at, gene = structure.five.last_base(structure.five_exon), structure.five
        spans.append((gene.contig, _span(at, structure.five_unread, gene.forward)))
    if structure.three_unread:
        at, gene = structure.three.first_base(structure.three_exon), structure.three
        spans.append((gene.contig, _span(at, structure.three_unread, not gene.forward)))
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        return all(_is_covered(handle, contig, *span) for contig, span in spans)


def _span(border: int, unread: int, rising: bool) -> tuple[int, int]:
    """From MIN_ANCHOR bases within the exon to MIN_ANCHOR bases of what the contig shows."""
    far = border + (unread + MIN_ANCHOR if rising else -unread - MIN_ANCHOR)
    near = border + (1 - MIN_ANCHOR if rising else MIN_ANCHOR - 1)
    return min(near, far), max(near, far)


def _is_covered(handle: pysam.AlignmentFile, contig: str, start: int, end: int) -> bool:
    """Do placed reads that overlap by MIN_ANCHOR bases cover start..end (1-based, inclusive)?"""
    blocks = sorted(
        (low + 1, high)
        for record in handle.fetch(contig, max(0, start - 1), end)
        if not record.is_secondary and record.mapping_quality > 0
        for low, high in record.get_blocks()
    )
    reached = start + MIN_ANCHOR
    for low, high in blocks:
        if low > max(start, reached - MIN_ANCHOR):
            return False
        reached = max(reached, high)
        if reached >= end:
            return True
    return False


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
