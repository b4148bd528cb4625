"""The demo: reference, reads, sample sheet, configuration and truth in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..model.vocabulary import State
from ..runtime.files import write_text
from ..runtime.serialise import write_json
from . import panel, rearrangements, scenarios, tables, transcripts
from .genome import SEED, SyntheticGenome, build_genome, write_fasta, write_gtf
from .reads import ReadSettings
from .scenarios import Entry, Scenario, background
from .transcripts import FusionTruth

RESISTANCE = "c.3604G>A"  # G1202R
RESISTANCE_SHARE = 0.3
BYPASS = "c.35G>A"  # KRAS G12D
BYPASS_SHARE = 0.25
GAIN = 6.0  # copy ratio of MET in tissue
PLASMA_SHARE = 0.06  # of the copies in plasma carry the rearrangement
BACKGROUND = 40_000  # fragments: enough that the hotspots of the bypass genes can be assessed
DNA_EXONS = {
    "EGFR": range(18, 22),
    "KRAS": (2, 3),
    "BRAF": (15,),
    "MET": (13, 14, 15),
    "MYC": (2, 3),
    "TP53": range(4, 9),
}
UMI = "::umi:([ACGTN+]+)"


@dataclass(frozen=True)
class MutationTruth:
    """A change of a sample: `vaf` is its share of the gene's molecules at that place."""

    gene: str
    hgvs_c: str
    short: str
    vaf: float


@dataclass(frozen=True)
class DnaSample:
    """A sample of DNA: a panel library. `mutations` name the changes of `content`."""

    sample: str
    patient: str
    timepoint: str
    specimen: str
    content: panel.PanelSample
    settings: panel.PanelSettings
    alk_rearrangement: State
    mutations: tuple[MutationTruth, ...] = ()


@dataclass(frozen=True)
class DemoSample:
    sample: str
    patient: str
    timepoint: str
    scenario: Scenario
    settings: ReadSettings
    alk_rearrangement: State
    mutations: tuple[MutationTruth, ...] = ()


def demo_samples(genome: SyntheticGenome) -> list[DemoSample]:
    """The samples of the demo: three fusions (one before and after resistance, one with a bypass mutation), none, and
    too little RNA."""
    molecules = scenarios.fusion_molecules(genome)
    v3 = [(molecules["V3a"], 1700), (molecules["V3b"], 5100)]
    resistant = [
        entry
        for molecule, count in v3
        for entry in scenarios.with_alleles(genome, molecule, "ALK", [([RESISTANCE], RESISTANCE_SHARE)], count)
    ]
    rest = background(genome, BACKGROUND)
    bypass = _changed(genome, rest, "KRAS", BYPASS, BYPASS_SHARE)
    plain, umi = ReadSettings(duplicates=0.1), ReadSettings(duplicates=0.1, umi_length=10)
    alk = Entry(transcripts.wild_type(genome, "ALK"), 6000)

    def sample(
        name: str,
        patient: str,
        timepoint: str,
        entries: tuple[Entry, ...],
        settings: ReadSettings,
        state: State,
        *mutations: MutationTruth,
    ) -> DemoSample:
        return DemoSample(name, patient, timepoint, Scenario(name, entries), settings, state, mutations)

    detected = State.DETECTED
    resistance = MutationTruth("ALK", RESISTANCE, "G1202R", RESISTANCE_SHARE)
    kras = MutationTruth("KRAS", BYPASS, "G12D", BYPASS_SHARE)
    return [
        sample("demo_V1", "patient 1", "baseline", (*rest, Entry(molecules["V1"], 8500)), plain, detected),
        sample("demo_V3_baseline", "patient 2", "baseline", (*rest, *(Entry(m, n) for m, n in v3)), plain, detected),
        sample("demo_V3_progression", "patient 2", "progression", (*rest, *resistant), plain, detected, resistance),
        sample(
            "demo_KIF5B", "patient 3", "progression", (*bypass, Entry(molecules["K24"], 11_000)), umi, detected, kras
        ),
        sample("demo_wild_type", "patient 4", "baseline", (*rest, alk), plain, State.NOT_DETECTED),
        sample("demo_poor", "patient 5", "baseline", background(genome, 300), plain, State.NOT_ASSESSABLE),
    ]


def dna_samples(genome: SyntheticGenome) -> list[DnaSample]:
    """Panel samples of the demo, each beside the RNA of the same patient and time point: tissue with the inversion of
    variant 1 between two repeats and a copy gain of MET, plasma with that of variant 3 and a resistance mutation on
    half of its copies."""
    places = rearrangements.repeat_breakpoints(genome, ("EML4", 13), ("ALK", 19), np.random.default_rng(genome.seed))
    event = rearrangements.fuse(genome, "V1", ("EML4", places[0]), ("ALK", places[1]))
    tissue = panel.PanelSample("demo_DNA_tissue", (panel.Event(event, 0.2),), gains=(panel.Gain("MET", GAIN),))
    settings = panel.PanelSettings(depth=400, umi_length=8, fragments=(260.0, 60.0))
    spot = [
        rearrangements.intron_position(genome, gene, intron, share)
        for gene, intron, share in (("EML4", 6, 0.4), ("ALK", 19, 0.8))
    ]
    variant_3 = rearrangements.fuse(genome, "V3", ("EML4", spot[0]), ("ALK", spot[1]))
    plasma = panel.PanelSample(
        "demo_DNA_plasma",
        (panel.Event(variant_3, PLASMA_SHARE),),
        (panel.Change("ALK", RESISTANCE, PLASMA_SHARE / 2, carrier="V3"),),
    )
    deep = panel.PanelSettings(depth=500, umi_length=8, fragments=(167.0, 20.0), second_peak=0.1)
    resistance = MutationTruth("ALK", RESISTANCE, "G1202R", PLASMA_SHARE / 2)
    detected = State.DETECTED
    return [
        DnaSample(tissue.name, "patient 1", "baseline", "tissue", tissue, settings, detected),
        DnaSample(plasma.name, "patient 2", "progression", "plasma", plasma, deep, detected, (resistance,)),
    ]


def _changed(
    genome: SyntheticGenome, entries: tuple[Entry, ...], gene: str, change: str, share: float
) -> tuple[Entry, ...]:
    """The entries with a change on a share of one gene's spliced molecules."""
    found = next(entry for entry in entries if entry.molecule.name == gene)
    alleles = scenarios.with_alleles(genome, found.molecule, gene, [([change], share)], found.fragments)
    return (*(entry for entry in entries if entry is not found), *alleles)


def write_demo(folder: Path, seed: int = SEED) -> None:
    """Write genome.fa, genes.gtf, fastq/, samples.tsv, config.yaml, truth.json and truth.tsv below `folder`. Paths in
    the sheet and the configuration are relative to `folder`; the same seed gives the same bytes."""
    genome = build_genome(seed=seed)
    (folder / "fastq").mkdir(parents=True, exist_ok=True)
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "genes.gtf")
    samples = demo_samples(genome)
    for number, sample in enumerate(samples):
        paths = [folder / "fastq" / f"{sample.sample}_R{mate}.fastq.gz" for mate in (1, 2)]
        scenarios.write(sample.scenario, sample.settings, seed + number, paths)
    dna = dna_samples(genome)
    baits = panel.standard_design(genome, DNA_EXONS)
    panel.write_baits(baits, folder / "panel.bed")
    for number, one in enumerate(dna):
        paths = [folder / "fastq" / f"{one.sample}_R{mate}.fastq.gz" for mate in (1, 2)]
        panel.write(genome, one.content, baits, one.settings, seed + number, paths)
    write_text(folder / "samples.tsv", _sheet(samples, dna))
    truth = {s.sample: _truth(s) for s in samples}
    truth |= {
        s.sample: {
            "alk_rearrangement": s.alk_rearrangement,
            **s.content.truth(genome),
            "mutations": list(s.mutations),
        }
        for s in dna
    }
    write_json({"samples": truth}, folder / "truth.json")
    write_text(folder / "truth.tsv", _truth_table(genome, samples, dna))
    # Last: its presence says that the folder is complete.
    write_text(folder / "config.yaml", "samples: samples.tsv\nreference:\n  fasta: genome.fa\n  gtf: genes.gtf\n")


def _sheet(samples: list[DemoSample], dna: list[DnaSample]) -> str:
    lines = ["sample\tpatient\ttimepoint\tassay\tfq1\tfq2\tumi\ttargets\tspecimen"]
    for s in samples:
        reads = [f"fastq/{s.sample}_R{mate}.fastq.gz" for mate in (1, 2)]
        umi = UMI if s.settings.umi_length else ""
        lines.append("\t".join((s.sample, s.patient, s.timepoint, "rna", *reads, umi, "", "tissue")))
    for one in dna:
        reads = [f"fastq/{one.sample}_R{mate}.fastq.gz" for mate in (1, 2)]
        umi = UMI if one.settings.umi_length else ""
        row = (one.sample, one.patient, one.timepoint, "dna", *reads, umi, "panel.bed", one.specimen)
        lines.append("\t".join(row))
    return "\n".join(lines) + "\n"


def _truth(sample: DemoSample) -> dict[str, Any]:
    return {
        "alk_rearrangement": sample.alk_rearrangement,
        "fusions": list(_different(sample)),
        "mutations": list(sample.mutations),
        "fragments": {entry.molecule.name: entry.fragments for entry in sample.scenario.entries},
    }


def _different(sample: DemoSample) -> tuple[FusionTruth, ...]:
    """Junctions of a sample, once each: mutated and other molecules share theirs."""
    return tuple({f.notation: f for f in sample.scenario.fusions}.values())


def _truth_table(genome: SyntheticGenome, samples: list[DemoSample], dna: list[DnaSample]) -> str:
    """One row a fusion; of DNA the predicted transcript, with the share of the copies that carry the rearrangement."""
    columns = ("sample", "assay", "alk_rearrangement", "fusion", "variant", "notation", "frame", "inserted_sequence")
    lines = ["\t".join((*columns, "allele_fraction", "mutations", "copy_ratios"))]
    for s in samples:
        rows = [(f.name, f.variant or "", f.notation, f.frame, f.inserted_sequence, "") for f in _different(s)]
        head = (s.sample, "rna", s.alk_rearrangement)
        lines += ["\t".join((*head, *row, _mutations(s), "")) for row in rows or [("",) * 6]]
    letters = {row.five_gene: row.five_name for row in tables.read_junctions()}
    for one in dna:
        head = (one.sample, "dna", one.alk_rearrangement)
        for event in one.content.events:
            for junction in rearrangements.junctions(genome, event.rearrangement):
                found = junction.prediction
                if found and found.three_gene == "ALK":
                    notation = f"{letters[found.five_gene]}{found.five_exon};A{found.three_exon}"
                    row = (f"{found.five_gene}::ALK", event.rearrangement.name, notation, found.frame, "")
                    gains = ",".join(f"{gain.gene} {gain.ratio:g}" for gain in one.content.gains)
                    lines.append("\t".join((*head, *row, f"{event.share:g}", _mutations(one), gains)))
    return "\n".join(lines) + "\n"


def _mutations(sample: DemoSample | DnaSample) -> str:
    return ",".join(f"{m.gene} {m.short} ({m.vaf:g})" for m in sample.mutations)
