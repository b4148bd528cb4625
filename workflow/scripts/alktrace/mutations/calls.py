"""From codon counts to calls, screened codons and limits of detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..knowledge.hotspots import ScreenSet
from ..model.findings import TARGET
from . import damage, hgvs
from .noise import (
    MIN_ALT_FRAGMENTS,
    MUTATED_COUNT,
    MUTATED_FRACTION,
    Cells,
    NoiseModel,
    critical_counts,
    detection_limits,
    p_values,
    substitution_cells,
)
from .pileup import GenePileup, codon_text
from .substitutions import NEIGHBOUR, NEIGHBOUR_TYPE, differing_types

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
    error_rate: float  # of this content, by error alone
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class GeneScreen:
    """Pileup of one gene with what is screened in it. `wanted`: by screened codon, ascending, which of its nine
    single-base neighbours (0-8) would be reported. `part`: the screen holds one part of the codons that introns split
    (0 before, 1 behind the intron), as DNA reads them; no fragment of it can span an intron."""

    gene: str
    pileup: GenePileup
    wanted: dict[int, tuple[int, ...]]
    part: int | None = None
    spliced: bool = True  # reads run across introns, as those of RNA do

    @property
    def codons(self) -> list[int]:
        return list(self.wanted)


def prepare(
    gene: str, pileup: GenePileup, codons: list[int], tables: ScreenSet, part: int | None = None, spliced: bool = True
) -> GeneScreen:
    """Look up what is reported at each of the screened `codons`."""
    return GeneScreen(gene, pileup, {codon: _wanted(gene, pileup, codon, tables) for codon in codons}, part, spliced)


def _wanted(gene: str, pileup: GenePileup, codon: int, tables: ScreenSet) -> tuple[int, ...]:
    code, needed = int(pileup.codons[codon - 1]), int(pileup.needed[codon - 1])
    if code > 63:
        return ()
    residue = hgvs.translate_codon(codon_text(code))
    changed = (hgvs.translate_codon(codon_text(int(neighbour))) for neighbour in NEIGHBOUR[code])
    return tuple(
        j
        for j, new in enumerate(changed)
        if needed >> (2 - j // 3) & 1 and tables.reports_substitution(gene, codon, residue, new)
    )


def hypotheses(screens: list[GeneScreen], tables: ScreenSet) -> int:
    """Tests made in this sample: single substitutions that would be reported at codons with depth, and for each codon
    with depth that is screened for insertions and deletions one of either."""
    total = 0
    for screen in screens:
        for codon in screen.codons:
            if screen.pileup.counts[codon - 1].sum() == 0:
                continue
            total += len(screen.wanted[codon])
            total += 2 * (screen.part is None and screens_indels(screen.gene, codon, tables))
    return total


def noise_cells(screen: GeneScreen) -> Cells:
    """Cells of the screened codons. Other codons do not count: whether their reads are there depends on recruiting."""
    rows = np.array(screen.codons, np.int64) - 1
    pileup = screen.pileup
    return substitution_cells(pileup.counts[rows], pileup.codons[rows], pileup.overlap, pileup.needed[rows])


def screens_indels(gene: str, codon: int, tables: ScreenSet) -> bool:
    """Whether insertions or deletions at a codon would be reported."""
    return any(event.screens_indels for event in tables.by_codon[gene, codon])


def _expected(model: NoiseModel, start: int, end: int, depth: np.ndarray) -> tuple[float, float, int]:
    """(mean rate, sigma, type) of reading codon `end` where the molecule holds `start`.

    For two or three substitutions the rarest one alone: an upper bound.
    """
    kinds = np.array(differing_types(start, end))
    depths = np.broadcast_to(depth, (len(kinds), 2))
    rates = model.expected(kinds, depths)
    rarest = int(np.argmin(rates))
    return float(rates[rarest]), float(model.cell_sigma(kinds, depths)[rarest]), int(kinds[rarest])


def _noise_of(model: NoiseModel, contents: np.ndarray, reference: int, content: int) -> tuple[float, float, np.ndarray]:
    """(mean rate, sigma, shares of hot sites) of `content` as an error of the codons present: the reference and any
    common content."""
    total = contents.sum()
    by_content = contents.sum(axis=1)
    present = {reference, *np.flatnonzero((by_content >= MUTATED_COUNT) & (by_content >= MUTATED_FRACTION * total))}
    rate, sigmas, hot = 0.0, [], np.zeros(model.hot_shares.shape[1])
    for source in sorted(int(k) for k in present if k != content):
        mean, sigma, kind = _expected(model, source, content, contents.sum(axis=0))
        rate += mean * float(by_content[source]) / float(total)
        sigmas.append(sigma)
        hot = np.maximum(hot, model.hot_shares[kind])
    return max(rate, 1e-9), max(sigmas), hot


def call_codons(screen: GeneScreen, model: NoiseModel, alpha: float, tables: ScreenSet) -> list[CodonCall]:
    """Contents of the screened codons that noise does not explain, filtered ones included."""
    background = damage.background_rate(model.rates)
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
            rate, sigma, hot = _noise_of(model, contents, reference, int(content))
            count = int(by_content[content])
            against = np.array([rate, min(rate, background)])
            sigmas, hots = np.array([sigma, min(sigma, model.usual_sigma)]), np.tile(hot, (2, 1))
            p_value, bare = p_values(np.array([count] * 2), np.array([depth] * 2), against, sigmas, hots)
            types = differing_types(reference, int(content))
            low = p_value > alpha or count < damage.least_count(depth, types, model.rates, model.raised)
            patterns = sorted({model.raised[t] for t in types if t in model.raised})
            if bare > alpha or (low and not patterns):
                continue
            call = CodonCall(
                screen.gene, codon, int(content), codon_text(reference), codon_text(int(content)), depth,
                int(by_content[reference]), count, float(p_value), rate,
            )  # fmt: skip
            filters = tuple(patterns if low else ()) + _scope_filters(call, tables)
            calls.append(CodonCall(**{**call.__dict__, "filters": filters}))
    return calls


def _least_counts(screen: GeneScreen, model: NoiseModel, background: float, alpha: float) -> dict[int, int]:
    """By codon, a count below which no content can stand out: that of the lowest rate and the lightest tail."""
    depth = screen.pileup.counts.sum(axis=(1, 2))[[codon - 1 for codon in screen.codons]].astype(np.int64)
    rate = np.full(len(depth), min(float(model.rates.min()), background))
    critical = critical_counts(depth, rate, np.full(len(depth), model.sigma.min()), None, alpha, MIN_ALT_FRAGMENTS)
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


@dataclass(frozen=True)
class CodonLimit:
    """Limit of detection (VAF) of a codon: the worst of its reported single substitutions. `hidden` are those that
    `pattern` (of `damage`) hides, at `hidden_vaf` above the bound; they are left out of `vaf` unless one of them is a
    listed change (`decisive`)."""

    vaf: float
    hidden: tuple[str, ...] = ()
    pattern: str = ""
    hidden_vaf: float = 0.0
    decisive: bool = False


def substitution_limits(
    screen: GeneScreen, model: NoiseModel, alpha: float, tables: ScreenSet, max_lod_vaf: float
) -> dict[int, CodonLimit]:
    """Limit of detection of each covered codon with a reported single substitution."""
    rows = [
        (codon, int(j))
        for codon in screen.codons
        for j in screen.wanted[codon]
        if screen.pileup.counts[codon - 1].sum() > 0
    ]
    if not rows:
        return {}
    codes = screen.pileup.codons[[codon - 1 for codon, _ in rows]].astype(np.int64)
    kind = NEIGHBOUR_TYPE[codes, [j for _, j in rows]]
    depth = screen.pileup.counts[[codon - 1 for codon, _ in rows]].sum(axis=1)
    total = depth.sum(axis=1).astype(np.int64)
    critical = critical_counts(
        total, model.expected(kind, depth), model.cell_sigma(kind, depth), model.hot_shares[kind], alpha,
        MIN_ALT_FRAGMENTS,
    )  # fmt: skip
    floor = np.array(
        [damage.least_count(int(n), [int(k)], model.rates, model.raised) for n, k in zip(total, kind, strict=True)]
    )
    lost = {codon: LOST_AT_SPLICE * (screen.spliced and _at_splice(screen, codon)) for codon in screen.codons}
    kept = (1 - model.misread) * (1 - np.array([lost[codon] for codon, _ in rows]))
    limits = detection_limits(np.maximum(critical, floor), total, 1 - kept)
    by_codon: dict[int, list[tuple[int, str, float]]] = {}
    for (codon, j), k, limit in zip(rows, kind, limits, strict=True):
        by_codon.setdefault(codon, []).append((j, model.raised.get(int(k), ""), float(limit)))
    return {codon: _codon_limit(screen, codon, own, tables, max_lod_vaf) for codon, own in by_codon.items()}


def _codon_limit(
    screen: GeneScreen, codon: int, own: list[tuple[int, str, float]], tables: ScreenSet, bound: float
) -> CodonLimit:
    """`own`: neighbour, damage pattern and limit of each reported substitution."""
    hidden = [(j, pattern, limit) for j, pattern, limit in own if pattern and limit > bound]
    seen = [limit for _, pattern, limit in own if not (pattern and limit > bound)]
    worst = max(limit for _, _, limit in own)
    if not hidden or not seen:
        return CodonLimit(worst)
    code = int(screen.pileup.codons[codon - 1])
    names = [
        hgvs.protein_substitution(codon, codon_text(code), codon_text(int(NEIGHBOUR[code, j])))[1] for j, _, _ in hidden
    ]
    decisive = screen.gene != TARGET or any(name in tables.listed_changes for name in names)
    patterns = ", ".join(sorted({pattern for _, pattern, _ in hidden}))
    hidden_vaf = max(limit for _, _, limit in hidden)
    return CodonLimit(worst if decisive else max(seen), tuple(dict.fromkeys(names)), patterns, hidden_vaf, decisive)
