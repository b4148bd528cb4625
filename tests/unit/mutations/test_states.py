"""Counts of a hotspot event with several codons."""

from __future__ import annotations

import numpy as np

from alktrace.knowledge.hotspots import Event
from alktrace.model.records import ScreenedCodon
from alktrace.model.vocabulary import State
from alktrace.mutations.changes import Change
from alktrace.mutations.states import _mutation_event


def event(name: str, *changes: str) -> Event:
    return Event("TP53", (175, 213), "5-6", name, "mutation", changes, "PMID:1", "recalled", "")


def codon(number: int, depth: int, alternate: int, state: State) -> ScreenedCodon:
    return ScreenedCodon("TP53", number, depth, alternate, 0.5, 0.05, state, "")


MISSENSE = Change(
    "TP53",
    175,
    175,
    "c.524G>A",
    "p.(Arg175His)",
    "R175H",
    "snv",
    0,
    104,
    46,
    58,
    0.0,
    1e-4,
    (),
    (),
    np.zeros(0),
    np.zeros(0),
)
SCREENED = [codon(175, 104, 58, State.DETECTED), codon(213, 60, 2, State.NOT_DETECTED)]


def test_found_event_has_the_counts_of_its_change() -> None:
    found = _mutation_event([event("hotspot mutation", "missense")], SCREENED, [MISSENSE])
    assert (found.state, found.depth, found.alt_fragments, found.reason) == (State.DETECTED, 104, 58, "R175H")


def test_change_of_another_event_is_not_counted() -> None:
    found = _mutation_event([event("truncating mutation", "truncating")], SCREENED, [MISSENSE])
    assert (found.state, found.depth, found.alt_fragments) == (State.NOT_DETECTED, 60, 2)
