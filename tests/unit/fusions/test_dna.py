"""Rearrangements from simulated DNA panels, against the truth of the simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alktrace.model.vocabulary import EventType, Kind
from alktrace.simulate import rearrangements
from alktrace.simulate.panel import Event, PanelSample, PanelSettings
from alktrace.simulate.rearrangements import Breakend, Rearrangement
from dna_pipeline import DnaPanel

SETTINGS = PanelSettings(depth=300, umi_length=8, fragments=(260.0, 60.0))


@pytest.fixture(scope="module")
def dna(tmp_path_factory: pytest.TempPathFactory) -> DnaPanel:
    return DnaPanel.build(tmp_path_factory.mktemp("panel"), skip_repeats=False)


def place(dna: DnaPanel, gene: str, intron: int, share: float) -> int:
    return rearrangements.intron_position(dna.genome, gene, intron, share)


def events(dna: DnaPanel) -> dict[str, Rearrangement]:
    genome, alk = dna.genome, ("ALK", place(dna, "ALK", 19, 0.2))
    repeats = rearrangements.repeat_breakpoints(genome, ("EML4", 13), ("ALK", 19), np.random.default_rng(7))
    return {
        "repeats": rearrangements.fuse(genome, "repeats", ("EML4", repeats[0]), ("ALK", repeats[1])),
        "V3": rearrangements.fuse(genome, "V3", ("EML4", place(dna, "EML4", 6, 0.5)), alk, inserted=("GATC", "")),
        "KIF5B": rearrangements.fuse(genome, "KIF5B", ("KIF5B", place(dna, "KIF5B", 24, 0.2)), alk),
        "outside": rearrangements.join(
            genome,
            "outside",
            Breakend("chr5", len(genome.contigs["chr5"]) - 2000, "left"),
            Breakend("chr2", alk[1], "left"),
        ),
    }


@pytest.mark.parametrize(
    ("name", "kind", "event", "variant"),
    [
        ("repeats", Kind.KINASE_FUSION, EventType.INVERSION, "V1"),
        ("V3", Kind.KINASE_FUSION, EventType.INVERSION, "V3a/b"),
        ("KIF5B", Kind.KINASE_FUSION, EventType.TRANSLOCATION, None),
        ("outside", Kind.UNRESOLVED_REARRANGEMENT, EventType.TRANSLOCATION, None),
    ],
)
def test_event_is_named_and_placed(
    dna: DnaPanel, tmp_path: Path, name: str, kind: Kind, event: EventType, variant: str | None
) -> None:
    made = events(dna)[name]
    result = dna.call(PanelSample(name, (Event(made, 0.2),)), SETTINGS, 5, tmp_path)
    (found,) = [f for f in result.fusions if f.three_prime.gene == "ALK"]
    truth = next(j for j in rearrangements.junctions(dna.genome, made) if j.first.keeps == "left")
    assert (found.kind, found.event_type, found.variant, found.predicted) == (kind, event, variant, True)
    assert len({f.event_id for f in result.fusions}) == 1
    ends = {found.five_prime.position, found.three_prime.position}
    slack = truth.microhomology + len(truth.inserted) + 3
    on_target = min((truth.first, truth.second), key=lambda end: abs(end.position - found.three_prime.position))
    assert min(abs(on_target.position - end) for end in ends) <= slack
    share = found.allele_fraction
    assert share is not None
    assert share.low <= 0.2 <= share.high


def test_wild_type_panel_is_searched_and_shows_nothing(dna: DnaPanel, tmp_path: Path) -> None:
    result = dna.call(PanelSample("normal"), SETTINGS, 6, tmp_path)
    assert not result.fusions
    assert result.dna is not None
    assert result.dna.main_intron == 19
    assert result.junction_limit is not None
    assert 0 < result.junction_limit < 0.1
