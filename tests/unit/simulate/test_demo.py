"""The demo folder: sheet, configuration, truth and depth."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import yaml

from alktrace.cohort.names import combined_groups
from alktrace.model.vocabulary import State
from alktrace.simulate import demo, scenarios, transcripts
from alktrace.simulate.demo import DemoSample
from alktrace.simulate.genome import SyntheticGenome, build_genome

CONTROLS = ("GUSB", "TBP", "HPRT1", "ACTB", "GAPDH", "CHMP2A", "GPI", "RAB7A", "VCP")
SAMPLES = ["demo_V1", "demo_V3_baseline", "demo_V3_progression", "demo_KIF5B", "demo_wild_type", "demo_poor"]
DNA_SAMPLES = ["demo_DNA_tissue", "demo_DNA_plasma"]


@dataclass(frozen=True)
class SheetRow:
    patient: str
    timepoint: str
    assay: str


@pytest.fixture(scope="module")
def genome() -> SyntheticGenome:
    return build_genome()


@pytest.fixture(scope="module")
def samples(genome: SyntheticGenome) -> dict[str, DemoSample]:
    return {s.sample: s for s in demo.demo_samples(genome)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    demo.write_demo(path)
    return path


def test_sheet_and_configuration(folder: Path) -> None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    with (folder / config["samples"]).open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [row["sample"] for row in rows] == [*SAMPLES, *DNA_SAMPLES]
    assert all((folder / row["targets"]).is_file() and row["specimen"] for row in rows if row["assay"] == "dna")
    for row in rows:
        assert (folder / row["fq1"]).is_file() and (folder / row["fq2"]).is_file()
    for path in config["reference"].values():
        assert (folder / path).is_file()
    assert combined_groups(
        SheetRow(**{key: row[key] for key in ("patient", "timepoint", "assay")}) for row in rows
    ) == {
        ("patient 1", "baseline"),
        ("patient 2", "progression"),
    }


def test_truth_files(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())["samples"]
    assert list(truth) == [*SAMPLES, *DNA_SAMPLES]
    inversion = truth["demo_DNA_tissue"]["events"][0]
    assert (inversion["event_type"], inversion["junctions"][0]["prediction"]["five_exon"]) == ("inversion", 13)
    assert [f["variant"] for f in truth["demo_V3_progression"]["fusions"]] == ["V3a", "V3b"]
    assert truth["demo_V3_progression"]["mutations"][0]["short"] == "G1202R"
    assert truth["demo_KIF5B"]["fusions"][0]["notation"] == "K24;A20"
    assert [(m["gene"], m["short"]) for m in truth["demo_KIF5B"]["mutations"]] == [("KRAS", "G12D")]
    assert [truth[s]["alk_rearrangement"] for s in SAMPLES] == ["detected"] * 4 + ["not_detected", "not_assessable"]
    with (folder / "truth.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [row["sample"] for row in rows].count("demo_V3_baseline") == 2
    dna = {
        row["sample"]: (row["variant"], row["notation"], row["allele_fraction"])
        for row in rows
        if row["assay"] == "dna"
    }
    assert dna == {"demo_DNA_tissue": ("V1", "E13;A20", "0.2"), "demo_DNA_plasma": ("V3", "E6;A20", "0.06")}


def test_depth_of_controls(samples: dict[str, DemoSample]) -> None:
    for sample in samples.values():
        controls = sum(e.fragments for e in sample.scenario.entries if e.molecule.name in CONTROLS)
        assert (controls >= 100) == (sample.alk_rearrangement is not State.NOT_ASSESSABLE), sample.sample


def test_depth_of_the_kinase_domain(genome: SyntheticGenome, samples: dict[str, DemoSample]) -> None:
    """At least 300 original fragments show each codon in the fusion samples."""
    for sample in samples.values():
        if sample.alk_rearrangement is not State.DETECTED:
            continue
        molecules, fragments = scenarios.draw(sample.scenario, sample.settings, 1)
        depth = np.zeros(1392 * 3 + 1, dtype=int)
        for index, entry in enumerate(sample.scenario.entries):
            if not entry.molecule.fusions:
                continue
            begin = transcripts.locate(genome, molecules[index], "ALK", 3346) - 3346
            mine = fragments.molecule == index
            _, first = np.unique(fragments.original[mine], return_index=True)
            for start, length in zip(fragments.start[mine][first] - begin, fragments.length[mine][first], strict=True):
                read = sample.settings.read_length
                depth[max(start, 0) : max(start + min(read, length), 0)] += 1
                depth[max(start + max(length - read, read), 0) : max(start + length, 0)] += 1
        assert depth[3346:].min() >= 300, sample.sample


@pytest.mark.parametrize(
    ("sample", "gene", "share"),
    [("demo_V3_progression", "ALK", demo.RESISTANCE_SHARE), ("demo_KIF5B", "KRAS", demo.BYPASS_SHARE)],
)
def test_mutated_share(samples: dict[str, DemoSample], sample: str, gene: str, share: float) -> None:
    entries = [e for e in samples[sample].scenario.entries if gene in {p.gene for p in e.molecule.pieces}]
    mutated = sum(e.fragments for e in entries if e.molecule.changes)
    assert mutated / sum(e.fragments for e in entries) == pytest.approx(share, abs=0.001)
