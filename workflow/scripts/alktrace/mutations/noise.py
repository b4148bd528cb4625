"""Error model of one sample, learned from the sample itself.

Count of one wrong codon content at one codon: binomial, its rate log-normal with mean e and sigma s, so that sites may
differ from the mean rate (overdispersed counts for sequencing errors: Gerstung et al., Nat Commun 2012;3:811; Poisson
and binomial counts with a log-normal rate: Bulmer, Biometrics 1974;30:101). The uncertainty of e is joined to s.

- e is one rate per substitution type in the sense of the transcript (12 types) and stratum (base read once; base read
  by two or more reads that agree). It is the mean of a gamma posterior whose prior is worth PRIOR_SHAPE errors. The
  prior rate is PRIOR_RATE; for bases read once it is the sample's own, where mates overlap: how often one of the two
  reads the wrong base, plus the rate at which agreeing reads are wrong.
- One sigma serves all types, but for those that a damage pattern raises (`damage`): these have one of their own, so
  that uneven damage is known and blinds no other type. Its posterior (Poisson counts around means that add up to the
  errors seen, log-normal prior) runs on a grid; an upper quantile is used, so that variation the sample cannot show is
  still allowed for.
- A few sites may be far worse than a log-normal of the many allows: hot sites, HOT_FACTORS times as bad as the mean.
  How many there are is learned beside sigma; their tails are added to that of the usual sites.
- Codons that look mutated are left out of the fit (see `fit`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import betaincinv, logsumexp

from ..runtime.compiled import njit
from . import damage
from .substitutions import AGREEING, BASES, NEIGHBOUR, NEIGHBOUR_TYPE, SINGLE, TYPES

PRIOR_RATE = (3e-4, 1e-4)  # per type: a base read once, a base read by agreeing reads
PRIOR_SHAPE = 2.0
SIGMA_PRIOR_MEDIAN, SIGMA_PRIOR_SD = 0.3, 0.7  # of the log-normal prior of sigma
SIGMA_QUANTILE = 0.95
SPARSE_COUNT, SPARSE_SIGMA = 3, 1.0  # while no cell reaches this count, sigma is at most this
HOT_FACTORS = (3.0, 5.0, 8.0, 13.0, 20.0)
_HOT = np.array(HOT_FACTORS)
HOT_SIGMA = 0.2  # hot sites of one factor differ by 20%: the factors on either side are reached
HOT_SHARES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
# Prior probability that a sample has hot sites: MANY_SHARE of its sites or more; fewer. Few of them cannot be told from
# mutations by one sample alone: a higher prior would cost clean samples their limit.
MANY_SHARE, MANY_HOT, FEW_HOT = 0.005, 0.1, 0.01
_SIGMA_GRID = np.exp(np.linspace(math.log(0.1), math.log(3.0), 31))
_NODES = np.linspace(-5, 5, 81)  # of the standard normal, trapezium rule
_NODE_WEIGHTS = np.log(np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum())
_LAPLACE_COUNT = 30  # from this count on the likelihood is too narrow for the nodes, and normal in log(rate)
# Nodes and weights of the log-normal's tail: trapezium rule over the standard normal, far into the upper side.
_TAIL_NODES = np.arange(-4.0, 8.01, 0.25)
_TAIL_WEIGHTS = np.exp(-0.5 * _TAIL_NODES**2) / np.exp(-0.5 * _TAIL_NODES**2).sum()
ACCURACY = 1e-4  # relative, of a tail
LOG_HIGHEST = math.log(0.99)  # of a site's rate
_MEAN_STEP = 0.05  # expected counts are binned by 5% for the fit of sigma
_BINS = 4096  # more than the bins of any expected count
MUTATED_FRACTION, MUTATED_COUNT = 0.05, 3  # a codon content above both is no error
MAX_MUTATIONS = 6  # below that fraction, at most so many are told from noise by their p-values
MAX_DAMAGED = 2  # the same of a raised damage pattern, whatever the fraction
# The stated power is 95%. Limits are computed for a little more: the model, and with it the critical count, differs a
# little between a sample and the same sample with a mutation.
POWER = 0.97
MIN_ALT_FRAGMENTS = 3  # no call on fewer molecules, whatever the p-value


@dataclass(frozen=True)
class Cells:
    """One row per (codon, single-base neighbour): `count` and `depth` are (cells, 2) by stratum; `kind` the type.

    `mates` is (types, 2): single mates wrong where two overlap, and reads compared.
    """

    count: np.ndarray
    depth: np.ndarray
    kind: np.ndarray
    mates: np.ndarray


def substitution_cells(
    counts: np.ndarray, codons: np.ndarray, overlap: np.ndarray, needed: np.ndarray | None = None
) -> Cells:
    """Cells of all covered codons of one gene whose reference codon is known.

    `counts` is (codons, 64, 2), `overlap` (4, 4) and `needed` (codons; all bases without it) as in
    `pileup.GenePileup`, `codons` the reference codes.
    """
    covered = np.flatnonzero((counts.sum(axis=(1, 2)) > 0) & (codons < 64))
    reference = codons[covered].astype(np.int64)
    bits = np.full(len(covered), 7) if needed is None else needed[covered]
    read = (np.repeat(bits[:, None] >> [2, 1, 0], 3, axis=1) & 1).astype(bool).ravel()
    depth = np.repeat(counts[covered].sum(axis=1), 9, axis=0)[read]
    count = counts[covered[:, None], NEIGHBOUR[reference]].reshape(-1, 2)[read]
    sides = [(BASES.index(kind[0]), BASES.index(kind[2])) for kind in TYPES]
    mates = np.array([(overlap[ref, alt], 2 * overlap[ref].sum()) for ref, alt in sides])
    return Cells(count, depth, NEIGHBOUR_TYPE[reference].ravel()[read], mates)


def join_cells(parts: list[Cells]) -> Cells:
    """Cells of several genes as one."""
    none = np.zeros((0, 2), np.int64)
    return Cells(
        np.concatenate([none, *(p.count for p in parts)]),
        np.concatenate([none, *(p.depth for p in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(p.kind for p in parts)]),
        sum((p.mates for p in parts), np.zeros((len(TYPES), 2), np.int64)),
    )


@dataclass(frozen=True)
class NoiseModel:
    """Fitted model. `rates` and `posterior_shape` are (types, 2) by stratum; `sigma` (types) is that of the sites'
    log-normal, `hot_shares` (types, HOT_FACTORS) the share of sites of each hot kind; `raised` names the damage pattern
    of the types that one raises."""

    rates: np.ndarray
    posterior_shape: np.ndarray
    sigma: np.ndarray
    hot_shares: np.ndarray
    raised: Mapping[int, str]

    def expected(self, kind: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Mean rate of cells: rates of both strata, weighted by the depth in each."""
        total = np.maximum(depth.sum(axis=-1), 1)
        return np.asarray((self.rates[kind] * depth).sum(axis=-1) / total)

    def cell_sigma(self, kind: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Sigma of cells: variation between sites joined with the uncertainty of the rate."""
        share = self.rates[kind] * depth
        weight = share / np.maximum(share.sum(axis=-1, keepdims=True), 1e-300)
        uncertain = (weight**2 / self.posterior_shape[kind]).sum(axis=-1)
        return np.asarray(np.sqrt(self.sigma[kind] ** 2 + np.log1p(uncertain)))

    @property
    def usual_sigma(self) -> float:
        """Sigma of the types that no damage raises."""
        return float(min(s for kind, s in enumerate(self.sigma) if kind not in self.raised))

    @cached_property
    def misread(self) -> float:
        """Chance that a mutated codon is not read as such because one of its bases is in error."""
        return float(min(3 * self.rates.max(axis=1).sum() / 4, 0.5))

    def report(self) -> dict[str, float]:
        """Rate per base read once, by substitution type."""
        return {kind: float(f"{rate:.4g}") for kind, rate in zip(TYPES, self.rates[:, SINGLE], strict=True)}


def _rates(cells: Cells, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, depth = np.zeros((len(TYPES), 2)), np.zeros((len(TYPES), 2))
    np.add.at(count, cells.kind[keep], cells.count[keep])
    np.add.at(depth, cells.kind[keep], cells.depth[keep])
    shape = PRIOR_SHAPE + count
    agreeing = shape[:, AGREEING] / (PRIOR_SHAPE / PRIOR_RATE[AGREEING] + depth[:, AGREEING])
    wrong, compared = cells.mates.T
    once = (PRIOR_SHAPE + wrong) / (PRIOR_SHAPE / PRIOR_RATE[SINGLE] + compared) + agreeing * (compared > 0)
    single = shape[:, SINGLE] / (PRIOR_SHAPE / once + depth[:, SINGLE])
    return np.column_stack((single, agreeing)), shape


def _binned(count: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct (count, logarithm of the binned mean) of cells, and how many cells have each."""
    binned = np.round(np.log(np.maximum(mean, 1e-9)) / _MEAN_STEP).astype(np.int64)
    keys, cells = np.unique(count * _BINS + binned + _BINS // 2, return_counts=True)
    return keys // _BINS, (keys % _BINS - _BINS // 2) * _MEAN_STEP, cells


def _log_likelihoods(count: np.ndarray, log_mean: np.ndarray, sigma: float) -> np.ndarray:
    """Of each Poisson count (up to a constant) when its site's rate is log-normal around its mean."""
    middle = log_mean - sigma**2 / 2
    log_rate = middle[:, None] + sigma * _NODES
    out = np.asarray(logsumexp(count[:, None] * log_rate - np.exp(log_rate) + _NODE_WEIGHTS, axis=1))
    many = count >= _LAPLACE_COUNT
    if many.any():
        k, spread = count[many].astype(float), sigma**2 + 1 / count[many]
        near = np.log(k) - middle[many]
        out[many] = k * np.log(k) - k - 0.5 * (np.log(k * spread) + near**2 / spread)
    return out


def _variation(count: np.ndarray, mean: np.ndarray) -> tuple[float, np.ndarray]:
    """(sigma, share of sites with each of HOT_FACTORS) of cells, given counts and their expected values.

    Sigma is a conservative quantile of its posterior without hot sites, so that these can only add caution. The share
    of sites with each factor is its posterior mean.
    """
    mean = mean * (count.sum() + 1) / (mean.sum() + 1)
    count, log_mean, cells = _binned(count, mean)
    usual = np.array([_log_likelihoods(count, log_mean, sigma) for sigma in _SIGMA_GRID])
    prior = -0.5 * (np.log(_SIGMA_GRID / SIGMA_PRIOR_MEDIAN) / SIGMA_PRIOR_SD) ** 2
    plain = prior + usual @ cells
    cumulative = np.cumsum(np.exp(plain - plain.max()))
    at = int(np.searchsorted(cumulative, SIGMA_QUANTILE * cumulative[-1]))
    sigma = float(_SIGMA_GRID[at])
    if count.max(initial=0) < SPARSE_COUNT:
        sigma = min(sigma, SPARSE_SIGMA)
    evidence = np.empty((len(HOT_FACTORS), len(HOT_SHARES)))
    for i, factor in enumerate(HOT_FACTORS):
        hot = _log_likelihoods(count, log_mean + math.log(factor), HOT_SIGMA)
        for j, share in enumerate(HOT_SHARES):
            mixed = np.logaddexp(math.log1p(-share) + usual, math.log(share) + hot)
            evidence[i, j] = logsumexp(prior + mixed @ cells)
    many = np.array(HOT_SHARES) >= MANY_SHARE
    weight = np.where(many, MANY_HOT / many.sum(), FEW_HOT / (~many).sum()) / len(HOT_FACTORS)
    evidence += np.log(weight)
    total = np.logaddexp(math.log(1 - MANY_HOT - FEW_HOT) + logsumexp(plain), logsumexp(evidence))
    return sigma, np.exp(evidence - total) @ np.array(HOT_SHARES)


def fit(cells: Cells, alpha: float) -> NoiseModel:
    """Learn the model from the cells, without those that are mutations.

    A cell with a high fraction is left out at once, but for those of a damage pattern that the sample shows: there high
    fractions are as likely damage. Then up to MAX_MUTATIONS (MAX_DAMAGED of a raised pattern) of the most extreme cells
    are tested, each with the model of the sample without it and all more extreme ones; the largest number whose last
    one is significant at `alpha` is left out (generalised extreme Studentized deviate procedure: Rosner, Technometrics
    1983;25:165). So mutations neither hide themselves nor each other, and a heavy tail of noise is not mistaken for
    mutations.
    """
    high = _high(cells)
    raised = damage.raised_types(_rates(cells, ~high | _among_many(cells, high))[0])
    pattern = np.array([raised.get(kind, "") for kind in range(len(TYPES))])[cells.kind]
    usual = _without_mutations(cells, (pattern == "") & ~high, alpha, MAX_MUTATIONS)
    parts = [(np.array([kind not in raised for kind in range(len(TYPES))]), usual)]
    for name in sorted(set(raised.values())):
        own = np.array([raised.get(kind) == name for kind in range(len(TYPES))])
        parts.append((own, _without_mutations(cells, pattern == name, alpha, MAX_DAMAGED)))
    rates, shape = np.zeros((len(TYPES), 2)), np.zeros((len(TYPES), 2))
    sigma, hot_shares = np.zeros(len(TYPES)), np.zeros((len(TYPES), len(HOT_FACTORS)))
    for own, part in parts:
        rates[own], shape[own] = part.rates[own], part.posterior_shape[own]
        sigma[own] = part.sigma[own]
        if part is usual:  # the few sites of a damage pattern cannot tell how many are hot; their sigma holds them
            hot_shares[own] = part.hot_shares[own]
    return NoiseModel(rates, shape, sigma, hot_shares, raised)


def _high(cells: Cells) -> np.ndarray:
    """Cells that look mutated by their fraction alone."""
    count, depth = cells.count.sum(axis=1), cells.depth.sum(axis=1)
    return np.asarray((count >= MUTATED_COUNT) & (count >= MUTATED_FRACTION * depth))


def _among_many(cells: Cells, high: np.ndarray) -> np.ndarray:
    """High cells of a damage pattern that has more than damage.FEW_HIGH of them: all but the highest ones."""
    share = cells.count.sum(axis=1) / np.maximum(cells.depth.sum(axis=1), 1)
    among = np.zeros(len(high), bool)
    for name in sorted(set(damage.PATTERNS.values())):
        kinds = [kind for kind, text in enumerate(TYPES) if damage.PATTERNS.get(text) == name]
        own = np.flatnonzero(high & np.isin(cells.kind, kinds))
        among[own[np.argsort(share[own], kind="stable")[: -damage.FEW_HIGH]]] = True
    return among


def _without_mutations(cells: Cells, keep: np.ndarray, alpha: float, most: int) -> NoiseModel:
    """Model of the cells of `keep` without up to `most` that stand out of the rest (Rosner's procedure)."""
    count = cells.count.sum(axis=1)
    hopeful = _fit_on(cells, keep, float(_SIGMA_GRID[0]))
    tested = np.flatnonzero(keep & (count >= MIN_ALT_FRAGMENTS))
    p_hopeful = _cell_p_values(cells, hopeful, tested)
    order = tested[np.lexsort((tested, -count[tested], p_hopeful))][:most]
    possible = int((np.sort(p_hopeful)[:most] <= alpha).sum())
    for number in range(possible, 0, -1):
        without = keep.copy()
        without[order[:number]] = False
        model = _fit_on(cells, without)
        if _cell_p_values(cells, model, order[number - 1 : number])[0] <= alpha:
            return model
    return _fit_on(cells, keep)


def _fit_on(cells: Cells, keep: np.ndarray, sigma: float | None = None) -> NoiseModel:
    """Model of the cells of `keep`, all types alike; sigma is learned unless given."""
    rates, shape = _rates(cells, keep)
    hot = np.zeros(len(HOT_FACTORS))
    flat = NoiseModel(rates, shape, np.zeros(len(TYPES)), np.tile(hot, (len(TYPES), 1)), {})
    if sigma is None:
        depth = cells.depth.sum(axis=1)
        mean = flat.expected(cells.kind, cells.depth) * depth
        sigma, hot = _variation(cells.count.sum(axis=1)[keep], mean[keep])
    return replace(flat, sigma=np.full(len(TYPES), sigma), hot_shares=np.tile(hot, (len(TYPES), 1)))


def _cell_p_values(cells: Cells, model: NoiseModel, rows: np.ndarray) -> np.ndarray:
    count, depth, kind = cells.count[rows].sum(axis=1), cells.depth[rows], cells.kind[rows]
    rate, sigma = model.expected(kind, depth), model.cell_sigma(kind, depth)
    return p_values(count, depth.sum(axis=1), rate, sigma, model.hot_shares[kind])


@njit(nogil=True, cache=True)
def _binomial_tail(count, depth, log_rate, log_choose):  # type: ignore[no-untyped-def]
    """P(X >= count) of a binomial, within ACCURACY; `log_choose` is the logarithm of `depth` over `count`."""
    rate = math.exp(log_rate)
    mean = depth * rate
    if mean > count + 8 * math.sqrt(mean) + 8:
        return 1.0
    term = math.exp(log_choose + count * log_rate + (depth - count) * math.log1p(-rate))
    total, odds = 0.0, rate / (1 - rate)
    for k in range(count, depth + 1):
        total += term
        ratio = (depth - k) / (k + 1) * odds
        term *= ratio
        if ratio < 1 and term < ACCURACY * total * (1 - ratio):
            break
    return min(1.0, total)


@njit(nogil=True, cache=True)
def _tail(count, depth, rate, sigma):  # type: ignore[no-untyped-def]
    """P(X >= count) of a binomial with `depth` trials whose rate is log-normal with mean `rate`."""
    if count <= 0:
        return 1.0
    if count > depth:
        return 0.0
    log_choose = math.lgamma(depth + 1) - math.lgamma(count + 1) - math.lgamma(depth - count + 1)
    middle = math.log(rate) - sigma**2 / 2
    total = 0.0
    for k in range(len(_TAIL_NODES) - 1, -1, -1):  # contributions rise, then fall
        log_rate = min(middle + sigma * _TAIL_NODES[k], LOG_HIGHEST)
        part = _TAIL_WEIGHTS[k] * _binomial_tail(count, depth, log_rate, log_choose)
        total += part
        if part < ACCURACY * total:
            break
    return min(1.0, total)


@njit(nogil=True, cache=True)
def _joint_tail(count, depth, rate, sigma, hot_shares):  # type: ignore[no-untyped-def]
    """Upper bound of P(X >= count): tail of the usual sites and, by their share, those of the hot ones."""
    total = _tail(count, depth, rate, sigma)
    for k in range(len(_HOT)):
        if hot_shares[k] > 0:
            total += hot_shares[k] * _tail(count, depth, min(rate * _HOT[k], 0.99), HOT_SIGMA)
    return min(1.0, total)


def p_values(
    count: np.ndarray, depth: np.ndarray, rate: np.ndarray, sigma: np.ndarray, hot_shares: np.ndarray | None = None
) -> np.ndarray:
    """P(X >= count) of each cell. `hot_shares` is (cells, HOT_FACTORS); none without."""
    return np.asarray(_p_values(count, depth, rate, sigma, _hot_or_none(hot_shares, len(count))))


def critical_counts(
    depth: np.ndarray, rate: np.ndarray, sigma: np.ndarray, hot_shares: np.ndarray | None, alpha: float, least: int
) -> np.ndarray:
    """Smallest count of each cell that is called: p-value at most `alpha` and at least `least` molecules; depth + 1
    where even all molecules would not do."""
    return np.asarray(_critical_counts(depth, rate, sigma, _hot_or_none(hot_shares, len(depth)), alpha, least))


def _hot_or_none(hot_shares: np.ndarray | None, cells: int) -> np.ndarray:
    return np.zeros((cells, len(HOT_FACTORS))) if hot_shares is None else np.ascontiguousarray(hot_shares)


@njit(nogil=True, cache=True)
def _p_values(count, depth, rate, sigma, hot_shares):  # type: ignore[no-untyped-def]
    out = np.ones(len(count))
    for i in range(len(count)):
        out[i] = _joint_tail(count[i], depth[i], rate[i], sigma[i], hot_shares[i])
    return out


@njit(nogil=True, cache=True)
def _critical_counts(depth, rate, sigma, hot_shares, alpha, least):  # type: ignore[no-untyped-def]
    out = np.empty(len(depth), np.int64)
    guess = least
    for i in range(len(depth)):
        n, e, s, hot = depth[i], rate[i], sigma[i], hot_shares[i]
        end = n + 1
        # Cells have similar counts: bracket from that of the cell before, then halve.
        low, high = least, end
        at, step = min(max(guess, least), end), 1
        if at < end and _joint_tail(at, n, e, s, hot) > alpha:
            low = at + 1
            while at + step < end and _joint_tail(at + step, n, e, s, hot) > alpha:
                low, step = at + step + 1, 2 * step
            high = min(at + step, end)
        else:
            high = at
            while at - step >= least and _joint_tail(at - step, n, e, s, hot) <= alpha:
                high, step = at - step, 2 * step
            low = max(at - step + 1, least)
        while low < high:
            middle = (low + high) // 2
            if _joint_tail(middle, n, e, s, hot) <= alpha:
                high = middle
            else:
                low = middle + 1
        out[i] = guess = max(low, least)
    return out


def detection_limits(critical: np.ndarray, depth: np.ndarray, misread: float | np.ndarray) -> np.ndarray:
    """Smallest VAF at which `critical` molecules are reached with probability POWER.

    Mutated molecules are binomial in the depth; a share `misread` of them (one, or by cell) is lost. 1.0 where the
    depth cannot reach the critical count; NaN at depth 0.
    """
    limits = np.ones(len(critical))
    reach = (critical <= depth) & (depth > 0)
    kept = np.broadcast_to(1 - np.asarray(misread), limits.shape)[reach]
    limits[reach] = betaincinv(critical[reach], depth[reach] - critical[reach] + 1, POWER) / kept
    limits[depth == 0] = np.nan
    return np.minimum(limits, 1.0)


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper and Pearson, Biometrika 1934;26:404). Needs at least one trial."""
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, trials - successes + 1, tail))
    high = 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    return low, high
