"""Aligned reads of the screened genes as columns: one pass over the BAM, no read object kept.

A template is one read name (both mates and their supplementary alignments); templates that are copies of one original
fragment are one molecule (`model/molecules.py`).

Templates with the same ends and no identifiers are copies or different molecules that share their ends by chance, often
so for single reads. One of them, chosen by a hash of what was sequenced, stands for all: a vote would lose rare
molecules among others, keeping each content would count errors too often.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pysam

from ..genome.fragments import FragmentEnds, read_records
from ..genome.sequence import BASE_CODES, NO_BASE
from ..model.molecules import MoleculeRule

_STEP = 0x9E3779B97F4A7C15  # of SplitMix64
REVERSE, SECOND_MATE = 0x10, 0x80  # of SAM's flags
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
    operations cigar_start[r]:cigar_start[r + 1]; `position` is the 0-based leftmost aligned base; `flags` holds REVERSE
    and SECOND_MATE of SAM's flags.
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
    flags: Uint8


@dataclass
class SampleReads:
    """Reads by gene, the templates whose names are junction evidence of a fusion, the share of templates that do not
    count because another one with the same ends stands for them, and whether copies can be told at all."""

    genes: dict[str, ReadTable]
    fusion_templates: frozenset[int]
    templates: int
    left_out: float
    are_molecules: bool


class _Columns:
    """Growing columns of one gene while the BAM is read."""

    def __init__(self, minimum_quality: int):
        self._minimum_quality = minimum_quality
        self.position, self.template, self.length = array("q"), array("i"), array("i")
        self.operations, self.cigar_op, self.cigar_len = array("i"), array("B"), array("i")
        self.flags = array("B")
        self._codes, self._qualities = bytearray(), bytearray()
        self._packed: list[Uint8] = []

    def add(self, read: pysam.AlignedSegment, template: int, cigar: list[tuple[int, int]]) -> None:
        sequence = read.query_sequence or ""
        qualities = read.query_qualities
        self.position.append(read.reference_start)
        self.flags.append(read.flag & (REVERSE | SECOND_MATE))
        self.template.append(template)
        self.length.append(len(sequence))
        self.operations.append(len(cigar))
        for operation, length in cigar:
            self.cigar_op.append(operation)
            self.cigar_len.append(length)
        self._codes += sequence.encode().translate(BASE_CODES)
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
            np.array(self.flags, np.uint8),
        )


def _starts(lengths: array[int]) -> Int64:
    return np.concatenate(([0], np.cumsum(np.array(lengths, np.int64)))).astype(np.int64)


def read_bam(
    bam: Path,
    spans: dict[str, Span],
    minimum_quality: int,
    minimum_mapping_quality: int,
    rule: MoleculeRule,
    fusion_names: frozenset[str],
) -> SampleReads:
    """Collect the reads of `spans` (gene -> stretch) in one pass over a BAM.

    Supplementary records count: the ALK part of a split read. Reads with mapping quality below the limit fit another
    locus about as well and are left out. Raises InputError when the BAM cannot be read, or for a read name without the
    identifier that `rule` asks for.
    """
    ends = FragmentEnds(rule)
    columns = {gene: _Columns(minimum_quality) for gene in spans}
    wanted: dict[str, list[tuple[int, int, _Columns]]] = {}
    for gene, span in spans.items():
        wanted.setdefault(span.contig, []).append((span.start, span.end, columns[gene]))
    content = array("Q")
    for read in read_records(bam):
        template = ends.add(read)
        content.extend([0] * (template + 1 - len(content)))
        if not read.is_supplementary:
            content[template] = (content[template] + draw(read)) % (1 << 64)
        if read.is_unmapped or read.mapping_quality < minimum_mapping_quality:
            continue
        for start, end, target in wanted.get(read.reference_name, ()):
            if read.reference_start < end and (read.reference_end or 0) > start:
                target.add(read, template, read.cigartuples)
    names = list(ends.names)
    molecule_of = ends.molecules().astype(np.int32)
    if rule.umi is None and not rule.counts_reads:
        copies = np.ones(len(molecule_of), dtype=bool)
        copies[one_of_each(molecule_of, np.array(content, np.uint64))] = False
        molecule_of[copies] = -1
    tables = {}
    for gene in spans:
        tables[gene] = columns.pop(gene).table(molecule_of)
    left_out = float((molecule_of < 0).mean()) if names else 0.0
    fusion = frozenset(number for number, name in enumerate(names) if name in fusion_names)
    return SampleReads(tables, fusion, len(names), left_out, not rule.counts_reads)


def one_of_each(
    molecule_of: np.ndarray[Any, Any], content: np.ndarray[Any, np.dtype[np.uint64]]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The template that stands for each molecule. Each copy has the same chance: the lowest hash of its content and of
    its number among the copies of equal content wins, so that neither order nor names of reads matter."""
    order = np.lexsort((content, molecule_of))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(molecule_of[order]) != 0) | (np.diff(content[order]) != 0)
    number = np.arange(len(order)) - np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    draws = _mixed(content[order] + number.astype(np.uint64) * np.uint64(_STEP))
    order = order[np.lexsort((draws, molecule_of[order]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(molecule_of[order]) != 0
    return order[first]


def _mixed(x: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """The finaliser of SplitMix64 (Steele et al. 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def draw(read: pysam.AlignedSegment) -> int:
    """Hash of bases and qualities in the sense of the genome: neither the order nor the names of reads change it, nor
    which mate is the first."""
    text = f"{read.query_sequence} {read.qual}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
