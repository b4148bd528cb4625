"""What the evidence BAM of a DNA panel shows around a gene: clips, pairs that do not fit, fragments as intervals.

Positions are 1-based and inclusive. A breakend is one side of a junction: its last kept base, and whether kept bases
lie to its left or right on the + strand. Reads of a breakend are turned so that kept bases come first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..model.molecules import MoleculeRule, merged_identifiers

MIN_CLIP = 12  # shorter clips fit everywhere
LONGEST = 1200  # longest fragment of a library; farther mates do not belong together
EXPECTED = 0.08  # share of differences between copies of a repeat from which an end is taken as another copy's
DIFFERENCES = 3  # of a read that may be no read of its place
UNIQUE_QUALITY = 20  # mapping quality from which a place is taken as the only one

_CLIPS = (4, 5)


@dataclass(frozen=True, order=True)
class Breakend:
    """One side of a junction."""

    contig: str
    position: int
    keeps_left: bool

    def kept(self, length: int) -> tuple[int, int]:
        """First and last position of so many kept bases beside the junction."""
        if self.keeps_left:
            return self.position - length + 1, self.position
        return self.position, self.position + length - 1

    def lost(self, length: int) -> tuple[int, int]:
        """First and last position of so many bases beyond the junction."""
        if self.keeps_left:
            return self.position + 1, self.position + length
        return self.position - length, self.position - 1

    def moved(self, bases: int) -> Breakend:
        """The breakend that keeps so many bases more."""
        return Breakend(self.contig, self.position + (bases if self.keeps_left else -bases), self.keeps_left)


@dataclass(frozen=True)
class Clip:
    """A read that leaves the reference at a breakend: its bases, kept ones first, and how many of them are kept."""

    name: str
    breakend: Breakend
    bases: str
    kept: int


@dataclass(frozen=True)
class Placed:
    """One alignment of a read of interest."""

    contig: str
    start: int
    end: int
    reverse: bool
    quality: int
    secondary: bool


@dataclass
class Mate:
    """One read of a fragment of interest, bases as sequenced."""

    bases: str = ""
    places: list[Placed] = field(default_factory=list)


@dataclass
class Scan:
    """One pass over the records of a gene's span.

    `spans` are fragments as (start, end, UMI) with the number of read pairs that show them; pairs that do not fit are
    not among them. `imperfect` are those fragments, by name, with a clip or `DIFFERENCES` in a read: in a repeat a read
    may be aligned beyond a breakpoint."""

    clips: list[Clip]
    odd: set[str]  # names of fragments whose mates do not fit together
    spans: Counter[tuple[int, int, str]]
    imperfect: dict[str, tuple[int, int, str]]


def scan(bam: Path, contig: str, start: int, end: int, rule: MoleculeRule, genome: Genome) -> Scan:
    """Clips, odd pairs and fragments of the records that touch start..end of a contig."""
    found = Scan([], set(), Counter(), {})
    around = max(start - LONGEST, 1)
    bases = genome.fetch(contig, around, end + LONGEST)
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(contig, max(start - 1, 0), end):
            if record.is_secondary:
                continue
            cigar = record.cigartuples or []
            if cigar and (cigar[0][0] in _CLIPS or cigar[-1][0] in _CLIPS):
                found.clips.extend(_clips(record, cigar))
            if _differences(record) >= DIFFERENCES:
                found.clips.extend(_strained(record, cigar, bases, around))
            if record.is_supplementary:
                continue
            _add_span(found, record, rule)
    return found


def _add_span(found: Scan, record: pysam.AlignedSegment, rule: MoleculeRule) -> None:
    name = str(record.query_name)
    if record.is_paired and not _fits(record):
        found.odd.add(name)
        return
    first, last = record.reference_start + 1, int(record.reference_end or 0)
    length = record.template_length
    if length < 0:
        first = last + length + 1
    elif length > 0:
        last = first + length - 1
    span = (first, last, rule.identifier(name))
    if not record.is_paired or length > 0 or (length == 0 and record.is_read1):
        found.spans[span] += 1
    if record.query_alignment_length <= record.query_length - MIN_CLIP or _differences(record) >= DIFFERENCES:
        found.imperfect[name] = span


def _strained(record: pysam.AlignedSegment, cigar: list[tuple[int, int]], reference: str, start: int) -> Iterator[Clip]:
    """A read aligned beyond a breakpoint because the bases there are much alike, as copies of a repeat are: one of its
    ends differs from the reference, the rest does not. `reference` begins at position `start`."""
    matched = [(operation, length) for operation, length in cigar if operation not in _CLIPS]
    bases, query = record.query_sequence or "", record.query_alignment_start
    if len(matched) != 1 or matched[0][0] not in (0, 7, 8):
        return
    length, at = matched[0][1], record.reference_start + 1 - start
    wrong = [a != b for a, b in zip(bases[query : query + length], reference[at : at + length], strict=False)]
    contig = str(record.reference_name)
    if (tail := _tail(wrong)) and query + length == len(bases):
        end = Breakend(contig, record.reference_start + length - tail, keeps_left=True)
        yield Clip(str(record.query_name), end, bases, len(bases) - tail)
    if (head := _tail(wrong[::-1])) and query == 0:
        end = Breakend(contig, record.reference_start + 1 + head, keeps_left=False)
        yield Clip(str(record.query_name), end, reverse_complement(bases), len(bases) - head)


def _tail(wrong: list[bool]) -> int:
    """Length of the end that holds nearly all differences; 0 when they are few or lie everywhere."""
    best, at, score = 0.0, len(wrong), 0.0
    for index in range(len(wrong) - 1, -1, -1):
        score += 1.0 if wrong[index] else -EXPECTED
        if score > best:
            best, at = score, index
    length = len(wrong) - at
    rest = sum(wrong[:at])
    clear = length >= MIN_CLIP and at >= MIN_CLIP and sum(wrong[at:]) >= DIFFERENCES and rest <= at // 40
    return length if clear else 0


def _differences(record: pysam.AlignedSegment) -> int:
    return int(record.get_tag("NM")) if record.has_tag("NM") else 0


def _fits(record: pysam.AlignedSegment) -> bool:
    """Whether both mates face each other on one contig, no farther apart than fragments are long."""
    if record.mate_is_unmapped or record.reference_id != record.next_reference_id:
        return False
    if record.is_reverse == record.mate_is_reverse or abs(record.template_length) > LONGEST:
        return False
    left_is_forward = (record.template_length >= 0) != record.is_reverse
    return bool(left_is_forward or record.template_length == 0)


def _clips(record: pysam.AlignedSegment, cigar: list[tuple[int, int]]) -> Iterator[Clip]:
    bases, name = record.query_sequence or "", str(record.query_name)
    contig = str(record.reference_name)
    if cigar[0][0] == 4 and cigar[0][1] >= MIN_CLIP:
        at = Breakend(contig, record.reference_start + 1, keeps_left=False)
        yield Clip(name, at, reverse_complement(bases), len(bases) - cigar[0][1])
    if cigar[-1][0] == 4 and cigar[-1][1] >= MIN_CLIP:
        at = Breakend(contig, int(record.reference_end or 0), keeps_left=True)
        yield Clip(name, at, bases, len(bases) - cigar[-1][1])


class GeneWords:
    """Exact words that a gene's stretches hold once, to know its bases in reads aligned elsewhere."""

    LENGTH = 20

    def __init__(self, contig: str, stretches: Iterable[tuple[int, int]], genome: Genome):
        self.contig = contig
        self._places: dict[str, tuple[int, bool] | None] = {}
        for start, end in stretches:
            bases = genome.fetch(contig, start, end)
            for at in range(len(bases) - self.LENGTH + 1):
                word = bases[at : at + self.LENGTH]
                for text, forward in ((word, True), (reverse_complement(word), False)):
                    place = (start + at, forward)
                    self._places[text] = place if self._places.get(text, place) == place else None

    def breakend(self, bases: str) -> Breakend | None:
        """The breakend of the gene whose kept bases `bases` are, read away from the junction."""
        for at in range(len(bases) - self.LENGTH + 1):
            place = self._places.get(bases[at : at + self.LENGTH])
            if place is not None and place[1]:
                return Breakend(self.contig, place[0] - at, keeps_left=False)
            if place is not None:
                return Breakend(self.contig, place[0] + self.LENGTH - 1 + at, keeps_left=True)
        return None


def clips_elsewhere(bam: Path, words: Sequence[GeneWords]) -> list[list[Clip]]:
    """For each gene the reads aligned to another place whose clipped bases are the gene's. A clip of the gene itself
    that another part of the gene explains is among them."""
    found: list[list[Clip]] = [[] for _ in words]
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(until_eof=True):
            cigar = record.cigartuples
            if record.is_secondary or not cigar or (cigar[0][0] != 4 and cigar[-1][0] != 4):
                continue
            for clip in _clips(record, cigar):
                for gene, clips in zip(words, found, strict=True):
                    at = gene.breakend(clip.bases[clip.kept :])
                    if at is not None:
                        turned = reverse_complement(clip.bases)
                        clips.append(Clip(clip.name, at, turned, len(turned) - clip.kept))
    return found


def imperfect_near(bam: Path, breakends: Iterable[Breakend]) -> set[str]:
    """Names of fragments with a clipped or differing read at one of the breakends."""
    found = set()
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for end in breakends:
            for record in handle.fetch(end.contig, max(end.position - LONGEST // 4, 0), end.position + LONGEST // 4):
                clipped = record.query_alignment_length <= record.query_length - MIN_CLIP
                if clipped or _differences(record) >= DIFFERENCES or not (record.is_paired and _fits(record)):
                    found.add(str(record.query_name))
    return found


def load(bam: Path, names: set[str]) -> dict[str, dict[int, Mate]]:
    """All records of the named fragments: name -> mate number (1, 2; 1 for single reads) -> read. Names sorted."""
    found: dict[str, dict[int, Mate]] = {name: {} for name in sorted(names)}
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for record in handle.fetch(until_eof=True):
            mates = found.get(str(record.query_name))
            if mates is None:
                continue
            mate = mates.setdefault(2 if record.is_read2 else 1, Mate())
            if not (record.is_secondary or record.is_supplementary):
                mate.bases = record.get_forward_sequence() or ""
            if not record.is_unmapped:
                mate.places.append(
                    Placed(
                        str(record.reference_name),
                        record.reference_start + 1,
                        int(record.reference_end or 0),
                        record.is_reverse,
                        record.mapping_quality,
                        record.is_secondary,
                    )
                )
    return found


def different(keys: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Fragments told apart by ends and UMI, sorted; sequencing errors of a UMI are merged (`model/molecules.py`)."""
    by_ends: dict[tuple[int, int], dict[str, int]] = {}
    for (start, end, umi), count in Counter(keys).items():
        by_ends.setdefault((start, end), {})[umi] = count
    return [
        (*ends, umi)
        for ends, counts in sorted(by_ends.items())
        for umi, origin in sorted(merged_identifiers(counts).items())
        if umi == origin
    ]


def depth(spans: Iterable[tuple[int, int, str]], start: int, end: int, margin: int) -> NDArray[np.int64]:
    """Fragments over each position start..end that hold at least `margin` bases on either side of it."""
    change = np.zeros(end - start + 2, dtype=np.int64)
    for first, last, _ in spans:
        low, high = max(first + margin, start), min(last - margin, end)
        if low <= high:
            change[low - start] += 1
            change[high - start + 1] -= 1
    return np.cumsum(change)[:-1]
