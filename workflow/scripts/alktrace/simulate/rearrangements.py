"""Rearranged DNA of the synthetic genome, and what a correct report says about each breakpoint.

A haplotype is a list of pieces: stretches of the reference, either way round, and bases that the reference does not
have. Rearrangements, point mutations and gains are all written that way. The truth is read from the pieces alone and
shares no code with the fusion stage. Positions are 1-based and inclusive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..genome.sequence import reverse_complement
from ..genome.transcripts import Transcript
from .genome import SyntheticGenome, repeat_consensus

LEFT, RIGHT = "left", "right"
FIVE, THREE = "five", "three"
SAME_REPEAT = 0.7  # share of equal bases by which a stretch is a copy of the repeat; chance gives 0.25

_CHANGE = re.compile(r"c\.(\d+)([+-]\d+)?(?:_(\d+)([+-]\d+)?)?(?:([ACGT])>([ACGT])|(dup)|(del)?(?:ins([ACGT]+))?)")


@dataclass(frozen=True)
class Segment:
    """Reference bases start..end of a contig, in the sense of `strand`."""

    contig: str
    start: int
    end: int
    strand: str = "+"

    def __len__(self) -> int:
        return self.end - self.start + 1


Piece = Segment | str


@dataclass(frozen=True)
class Breakend:
    """One side of a junction: `position` is its last base that is kept, `keeps` the direction in which the kept bases
    lie on the + strand."""

    contig: str
    position: int
    keeps: str


@dataclass(frozen=True)
class Prediction:
    """The transcript a junction predicts: last complete exon of the 5' gene, first complete one of the 3' gene.

    `five_broken` and `three_broken` are the exons that the breakpoint cuts, if any; the frame is then undetermined."""

    five_gene: str
    five_exon: int
    three_gene: str
    three_exon: int
    five_broken: int | None
    three_broken: int | None
    frame: str


@dataclass(frozen=True)
class JunctionTruth:
    """Two breakends in the order of the derivative chromosome, the bases between them, and the number of bases by which
    the junction can be shifted without changing the sequence. `prediction` is None where no gene runs into a gene."""

    first: Breakend
    second: Breakend
    inserted: str
    microhomology: int
    prediction: Prediction | None


@dataclass(frozen=True)
class Rearrangement:
    """`contigs` are replaced by `derivatives` in the share of genome copies that carry the event."""

    name: str
    event_type: str
    contigs: tuple[str, ...]
    derivatives: tuple[tuple[Piece, ...], ...]


# ---------------------------------------------------------------- events


def _whole(genome: SyntheticGenome, contig: str) -> Segment:
    return Segment(contig, 1, len(genome.contigs[contig]))


def inversion(
    genome: SyntheticGenome,
    name: str,
    contig: str,
    first: int,
    second: int,
    *,
    inserted: tuple[str, str] = ("", ""),
    lost: tuple[int, int] = (0, 0),
    only: int | None = None,
) -> Rearrangement:
    """The stretch first+1..second turned round. `inserted` are bases at its two junctions, `lost` reference bases
    missing inside of each breakpoint; with `only` 0 or 1 the chromosome has just that junction."""
    end = len(genome.contigs[contig])
    turned = Segment(contig, first + 1 + lost[0], second - lost[1], "-")
    before: tuple[Piece, ...] = (Segment(contig, 1, first), inserted[0]) if only != 1 else ()
    behind: tuple[Piece, ...] = (inserted[1], Segment(contig, second + 1, end)) if only != 0 else ()
    return Rearrangement(name, "inversion", (contig,), (_plain((*before, turned, *behind)),))


def deletion(
    genome: SyntheticGenome, name: str, contig: str, first: int, last: int, inserted: str = ""
) -> Rearrangement:
    """Bases first..last are missing."""
    end = len(genome.contigs[contig])
    pieces = (Segment(contig, 1, first - 1), inserted, Segment(contig, last + 1, end))
    return Rearrangement(name, "deletion", (contig,), (_plain(pieces),))


def duplication(
    genome: SyntheticGenome, name: str, contig: str, first: int, last: int, inserted: str = ""
) -> Rearrangement:
    """Bases first..last twice, one behind the other."""
    end = len(genome.contigs[contig])
    pieces = (Segment(contig, 1, last), inserted, Segment(contig, first, end))
    return Rearrangement(name, "duplication", (contig,), (_plain(pieces),))


def insertion(
    genome: SyntheticGenome, name: str, into: tuple[str, int], piece: Segment, inserted: tuple[str, str] = ("", "")
) -> Rearrangement:
    """A copy of `piece` behind position `into` of another contig."""
    contig, position = into
    end = len(genome.contigs[contig])
    pieces = (Segment(contig, 1, position), inserted[0], piece, inserted[1], Segment(contig, position + 1, end))
    return Rearrangement(name, "insertion", (contig,), (_plain(pieces),))


def translocation(
    genome: SyntheticGenome,
    name: str,
    first: Breakend,
    second: Breakend,
    *,
    inserted: tuple[str, str] = ("", ""),
    reciprocal: bool = True,
) -> Rearrangement:
    """What lies at two breakends of different contigs joined, and with `reciprocal` what is left of both, too."""
    derivatives = [_plain((_side(genome, first, True), inserted[0], _side(genome, second, False)))]
    if reciprocal:
        others = _other(first), _other(second)
        derivatives.append(_plain((_side(genome, others[0], True), inserted[1], _side(genome, others[1], False))))
    return Rearrangement(name, "translocation", (first.contig, second.contig), tuple(derivatives))


def _side(genome: SyntheticGenome, breakend: Breakend, before: bool) -> Segment:
    """The kept stretch of a breakend, ending (`before`) or beginning at it."""
    whole = _whole(genome, breakend.contig)
    if breakend.keeps == LEFT:
        return replace(whole, end=breakend.position, strand="+" if before else "-")
    return replace(whole, start=breakend.position, strand="-" if before else "+")


def _other(breakend: Breakend) -> Breakend:
    """The breakend of what a breakend leaves behind."""
    if breakend.keeps == LEFT:
        return replace(breakend, position=breakend.position + 1, keeps=RIGHT)
    return replace(breakend, position=breakend.position - 1, keeps=LEFT)


def _plain(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece)


def fuse(
    genome: SyntheticGenome,
    name: str,
    five: tuple[str, int],
    three: tuple[str, int],
    *,
    inserted: tuple[str, str] = ("", ""),
    reciprocal: bool = True,
) -> Rearrangement:
    """The event that joins the 5' part of a gene to the 3' part of another at two genomic positions.

    `five` is (gene, its last kept base), `three` (gene, its first kept base). On one contig it is an inversion for
    genes on opposite strands, else a deletion or duplication; on two contigs a translocation.
    """
    transcripts = genome.transcripts[five[0]], genome.transcripts[three[0]]
    ends = (
        Breakend(transcripts[0].contig, five[1], LEFT if transcripts[0].forward else RIGHT),
        Breakend(transcripts[1].contig, three[1], RIGHT if transcripts[1].forward else LEFT),
    )
    return join(genome, name, ends[0], ends[1], inserted=inserted, reciprocal=reciprocal)


def join(
    genome: SyntheticGenome,
    name: str,
    first: Breakend,
    second: Breakend,
    *,
    inserted: tuple[str, str] = ("", ""),
    reciprocal: bool = True,
) -> Rearrangement:
    """The simplest event that makes the junction of two breakends (first one before the second one)."""
    if first.contig != second.contig:
        return translocation(genome, name, first, second, inserted=inserted, reciprocal=reciprocal)
    contig = first.contig
    low, high = sorted((first.position, second.position))
    if first.keeps == second.keeps:
        turned = inserted if first.position <= second.position else tuple(map(reverse_complement, inserted))
        wanted = 0 if first.keeps == LEFT else 1  # the junction at the left ends, or that at the right ends
        both = (turned[wanted], turned[1 - wanted])
        only = None if reciprocal else wanted
        return inversion(genome, name, contig, low - wanted, high - wanted, inserted=both, only=only)
    bases = inserted[0] if first.keeps == LEFT else reverse_complement(inserted[0])
    left = first if first.keeps == LEFT else second
    right = second if left is first else first
    if left.position < right.position:
        return deletion(genome, name, contig, left.position + 1, right.position - 1, bases)
    return duplication(genome, name, contig, right.position, left.position, bases)


# ---------------------------------------------------------------- sequence and truth


def bases_of(genome: SyntheticGenome, pieces: Iterable[Piece]) -> str:
    """Sequence of a haplotype."""
    parts = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(piece)
            continue
        bases = genome.contigs[piece.contig][piece.start - 1 : piece.end]
        parts.append(bases if piece.strand == "+" else reverse_complement(bases))
    return "".join(parts)


def junctions(genome: SyntheticGenome, rearrangement: Rearrangement) -> tuple[JunctionTruth, ...]:
    """Every place of the derivatives where reference bases meet that are no neighbours."""
    found = []
    for pieces in rearrangement.derivatives:
        before: Segment | None = None
        inserted = ""
        for piece in pieces:
            if isinstance(piece, str):
                inserted += piece
                continue
            if before is not None:
                found.append(_junction(genome, before, inserted, piece))
            before, inserted = piece, ""
    return tuple(found)


def _junction(genome: SyntheticGenome, before: Segment, inserted: str, after: Segment) -> JunctionTruth:
    forward = before.strand == "+", after.strand == "+"
    first = Breakend(before.contig, before.end if forward[0] else before.start, LEFT if forward[0] else RIGHT)
    second = Breakend(after.contig, after.start if forward[1] else after.end, RIGHT if forward[1] else LEFT)
    shift = 0 if inserted else _microhomology(genome, first, second)
    prediction = predict(genome, first, second) or predict(genome, second, first)
    return JunctionTruth(first, second, inserted, shift, prediction)


def _microhomology(genome: SyntheticGenome, first: Breakend, second: Breakend) -> int:
    kept = _run(genome, first, outward=False), _run(genome, second, outward=False)
    lost = _run(genome, first, outward=True), _run(genome, second, outward=True)
    complement = str.maketrans("ACGT", "TGCA")
    turned = (
        [run.translate(complement) for run in (kept[1], lost[1])] if first.keeps == second.keeps else [kept[1], lost[1]]
    )
    return _shared(lost[0], turned[0]) + _shared(turned[1], kept[0])


def _run(genome: SyntheticGenome, breakend: Breakend, outward: bool, length: int = 400) -> str:
    """Bases from a breakend away from the junction (kept ones) or beyond it (`outward`), + strand letters."""
    contig, at = genome.contigs[breakend.contig], breakend.position
    if (breakend.keeps == LEFT) != outward:
        end = at if not outward else at - 1
        return contig[max(end - length, 0) : end][::-1]
    start = at if outward else at - 1
    return contig[start : start + length]


def _shared(a: str, b: str) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def side(transcript: Transcript, breakend: Breakend) -> str:
    """Which part of a gene a breakend keeps."""
    return FIVE if (breakend.keeps == LEFT) == transcript.forward else THREE


def predict(genome: SyntheticGenome, five: Breakend, three: Breakend) -> Prediction | None:
    """The transcript of two breakends where the first keeps a gene's 5' part and the second another's 3' part."""
    ends = [
        next((t for t in genome.transcripts.values() if t.contig == b.contig and t.start <= b.position <= t.end), None)
        for b in (five, three)
    ]
    if ends[0] is None or ends[1] is None:
        return None
    if side(ends[0], five) != FIVE or side(ends[1], three) != THREE:
        return None
    head, tail = ends[0], ends[1]
    upstream = [n for n in range(1, len(head.exons) + 1) if _before(head, head.last_base(n), five.position)]
    downstream = [n for n in range(1, len(tail.exons) + 1) if _before(tail, three.position, tail.first_base(n))]
    if not upstream or not downstream:
        return None
    broken = _broken(head, five.position, upstream[-1] + 1), _broken(tail, three.position, downstream[0] - 1)
    frame = "undetermined" if any(broken) else _frame(head, upstream[-1], tail, downstream[0])
    return Prediction(head.gene, upstream[-1], tail.gene, downstream[0], *broken, frame)


def _before(transcript: Transcript, position: int, other: int) -> bool:
    """Whether a genomic position is `other` or comes before it in transcript sense."""
    return position <= other if transcript.forward else position >= other


def _broken(transcript: Transcript, position: int, exon: int) -> int | None:
    return exon if transcript.exon_at(position) == exon else None


def _frame(five: Transcript, five_exon: int, three: Transcript, three_exon: int) -> str:
    coding = five.to_coding(five.exon_end(five_exon)), three.to_coding(three.exon_start(three_exon))
    if coding[0] is None or coding[1] is None:
        return "undetermined"
    return "in_frame" if (coding[0] - coding[1] + 1) % 3 == 0 else "out_of_frame"


# ---------------------------------------------------------------- breakpoints


def intron_position(genome: SyntheticGenome, gene: str, intron: int, share: float) -> int:
    """Genomic position at a share of an intron's length, transcript sense."""
    start, end = genome.transcripts[gene].intron_span(intron)
    offset = int((end - start) * share)
    return start + offset if genome.transcripts[gene].forward else end - offset


def repeat_copies(genome: SyntheticGenome, contig: str, start: int, end: int) -> list[Segment]:
    """Copies of the genome's repeat that lie wholly in a stretch; `strand` is the way round of each."""
    consensus = repeat_consensus(genome.seed)
    bases = np.frombuffer(genome.contigs[contig][start - 1 : end].encode(), dtype=np.uint8)
    if len(bases) < len(consensus):
        return []
    windows = np.lib.stride_tricks.sliding_window_view(bases, len(consensus))
    found = []
    for strand, text in (("+", consensus), ("-", reverse_complement(consensus))):
        equal = (windows == np.frombuffer(text.encode(), dtype=np.uint8)).mean(axis=1)
        for offset in np.flatnonzero(equal > SAME_REPEAT).tolist():
            found.append(Segment(contig, start + offset, start + offset + len(consensus) - 1, strand))
    return sorted(found, key=lambda s: s.start)


def repeat_breakpoints(
    genome: SyntheticGenome, five: tuple[str, int], three: tuple[str, int], rng: np.random.Generator
) -> tuple[int, int]:
    """Genomic positions (last kept base of the 5' gene, first kept one of the 3' gene) of a recombination between two
    copies of the repeat that run the same way in (gene, intron) `five` and `three`, inside the copies' middle.
    Raises ValueError when there are no two such copies."""
    genes = genome.transcripts[five[0]], genome.transcripts[three[0]]
    copies = [
        repeat_copies(genome, t.contig, *t.intron_span(n)) for t, n in zip(genes, (five[1], three[1]), strict=True)
    ]
    pairs = [
        (a, b) for a in copies[0] for b in copies[1]
        if (a.strand == genes[0].strand) == (b.strand == genes[1].strand)
    ]  # fmt: skip
    if not pairs:
        raise ValueError(
            f"{five[0]} intron {five[1]} and {three[0]} intron {three[1]} share no repeat the same way round"
        )
    a, b = pairs[int(rng.integers(len(pairs)))]
    offset = int(rng.integers(len(a) // 4, len(a) * 3 // 4))  # in the sense of the transcripts
    last = a.start + offset - 1 if genes[0].forward else a.end - offset + 1
    first = b.start + offset if genes[1].forward else b.end - offset
    return last, first


# ---------------------------------------------------------------- point mutations


@dataclass(frozen=True)
class Edit:
    """Reference bases start..end (start = end + 1: none) of a contig become `bases`, + strand."""

    contig: str
    start: int
    end: int
    bases: str


def edit(genome: SyntheticGenome, gene: str, name: str) -> Edit:
    """A change of a gene by its c. name ("c.3604G>A", "c.3028+1G>T", "c.2235_2249del", "c.10_11insA", "c.4_6dup").

    Raises ValueError when the name is not understood or the reference base is another."""
    match = _CHANGE.fullmatch(name)
    if match is None:
        raise ValueError(f"{name}: not a change this simulator knows")
    transcript = genome.transcripts[gene]
    first = _genomic(transcript, int(match[1]), int(match[2] or 0))
    last = _genomic(transcript, int(match[3]), int(match[4] or 0)) if match[3] else first
    low, high = sorted((first, last))
    bases = genome.contigs[transcript.contig][low - 1 : high]
    sense = bases if transcript.forward else reverse_complement(bases)
    if match[5] and sense != match[5]:
        raise ValueError(f"{name}: {gene} has {sense} there")
    new = match[6] or match[9] or ""
    new = new if transcript.forward else reverse_complement(new)
    if match[7]:
        return Edit(transcript.contig, high + 1, high, bases)
    if match[5] or match[8]:
        return Edit(transcript.contig, low, high, new)
    return Edit(transcript.contig, low + 1, low, new)


def _genomic(transcript: Transcript, coding: int, offset: int) -> int:
    if transcript.cds is None:
        raise ValueError(f"{transcript.gene} has no coding sequence")
    position = transcript.to_genome(transcript.cds[0] + coding - 1)
    return position + offset if transcript.forward else position - offset


def edited(pieces: Sequence[Piece], edits: Iterable[Edit]) -> tuple[Piece, ...]:
    """A haplotype with edits made wherever it holds their bases."""
    found: list[Piece] = list(pieces)
    for change in edits:
        made: list[Piece] = []
        for piece in found:
            inside = (
                isinstance(piece, Segment)
                and piece.contig == change.contig
                and piece.start < change.start
                and change.end < piece.end
            )
            if not inside or isinstance(piece, str):
                made.append(piece)
                continue
            left, right = replace(piece, end=change.start - 1), replace(piece, start=change.end + 1)
            bases = change.bases if piece.strand == "+" else reverse_complement(change.bases)
            made += [left, bases, right] if piece.strand == "+" else [right, bases, left]
        found = made
    return _plain(found)
