"""Evidence in, report out: junctions, codons, interpretation, pages. The stages share a process, since they always run
together; each writes a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..fusions.stage import call_fusions
from ..genome.transcripts import Annotation
from ..inputs.library import check_library
from ..interpret.stage import build_report
from ..knowledge.panel import read_panel
from ..model.records import (
    AnnotationRecord,
    FileRecord,
    FusionResult,
    Provenance,
    RecruitStats,
    SampleInfo,
    ScreenResult,
)
from ..model.vocabulary import Assay, Library, Specimen
from ..mutations.fingerprint import fingerprint
from ..mutations.stage import screen_sample
from ..mutations.unique import unique_fragments
from ..reference.target_listing import blind_codons
from ..report.stage import write_views
from ..runtime.adaptor import stage
from ..runtime.provenance import build_provenance
from ..runtime.serialise import read_json, write_json
from ..settings import FusionSettings, InterpretSettings, ScreenSettings


@dataclass(frozen=True)
class Given:
    """Files that are read. `bam` to `aligner` are of the sample, `genome` to `panel` of the reference; `knowledge` are
    the tables, `targets_bed` baits or primers, `normals` reports
    of normal samples of the same assay and library."""

    bam: Path
    stats: Path
    reads_record: Path
    aligner: Path
    genome: Path
    annotation: Path
    reference_record: Path
    annotation_record: Path
    masked: Path
    panel: Path
    knowledge: tuple[Path, ...]
    targets_bed: Path | None
    normals: tuple[Path, ...]

    @property
    def tables(self) -> Path:
        """The folder of the tables."""
        return self.knowledge[0].parent


@dataclass(frozen=True)
class Sheet:
    """What the sample sheet says of the sample; `head` are the columns that the report repeats."""

    sample: str
    patient: str
    timepoint: str
    assay: str
    library: str
    umi: str
    head: Mapping[str, str]

    def info(self) -> SampleInfo:
        """The head of the report."""
        head = dict(self.head)
        content, specimen = head.pop("tumour_content"), head.pop("specimen")
        return SampleInfo(
            self.sample,
            self.patient,
            self.timepoint,
            Assay(self.assay),
            Library(self.library),
            specimen=Specimen(specimen) if specimen else None,
            tumour_content=float(content) if content else None,
            **head,
        )


def report_sample(
    given: Given,
    sheet: Sheet,
    settings: Mapping[str, Any],
    shown: Mapping[str, Any],
    fusions: Path,
    mutations: Path,
    report: Path,
    views: Mapping[str, Path],
) -> None:
    """Write the records of the stages (`fusions`, `mutations`), report.json (`report`) and its `views` by name.

    `settings` are the keys recruit, aligner and thresholds of the configuration, `shown` those of its key
    report, and `combined` (the patient's page, if there is one).
    Raises InputError for unreadable or contradictory input.
    """
    stats = read_json(given.stats, RecruitStats)
    with stage("fusions"):
        found = _fusions(given, sheet, settings, stats)
        write_json(found, fusions)
    with stage("mutations"):
        screened = _mutations(given, sheet, settings, found)
        _compare_with_others(given, sheet, screened)
        write_json(screened, mutations)
    thresholds = settings["thresholds"]
    with stage("interpret"):
        made = build_report(
            sample=sheet.info(),
            stats=stats,
            fusions=found,
            screen=screened,
            knowledge=given.tables,
            settings=InterpretSettings(thresholds["min_control_fragments"], thresholds["max_lod_vaf"]),
            provenance=_provenance(given, sheet, settings),
            annotation=Annotation.load(given.annotation),
        )
        write_json(made, report)
    with stage("report"):
        write_views(
            report=report,
            fusions=fusions,
            screen=mutations,
            bam=given.bam,
            fasta=given.genome,
            annotation=given.annotation,
            knowledge=given.tables,
            out=views,
            settings={"max_lod_vaf": thresholds["max_lod_vaf"], **shown},
        )


def _fusions(given: Given, sheet: Sheet, settings: Mapping[str, Any], stats: RecruitStats) -> FusionResult:
    genes = [gene.gene for gene in read_panel(given.panel)]
    check_library(given.bam, given.annotation, genes, sheet.assay, sheet.library)
    told: dict[str, Any] = {
        "bam": given.bam,
        "fasta": given.genome,
        "annotation": given.annotation,
        "panel": given.panel,
        "knowledge": given.tables,
        "settings": FusionSettings(settings["thresholds"]["min_support"]),
        "umi": sheet.umi or None,
    }
    if sheet.assay == Assay.DNA:
        from ..fusions.dna_stage import call_dna  # its import takes as long as a small sample

        return call_dna(**told, targets_bed=given.targets_bed)
    return call_fusions(**told, recruit_stats=stats, library=sheet.library, blind=blind_codons(given.masked))


def _mutations(given: Given, sheet: Sheet, settings: Mapping[str, Any], fusions: FusionResult) -> ScreenResult:
    return screen_sample(
        bam=given.bam,
        fasta=given.genome,
        annotation=given.annotation,
        panel=given.panel,
        knowledge=given.tables,
        fusions=fusions,
        settings=ScreenSettings(max_lod_vaf=settings["thresholds"]["max_lod_vaf"]),
        umi=sheet.umi or None,
        library=sheet.library,
        targets_bed=given.targets_bed,
        blind=blind_codons(given.masked) if settings["recruit"] else frozenset(),
        assay=sheet.assay,
    )


def _compare_with_others(given: Given, sheet: Sheet, screen: ScreenResult) -> None:
    """Copy ratios of DNA, and of samples with a patient the variants that tell persons apart."""
    if sheet.assay != Assay.DNA and not sheet.patient:
        return
    told: dict[str, Any] = {
        "fasta": given.genome,
        "annotation": given.annotation,
        "found": unique_fragments(given.bam, sheet.umi or None, sheet.library),
        "panel": given.panel,
        "targets_bed": given.targets_bed,
    }
    if sheet.assay == Assay.DNA:
        from ..mutations.copy_stage import copy_number  # its import takes time, and RNA does not need it

        normals = list(given.normals)
        screen.copy_ratios, screen.copy_targets = copy_number(**told, library=sheet.library, normals=normals)
    if sheet.patient:
        screen.fingerprint = fingerprint(given.bam, **told, assay=sheet.assay)


def _provenance(given: Given, sheet: Sheet, settings: Mapping[str, Any]) -> Provenance:
    return build_provenance(
        settings={**settings, "library": sheet.library, "umi": sheet.umi},
        reference=read_json(given.reference_record, dict[str, FileRecord]),
        reads=read_json(given.reads_record, dict[str, FileRecord]),
        aligner=read_json(given.aligner, dict[str, str])["aligner"],
        knowledge=given.knowledge,
        annotation=read_json(given.annotation_record, AnnotationRecord),
    )
