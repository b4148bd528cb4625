"""Error model and limits of detection: against scipy, against simulation, and by their properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, binom, norm

from alktrace.mutations import indel_noise, noise, substitutions
from alktrace.mutations.indel_noise import Seen

CODONS = 277
NO_MATES = np.zeros((4, 4), np.int64)


def _cells(depth: int, error: float, sigma: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Codon counts (codons, 64, 2) of single-base errors, and reference codes."""
    rates = np.full((CODONS, 9), error / 3)
    if sigma:
        rates *= np.exp(rng.normal(-(sigma**2) / 2, sigma, rates.shape))
    return _drawn(depth, rates, rng)


def _drawn(depth: int, rates: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The same with a rate for each of the nine single changes of every codon."""
    reference = rng.integers(0, 64, CODONS)
    counts = np.zeros((CODONS, 64, 2), np.int64)
    errors = rng.binomial(depth, rates)
    for codon, code in enumerate(reference):
        counts[codon, substitutions.NEIGHBOUR[code], 0] = errors[codon]
        counts[codon, code, 0] = depth - errors[codon].sum()
    return counts, reference.astype(np.uint8)


def _called(counts: np.ndarray, reference: np.ndarray) -> tuple[int, noise.NoiseModel]:
    cells = noise.substitution_cells(counts, reference, NO_MATES)
    alpha = 0.005 / len(cells.kind)
    model = noise.fit(cells, alpha)
    depth = cells.depth.sum(axis=1)
    expected, sigma = model.expected(cells.kind, cells.depth), model.cell_sigma(cells.kind, cells.depth)
    critical = noise.critical_counts(
        depth, expected, sigma, model.hot_shares[cells.kind], alpha, noise.MIN_ALT_FRAGMENTS
    )
    return int((cells.count.sum(axis=1) >= critical).sum()), model


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.floats(1e-5, 0.01), st.floats(0.05, 1.2), st.data())
def test_tail_is_that_of_a_binomial_with_a_log_normal_rate(
    depth: int, rate: float, sigma: float, data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, min(depth, 40)))
    one = np.array([count]), np.array([depth]), np.array([rate]), np.array([sigma])
    mine = noise.p_values(*one)[0]

    def at(z: float) -> float:
        one_rate = min(rate * np.exp(sigma * z - sigma**2 / 2), 0.99)
        return float(norm.pdf(z) * binom.sf(count - 1, depth, one_rate))

    theirs = sum(quad(at, low, low + 1, epsabs=1e-14)[0] for low in range(-8, 9))
    # Far below every threshold the bound on the rate (0.99) puts an edge into the integrand that the nodes blur.
    assert mine == pytest.approx(theirs, rel=0.1 if theirs > 1e-7 else 0.25, abs=1e-10)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 20000), st.floats(1e-5, 0.01), st.floats(0.05, 1.5), st.floats(1e-9, 1e-3),
    st.sampled_from([None, np.array([[0, 0.01, 0, 0, 0.001]])]),
)  # fmt: skip
def test_the_critical_count_is_the_smallest(
    depth: int, rate: float, sigma: float, alpha: float, hot: np.ndarray | None
) -> None:
    n, e, sd = np.array([depth]), np.array([rate]), np.array([sigma])
    critical = int(noise.critical_counts(n, e, sd, hot, alpha, 3)[0])
    assert critical >= 3
    if critical <= depth:
        assert noise.p_values(np.array([critical]), n, e, sd, hot)[0] <= alpha
    if critical > 3:
        assert noise.p_values(np.array([critical - 1]), n, e, sd, hot)[0] > alpha


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 5000), st.integers(3, 40), st.floats(0, 0.02))
def test_the_limit_reaches_the_power(depth: int, critical: int, misread: float) -> None:
    limit = noise.detection_limits(np.array([critical]), np.array([depth]), misread)[0]
    if depth == 0:
        assert np.isnan(limit)
    elif critical > depth:
        assert limit == 1.0
    elif limit < 1.0:
        assert binom.sf(critical - 1, depth, limit * (1 - misread)) == pytest.approx(noise.POWER, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 400), st.data())
def test_exact_interval(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, trials))
    low, high = noise.clopper_pearson(successes, trials)
    assert low == pytest.approx(beta.ppf(0.025, successes, trials - successes + 1) if successes else 0.0)
    assert high == pytest.approx(beta.ppf(0.975, successes + 1, trials - successes) if successes < trials else 1.0)


def test_neighbours_differ_by_one_base_of_the_stated_type() -> None:
    for code in range(64):
        assert len(set(substitutions.NEIGHBOUR[code])) == 9
        for neighbour, kind in zip(substitutions.NEIGHBOUR[code], substitutions.NEIGHBOUR_TYPE[code], strict=True):
            assert substitutions.differing_types(code, int(neighbour)) == [kind]


def test_rates_of_a_deep_sample_are_learned_and_of_an_empty_one_stated() -> None:
    counts, reference = _cells(5000, 0.003, 0.0, np.random.default_rng(1))
    _, model = _called(counts, reference)
    assert model.rates[:, 0] == pytest.approx(np.full(12, 0.001), rel=0.15)
    empty = noise.fit(noise.join_cells([]), 1e-6)
    assert empty.rates[:, 0] == pytest.approx(np.full(12, noise.PRIOR_RATE[0]))


def test_overlapping_mates_state_the_rate_of_a_shallow_sample() -> None:
    counts, reference = _cells(1, 0.0, 0.0, np.random.default_rng(1))
    overlap = np.diag([100_000] * 4)
    overlap[1, 3] = 600  # C>T: 600 wrong of 2 * 100,600 reads compared
    model = noise.fit(noise.substitution_cells(counts, reference, overlap), 1e-6)
    by_type = dict(zip(substitutions.TYPES, model.rates[:, 0], strict=True))
    assert by_type["C>T"] > 0.002
    assert by_type["C>A"] < 3e-4


def test_variation_between_sites_is_noticed() -> None:
    rng = np.random.default_rng(2)
    learned = [_called(*_cells(2000, 0.003, sigma, rng))[1].usual_sigma for sigma in (0.0, 0.8, 1.2)]
    assert learned[0] < 0.3
    assert learned[1:] == pytest.approx([0.8, 1.2], rel=0.25)


def test_a_few_sites_far_above_the_mean_are_no_calls() -> None:
    rng = np.random.default_rng(5)
    false = 0
    for _ in range(10):
        counts, reference = _cells(1000, 0.002, 0.0, rng)
        for codon in rng.choice(CODONS, 20, replace=False):
            code = int(reference[codon])
            more = rng.binomial(1000, 4 * 0.002 / 3)  # five times the rate of all others
            counts[codon, substitutions.NEIGHBOUR[code, 0], 0] += more
            counts[codon, code, 0] -= more
        false += _called(counts, reference)[0] > 0
    assert false <= 1


@pytest.mark.parametrize(("depth", "error"), [(1000, 0.005), (5000, 0.001), (5000, 0.005)])
def test_hot_sites_of_a_deep_sample_are_learned(depth: int, error: float) -> None:
    """One site in a hundred at ten times the mean rate: a log-normal fit alone calls several of them."""
    rng = np.random.default_rng([depth, int(1e4 * error)])
    false, shares = 0, []
    for _ in range(10):
        rates = np.where(rng.random((CODONS, 9)) < 0.01, 10, 1) * error / 3
        calls, model = _called(*_drawn(depth, rates, rng))
        false += calls > 0
        shares.append(model.hot_shares[0].sum())
    assert false == 0
    assert np.median(shares) == pytest.approx(0.01, rel=0.5)


def test_an_even_sample_has_hardly_any_hot_sites() -> None:
    _, model = _called(*_cells(5000, 0.002, 0.0, np.random.default_rng(6)))
    assert model.hot_shares[0].sum() < 1e-4


def test_false_calls_in_plain_and_in_varying_noise_keep_the_promise() -> None:
    false = 0
    for depth, error in ((100, 0.005), (1000, 0.001), (5000, 0.005)):
        for sigma in (0.0, 0.5):
            rng = np.random.default_rng([depth, int(1e4 * error), int(10 * sigma)])
            false += sum(_called(*_cells(depth, error, sigma, rng))[0] > 0 for _ in range(25))
    assert false <= 3  # more of 150 have probability 0.007 at the promised 0.5% a sample


def test_a_mutation_does_not_hide_itself_in_the_rates() -> None:
    rng = np.random.default_rng(4)
    counts, reference = _cells(1000, 0.001, 0.0, rng)
    _, before = _called(counts, reference)
    code = int(reference[10])
    counts[10, substitutions.NEIGHBOUR[code, 0], 0] += 300
    counts[10, code, 0] -= 300
    calls, after = _called(counts, reference)
    assert calls == 1
    assert after.rates == pytest.approx(before.rates, rel=0.05)


def test_indel_rates_leave_out_mutations_and_runs() -> None:
    model = noise.fit(noise.join_cells([]), 1e-6)
    seen = [Seen(True, False, 5, 10_000), Seen(False, True, 900, 10_000), Seen(False, False, 1000, 10_000)]
    fitted = indel_noise.fit(seen, 1_000_000, model)
    deletions, insertions = fitted.rates
    assert deletions == pytest.approx(1 / 1_010_000)
    assert insertions == pytest.approx(6 / 1_010_000)
    assert fitted.p_value(True, 8, 200) < 1e-9 < fitted.p_value(True, 1, 200)


def _median_limit(counts: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """(median limit of all single changes, p-value threshold)."""
    cells = noise.substitution_cells(counts, reference, NO_MATES)
    alpha = 0.005 / len(cells.kind)
    model = noise.fit(cells, alpha)
    depth = cells.depth.sum(axis=1)
    expected, sigma = model.expected(cells.kind, cells.depth), model.cell_sigma(cells.kind, cells.depth)
    critical = noise.critical_counts(
        depth, expected, sigma, model.hot_shares[cells.kind], alpha, noise.MIN_ALT_FRAGMENTS
    )
    return float(np.median(noise.detection_limits(critical, depth, model.misread))), alpha


@pytest.mark.parametrize(
    ("depth", "error"), [(300, 0.001), (1000, 0.0003), (1000, 0.001), (1000, 0.003), (5000, 0.001)]
)
def test_a_clean_sample_is_nearly_as_good_as_a_binomial_with_the_true_rate(depth: int, error: float) -> None:
    rng = np.random.default_rng([depth, round(1e4 * error)])
    limits, alpha = zip(*(_median_limit(*_cells(depth, error, 0.0, rng)) for _ in range(3)), strict=True)
    least = next(c for c in range(noise.MIN_ALT_FRAGMENTS, depth) if binom.sf(c - 1, depth, error / 3) <= alpha[0])
    bound = beta.ppf(0.95, least, depth - least + 1)
    assert np.median(limits) <= 1.3 * bound


def test_cleaner_reads_never_have_a_worse_limit() -> None:
    rng = np.random.default_rng(8)
    limits = [
        np.median([_median_limit(*_cells(1000, error, 0.0, rng))[0] for _ in range(3)])
        for error in (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01)
    ]
    assert limits == sorted(limits)


@pytest.mark.parametrize(("count", "depth"), [(16, 378), (9, 300), (12, 200)])
def test_one_faint_mutation_is_called_and_does_not_blind_the_rest(count: int, depth: int) -> None:
    """G1128A in 16 of 378 molecules of a clean sample."""
    rng = np.random.default_rng([count, depth])
    counts, reference = _cells(depth, 0.0003, 0.0, rng)
    before, _ = _median_limit(counts, reference)
    code = int(reference[12])
    counts[12, substitutions.NEIGHBOUR[code, 4], 0] += count
    counts[12, code, 0] -= count
    assert _called(counts, reference)[0] == 1
    assert _median_limit(counts, reference)[0] <= 1.1 * before
