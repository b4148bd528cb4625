"""Copy ratios from the coverage of targets: found, not found, and not claimed."""

from __future__ import annotations

import numpy as np
import pytest

from alktrace.model.records import CopyRatio, CopyTarget
from alktrace.model.vocabulary import State
from alktrace.mutations.copy_ratio import GENES, LARGEST_LIMIT, copy_ratios, without_answer
from alktrace.mutations.copy_targets import SharedEnds

TARGETS = {
    "ALK": 40,
    "EGFR": 4,
    "KRAS": 3,
    "NRAS": 3,
    "BRAF": 1,
    "MET": 3,
    "PIK3CA": 2,
    "ERBB2": 2,
    "KIT": 3,
    "TP53": 10,
    "RB1": 27,
}
DESIGN = np.random.default_rng(5)
PLACES = [(gene, number) for gene, count in TARGETS.items() for number in range(count)]
YIELDS = np.exp(DESIGN.normal(0, 0.2, len(PLACES)))
GC = DESIGN.uniform(0.35, 0.65, len(PLACES))


def sample(
    seed: int, gain: dict[str, float] | None = None, depth: float = 500, bait_sd: float = 0.0
) -> list[CopyTarget]:
    """Targets of a sample with its own GC slope; `bait_sd` is what its baits differ from those of the panel."""
    rng = np.random.default_rng(seed)
    slope = rng.normal(0, 2)
    found = []
    for (gene, number), caught, gc in zip(PLACES, YIELDS, GC, strict=True):
        mean = depth * caught * np.exp(slope * (gc - 0.5) + rng.normal(0, bait_sd)) * (gain or {}).get(gene, 1.0)
        count = int(rng.poisson(mean * 1.5))
        start = 1000 * number + 1
        found.append(
            CopyTarget(
                gene=gene, contig=f"chr{gene}", start=start, end=start + 149, gc=round(float(gc), 4), baited=0.5,
                fragments=count, depth=count / 1.5,
            )
        )  # fmt: skip
    return found


NORMAL = [sample(1000 + number) for number in range(20)]


def of(results: list[CopyRatio], gene: str) -> CopyRatio:
    return next(r for r in results if r.gene == gene)


@pytest.mark.parametrize("normals", [20, 3, 0])
@pytest.mark.parametrize("ratio", [2.0, 3.0, 5.0, 10.0])
@pytest.mark.parametrize("gene", ["MET", "ALK"])
def test_gain_is_found_or_its_limit_says_why_not(gene: str, ratio: float, normals: int) -> None:
    """ALK has most targets of the panel: its gain may not pass for the usual copies."""
    results = copy_ratios(sample(1, {gene: ratio}), NORMAL[:normals])
    one = of(results, gene)
    assert one.normals == normals
    if one.limit is not None and one.limit <= ratio:
        assert one.state is State.DETECTED
    assert normals == 0 or one.state is State.DETECTED
    if one.state is State.NOT_DETECTED:
        assert one.limit is not None and ratio < one.limit <= LARGEST_LIMIT
    assert one.ratio == pytest.approx(ratio, rel=0.35 if normals == 0 else 0.1)
    assert [r.gene for r in results if r.state is State.DETECTED] in ([], [gene])


@pytest.mark.parametrize("normals", [20, 3, 0])
def test_normal_samples_gain_nothing(normals: int) -> None:
    calls = [
        r
        for seed in range(60)
        for r in copy_ratios(sample(50_000 + seed), NORMAL[:normals])
        if r.state is State.DETECTED
    ]
    assert len(calls) <= 2  # 0.6 expected at the stated rate


def test_uncertain_panel_is_not_assessable() -> None:
    """Baits that differ fivefold between samples: not even a ratio of three would be seen."""
    one = of(copy_ratios(sample(2, bait_sd=1.0), []), "KRAS")
    assert (one.state, one.reason) == (State.NOT_ASSESSABLE, "copy_wide")


def test_gene_without_target_is_not_assessable() -> None:
    results = copy_ratios(sample(3), NORMAL)
    assert [r.gene for r in results] == list(GENES)
    assert (of(results, "MYC").state, of(results, "MYC").reason, of(results, "MYC").ratio) == (
        State.NOT_ASSESSABLE,
        "copy_no_target",
        None,
    )
    few = [t for t in sample(3) if t.gene in ("ALK", "EGFR")]
    assert of(copy_ratios(few, []), "ALK").reason == "copy_few_genes"
    assert {r.state for r in without_answer("copy_amplicon")} == {State.NOT_ASSESSABLE}


def test_shallow_gene_is_not_assessable() -> None:
    one = (
        of(copy_ratios(sample(4, depth=8), NORMAL), "BRAF")
        if "BRAF" in GENES
        else of(copy_ratios(sample(4, depth=8), NORMAL), "KRAS")
    )
    assert one.state is State.NOT_ASSESSABLE


def test_no_reads_give_no_ratio() -> None:
    assert {r.state for r in copy_ratios([], [])} == {State.NOT_ASSESSABLE}
    assert {r.state for r in copy_ratios(sample(5, depth=0), NORMAL)} == {State.NOT_ASSESSABLE}


def test_normals_of_another_panel_count_as_none() -> None:
    other = [
        [CopyTarget(**{**{f: getattr(t, f) for f in t.__struct_fields__}, "start": t.start + 7}) for t in n]
        for n in NORMAL
    ]
    assert of(copy_ratios(sample(6), other), "MET").normals == 0


def test_fragments_that_share_both_ends_are_made_up_for() -> None:
    rng = np.random.default_rng(1)
    start = rng.integers(1, 1001, 40_000)
    end = start + rng.normal(180, 20, 40_000).astype(int)
    different = np.unique(np.column_stack([start, end]), axis=0)
    assert len(different) < 33_000
    chance = SharedEnds([(different[:, 0], different[:, 1])])
    inside = (different[:, 0] >= 400) & (different[:, 0] < 600)
    true = int(((start >= 400) & (start < 600)).sum())
    # 200 starts: a stretch of 200 bases less the length of a fragment is touched by as many
    seen = int(inside.sum())
    assert seen * chance.factor(seen, 200 - round(float((different[:, 1] - different[:, 0]).mean()))) == pytest.approx(
        true, rel=0.05
    )
