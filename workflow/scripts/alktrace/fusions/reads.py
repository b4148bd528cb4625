"""Fragments that may carry a rearrangement of a target gene, read from the evidence BAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam

from ..genome.fragments import HARD_CLIP, SOFT_CLIP, Alignment, Fragment, packed_end, parse_alignment, read_records
from ..genome.transcripts import Annotation, Transcript
from ..model.molecules import MoleculeRule
from .imbalance import GeneReads
from .word_index import TargetIndex

MOST_LENGTHS = 5_000  # fragments whose length is looked at
MIN_CLIP = 8  # shorter clips are alignment ends, not evidence
SPARE = 1  # bases by which another place may explain a read less well
_CLIPS = (SOFT_CLIP, HARD_CLIP)


def inside(alignment: Alignment, gene: Transcript) -> bool:
    """Does the alignment touch the gene's span?"""
    return alignment.contig == gene.contig and alignment.end >= gene.start and alignment.start <= gene.end


def unexplained(alignment: Alignment) -> int:
    """Bases of its read that an alignment leaves out or has wrong."""
    return alignment.mismatches + alignment.left_clip + alignment.right_clip


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


def _touches(record: pysam.AlignedSegment, gene: Transcript) -> bool:
    """Does a mapped record overlap the gene's span?"""
    return record.reference_name == gene.contig and (
        (record.reference_end or 0) >= gene.start and record.reference_start + 1 <= gene.end
    )


def _clips(record: pysam.AlignedSegment) -> list[tuple[int, int]]:
    """Query intervals (0-based, half-open, of the whole read) that a record leaves unaligned."""
    cigar, length = record.cigartuples or [], record.infer_read_length() or 0
    found = []
    if cigar and cigar[0][0] in _CLIPS and cigar[0][1] >= MIN_CLIP:
        found.append((0, cigar[0][1]))
    if cigar and cigar[-1][0] in _CLIPS and cigar[-1][1] >= MIN_CLIP:
        found.append((length - cigar[-1][1], length))
    return found


def _is_candidate(record: pysam.AlignedSegment, gene: Transcript, index: TargetIndex) -> bool:
    """Can this record belong to a rearranged fragment of the gene?"""
    sequence = record.query_sequence or ""
    if record.is_unmapped:
        return index.holds(sequence)
    if _touches(record, gene):
        return bool(_clips(record)) or _leaves(record, gene)
    return any(index.holds(sequence[a:b]) for a, b in _clips(record))


@dataclass(frozen=True)
class Survey:
    """What one pass over the BAM finds: names of candidate fragments per gene, the molecules' rule of this sample, and
    the reads of the target gene, and how long fragments are."""

    names: list[set[str]]
    rule: MoleculeRule
    target: GeneReads
    lengths: list[int]  # of fragments within one reference transcript, introns left out; a sample


def survey(
    bam: Path,
    genes: Sequence[tuple[Transcript, TargetIndex]],
    target: Transcript,
    rule: MoleculeRule,
    annotation: Annotation,
) -> Survey:
    """Fragments, per gene, with a clip, a mate or a split part that may join the gene to others; reads of `target`.

    Raises InputError for a read name without the identifier that `rule` asks for.
    """
    found: list[set[str]] = [set() for _ in genes]
    spans: dict[str, list[tuple[int, int]]] = {}
    for gene, _ in genes:
        spans.setdefault(gene.contig, []).append((gene.start, gene.end))
    reads, sizes = GeneReads(target), FragmentLengths(annotation)
    ends: tuple[set[int], set[int]] = (set(), set())
    for record in read_records(bam, secondary=True):
        name = str(record.query_name)
        if record.is_secondary or record.is_supplementary:
            for names, (gene, _) in zip(found, genes, strict=True):
                if _touches(record, gene) and (_clips(record) or _leaves(record, gene)):
                    names.add(name)
            continue
        if rule.umi is not None:
            rule.identifier(name)
            if rule.asks_for_ligated and not record.is_unmapped:
                ends[record.is_read2].add(packed_end(record))
        reads.add(record, name)
        sizes.add(record, name)
        if _is_plain(record, spans):
            continue
        for names, (gene, index) in zip(found, genes, strict=True):
            if _is_candidate(record, gene, index):
                names.add(name)
    return Survey(found, rule.with_ends(*map(len, ends)), reads, sizes.lengths)


class FragmentLengths:
    """Lengths of pairs within one reference transcript, of the first MOST_LENGTHS in the BAM."""

    def __init__(self, annotation: Annotation):
        self._annotation = annotation
        self._waiting: dict[str, tuple[int, bool]] = {}
        self.lengths: list[int] = []

    def add(self, record: pysam.AlignedSegment, name: str) -> None:
        """A primary record; its mate must lie on the same contig, facing it."""
        if (
            len(self.lengths) >= MOST_LENGTHS
            or record.is_unmapped
            or not record.is_paired
            or record.mapping_quality == 0
        ):
            return
        same = not record.mate_is_unmapped and record.next_reference_id == record.reference_id
        if not same or record.mate_is_reverse == record.is_reverse:
            return
        _, position, reverse = parse_alignment(record).five_prime
        other = self._waiting.pop(name, None)
        if other is None:
            self._waiting[name] = position, reverse
            return
        length = self._within(str(record.reference_name), *sorted((position, other[0])))
        if length:
            self.lengths.append(length)

    def _within(self, contig: str, low: int, high: int) -> int:
        for gene in self._annotation.overlapping(contig, low, low):
            ends = gene.to_transcript(low), gene.to_transcript(high)
            if ends[0] is not None and ends[1] is not None:
                return abs(ends[1] - ends[0]) + 1
        return 0


def is_clipped(fragment: Fragment) -> bool:
    """Does a mate have bases that its alignment leaves out, or no alignment?"""
    return any(r.primary is None or max(r.primary.left_clip, r.primary.right_clip) >= MIN_CLIP for r in fragment.reads)


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
