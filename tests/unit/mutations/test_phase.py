"""Phase of two changes, and whether mutated molecules are the fusion's."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from alktrace.model.records import JunctionEvidence, PhaseFragments
from alktrace.model.vocabulary import State
from alktrace.mutations import phase
from interpret_cases import fusion, fusion_result
from screen_cases import IMBALANCE


def _sample(both: int, only_first: int, only_second: int, neither: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(first, second, molecule) by template."""
    rows = [(1, 1)] * both + [(1, 0)] * only_first + [(0, 1)] * only_second + [(0, 0)] * neither
    first, second = (np.array([row[i] for row in rows], np.int8) for i in range(2))
    return first, second, np.arange(len(rows))


@pytest.mark.parametrize(
    ("counts", "relation"),
    [
        ((25, 0, 0, 475), "cis"),
        ((0, 25, 25, 450), "trans"),
        ((1, 25, 25, 449), "trans"),  # one molecule switched its template
        ((24, 1, 2, 473), "cis"),
        ((20, 30, 0, 450), "cis"),  # the second change arose in some cells that carry the first
        ((0, 2, 2, 30), "undetermined"),
        ((0, 0, 0, 500), "undetermined"),
    ],
)
def test_relations(counts: tuple[int, int, int, int], relation: str) -> None:
    table = phase.molecules_holding(*_sample(*counts))
    found, p_value = phase.relate(table)
    assert found == relation
    assert (p_value is None) == (sum(counts[:3]) == 0)
    if found != "undetermined":
        assert p_value is not None and p_value <= phase.PHASE_P


def test_link_counts_each_side_and_mirrors() -> None:
    first, second, molecule = _sample(3, 10, 20, 100)
    a, b = phase.Evidence("ALK p.(Gly1202Arg)", first), phase.Evidence("ALK p.(Leu1196Met)", second)
    here, there = phase.link(a, b, molecule), phase.link(b, a, molecule)
    assert here is not None and there is not None
    assert here.with_ == "ALK p.(Leu1196Met)"
    assert here.fragments == PhaseFragments(3, 10, 20, 100)
    assert there.fragments == PhaseFragments(3, 20, 10, 100)


def test_changes_that_no_fragment_covers_together_have_no_link() -> None:
    first, second = np.array([1, -1], np.int8), np.array([-1, 1], np.int8)
    assert phase.link(phase.Evidence("a", first), phase.Evidence("b", second), np.arange(2)) is None


def test_copies_of_a_molecule_count_once() -> None:
    first, second = np.array([1, 1, 1, 0], np.int8), np.array([1, 1, 0, 0], np.int8)
    molecule = np.array([7, 7, 7, 8])
    assert phase.molecules_holding(first, second, molecule)[1, 1] == 1
    assert phase.molecules_holding(first, second, molecule)[1, 0] == 0


def test_templates_without_a_molecule_do_not_count() -> None:
    held = np.array([1, 1, 0], np.int8)
    assert phase.count_molecules(held, np.array([3, -1, -1])) == (0, 1)


FUSION = [object()]
IMBALANCED = replace(IMBALANCE, state=State.DETECTED)


def test_on_fusion_is_asked_only_with_a_fusion() -> None:
    assert phase.on_fusion([], IMBALANCE, (5, 5), 0.5, 0.001) is None


@pytest.mark.parametrize(
    ("direct", "vaf", "imbalanced", "state"),
    [
        ((8, 2), 0.2, False, "yes"),
        ((40, 0), 0.3, False, "no"),
        ((3, 0), 0.3, False, "undetermined"),
        ((97, 3), 0.6, False, "undetermined"),  # template switching from a mutated wild type explains it
        ((0, 0), 0.3, False, "undetermined"),
        ((0, 0), 0.3, True, "yes"),
        ((40, 0), 0.3, True, "no"),  # direct evidence goes before expression
    ],
)
def test_on_fusion(direct: tuple[int, int], vaf: float, imbalanced: bool, state: str) -> None:
    found = phase.on_fusion(FUSION, IMBALANCED if imbalanced else IMBALANCE, direct, vaf, 0.001)  # type: ignore[arg-type]
    assert found is not None
    assert (found.state, found.fragments) == (state, sum(direct))
    assert found.reason


def test_reads_of_a_reciprocal_junction_are_no_evidence_of_the_kinase_fusion() -> None:
    """Both junctions belong to one event; joined by the event, the reads of the other derivative came back too."""
    fused, reciprocal = fusion(), fusion(kind="reciprocal", notation="A19;E14")
    reciprocal.event_id = fused.event_id
    result = fusion_result([fused, reciprocal])
    names = ((fused, ["fused1", "fused2"]), (reciprocal, ["other1"]))
    result.evidence = [JunctionEvidence(one.junction_id, "ACGT", 2, 2, [], reads) for one, reads in names]
    assert phase.fusion_molecules(result, "ALK") == {"fused1", "fused2"}
