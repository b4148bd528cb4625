"""Adaptor of rule prepare_annotation."""

from pathlib import Path
from typing import Any

from alktrace.reference.genome import prepare_annotation
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    prepare_annotation(
        genome=Path(snakemake.input.genome),
        gtf=Path(snakemake.input.gtf),
        panel=Path(snakemake.input.panel),
        annotation=Path(snakemake.output.annotation),
        junctions=Path(snakemake.output.junctions),
        resources=Path(snakemake.input.panel).parent,
        record=Path(snakemake.output.record),
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
