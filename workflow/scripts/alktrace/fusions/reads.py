"""Fragments that may carry a rearrangement of a target gene, read from the evidence BAM."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pysam

from ..genome.sequence import reverse_complement
from ..genome.transcripts import Transcript
from .word_index import TargetIndex

MIN_CLIP = 8  # shorter clips are alignment ends, not evidence
_CONSUMES_REFERENCE = {0, 2, 7, 8}  # M, D, =, X: part of one block
_SOFT_CLIP, _HARD_CLIP, _SKIP = 4, 5, 3


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
    """One mate: bases as sequenced, and its alignments, primary first."""

    name: str
    mate: int  # 1 or 2
    sequence: str
    alignments: list[Alignment] = field(default_factory=list)

    @property
    def primary(self) -> Alignment | None:
        return next((a for a in self.alignments if a.primary), None)

    def sense(self, reverse: bool) -> str:
        return reverse_complement(self.sequence) if reverse else self.sequence


@dataclass(slots=True)
class Fragment:
    """A read pair (or single read) with the key that tells original molecules apart."""

    name: str
    reads: list[Read]
    umi: str | None

    @property
    def is_clipped(self) -> bool:
        """Does a mate have bases that its alignment leaves out, or no alignment?"""
        return any(r.primary is None or max(r.primary.left_clip, r.primary.right_clip) >= MIN_CLIP for r in self.reads)

    def end_key(self) -> tuple[object, ...]:
        """UMI, else the unclipped 5' ends of the mates."""
        if self.umi is not None:
            return ("umi", self.umi)
        ends = [r.primary.five_prime if r.primary else ("*", len(r.sequence), False) for r in self.reads]
        if len(self.reads) == 1:
            ends.append(("length", len(self.reads[0].sequence), False))
        return ("ends", *sorted(ends))


def parse_alignment(record: pysam.AlignedSegment) -> Alignment:
    """CIGAR and flags of a mapped record as an Alignment."""
    blocks: list[tuple[int, int]] = []
    position = block_start = record.reference_start + 1
    cigar = record.cigartuples or []
    for operation, length in cigar:
        if operation in _CONSUMES_REFERENCE:
            position += length
        elif operation == _SKIP:
            blocks.append((block_start, position - 1))
            position += length
            block_start = position
    blocks.append((block_start, position - 1))
    clips = (_SOFT_CLIP, _HARD_CLIP)
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


def inside(alignment: Alignment, gene: Transcript) -> bool:
    """Does the alignment touch the gene's span?"""
    return alignment.contig == gene.contig and alignment.end >= gene.start and alignment.start <= gene.end


def _leaves(record: pysam.AlignedSegment, gene: Transcript) -> bool:
    """Does a record that touches the gene, or its mate, also reach beyond it?"""
    start, end = record.reference_start + 1, record.reference_end or record.reference_start + 1
    if start < gene.start or end > gene.end:
        return True
    if record.has_tag("SA"):
        return True
    if not record.is_paired or record.mate_is_unmapped:
        return bool(record.is_paired)
    mate = record.next_reference_start + 1
    return record.next_reference_name != gene.contig or not gene.start <= mate <= gene.end


def _clips(record: pysam.AlignedSegment) -> list[tuple[int, int]]:
    """Query intervals (0-based, half-open, as stored) that a record leaves unaligned."""
    cigar, length = record.cigartuples or [], record.query_length
    found = []
    if cigar and cigar[0][0] == _SOFT_CLIP and cigar[0][1] >= MIN_CLIP:
        found.append((0, cigar[0][1]))
    if cigar and cigar[-1][0] == _SOFT_CLIP and cigar[-1][1] >= MIN_CLIP:
        found.append((length - cigar[-1][1], length))
    return found


def _is_candidate(record: pysam.AlignedSegment, gene: Transcript, index: TargetIndex) -> bool:
    """Can this record belong to a rearranged fragment of the gene?"""
    sequence = record.query_sequence or ""
    if record.is_unmapped:
        return index.holds(sequence)
    touches = record.reference_name == gene.contig and (
        (record.reference_end or 0) >= gene.start and record.reference_start + 1 <= gene.end
    )
    if touches:
        return bool(_clips(record)) or _leaves(record, gene)
    return any(index.holds(sequence[a:b]) for a, b in _clips(record))


def candidate_names(bam: Path, genes: list[tuple[Transcript, TargetIndex]]) -> list[set[str]]:
    """Read names, per gene, of fragments with a clip, a mate or a split part that may join the gene to others."""
    found: list[set[str]] = [set() for _ in genes]
    spans: dict[str, list[tuple[int, int]]] = {}
    for gene, _ in genes:
        spans.setdefault(gene.contig, []).append((gene.start, gene.end))
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(until_eof=True):
            if record.is_secondary or record.is_supplementary or _is_plain(record, spans):
                continue
            for names, (gene, index) in zip(found, genes, strict=True):
                if _is_candidate(record, gene, index):
                    names.add(str(record.query_name))
    return found


def _is_plain(record: pysam.AlignedSegment, spans: dict[str, list[tuple[int, int]]]) -> bool:
    """Quick way out for the bulk of the reads: unclipped, whole read and mate on one side of every gene's border."""
    if record.is_unmapped or record.has_tag("SA") or _clips(record):
        return False
    low, high = int(record.reference_start) + 1, int(record.reference_end or 0)
    if record.is_paired:
        if record.mate_is_unmapped or record.next_reference_id != record.reference_id:
            return False
        mate = int(record.next_reference_start) + 1
        low, high = min(low, mate), max(high, mate)
    return all(
        (low >= start and high <= end) or high < start or low > end
        for start, end in spans.get(str(record.reference_name), ())
    )


@dataclass(frozen=True)
class MoleculeKey:
    """How reads of one original molecule are told: by the group of `umi` in the read name, else by fragment ends; where
    ends mean nothing (amplicons without UMI, `count_reads`) every read counts for itself."""

    umi: re.Pattern[str] | None = None
    count_reads: bool = False

    def of(self, name: str) -> str | None:
        if self.count_reads:
            return name
        found = self.umi.search(name) if self.umi else None
        return found.group(1) if found else None


def load_fragments(bam: Path, names: set[str], key: MoleculeKey) -> dict[str, Fragment]:
    """All records of the named fragments, grouped; keys in name order."""
    reads: dict[tuple[str, int], Read] = {}
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(until_eof=True):
            name = str(record.query_name)
            if name not in names:
                continue
            mate = 2 if record.is_read2 else 1
            read = reads.setdefault((name, mate), Read(name, mate, ""))
            if not record.is_unmapped:
                read.alignments.append(parse_alignment(record))
            if not (record.is_secondary or record.is_supplementary):
                read.sequence = record.get_forward_sequence() or ""
    return dict(_grouped(reads, key))


def _grouped(reads: dict[tuple[str, int], Read], molecule: MoleculeKey) -> Iterator[tuple[str, Fragment]]:
    by_name: dict[str, list[Read]] = {}
    for key in sorted(reads):
        reads[key].alignments.sort(key=lambda a: (not a.primary, a.contig, a.blocks, a.reverse))
        by_name.setdefault(key[0], []).append(reads[key])
    for name, mates in by_name.items():
        yield name, Fragment(name, [m for m in mates if m.sequence], molecule.of(name))
