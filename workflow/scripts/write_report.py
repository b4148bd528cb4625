"""Adaptor of rule write_report."""

from pathlib import Path
from typing import Any

from alktrace.genome.transcripts import Annotation
from alktrace.interpret.stage import build_report
from alktrace.model.records import AnnotationRecord, FileRecord, FusionResult, RecruitStats, SampleInfo, ScreenResult
from alktrace.model.vocabulary import Assay, Library, Specimen
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import build_provenance
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import InterpretSettings


def main(snakemake: Any) -> None:
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
        stats=read_json(Path(snakemake.input.stats), RecruitStats),
        fusions=read_json(Path(snakemake.input.fusions), FusionResult),
        screen=read_json(Path(snakemake.input.screen), ScreenResult),
        knowledge=tables[0].parent,
        settings=InterpretSettings(
            settings["thresholds"]["min_control_fragments"], settings["thresholds"]["max_lod_vaf"]
        ),
        provenance=provenance,
        annotation=Annotation.load(Path(snakemake.input.annotation)),
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
