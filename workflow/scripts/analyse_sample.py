"""Adaptor of rule analyse_sample: hands the rule's files to one stage after the other."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from alktrace.align.stage import align_reads
from alktrace.fusions.stage import call_fusions
from alktrace.inputs.library import check_library
from alktrace.inputs.reads import check_recruited
from alktrace.interpret.stage import build_report
from alktrace.knowledge.panel import read_panel
from alktrace.model.records import (
    AnnotationRecord,
    CopyRatio,
    CopyTarget,
    FileRecord,
    FusionResult,
    RecruitStats,
    SampleInfo,
    ScreenResult,
)
from alktrace.model.vocabulary import Assay, Library, Specimen
from alktrace.mutations.fingerprint import fingerprint
from alktrace.mutations.stage import screen_sample
from alktrace.recruit.bam_input import bam_needs, extract_units
from alktrace.recruit.stage import recruit
from alktrace.reference.target_listing import blind_codons
from alktrace.report.stage import write_views
from alktrace.runtime.adaptor import run, stage
from alktrace.runtime.paths import KNOWLEDGE
from alktrace.runtime.provenance import build_provenance, file_records
from alktrace.runtime.scratch import scratch_folder
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import FusionSettings, InterpretSettings, ScreenSettings


def main(snakemake: Any) -> dict[str, Any]:
    with scratch_folder(Path(snakemake.output.stats), "reads") as folder:
        recruited = folder / "recruited.fq.gz"
        with stage("recruit"):
            stats = recruit_reads(snakemake, recruited)
        with stage("align"):
            aligner = align(snakemake, recruited, stats.paired)
    common: dict[str, Any] = {
        "bam": Path(snakemake.output.bam),
        "fasta": Path(snakemake.input.genome),
        "annotation": Path(snakemake.input.annotation),
        "knowledge": KNOWLEDGE,
    }
    with stage("fusions"):
        fusions = find_fusions(snakemake, common, stats)
        write_json(fusions, Path(snakemake.output.fusions))
    with stage("mutations"):
        screen = find_mutations(snakemake, common, fusions)
        if snakemake.params.sheet["assay"] == "dna":
            screen.copy_ratios, screen.copy_targets = find_copies(snakemake, common)
        if snakemake.params.sheet["patient"]:
            screen.fingerprint = fingerprint(assay=snakemake.params.sheet["assay"], **library(snakemake, common))
        write_json(screen, Path(snakemake.output.screen))
    with stage("report"):
        interpret(snakemake, stats, fusions, screen, aligner)
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
    shown = ("pairs_total", "pairs_recruited", "control_fragments", "duplicate_fraction", "adapter_trimmed")
    return {name: getattr(stats, name) for name in shown}


def recruit_reads(snakemake: Any, out: Path) -> RecruitStats:
    """The reads of the targets as `out`; counts and checksums of the whole input."""
    units: list[dict[str, str]] = snakemake.params.units
    given = {
        f"{unit['unit']}.{column}" if unit["unit"] else column: Path(path)
        for unit in units
        for column, path in unit.items()
        if column != "unit"
    }
    with ThreadPoolExecutor(1) as pool:
        # Checksums are taken while the recruiter has the same bytes in the page cache.
        records = pool.submit(file_records, given)
        keep_all = not snakemake.params.settings["recruit"]
        wanted = bam_needs(snakemake.input, every_read=keep_all)
        extracted = extract_units(units, out.parent, snakemake.threads, wanted)
        stats = recruit(
            extracted.units,
            Path(snakemake.input.targets),
            out,
            Path(snakemake.output.stats),
            threads=snakemake.threads,
            keep_all=keep_all,
            bams=extracted.bams,
        )
        write_json(records.result(), Path(snakemake.output.record))
    check_recruited(out, stats, next(iter(given.values())))
    return stats


def align(snakemake: Any, recruited: Path, paired: bool) -> str:
    """Writes the evidence BAM; returns the aligner's name and version."""
    return align_reads(
        fastq=recruited,
        reference={name: Path(path) for name, path in snakemake.input.items() if isinstance(path, str)},
        bam=Path(snakemake.output.bam),
        way=snakemake.params.way,
        paired=paired,
        sample=snakemake.wildcards.sample,
        threads=snakemake.threads,
        assay=snakemake.params.sheet["assay"],
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
        **common,
    )


def find_copies(snakemake: Any, common: dict[str, Any]) -> tuple[list[CopyRatio], list[CopyTarget]]:
    from alktrace.mutations.copy_stage import copy_number  # its import takes time, and RNA does not need it

    return copy_number(**library(snakemake, common), normals=[Path(path) for path in snakemake.input.normals])


def library(snakemake: Any, common: dict[str, Any]) -> dict[str, Any]:
    """Evidence and library of the sample, for stages that need no knowledge tables."""
    return {
        **{name: common[name] for name in ("bam", "fasta", "annotation")},
        "panel": Path(snakemake.input.panel),
        "umi": snakemake.params.sheet["umi"] or None,
        "library": snakemake.params.sheet["library"],
        "targets_bed": targets_bed(snakemake),
    }


def interpret(snakemake: Any, stats: RecruitStats, fusions: FusionResult, screen: ScreenResult, aligner: str) -> None:
    sheet, settings = snakemake.params.sheet, snakemake.params.settings
    provenance = build_provenance(
        settings={**settings, "library": sheet["library"], "umi": sheet["umi"]},
        reference=read_json(Path(snakemake.input.reference_record), dict[str, FileRecord]),
        reads=read_json(Path(snakemake.output.record), dict[str, FileRecord]),
        aligner=aligner,
        knowledge=sorted(KNOWLEDGE.glob("*.tsv")),
        annotation=read_json(Path(snakemake.input.annotation_record), AnnotationRecord),
    )
    report = build_report(
        sample=sample_info(snakemake.wildcards.sample, sheet),
        stats=stats,
        fusions=fusions,
        screen=screen,
        knowledge=KNOWLEDGE,
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
