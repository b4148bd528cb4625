"""Adaptor of rule build_targets."""

from pathlib import Path
from typing import Any

from alktrace.precompile import precompile
from alktrace.reference.targets import build_targets
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    build_targets(
        fasta=Path(snakemake.input.fasta),
        annotation=Path(snakemake.input.annotation),
        panel=Path(snakemake.input.panel),
        variants=Path(snakemake.input.variants),
        partners=Path(snakemake.input.partners),
        out=Path(snakemake.output.targets),
        table=Path(snakemake.output.table),
        hotspots=Path(snakemake.input.hotspots),
        threads=snakemake.threads,
        assay=snakemake.params.assay,
    )
    fasta, annotation, panel = (Path(snakemake.input[name]) for name in ("fasta", "annotation", "panel"))
    precompile(fasta, annotation, panel, knowledge=Path(snakemake.input.variants).parent)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
