"""A junction's structure: both anchors and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

from ..genome.transcripts import Transcript
from .pieces import Piece


@dataclass(frozen=True)
class Structure:
    """A junction between two transcripts, in fusion-transcript sense.

    `five_deleted` and `three_deleted` are bases missing from the 5' exon's end and the 3' exon's start. `inserted`
    holds all bases between the exon parts: `five_retained` bases of the intron behind the 5' exon, `cryptic` pieces
    (elsewhere in either gene) and `untemplated` bases, then `three_retained` bases of the intron before the 3'
    exon. `microhomology` is the number of bases by which the junction can be shifted along the genome without changing
    the contig. `left_end` and `right_start` are 0-based: the exon parts are contig[:left_end] and contig[right_start:].
    `five_matched` and `three_matched` count the contig's bases that equal the exon or retained intron of that side;
    `mismatches` those that do not, plus inserted or missing bases inside the parts. `five_unread` and `three_unread`
    are bases of `inserted` next to an exon that the contig does not show but that were read from the reference.
    """

    five: Transcript
    three: Transcript
    five_exon: int
    three_exon: int
    five_deleted: int
    three_deleted: int
    inserted: str
    five_retained: int
    three_retained: int
    untemplated: str
    microhomology: int
    left_end: int
    right_start: int
    five_matched: int
    three_matched: int
    mismatches: int
    five_unread: int = 0
    three_unread: int = 0
    cryptic: tuple[Piece, ...] = ()

    @property
    def reference_filled(self) -> bool:
        """Was part of `inserted` not seen in the contig but read from the reference?"""
        return bool(self.five_unread or self.three_unread)


@dataclass(frozen=True)
class Anchor:
    """A stretch of the genome outside genes that one side of a contig comes from: 1-based, inclusive."""

    contig: str
    start: int
    end: int
    strand: str  # of the transcript

    def transcript(self) -> Transcript:
        """The stretch as a nameless transcript of one exon."""
        return Transcript("", "", "", "", self.contig, self.strand, ((self.start, self.end),), None)
