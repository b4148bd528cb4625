"""Adaptor of rule index_reference."""

from pathlib import Path
from typing import Any

from alktrace.align.minimap2 import build_index
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    fasta, index = Path(snakemake.input.fasta), Path(snakemake.output.index)
    build_index(fasta, index, snakemake.threads, split=snakemake.params.split)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
