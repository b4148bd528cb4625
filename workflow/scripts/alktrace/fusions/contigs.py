"""Seeds (reads that leave the target gene) and the contigs grown from them through the junction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..genome.fragments import Alignment, Fragment, Read
from ..genome.sequence import is_informative, known_bases, mismatches, reverse_complement
from ..genome.transcripts import Transcript
from .reads import SPARE, inside, unexplained
from .word_index import TargetIndex, TargetMatch

MIN_FOREIGN = 10  # bases beyond the target match that make a read a seed
BORDER = 40  # bases of the target beside a border by which reads that leave there are found: errors spare a word
MIN_SHARED = 6  # bases on either side of a border that a second fragment must share
MIN_OVERLAP = 20  # bases by which a read must overlap a contig to extend it
MIN_INNER_MATCH = 40  # target bases that count with foreign ones on both sides: a short exon
MAX_BORDERS = 6  # places in the target that the same foreign bases may follow
MAX_FOREIGN = 200  # a contig is long enough when it reaches this far beyond the target
_WORD, _STRIDE = 14, 4
_MIN_AGREEMENT = 0.6


@dataclass(frozen=True)
class Seed:
    """A read in target sense. `into` is True where the target is the 3' part (reads run into it)."""

    name: str
    sequence: str
    target_length: int
    into: bool
    target_border: tuple[int, int]  # sequence of the index and position where the target match ends

    @property
    def next_bases(self) -> str:
        """The first foreign bases beyond the target."""
        if self.into:
            return self.sequence[max(0, self.foreign_length - MIN_FOREIGN) : self.foreign_length]
        return self.sequence[self.target_length : self.target_length + MIN_FOREIGN]

    @property
    def foreign_length(self) -> int:
        return len(self.sequence) - self.target_length

    @property
    def foreign(self) -> str:
        """The bases beyond the target, next to it first."""
        return self.sequence[: self.foreign_length][::-1] if self.into else self.sequence[self.target_length :]


def seeds_of(fragment: Fragment, gene: Transcript, index: TargetIndex) -> list[Seed]:
    """Seeds among a fragment's mates: bases of the gene joined to at least MIN_FOREIGN others."""
    found = []
    for read in fragment.reads:
        hit = _oriented_match(read, index)
        if hit is None:
            continue
        sequence, match, reverse = hit
        left, right = _foreign(read, gene, match, len(sequence), reverse)
        if min(left, right) >= MIN_FOREIGN and match.length < MIN_INNER_MATCH:
            continue  # a few bases like the target's inside a read of something else
        if left >= MIN_FOREIGN and known_bases(sequence[: match.start]) >= MIN_FOREIGN:
            border = match.sequence, match.position
            found.append(Seed(read.name, sequence[: match.end], match.length, True, border))
        if right >= MIN_FOREIGN and known_bases(sequence[match.end :]) >= MIN_FOREIGN:
            border = match.sequence, match.position + match.length
            found.append(Seed(read.name, sequence[match.start :], match.length, False, border))
    return [s for s in found if is_informative(s.foreign)]


def without_adapters(seeds: Sequence[Seed]) -> list[Seed]:
    """Seeds whose foreign bases do not follow the target at many places, as sequencing adapters do."""
    borders: dict[str, set[tuple[int, int]]] = {}
    for seed in seeds:
        borders.setdefault(seed.next_bases, set()).add((seed.target_border[0], seed.target_border[1] // 4))
    return [s for s in seeds if len(borders[s.next_bases]) <= MAX_BORDERS]


def _oriented_match(read: Read, index: TargetIndex) -> tuple[str, TargetMatch, bool] | None:
    """The read in target sense, its longest match, and whether that is the reverse of the read as sequenced."""
    candidates = []
    for reverse in (False, True):
        sequence = read.sense(reverse)
        match = index.find(sequence)
        if match is not None:
            candidates.append((sequence, match, reverse))
    return max(candidates, key=lambda c: (c[1].length, not c[2])) if candidates else None


def _foreign(read: Read, gene: Transcript, match: TargetMatch, length: int, reverse: bool) -> tuple[int, int]:
    """Bases left and right of the target match that no alignment to the gene explains, in target sense."""
    left, right = match.start, length - match.end
    best = _best_alignment(read, gene)
    if best is None:
        return left, right
    aligned = _aligned_query(best, length, reverse)
    if not inside(best, gene):
        covered = min(match.end, aligned[1]) - max(match.start, aligned[0])
        return (0, 0) if 2 * covered > match.length else (left, right)
    if best.start < gene.start or best.end > gene.end:  # spliced across the gene's border
        return left, right
    return min(left, aligned[0]) if aligned[0] >= MIN_FOREIGN else 0, (
        min(right, length - aligned[1]) if length - aligned[1] >= MIN_FOREIGN else 0
    )


def _best_alignment(read: Read, gene: Transcript) -> Alignment | None:
    """The primary alignment, or one to the gene that is no worse: a copy of the gene may have won by lot."""
    if read.primary is None or inside(read.primary, gene):
        return read.primary
    most = unexplained(read.primary) + SPARE
    return min(
        (a for a in read.alignments if inside(a, gene) and unexplained(a) <= most),
        key=unexplained,
        default=read.primary,
    )


def _aligned_query(alignment: Alignment, length: int, reverse: bool) -> tuple[int, int]:
    """Query interval (0-based, half-open) that an alignment covers, on the read turned round if `reverse`."""
    left, right = alignment.left_clip, alignment.right_clip
    if alignment.reverse != reverse:
        left, right = right, left
    return left, length - right


class ReadPool:
    """Reads, both strands, found by shared words; `flip` keeps them back to front: one routine grows both ends."""

    def __init__(self, fragments: Iterable[Fragment], flip: bool):
        reads = [r for f in fragments for r in f.reads]
        self.names = [r.name for r in reads for _ in range(2)]
        both = [s for r in reads for s in (r.sequence, reverse_complement(r.sequence))]
        weights = [w for r in reads for w in (_weights(r), _weights(r)[::-1])]
        self.weights = [w[::-1] for w in weights] if flip else weights
        self.flip = flip
        self.sequences = [s[::-1] for s in both] if flip else both
        self._words: dict[str, list[tuple[int, int]]] = {}
        for number, sequence in enumerate(self.sequences):
            for offset in range(0, len(sequence) - _WORD + 1, _STRIDE):
                self._words.setdefault(sequence[offset : offset + _WORD], []).append((number, offset))

    def sharing(self, part: str) -> set[str]:
        """Names of fragments with an exact word of `part` (in target sense)."""
        part = part[::-1] if self.flip else part
        words = {part[i : i + _WORD] for i in range(len(part) - _WORD + 1)}
        return {self.names[number] for w in words for number, _ in self._words.get(w, ())}

    def leaving(self, seed: Seed) -> set[str]:
        """Names of fragments with a read that agrees with the seed on both sides of its border, errors allowed."""
        contig = seed.sequence if seed.into else seed.sequence[::-1]
        border = len(contig) - seed.target_length
        names = set()
        for number, column in self.overlaps(contig, border + BORDER).items():
            if column <= border - MIN_SHARED and column + len(self.sequences[number]) >= border + MIN_SHARED:
                names.add(self.names[number])
        return names

    def overlaps(self, contig: str, window: int) -> dict[int, int]:
        """Reads that agree with the contig's first `window` bases: read number -> its first column, may be < 0."""
        votes: Counter[tuple[int, int]] = Counter()
        for start in range(max(0, min(window, len(contig)) - _WORD + 1)):
            for number, offset in self._words.get(contig[start : start + _WORD], ()):
                votes[number, start - offset] += 1
        placed: dict[int, int] = {}
        for (number, column), _ in sorted(votes.items(), key=lambda item: (-item[1], item[0])):
            if number not in placed and _agrees(contig, self.sequences[number], column):
                placed[number] = column
        return placed


_GOOD_QUALITY, _SURE_WEIGHT, _DOUBTFUL_WEIGHT = 20, 4, 1  # Phred


def _weights(read: Read) -> bytes:
    """Weight of each base in a vote."""
    if not read.qualities:
        return bytes([_SURE_WEIGHT]) * len(read.sequence)
    return bytes(_SURE_WEIGHT if q >= _GOOD_QUALITY else _DOUBTFUL_WEIGHT for q in read.qualities)


def _agrees(contig: str, read: str, column: int) -> bool:
    """Do read and contig overlap by MIN_OVERLAP bases with at most one mismatch in twenty (and one to spare)?"""
    start, end = max(column, 0), min(column + len(read), len(contig))
    if end - start < MIN_OVERLAP:
        return False
    allowed = 1 + (end - start) // 20
    a, b = contig[start:end], read[start - column : end - column]
    return mismatches(a, b) <= allowed


def grow(seed: Seed, pool: ReadPool) -> str:
    """Contig in target sense: the seed, corrected by its neighbours and extended away from the target.

    `pool` must be flipped for seeds that leave the target (`into` False). Greedy overlap-consensus: reads that agree
    with the contig's outer end over MIN_OVERLAP bases vote base by base; growth ends where fewer than 60% agree.
    """
    contig = seed.sequence if seed.into else seed.sequence[::-1]
    contig = _polish(contig, pool)
    while len(contig) - seed.target_length < MAX_FOREIGN:
        addition = _extension(contig, pool)
        if not addition:
            break
        contig = addition + contig
    return contig if seed.into else contig[::-1]


def _extension(contig: str, pool: ReadPool) -> str:
    overhangs = [pool.sequences[n][:-column] for n, column in pool.overlaps(contig, 80).items() if column < 0]
    added: list[str] = []
    while overhangs:
        votes = Counter(o[-1] for o in overhangs if o[-1] != "N")
        if not votes:
            break
        base, count = min(votes.items(), key=lambda item: (-item[1], item[0]))
        if count < _MIN_AGREEMENT * votes.total():
            break
        added.append(base)
        overhangs = [o[:-1] for o in overhangs if o[-1] in (base, "N") and len(o) > 1]
    return "".join(reversed(added))


def _polish(contig: str, pool: ReadPool) -> str:
    """Majority base of each column over the reads that agree with the contig; bases of low quality weigh less."""
    columns: list[Counter[str]] = [Counter() for _ in contig]
    for number, column in pool.overlaps(contig, len(contig)).items():
        read, weights = pool.sequences[number], pool.weights[number]
        for i in range(max(column, 0), min(column + len(read), len(contig))):
            if read[i - column] != "N":
                columns[i][read[i - column]] += weights[i - column]
    voted = []
    for base, votes in zip(contig, columns, strict=True):
        best, count = min(votes.items(), key=lambda item: (-item[1], item[0])) if votes else (base, 0)
        voted.append(best if count > votes[base] else base)
    return "".join(voted)
