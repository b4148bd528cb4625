"""From codon counts to calls, screened codons and limits of detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..knowledge.hotspots import ScreenSet
from . import damage, hgvs
from .noise import (
    MIN_ALT_FRAGMENTS,
    MUTATED_COUNT,
    MUTATED_FRACTION,
    NEIGHBOUR,
    NEIGHBOUR_TYPE,
    NO_HOT_SITES,
    Cells,
    NoiseModel,
    critical_counts,
    detection_limits,
    differing_types,
    p_values,
    substitution_cells,
)
from .pileup import GenePileup, codon_text

# Aligners clip a read with a short part beyond a splice more often when a change lies beside the splice: so many of the
# mutated molecules are lost (measured, docs/mutations.md).
LOST_AT_SPLICE = 0.1


@dataclass(frozen=True)
class CodonCall:
    """One codon content that stands out of the noise. `filters` is empty for a call."""

    gene: str
    codon: int
    content: int  # codon code 0-63
    reference: str
    alternate: str
    depth: int
    ref_fragments: int
    alt_fragments: int
    p_value: float
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneScreen:
    """Pileup of one gene with what is screened in it. `wanted`: by screened codon, ascending, which of its nine
    single-base neighbours (0-8) would be reported."""

    gene: str
    pileup: GenePileup
    wanted: dict[int, tuple[int, ...]]

    @property
    def codons(self) -> list[int]:
        return list(self.wanted)


def prepare(gene: str, pileup: GenePileup, codons: list[int], tables: ScreenSet) -> GeneScreen:
    """Look up what is reported at each of the screened `codons`."""
    return GeneScreen(gene, pileup, {codon: _wanted(gene, pileup, codon, tables) for codon in codons})


def _wanted(gene: str, pileup: GenePileup, codon: int, tables: ScreenSet) -> tuple[int, ...]:
    code = int(pileup.codons[codon - 1])
    if code > 63:
        return ()
    residue = hgvs.translate_codon(codon_text(code))
    changed = (hgvs.translate_codon(codon_text(int(neighbour))) for neighbour in NEIGHBOUR[code])
    return tuple(j for j, new in enumerate(changed) if tables.reports_substitution(gene, codon, residue, new))


def hypotheses(screens: list[GeneScreen], tables: ScreenSet) -> int:
    """Tests made in this sample: single substitutions that would be reported at codons with depth, and for each codon
    with depth that is screened for insertions and deletions one of either."""
    total = 0
    for screen in screens:
        for codon in screen.codons:
            if screen.pileup.counts[codon - 1].sum() == 0:
                continue
            total += len(screen.wanted[codon])
            total += 2 * screens_indels(screen.gene, codon, tables)
    return total


def noise_cells(screen: GeneScreen) -> Cells:
    """Cells of the screened codons. Other codons do not count: whether their reads are there depends on recruiting."""
    rows = np.array(screen.codons, np.int64) - 1
    return substitution_cells(screen.pileup.counts[rows], screen.pileup.codons[rows], screen.pileup.overlap)


def screens_indels(gene: str, codon: int, tables: ScreenSet) -> bool:
    """Whether insertions or deletions at a codon would be reported."""
    return any(event.screens_indels for event in tables.by_codon[gene, codon])


def _expected(model: NoiseModel, start: int, end: int, depth: np.ndarray) -> tuple[float, float]:
    """(mean rate, sigma) of reading codon `end` where the molecule holds `start`.

    For two or three substitutions the rarest one alone: an upper bound.
    """
    kinds = np.array(differing_types(start, end))
    depths = np.broadcast_to(depth, (len(kinds), 2))
    rates = model.expected(kinds, depths)
    rarest = int(np.argmin(rates))
    return float(rates[rarest]), float(model.cell_sigma(kinds, depths)[rarest])


def _noise_of(model: NoiseModel, contents: np.ndarray, reference: int, content: int) -> tuple[float, float]:
    """(mean rate, sigma) of `content` as an error of the codons present: the reference and any common content."""
    total = contents.sum()
    by_content = contents.sum(axis=1)
    present = {reference, *np.flatnonzero((by_content >= MUTATED_COUNT) & (by_content >= MUTATED_FRACTION * total))}
    rate, sigmas = 0.0, []
    for source in sorted(int(k) for k in present if k != content):
        mean, sigma = _expected(model, source, content, contents.sum(axis=0))
        rate += mean * float(by_content[source]) / float(total)
        sigmas.append(sigma)
    return max(rate, 1e-9), max(sigmas)


def call_codons(screen: GeneScreen, model: NoiseModel, alpha: float, tables: ScreenSet) -> list[CodonCall]:
    """Contents of the screened codons that noise does not explain, filtered ones included."""
    raised = damage.raised_types(model)
    background = damage.background_rate(model)
    least = _least_counts(screen, model, background, alpha)
    calls = []
    for codon in screen.codons:
        contents = screen.pileup.counts[codon - 1]
        reference = int(screen.pileup.codons[codon - 1])
        if reference > 63:
            continue
        by_content = contents.sum(axis=1)
        depth = int(by_content.sum())
        for content in np.flatnonzero(by_content >= least[codon]):
            if content == reference:
                continue
            rate, sigma = _noise_of(model, contents, reference, int(content))
            count = int(by_content[content])
            against = np.array([rate, min(rate, background)])
            p_value, bare = p_values(
                np.array([count] * 2), np.array([depth] * 2), against, np.array([sigma] * 2), model.hot_sites
            )
            types = differing_types(reference, int(content))
            low = p_value > alpha or count < damage.least_count(depth, types, raised)
            patterns = sorted({raised[t] for t in types if t in raised})
            if bare > alpha or (low and not patterns):
                continue
            call = CodonCall(
                screen.gene, codon, int(content), codon_text(reference), codon_text(int(content)), depth,
                int(by_content[reference]), count, float(p_value),
            )  # fmt: skip
            filters = tuple(patterns if low else ()) + _scope_filters(call, tables)
            calls.append(CodonCall(**{**call.__dict__, "filters": filters}))
    return calls


def _least_counts(screen: GeneScreen, model: NoiseModel, background: float, alpha: float) -> dict[int, int]:
    """By codon, a count below which no content can stand out: that of the lowest rate and the lightest tail."""
    depth = screen.pileup.counts.sum(axis=(1, 2))[[codon - 1 for codon in screen.codons]].astype(np.int64)
    rate = np.full(len(depth), min(float(model.rates.min()), background))
    critical = critical_counts(depth, rate, np.full(len(depth), model.sigma), NO_HOT_SITES, alpha, MIN_ALT_FRAGMENTS)
    return dict(zip(screen.codons, critical.tolist(), strict=True))


def _scope_filters(call: CodonCall, tables: ScreenSet) -> tuple[str, ...]:
    """Filters that do not depend on counts: silent, known polymorphism, not a change the codon is screened for."""
    old, new = hgvs.translate_codon(call.reference), hgvs.translate_codon(call.alternate)
    filters = []
    if old == new:
        filters.append("silent")
    elif not tables.reports_substitution(call.gene, call.codon, old, new):
        filters.append("not_screened")
    if (call.gene, hgvs.coding_substitution(call.codon, call.reference, call.alternate)) in tables.polymorphisms:
        filters.append("polymorphism")
    return tuple(filters)


def _at_splice(screen: GeneScreen, codon: int) -> bool:
    """Whether a codon is split by an intron or lies beside one."""
    transcript = screen.pileup.transcript
    start = transcript.codon_start(codon) - 1
    return any(start <= end <= start + 3 for end in transcript.exon_ends[:-1])


def substitution_limits(screen: GeneScreen, model: NoiseModel, alpha: float) -> dict[int, float]:
    """Limit of detection (VAF) of each covered codon: the worst of its reported single substitutions."""
    raised = damage.raised_types(model)
    rows: list[tuple[int, np.ndarray, int]] = []
    for codon in screen.codons:
        contents = screen.pileup.counts[codon - 1].sum(axis=0)
        if contents.sum() == 0:
            continue
        kinds = NEIGHBOUR_TYPE[int(screen.pileup.codons[codon - 1]) % 64]
        wanted = {int(kinds[j]) for j in screen.wanted[codon]}
        rows.extend((codon, contents, kind) for kind in sorted(wanted))
    if not rows:
        return {}
    depth = np.array([r[1] for r in rows])
    kind = np.array([r[2] for r in rows])
    total = depth.sum(axis=1)
    critical = critical_counts(
        total, model.expected(kind, depth), model.cell_sigma(kind, depth), model.hot_sites, alpha, MIN_ALT_FRAGMENTS
    )
    floor = np.array([damage.least_count(int(n), [int(k)], raised) for n, k in zip(total, kind, strict=True)])
    spliced = np.array([LOST_AT_SPLICE * _at_splice(screen, r[0]) for r in rows])
    limits = detection_limits(np.maximum(critical, floor), total, 1 - (1 - model.misread) * (1 - spliced))
    worst: dict[int, float] = {}
    for (codon, _, _), limit in zip(rows, limits, strict=True):
        worst[codon] = max(worst.get(codon, 0.0), float(limit))
    return worst
