"""Exon skipping as DNA shows it: changes that destroy a splice site of the exon, so that its skipping is predicted.

The exon comes from the event's row of hotspots.tsv ("junction 13-15": exon 14) and its edges from the stated
transcript. Looked at are the two intron bases on either side of the exon and its last base (the sites that U2 introns
share), and deletions that touch them or remove TRACT_LEAST or more of the TRACT bases before the exon (polypyrimidine
tract). Whether the exon is skipped only RNA can show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..genome.fasta import Genome
from ..genome.transcripts import Transcript
from ..knowledge.hotspots import Event
from ..model.records import VcfCall
from . import exon_skipping, hgvs, indels, orientation, phase
from .indel_noise import IndelNoise
from .indels import Indel
from .noise import MIN_ALT_FRAGMENTS, NoiseModel, critical_counts, detection_limits, p_values
from .pileup import GenePileup, codon_text, observe, pile_up
from .reads import ReadTable
from .substitutions import BASES, TYPES

EDGE = 90  # intron bases on either side of the exon that are read
INTRON_BASES = 2  # of a splice site
TRACT, TRACT_LEAST = 20, 5
NOTE = "destroys a splice site"


@dataclass(frozen=True)
class SpliceWindow:
    """The skipped exon with its introns' edges as one stretch. `sites` are the places (0-based) of the splice sites,
    acceptor first; `begin` and `end` those of the exon (half-open); `first` and `last` its c. positions."""

    pileup: GenePileup
    sites: tuple[int, ...]
    begin: int
    end: int
    first: int
    last: int

    def name(self, place: int) -> str:
        """c. position of a place."""
        if place < self.begin:
            return f"{self.first}-{self.begin - place}"
        if place >= self.end:
            return f"{self.last}+{place - self.end + 1}"
        return str(self.first + place - self.begin)

    def predicts(self, indel: Indel) -> bool:
        """Whether an indel destroys a splice site, or removes enough of the tract before the exon."""
        touched = range(indel.start, indel.end)
        tract = range(self.begin - TRACT, self.begin)
        return any(site in touched for site in self.sites) or sum(p in tract for p in touched) >= TRACT_LEAST


@dataclass(frozen=True)
class SpliceChange:
    """One change of a splice site that noise does not explain; `filters` is empty for a call."""

    name: str
    depth: int
    alt_fragments: int
    p_value: float
    record: tuple[int, str, str]
    filters: tuple[str, ...]


@dataclass(frozen=True)
class SpliceScreen:
    """What was found around the exon; `limit` is the worst of the sites' changes, None without reads."""

    found: list[SpliceChange]
    depth: int
    limit: float | None


def splice_window(
    event: Event, transcript: Transcript, reads: ReadTable, genome: Genome, masked: list[tuple[int, int]]
) -> SpliceWindow | None:
    """The exon that an event skips; None where the transcript has no such exon or does not code there."""
    before, behind = exon_skipping.skipped_junction(event)
    if behind > len(transcript.exons) or behind != before + 2:
        return None
    exon = before + 1
    first, last = (transcript.to_coding(p) for p in (transcript.exon_start(exon), transcript.exon_end(exon)))
    if first is None or last is None:
        return None
    start, end = transcript.exons[exon - 1]
    size = (end - start + 1 + 2 * EDGE) // 3 * 3
    low = start - EDGE
    window = replace(transcript, exons=((low, low + size - 1),), cds=(1, size), other_exons=())
    begin = abs((start if transcript.forward else end) - window.first_base(1))
    stop = begin + end - start + 1
    sites = (*range(begin - INTRON_BASES, begin), *range(stop - 1, stop + INTRON_BASES))
    return SpliceWindow(pile_up(reads, window, genome, masked, []), sites, begin, stop, first, last)


def tests(window: SpliceWindow) -> int:
    """Changes that are looked for: three at each base of a splice site, an insertion or deletion at each side."""
    return 3 * len(window.sites) + 2


def screen(
    window: SpliceWindow, reads: ReadTable, masked: list[tuple[int, int]], molecule: np.ndarray, genome: Genome,
    noise: tuple[NoiseModel, IndelNoise, float], are_molecules: bool,
) -> SpliceScreen:  # fmt: skip
    """Screen the splice sites. `noise`: models of substitutions and indels, and the p-value threshold of one call."""
    substitutions, limits, depths = _substitutions(window, reads, masked, molecule, genome, noise, are_molecules)
    gaps, gap_limit = _indels(window, reads, molecule, genome, noise, are_molecules, min(depths))
    limit = None if min(depths) == 0 else max([*limits, gap_limit])
    return SpliceScreen([*substitutions, *gaps], min(depths), limit)


def _substitutions(
    window: SpliceWindow, reads: ReadTable, masked: list[tuple[int, int]], molecule: np.ndarray, genome: Genome,
    noise: tuple[NoiseModel, IndelNoise, float], are_molecules: bool,
) -> tuple[list[SpliceChange], list[float], list[int]]:  # fmt: skip
    """(changes, limits, depths) of the bases of the splice sites."""
    model, _, alpha = noise
    pileup, found, limits, depths = window.pileup, [], [], []
    for place in window.sites:
        row, shift = place // 3, 4 - 2 * (place % 3)
        strata = pileup.counts[row].sum(axis=0)
        reference = int(pileup.codons[row])
        depth = int(strata.sum())
        depths.append(depth)
        if depth == 0 or reference > 63:
            depths[-1] = 0
            continue
        old = reference >> shift & 3
        for new in range(4):
            if new == old:
                continue
            kind = np.array([TYPES.index(f"{BASES[old]}>{BASES[new]}")])
            rate, sigma = model.expected(kind, strata[None]), model.cell_sigma(kind, strata[None])
            hot, n = model.hot_shares[kind], np.array([depth])
            critical = critical_counts(n, rate, sigma, hot, alpha, MIN_ALT_FRAGMENTS)
            limits.append(float(detection_limits(critical, n, model.misread)[0]))
            content = reference + ((new - old) << shift)
            count = int(pileup.counts[row, content].sum())
            if count < critical[0]:
                continue
            seen = observe(reads, pileup, masked, [row + 1], len(molecule))[:, 0]
            holds = np.where(seen < 0, phase.UNKNOWN, seen == content).astype(np.int8)
            (record,) = hgvs.substitution_records(
                pileup.transcript, genome, row + 1, codon_text(reference), codon_text(content)
            )
            p_value = float(p_values(np.array([count]), n, rate, sigma, hot)[0])
            name = f"c.{window.name(place)}{BASES[old]}>{BASES[new]}"
            change = SpliceChange(name, depth, count, p_value, record, ())
            found.append(_checked(change, reads, holds, molecule, float(rate[0]), are_molecules))
    return found, limits, depths


def _indels(
    window: SpliceWindow, reads: ReadTable, molecule: np.ndarray, genome: Genome,
    noise: tuple[NoiseModel, IndelNoise, float], are_molecules: bool, depth: int,
) -> tuple[list[SpliceChange], float]:  # fmt: skip
    """(indels that predict skipping, their limit)."""
    model, indel_noise, alpha = noise
    pileup, found = window.pileup, []
    low, high = window.begin - TRACT, window.end + INTRON_BASES
    for indel, shown in indels.search(reads, pileup, low, high).items():
        if shown < MIN_ALT_FRAGMENTS or not window.predicts(indel):
            continue
        holds, _ = indels.count(reads, pileup, indel, len(molecule))
        reference, alternate = phase.count_molecules(holds, molecule)
        p_value = indel_noise.p_value(indel.net > 0, alternate, reference + alternate)
        if alternate < MIN_ALT_FRAGMENTS or p_value > alpha:
            continue
        ends = dict.fromkeys(window.name(place) for place in (indel.start, indel.end - 1))
        name = f"c.{'_'.join(ends)}del{'ins' + indel.inserted if indel.inserted else ''}"
        record = hgvs.indel_record(pileup.transcript, genome, pileup.sequence, indel)
        change = SpliceChange(name, reference + alternate, alternate, p_value, record, ())
        found.append(_checked(change, reads, holds, molecule, indel_noise.rates[indel.net > 0], are_molecules))
    limit = float(indel_noise.limits(np.array([depth], np.int64), alpha, model.misread)[0])
    return found, 1.0 if np.isnan(limit) else limit


def _checked(
    change: SpliceChange, reads: ReadTable, holds: np.ndarray, molecule: np.ndarray, rate: float, are_molecules: bool
) -> SpliceChange:
    """The change, filtered where it comes in one orientation only."""
    position, reference, _ = change.record
    site = (position - 1, position - 1 + len(reference))
    if are_molecules and orientation.one_sided(reads, site, holds, molecule, rate):
        return replace(change, filters=(orientation.FILTER,))
    return change


def record(change: SpliceChange, gene: str, contig: str) -> VcfCall:
    """The VCF record of a change."""
    position, reference, alternate = change.record
    return VcfCall(
        contig=contig,
        pos=position,
        ref=reference,
        alt=alternate,
        filter=list(change.filters),
        gene=gene,
        hgvs_c=change.name,
        hgvs_p="p.?",
        depth=change.depth,
        alt_fragments=change.alt_fragments,
        vaf=change.alt_fragments / change.depth,
        p_value=change.p_value,
        note=NOTE,
    )
