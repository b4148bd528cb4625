"""Adaptor of rule build_targets."""

from pathlib import Path
from typing import Any

from alktrace.reference.targets import build_targets
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    build_targets(
        genome=Path(snakemake.input.genome),
        annotation=Path(snakemake.input.annotation),
        panel=Path(snakemake.input.panel),
        knowledge=Path(snakemake.input.knowledge[0]).parent,
        out=Path(snakemake.output.targets),
        table=Path(snakemake.output.table),
        threads=snakemake.threads,
        assay=snakemake.params.assay,
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
