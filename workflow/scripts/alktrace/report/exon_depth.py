"""Read depth of a gene's exons in the evidence BAM, for the drawing of a fusion."""

from __future__ import annotations

from pathlib import Path

import pysam

from ..genome.transcripts import Transcript


def exon_depths(bam: Path, transcript: Transcript) -> tuple[float, ...]:
    """Mean number of aligned reads over each exon, in transcript order; all 0 where the BAM lacks the contig. Copies of
    one fragment count each: these are reads, not fragments."""
    with pysam.AlignmentFile(str(bam)) as reads:
        if transcript.contig not in reads.references:
            return (0.0,) * len(transcript.exons)
        return tuple(_depth(reads, transcript.contig, start, end) for start, end in transcript.exons)


def _depth(reads: pysam.AlignmentFile, contig: str, start: int, end: int) -> float:
    counted = reads.count_coverage(contig, start - 1, end, quality_threshold=0)
    return sum(map(sum, counted)) / (end - start + 1)
