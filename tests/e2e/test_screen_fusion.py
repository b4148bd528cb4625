"""From simulated reads: are the mutated molecules the fusion's?"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from alktrace.fusions.stage import call_fusions
from alktrace.model.records import Mutation, RecruitStats
from alktrace.settings import FusionSettings
from alktrace.simulate import scenarios, transcripts
from alktrace.simulate.reads import ReadSettings
from screen_cases import KNOWLEDGE, PANEL, Bench

STATS = RecruitStats(True, 0, 0, 0, 0, {}, None, 500, 500, {}, {}, 0)
LONG = ReadSettings(fragment_mean=340, fragment_sd=60, read_length=150)
SHORT = ReadSettings(fragment_mean=160, fragment_sd=20, read_length=75)
NEAR, FAR = ("c.3386A>T", "E1129V"), ("c.3604G>A", "G1202R")  # bases behind the junction at c.3173: 213, 431


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.build(tmp_path_factory.mktemp("bench"))


def _mutation(
    bench: Bench, change: tuple[str, str], mutated: str, settings: ReadSettings, wild_type: int = 3000
) -> Mutation:
    """The change in a third of the molecules named by `mutated` (fusion | wild type), through both stages."""
    fusion = scenarios.fusion_molecules(bench.genome)["V1"]
    plain = transcripts.wild_type(bench.genome, "ALK")
    library = []
    for name, molecule, fragments in (("fusion", fusion, 2000), ("wild type", plain, wild_type)):
        carriers = fragments // 3 if name == mutated else 0
        changed = transcripts.with_changes(bench.genome, molecule, "ALK", [change[0]])
        library += [(molecule, fragments - carriers), (changed, carriers)]
    bam = bench.align([entry for entry in library if entry[1]], settings)
    folder: Path = bench.folder
    fusions = call_fusions(
        bam, folder / "genome.fa", folder / "annotation.tsv", PANEL, KNOWLEDGE,
        replace(STATS, paired=settings.paired), FusionSettings(), None, "wts",
    )  # fmt: skip
    assert [f.notation for f in fusions.fusions if f.kind == "kinase_fusion"] == ["E13;A20"]
    (found,) = bench.screen(bam, fusions).mutations
    assert found.short == change[1]
    return found


def test_fragments_over_junction_and_codon_show_that_the_fusion_is_mutated(bench: Bench) -> None:
    link = _mutation(bench, NEAR, "fusion", LONG).on_fusion
    assert link is not None and link.state == "yes"
    assert link.fragments > 20 and "fragments that cover junction and codon carry it" in link.reason


def test_fragments_over_junction_and_codon_show_that_the_wild_type_is_mutated(bench: Bench) -> None:
    link = _mutation(bench, NEAR, "wild type", LONG).on_fusion
    assert link is not None and link.state == "no"
    assert link.fragments > 20 and "none of" in link.reason


@pytest.mark.parametrize("mutated", ["fusion", "wild type"])
def test_a_codon_too_far_from_the_junction_is_undetermined(bench: Bench, mutated: str) -> None:
    link = _mutation(bench, FAR, mutated, SHORT).on_fusion
    assert link is not None and link.state == "undetermined"
    assert (link.fragments, "no fragment covers junction and codon" in link.reason) == (0, True)


def test_without_the_wild_type_imbalance_decides(bench: Bench) -> None:
    link = _mutation(bench, FAR, "fusion", SHORT, wild_type=0).on_fusion
    assert link is not None and link.state == "yes"
    assert link.fragments == 0 and "expression imbalance" in link.reason
