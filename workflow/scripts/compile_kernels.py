"""Adaptor of rule compile_kernels."""

from pathlib import Path
from typing import Any

from alktrace.precompile import precompile
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    genome, annotation, panel = (Path(snakemake.input[name]) for name in ("genome", "annotation", "panel"))
    precompile(genome, annotation, panel, knowledge=Path(snakemake.input.knowledge[0]).parent)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
