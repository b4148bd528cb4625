"""Adaptor of rule index_reference."""

from pathlib import Path
from typing import Any

from alktrace.adaptor import run
from alktrace.align import build_index


def main(snakemake: Any) -> None:
    build_index(
        Path(snakemake.input.fasta), Path(snakemake.output.index), snakemake.threads, split=snakemake.params.split
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
