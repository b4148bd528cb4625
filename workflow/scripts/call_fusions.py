"""Adaptor of rule call_fusions."""

from pathlib import Path
from typing import Any

from alktrace.fusions.stage import call_fusions
from alktrace.model.records import RecruitStats
from alktrace.reference.target_listing import blind_codons
from alktrace.runtime.adaptor import run
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import FusionSettings


def main(snakemake: Any) -> None:
    result = call_fusions(
        bam=Path(snakemake.input.bam),
        fasta=Path(snakemake.input.genome),
        annotation=Path(snakemake.input.annotation),
        panel=Path(snakemake.input.panel),
        knowledge=Path(snakemake.input.knowledge[0]).parent,
        recruit_stats=read_json(Path(snakemake.input.stats), RecruitStats),
        settings=FusionSettings(snakemake.params.thresholds["min_support"]),
        umi=snakemake.params.sheet["umi"] or None,
        library=snakemake.params.sheet["library"],
        blind=blind_codons(Path(snakemake.input.masked)),
    )
    write_json(result, Path(snakemake.output.fusions))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
