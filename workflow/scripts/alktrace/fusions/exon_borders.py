"""Partners named from a few bases: the ends of all annotated exons, looked up by their last (or first) words.

A clip of 15 bases is too short to place in a genome, but not among the borders of annotated exons: 300,000 borders
hold a given 14-mer by chance once in about a thousand.
"""

from __future__ import annotations

from ..annotation import Annotation, Genome, Transcript

BORDER_WORD = 14


class ExonBorders:
    """Last words of all exons (`ends` True) or first words, in transcript sense; read from the FASTA on first use."""

    def __init__(self, annotation: Annotation, genome: Genome, ends: bool):
        self._annotation, self._genome, self._ends = annotation, genome, ends
        self._words: dict[str, list[Transcript]] | None = None

    def _load(self) -> dict[str, list[Transcript]]:
        words: dict[str, list[Transcript]] = {}
        for transcript in self._annotation.transcripts:
            # the outer ends of a transcript are no splice sites
            exons = range(1, len(transcript.exons)) if self._ends else range(2, len(transcript.exons) + 1)
            for exon in exons:
                word = self._word(transcript, exon)
                if len(word) == BORDER_WORD and "N" not in word:
                    words.setdefault(word, []).append(transcript)
        return words

    def _word(self, transcript: Transcript, exon: int) -> str:
        start, end = transcript.exons[exon - 1]
        at_right = self._ends == transcript.forward
        low = max(start, end - BORDER_WORD + 1) if at_right else start
        high = end if at_right else min(end, start + BORDER_WORD - 1)
        return self._genome.fetch_stranded(transcript.contig, low, high, transcript.strand)

    def transcripts(self, part: str) -> list[Transcript]:
        """Transcripts with an exon border inside `part` (transcript sense), in order of transcript id."""
        if self._words is None:
            self._words = self._load()
        found = {
            t.transcript_id: t
            for i in range(len(part) - BORDER_WORD + 1)
            for t in self._words.get(part[i : i + BORDER_WORD], ())
        }
        return [found[key] for key in sorted(found)]
