"""Reads of the evidence BAM as fragments: the one reader for every stage that looks at whole fragments."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

import pysam

from ..model.molecules import End
from .sequence import plain_bases, reverse_complement

_CONSUMES_REFERENCE = {0, 2, 7, 8}  # M, D, =, X: part of one block
SOFT_CLIP, HARD_CLIP, SKIP = 4, 5, 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """One alignment of a read. Positions: 1-based and inclusive; clips are those on the genome's left and right."""

    contig: str
    reverse: bool
    mapping_quality: int
    blocks: tuple[tuple[int, int], ...]  # exonic parts between N operations
    left_clip: int
    right_clip: int
    mismatches: int
    primary: bool

    @property
    def start(self) -> int:
        return self.blocks[0][0]

    @property
    def end(self) -> int:
        return self.blocks[-1][1]

    @property
    def five_prime(self) -> tuple[str, int, bool]:
        """Unclipped position of the read's first sequenced base: contig, position, reverse."""
        position = self.end + self.right_clip if self.reverse else self.start - self.left_clip
        return self.contig, position, self.reverse


@dataclass(slots=True)
class Read:
    """One mate: bases as sequenced (A C G T, anything else N), their qualities, and its alignments, primary first."""

    name: str
    mate: int  # 1 or 2
    sequence: str
    alignments: list[Alignment] = field(default_factory=list)
    qualities: bytes = b""

    @property
    def primary(self) -> Alignment | None:
        return next((a for a in self.alignments if a.primary), None)

    def sense(self, reverse: bool) -> str:
        return reverse_complement(self.sequence) if reverse else self.sequence

    def end(self) -> End:
        """Where the read's first sequenced base lies in the genome, None for a read that was not aligned."""
        return self.primary.five_prime if self.primary else None


@dataclass(slots=True)
class Fragment:
    """A read pair, or a single read."""

    name: str
    reads: list[Read]

    def ends(self) -> tuple[End, End]:
        """Genomic 5' ends in mate order; of a single read its 5' end and its length."""
        if len(self.reads) == 1:
            return self.reads[0].end(), len(self.reads[0].sequence)
        return self.reads[0].end(), self.reads[1].end()


def parse_alignment(record: pysam.AlignedSegment) -> Alignment:
    """CIGAR and flags of a mapped record as an Alignment."""
    blocks: list[tuple[int, int]] = []
    position = block_start = record.reference_start + 1
    cigar = record.cigartuples or []
    for operation, length in cigar:
        if operation in _CONSUMES_REFERENCE:
            position += length
        elif operation == SKIP:
            blocks.append((block_start, position - 1))
            position += length
            block_start = position
    blocks.append((block_start, position - 1))
    clips = (SOFT_CLIP, HARD_CLIP)
    return Alignment(
        contig=str(record.reference_name),
        reverse=record.is_reverse,
        mapping_quality=record.mapping_quality,
        blocks=tuple(blocks),
        left_clip=cigar[0][1] if cigar and cigar[0][0] in clips else 0,
        right_clip=cigar[-1][1] if cigar and cigar[-1][0] in clips else 0,
        mismatches=int(record.get_tag("NM")) if record.has_tag("NM") else 0,
        primary=not (record.is_secondary or record.is_supplementary),
    )


def load_fragments(bam: Path, names: Set[str]) -> dict[str, Fragment]:
    """All records of the named fragments, grouped; keys in name order. Failed reads are left out."""
    reads: dict[tuple[str, int], Read] = {}
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(until_eof=True):
            name = str(record.query_name)
            if name not in names or record.is_qcfail:
                continue
            mate = 2 if record.is_read2 else 1
            read = reads.setdefault((name, mate), Read(name, mate, ""))
            if not record.is_unmapped:
                read.alignments.append(parse_alignment(record))
            if not (record.is_secondary or record.is_supplementary):
                read.sequence = plain_bases(record.get_forward_sequence() or "")
                read.qualities = _forward_qualities(record)
    return dict(_grouped(reads))


def _forward_qualities(record: pysam.AlignedSegment) -> bytes:
    qualities = bytes(record.query_qualities or ())
    return qualities[::-1] if record.is_reverse else qualities


def _grouped(reads: dict[tuple[str, int], Read]) -> Iterator[tuple[str, Fragment]]:
    by_name: dict[str, list[Read]] = {}
    for key in sorted(reads):
        reads[key].alignments.sort(key=lambda a: (not a.primary, a.contig, a.blocks, a.reverse))
        by_name.setdefault(key[0], []).append(reads[key])
    for name, mates in by_name.items():
        whole = [m for m in mates if m.sequence]
        if whole:
            yield name, Fragment(name, whole)
