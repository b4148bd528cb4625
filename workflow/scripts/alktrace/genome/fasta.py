"""The reference genome by position."""

from __future__ import annotations

from pathlib import Path

import pysam

from ..runtime.errors import InputError
from .sequence import reverse_complement
from .transcripts import Transcript


class Genome:
    """Reference sequence by contig: upper case, 1-based inclusive coordinates, missing bases never padded."""

    def __init__(self, fasta: Path):
        try:
            self._fasta = pysam.FastaFile(str(fasta))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{fasta}: cannot be read as FASTA ({error}); give an uncompressed or bgzip FASTA"
            ) from error
        self.lengths: dict[str, int] = dict(zip(self._fasta.references, self._fasta.lengths, strict=True))
        self._spliced: dict[tuple[str, str, tuple[tuple[int, int], ...]], str] = {}

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases start..end of the + strand, cut at the contig's ends."""
        start, end = max(start, 1), min(end, self.lengths[contig])
        return self._fasta.fetch(contig, start - 1, end).upper() if end >= start else ""

    def fetch_stranded(self, contig: str, start: int, end: int, strand: str) -> str:
        """Bases start..end in the sense of `strand`."""
        bases = self.fetch(contig, start, end)
        return bases if strand == "+" else reverse_complement(bases)

    def spliced(self, transcript: Transcript) -> str:
        """Transcript sequence, 5' to 3'."""
        key = (transcript.contig, transcript.strand, transcript.exons)
        if key not in self._spliced:
            self._spliced[key] = "".join(
                self.fetch_stranded(transcript.contig, start, end, transcript.strand) for start, end in transcript.exons
            )
        return self._spliced[key]
