"""Adaptor of rule write_report."""

import json
from pathlib import Path
from typing import Any

from alktrace.interpret.stage import build_report
from alktrace.model.records import FusionResult, RecruitStats, SampleInfo, ScreenResult
from alktrace.report.json_file import write_report
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import build_provenance
from alktrace.runtime.serialise import read_json
from alktrace.settings import InterpretSettings


def main(snakemake: Any) -> None:
    sheet, settings = snakemake.params.sheet, snakemake.params.settings
    tables = [Path(table) for table in snakemake.input.knowledge]
    provenance = build_provenance(
        settings={**settings, "library": sheet["library"], "umi": sheet["umi"]},
        reference=load(snakemake.input.reference_record),
        reads=load(snakemake.input.reads_record),
        aligner=load(snakemake.input.aligner)["aligner"],
        knowledge=tables,
        annotation=load(snakemake.input.annotation_record),
    )
    report = build_report(
        sample=SampleInfo(
            snakemake.wildcards.sample, sheet["patient"], sheet["timepoint"], sheet["assay"], sheet["library"]
        ),
        stats=read_json(Path(snakemake.input.stats), RecruitStats),
        fusions=read_json(Path(snakemake.input.fusions), FusionResult),
        screen=read_json(Path(snakemake.input.screen), ScreenResult),
        knowledge=tables[0].parent,
        settings=InterpretSettings(settings["thresholds"]["min_control_fragments"]),
        provenance=provenance,
    )
    write_report(report, Path(snakemake.output.report))


def load(path: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return record


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
