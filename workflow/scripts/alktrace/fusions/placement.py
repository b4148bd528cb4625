"""Counting the fragments of a junction: reads against the fusion sequence and the unrearranged alternatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from Bio.Align import PairwiseAligner

from ..genome.fasta import Genome
from ..genome.fragments import Alignment, Read
from ..genome.sequence import mismatches
from ..genome.transcripts import Transcript
from ..structure.junction import Structure

MIN_ANCHOR = 8  # bases a split read must show on either side of the breakpoint
FLANK = 400  # reference bases on either side of the junction
MIN_SIDE = 20  # bases of a mate that lies on one side
BEYOND = 10  # bases by which an alignment may run over a junction by chance
_WORD = 11
_SURE = 2  # differences up to which a placement need not be compared with others
_MARGIN = 3  # mismatches by which the fusion must beat every unrearranged sequence


@dataclass(frozen=True, slots=True)
class Placement:
    """A read on a junction sequence: column of its first base (0-based), strand, differences, gapped or not."""

    column: int
    end: int
    reverse: bool
    differences: int
    gapped: bool
    bases: str


class JunctionReference:
    """Sequence across one junction, and what the reads would look like without it."""

    def __init__(self, structure: Structure, contig: str, genome: Genome, target_is_three: bool):
        self.structure = structure
        self._genome = genome
        left = _five_part(structure, contig, genome)
        self.sequence = left + structure.inserted + _three_part(structure, contig, genome)
        self.left_end = len(left)
        self.right_start = len(left) + len(structure.inserted)
        # the breakpoint next to the target: retained intron belongs to the side it runs on from
        self.breakpoint = (
            self.right_start - structure.three_retained if target_is_three else self.left_end + structure.five_retained
        )
        self._core = self.sequence[self.breakpoint - MIN_ANCHOR : self.breakpoint + MIN_ANCHOR]
        self._placed: dict[str, Placement | None] = {}
        self._words: dict[str, list[int]] = {}
        for column in range(len(self.sequence) - _WORD + 1):
            self._words.setdefault(self.sequence[column : column + _WORD], []).append(column)

    @cached_property
    def alternatives(self) -> tuple[list[str], list[str]]:
        """Unrearranged sequences that share the columns of the 5' side, and the 3' side's right-aligned."""
        s, genome = self.structure, self._genome
        from_five = self.sequence[: self.left_end + s.five_retained]
        from_three = self.sequence[self.right_start - s.three_retained :]
        onward = [from_five + t for t in _continuations(s.five, s.five_exon, s.five_deleted, s.five_retained, genome)]
        upstream = [t + from_three for t in _lead_ins(s.three, s.three_exon, s.three_deleted, s.three_retained, genome)]
        return onward, upstream

    def place(self, read: Read) -> Placement | None:
        """Best placement of a read, ungapped first; None where it does not fit. Equal reads are placed once."""
        if read.sequence not in self._placed:
            self._placed[read.sequence] = self._place(read)
        return self._placed[read.sequence]

    def _place(self, read: Read) -> Placement | None:
        best: Placement | None = None
        for reverse in (False, True):
            found = self.place_bases(read.sense(reverse), reverse)
            if found and (best is None or found.differences < best.differences):
                best = found
            if best and best.differences <= _SURE:
                break
        return best

    def place_bases(self, bases: str, reverse: bool = False, gaps: bool = True) -> Placement | None:
        """Placement of bases that are in junction sense already, with a short gap only if `gaps`."""
        sure = self._place_sure(bases, reverse)
        if sure:
            return sure
        votes: Counter[int] = Counter()
        for offset in range(0, len(bases) - _WORD + 1, 2):
            for column in self._words.get(bases[offset : offset + _WORD], ()):
                votes[column - offset] += 1
        if not votes:
            return None
        tops = sorted(votes.items(), key=lambda item: (-item[1], item[0]))[:3]
        best = min((self._ungapped(bases, reverse, c) for c, _ in tops), key=lambda p: (p.differences, p.column))
        if best.differences <= _allowed(bases):
            return best
        columns = [c for c, _ in tops]
        near = gaps and len(columns) > 1 and 0 < abs(columns[0] - columns[1]) <= 4
        return self._place_gapped(bases, reverse, min(columns[:2])) if near else None

    def _ungapped(self, bases: str, reverse: bool, column: int) -> Placement:
        return Placement(column, column + len(bases), reverse, _differences(bases, self.sequence, column), False, bases)

    def _place_sure(self, bases: str, reverse: bool) -> Placement | None:
        """Quick way for nearly perfect reads: the place given by the bases around the breakpoint, else by the first
        known word."""
        at = bases.find(self._core)
        if at >= 0:
            column = self.breakpoint - MIN_ANCHOR - at
        else:
            words = (self._words.get(bases[i : i + _WORD], ()) for i in range(0, len(bases) - _WORD + 1, 4))
            hit = next(((i, w) for i, w in enumerate(words) if w), None)
            if hit is None or len(hit[1]) > 1:
                return None
            column = hit[1][0] - 4 * hit[0]
        placement = self._ungapped(bases, reverse, column)
        return placement if placement.differences <= _SURE else None

    def _place_gapped(self, bases: str, reverse: bool, column: int) -> Placement | None:
        """Placement with a short gap, as homopolymer errors make them."""
        start, end = max(column - 5, 0), min(column + len(bases) + 10, len(self.sequence))
        differences = _errors(self.sequence[start:end], bases)
        if differences > _allowed(bases) + 1:
            return None
        alignment = _ALIGNER.align(self.sequence[start:end], bases)[0]
        blocks = alignment.aligned[0]
        first = start + int(blocks[0][0]) - int(alignment.aligned[1][0][0])
        return Placement(first, start + int(blocks[-1][1]), reverse, differences, True, bases)

    def spanned_by(self, reads: Sequence[Read]) -> bool:
        """Do two mates lie on either side of the breakpoint, facing each other?"""
        placed = [p for p in map(self.place, reads) if p]
        if len(placed) != 2 or placed[0].reverse == placed[1].reverse:
            return False
        left, right = sorted(placed, key=lambda p: p.reverse)
        return (
            left.column + MIN_SIDE <= self.breakpoint <= right.end - MIN_SIDE
            and left.end <= self.breakpoint + BEYOND
            and right.column >= self.breakpoint - BEYOND
        )

    def core(self, flank: int) -> str:
        """The insert with `flank` bases of either side."""
        return self.sequence[max(0, self.left_end - flank) : self.right_start + flank]

    def distance(self, bases: str) -> int:
        """Errors, each a base wrong, missing or added, that turn a piece of this sequence into `bases`."""
        return _errors(self.core(len(bases)), bases)

    def crosses(self, placement: Placement) -> bool:
        """Does the placement show MIN_ANCHOR bases on either side of the breakpoint?"""
        return placement.column <= self.breakpoint - MIN_ANCHOR and placement.end >= self.breakpoint + MIN_ANCHOR

    def is_split(self, placement: Placement) -> bool:
        """Is the placed read evidence: across the breakpoint, true on both sides, worse unrearranged?"""
        if not (self.crosses(placement) and self._both_sides_fit(placement)):
            return False
        onward, upstream = self.alternatives
        length, total = len(placement.bases), len(self.sequence)
        best_other = min(
            [_differences(placement.bases, s, placement.column) for s in onward]
            + [_differences(placement.bases, s, placement.end - length + len(s) - total) for s in upstream],
            default=length,
        )
        return placement.differences + _MARGIN <= best_other

    def _both_sides_fit(self, placement: Placement) -> bool:
        """Does a short side hold no more differences than its own length allows? (With a gap, it must not be short.)"""
        left = self.breakpoint - placement.column
        if placement.gapped:
            return min(left, placement.end - self.breakpoint) >= 2 * MIN_ANCHOR
        parts = (placement.bases[:left], placement.column), (placement.bases[left:], self.breakpoint)
        return all(_differences(part, self.sequence, column) <= _allowed(part) for part, column in parts)


def _aligner() -> PairwiseAligner:
    aligner = PairwiseAligner()
    aligner.mode = "global"
    aligner.match_score, aligner.mismatch_score = 1, -1
    aligner.open_gap_score, aligner.extend_gap_score = -1, -1
    aligner.open_left_insertion_score = aligner.extend_left_insertion_score = -1
    aligner.open_right_insertion_score = aligner.extend_right_insertion_score = -1
    aligner.open_left_deletion_score = aligner.extend_left_deletion_score = 0
    aligner.open_right_deletion_score = aligner.extend_right_deletion_score = 0
    return aligner


_ALIGNER = _aligner()


def _errors(window: str, bases: str) -> int:
    """Errors of `bases` against the best piece of `window`: a wrong or added base costs 2, a missing one 1."""
    return ceil((len(bases) - float(_ALIGNER.score(window, bases))) / 2)


def _allowed(bases: str) -> int:
    """Differences a read may show: one, and one in twenty bases."""
    return 1 + len(bases) // 20


def _differences(bases: str, reference: str, column: int) -> int:
    """Mismatches of bases laid on reference from `column`; bases beyond the reference count as half mismatched."""
    start, end = max(column, 0), min(column + len(bases), len(reference))
    if end <= start:
        return len(bases)
    a, b = bases[start - column : end - column], reference[start:end]
    outside = len(bases) - (end - start)
    return outside // 2 + mismatches(a, b)


def _five_part(s: Structure, contig: str, genome: Genome) -> str:
    """5' exon part: reference, or the contig's own where it runs through exons the reference transcript lacks."""
    if s.five_matched < s.left_end - 2 and s.left_end >= 40:
        return contig[: s.left_end]
    end = s.five.exon_end(s.five_exon) - s.five_deleted
    return genome.spliced(s.five)[max(0, end - FLANK) : end]


def _three_part(s: Structure, contig: str, genome: Genome) -> str:
    tail = contig[s.right_start :]
    if s.three_matched < len(tail) - 2 and len(tail) >= 40:
        return tail
    start = s.three.exon_start(s.three_exon) - 1 + s.three_deleted
    return genome.spliced(s.three)[start : start + FLANK]


def _continuations(gene: Transcript, exon: int, deleted: int, retained: int, genome: Genome) -> list[str]:
    """What follows the 5' part without the rearrangement: the next bases of the transcript, and of the intron."""
    spliced = genome.spliced(gene)
    end = gene.exon_end(exon) - deleted
    found = [] if retained else [spliced[end : end + FLANK]]
    return found + [_beyond(gene, gene.to_genome(end), retained, genome, downstream=True)]


def _lead_ins(gene: Transcript, exon: int, deleted: int, retained: int, genome: Genome) -> list[str]:
    """What precedes the 3' part without the rearrangement."""
    spliced = genome.spliced(gene)
    start = gene.exon_start(exon) - 1 + deleted
    found = [] if retained else [spliced[max(0, start - FLANK) : start]]
    return found + [_beyond(gene, gene.to_genome(start + 1), retained, genome, downstream=False)]


def _beyond(gene: Transcript, position: int, skip: int, genome: Genome, downstream: bool) -> str:
    """FLANK genomic bases beyond a position, after `skip` more, in the gene's sense."""
    if gene.forward == downstream:
        return genome.fetch_stranded(gene.contig, position + 1 + skip, position + skip + FLANK, gene.strand)
    return genome.fetch_stranded(gene.contig, position - skip - FLANK, position - 1 - skip, gene.strand)


def explained_elsewhere(read: Read, placement: Placement, structure: Structure) -> bool:
    """Does the genome itself explain the whole read as well as the junction does (a paralogue, a pseudogene)?"""
    return any(
        a.left_clip + a.right_clip < MIN_ANCHOR // 2
        and a.mismatches <= placement.differences
        and not _shows(a, structure)
        for a in read.alignments
    )


def _shows(alignment: Alignment, structure: Structure) -> bool:
    """Is the junction itself what the alignment shows, as a splice from one gene into the other?"""
    five, three = structure.five, structure.three
    if not five.contig == three.contig == alignment.contig:
        return False
    touched = [(_overlaps(block, five), _overlaps(block, three)) for block in alignment.blocks]
    return (True, False) in touched and (False, True) in touched


def _overlaps(block: tuple[int, int], gene: Transcript) -> bool:
    return block[0] <= gene.end and block[1] >= gene.start
