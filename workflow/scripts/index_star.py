"""Adaptor of rule index_star."""

from pathlib import Path
from typing import Any

from alktrace.align.star import build_star_index
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    genome, gtf = Path(snakemake.input.genome), Path(snakemake.input.gtf)
    build_star_index(genome, gtf, Path(snakemake.output.index), snakemake.threads)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
