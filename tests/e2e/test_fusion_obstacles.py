"""What stands in the way of "not detected", sample by sample, and what reads without evidence must not make."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alktrace.model.records import FusionResult
from alktrace.simulate import genome as synthetic
from alktrace.simulate import reads, scenarios, transcripts
from alktrace.simulate.reads import ReadSettings
from alktrace.simulate.tables import JunctionRow
from alktrace.simulate.transcripts import Molecule
from fusion_pipeline import PreparedReference

GENOME = synthetic.build_genome()
MOLECULES = scenarios.fusion_molecules(GENOME)
BACKGROUND = tuple((entry.molecule, entry.fragments) for entry in scenarios.background(GENOME, 1500))
WILD = (*BACKGROUND, (transcripts.wild_type(GENOME, "ALK"), 500))
JUNCTION = {name: m.fusions[0].left_end for name, m in MOLECULES.items()}


def prepare(folder: Path, genome: synthetic.SyntheticGenome) -> PreparedReference:
    synthetic.write_fasta(genome, folder / "demo.fa")
    synthetic.write_gtf(genome, folder / "demo.gtf")
    return PreparedReference.build(folder, folder / "demo.fa", folder / "demo.gtf")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedReference:
    return prepare(tmp_path_factory.mktemp("reference"), GENOME)


def across(name: str, before: int) -> tuple[Molecule, int]:
    """One fragment of 200 bases that begins so many bases before the junction of a fusion transcript."""
    start = JUNCTION[name] - before
    return Molecule(f"{name} {before}", MOLECULES[name].sequence[start : start + 200], ()), 1


def sample(
    prepared: PreparedReference,
    work: Path,
    library: Sequence[tuple[Molecule, int]],
    length: int = 100,
    unknown: range = range(0),
) -> FusionResult:
    """`unknown`: cycles that every read lost."""
    settings, rng = ReadSettings(read_length=length), np.random.default_rng(5)
    drawn = [
        replace(reads.whole_molecule(m, i, rng), forward=np.ones(1, bool))
        if n == 1
        else reads.random_fragments(m, i, n, settings, rng)
        for i, (m, n) in enumerate(library)
        if n
    ]
    paths = [work / f"reads_{mate}.fq.gz" for mate in (1, 2)]
    reads.write_reads([m for m, _ in library], reads.join(drawn), settings, rng, paths)
    for path in paths if unknown else []:
        lines = gzip.decompress(path.read_bytes()).decode().split("\n")
        for i in range(1, len(lines), 4):
            lines[i] = lines[i][: unknown.start] + "N" * len(unknown) + lines[i][unknown.stop :]
        path.write_bytes(gzip.compress("\n".join(lines).encode(), 1))
    return prepared.call(paths, work)


def keys(result: FusionResult) -> set[str]:
    return {obstacle.key for obstacle in result.obstacles}


def test_nothing_stands_in_the_way_of_a_wild_type(prepared: PreparedReference, tmp_path: Path) -> None:
    result = sample(prepared, tmp_path, WILD)
    assert (result.fusions, result.obstacles) == ([], [])
    assert result.junction_limit is not None


def test_reads_too_short_to_show_a_junction(prepared: PreparedReference, tmp_path: Path) -> None:
    result = sample(prepared, tmp_path, WILD, length=25)
    assert keys(result) == {"alk_short_reads"}


def test_a_partner_that_is_nowhere_in_the_genome(prepared: PreparedReference, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    foreign = "".join(rng.choice(list("ACGT"), 300))
    molecule = Molecule("foreign", foreign + GENOME.spliced["ALK"][GENOME.transcripts["ALK"].exon_start(20) - 1 :], ())
    result = sample(prepared, tmp_path, (*WILD, (molecule, 300)))
    assert result.fusions == []
    assert keys(result) == {"alk_unexplained_junction"}
    assert result.dismissed[0].filter == "no_partner"


def test_the_raw_reads_hold_a_junction_that_is_one_molecule(prepared: PreparedReference, tmp_path: Path) -> None:
    result = sample(prepared, tmp_path, (*WILD, *[across("V1", 60)] * 8))
    assert result.fusions == []
    assert keys(result) == {"alk_unexplained_scan"}


def test_two_forms_of_one_event_support_it_together(prepared: PreparedReference, tmp_path: Path) -> None:
    few = [across(name, start) for name in ("V3a", "V3b") for start in (40, 55)]
    result = sample(prepared, tmp_path, (*WILD, *few))
    assert {(f.variant, f.confidence, f.support.unique_fragments) for f in result.fusions} == {
        ("V3a", "medium", 2),
        ("V3b", "medium", 2),
    }


@pytest.mark.parametrize("cycles", [range(30, 35), range(60, 75)])
def test_cycles_that_failed_make_no_junction(prepared: PreparedReference, tmp_path: Path, cycles: range) -> None:
    result = sample(prepared, tmp_path, (*WILD, (MOLECULES["V1"], 500)), unknown=cycles)
    assert [f.variant for f in result.fusions] == ["V1"]
    assert sample(prepared, tmp_path, WILD, unknown=cycles).fusions == []


def test_a_neighbour_joined_to_the_kinase_by_a_deletion_is_no_read_through(
    prepared: PreparedReference, tmp_path: Path
) -> None:
    """As in GOPC::ROS1: both on one strand, in order, and the last but one exon of the first gene."""
    last = len(GENOME.transcripts[scenarios.UPSTREAM_NEIGHBOUR].exons) - 1
    row = JunctionRow("near", scenarios.UPSTREAM_NEIGHBOUR, last, 0, 0, "", 0, 0, "ALK", 20, None, None)
    result = sample(prepared, tmp_path, (*WILD, (transcripts.fusion(GENOME, [row]), 300)))
    assert [(f.notation, f.kind, f.confidence) for f in result.fusions] == [
        (f"ZZNBR1e{last};A20", "kinase_fusion", "high")
    ]


def test_an_exon_that_the_reference_lacks_and_one_that_is_repeated(tmp_path: Path) -> None:
    alk = GENOME.transcripts["ALK"]
    start, end = alk.exons[19]
    bases = GENOME.contigs[alk.contig]
    results = []
    for number, contigs in enumerate(
        (
            {**GENOME.contigs, alk.contig: bases[: start - 1] + "N" * (end - start + 1) + bases[end:]},
            {**GENOME.contigs, "copies": bases[start - 101 : end + 100] * 60},
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.append(sample(prepare(folder, replace(GENOME, contigs=contigs)), folder, BACKGROUND))
    assert [keys(result) for result in results] == [{"alk_exon_unknown"}, {"alk_exon_masked"}]
