"""Reads of the evidence BAM as fragments: the one reader for every stage that counts them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam

from ..model.molecules import End, Integers, MoleculeRule, number_molecules
from ..runtime.errors import InputError
from .sequence import plain_bases, reverse_complement

_CONSUMES_REFERENCE = {0, 2, 7, 8}  # M, D, =, X: part of one block
SOFT_CLIP, HARD_CLIP, SKIP = 4, 5, 3
_CLIPS = (SOFT_CLIP, HARD_CLIP)
_SECONDARY, _FAILED = 0x100, 0x200
_NO_END = 0x4 | 0x800  # unmapped, supplementary
_LOWEST_END = 1 << 40  # smaller numbers stand for a read's length, 0 for no end
_BEFORE = 1 << 20  # bases that a clip may reach before a contig's first one


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
    paired: bool = False

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

    def ends(self, end: Callable[[Read], End] = Read.end) -> tuple[End, End]:
        """5' ends in mate order, by `end` of a read, None for a mate that is not there; of a single read its 5' end and
        its length."""
        if not any(read.paired for read in self.reads) and len(self.reads) == 1:
            return end(self.reads[0]), len(self.reads[0].sequence)
        mates = {read.mate: end(read) for read in self.reads}
        return mates.get(1), mates.get(2)


class FragmentEnds:
    """Ends and identifiers of all fragments of a sample, collected while its records are read, and their molecules."""

    def __init__(self, rule: MoleculeRule):
        self._rule = rule
        self._numbers: dict[str, int] = {}
        self._first, self._second, self._tags = array("q"), array("q"), array("q")
        self._texts: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def names(self) -> Iterable[str]:
        """Names of the fragments, in the order of their numbers."""
        return self._numbers.keys()

    def add(self, record: pysam.AlignedSegment) -> int:
        """Number of the record's fragment. Raises InputError for a new name without the identifier asked for."""
        name = record.query_name or ""
        number = self._numbers.get(name, -1)
        if number < 0:
            number = self._numbers[name] = len(self._numbers)
            self._first.append(0)
            self._second.append(0)
            self._tags.append(self._texts.setdefault(self._rule.identifier(name), len(self._texts)))
        if not record.flag & _NO_END:
            if record.is_read2:
                self._second[number] = packed_end(record)
            else:
                self._first[number] = packed_end(record)
                if not record.is_paired:
                    self._second[number] = record.query_length
        return number

    def molecules(self) -> Integers:
        """Number of the molecule of each fragment, int64 (fragments,)."""
        first, second, tags = (np.array(column, np.int64) for column in (self._first, self._second, self._tags))
        rule = self._rule
        if rule.asks_for_ligated:
            rule = rule.with_ends(*(len(np.unique(ends[ends >= _LOWEST_END])) for ends in (first, second)))
        return number_molecules(first, second, tags, list(self._texts), rule)


def read_records(bam: Path, secondary: bool = False) -> Iterator[pysam.AlignedSegment]:
    """All records of a BAM that are evidence, unmapped ones among them: none that failed its quality check, and
    secondary ones only if asked for. Raises InputError when the BAM cannot be read."""
    left_out = _FAILED if secondary else _FAILED | _SECONDARY
    try:
        with pysam.AlignmentFile(str(bam), "rb", threads=2) as handle:
            for record in handle.fetch(until_eof=True):
                if not record.flag & left_out:
                    yield record
    except (OSError, ValueError) as error:
        raise InputError(f"{bam}: cannot be read as BAM ({error}); align the sample again") from error


def packed_end(record: pysam.AlignedSegment) -> int:
    """Contig, position and strand of a mapped record's first sequenced base, clipped bases included, as one number."""
    cigar = record.cigartuples
    reverse = record.is_reverse
    operation, length = cigar[-1 if reverse else 0]
    clip = length if operation in _CLIPS else 0
    position = record.reference_end + clip if reverse else record.reference_start + 1 - clip
    return int(_LOWEST_END * (record.reference_id + 1) | ((position + _BEFORE) << 1) | reverse)


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
    return Alignment(
        contig=str(record.reference_name),
        reverse=record.is_reverse,
        mapping_quality=record.mapping_quality,
        blocks=tuple(blocks),
        left_clip=cigar[0][1] if cigar and cigar[0][0] in _CLIPS else 0,
        right_clip=cigar[-1][1] if cigar and cigar[-1][0] in _CLIPS else 0,
        mismatches=int(record.get_tag("NM")) if record.has_tag("NM") else 0,
        primary=not (record.is_secondary or record.is_supplementary),
    )


def load_fragments(bam: Path, names: Set[str]) -> dict[str, Fragment]:
    """The records of the named fragments, grouped; keys in name order."""
    reads: dict[tuple[str, int], Read] = {}
    for record in read_records(bam, secondary=True):
        name = str(record.query_name)
        if name not in names:
            continue
        mate = 2 if record.is_read2 else 1
        read = reads.setdefault((name, mate), Read(name, mate, "", paired=record.is_paired))
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
