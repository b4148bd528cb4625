"""Adaptor of rule align_reads."""

from pathlib import Path
from typing import Any

from alktrace.align.minimap2 import align, aligner_version
from alktrace.model.records import RecruitStats
from alktrace.runtime.adaptor import run
from alktrace.runtime.serialise import read_json, write_json


def main(snakemake: Any) -> None:
    align(
        fastq=Path(snakemake.input.reads),
        mmi=Path(snakemake.input.index),
        junctions=Path(snakemake.input.junctions),
        bam=Path(snakemake.output.bam),
        paired=read_json(Path(snakemake.input.stats), RecruitStats).paired,
        sample=snakemake.wildcards.sample,
        threads=snakemake.threads,
        split=snakemake.params.split,
        assay=snakemake.params.sheet["assay"],
    )
    write_json({"aligner": aligner_version()}, Path(snakemake.output.version))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
