"""Copy ratio of panel genes from the coverage of their targets.

A target's log2 depth is compared with its mean in normal samples, or, without them, with the sample's other targets.
What GC and baits do to it is fitted within genes, where copy number is the same; the genes then stand side by side,
each with one vote for the centre, so that a gene with many targets cannot hide its own gain. The error of a gene has
three parts: counting, targets of one gene that differ (both measured in the sample), and genes that differ by more than
that (measured between the sample's genes and, leave-one-out, between the genes of the normals).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ..model.records import CopyRatio, CopyTarget
from ..model.vocabulary import State

GENES = ("ALK", "MET", "EGFR", "ERBB2", "MYC", "PIK3CA", "KRAS", "KIT")
FAMILY_RATE = 0.01  # false gains in a sample, over all genes
SMALLEST = 1.5  # smaller gains are common in tumours with odd chromosome numbers and are not called
LARGEST_LIMIT = 3.0  # a gene whose gains are seen from a higher ratio only is not assessable
# Quantile of the error by which the limit lies above the call: 95% of the samples at the limit are called. Without
# normals the error rests on few genes and may be too small, so that more is needed for that (measured).
POWER, POWER_ALONE = 0.95, 0.99
LEAST_GENES = 6  # with targets, for a centre and a spread
LEAST_FRAGMENTS = 50  # of a gene
LEAST_NORMALS = 3
DROPPED = 0.1  # of the median depth: a target below is not caught
EDGES = 300  # bases of a target from which its length makes no difference: the edges are a fragment wide
RIDGE = 0.02  # of the number of targets, against slopes that few targets cannot carry
NORMAL_MAD = 1.4826

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Per gene: name, log2 ratio against the centre, its standard error from counting and from its own targets, number
    of targets and fragments. `error` holds that of the centre."""

    genes: list[str]
    value: Floats
    error: Floats
    targets: list[int]
    fragments: list[int]


def copy_ratios(targets: Sequence[CopyTarget], normals: Sequence[Sequence[CopyTarget]]) -> list[CopyRatio]:
    """One result for each of `GENES`, in their order. `targets` are the sample's, `normals` those of normal samples,
    which are matched by place; fewer than `LEAST_NORMALS` with the same targets count as none."""
    kept, references = _matched(_caught(targets), normals)
    genes = {t.gene for t in kept}
    if len(genes) < LEAST_GENES:
        return [_blind(gene, targets, "copy_few_genes" if gene in genes else "copy_no_target") for gene in GENES]
    depths = np.array([[t.depth for t in other] for other in references])
    fit = _fit(kept, _reference(kept, depths))
    spread = max(1.0, _spread(fit), _spread_of_normals(kept, references))
    freedom = (len(fit.genes) - 1) * (1 + len(references))
    critical = float(student.ppf(1 - FAMILY_RATE / len(GENES), freedom))
    half = float(student.ppf(0.975, freedom))
    power = float(student.ppf(POWER if references else POWER_ALONE, freedom))
    results = []
    for gene in GENES:
        if gene not in fit.genes:
            results.append(_blind(gene, targets, "copy_no_target"))
            continue
        at = fit.genes.index(gene)
        value, error = float(fit.value[at]), float(fit.error[at]) * spread
        scale = (critical, half, power)
        results.append(_result(gene, value, error, scale, fit.targets[at], fit.fragments[at], len(references)))
    return results


def without_answer(reason: str) -> list[CopyRatio]:
    """No gene assessable, for one reason."""
    return [_blind(gene, (), reason) for gene in GENES]


def _result(
    gene: str,
    value: float,
    error: float,
    scale: tuple[float, float, float],
    targets: int,
    fragments: int,
    normals: int,
) -> CopyRatio:
    """`scale` in standard errors: of a call, of half a 95% interval, from call to limit."""
    critical, half, power = scale
    needed = max(critical * error, log2(SMALLEST))
    limit = 2 ** (needed + power * error)
    state, reason = State.NOT_DETECTED, ""
    if fragments < LEAST_FRAGMENTS:
        state, reason = State.NOT_ASSESSABLE, "copy_few_fragments"
    elif value >= needed:
        state = State.DETECTED
    elif limit > LARGEST_LIMIT:
        state, reason = State.NOT_ASSESSABLE, "copy_wide"
    low, high = 2 ** (value - half * error), 2 ** (value + half * error)
    return CopyRatio(
        gene=gene,
        state=state,
        ratio=_rounded(2**value),
        low=_rounded(low),
        high=_rounded(high),
        limit=_rounded(limit),
        targets=targets,
        fragments=fragments,
        normals=normals,
        reason=reason,
    )


def _rounded(value: float) -> float:
    return float(f"{min(value, 1e6):.4g}")


def _blind(gene: str, targets: Sequence[CopyTarget], reason: str) -> CopyRatio:
    own = [t for t in targets if t.gene == gene]
    return CopyRatio(
        gene=gene, state=State.NOT_ASSESSABLE, ratio=None, low=None, high=None, limit=None, targets=len(own),
        fragments=sum(t.fragments for t in own), normals=0, reason=reason,
    )  # fmt: skip


# ---------------------------------------------------------------- targets
def _caught(targets: Sequence[CopyTarget]) -> list[CopyTarget]:
    """Without targets that the baits hardly catch."""
    depths = [t.depth for t in targets if t.fragments]
    least = DROPPED * float(np.median(depths)) if depths else 0.0
    return [t for t in targets if t.fragments and t.depth >= least]


def _matched(
    targets: Sequence[CopyTarget], normals: Sequence[Sequence[CopyTarget]]
) -> tuple[list[CopyTarget], list[list[CopyTarget]]]:
    """Targets that all usable normals have caught too, and those of the normals in the same order."""
    tables = [{_place(t): t for t in _caught(normal)} for normal in normals]
    wanted = {_place(t) for t in targets}
    usable = [table for table in tables if len(wanted & table.keys()) >= 0.9 * len(wanted)]
    if len(usable) < LEAST_NORMALS:
        return list(targets), []
    kept = [t for t in targets if all(_place(t) in table for table in usable)]
    return kept, [[table[_place(t)] for t in kept] for table in usable]


def _place(target: CopyTarget) -> tuple[str, int, int]:
    return target.contig, target.start, target.end


# ---------------------------------------------------------------- fit
def _reference(targets: Sequence[CopyTarget], depths: Floats) -> Floats:
    """Mean log2 depth of each target in the normals, each centred on its genes; zeros without normals."""
    if not depths.size:
        return np.zeros(len(targets))
    logs = np.log2(depths + 0.5)
    groups = _groups(targets)
    centres = [np.median([row[members].mean() for members in groups.values()]) for row in logs]
    mean: Floats = (logs - np.array(centres)[:, None]).mean(axis=0)
    return mean


def _groups(targets: Sequence[CopyTarget]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for at, target in enumerate(targets):
        groups.setdefault(target.gene, []).append(at)
    return groups


def _fit(targets: Sequence[CopyTarget], reference: Floats) -> Fit:
    """Log2 ratios of all genes of a sample against `reference`, with what the sample itself says of their errors."""
    groups = _groups(targets)
    depth = np.array([t.depth for t in targets])
    counting = 1 / (np.log(2) ** 2 * np.maximum([t.fragments for t in targets], 1))
    value = np.log2(depth + 0.5) - reference
    value = value - _trend(targets, value, groups)
    # Spread of the targets of one gene beyond counting.
    squares = sum(float(((value[m] - value[m].mean()) ** 2).sum()) for m in groups.values())
    freedom = sum(len(m) - 1 for m in groups.values())
    extra = max(squares / freedom - float(counting.mean()), 0.0) if freedom else 0.0
    weight = 1 / (counting + extra)
    means = np.array([np.average(value[m], weights=weight[m]) for m in groups.values()])
    errors = np.array([1 / weight[m].sum() for m in groups.values()])
    centre = float(np.median(means))
    of_centre = np.pi / 2 * float(np.median(errors)) / len(means)
    return Fit(
        list(groups),
        means - centre,
        np.sqrt(errors + of_centre),
        [len(m) for m in groups.values()],
        [sum(targets[at].fragments for at in m) for m in groups.values()],
    )


def _trend(targets: Sequence[CopyTarget], value: Floats, groups: dict[str, list[int]]) -> Floats:
    """What GC (linear and square) and the share of baited bases around do to the log2 depth, by least squares on the
    differences within genes (ridge regression)."""
    gc = np.array([t.gc for t in targets]) - 0.5
    design = np.column_stack(
        [
            gc * 10,
            (gc * 10) ** 2,
            [t.baited for t in targets],
            np.log2([min(t.end - t.start + 1, EDGES) for t in targets]),
        ]
    )
    design = design - design.mean(axis=0)
    inside, response = design.copy(), value.copy()
    for members in groups.values():
        inside[members] -= inside[members].mean(axis=0)
        response[members] -= response[members].mean()
    penalty = RIDGE * len(targets) * np.eye(design.shape[1])
    slopes = np.linalg.solve(inside.T @ inside + penalty, inside.T @ response)
    trend: Floats = design @ slopes
    return trend


def _spread(fit: Fit) -> float:
    """By how much genes differ beyond their errors (median absolute deviation, so that altered genes do not count)."""
    scaled = fit.value / fit.error
    return NORMAL_MAD * float(np.median(np.abs(scaled - np.median(scaled))))


def _spread_of_normals(targets: Sequence[CopyTarget], normals: Sequence[Sequence[CopyTarget]]) -> float:
    """The same over all genes of the normals, each against the others."""
    if not normals:
        return 0.0
    depths = np.array([[t.depth for t in other] for other in normals])
    scaled: list[float] = []
    for at, normal in enumerate(normals):
        fit = _fit(normal, _reference(targets, np.delete(depths, at, axis=0)))
        scaled += list(fit.value / fit.error)
    return NORMAL_MAD * float(np.median(np.abs(scaled)))
