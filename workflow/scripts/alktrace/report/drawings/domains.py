"""Protein domains to draw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ...genome.transcripts import Transcript
from ...knowledge.fusions import read_tables


@dataclass(frozen=True)
class Domain:
    """A protein domain; `start` and `end` are codons or exon numbers (`unit`), 1-based and inclusive."""

    gene: str
    name: str
    unit: str
    start: int
    end: int

    def span(self, transcript: Transcript) -> tuple[int, int] | None:
        """First and last transcript position; None where the transcript does not reach."""
        if self.unit == "exon":
            known = self.end <= len(transcript.exons)
            return (transcript.exon_start(self.start), transcript.exon_end(self.end)) if known else None
        return transcript.codon_span(self.start, self.end)


def read_domains(folder: Path) -> list[Domain]:
    """Domains of domains.tsv to draw. Rows by exon say what is left of a domain; those with anything left span it."""
    drawn: dict[tuple[str, str], Domain] = {}
    for row in read_tables(folder).domains:
        if row.state == "none":
            continue
        one = Domain(row.gene, row.domain, row.unit, row.first, row.last)
        known = drawn.get((row.gene, row.domain), one)
        joined = replace(known, start=min(known.start, one.start), end=max(known.end, one.end))
        drawn[row.gene, row.domain] = joined
    return list(drawn.values())
