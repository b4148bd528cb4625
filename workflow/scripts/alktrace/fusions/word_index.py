"""Short exact words of one target gene, to find its sequence in clips that no genome aligner can place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from ..genome.fasta import Genome
from ..genome.sequence import is_informative, mismatches, reverse_complement
from ..genome.transcripts import Annotation, Transcript

WORD = 12  # a random 12-mer hits 10 kb of target once in 1,700 positions; anchored PCR leaves clips of about 27 bases
MAX_REPEATS = 8  # words seen more often in the gene itself are repeats
_MISMATCH_COST, _DROP = 3, 7  # ungapped extension: +1 a match, -3 a mismatch, stop 7 below the best
_REMEMBERED = 100_000  # clips of deep samples repeat


@dataclass(frozen=True)
class TargetMatch:
    """Ungapped match of query[start:end] (0-based, half-open) with a target sequence in its sense."""

    start: int
    end: int
    sequence: int  # which sequence of the index
    position: int  # 0-based position of `start` in it

    @property
    def length(self) -> int:
        return self.end - self.start


class TargetIndex:
    """Sense-strand words of a gene: its spliced sequence, and the unspliced stretch around the given introns."""

    def __init__(self, transcript: Transcript, introns: tuple[int, ...], genome: Genome):
        self._transcript = transcript
        self._unspliced_start = 0  # genomic position of the first base of the unspliced stretch
        self.sequences = [genome.spliced(transcript)]
        present = [i for i in introns if i < len(transcript.exons)]
        if present:
            first, last = transcript.exons[min(present) - 1], transcript.exons[max(present)]
            low, high = min(first[0], last[0]), max(first[1], last[1])
            self._unspliced_start = low if transcript.forward else high
            self.sequences.append(genome.fetch_stranded(transcript.contig, low, high, transcript.strand))
        self._words: dict[str, list[tuple[int, int]]] = {}
        for number, sequence in enumerate(self.sequences):
            for offset in range(len(sequence) - WORD + 1):
                self._words.setdefault(sequence[offset : offset + WORD], []).append((number, offset))
        for word in [w for w, found in self._words.items() if len(found) > MAX_REPEATS or _says_little(w)]:
            del self._words[word]
        self.holds = lru_cache(maxsize=_REMEMBERED)(self._holds)

    def _holds(self, part: str) -> bool:
        """Does either strand of `part` hold a word of the gene? (`holds` remembers the answers.)"""
        return any(
            strand[i : i + WORD] in self._words
            for strand in (part, reverse_complement(part))
            for i in range(len(strand) - WORD + 1)
        )

    def find(self, query: str) -> TargetMatch | None:
        """Longest ungapped match of the query's own strand with the gene, None below one word."""
        diagonals: Counter[tuple[int, int]] = Counter()
        first: dict[tuple[int, int], int] = {}
        for start in range(len(query) - WORD + 1):
            for number, offset in self._words.get(query[start : start + WORD], ()):
                key = (number, offset - start)
                diagonals[key] += 1
                first.setdefault(key, start)
        best: TargetMatch | None = None
        for key, _ in sorted(diagonals.items(), key=lambda item: (-item[1], item[0]))[:8]:
            match = self._extend(query, first[key], key)
            if best is None or match.length > best.length:
                best = match
        return best

    def differences(self, query: str) -> int:
        """Least number of bases by which the whole query, laid on the gene without gaps, differs from it."""
        diagonals: Counter[tuple[int, int]] = Counter()
        for start in range(0, len(query) - WORD + 1, 2):
            for number, offset in self._words.get(query[start : start + WORD], ()):
                diagonals[number, offset - start] += 1
        least = len(query)
        for (number, shift), _ in sorted(diagonals.items(), key=lambda item: (-item[1], item[0]))[:3]:
            low, high = max(0, -shift), min(len(query), len(self.sequences[number]) - shift)
            wrong = mismatches(query[low:high], self.sequences[number][low + shift : high + shift])
            least = min(least, wrong + len(query) - (high - low))
        return least

    def transcript_span(self, match: TargetMatch) -> tuple[int, int] | None:
        """First and last transcript position (1-based) of a match's exon bases; None if it lies in introns."""
        if match.sequence == 0:
            return match.position + 1, match.position + match.length
        step = 1 if self._transcript.forward else -1
        bases = (self._unspliced_start + step * (match.position + i) for i in range(match.length))
        positions = [p for base in bases if (p := self._transcript.to_transcript(base)) is not None]
        return (positions[0], positions[-1]) if positions else None

    def _extend(self, query: str, seed: int, diagonal: tuple[int, int]) -> TargetMatch:
        number, shift = diagonal
        target = self.sequences[number]
        end = seed + WORD + _run(query, target, seed + WORD, seed + WORD + shift, 1)
        start = seed - _run(query, target, seed - 1, seed - 1 + shift, -1)
        return TargetMatch(start, end, number, start + shift)


def _says_little(word: str) -> bool:
    """Does a word hold N, or repeat a few bases? (A word with all four bases is not looked at further.)"""
    return "N" in word or (len(set(word)) < 4 and not is_informative(word))


def _run(query: str, target: str, i: int, j: int, step: int) -> int:
    """Bases by which an ungapped match goes on from query[i], target[j] in direction `step`."""
    score = best = taken = length = 0
    while 0 <= i < len(query) and 0 <= j < len(target) and score > best - _DROP:
        length += 1
        if query[i] != "N":  # an unknown base says neither yes nor no
            score += 1 if query[i] == target[j] else -_MISMATCH_COST
        if score > best:
            best, taken = score, length
        i, j = i + step, j + step
    return taken


BORDER_WORD = 14


class ExonBorders:
    """Last words of all exons (`ends` True) or first words, in transcript sense; read from the FASTA on first use."""

    def __init__(self, annotation: Annotation, genome: Genome, ends: bool):
        self._annotation, self._genome, self._ends = annotation, genome, ends
        self._words: dict[str, list[Transcript]] | None = None

    def _load(self) -> dict[str, list[Transcript]]:
        words: dict[str, list[Transcript]] = {}
        for transcript in self._annotation.transcripts:
            # the outer ends of a transcript are no splice sites
            exons = range(1, len(transcript.exons)) if self._ends else range(2, len(transcript.exons) + 1)
            for exon in exons:
                word = self._word(transcript, exon)
                if len(word) == BORDER_WORD and "N" not in word:
                    words.setdefault(word, []).append(transcript)
        return words

    def _word(self, transcript: Transcript, exon: int) -> str:
        start, end = transcript.exons[exon - 1]
        at_right = self._ends == transcript.forward
        low = max(start, end - BORDER_WORD + 1) if at_right else start
        high = end if at_right else min(end, start + BORDER_WORD - 1)
        return self._genome.fetch_stranded(transcript.contig, low, high, transcript.strand)

    def transcripts(self, part: str) -> list[Transcript]:
        """Transcripts with an exon border inside `part` (transcript sense), in order of transcript id."""
        if self._words is None:
            self._words = self._load()
        found = {
            t.transcript_id: t
            for i in range(len(part) - BORDER_WORD + 1)
            for t in self._words.get(part[i : i + BORDER_WORD], ())
        }
        return [found[key] for key in sorted(found)]
