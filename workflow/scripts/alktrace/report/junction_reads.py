"""The bases around a junction, with the reads under them and the amino acids above."""

from __future__ import annotations

from dataclasses import dataclass

from Bio.Seq import Seq

from ..genome.transcripts import Transcript
from ..model.records import Fusion, JunctionEvidence
from ..model.vocabulary import Frame

FLANK = 42
MOST_READS = 25


@dataclass(frozen=True)
class Piece:
    """Bases of one kind: five, insert, three or pad; `differs` when a read does not have the junction's bases."""

    text: str
    kind: str
    differs: bool = False


@dataclass(frozen=True)
class ReadLine:
    name: str
    strand: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class JunctionView:
    """Rows of equal width: amino acids (may be empty), the assembled bases, the reads. `hidden` reads are not drawn."""

    amino_acids: str
    bases: tuple[Piece, ...]
    reads: tuple[ReadLine, ...]
    hidden: int

    @property
    def print_size(self) -> float:
        """Type size in points at which the widest row fits an A4 page (520 points; a letter is 0.61 sizes wide)."""
        bases = sum(len(piece.text) for piece in self.bases)
        names = max((len(read.name) for read in self.reads), default=0)
        return round(min(7.0, 520 / (0.61 * (bases + max(names + 4, 11)))), 2)


def junction_view(fusion: Fusion, evidence: JunctionEvidence, five: Transcript | None) -> JunctionView:
    """The assembled contig, `FLANK` bases to either side of the junction, with at most `MOST_READS` reads."""
    start = max(evidence.left_end - FLANK, 0)
    end = min(evidence.right_start + FLANK, len(evidence.contig))
    kinds = [
        "five" if i < evidence.left_end else "insert" if i < evidence.right_start else "three"
        for i in range(start, end)
    ]
    window = evidence.contig[start:end]
    reads = []
    for read in evidence.reads:
        row = _placed(read.bases, read.offset - start, len(window))
        if row.strip():
            reads.append(ReadLine(read.name, "-" if read.reverse else "+", _pieces(row, window, kinds)))
    return JunctionView(
        _amino_acids(fusion, evidence, five, start, len(window)),
        _pieces(window, window, kinds),
        _evenly(reads, MOST_READS),
        max(len(reads) - MOST_READS, 0),
    )


def _evenly(reads: list[ReadLine], most: int) -> tuple[ReadLine, ...]:
    """At most `most` reads, spread evenly over the order given."""
    if len(reads) <= most:
        return tuple(reads)
    return tuple(reads[i * len(reads) // most] for i in range(most))


def _placed(bases: str, offset: int, width: int) -> str:
    """`bases` at column `offset` of a row of `width` spaces, cut at both ends."""
    shown = bases[max(-offset, 0) : max(width - offset, 0)]
    return (" " * max(offset, 0) + shown).ljust(width)[:width]


def _pieces(row: str, window: str, kinds: list[str]) -> tuple[Piece, ...]:
    """Neighbouring bases of one kind together."""
    pieces: list[Piece] = []
    for base, expected, part in zip(row, window, kinds, strict=True):
        kind = "pad" if base == " " else part
        differs = base != " " and base != expected
        if pieces and pieces[-1].kind == kind and pieces[-1].differs == differs:
            pieces[-1] = Piece(pieces[-1].text + base, kind, differs)
        else:
            pieces.append(Piece(base, kind, differs))
    return tuple(pieces)


def _amino_acids(fusion: Fusion, evidence: JunctionEvidence, five: Transcript | None, start: int, width: int) -> str:
    """Amino acids above their codons' middle bases; empty when the reading frame at the junction is not known."""
    at = five.to_transcript(fusion.five_prime.position) if five else None
    coding = five.to_coding(at) if five and at else None
    if coding is None or fusion.frame == Frame.UNDETERMINED:
        return ""
    row = [" "] * width
    first = (start - evidence.left_end + coding) % 3  # bases of a codon that lie before the window
    for column in range((3 - first) % 3, width - 2, 3):
        codon = evidence.contig[start + column : start + column + 3]
        amino_acid = str(Seq(codon).translate())
        row[column + 1] = amino_acid
        if amino_acid == "*":
            break
    return "".join(row).rstrip()
