"""Changes that molecules of one orientation show and the others do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from alktrace.mutations import orientation, phase
from alktrace.mutations.reads import REVERSE, SECOND_MATE, ReadTable

SITE = (1050, 1053)


@given(st.lists(st.integers(0, 60), min_size=4, max_size=4))
def test_fisher_is_that_of_scipy(cells: list[int]) -> None:
    table = np.array(cells).reshape(2, 2)
    assert orientation.fisher(table) == pytest.approx(float(fisher_exact(table).pvalue), rel=1e-6)


def _table(reads: list[tuple[int, int, int]]) -> ReadTable:
    """Reads of 100 bases as (template, position, flags)."""
    template, position, flags = (np.array(column) for column in zip(*reads, strict=True))
    starts = np.arange(len(reads) + 1)
    return ReadTable(
        position, template.astype(np.int32), template.astype(np.int32), starts[:-1], 100 * starts,
        np.zeros(0, np.uint8), starts, np.zeros(len(reads), np.uint8), np.full(len(reads), 100, np.int32),
        flags.astype(np.uint8),
    )  # fmt: skip


def _one_sided(
    wild_type: tuple[int, int], changed: tuple[int, int], covering: str = "single", error: float = 3e-4
) -> bool:
    """Molecules (forward, reverse) of either content. `covering`: single reads; or pairs of which one mate covers the
    site: `first`, `second`; `either` in turns."""
    reads, holds = [], []
    for content, counts in ((phase.REFERENCE, wild_type), (phase.ALTERNATE, changed)):
        for reverse, number in enumerate(counts):
            for _ in range(number):
                name, own, other = len(holds), REVERSE * reverse, REVERSE * (1 - reverse)
                second = covering == "second" or (covering == "either" and name % 2 == 1)
                reads.append((name, 2000 if second else 1000, own))
                if covering != "single":
                    reads.append((name, 1000 if second else 2000, other | SECOND_MATE))
                holds.append(content)
    return orientation.one_sided(_table(reads), SITE, np.array(holds, np.int8), np.arange(len(holds)), error)


@pytest.mark.parametrize("covering", ["single", "first", "second", "either"])
@pytest.mark.parametrize("depth", [60, 600, 6000])
def test_one_orientation_stands_out_at_any_depth(depth: int, covering: str) -> None:
    wild_type = (depth // 2, depth // 2)
    assert _one_sided(wild_type, (9, 0), covering)
    assert _one_sided(wild_type, (0, depth // 5), covering)
    assert not _one_sided(wild_type, (5, 4), covering)
    assert not _one_sided(wild_type, (4, 0), covering)  # chance


def test_reads_of_one_strand_stand_out_in_pairs_of_both_orientations() -> None:
    """Errors in forward reads only: those of first mates of one orientation and of second mates of the other."""
    reads, holds = [], []
    for name in range(400):
        reverse, second = name % 2, name // 2 % 2
        covers_forward = bool(reverse) == bool(second)
        flags = (REVERSE * reverse, REVERSE * (1 - reverse) | SECOND_MATE)
        reads += [(name, 2000 if second else 1000, flags[0]), (name, 1000 if second else 2000, flags[1])]
        holds.append(phase.ALTERNATE if covers_forward and name < 60 else phase.REFERENCE)
    assert orientation.one_sided(_table(reads), SITE, np.array(holds, np.int8), np.arange(400), 3e-4)


def test_where_the_wild_type_has_one_orientation_nothing_stands_out() -> None:
    assert not _one_sided((500, 0), (60, 0))
    assert not _one_sided((500, 3), (60, 0), "first")


def test_a_stray_error_in_the_other_orientation_does_not_hide_an_artefact() -> None:
    assert _one_sided((5000, 5000), (200, 3), error=5e-4)
    assert not _one_sided((500, 500), (60, 30))  # uneven, but the change is in both


def test_true_changes_are_hardly_ever_lost() -> None:
    """At the counts that a limit of detection promises (about ten molecules)."""
    rng = np.random.default_rng(3)
    lost = 0
    for _ in range(1000):
        counts = rng.poisson(5, 2)
        lost += orientation._stands_out(np.array([[150, 150], counts]), 3e-4)
    assert lost <= 20
