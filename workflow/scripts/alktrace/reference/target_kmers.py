"""K-mers of the target loci, and which of them the genome leaves usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.panel import PanelGene
from ..recruit.kernels.layout import K
from .junctions import CataloguedJunction
from .target_table import kmer_codes, reverse_complement_codes

_STOP = 3  # bases of the stop codon
_FLANK = 24  # bases beside an exon, in the intron or in the next exon of the transcript
_CHANCE = 1e-6  # share of k-mers that masking may lose to chance
_LEAST_WORDS = 5  # different 3-mers in a k-mer: fewer is a homopolymer or a short tandem repeat
Codes = NDArray[np.uint64]


@dataclass
class _Gene:
    """K-mers of one panel gene (both strands, sorted, unique)."""

    panel: PanelGene
    transcript: Transcript
    codes: Codes
    own: NDArray[np.int64]  # occurrences of each code inside the gene's locus, both strands
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))


def chance_limit(bases: int) -> int:
    """Occurrences of a random 16-mer in so many bases, both strands, that chance exceeds once in 1e6 (Poisson)."""
    return int(poisson.isf(_CHANCE, 2 * bases / 4**K))


def low_complexity(codes: Codes) -> NDArray[np.bool_]:
    """Whether a k-mer holds fewer than five different 3-mers (homopolymers, tandem repeats of up to four bases)."""
    words = np.stack([(codes >> np.uint64(2 * i)) & np.uint64(63) for i in range(K - 2)], axis=1)
    words.sort(axis=1)
    different: NDArray[np.bool_] = 1 + (words[:, 1:] != words[:, :-1]).sum(axis=1) < _LEAST_WORDS
    return different


@dataclass
class _Elsewhere:
    """Occurrences in the genome on both strands, by code."""

    codes: Codes  # sorted
    forward: NDArray[np.int64]

    def of(self, codes: Codes) -> NDArray[np.int64]:
        """A palindrome is its own reverse complement and occurs on both strands at one place."""
        reverse = reverse_complement_codes(codes)
        return self._forward(codes) + np.where(reverse == codes, 0, self._forward(reverse))

    def _forward(self, codes: Codes) -> NDArray[np.int64]:
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[at] == codes, self.forward[at], 0)


def _both_strands(codes: Codes) -> Codes:
    return np.unique(np.concatenate([codes, reverse_complement_codes(codes)]))


def _gene(row: PanelGene, transcript: Transcript, genome: Genome, assay: str) -> _Gene:
    sequences = _target_sequences(row, transcript, genome, assay)
    codes = _both_strands(np.concatenate([_NO_CODES, *(_encode_bases(s) for s in sequences)]))
    locus = _encode_bases(genome.fetch(transcript.contig, transcript.start, transcript.end))
    found = locus[np.isin(locus, codes)]
    values, counts = np.unique(found, return_counts=True)
    return _Gene(
        row, transcript, codes, _Elsewhere(values, counts).of(codes) if len(values) else np.zeros(len(codes), int)
    )


def _target_sequences(row: PanelGene, transcript: Transcript, genome: Genome, assay: str) -> Iterator[str]:
    """Spliced runs of the panel's exons (RNA), each exon, and the panel's introns; runs and exons with flanks.

    A read over a codon at the edge of a run has at least 23 bases of run and flank, so it is seen.
    """
    number, last = len(transcript.exons), _last_base(row, transcript)
    listed = row.exons(assay)
    wanted = range(1, number + 1) if listed is None else listed
    exons = [n for n in wanted if n <= number and transcript.exon_start(n) <= last]
    for n in exons:
        start, end = transcript.exons[n - 1]
        beyond = max(transcript.exon_end(n) - last, 0)
        span = (start, end - beyond) if transcript.forward else (start + beyond, end)
        yield genome.fetch_stranded(transcript.contig, span[0] - _FLANK, span[1] + _FLANK, transcript.strand)
    spliced = genome.spliced(transcript)
    if assay == "dna":
        exons = []
    firsts = [n for n in exons if n - 1 not in exons]
    finals = [n for n in exons if n + 1 not in exons]
    for first, final in zip(firsts, finals, strict=True):
        end = min(transcript.exon_end(final), last) + _FLANK
        yield spliced[max(transcript.exon_start(first) - 1 - _FLANK, 0) : end]
    for n in row.introns(assay):
        if n < number:
            yield genome.fetch_stranded(transcript.contig, *transcript.intron_span(n), transcript.strand)


def _last_base(row: PanelGene, transcript: Transcript) -> int:
    """Last transcript position that is wanted: of drivers and bypass genes the end of the stop codon.

    No junction or codon lies behind it, and these regions are long (NTRK3: 16 kb).
    """
    if row.role not in ("driver", "bypass") or transcript.cds is None:
        return transcript.length
    return transcript.cds[1] + _STOP


def _encode_bases(sequence: str) -> Codes:
    """Codes of the k-mers that hold A, C, G and T only."""
    return np.concatenate([kmer_codes(part) for part in _known(sequence)] or [_NO_CODES])


def _known(sequence: str) -> list[str]:
    return [part for part in sequence.translate(_UNKNOWN).split() if len(part) >= K]


_NO_CODES = np.zeros(0, dtype=np.uint64)
_UNKNOWN = {c: " " for c in range(256) if chr(c) not in "ACGT"}


class _NormalCodes:
    """K-mers of a gene, unspliced and normally spliced, in transcript sense; sorted."""

    def __init__(self, models: Annotation, genome: Genome):
        self._models, self._genome = models, genome
        self._known: dict[str, Codes] = {}

    def of(self, gene: str) -> Codes:
        if gene not in self._known:
            transcript = self._models[gene]
            locus = transcript.contig, transcript.start, transcript.end, transcript.strand
            sequences = self._genome.spliced(transcript), self._genome.fetch_stranded(*locus)
            self._known[gene] = np.unique(np.concatenate([_encode_bases(s) for s in sequences]))
        return self._known[gene]


def _recruiting_codes(junction: CataloguedJunction, normal: _NormalCodes) -> Codes:
    """K-mers across a junction, both strands, without those its two genes hold: all their reads would be kept."""
    codes = [_encode_bases(kmer) for kmer in junction.recruiting_kmers()]
    if not codes:
        return np.zeros(0, dtype=np.uint64)
    found = np.unique(np.concatenate(codes))
    for gene in (junction.five_gene, junction.three_gene):
        found = np.setdiff1d(found, normal.of(gene), assume_unique=True)
    return _both_strands(found)
