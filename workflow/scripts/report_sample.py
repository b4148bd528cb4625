"""Adaptor of rule report_sample: stages that always run together share the process, each with a file of its own."""

from pathlib import Path
from typing import Any

from alktrace.fusions.stage import call_fusions
from alktrace.inputs.library import check_library
from alktrace.interpret.stage import build_report
from alktrace.knowledge.panel import read_panel
from alktrace.model.records import (
    AnnotationRecord,
    FileRecord,
    FusionResult,
    RecruitStats,
    SampleInfo,
    ScreenResult,
)
from alktrace.model.vocabulary import Assay, Library, Specimen
from alktrace.mutations.fingerprint import fingerprint
from alktrace.mutations.stage import screen_sample
from alktrace.mutations.unique import unique_fragments
from alktrace.reference.target_listing import blind_codons
from alktrace.report.stage import write_views
from alktrace.runtime.adaptor import run, stage
from alktrace.runtime.provenance import build_provenance
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import FusionSettings, InterpretSettings, ScreenSettings


def main(snakemake: Any) -> None:
    common: dict[str, Any] = {
        "bam": Path(snakemake.input.bam),
        "fasta": Path(snakemake.input.genome),
        "annotation": Path(snakemake.input.annotation),
        "knowledge": Path(snakemake.input.knowledge[0]).parent,
    }
    stats = read_json(Path(snakemake.input.stats), RecruitStats)
    with stage("fusions"):
        fusions = find_fusions(snakemake, common, stats)
        write_json(fusions, Path(snakemake.output.fusions))
    with stage("mutations"):
        screen = find_mutations(snakemake, common, fusions)
        compare_with_others(snakemake, common, screen)
        write_json(screen, Path(snakemake.output.screen))
    with stage("report"):
        interpret(snakemake, stats, fusions, screen)
        write_views(
            report=Path(snakemake.output.report),
            fusions=Path(snakemake.output.fusions),
            screen=Path(snakemake.output.screen),
            out=Path(snakemake.output.html).parent,
            settings={
                "max_lod_vaf": snakemake.params.settings["thresholds"]["max_lod_vaf"],
                "combined": snakemake.params.combined,
                **snakemake.params.shown,
            },
            **common,
        )


def targets_bed(snakemake: Any) -> Path | None:
    given = snakemake.input.get("targets_bed")
    return Path(str(given)) if given else None


def find_fusions(snakemake: Any, common: dict[str, Any], stats: RecruitStats) -> FusionResult:
    sheet = snakemake.params.sheet
    panel = Path(snakemake.input.panel)
    genes = [gene.gene for gene in read_panel(panel)]
    check_library(common["bam"], common["annotation"], genes, sheet["assay"], sheet["library"])
    told: dict[str, Any] = {
        **common,
        "panel": panel,
        "settings": FusionSettings(snakemake.params.settings["thresholds"]["min_support"]),
        "umi": sheet["umi"] or None,
    }
    if sheet["assay"] == "dna":
        from alktrace.fusions.dna_stage import call_dna  # its import takes as long as a small sample

        return call_dna(**told, targets_bed=targets_bed(snakemake))
    blind = blind_codons(Path(snakemake.input.masked))
    return call_fusions(**told, recruit_stats=stats, library=sheet["library"], blind=blind)


def find_mutations(snakemake: Any, common: dict[str, Any], fusions: FusionResult) -> ScreenResult:
    sheet, settings = snakemake.params.sheet, snakemake.params.settings
    return screen_sample(
        panel=Path(snakemake.input.panel),
        fusions=fusions,
        settings=ScreenSettings(max_lod_vaf=settings["thresholds"]["max_lod_vaf"]),
        umi=sheet["umi"] or None,
        library=sheet["library"],
        targets_bed=targets_bed(snakemake),
        blind=blind_codons(Path(snakemake.input.masked)) if settings["recruit"] else frozenset(),
        assay=sheet["assay"],
        **common,
    )


def compare_with_others(snakemake: Any, common: dict[str, Any], screen: ScreenResult) -> None:
    """Copy ratios of DNA, and of samples with a patient the variants that tell persons apart."""
    sheet = snakemake.params.sheet
    if sheet["assay"] != "dna" and not sheet["patient"]:
        return
    found = unique_fragments(common["bam"], sheet["umi"] or None, sheet["library"])
    told: dict[str, Any] = {name: common[name] for name in ("fasta", "annotation")}
    told |= {"found": found, "panel": Path(snakemake.input.panel), "targets_bed": targets_bed(snakemake)}
    if sheet["assay"] == "dna":
        from alktrace.mutations.copy_stage import copy_number  # its import takes time, and RNA does not need it

        normals = [Path(path) for path in snakemake.input.normals]
        screen.copy_ratios, screen.copy_targets = copy_number(**told, library=sheet["library"], normals=normals)
    if sheet["patient"]:
        screen.fingerprint = fingerprint(common["bam"], **told, assay=sheet["assay"])


def interpret(snakemake: Any, stats: RecruitStats, fusions: FusionResult, screen: ScreenResult) -> None:
    sheet, settings = snakemake.params.sheet, snakemake.params.settings
    tables = [Path(table) for table in snakemake.input.knowledge]
    provenance = build_provenance(
        settings={**settings, "library": sheet["library"], "umi": sheet["umi"]},
        reference=read_json(Path(snakemake.input.reference_record), dict[str, FileRecord]),
        reads=read_json(Path(snakemake.input.reads_record), dict[str, FileRecord]),
        aligner=read_json(Path(snakemake.input.aligner), dict[str, str])["aligner"],
        knowledge=tables,
        annotation=read_json(Path(snakemake.input.annotation_record), AnnotationRecord),
    )
    report = build_report(
        sample=sample_info(snakemake.wildcards.sample, sheet),
        stats=stats,
        fusions=fusions,
        screen=screen,
        knowledge=tables[0].parent,
        settings=InterpretSettings(
            settings["thresholds"]["min_control_fragments"], settings["thresholds"]["max_lod_vaf"]
        ),
        provenance=provenance,
    )
    write_json(report, Path(snakemake.output.report))


def sample_info(sample: str, sheet: Any) -> SampleInfo:
    """The head of the report, from the columns of the sheet."""
    head = dict(sheet["head"])
    content, specimen = head.pop("tumour_content"), head.pop("specimen")
    return SampleInfo(
        sample,
        sheet["patient"],
        sheet["timepoint"],
        Assay(sheet["assay"]),
        Library(sheet["library"]),
        specimen=Specimen(specimen) if specimen else None,
        tumour_content=float(content) if content else None,
        **head,
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
