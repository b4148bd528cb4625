"""Inserted bases named by where they lie: exons that a transcript has and the stated one has not, as EML4 exon 6b."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

from ..genome.fasta import Genome
from ..genome.transcripts import Transcript

MARGIN = 5  # bases beyond those by which a stretch this long holds any piece by chance


@dataclass(frozen=True)
class Piece:
    """Bases `offset`.. of an insert that lie in a gene, in its sense: genomic start and end, 1-based and inclusive.
    `intron` follows exon `intron` of the reference transcript; None where the piece lies in one of its exons."""

    transcript: Transcript
    intron: int | None
    start: int
    end: int
    offset: int

    @property
    def length(self) -> int:
        return self.end - self.start + 1


def split_insert(inserted: str, five: Transcript, three: Transcript, genome: Genome) -> tuple[tuple[Piece, ...], str]:
    """Pieces of an insert that lie within an intron or exon of either gene, in order, and the bases that lie in none.

    Longest piece first; a piece is longer, by MARGIN bases, than chance allows for the stretch that is searched.
    """
    pieces = tuple(sorted(_pieces(inserted, 0, [t for t in (five, three) if t.gene], genome), key=lambda p: p.offset))
    rest, at = [], 0
    for piece in pieces:
        rest.append(inserted[at : piece.offset])
        at = piece.offset + piece.length
    return pieces, "".join(rest) + inserted[at:]


def _pieces(bases: str, offset: int, genes: list[Transcript], genome: Genome) -> Iterator[Piece]:
    found = _longest(bases, genes, genome)
    if found is None:
        return
    at, piece = found
    yield Piece(piece.transcript, piece.intron, piece.start, piece.end, offset + at)
    yield from _pieces(bases[:at], offset, genes, genome)
    after = at + piece.length
    yield from _pieces(bases[after:], offset + after, genes, genome)


def _longest(bases: str, genes: list[Transcript], genome: Genome) -> tuple[int, Piece] | None:
    """Offset and place of the longest stretch of the bases that lies in a gene; the whole insert is tried first."""
    best: tuple[int, Piece] | None = None
    for gene in genes:
        size = gene.end - gene.start + 1
        if len(bases) < max(_needed(size), best[1].length + 1 if best else 0):
            continue
        needed = _needed(size * len(bases))
        region = genome.fetch_stranded(gene.contig, gene.start, gene.end, gene.strand)
        at, length, where = _longest_run(bases, region, max(needed, best[1].length + 1 if best else needed))
        if length:
            low = gene.start + where if gene.forward else gene.end - where - length + 1
            best = at, Piece(gene, _intron(gene, low, low + length - 1), low, low + length - 1, at)
    return best


def _needed(places: int) -> int:
    """Bases that hardly any of so many places share by chance."""
    return round(log(places, 4)) + MARGIN


def _longest_run(bases: str, region: str, least: int) -> tuple[int, int, int]:
    """(offset, length, place in region) of the longest common stretch of at least `least` bases, length 0 if none."""
    whole = region.find(bases)
    if whole >= 0:
        return 0, len(bases), whole
    best = (0, 0, 0)
    at = 0
    while at + max(least, best[1] + 1) <= len(bases):
        where = region.find(bases[at : at + max(least, best[1] + 1)])
        if where < 0:
            at += 1
            continue
        length = max(least, best[1] + 1)
        while at + length < len(bases) and (more := region.find(bases[at : at + length + 1])) >= 0:
            length, where = length + 1, more
        best = (at, length, where)
    return best


def _intron(gene: Transcript, start: int, end: int) -> int | None:
    """Number of the intron that holds start..end, None if an exon of the reference transcript touches it."""
    for intron in range(1, len(gene.exons)):
        low, high = gene.intron_span(intron)
        if low <= start and end <= high:
            return intron
    return None
