"""Aligned reads of the screened genes as columns: one pass over the BAM, no read object kept.

A template is one read name (both mates and their supplementary alignments). A molecule is the set of templates that are
copies of one original fragment: same unique molecular identifier and same fragment ends, or, without identifiers, same
fragment ends (unclipped 5' ends of both mates with their strands; of a single read its 5' end and its length, because
an indel or a skipped exon would move its 3' end). Libraries with fixed ends and no identifiers (amplicon) cannot be
told apart: every template is its own molecule there.

Templates with the same ends and no identifiers are copies or different molecules that share their ends by chance, often
so for single reads. One of them, chosen by a hash of its name, stands for all: a vote would lose rare molecules among
others, keeping each content would count errors too often.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pysam

from ..inputs.umi import compile_umi
from ..runtime.errors import InputError

# Unmapped, secondary and quality-failed records are no evidence. Supplementary ones are: the ALK part of a split read.
_EXCLUDED_FLAGS = 0x4 | 0x100 | 0x200
_SUPPLEMENTARY = 0x800
NO_BASE = 255
_CODES = bytes({65: 0, 67: 1, 71: 2, 84: 3, 97: 0, 99: 1, 103: 2, 116: 3}.get(i, NO_BASE) for i in range(256))
_ASSUMED_QUALITY = 30  # of records that carry none
_FLUSH = 1 << 24  # bases collected before they are packed
Uint8 = np.ndarray[Any, np.dtype[np.uint8]]
Int32 = np.ndarray[Any, np.dtype[np.int32]]
Int64 = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Span:
    """Genomic stretch reads are collected for, 0-based half-open."""

    contig: str
    start: int
    end: int


class ReadTable(NamedTuple):
    """Reads of one gene in BAM order; `order` walks them by molecule, then template. `molecule` is -1 for reads that
    another template with the same ends stands for; they are not in `order`.

    `bases` packs one base a byte: code (A C G T = 0-3, + strand) in the low two bits, Phred quality above, 0 where it
    is below the limit; 255 where the base is unknown. Read r owns bases[base_start[r]:base_start[r + 1]] and CIGAR
    operations cigar_start[r]:cigar_start[r + 1]; `position` is the 0-based leftmost aligned base.
    """

    position: Int64
    template: Int32
    molecule: Int32
    order: Int64
    base_start: Int64
    bases: Uint8
    cigar_start: Int64
    cigar_op: Uint8
    cigar_len: Int32


@dataclass
class SampleReads:
    """Reads by gene, the templates whose names are junction evidence of a fusion, and the share of templates that do
    not count because another one with the same ends stands for them."""

    genes: dict[str, ReadTable]
    fusion_templates: frozenset[int]
    templates: int
    left_out: float


class _Columns:
    """Growing columns of one gene while the BAM is read."""

    def __init__(self, minimum_quality: int):
        self._minimum_quality = minimum_quality
        self.position, self.template, self.length = array("q"), array("i"), array("i")
        self.operations, self.cigar_op, self.cigar_len = array("i"), array("B"), array("i")
        self._codes, self._qualities = bytearray(), bytearray()
        self._packed: list[Uint8] = []

    def add(self, read: pysam.AlignedSegment, template: int, cigar: list[tuple[int, int]]) -> None:
        sequence = read.query_sequence or ""
        qualities = read.query_qualities
        self.position.append(read.reference_start)
        self.template.append(template)
        self.length.append(len(sequence))
        self.operations.append(len(cigar))
        for operation, length in cigar:
            self.cigar_op.append(operation)
            self.cigar_len.append(length)
        self._codes += sequence.encode().translate(_CODES)
        self._qualities += bytes(qualities) if qualities is not None else bytes([_ASSUMED_QUALITY]) * len(sequence)
        if len(self._codes) >= _FLUSH:
            self._pack()

    def _pack(self) -> None:
        codes = np.frombuffer(bytes(self._codes), np.uint8)
        qualities = np.frombuffer(bytes(self._qualities), np.uint8)
        packed: Uint8 = (codes | (np.minimum(qualities, 62) << 2)).astype(np.uint8)
        packed[qualities < self._minimum_quality] &= 3
        packed[codes == NO_BASE] = NO_BASE
        self._packed.append(packed)
        self._codes, self._qualities = bytearray(), bytearray()

    def table(self, molecule_of: Int32) -> ReadTable:
        """The finished columns; `molecule_of` maps template to molecule."""
        self._pack()
        template = np.array(self.template, np.int32)
        molecule = molecule_of[template] if len(template) else template
        return ReadTable(
            np.array(self.position, np.int64),
            template,
            molecule,
            np.lexsort((template, molecule))[np.count_nonzero(molecule < 0) :],
            _starts(self.length),
            np.concatenate(self._packed),
            _starts(self.operations),
            np.array(self.cigar_op, np.uint8),
            np.array(self.cigar_len, np.int32),
        )


def _starts(lengths: array[int]) -> Int64:
    return np.concatenate(([0], np.cumsum(np.array(lengths, np.int64)))).astype(np.int64)


def _unclipped_end(read: pysam.AlignedSegment, cigar: list[tuple[int, int]]) -> int:
    """Packed (contig, position, strand) of the read's 5' end as if its clipped bases were aligned."""
    if read.is_reverse:
        clip = cigar[-1][1] if cigar[-1][0] in (4, 5) else 0
        position = (read.reference_end or 0) + clip
    else:
        clip = cigar[0][1] if cigar[0][0] in (4, 5) else 0
        position = read.reference_start - clip
    return int(((read.reference_id + 1) << 34) | ((position + 1024) << 1) | int(read.is_reverse))


def read_bam(
    bam: Path,
    spans: dict[str, Span],
    minimum_quality: int,
    minimum_mapping_quality: int,
    umi: str | None,
    amplicon: bool,
    fusion_names: frozenset[str],
) -> SampleReads:
    """Collect the reads of `spans` (gene -> stretch) in one pass over a BAM.

    Reads with mapping quality below the limit fit another locus about as well and are left out. Raises InputError when
    the BAM cannot be read, or when `umi` (a regular expression with one group) does not match a read name.
    """
    pattern = compile_umi(umi) if umi else None
    by_ends = pattern is None and not amplicon
    ids: dict[str, int] = {}
    first, second, tags, draws = array("q"), array("q"), array("i"), array("Q")
    tag_ids: dict[str, int] = {}
    columns = {gene: _Columns(minimum_quality) for gene in spans}
    fusion_templates = set()
    try:
        with pysam.AlignmentFile(str(bam), "rb", threads=2) as handle:
            wanted: dict[int, list[tuple[int, int, _Columns]]] = {}
            for gene, span in spans.items():
                wanted.setdefault(handle.get_tid(span.contig), []).append((span.start, span.end, columns[gene]))
            for read in handle.fetch(until_eof=True):
                if read.flag & _EXCLUDED_FLAGS:
                    continue
                name = read.query_name or ""
                template = ids.get(name, -1)
                if template < 0:
                    template = ids[name] = len(ids)
                    first.append(0)
                    second.append(0)
                    tags.append(_tag(name, pattern, tag_ids) if pattern else 0)
                    if by_ends:
                        draws.append(_draw(name))
                    if name in fusion_names:
                        fusion_templates.add(template)
                cigar = read.cigartuples
                if not read.flag & _SUPPLEMENTARY:
                    if read.is_read2:
                        second[template] = _unclipped_end(read, cigar)
                    else:
                        first[template] = _unclipped_end(read, cigar)
                        if not read.is_paired:
                            second[template] = read.query_length
                if read.mapping_quality < minimum_mapping_quality:
                    continue
                for start, end, target in wanted.get(read.reference_id, ()):
                    if read.reference_start < end and (read.reference_end or 0) > start:
                        target.add(read, template, cigar)
    except (OSError, ValueError) as error:
        raise InputError(f"{bam}: cannot be read as BAM ({error}); align the sample again") from error
    if pattern is None and amplicon:
        molecule_of = np.arange(len(ids), dtype=np.int32)
    else:
        molecule_of = _molecules(first, second, tags, draws if by_ends else None)
    tables = {}
    for gene in spans:
        tables[gene] = columns.pop(gene).table(molecule_of)
    left_out = float((molecule_of < 0).mean()) if len(ids) else 0.0
    return SampleReads(tables, frozenset(fusion_templates), len(ids), left_out)


def _tag(name: str, pattern: re.Pattern[str], known: dict[str, int]) -> int:
    found = pattern.search(name)
    if found is None:
        raise InputError(
            f"read name {name[:80]!r} does not match the umi pattern {pattern.pattern!r}; correct the sample sheet"
        )
    return known.setdefault(found.group(1), len(known))


def _draw(name: str) -> int:
    """Number that decides between templates with the same ends, independent of the order of reads."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def _molecules(first: array[int], second: array[int], tags: array[int], draws: array[int] | None) -> Int32:
    """Molecule number of each template, in the order of (first end, second end, identifier).

    With `draws` only the template with the lowest draw stands for its molecule; the others get -1.
    """
    if not first:
        return np.empty(0, np.int32)
    columns = np.array(tags, np.int32), np.array(second, np.int64), np.array(first, np.int64)
    order = np.lexsort((np.array(draws, np.uint64), *columns) if draws is not None else columns)
    new = np.zeros(len(order), bool)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    molecule = np.empty(len(order), np.int32)
    molecule[order] = np.cumsum(new)
    if draws is not None:
        new[0] = True
        molecule[order[~new]] = -1
    return molecule
