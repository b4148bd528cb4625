"""RNA molecules of the synthetic genome, and what a correct report says about each.

The truth is computed from the bases by the rules of the design: bases that fit several places go to a complete 5' exon
end, then to a complete 3' exon start, then to exon, then to retained intron, last to untemplated; the frame is
arithmetic on coding lengths with the insert included. It shares no code with the fusion stage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from Bio.Seq import Seq

from ..genome.transcripts import Transcript
from ..knowledge.fusions import kinase_domain, read_domains
from ..model.records import Locus, SidePair
from ..runtime.paths import KNOWLEDGE
from .genome import SyntheticGenome
from .tables import JunctionRow

THREE_PRIME_NAMES = {"ALK": "A"}  # short names in published notation
_CHANGE = re.compile(r"c\.(\d+)(?:_(\d+))?(?:([ACGT])>([ACGT])|(dup)|(del)?(?:ins([ACGT]+))?)")


@dataclass(frozen=True)
class Piece:
    """A stretch of a molecule: bases `start`.. (0-based) are transcript positions `first`.. (1-based) of `gene`."""

    gene: str
    start: int
    first: int
    length: int


@dataclass(frozen=True)
class FusionTruth:
    """One junction as a correct report gives it; field names as in `models.Fusion`.

    `sequence`, `protein` and `premature_stop` are those of the whole molecule, also where it has a second junction.
    `left_end` is the 0-based exclusive end of the 5' exon part in the molecule, `right_start` the 0-based start of the
    3' exon part."""

    name: str
    kind: str
    variant: str | None
    notation: str
    five_prime: Locus
    three_prime: Locus
    inserted_sequence: str
    retained_intron_bases: SidePair
    untemplated_sequence: str
    microhomology: int
    deleted_bases: SidePair
    frame: str
    premature_stop: bool
    kinase_domain_retained: bool | None
    sequence: str
    protein: str
    left_end: int
    right_start: int


@dataclass(frozen=True)
class Molecule:
    """One kind of RNA molecule, 5' to 3'. `changes` are the "GENE:c." names of the changes applied."""

    name: str
    sequence: str
    pieces: tuple[Piece, ...]
    fusions: tuple[FusionTruth, ...] = ()
    changes: tuple[str, ...] = ()


# ---------------------------------------------------------------- molecules without fusion
def wild_type(genome: SyntheticGenome, gene: str) -> Molecule:
    """The spliced reference transcript."""
    sequence = genome.spliced[gene]
    return Molecule(gene, sequence, (Piece(gene, 0, 1, len(sequence)),))


def exon_skipping(genome: SyntheticGenome, gene: str, skipped: Iterable[int]) -> Molecule:
    """The reference transcript without the exons `skipped`."""
    left_out = frozenset(skipped)
    exons = [n for n in range(1, len(genome.transcripts[gene].exons) + 1) if n not in left_out]
    label = ",".join(map(str, sorted(left_out)))
    return _joined(genome, f"{gene} without exon {label}", [(gene, n, n) for n in exons])


def unspliced(genome: SyntheticGenome, gene: str) -> Molecule:
    """The pre-mRNA."""
    pieces, start = [], 0
    transcript = genome.transcripts[gene]
    for number, (low, high) in enumerate(transcript.exons, 1):
        pieces.append(Piece(gene, start, transcript.exon_start(number), high - low + 1))
        start += high - low + 1
        start += len(genome.introns[gene][number - 1]) if number < len(transcript.exons) else 0
    return Molecule(f"{gene} unspliced", genome.unspliced[gene], tuple(pieces))


def read_through(genome: SyntheticGenome, upstream: str, downstream: str) -> Molecule:
    """Two neighbours on one strand transcribed together: the last exon of the first and the first exon of the second
    are spliced out, as in most read-through transcripts."""
    last = len(genome.transcripts[upstream].exons)
    end = len(genome.transcripts[downstream].exons)
    return _joined(genome, f"{upstream}-{downstream} read-through", [(upstream, 1, last - 1), (downstream, 2, end)])


def _joined(genome: SyntheticGenome, name: str, blocks: Sequence[tuple[str, int, int]]) -> Molecule:
    """Exon blocks (gene, first exon, last exon) joined end to end."""
    pieces, parts, start = [], [], 0
    for gene, first, last in blocks:
        bases = _exons(genome, gene, first, last)
        pieces.append(Piece(gene, start, genome.transcripts[gene].exon_start(first), len(bases)))
        parts.append(bases)
        start += len(bases)
    return Molecule(name, "".join(parts), tuple(pieces))


def _exons(genome: SyntheticGenome, gene: str, first: int, last: int) -> str:
    transcript = genome.transcripts[gene]
    return genome.spliced[gene][transcript.exon_start(first) - 1 : transcript.exon_end(last)]


# ---------------------------------------------------------------- fusions
def fusion(genome: SyntheticGenome, junctions: Sequence[JunctionRow]) -> Molecule:
    """The transcript with the given junctions, in order. Raises ValueError when they do not chain."""
    for left, right in zip(junctions, junctions[1:], strict=False):
        if left.three_gene != right.five_gene or left.three_exon > right.five_exon:
            raise ValueError(f"{left.molecule}: {left.three_gene} does not lead to the next junction")
    head = junctions[0]
    parts = [_exons(genome, head.five_gene, 1, head.five_exon)]
    pieces = [Piece(head.five_gene, 0, 1, len(parts[0]) - head.five_deleted)]
    for number, row in enumerate(junctions):
        last = _last_exon(genome, junctions, number)
        tail = _exons(genome, row.three_gene, row.three_exon, last)[row.three_deleted :]
        parts[-1] = parts[-1][: len(parts[-1]) - row.five_deleted]
        parts += [_insert(genome, row), tail]
        first = genome.transcripts[row.three_gene].exon_start(row.three_exon) + row.three_deleted
        pieces.append(Piece(row.three_gene, sum(map(len, parts[:-1])), first, len(tail)))
    molecule = Molecule(head.molecule, "".join(parts), tuple(pieces))
    return replace(molecule, fusions=tuple(_truth(genome, molecule, junctions, i) for i in range(len(junctions))))


def _last_exon(genome: SyntheticGenome, junctions: Sequence[JunctionRow], number: int) -> int:
    """Last exon of the 3' part of junction `number`: the next junction's 5' exon, else the gene's last exon."""
    if number + 1 < len(junctions):
        return junctions[number + 1].five_exon
    return len(genome.transcripts[junctions[number].three_gene].exons)


def _insert(genome: SyntheticGenome, row: JunctionRow) -> str:
    behind = genome.introns[row.five_gene][row.five_exon - 1]
    inserted = row.inserted
    if inserted.startswith("intron:"):
        first, last = map(int, inserted.removeprefix("intron:").split("-"))
        inserted = behind[first - 1 : last]
    before = genome.introns[row.three_gene][row.three_exon - 2] if row.three_exon > 1 else ""
    return behind[: row.five_retained] + inserted + before[len(before) - row.three_retained :]


@dataclass(frozen=True)
class _Split:
    """A junction window cut by the rule: 5' exon [0, left), insert [left, right), 3' exon [right, end)."""

    left: int
    right: int
    retained: SidePair


def _common_prefix(a: str, b: str) -> int:
    length = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        length += 1
    return length


def _split(window: str, five_exon: str, five_intron: str, three_intron: str, three_exon: str) -> _Split:
    """Cut a window that runs from the first base of the 5' exon to the last base of the 3' exon."""
    matched_five = _common_prefix(window, five_exon + five_intron)
    matched_three = _common_prefix(window[::-1], (three_intron + three_exon)[::-1])
    five_complete, three_complete = matched_five >= len(five_exon), matched_three >= len(three_exon)
    left = min(matched_five, len(five_exon))
    right = len(window) - min(matched_three, len(three_exon))
    if right < left:
        if three_complete and not five_complete:
            left = right
        else:
            right, three_complete = left, False
    gap = right - left
    five = min(matched_five - len(five_exon), gap) if five_complete else 0
    three = min(matched_three - len(three_exon), gap - five) if three_complete else 0
    return _Split(left, right, SidePair(five, three))


def _microhomology(window: str, cut: _Split, five_run: str, three_run: str) -> int:
    """Bases by which the place where both genes meet can be shifted right or left; 0 with untemplated bases there."""
    meeting = cut.left + cut.retained.five_prime
    if meeting != cut.right - cut.retained.three_prime:
        return 0
    before = three_run[: len(three_run) - (len(window) - meeting)]
    rightward = _common_prefix(window[meeting:], five_run[meeting:])
    return rightward + _common_prefix(window[:meeting][::-1], before[::-1])


def _truth(genome: SyntheticGenome, molecule: Molecule, junctions: Sequence[JunctionRow], number: int) -> FusionTruth:
    row, five_piece, three_piece = junctions[number], molecule.pieces[number], molecule.pieces[number + 1]
    five, three = genome.transcripts[row.five_gene], genome.transcripts[row.three_gene]
    five_exon, three_exon = genome.exon(row.five_gene, row.five_exon), genome.exon(row.three_gene, row.three_exon)
    behind = genome.introns[row.five_gene][row.five_exon - 1]
    before = genome.introns[row.three_gene][row.three_exon - 2] if row.three_exon > 1 else ""
    begin = five_piece.start + five.exon_start(row.five_exon) - five_piece.first
    end = three_piece.start + len(three_exon) - row.three_deleted
    window = molecule.sequence[begin:end]
    cut = _split(window, five_exon, behind, before, three_exon)
    deleted = SidePair(len(five_exon) - cut.left, len(three_exon) - (len(window) - cut.right))
    insert = window[cut.left : cut.right]
    five_last = five.exon_end(row.five_exon) - deleted.five_prime
    three_first = three.exon_start(row.three_exon) + deleted.three_prime
    sequence, protein, stopped = _coding(genome, molecule)
    return FusionTruth(
        name=f"{row.five_gene}::{row.three_gene}",
        kind=_kind(junctions),
        variant=row.variant,
        notation=_notation(row, deleted, cut.retained, insert),
        five_prime=_locus(five, row.five_exon, five_last),
        three_prime=_locus(three, row.three_exon, three_first),
        inserted_sequence=insert,
        retained_intron_bases=cut.retained,
        untemplated_sequence=(
            ""
            if row.inserted.startswith("intron:")
            else insert[cut.retained.five_prime : len(insert) - cut.retained.three_prime]
        ),
        microhomology=_microhomology(window, cut, five_exon + behind, before + three_exon),
        deleted_bases=deleted,
        frame=_frame(five, five_last, len(insert), three, three_first),
        premature_stop=stopped,
        kinase_domain_retained=_kinase_retained(genome, molecule),
        sequence=sequence,
        protein=protein,
        left_end=begin + cut.left,
        right_start=begin + cut.right,
    )


def _kind(junctions: Sequence[JunctionRow]) -> str:
    if len(junctions) > 1:
        return "disrupting_event"
    return "reciprocal" if junctions[0].five_gene == "ALK" else "kinase_fusion"


def _notation(row: JunctionRow, deleted: SidePair, retained: SidePair, insert: str) -> str:
    five = f"{row.five_name or row.five_gene + 'e'}{row.five_exon}"
    three = f"{THREE_PRIME_NAMES.get(row.three_gene, row.three_gene + 'e')}{row.three_exon}"
    left = len(insert) - retained.three_prime
    text = five + (f"del{deleted.five_prime}" if deleted.five_prime else "") + ";"
    text += f"ins{left}" if left else ""
    if retained.three_prime:
        text += (";" if left else "") + f"ins{retained.three_prime}"
    return text + (f"del{deleted.three_prime}" if deleted.three_prime else "") + three


def _locus(transcript: Transcript, exon: int, position: int) -> Locus:
    return Locus(
        transcript.gene,
        transcript.transcript_id,
        exon,
        transcript.contig,
        transcript.to_genome(position),
        transcript.strand,
    )


def _frame(five: Transcript, five_last: int, inserted: int, three: Transcript, three_first: int) -> str:
    coding_five, coding_three = five.to_coding(five_last), three.to_coding(three_first)
    if coding_five is None or coding_three is None:
        return "undetermined"
    return "in_frame" if (coding_five + inserted - (coding_three - 1)) % 3 == 0 else "out_of_frame"


def _coding(genome: SyntheticGenome, molecule: Molecule) -> tuple[str, str, bool]:
    """Bases from the 5' coding start to the 3' stop, their translation, and whether a stop comes before that end."""
    head, tail = molecule.pieces[0], molecule.pieces[-1]
    first, last = genome.transcripts[head.gene].cds, genome.transcripts[tail.gene].cds
    start = first[0] - head.first + head.start if first else 0
    end = last[1] + 3 - tail.first + 1 + tail.start if last else len(molecule.sequence)
    sequence = molecule.sequence[start:end]
    protein = str(Seq(sequence[: len(sequence) // 3 * 3]).translate(to_stop=True))
    has_stop = len(protein) < len(sequence) // 3
    return sequence, protein, has_stop and 3 * len(protein) + 3 < len(sequence)


def _kinase_retained(genome: SyntheticGenome, molecule: Molecule) -> bool | None:
    """Whether the last part of the molecule holds the exons of the ALK kinase domain; None when it is not ALK."""
    tail = molecule.pieces[-1]
    if tail.gene != "ALK":
        return False if any(piece.gene == "ALK" for piece in molecule.pieces) else None
    domain, alk = kinase_domain("ALK", read_domains(KNOWLEDGE)), genome.transcripts["ALK"]
    return domain is not None and alk.to_coding(tail.first) is not None and tail.first <= alk.codon_start(domain.first)


# ---------------------------------------------------------------- small changes
def with_changes(genome: SyntheticGenome, molecule: Molecule, gene: str, names: Iterable[str]) -> Molecule:
    """The molecule with coding changes of one gene ("c.3604G>A", "c.2235_2249del", "c.10_11insA", "c.4_6dup",
    "c.4_6delinsAC"), all given at once. Raises ValueError when a position is not in the molecule, a reference base is
    wrong, a name is not understood, or the molecule was changed before."""
    if molecule.changes:
        raise ValueError(f"{molecule.name}: give all changes at once")
    edits = sorted((_edit(genome, molecule, gene, name) for name in names), reverse=True)
    sequence = molecule.sequence
    for start, end, bases, _ in edits:
        sequence = sequence[:start] + bases + sequence[end:]
    changes = tuple(f"{gene}:{edit[3]}" for edit in reversed(edits))
    return replace(molecule, name=f"{molecule.name} {' '.join(changes)}", sequence=sequence, changes=changes)


def _edit(genome: SyntheticGenome, molecule: Molecule, gene: str, name: str) -> tuple[int, int, str, str]:
    """(start, end, new bases, name) of one change, 0-based half-open in the molecule."""
    match = _CHANGE.fullmatch(name)
    if match is None:
        raise ValueError(f"{name}: not a change this simulator knows")
    first, last = int(match[1]), int(match[2] or match[1])
    start, end = locate(genome, molecule, gene, first), locate(genome, molecule, gene, last) + 1
    if match[3]:
        if molecule.sequence[start:end] != match[3]:
            raise ValueError(f"{name}: {gene} has {molecule.sequence[start:end]} there")
        return start, end, match[4], name
    if match[5]:
        return start, end, molecule.sequence[start:end] * 2, name
    if match[6]:
        return start, end, match[7] or "", name
    return start + 1, start + 1, match[7] or "", name


def locate(genome: SyntheticGenome, molecule: Molecule, gene: str, coding: int) -> int:
    """0-based offset of a coding position (c., 1-based) in a molecule. Raises ValueError when it is not there."""
    cds = genome.transcripts[gene].cds
    if cds is None:
        raise ValueError(f"{gene} has no coding sequence")
    position = cds[0] + coding - 1
    for piece in molecule.pieces:
        if piece.gene == gene and piece.first <= position < piece.first + piece.length:
            return piece.start + position - piece.first
    raise ValueError(f"{molecule.name} does not hold {gene} c.{coding}")
