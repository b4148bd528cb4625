"""What the aligned reads tell about the library, against what the sheet says.

RNA is spliced: its reads jump over introns. Reads of DNA run from exons into introns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path

import pysam

from ..genome.transcripts import Annotation, Transcript
from ..runtime.errors import InputError

_INTO = 10  # bases a read reaches into exon and intron at a border
_LEAST_BORDERS = 100  # reads over exon borders that a statement needs
_RNA_SPLICED = 0.05  # RNA splices more of them than this, DNA fewer
_LEAST_MOLECULES = 200  # different fragments that a statement about their ends needs
_PRIMED = 0.2  # ends on the primers' side for each on the other, and for each fragment, at most
_SKIP = 3  # CIGAR operation of an intron


def check_library(
    bam: Path, annotation: Path, panel_genes: Iterable[str], assay: str, library: str = "amplicon"
) -> None:
    """Raises InputError when reads of the panel's genes show another assay or library than the sheet.

    `bam` is sorted and indexed, `annotation` `Annotation.save`'s table. Too few reads say nothing. A captured library
    cannot be told from a whole transcriptome that was cut down to the panel, and is not looked for.
    """
    genes = Annotation.load(annotation)
    found = [transcript for gene in panel_genes if (transcript := genes.get(gene)) is not None]
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        spliced, unspliced = _borders(handle, found)
        molecules, ends = _ends(handle, found)
    if assay == "rna" and library != "amplicon" and _has_primers(molecules, ends):
        raise InputError(
            f"{bam.parent.name}: {molecules} different fragments begin at {ends[0]} and end at {ends[1]} places: one"
            f" end is a primer's, so this is no {library} library; write amplicon in column library of the sheet, and"
            " the primers in column targets"
        )
    total = spliced + unspliced
    if total >= _LEAST_BORDERS and assay == "rna" and spliced < _RNA_SPLICED * total:
        raise InputError(
            f"{bam.parent.name}: {unspliced} reads run from exons into introns and {spliced} are spliced: this is DNA,"
            " not RNA; correct column assay of the sheet"
        )
    if total >= _LEAST_BORDERS and assay == "dna" and spliced > 0.5 * total:
        raise InputError(
            f"{bam.parent.name}: {spliced} of {total} reads over exon borders are spliced: this is RNA, not DNA;"
            " correct column assay of the sheet"
        )


def _has_primers(molecules: int, ends: tuple[int, int]) -> bool:
    """Do fragments share one end and not the other, as those grown from primers do?"""
    few, many = sorted(ends)
    return molecules >= _LEAST_MOLECULES and few <= _PRIMED * many and few <= _PRIMED * molecules


def _ends(bam: pysam.AlignmentFile, genes: Iterable[Transcript]) -> tuple[int, tuple[int, int]]:
    """Different pairs whose mates both lie in one gene, and how many different 5' ends first and second mates have."""
    starts: dict[str, dict[bool, int]] = {}
    for gene in genes:
        if gene.contig not in bam.references:
            continue
        for read in bam.fetch(gene.contig, gene.start - 1, gene.end):
            if read.is_paired and not (read.is_unmapped or read.is_secondary or read.is_supplementary):
                end = (read.reference_end or 0) if read.is_reverse else read.reference_start
                starts.setdefault(str(read.query_name), {})[read.is_read2] = end
    pairs = {(both[False], both[True]) for both in starts.values() if len(both) == 2}
    return len(pairs), (len({first for first, _ in pairs}), len({second for _, second in pairs}))


def _borders(bam: pysam.AlignmentFile, genes: Iterable[Transcript]) -> tuple[int, int]:
    """Reads that jump over an intron of the genes' transcripts, and reads that run over an exon border."""
    spliced = unspliced = 0
    for gene in genes:
        if gene.contig not in bam.references or len(gene.exons) < 2:
            continue
        introns = sorted(gene.intron_span(n) for n in range(1, len(gene.exons)))
        places = sorted({start - 1 for start, _ in introns} | {end for _, end in introns})  # 0-based borders
        for read in bam.fetch(gene.contig, gene.start - 1, gene.end):
            if read.is_unmapped or read.is_secondary or read.is_supplementary:
                continue
            if any(operation == _SKIP for operation, _ in read.cigartuples or ()):
                spliced += 1
                continue
            first = bisect_left(places, read.reference_start + _INTO)
            unspliced += first < len(places) and places[first] <= (read.reference_end or 0) - _INTO
    return spliced, unspliced
