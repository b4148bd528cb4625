"""The DNA half of the workflow called as functions: a simulated panel in, typed rearrangements out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alktrace.align.stage import align_reads
from alktrace.fusions.dna_stage import call_dna
from alktrace.genome.twobit import write_twobit
from alktrace.model.records import FusionResult
from alktrace.recruit.stage import recruit
from alktrace.reference.genome import prepare_annotation
from alktrace.reference.targets import build_targets
from alktrace.settings import FusionSettings
from alktrace.simulate import panel
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf
from alktrace.simulate.panel import Bait, PanelSample, PanelSettings

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
KNOWLEDGE = RESOURCES / "knowledge"
PANEL = RESOURCES / "panel.tsv"


@dataclass(frozen=True)
class DnaPanel:
    """A prepared reference and a panel design on it."""

    folder: Path
    genome: SyntheticGenome
    baits: Sequence[Bait]

    @classmethod
    def build(
        cls, folder: Path, genome: SyntheticGenome | None = None, *, partners: bool = True, skip_repeats: bool = True
    ) -> DnaPanel:
        genome = genome or build_genome()
        write_fasta(genome, folder / "given.fa")
        write_gtf(genome, folder / "genes.gtf")
        fasta = folder / "genome.2bit"
        write_twobit(folder / "given.fa", fasta)
        prepare_annotation(fasta, folder / "genes.gtf", PANEL, folder / "annotation.tsv", folder / "junctions.bed")
        build_targets(
            fasta, folder / "annotation.tsv", PANEL, KNOWLEDGE, folder / "targets.bin", folder / "targets.tsv",
            assay="dna",
        )  # fmt: skip
        exons = {"KRAS": [2, 3], "EGFR": [18, 19, 20, 21]}
        baits = panel.standard_design(genome, exons, partners=partners, skip_repeats=skip_repeats)
        panel.write_baits(baits, folder / "baits.bed")
        return cls(folder, genome, baits)

    def evidence(self, sample: PanelSample, settings: PanelSettings, seed: int, work: Path) -> Path:
        """The evidence BAM of a simulated sample."""
        reads = [work / f"{sample.name}_R{mate}.fq.gz" for mate in (1, 2)]
        panel.write(self.genome, sample, self.baits, settings, seed, reads)
        recruited, bam = work / "recruited.fq.gz", work / "evidence.bam"
        recruit([(reads[0], reads[1])], self.folder / "targets.bin", recruited, work / "recruit.json", threads=1)
        reference = {
            "genome": self.folder / "genome.2bit",
            "annotation": self.folder / "annotation.tsv",
            "panel": PANEL,
        }
        reference["junctions"] = self.folder / "junctions.bed"
        align_reads(recruited, reference, bam, way="search", paired=True, sample="s", threads=1, assay="dna")
        return bam

    def call(self, sample: PanelSample, settings: PanelSettings, seed: int, work: Path) -> FusionResult:
        """Rearrangements of a simulated sample."""
        bam = self.evidence(sample, settings, seed, work)
        umi = "::umi:([ACGTN+]+)" if settings.umi_length else None
        return call_dna(
            bam, self.folder / "genome.2bit", self.folder / "annotation.tsv", PANEL, KNOWLEDGE, FusionSettings(), umi,
            self.folder / "baits.bed",
        )  # fmt: skip
