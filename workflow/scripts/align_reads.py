"""Adaptor of rule align_reads."""

from pathlib import Path
from typing import Any

from alktrace.align.stage import align_reads
from alktrace.model.records import RecruitStats
from alktrace.runtime.adaptor import run
from alktrace.runtime.serialise import read_json, write_json


def main(snakemake: Any) -> None:
    aligner = align_reads(
        fastq=Path(snakemake.input.reads),
        reference={name: Path(path) for name, path in snakemake.input.items()},
        bam=Path(snakemake.output.bam),
        way=snakemake.params.way,
        paired=read_json(Path(snakemake.input.stats), RecruitStats).paired,
        sample=snakemake.wildcards.sample,
        threads=snakemake.threads,
        assay=snakemake.params.sheet["assay"],
    )
    write_json({"aligner": aligner}, Path(snakemake.output.version))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
