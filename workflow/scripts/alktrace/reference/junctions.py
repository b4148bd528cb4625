"""Sequences of the published fusion junctions, and the k-mers that prove or recruit them.

A junction is where bases of the 5' gene (exon end, retained intron, cryptic exon) meet bases of the 3' gene. Rows whose
insert has no known sequence give no k-mers and say so in the target table; nothing is invented for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.fusions import Partner, Tables, Variant
from ..recruit.kernels.layout import SPAN, SPAN_MARGIN, K
from ..runtime.errors import InputError

_FLANK = 60  # bases of either side that are kept
_FIVE_MARGIN, _THREE_MARGIN = 1, 2  # least bases of either side in a recruiting k-mer
_OFFSETS, _INTRON = re.compile(r"bases \+(\d+) to \+(\d+)"), re.compile(r"([A-Za-z0-9-]+) intron (\d+)")


@dataclass(frozen=True)
class CataloguedJunction:
    """`five` ends and `three` begins at the junction, both in transcript sense; empty with a `note` when unknown."""

    name: str
    five_gene: str
    three_gene: str
    five: str
    three: str
    note: str = ""

    def windows(self, k: int, five_margin: int, three_margin: int) -> list[str]:
        """All k-base windows across the junction with at least the given bases of either side."""
        sequence = self.five + self.three
        point = len(self.five)
        first, last = max(point - k + three_margin, 0), min(point - five_margin, len(sequence) - k)
        return [sequence[i : i + k] for i in range(first, last + 1)]

    def recruiting_kmers(self) -> list[str]:
        """K-mers that recruit a read with few bases of the 3' gene.

        Some will be in the 5' gene itself, unspliced or normally spliced: these must be left out (`targets`).
        """
        return self.windows(K, _FIVE_MARGIN, _THREE_MARGIN)

    def span_kmers(self) -> list[str]:
        """Longer k-mers of the direct scan: too long to occur by chance."""
        return self.windows(SPAN, SPAN_MARGIN, SPAN_MARGIN)


def read_catalogue(tables: Tables, annotation: Annotation, genome: Genome) -> list[CataloguedJunction]:
    """Junctions of the variants and partners in file order, one a row (two for an insertion of ALK exons into another
    gene).

    Names: the variant's key, or `GENE junction`. Raises InputError for a cryptic exon that a row does not place.
    """
    found: dict[str, CataloguedJunction] = {}
    for number, variant in enumerate(tables.variants, 2):
        try:
            if variant.callable != "alias":
                found.setdefault(variant.key, _variant(variant, annotation, genome))
        except ValueError as error:
            raise InputError(f"eml4_alk_variants.tsv: row {number}, column insert_note: {error}") from None
    for partner in tables.partners:
        for junction in _partner(partner, annotation, genome):
            found.setdefault(junction.name, junction)
    return list(found.values())


def _variant(row: Variant, annotation: Annotation, genome: Genome) -> CataloguedJunction:
    genes = row.five_gene, row.three_gene
    five, three = annotation.get(genes[0]), annotation.get(genes[1])
    five_exon, three_exon = row.five_exon, row.three_exon
    problem = _missing(five, genes[0], five_exon) or _missing(three, genes[1], three_exon)
    if row.insert_source == "unknown":
        problem = "the sequence of the insert is not published"
    if problem or five is None or three is None:
        return CataloguedJunction(row.key, *genes, "", "", problem)
    left = _before(five, five_exon, row.five_deleted, genome)
    right = _behind(three, three_exon, row.three_deleted, genome)
    for part in filter(None, row.insert_source.split(";")):
        source, _, bases = part.partition(":")
        if source == "five_intron":
            left += _intron(five, five_exon, genome)[: int(bases)]
        elif source == "three_intron":
            right = _intron(three, three_exon - 1, genome)[-int(bases) :] + right
        else:
            left += _cryptic_exon(row.insert_note, five, genome)
    return CataloguedJunction(row.key, *genes, left[-_FLANK:], right[:_FLANK])


def _partner(row: Partner, annotation: Annotation, genome: Genome) -> Iterator[CataloguedJunction]:
    """The partner's exon joined to ALK's; for ALK exons inside another gene also the way back."""
    joins = [(row.gene, row.partner_exon.split("-")[0], "ALK", row.alk_exon.split("-")[0])]
    if row.kind == "disrupting_event":
        joins.append(("ALK", row.alk_exon.split("-")[-1], row.gene, row.partner_exon.split("-")[-1]))
    for five_gene, five_exon, three_gene, three_exon in joins:
        if not (five_exon.isdigit() and three_exon.isdigit()):
            continue
        name = f"{five_gene} {five_exon} {three_gene} {three_exon}"
        five, three = _find(five_gene, row, annotation), _find(three_gene, row, annotation)
        problem = _missing(five, five_gene, int(five_exon)) or _missing(three, three_gene, int(three_exon))
        if problem or five is None or three is None:
            yield CataloguedJunction(name, five_gene, three_gene, "", "", problem)
            continue
        left, right = _before(five, int(five_exon), 0, genome), _behind(three, int(three_exon), 0, genome)
        yield CataloguedJunction(name, five.gene, three.gene, left[-_FLANK:], right[:_FLANK])


def _find(gene: str, row: Partner, annotation: Annotation) -> Transcript | None:
    """Transcript of a gene, by its symbol or another symbol the partner is known by."""
    symbols = [gene, *row.aliases.split(";")] if gene == row.gene else [gene]
    return next((t for t in map(annotation.get, symbols) if t), None)


def _missing(transcript: Transcript | None, gene: str, exon: int) -> str:
    if transcript is None:
        return f"{gene} is not in the annotation"
    if not 1 <= exon <= len(transcript.exons):
        return f"{transcript.transcript_id} of {gene} has no exon {exon}"
    return ""


def _exon(transcript: Transcript, exon: int, genome: Genome) -> str:
    start, end = transcript.exons[exon - 1]
    return genome.fetch_stranded(transcript.contig, start, end, transcript.strand)


def _intron(transcript: Transcript, intron: int, genome: Genome) -> str:
    return genome.fetch_stranded(transcript.contig, *transcript.intron_span(intron), transcript.strand)


def _before(transcript: Transcript, exon: int, deleted: int, genome: Genome) -> str:
    """Spliced sequence up to the end of an exon, less the bases deleted from it."""
    sequence = "".join(_exon(transcript, n, genome) for n in range(max(exon - 3, 1), exon + 1))
    return sequence[: len(sequence) - deleted]


def _behind(transcript: Transcript, exon: int, deleted: int, genome: Genome) -> str:
    """Spliced sequence from the start of an exon on, less the bases deleted from it."""
    last = min(exon + 3, len(transcript.exons))
    return "".join(_exon(transcript, n, genome) for n in range(exon, last + 1))[deleted:]


def _cryptic_exon(note: str, transcript: Transcript, genome: Genome) -> str:
    """Bases of an exon inside an intron, by its offsets: a note with "EML4 intron 6" and "bases +188 to +220"."""
    offsets, intron = _OFFSETS.search(note), _INTRON.search(note)
    if not offsets or not intron or intron[1] != transcript.gene:
        raise ValueError(f"insert_note '{note}' does not say where the cryptic exon lies")
    return _intron(transcript, int(intron[2]), genome)[int(offsets[1]) - 1 : int(offsets[2])]
