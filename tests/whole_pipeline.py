"""The whole of one RNA sample called as functions: reads in, report.json as a dictionary out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alktrace.align.stage import align_reads
from alktrace.fusions.stage import call_fusions
from alktrace.genome.transcripts import Annotation
from alktrace.genome.twobit import write_twobit
from alktrace.interpret.stage import build_report
from alktrace.model.records import AnnotationRecord, SampleInfo
from alktrace.model.vocabulary import Assay, Library
from alktrace.mutations.stage import screen_sample
from alktrace.recruit.stage import recruit
from alktrace.reference.genome import prepare_annotation
from alktrace.reference.target_listing import blind_codons
from alktrace.reference.targets import build_targets
from alktrace.runtime.paths import KNOWLEDGE, RESOURCES
from alktrace.runtime.provenance import build_provenance
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import FusionSettings, InterpretSettings, ScreenSettings

PANEL = RESOURCES / "panel.tsv"


@dataclass(frozen=True)
class Prepared:
    """What the workflow makes of a genome and its annotation, in one folder."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, fasta: Path, gtf: Path) -> Prepared:
        folder.mkdir(parents=True, exist_ok=True)
        genome, annotation = folder / "genome.2bit", folder / "annotation.tsv"
        write_twobit(fasta, genome)
        prepare_annotation(
            genome, gtf, PANEL, annotation, folder / "junctions.bed", RESOURCES, folder / "annotation.json"
        )
        build_targets(genome, annotation, PANEL, KNOWLEDGE, folder / "targets.bin", folder / "targets.tsv")
        return cls(folder)

    def report(
        self, reads: list[Path], work: Path, *, library: str = "wts", umi: str | None = None, threads: int = 1
    ) -> dict[str, Any]:
        """report.json of one sample; `reads` are two files for pairs, one for single reads."""
        work.mkdir(parents=True, exist_ok=True)
        recruited, bam = work / "recruited.fq.gz", work / "evidence.bam"
        second = reads[1] if len(reads) == 2 else None
        stats = recruit(
            [(reads[0], second)], self.folder / "targets.bin", recruited, work / "recruit.json", threads=threads
        )
        genome, annotation = self.folder / "genome.2bit", self.folder / "annotation.tsv"
        reference = {
            "genome": genome, "annotation": annotation, "panel": PANEL, "junctions": self.folder / "junctions.bed",
        }  # fmt: skip
        aligner = align_reads(
            recruited, reference, bam, way="search", paired=second is not None, sample="s", threads=threads
        )
        blind = blind_codons(self.folder / "targets.tsv")
        fusions = call_fusions(
            bam, genome, annotation, PANEL, KNOWLEDGE, stats, FusionSettings(), umi, library, blind
        )  # fmt: skip
        screen = screen_sample(
            bam, genome, annotation, PANEL, KNOWLEDGE, fusions, ScreenSettings(), umi, library, None, blind
        )
        record = read_json(self.folder / "annotation.json", AnnotationRecord)
        provenance = build_provenance({"library": library}, {}, {}, aligner, sorted(KNOWLEDGE.glob("*.tsv")), record)
        sample, models = SampleInfo("s", "", "", Assay.RNA, Library(library)), Annotation.load(annotation)
        report = build_report(sample, stats, fusions, screen, KNOWLEDGE, InterpretSettings(), provenance, models)
        write_json(report, work / "report.json")
        found: dict[str, Any] = json.loads((work / "report.json").read_text())
        return found
