"""The bases around a junction, with the reads under them and the amino acids above."""

from __future__ import annotations

from dataclasses import dataclass, replace

from Bio.Align import PairwiseAligner
from Bio.Seq import Seq

from ..genome.transcripts import Transcript
from ..model.records import Fusion, JunctionEvidence, PileupRead
from ..model.vocabulary import Frame

FLANK = 42
MOST_READS = 25
ON_PAPER = 10
GAP_COST = 4  # differences that a gap must explain
SLACK = 12  # bases by which gaps may shift a read
# A read as a whole against a part of the contig, whose ends cost nothing.
_ALIGNER = PairwiseAligner(
    mode="global", match_score=1, mismatch_score=-1, open_gap_score=-GAP_COST, extend_gap_score=-0.1
)
_ALIGNER.end_insertion_score = 0.0
_ALIGNER.end_deletion_score = 0.0


@dataclass(frozen=True)
class Piece:
    """Bases of one kind: five, insert, three, gap (bases that a read lacks) or pad. `differs` when a read does not have
    the junction's bases; `extra` when it holds more bases before these."""

    text: str
    kind: str
    differs: bool = False
    extra: bool = False


@dataclass(frozen=True)
class ReadLine:
    name: str
    strand: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class JunctionView:
    """Rows of equal width: amino acids (may be empty), the assembled bases, the reads, one for each fragment drawn.
    `fragments` hold the junction in a read, `read_pairs` are theirs with all copies, 0 where they were not counted."""

    amino_acids: str
    bases: tuple[Piece, ...]
    reads: tuple[ReadLine, ...]
    fragments: int
    read_pairs: int

    def on_paper(self, index: int) -> bool:
        """Whether read `index` (from 0) is printed: at most `ON_PAPER` of them, spread evenly."""
        drawn = max(len(self.reads), ON_PAPER)
        return index == 0 or (index * ON_PAPER) // drawn != ((index - 1) * ON_PAPER) // drawn

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
        offset, bases, before = aligned(read, evidence.contig)
        row = _placed(bases, offset - start, len(window))
        if row.strip():
            marks = {column - start for column in before}
            reads.append(ReadLine(read.name, "-" if read.reverse else "+", _pieces(row, window, kinds, marks)))
    return JunctionView(
        _amino_acids(fusion, evidence, five, start, len(window)),
        _pieces(window, window, kinds, set()),
        _evenly(reads, MOST_READS),
        len(evidence.fragment_names),
        evidence.read_pairs,
    )


def aligned(read: PileupRead, contig: str) -> tuple[int, str, list[int]]:
    """A read on the contig: column of its first base, its bases with `-` where it lacks some of the contig's, and the
    columns before which it holds bases that the contig lacks (these are not drawn).

    A read is left ungapped where gaps do not explain its differences better (a gap counts as much as four).
    """
    expected = contig[max(read.offset, 0) : read.offset + len(read.bases)]
    shown = read.bases[max(-read.offset, 0) :]
    differing = sum(a != b for a, b in zip(shown, expected, strict=False))
    if differing <= GAP_COST:
        return read.offset, read.bases, []
    low = max(read.offset - SLACK, 0)
    part = contig[low : read.offset + len(read.bases) + SLACK]
    found = _ALIGNER.align(part, read.bases)[0]
    row, before, column, at = "", [], 0, 0
    for (first, last), (begin, end) in zip(*found.aligned, strict=True):
        if row and begin > at:
            before.append(low + int(first))
        row += ("-" * (first - column) if row else "") + read.bases[begin:end]
        column, at = last, end
    # What hangs over at either end stays beside its neighbour.
    offset = low + int(found.aligned[0][0][0])
    lead = int(found.aligned[1][0][0])
    row = read.bases[:lead] + row + read.bases[at:]
    gaps = len(found.aligned[0]) - 1
    left = sum(a != b and a != "-" for a, b in zip(row, contig[max(offset - lead, 0) :], strict=False))
    if not gaps or left + GAP_COST * gaps >= differing:
        return read.offset, read.bases, []
    return offset - lead, row, before


def _evenly(reads: list[ReadLine], most: int) -> tuple[ReadLine, ...]:
    """At most `most` reads, spread evenly over the order given."""
    if len(reads) <= most:
        return tuple(reads)
    return tuple(reads[i * len(reads) // most] for i in range(most))


def _placed(bases: str, offset: int, width: int) -> str:
    """`bases` at column `offset` of a row of `width` spaces, cut at both ends."""
    shown = bases[max(-offset, 0) : max(width - offset, 0)]
    return (" " * max(offset, 0) + shown).ljust(width)[:width]


def _pieces(row: str, window: str, kinds: list[str], extra: set[int]) -> tuple[Piece, ...]:
    """Neighbouring bases of one kind together; a new piece begins at the columns `extra`."""
    pieces: list[Piece] = []
    for column, (base, expected, part) in enumerate(zip(row, window, kinds, strict=True)):
        kind = {" ": "pad", "-": "gap"}.get(base, part)
        differs = base not in " -" and base != expected
        begins = column in extra and base != " "
        if pieces and not begins and pieces[-1].kind == kind and pieces[-1].differs == differs:
            pieces[-1] = replace(pieces[-1], text=pieces[-1].text + base)
        else:
            pieces.append(Piece(base, kind, differs, begins))
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
