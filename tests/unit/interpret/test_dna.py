"""What the absence of an ALK junction in DNA means."""

from __future__ import annotations

import pytest

from alktrace.interpret.dna import without_fusion
from alktrace.model.records import DnaSearch, SearchedIntron
from alktrace.model.vocabulary import Specimen, State
from alktrace.settings import InterpretSettings
from interpret_cases import dna_result, stats


def search(share: float, limit: float | None) -> DnaSearch:
    return DnaSearch([SearchedIntron(19, 1932, share, 400.0, limit)], 19, 900, 500, {1: 500})


@pytest.mark.parametrize(
    ("share", "limit", "state", "sentence"),
    [
        (0.0, None, State.NOT_ASSESSABLE, "alk_dna_not_baited"),
        (0.1, 0.01, State.NOT_ASSESSABLE, "alk_dna_partly_baited"),
        (0.8, 0.5, State.NOT_ASSESSABLE, "alk_dna_shallow"),
        (0.8, 0.01, State.NOT_DETECTED, "alk_dna_not_detected"),
    ],
)
def test_intron_decides_what_no_junction_means(share: float, limit: float | None, state: State, sentence: str) -> None:
    found = without_fusion(dna_result(), search(share, limit), stats(), InterpretSettings(), None)
    assert (found[0], found[1][0].key) == (state, sentence)


def test_negative_plasma_says_what_it_means() -> None:
    found = without_fusion(dna_result(), search(0.8, 0.01), stats(), InterpretSettings(), Specimen.PLASMA)
    assert (found[0], [said.key for said in found[1]]) == (
        State.NOT_DETECTED,
        ["alk_dna_not_detected", "alk_dna_plasma"],
    )
