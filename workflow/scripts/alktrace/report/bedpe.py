"""`fusions.bedpe`: both ends of every junction, for genome browsers and interval tools."""

from __future__ import annotations

from ..model.records import Fusion, Locus
from .escape import cell

COLUMNS = (
    *("#chrom1", "start1", "end1", "chrom2", "start2", "end2", "name", "score", "strand1", "strand2"),
    *(
        "gene1",
        "exon1",
        "gene2",
        "exon2",
        "variant",
        "notation",
        "kind",
        "junction_id",
        "event_id",
        "frame",
        "confidence",
    ),
    *("split_fragments", "spanning_fragments", "unique_fragments", "inserted_sequence"),
)


def fusions_bedpe(fusions: list[Fusion]) -> str:
    """Text of the BEDPE file: one header line with `COLUMNS`, then one row a junction in the report's order.

    Starts are 0-based, ends exclusive: the one base given is the last exonic base of the 5' side (1) and the first
    exonic base of the 3' side (2). Strands are those of the transcripts. `score` is the number of unique fragments.
    """
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *map(_row, fusions)))


def _row(fusion: Fusion) -> tuple[str, ...]:
    five, three, support = fusion.five_prime, fusion.three_prime, fusion.support
    values = (
        *_interval(five),
        *_interval(three),
        *(fusion.name, support.unique_fragments, five.strand, three.strand),
        *(five.gene, five.exon, three.gene, three.exon),
        *(
            fusion.variant,
            fusion.notation,
            fusion.kind,
            fusion.junction_id,
            fusion.event_id,
            fusion.frame,
            fusion.confidence,
        ),
        *(support.split_fragments, support.spanning_fragments, support.unique_fragments, fusion.inserted_sequence),
    )
    return tuple(v if v in ("+", "-") else cell(v) or "." for v in values)


def _interval(locus: Locus) -> tuple[str, int, int]:
    return locus.contig, locus.position - 1, locus.position
