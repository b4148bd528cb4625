"""Reads of a DNA panel: capture around baits, PCR families, chimeric fragments, errors, with known truth.

Genome copies are haplotypes with shares (`rearrangements`): a variant at allele fraction 0.05 lies on 0.05 of the
copies of its place. Fragments are drawn around the baits of every haplotype, so a junction is captured by whatever bait
lies near it. All random draws follow from the seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..genome.sequence import reverse_complement
from ..runtime.files import write_text
from . import reads
from .genome import SyntheticGenome
from .reads import Fragments, ReadSettings
from .rearrangements import (
    JunctionTruth,
    Piece,
    Rearrangement,
    Segment,
    bases_of,
    edit,
    edited,
    junctions,
    repeat_copies,
)
from .transcripts import Molecule

BAIT = 120  # bases of bait under a fragment that capture it fully
FLANK = 25  # bases of bait beside an exon
FIRST_BASES = 20  # shortest part of a chimeric fragment
ALK_EXONS, ALK_INTRONS = range(18, 30), range(16, 21)
PARTNER_INTRONS = (("EML4", 2), ("EML4", 6), ("EML4", 13), ("EML4", 18), ("EML4", 20))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bait:
    """A baited stretch, 1-based inclusive; `name` says what it is for."""

    contig: str
    start: int
    end: int
    name: str


@dataclass(frozen=True)
class PanelSettings:
    """A library.

    `depth` is the mean of different fragments over a baited base; `fragments` (mean, standard deviation) are their
    lengths and `second_peak` the share of fragments as long as two nucleosomes (plasma); `duplicates` the share of read
    pairs that are PCR copies of another, `umi_length` 0 means no UMI. `error_rate` is sequencing errors a base,
    `library_error_rate` errors that all copies of a fragment share. `chimeras` is the share of fragments that are two
    joined at random, `off_target` that from anywhere. Baits differ in yield: `bait_sd` (log scale, the same
    for every sample of a `panel_seed`) and `gc_slope` (log change of yield for each 0.1 of GC above one half).
    """

    depth: float = 500.0
    read_length: int = 100
    fragments: tuple[float, float] = (220.0, 55.0)
    second_peak: float = 0.0
    duplicates: float = 0.3
    umi_length: int = 0
    error_rate: float = 0.001
    library_error_rate: float = 0.0
    chimeras: float = 0.01
    off_target: float = 0.05
    bait_sd: float = 0.15
    gc_slope: float = 0.0
    panel_seed: int = 1


@dataclass(frozen=True)
class Event:
    """A rearrangement in `share` of the copies of its place."""

    rearrangement: Rearrangement
    share: float


@dataclass(frozen=True)
class Change:
    """A small change of a gene (c. name) in `share` of the copies of its place; `carrier` names the rearrangement on
    whose derivatives it lies, None means copies without one."""

    gene: str
    hgvs_c: str
    share: float
    carrier: str | None = None


@dataclass(frozen=True)
class Gain:
    """A gene with its surroundings in `ratio` times the usual copies."""

    gene: str
    ratio: float


@dataclass(frozen=True)
class PanelSample:
    """What a tumour sample holds. Shares are of the copies in the tube, whatever the tumour content is."""

    name: str
    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
    gains: tuple[Gain, ...] = ()

    def truth(self, genome: SyntheticGenome) -> dict[str, object]:
        """Truth as plain values: events with their junctions, changes, gains."""
        events = [
            {
                "name": event.rearrangement.name,
                "event_type": event.rearrangement.event_type,
                "allele_fraction": event.share,
                "junctions": list[JunctionTruth](junctions(genome, event.rearrangement)),
            }
            for event in self.events
        ]
        return {"events": events, "changes": list(self.changes), "gains": list(self.gains)}


# ---------------------------------------------------------------- baits


def design(
    genome: SyntheticGenome,
    exons: dict[str, Sequence[int]],
    introns: Iterable[tuple[str, int]],
    *,
    skip_repeats: bool = True,
) -> list[Bait]:
    """Baits over exons with flanks and over introns, in genome order; repeats of introns are left out as real panels
    leave them out."""
    baits = []
    for gene, numbers in exons.items():
        transcript = genome.transcripts[gene]
        for number in numbers:
            start, end = transcript.exons[number - 1]
            baits.append(Bait(transcript.contig, start - FLANK, end + FLANK, f"{gene}_exon{number}"))
    for gene, number in introns:
        transcript = genome.transcripts[gene]
        start, end = transcript.intron_span(number)
        repeats = repeat_copies(genome, transcript.contig, start, end) if skip_repeats else []
        at = start
        for repeat in [*repeats, Segment(transcript.contig, end + 1, end + 1)]:
            if repeat.start - at >= BAIT // 2:
                baits.append(Bait(transcript.contig, at, repeat.start - 1, f"{gene}_intron{number}"))
            at = max(at, repeat.end + 1)
    return sorted(baits, key=lambda b: (b.contig, b.start, b.end))


def standard_design(
    genome: SyntheticGenome, exons: dict[str, Sequence[int]], *, partners: bool = True, skip_repeats: bool = True
) -> list[Bait]:
    """ALK exons 18-29 and introns 16-20, `exons` of other genes, and with `partners` the EML4 introns of the common
    variants."""
    introns = [("ALK", n) for n in ALK_INTRONS] + (list(PARTNER_INTRONS) if partners else [])
    return design(genome, {"ALK": ALK_EXONS, **exons}, introns, skip_repeats=skip_repeats)


def write_baits(baits: Iterable[Bait], path: Path) -> None:
    """Write baits as BED with name and role."""
    write_text(path, "".join(f"{b.contig}\t{b.start - 1}\t{b.end}\t{b.name}\tbait\n" for b in baits))


# ---------------------------------------------------------------- haplotypes


@dataclass(frozen=True)
class _Source:
    """Sequence of a haplotype, its share of all copies, and the baits on it: (start, end, yield), 0-based half-open."""

    sequence: str
    weight: float
    baits: list[tuple[int, int, float]]


def haplotypes(genome: SyntheticGenome, sample: PanelSample) -> list[tuple[tuple[Piece, ...], float]]:
    """All haplotypes of a sample with their shares. Raises ValueError when shares do not add up."""
    found: list[tuple[tuple[Piece, ...], float]] = []
    for contig, bases in genome.contigs.items():
        rest = 1 - sum(e.share for e in sample.events if contig in e.rearrangement.contigs)
        mine = [c for c in sample.changes if c.carrier is None and genome.transcripts[c.gene].contig == contig]
        found += _nested(genome, (Segment(contig, 1, len(bases)),), rest, mine)
    for event in sample.events:
        mine = [c for c in sample.changes if c.carrier == event.rearrangement.name]
        for pieces in event.rearrangement.derivatives:
            found += _nested(genome, pieces, event.share, mine)
    for gain in sample.gains:
        t = genome.transcripts[gain.gene]
        piece = Segment(t.contig, max(t.start - 2000, 1), min(t.end + 2000, len(genome.contigs[t.contig])))
        found.append(((piece,), gain.ratio - 1))
    return found


def _nested(
    genome: SyntheticGenome, pieces: tuple[Piece, ...], share: float, changes: Sequence[Change]
) -> list[tuple[tuple[Piece, ...], float]]:
    """Copies of one haplotype split by its changes: rarer changes lie on copies that carry the commoner ones."""
    ordered = sorted(changes, key=lambda c: -c.share)
    if share < -1e-9 or (ordered and ordered[0].share > share + 1e-9):
        raise ValueError("shares of events and changes add up to more than all copies of their place")
    found, before = [], share
    for index, change in enumerate(ordered):
        carried = [edit(genome, c.gene, c.hgvs_c) for c in ordered[:index]]
        found.append((edited(pieces, carried), before - change.share))
        before = change.share
    found.append((edited(pieces, [edit(genome, c.gene, c.hgvs_c) for c in ordered]), before))
    return [(p, weight) for p, weight in found if weight > 1e-9]


def _source(genome: SyntheticGenome, pieces: Sequence[Piece], weight: float, yields: dict[Bait, float]) -> _Source:
    placed, at = [], 0
    for piece in pieces:
        if isinstance(piece, Segment):
            for bait, factor in yields.items():
                low, high = max(bait.start, piece.start), min(bait.end, piece.end)
                if bait.contig == piece.contig and low <= high:
                    first = low - piece.start if piece.strand == "+" else piece.end - high
                    placed.append((at + first, at + first + high - low + 1, factor))
        at += len(piece)
    return _Source(bases_of(genome, pieces), weight, sorted(placed))


def _yields(genome: SyntheticGenome, baits: Sequence[Bait], settings: PanelSettings) -> dict[Bait, float]:
    """Relative yield of each bait."""
    found = {}
    for number, bait in enumerate(baits):
        rng = np.random.default_rng([settings.panel_seed, 77, number])
        bases = genome.contigs[bait.contig][bait.start - 1 : bait.end]
        gc = (bases.count("G") + bases.count("C")) / len(bases)
        found[bait] = float(np.exp(rng.normal(0, settings.bait_sd) + settings.gc_slope * (gc - 0.5) / 0.1))
    return found


# ---------------------------------------------------------------- fragments


def _lengths(count: int, settings: PanelSettings, rng: Generator) -> NDArray[np.int64]:
    mean, sd = settings.fragments
    peak = np.where(rng.random(count) < settings.second_peak, 2.0, 1.0)
    return np.maximum(np.rint(rng.normal(mean * peak, sd * np.sqrt(peak))), 40).astype(np.int64)


def _captured(index: int, source: _Source, settings: PanelSettings, rng: Generator) -> Fragments:
    """Fragments of one haplotype that a bait caught."""
    reach = int(2 * settings.fragments[0] + 6 * settings.fragments[1])
    nothing = np.zeros(0, dtype=np.int64)
    parts = [_drawn(index, nothing, nothing, rng)]
    first = 0
    while first < len(source.baits):
        last = first
        while last + 1 < len(source.baits) and source.baits[last + 1][0] - source.baits[last][1] < 2 * reach:
            last += 1
        parts.append(_window(index, source, source.baits[first : last + 1], reach, settings, rng))
        first = last + 1
    return reads.join(parts)


def _window(
    index: int,
    source: _Source,
    baits: Sequence[tuple[int, int, float]],
    reach: int,
    settings: PanelSettings,
    rng: Generator,
) -> Fragments:
    begin, end = max(baits[0][0] - reach, 0), min(baits[-1][1] + reach, len(source.sequence))
    coverage = np.zeros(end - begin)
    for low, high, factor in baits:
        coverage[low - begin : high - begin] = np.maximum(coverage[low - begin : high - begin], factor)
    summed: Floats = np.concatenate([[0.0], np.cumsum(coverage)])
    best = float(coverage.max())
    count = rng.poisson(settings.depth * source.weight * best * (end - begin) / _mean_length(settings))
    length = np.minimum(_lengths(count, settings, rng), end - begin)
    start = (rng.random(count) * (end - begin)).astype(np.int64)
    inside = start + length <= end - begin
    start, length = start[inside], length[inside]
    share = (summed[start + length] - summed[start]) / np.minimum(BAIT, length)
    kept = rng.random(len(start)) * best < np.minimum(share, best)
    return _drawn(index, start[kept] + begin, length[kept], rng)


def _mean_length(settings: PanelSettings) -> float:
    return settings.fragments[0] * (1 + settings.second_peak)


def _drawn(index: int, start: NDArray[np.int64], length: NDArray[np.int64], rng: Generator) -> Fragments:
    count = len(start)
    molecule = np.full(count, index, dtype=np.int64)
    return Fragments(molecule, start, length, rng.random(count) < 0.5, np.arange(count, dtype=np.int64))


def _anywhere(sources: Sequence[_Source], count: int, settings: PanelSettings, rng: Generator) -> list[Fragments]:
    """Fragments from random places of the genome copies."""
    weights = np.array([s.weight * len(s.sequence) for s in sources])
    chosen = rng.multinomial(count, weights / weights.sum())
    parts = []
    for index, (source, number) in enumerate(zip(sources, chosen.tolist(), strict=True)):
        length = np.minimum(_lengths(number, settings, rng), len(source.sequence))
        start = (rng.random(number) * (len(source.sequence) - length + 1)).astype(np.int64)
        parts.append(_drawn(index, start, length, rng))
    return parts


@dataclass
class Library:
    """Molecules and the fragments drawn from them, PCR copies included, in the order in which they are sequenced."""

    molecules: list[Molecule]
    fragments: Fragments
    chimeras: int


def draw(
    genome: SyntheticGenome, sample: PanelSample, baits: Sequence[Bait], settings: PanelSettings, seed: int
) -> Library:
    """The library of a sample. Raises ValueError when the sample's shares do not add up."""
    rng = np.random.default_rng([seed, 3])
    yields = _yields(genome, baits, settings)
    sources = [_source(genome, pieces, weight, yields) for pieces, weight in haplotypes(genome, sample)]
    parts = [_captured(index, source, settings, rng) for index, source in enumerate(sources)]
    on_target = sum(map(len, parts))
    off = round(on_target * settings.off_target / (1 - settings.off_target))
    unique = reads.join([*parts, *_anywhere(sources, off, settings, rng)])
    molecules = [Molecule(str(number), source.sequence, ()) for number, source in enumerate(sources)]
    joined = np.flatnonzero(rng.random(len(unique)) < settings.chimeras)
    private = {int(at): _chimera(molecules, unique, int(at), rng) for at in joined}
    _library_errors(molecules, unique, private, settings, rng)
    _make_private(molecules, unique, private)
    copies = rng.geometric(1 - settings.duplicates, len(unique))
    order = rng.permutation(np.repeat(np.arange(len(unique)), copies))
    return Library(molecules, unique.take(order), len(joined))


def _bases(molecules: Sequence[Molecule], fragments: Fragments, at: int) -> str:
    start = int(fragments.start[at])
    return molecules[int(fragments.molecule[at])].sequence[start : start + int(fragments.length[at])]


def _chimera(molecules: Sequence[Molecule], unique: Fragments, at: int, rng: Generator) -> str:
    """A fragment whose end is that of another one, either way round."""
    own = _bases(molecules, unique, at)
    other = _bases(molecules, unique, int(rng.integers(len(unique))))
    other = reverse_complement(other) if rng.random() < 0.5 else other
    cut = int(rng.integers(FIRST_BASES, max(len(own) - FIRST_BASES, FIRST_BASES + 1)))
    return own[:cut] + other[-max(len(own) - cut, FIRST_BASES) :]


def _library_errors(
    molecules: Sequence[Molecule], unique: Fragments, private: dict[int, str], settings: PanelSettings, rng: Generator
) -> None:
    """Errors made before the copies were, at random places."""
    errors: NDArray[np.int64] = rng.poisson(settings.library_error_rate * unique.length)
    for at in np.flatnonzero(errors).tolist():
        text = private.get(at) or _bases(molecules, unique, at)
        for place in rng.integers(0, len(text), int(errors[at])).tolist():
            choices = [base for base in "ACGT" if base != text[place]]
            text = text[:place] + choices[int(rng.integers(3))] + text[place + 1 :]
        private[at] = text


def _make_private(molecules: list[Molecule], unique: Fragments, private: dict[int, str]) -> None:
    """Give fragments that are no plain copy of a haplotype a molecule of their own."""
    for at, text in sorted(private.items()):
        unique.molecule[at], unique.start[at], unique.length[at] = len(molecules), 0, len(text)
        molecules.append(Molecule(f"fragment {at}", text, ()))


def write(
    genome: SyntheticGenome,
    sample: PanelSample,
    baits: Sequence[Bait],
    settings: PanelSettings,
    seed: int,
    paths: Sequence[Path],
) -> Library:
    """Write the reads of a sample as gzip FASTQ (two paths, or one for single reads) and return the library."""
    library = draw(genome, sample, baits, settings, seed)
    layout = ReadSettings(
        read_length=settings.read_length,
        paired=len(paths) == 2,
        error_rate=settings.error_rate,
        umi_length=settings.umi_length,
    )
    reads.write_reads(library.molecules, library.fragments, layout, np.random.default_rng([seed, 4]), paths)
    return library
