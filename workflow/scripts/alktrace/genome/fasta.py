"""The reference genome by position."""

from __future__ import annotations

from pathlib import Path

import pysam

from ..runtime.errors import InputError
from .sequence import reverse_complement
from .transcripts import Transcript
from .twobit import TwoBit


class _Fasta:
    """An indexed FASTA; 0-based half-open coordinates, as `TwoBit`."""

    def __init__(self, path: Path):
        try:
            self._file = pysam.FastaFile(str(path))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{path}: cannot be read as FASTA ({error}); give an uncompressed or bgzip FASTA"
            ) from error
        self.lengths: dict[str, int] = dict(zip(self._file.references, self._file.lengths, strict=True))

    def fetch(self, contig: str, start: int, end: int) -> str:
        return str(self._file.fetch(contig, start, end)).upper()


class Genome:
    """Reference sequence by contig: upper case, 1-based inclusive coordinates, missing bases never padded.

    The file is .2bit, as the workflow makes it, or an uncompressed or bgzip FASTA.
    """

    def __init__(self, path: Path):
        self._source = TwoBit(path) if path.suffix == ".2bit" else _Fasta(path)
        self.lengths = self._source.lengths
        self._spliced: dict[tuple[str, str, tuple[tuple[int, int], ...]], str] = {}

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases start..end of the + strand, cut at the contig's ends."""
        start, end = max(start, 1), min(end, self.lengths[contig])
        return self._source.fetch(contig, start - 1, end) if end >= start else ""

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
