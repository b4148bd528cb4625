"""Error model of one sample, learned from the sample itself.

Count of one wrong codon content at one codon: binomial, its rate log-normal with mean e and sigma s, so that sites may
differ from the mean rate (overdispersed counts for sequencing errors: Gerstung et al., Nat Commun 2012;3:811; Poisson
and binomial counts with a log-normal rate: Bulmer, Biometrics 1974;30:101). The uncertainty of e is joined to s.

- e is one rate per substitution type in the sense of the transcript (12 types) and stratum (base read once; base read
  by two or more reads that agree). It is the mean of a gamma posterior whose prior is worth PRIOR_SHAPE errors. The
  prior rate is PRIOR_RATE; for bases read once it is the sample's own, where mates overlap: how often one of the two
  reads the wrong base, plus the rate at which agreeing reads are wrong.
- One sigma serves all types. Its posterior (Poisson counts around means that add up to the errors seen, log-normal
  prior) runs on a grid; an upper quantile is used, so that variation the sample cannot show is still allowed for.
- A few sites may be far worse than a log-normal of the many allows: hot sites, HOT_FACTORS times as bad as the mean.
  How many there are is learned beside sigma; their tails are added to that of the usual sites.
- Codons that look mutated are left out of the fit (see `fit`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import betaincinv, logsumexp

from ..runtime.compiled import njit

SINGLE, AGREEING = 0, 1  # strata: bases read once; bases read by two or more reads that agree
BASES = "ACGT"
TYPES = tuple(f"{a}>{b}" for a in BASES for b in BASES if a != b)
PRIOR_RATE = (3e-4, 1e-4)  # per type: a base read once, a base read by agreeing reads
PRIOR_SHAPE = 2.0
SIGMA_PRIOR_MEDIAN, SIGMA_PRIOR_SD = 0.3, 0.7  # of the log-normal prior of sigma
SIGMA_QUANTILE = 0.95
SPARSE_COUNT, SPARSE_SIGMA = 3, 1.0  # while no cell reaches this count, sigma is at most this
HOT_FACTORS = (3.0, 5.0, 8.0, 13.0, 20.0)
HOT_SIGMA = 0.2  # hot sites of one factor differ by 20%: the factors on either side are reached
HOT_SHARES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
NO_HOT_PRIOR = 0.99  # prior probability that a sample has none
NO_HOT_SITES = np.zeros((0, 2))
_SIGMA_GRID = np.exp(np.linspace(math.log(0.1), math.log(2.0), 27))
_NODES = np.linspace(-5, 5, 81)  # of the standard normal, trapezium rule
_NODE_WEIGHTS = np.log(np.exp(-0.5 * _NODES**2) / np.exp(-0.5 * _NODES**2).sum())
# Nodes and weights of the log-normal's tail: trapezium rule over the standard normal, far into the upper side.
_TAIL_NODES = np.arange(-4.0, 8.01, 0.5)
_TAIL_WEIGHTS = np.exp(-0.5 * _TAIL_NODES**2) / np.exp(-0.5 * _TAIL_NODES**2).sum()
ACCURACY = 1e-4  # relative, of a tail
LOG_HALF = math.log(0.5)
_MEAN_STEP = 0.05  # expected counts are binned by 5% for the fit of sigma
_BINS = 4096  # more than the bins of any expected count
MUTATED_FRACTION, MUTATED_COUNT = 0.05, 3  # a codon content above both is no error
MAX_MUTATIONS = 6  # below that fraction, at most so many are told from noise by their p-values
# The stated power is 95%. Limits are computed for a little more: the model, and with it the critical count, differs a
# little between a sample and the same sample with a mutation.
POWER = 0.97
MIN_ALT_FRAGMENTS = 3  # no call on fewer molecules, whatever the p-value
# Single-base neighbours of a codon: NEIGHBOUR[k, j] is the j-th of 9, NEIGHBOUR_TYPE[k, j] its type.
NEIGHBOUR = np.zeros((64, 9), np.int64)
NEIGHBOUR_TYPE = np.zeros((64, 9), np.int64)
for _k in range(64):
    _j = 0
    for _shift in (4, 2, 0):
        _ref = (_k >> _shift) & 3
        for _alt in range(4):
            if _alt != _ref:
                NEIGHBOUR[_k, _j] = _k + ((_alt - _ref) << _shift)
                NEIGHBOUR_TYPE[_k, _j] = TYPES.index(f"{BASES[_ref]}>{BASES[_alt]}")
                _j += 1


def differing_types(start: int, end: int) -> list[int]:
    """Types of the substitutions that turn codon code `start` into `end`."""
    pairs = (((start >> s) & 3, (end >> s) & 3) for s in (4, 2, 0))
    return [TYPES.index(f"{BASES[a]}>{BASES[b]}") for a, b in pairs if a != b]


@dataclass(frozen=True)
class Cells:
    """One row per (codon, single-base neighbour): `count` and `depth` are (cells, 2) by stratum; `kind` the type.

    `mates` is (types, 2): single mates wrong where two overlap, and reads compared.
    """

    count: np.ndarray
    depth: np.ndarray
    kind: np.ndarray
    mates: np.ndarray


def substitution_cells(counts: np.ndarray, codons: np.ndarray, overlap: np.ndarray) -> Cells:
    """Cells of all covered codons of one gene whose reference codon is known.

    `counts` is (codons, 64, 2) and `overlap` (4, 4) as in `pileup.GenePileup`, `codons` the reference codes.
    """
    covered = np.flatnonzero((counts.sum(axis=(1, 2)) > 0) & (codons < 64))
    reference = codons[covered].astype(np.int64)
    depth = np.repeat(counts[covered].sum(axis=1), 9, axis=0)
    count = counts[covered[:, None], NEIGHBOUR[reference]].reshape(-1, 2)
    sides = [(BASES.index(kind[0]), BASES.index(kind[2])) for kind in TYPES]
    mates = np.array([(overlap[ref, alt], 2 * overlap[ref].sum()) for ref, alt in sides])
    return Cells(count, depth, NEIGHBOUR_TYPE[reference].ravel(), mates)


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
    """Fitted model. `rates` and `posterior_shape` are (types, 2) by stratum; `sigma` is that of the sites' log-normal;
    `hot_sites` has a row (factor, share of sites) for each kind of hot site."""

    rates: np.ndarray
    posterior_shape: np.ndarray
    sigma: float
    hot_sites: np.ndarray

    def expected(self, kind: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Mean rate of cells: rates of both strata, weighted by the depth in each."""
        total = np.maximum(depth.sum(axis=-1), 1)
        return np.asarray((self.rates[kind] * depth).sum(axis=-1) / total)

    def cell_sigma(self, kind: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Sigma of cells: variation between sites joined with the uncertainty of the rate."""
        share = self.rates[kind] * depth
        weight = share / np.maximum(share.sum(axis=-1, keepdims=True), 1e-300)
        uncertain = (weight**2 / self.posterior_shape[kind]).sum(axis=-1)
        return np.asarray(np.sqrt(self.sigma**2 + np.log1p(uncertain)))

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
    log_rate = log_mean[:, None] + sigma * _NODES - sigma**2 / 2
    return np.asarray(logsumexp(count[:, None] * log_rate - np.exp(log_rate) + _NODE_WEIGHTS, axis=1))


def _variation(count: np.ndarray, mean: np.ndarray) -> tuple[float, np.ndarray]:
    """(sigma, hot sites) of cells, given counts and their expected values.

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
    evidence += math.log((1 - NO_HOT_PRIOR) / evidence.size)
    total = np.logaddexp(math.log(NO_HOT_PRIOR) + logsumexp(plain), logsumexp(evidence))
    shares = np.exp(evidence - total) @ np.array(HOT_SHARES)
    return sigma, np.column_stack((HOT_FACTORS, shares))


def fit(cells: Cells, alpha: float) -> NoiseModel:
    """Learn the model from the cells, without those that are mutations.

    A cell with a high fraction is left out at once. Then up to MAX_MUTATIONS of the most extreme cells are tested, each
    with the model of the sample without it and all more extreme ones; the largest number whose last one is significant
    at `alpha` is left out (generalised extreme Studentized deviate procedure: Rosner, Technometrics 1983;25:165). So
    mutations neither hide themselves nor each other, and a heavy tail of noise is not mistaken for mutations.
    """
    count, depth = cells.count.sum(axis=1), cells.depth.sum(axis=1)
    keep = (count < MUTATED_COUNT) | (count < MUTATED_FRACTION * depth)
    hopeful = _fit_on(cells, keep, float(_SIGMA_GRID[0]))
    tested = np.flatnonzero(keep & (count >= MIN_ALT_FRAGMENTS))
    p_hopeful = _cell_p_values(cells, hopeful, tested)
    order = tested[np.lexsort((tested, p_hopeful))][:MAX_MUTATIONS]
    possible = int((np.sort(p_hopeful)[:MAX_MUTATIONS] <= alpha).sum())
    for number in range(possible, 0, -1):
        without = keep.copy()
        without[order[:number]] = False
        model = _fit_on(cells, without)
        if _cell_p_values(cells, model, order[number - 1 : number])[0] <= alpha:
            return model
    return _fit_on(cells, keep)


def _fit_on(cells: Cells, keep: np.ndarray, sigma: float | None = None) -> NoiseModel:
    """Model of the cells of `keep`; sigma is learned unless given."""
    flat, hot_sites = NoiseModel(*_rates(cells, keep), 0.0, NO_HOT_SITES), NO_HOT_SITES
    if sigma is None:
        depth = cells.depth.sum(axis=1)
        mean = flat.expected(cells.kind, cells.depth) * depth
        sigma, hot_sites = _variation(cells.count.sum(axis=1)[keep], mean[keep])
    return NoiseModel(flat.rates, flat.posterior_shape, sigma, hot_sites)


def _cell_p_values(cells: Cells, model: NoiseModel, rows: np.ndarray) -> np.ndarray:
    count, depth, kind = cells.count[rows].sum(axis=1), cells.depth[rows], cells.kind[rows]
    rate, sigma = model.expected(kind, depth), model.cell_sigma(kind, depth)
    return np.asarray(p_values(count, depth.sum(axis=1), rate, sigma, model.hot_sites))


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
        log_rate = min(middle + sigma * _TAIL_NODES[k], LOG_HALF)
        part = _TAIL_WEIGHTS[k] * _binomial_tail(count, depth, log_rate, log_choose)
        total += part
        if part < ACCURACY * total:
            break
    return min(1.0, total)


@njit(nogil=True, cache=True)
def _joint_tail(count, depth, rate, sigma, hot_sites):  # type: ignore[no-untyped-def]
    """Upper bound of P(X >= count): tail of the usual sites and, by their share, those of the hot ones."""
    total = _tail(count, depth, rate, sigma)
    for k in range(len(hot_sites)):
        total += hot_sites[k, 1] * _tail(count, depth, min(rate * hot_sites[k, 0], 0.5), HOT_SIGMA)
    return min(1.0, total)


@njit(nogil=True, cache=True)
def p_values(count, depth, rate, sigma, hot_sites):  # type: ignore[no-untyped-def]
    """P(X >= count) of each cell."""
    out = np.ones(len(count))
    for i in range(len(count)):
        out[i] = _joint_tail(count[i], depth[i], rate[i], sigma[i], hot_sites)
    return out


@njit(nogil=True, cache=True)
def critical_counts(depth, rate, sigma, hot_sites, alpha, least):  # type: ignore[no-untyped-def]
    """Smallest count of each cell that is called: p-value at most `alpha` and at least `least` molecules.

    depth + 1 where even all molecules would not do.
    """
    out = np.empty(len(depth), np.int64)
    guess = least
    for i in range(len(depth)):
        end = depth[i] + 1
        # Cells have similar counts: bracket from that of the cell before, then halve.
        low, high = least, end
        at, step = min(max(guess, least), end), 1
        if at < end and _joint_tail(at, depth[i], rate[i], sigma[i], hot_sites) > alpha:
            low = at + 1
            while at + step < end and _joint_tail(at + step, depth[i], rate[i], sigma[i], hot_sites) > alpha:
                low, step = at + step + 1, 2 * step
            high = min(at + step, end)
        else:
            high = at
            while at - step >= least and _joint_tail(at - step, depth[i], rate[i], sigma[i], hot_sites) <= alpha:
                high, step = at - step, 2 * step
            low = max(at - step + 1, least)
        while low < high:
            middle = (low + high) // 2
            if _joint_tail(middle, depth[i], rate[i], sigma[i], hot_sites) <= alpha:
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
