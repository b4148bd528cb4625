"""Gene models: one reference transcript per gene.

The reference transcript is the one that exon numbers and HGVS names refer to; `reference/stated.py` chooses it. All
positions are 1-based and inclusive; transcript positions count from 1 at the 5' end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..runtime.errors import InputError

# How a reference transcript was chosen; `NUMBERED` ones have the exon numbers that published names refer to.
PIN, SAME_EXONS, COORDINATES, MANE = "pin", "same exons as the pin", "exons of the pin on GRCh38", "MANE Select"
CANONICAL, LONGEST = "Ensembl canonical", "longest coding sequence"
NUMBERED = (PIN, SAME_EXONS, COORDINATES, MANE)


@dataclass(frozen=True)
class Transcript:
    """One transcript. `exons` are genomic (start, end), in transcript order; `cds` is (start, end) in transcript
    positions without the stop codon, None for a non-coding transcript; `rule` says how it was chosen."""

    gene: str
    gene_id: str
    gene_type: str
    transcript_id: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int] | None
    stated: bool = True  # False: an exon of another transcript of the gene, standing for itself
    other_exons: tuple[tuple[int, int], ...] = field(default=(), compare=False)  # of the gene's other transcripts
    rule: str = field(default=PIN, compare=False)

    @property
    def numbered(self) -> bool:
        """Are its exon numbers those that published names refer to?"""
        return self.rule in NUMBERED

    @property
    def start(self) -> int:
        """Leftmost genomic position."""
        return min(self.exons[0][0], self.exons[-1][0])

    @property
    def end(self) -> int:
        """Rightmost genomic position."""
        return max(self.exons[0][1], self.exons[-1][1])

    @property
    def forward(self) -> bool:
        return self.strand == "+"

    @cached_property
    def exon_ends(self) -> tuple[int, ...]:
        """Transcript position of the last base of each exon."""
        total, ends = 0, []
        for start, end in self.exons:
            total += end - start + 1
            ends.append(total)
        return tuple(ends)

    @property
    def length(self) -> int:
        return self.exon_ends[-1]

    def exon_at(self, position: int) -> int | None:
        """Exon number holding a genomic position, None outside exons."""
        for number, (start, end) in enumerate(self.exons, 1):
            if start <= position <= end:
                return number
        return None

    def first_base(self, exon: int) -> int:
        """Genomic position of an exon's first base in transcript sense."""
        start, end = self.exons[exon - 1]
        return start if self.forward else end

    def last_base(self, exon: int) -> int:
        """Genomic position of an exon's last base in transcript sense."""
        start, end = self.exons[exon - 1]
        return end if self.forward else start

    def to_transcript(self, position: int) -> int | None:
        """Transcript position of a genomic position, None outside exons."""
        exon = self.exon_at(position)
        if exon is None:
            return None
        return self.exon_ends[exon - 1] - abs(self.last_base(exon) - position)

    def to_genome(self, position: int) -> int:
        """Genomic position of a transcript position. Raises ValueError outside the transcript."""
        if not 1 <= position <= self.length:
            raise ValueError(f"{self.transcript_id} has no base {position}")
        exon = bisect_right(self.exon_ends, position - 1) + 1
        back = self.exon_ends[exon - 1] - position
        return self.last_base(exon) - back if self.forward else self.last_base(exon) + back

    def exon_start(self, exon: int) -> int:
        """Transcript position of an exon's first base."""
        return 1 if exon == 1 else self.exon_ends[exon - 2] + 1

    def exon_end(self, exon: int) -> int:
        """Transcript position of an exon's last base."""
        return self.exon_ends[exon - 1]

    def to_coding(self, position: int) -> int | None:
        """c. position (1 = A of ATG) of a transcript position inside the coding sequence, else None."""
        if self.cds is None or not self.cds[0] <= position <= self.cds[1]:
            return None
        return position - self.cds[0] + 1

    @property
    def codons(self) -> int:
        """Whole codons of the coding sequence, 0 without one."""
        return (self.cds[1] - self.cds[0] + 1) // 3 if self.cds else 0

    def codon_start(self, codon: int) -> int:
        """Transcript position of a codon's first base. Raises ValueError outside the coding sequence."""
        if self.cds is None or not 1 <= codon <= self.codons:
            raise ValueError(f"{self.transcript_id} has no codon {codon}")
        return self.cds[0] + 3 * (codon - 1)

    def codon_span(self, first: int, last: int) -> tuple[int, int] | None:
        """Transcript positions of the first and the last base of codons first..last; None for a transcript that lacks
        one of them."""
        if not 1 <= first <= last <= self.codons:
            return None
        return self.codon_start(first), self.codon_start(last) + 2

    def codon_at(self, position: int) -> int:
        """Number of the codon that a transcript position lies in; before the coding sequence it is below 1. Raises
        ValueError without a coding sequence."""
        if self.cds is None:
            raise ValueError(f"{self.transcript_id} has no coding sequence")
        return (position - self.cds[0]) // 3 + 1

    def codon_genome_positions(self, codon: int) -> tuple[int, int, int]:
        """Genomic positions of a codon's three bases, in transcript order. Raises ValueError outside the CDS."""
        first = self.codon_start(codon)
        return self.to_genome(first), self.to_genome(first + 1), self.to_genome(first + 2)

    def intron_span(self, intron: int) -> tuple[int, int]:
        """Genomic (start, end) of the intron behind exon `intron`."""
        a, b = self.exons[intron - 1], self.exons[intron]
        return (a[1] + 1, b[0] - 1) if self.forward else (b[1] + 1, a[0] - 1)


class Annotation:
    """Reference transcripts, looked up by gene symbol or by position."""

    def __init__(self, transcripts: Iterable[Transcript]):
        self.transcripts = sorted(transcripts, key=lambda t: (t.contig, t.start, t.end, t.gene_id))
        self._by_gene: dict[str, Transcript] = {}
        for transcript in self.transcripts:
            self._by_gene.setdefault(transcript.gene, transcript)
        self._contigs: dict[str, tuple[list[Transcript], list[int], int]] = {}
        for transcript in self.transcripts:
            found = self._contigs.setdefault(transcript.contig, ([], [], 0))
            found[0].append(transcript)
            found[1].append(transcript.start)
        for contig, (items, starts, _) in self._contigs.items():
            self._contigs[contig] = (items, starts, max(t.end - t.start for t in items))

    def get(self, gene: str) -> Transcript | None:
        return self._by_gene.get(gene)

    def __getitem__(self, gene: str) -> Transcript:
        return self._by_gene[gene]

    def overlapping(self, contig: str, start: int, end: int) -> list[Transcript]:
        """Reference transcripts (introns included) that overlap start..end, in genomic order."""
        if contig not in self._contigs:
            return []
        items, starts, longest = self._contigs[contig]
        first = bisect_right(starts, start - longest - 1)
        last = bisect_right(starts, end)
        return [t for t in items[first:last] if t.end >= start]

    def save(self, path: Path) -> None:
        """Write as a tab-separated table, one transcript a row (columns: see `load`)."""
        rows = ["gene\tgene_id\tgene_type\ttranscript_id\tcontig\tstrand\texons\tcds\tother_exons\trule"]
        for t in self.transcripts:
            exons, others = (",".join(f"{a}-{b}" for a, b in spans) for spans in (t.exons, t.other_exons))
            cds = f"{t.cds[0]}-{t.cds[1]}" if t.cds else ""
            names = (t.gene, t.gene_id, t.gene_type, t.transcript_id, t.contig, t.strand)
            rows.append("\t".join((*names, exons, cds, others, t.rule)))
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Annotation:
        """Read a table written by `save`: gene, gene_id, gene_type, transcript_id, contig, strand, exons
        (start-end, comma-separated, transcript order), cds (transcript positions, empty if non-coding), other_exons
        (of the gene's other transcripts, where they differ), rule. Raises InputError for another file."""
        try:
            return cls(cls._rows(path))
        except (ValueError, StopIteration, IndexError) as error:
            raise InputError(f"{path}: damaged table of transcripts ({error}); delete it and run again") from None

    @staticmethod
    def _rows(path: Path) -> list[Transcript]:
        transcripts = []
        with path.open(encoding="utf-8") as handle:
            next(handle)
            for line in handle:
                *names, exons, cds, others, rule = line.rstrip("\n").split("\t")
                gene, gene_id, gene_type, transcript_id, contig, strand = names
                bounds = _spans(cds)[0] if cds else None
                transcripts.append(
                    Transcript(
                        gene,
                        gene_id,
                        gene_type,
                        transcript_id,
                        contig,
                        strand,
                        _spans(exons),
                        bounds,
                        other_exons=_spans(others),
                        rule=rule,
                    )  # fmt: skip
                )
        return transcripts


def _spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((int(a), int(b)) for a, b in (span.split("-") for span in text.split(",") if span))
