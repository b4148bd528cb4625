"""Adaptor of rule screen_mutations."""

from pathlib import Path
from typing import Any

from alktrace.model.records import FusionResult
from alktrace.mutations.stage import screen_sample
from alktrace.reference.target_listing import blind_codons
from alktrace.runtime.adaptor import run
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import ScreenSettings


def main(snakemake: Any) -> None:
    targets_bed = snakemake.input.get("targets_bed")
    recruited = snakemake.params.recruit
    result = screen_sample(
        bam=Path(snakemake.input.bam),
        fasta=Path(snakemake.input.genome),
        annotation=Path(snakemake.input.annotation),
        panel=Path(snakemake.input.panel),
        knowledge=Path(snakemake.input.knowledge[0]).parent,
        fusions=read_json(Path(snakemake.input.fusions), FusionResult),
        settings=ScreenSettings(max_lod_vaf=snakemake.params.thresholds["max_lod_vaf"]),
        umi=snakemake.params.sheet["umi"] or None,
        library=snakemake.params.sheet["library"],
        targets_bed=Path(str(targets_bed)) if targets_bed else None,
        blind=blind_codons(Path(snakemake.input.masked)) if recruited else frozenset(),
    )
    write_json(result, Path(snakemake.output.screen))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
