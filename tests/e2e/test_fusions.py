"""Every catalogued junction typed exactly from simulated reads, and nothing called where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from alktrace.model.records import Fusion
from alktrace.simulate import genome as synthetic
from alktrace.simulate import scenarios
from alktrace.simulate.reads import ReadSettings
from alktrace.simulate.transcripts import FusionTruth
from fusion_pipeline import PreparedReference

GENOME = synthetic.build_genome()
FUSIONS = scenarios.fusion_scenarios(GENOME, fragments=500, around=1000)
NEGATIVES = scenarios.negative_scenarios(GENOME, fragments=1500, around=1500)
READS = {"2x75": (75, True), "2x100": (100, True), "2x150": (150, True), "1x100": (100, False)}
FRAGMENTS = 6
SHORTEST, SINGLE = "2x75", "1x100"


def rotating(names: Iterable[str], always: Sequence[str]) -> list[tuple[str, str]]:
    """(name, kind of reads): every name with the kinds `always` and with one of the other kinds by turns."""
    others = [kind for kind in READS if kind not in always]
    return [(name, kind) for n, name in enumerate(names) for kind in (*always, others[n % len(others)])]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedReference:
    folder = tmp_path_factory.mktemp("reference")
    synthetic.write_fasta(GENOME, folder / "demo.fa")
    synthetic.write_gtf(GENOME, folder / "demo.gtf")
    return PreparedReference.build(folder, folder / "demo.fa", folder / "demo.gtf")


def call(prepared: PreparedReference, scenario: scenarios.Scenario, kind: str, work: Path) -> list[Fusion]:
    length, paired = READS[kind]
    settings = ReadSettings(read_length=length, paired=paired, error_rate=0.002)
    paths = [work / f"reads_{mate}.fastq.gz" for mate in ((1, 2) if paired else (1,))]
    scenarios.write(scenario, settings, 7, paths)
    return prepared.call(paths, work).fusions


def found(fusions: list[Fusion], truth: FusionTruth) -> Fusion:
    matching = [
        f
        for f in fusions
        if (f.name, f.five_prime.exon, f.three_prime.exon)
        == (truth.name, truth.five_prime.exon, truth.three_prime.exon)
        and (f.inserted_sequence == truth.inserted_sequence or not f.structure_complete)
    ]
    assert len(matching) == 1, f"{truth.notation}: {[(f.name, f.notation, f.support) for f in fusions]}"
    return matching[0]


STRUCTURE = (
    "kind", "notation", "five_prime", "three_prime", "inserted_sequence", "retained_intron_bases",
    "untemplated_sequence", "deleted_bases", "frame",
)  # fmt: skip


def assert_structure(fusion: Fusion, truth: FusionTruth) -> None:
    assert {k: getattr(fusion, k) for k in STRUCTURE} == {k: getattr(truth, k) for k in STRUCTURE}
    if fusion.target == "ALK":
        assert fusion.kinase_domain_retained == truth.kinase_domain_retained


@pytest.mark.parametrize(("name", "kind"), rotating(FUSIONS, ["2x100"]))
def test_junction_is_typed_exactly(prepared: PreparedReference, name: str, kind: str, tmp_path: Path) -> None:
    scenario = FUSIONS[name]
    fusions = call(prepared, scenario, kind, tmp_path)
    for truth in scenario.fusions:
        fusion = found(fusions, truth)
        assert fusion.structure_complete
        assert_structure(fusion, truth)
        assert fusion.variant == truth.variant
        assert fusion.confidence in ("high", "medium")
    assert len([f for f in fusions if f.confidence != "low"]) == len(scenario.fusions)
    if len(scenario.fusions) == 2 and scenario.fusions[0].kind == "disrupting_event":
        assert len({f.event_id for f in fusions}) == 1


@pytest.mark.parametrize("kind", [SHORTEST, SINGLE])
@pytest.mark.parametrize("name", FUSIONS)
def test_few_fragments_name_the_exons(prepared: PreparedReference, name: str, kind: str, tmp_path: Path) -> None:
    """Six fragments with 15 bases on both sides: exact where reads cover the insert, else exons, told so."""
    length, paired = READS[kind]
    scenario = scenarios.with_junction_fragments(FUSIONS[name], FRAGMENTS)
    insert = max(len(t.inserted_sequence) for t in scenario.fusions)
    if not paired and insert + 30 + FRAGMENTS > length:
        pytest.skip("single reads of this length cannot hold the insert and both anchors")
    fusions = call(prepared, scenario, kind, tmp_path)
    for truth in scenario.fusions:
        fusion = found(fusions, truth)
        if fusion.structure_complete:
            assert_structure(fusion, truth)
        if insert + 30 <= length:
            assert fusion.structure_complete


@pytest.mark.parametrize(("name", "kind"), rotating(NEGATIVES, ["2x100"]))
def test_nothing_is_called(prepared: PreparedReference, name: str, kind: str, tmp_path: Path) -> None:
    fusions = call(prepared, NEGATIVES[name], kind, tmp_path)
    assert [(f.name, f.notation, f.support) for f in fusions] == []
