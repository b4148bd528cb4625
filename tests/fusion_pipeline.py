"""The fusion half of the workflow called as functions: simulated or real FASTQ in, typed junctions out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alktrace.align.stage import align_reads
from alktrace.fusions.stage import call_fusions
from alktrace.genome.twobit import write_twobit
from alktrace.model.records import FusionResult
from alktrace.recruit.stage import recruit
from alktrace.reference import genome as reference
from alktrace.reference.target_listing import blind_codons
from alktrace.reference.targets import build_targets
from alktrace.settings import FusionSettings

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
KNOWLEDGE = RESOURCES / "knowledge"


@dataclass(frozen=True)
class PreparedReference:
    """Everything the workflow prepares once per reference, in one folder."""

    folder: Path

    @property
    def fasta(self) -> Path:
        return self.folder / "genome.2bit"

    @property
    def annotation(self) -> Path:
        return self.folder / "annotation.tsv"

    @property
    def targets(self) -> Path:
        return self.folder / "targets.bin"

    @classmethod
    def build(cls, folder: Path, fasta: Path, gtf: Path) -> PreparedReference:
        prepared = cls(folder)
        panel = RESOURCES / "panel.tsv"
        write_twobit(fasta, prepared.fasta)
        reference.prepare_annotation(prepared.fasta, gtf, panel, prepared.annotation, folder / "junctions.bed")
        build_targets(
            prepared.fasta,
            prepared.annotation,
            panel,
            KNOWLEDGE,
            prepared.targets,
            folder / "targets.tsv",
        )
        return prepared

    def call(self, reads: list[Path], work: Path, umi: str | None = None, library: str = "wts") -> FusionResult:
        """Recruit, align and call one sample."""
        second = reads[1] if len(reads) == 2 else None
        recruited, bam = work / "recruited.fq.gz", work / "evidence.bam"
        stats = recruit([(reads[0], second)], self.targets, recruited, work / "recruit.json", threads=1)
        reference = {"genome": self.fasta, "annotation": self.annotation, "panel": RESOURCES / "panel.tsv"}
        reference["junctions"] = self.folder / "junctions.bed"
        align_reads(recruited, reference, bam, way="search", paired=second is not None, sample="s", threads=1)
        return call_fusions(
            bam, self.fasta, self.annotation, RESOURCES / "panel.tsv", KNOWLEDGE, stats, FusionSettings(), umi, library,
            blind_codons(self.folder / "targets.tsv"),
        )  # fmt: skip
