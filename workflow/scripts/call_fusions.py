"""Adaptor of rule call_fusions."""

from pathlib import Path
from typing import Any

from alktrace.fusions.dna_stage import call_dna
from alktrace.fusions.stage import call_fusions
from alktrace.inputs.library import check_library
from alktrace.knowledge.panel import read_panel
from alktrace.model.records import RecruitStats
from alktrace.reference.target_listing import blind_codons
from alktrace.runtime.adaptor import run
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import FusionSettings


def main(snakemake: Any) -> None:
    sheet = snakemake.params.sheet
    common: dict[str, Any] = {
        "bam": Path(snakemake.input.bam),
        "fasta": Path(snakemake.input.genome),
        "annotation": Path(snakemake.input.annotation),
        "panel": Path(snakemake.input.panel),
        "knowledge": Path(snakemake.input.knowledge[0]).parent,
        "settings": FusionSettings(snakemake.params.thresholds["min_support"]),
        "umi": sheet["umi"] or None,
    }
    panel = [gene.gene for gene in read_panel(common["panel"])]
    check_library(common["bam"], common["annotation"], panel, sheet["assay"], sheet["library"])
    if sheet["assay"] == "dna":
        targets_bed = snakemake.input.get("targets_bed")
        result = call_dna(**common, targets_bed=Path(str(targets_bed)) if targets_bed else None)
    else:
        blind = blind_codons(Path(snakemake.input.masked))
        stats = read_json(Path(snakemake.input.stats), RecruitStats)
        result = call_fusions(**common, recruit_stats=stats, library=sheet["library"], blind=blind)
    write_json(result, Path(snakemake.output.fusions))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
