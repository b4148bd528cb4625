"""Gene models: one stated transcript per gene, from a GENCODE or Ensembl GTF.

The stated transcript is the one that exon numbers and HGVS names refer to: the pin of `resources/panel.tsv`, else the
MANE Select tag, else Ensembl canonical, else the longest coding sequence, else the longest transcript; ties go to the
smallest transcript id. All positions are 1-based and inclusive; transcript positions count from 1 at the 5' end.
"""

from __future__ import annotations

import gzip
import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pysam

from .errors import InputError

_ATTRIBUTE = re.compile(r'(\w+) "?([^";]*)"?')
_COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")


def reverse_complement(sequence: str) -> str:
    """Reverse complement of an ACGTN string, case kept."""
    return sequence.translate(_COMPLEMENT)[::-1]


@dataclass(frozen=True)
class Transcript:
    """One transcript. `exons` are genomic (start, end), in transcript order; `cds` is (start, end) in transcript
    positions without the stop codon, None for a non-coding transcript."""

    gene: str
    gene_id: str
    gene_type: str
    transcript_id: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int] | None

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

    def codon_genome_positions(self, codon: int) -> tuple[int, int, int]:
        """Genomic positions of a codon's three bases, in transcript order. Raises ValueError outside the CDS."""
        if self.cds is None or not 1 <= codon <= (self.cds[1] - self.cds[0] + 1) // 3:
            raise ValueError(f"{self.transcript_id} has no codon {codon}")
        first = self.cds[0] + 3 * (codon - 1)
        return self.to_genome(first), self.to_genome(first + 1), self.to_genome(first + 2)

    def intron_span(self, intron: int) -> tuple[int, int]:
        """Genomic (start, end) of the intron behind exon `intron`."""
        a, b = self.exons[intron - 1], self.exons[intron]
        return (a[1] + 1, b[0] - 1) if self.forward else (b[1] + 1, a[0] - 1)


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


class Annotation:
    """Stated transcripts, looked up by gene symbol or by position."""

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
        """Stated transcripts (introns included) that overlap start..end, in genomic order."""
        if contig not in self._contigs:
            return []
        items, starts, longest = self._contigs[contig]
        first = bisect_right(starts, start - longest - 1)
        last = bisect_right(starts, end)
        return [t for t in items[first:last] if t.end >= start]

    def save(self, path: Path) -> None:
        """Write as a tab-separated table, one transcript a row (columns: see `load`)."""
        rows = ["gene\tgene_id\tgene_type\ttranscript_id\tcontig\tstrand\texons\tcds"]
        for t in self.transcripts:
            exons = ",".join(f"{start}-{end}" for start, end in t.exons)
            cds = f"{t.cds[0]}-{t.cds[1]}" if t.cds else ""
            rows.append("\t".join((t.gene, t.gene_id, t.gene_type, t.transcript_id, t.contig, t.strand, exons, cds)))
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Annotation:
        """Read a table written by `save`: gene, gene_id, gene_type, transcript_id, contig, strand, exons
        (start-end, comma-separated, transcript order), cds (transcript positions, empty if non-coding)."""
        transcripts = []
        with path.open(encoding="utf-8") as handle:
            next(handle)
            for line in handle:
                gene, gene_id, gene_type, transcript_id, contig, strand, exons, cds = line.rstrip("\n").split("\t")
                spans = tuple((int(a), int(b)) for a, b in (e.split("-") for e in exons.split(",")))
                bounds = tuple(map(int, cds.split("-"))) if cds else None
                transcripts.append(
                    Transcript(gene, gene_id, gene_type, transcript_id, contig, strand, spans, bounds)  # type: ignore[arg-type]
                )
        return cls(transcripts)


# ---------------------------------------------------------------- GTF


@dataclass
class _Model:
    """Exons and CDS of one transcript while the GTF is read."""

    gene: str
    gene_id: str
    gene_type: str
    transcript_id: str
    contig: str
    strand: str
    tags: frozenset[str]
    exons: list[tuple[int, int]]
    cds: list[tuple[int, int]]

    def rank(self, pin: str | None) -> tuple[object, ...]:
        """Sort key, smallest first: pinned, MANE Select, canonical, longest coding, longest, id."""
        bare = self.transcript_id.split(".")[0]
        return (
            pin is None or bare != pin.split(".")[0],
            "MANE_Select" not in self.tags,
            "Ensembl_canonical" not in self.tags,
            -sum(end - start + 1 for start, end in self.cds),
            -sum(end - start + 1 for start, end in self.exons),
            self.transcript_id,
        )

    def transcript(self) -> Transcript:
        ordered = tuple(sorted(self.exons, reverse=self.strand == "-"))
        bare = Transcript(
            self.gene, self.gene_id, self.gene_type, self.transcript_id, self.contig, self.strand, ordered, None
        )
        if not self.cds:
            return bare
        low, high = min(self.cds)[0], max(end for _, end in self.cds)
        first, last = (low, high) if self.strand == "+" else (high, low)
        begin, stop = bare.to_transcript(first), bare.to_transcript(last)
        cds = (begin, stop) if begin is not None and stop is not None else None
        return replace(bare, cds=cds)


def _open_text(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as handle:
            yield from handle
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; set reference.gtf in the configuration") from None
    except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); fetch the file again") from error


def _gtf_models(path: Path) -> dict[tuple[str, str, str], list[_Model]]:
    """All transcripts by (gene_id, contig, symbol) of a GTF."""
    models: dict[tuple[str, str], _Model] = {}
    for number, line in enumerate(_open_text(path), 1):
        if line.startswith("#") or not line.strip():
            continue
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 9:
            raise InputError(f"{path}: line {number} has {len(columns)} columns, a GTF has 9; check the file")
        feature = columns[2]
        if feature not in ("exon", "CDS"):
            continue
        attributes = _ATTRIBUTE.findall(columns[8])
        values = dict(attributes)
        transcript_id, gene_id = values.get("transcript_id"), values.get("gene_id")
        if not transcript_id or not gene_id or not columns[3].isdigit() or not columns[4].isdigit():
            raise InputError(f"{path}: line {number}: {feature} without gene_id, transcript_id or whole coordinates")
        version = values.get("transcript_version")
        if version and "." not in transcript_id:
            transcript_id = f"{transcript_id}.{version}"
        model = models.get((transcript_id, columns[0]))
        if model is None:
            model = models[transcript_id, columns[0]] = _Model(
                gene=values.get("gene_name") or gene_id,
                gene_id=gene_id,
                gene_type=values.get("gene_type") or values.get("gene_biotype") or "",
                transcript_id=transcript_id,
                contig=columns[0],
                strand=columns[6],
                tags=frozenset(v for k, v in attributes if k == "tag"),
                exons=[],
                cds=[],
            )
        (model.exons if feature == "exon" else model.cds).append((int(columns[3]), int(columns[4])))
    genes: dict[tuple[str, str, str], list[_Model]] = {}
    for model in models.values():
        if model.exons:
            genes.setdefault((model.gene_id, model.contig, model.gene), []).append(model)
    return genes


def read_gtf(
    path: Path, pins: Mapping[str, str], contigs: Mapping[str, int]
) -> tuple[Annotation, set[tuple[str, int, int, str]]]:
    """Stated transcripts and all splice junctions of a GTF.

    `pins` maps gene symbols to transcript ids, `contigs` the FASTA's contigs to their lengths. Returns the annotation
    and the junctions as (contig, start, end, strand), introns in 0-based half-open coordinates. Transcripts on contigs
    the FASTA lacks are left out. Raises InputError when the file is malformed, when no contig is shared with the FASTA,
    or when an exon lies beyond its contig.
    """
    stated: list[Transcript] = []
    junctions: set[tuple[str, int, int, str]] = set()
    missing: set[str] = set()
    for (_, contig, gene), models in _gtf_models(path).items():
        if contig not in contigs:
            missing.add(contig)
            continue
        for model in models:
            spans = sorted(model.exons)
            if spans[-1][1] > contigs[contig]:
                raise InputError(
                    f"{path}: {model.transcript_id} ends at {contig}:{spans[-1][1]} but the FASTA's {contig} has"
                    f" {contigs[contig]} bases; use the GTF made for this FASTA"
                )
            junctions.update((contig, a[1], b[0] - 1, model.strand) for a, b in zip(spans, spans[1:], strict=False))
        stated.append(min(models, key=lambda m: m.rank(pins.get(gene))).transcript())
    if not stated:
        seen = ", ".join(sorted(missing)[:3]) or "none"
        raise InputError(
            f"{path}: no contig of the GTF ({seen}) is in the FASTA ({', '.join(list(contigs)[:3])});"
            " use a FASTA and a GTF with the same contig names"
        )
    return Annotation(stated), junctions
