"""Simulated reads: counts, anchors, adapters, errors and bytes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from alktrace.genome.sequence import reverse_complement
from alktrace.simulate import reads, scenarios, transcripts
from alktrace.simulate.genome import SyntheticGenome, build_genome
from alktrace.simulate.reads import ReadSettings
from alktrace.simulate.scenarios import Entry, Scenario
from alktrace.simulate.transcripts import Molecule

LAYOUTS = [(75, True), (100, True), (150, True), (100, False)]


@pytest.fixture(scope="module")
def genome() -> SyntheticGenome:
    return build_genome()


@pytest.fixture(scope="module")
def molecules(genome: SyntheticGenome) -> dict[str, Molecule]:
    return scenarios.fusion_molecules(genome)


def records(path: Path) -> list[tuple[str, str, str]]:
    """(name, bases, qualities) of a gzip FASTQ."""
    with gzip.open(path, "rt") as handle:
        lines = handle.read().splitlines()
    return list(zip(lines[::4], lines[1::4], lines[3::4], strict=True))


def written(
    scenario: Scenario, settings: ReadSettings, folder: Path, seed: int = 1
) -> list[list[tuple[str, str, str]]]:
    paths = [folder / f"R{mate + 1}.fastq.gz" for mate in range(2 if settings.paired else 1)]
    scenarios.write(scenario, settings, seed, paths)
    return [records(path) for path in paths]


def spans(molecule: Molecule, bases: str) -> tuple[int, int]:
    """Start and end of an error-free read in a molecule, either orientation."""
    for candidate in (bases, reverse_complement(bases)):
        start = molecule.sequence.find(candidate)
        if start >= 0:
            return start, start + len(bases)
    raise AssertionError("the read is not part of the molecule")


@pytest.mark.parametrize(("length", "paired"), LAYOUTS)
@pytest.mark.parametrize("name", ["V1", "V3b", "V4", "V8b", "V5b"])
def test_fragments_across_the_junction(
    molecules: dict[str, Molecule], tmp_path: Path, name: str, length: int, paired: bool
) -> None:
    """Exactly five fragments hold both anchors: in one read, or in two where the insert is too long for one."""
    molecule = molecules[name]
    (truth,) = molecule.fusions
    settings = ReadSettings(read_length=length, paired=paired, error_rate=0, fragment_mean=300)
    scenario = Scenario(name, (Entry(molecule, 400, junction_fragments=5),))
    mates = written(scenario, settings, tmp_path)
    left, right = truth.left_end - scenarios.ANCHOR, truth.right_start + scenarios.ANCHOR
    ends = [[spans(molecule, bases) for _, bases, _ in mate] for mate in mates]
    touching = [
        row
        for row in zip(*ends, strict=True)
        if any(a < truth.left_end < b or a < truth.right_start < b for a, b in row)
    ]
    assert len(ends[0]) == 405
    if right - left <= length:
        assert sum(any(a <= left and b >= right for a, b in row) for row in touching) == 5
    elif paired:
        assert all(min(row)[0] <= left and max(row)[1] >= right for row in touching)
    assert len(set(touching)) == len(touching) == 5


def test_too_many_fragments_are_refused(molecules: dict[str, Molecule]) -> None:
    settings = ReadSettings(read_length=30, paired=False)
    with pytest.raises(ValueError, match="fewer than 5 different fragments"):
        reads.junction_fragments(molecules["V1"], 0, 5, 15, settings, np.random.default_rng(1))


def test_both_orientations(genome: SyntheticGenome, tmp_path: Path) -> None:
    molecule = transcripts.wild_type(genome, "ALK")
    first, second = written(
        Scenario("x", (Entry(molecule, 500),)), ReadSettings(error_rate=0, fragment_mean=400), tmp_path
    )
    forward = sum(bases in molecule.sequence for _, bases, _ in first)
    assert 200 < forward < 300
    for (name_a, a, _), (name_b, b, _) in zip(first, second, strict=True):
        assert name_a.split()[0] == name_b.split()[0]
        assert (a in molecule.sequence) != (b in molecule.sequence)


def test_adapter_behind_short_fragments(genome: SyntheticGenome, tmp_path: Path) -> None:
    molecule = transcripts.wild_type(genome, "KRAS")
    settings = ReadSettings(error_rate=0, fragment_mean=60, fragment_sd=0)
    mates = written(Scenario("x", (Entry(molecule, 50),)), settings, tmp_path)
    for (_, a, _), (_, b, _) in zip(*mates, strict=True):
        assert a[:60] == reverse_complement(b[:60])
        assert a[60:] == reads.ADAPTERS[0].decode().ljust(40, "G")[:40]
        assert b[60:] == reads.ADAPTERS[1].decode().ljust(40, "G")[:40]


def test_error_rate_and_qualities(genome: SyntheticGenome, tmp_path: Path) -> None:
    molecule = transcripts.wild_type(genome, "KRAS")
    scenario = Scenario("x", (Entry(molecule, 3000),))
    (clean,) = written(scenario, ReadSettings(error_rate=0, paired=False), tmp_path)
    (noisy,) = written(scenario, ReadSettings(error_rate=0.01, paired=False), tmp_path)
    pairs = [
        (x, y, q) for (_, a, _), (_, b, qs) in zip(clean, noisy, strict=True) for x, y, q in zip(a, b, qs, strict=True)
    ]
    wrong = [ord(q) - 33 for x, y, q in pairs if x != y]
    assert 0.008 < len(wrong) / len(pairs) < 0.012
    right = [ord(q) - 33 for x, y, q in pairs if x == y]
    assert np.mean(wrong) < np.mean(right) - 5


def test_duplicates_share_ends_and_umi(genome: SyntheticGenome, tmp_path: Path) -> None:
    settings = ReadSettings(error_rate=0, duplicates=0.25, umi_length=8)
    first, second = written(Scenario("x", (Entry(transcripts.wild_type(genome, "KRAS"), 900),)), settings, tmp_path)
    assert len(first) == 1200
    umis = [name.split()[0].split("::umi:")[1] for name, _, _ in first]
    different = set(zip(umis, (r[1] for r in first), (r[1] for r in second), strict=True))
    assert len(different) == 900
    assert all(len(umi) == 8 and set(umi) <= set("ACGT") for umi in umis)


def test_chimeras(genome: SyntheticGenome) -> None:
    scenario = scenarios.negative_scenarios(genome, fragments=2000, around=2000)["chimeras"]
    molecules, fragments = scenarios.draw(scenario, ReadSettings(), 1)
    made = [m for m in molecules if m.name.startswith("chimera")]
    assert len(made) == round(sum(e.fragments for e in scenario.entries) * scenarios.CHIMERA_SHARE)
    assert np.isin(np.arange(len(scenario.entries), len(molecules)), fragments.molecule).all()
    assert scenario.fusions == ()


def test_two_junctions_of_one_event(molecules: dict[str, Molecule], tmp_path: Path) -> None:
    molecule = molecules["PTPN3_ALK"]
    scenario = Scenario("x", (Entry(molecule, 100, junction_fragments=6),))
    mates = written(scenario, ReadSettings(error_rate=0, read_length=75), tmp_path)
    ends = [[spans(molecule, bases) for _, bases, _ in mate] for mate in mates]
    for truth in molecule.fusions:
        across = [
            row
            for row in zip(*ends, strict=True)
            if any(a <= truth.left_end - 15 and b >= truth.left_end + 15 for a, b in row)
        ]
        assert len(across) >= 6


def test_same_seed_same_bytes(genome: SyntheticGenome, tmp_path: Path) -> None:
    scenario = Scenario("x", scenarios.background(genome, 500))
    settings = ReadSettings(duplicates=0.1)
    paths = [[tmp_path / f"{run}_{mate}.gz" for mate in (1, 2)] for run in "abc"]
    for seed, pair in zip((5, 5, 6), paths, strict=True):
        scenarios.write(scenario, settings, seed, pair)
    first, again, other = ([path.read_bytes() for path in pair] for pair in paths)
    assert first == again
    assert first != other
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a_1.gz", "a_2.gz", "b_1.gz", "b_2.gz", "c_1.gz", "c_2.gz"]


def test_cis_and_trans(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    pair = ("c.3604G>A", "c.3586C>A")
    (rest, both) = scenarios.with_alleles(genome, molecules["V1"], "ALK", [(pair, 0.05)], 1000)
    assert (rest.fragments, both.fragments, len(both.molecule.changes)) == (950, 50, 2)
    trans = scenarios.with_alleles(genome, molecules["V1"], "ALK", [((name,), 0.1) for name in pair], 1000)
    assert [(e.fragments, len(e.molecule.changes)) for e in trans] == [(800, 0), (100, 1), (100, 1)]


def test_empty_library(genome: SyntheticGenome, tmp_path: Path) -> None:
    scenario = scenarios.negative_scenarios(genome)["empty"]
    assert written(scenario, ReadSettings(), tmp_path) == [[], []]


def test_every_scenario_can_be_drawn(genome: SyntheticGenome) -> None:
    settings = ReadSettings(read_length=75)
    for name, scenario in scenarios.all_scenarios(genome).items():
        exact = scenarios.with_junction_fragments(scenario, 5)
        _, fragments = scenarios.draw(exact, settings, 1)
        wanted = sum(e.fragments + 5 * len(e.molecule.fusions) for e in scenario.entries)
        assert abs(len(fragments) - wanted) <= round(wanted * scenario.chimera_share), name
