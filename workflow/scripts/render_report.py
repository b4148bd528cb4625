"""Adaptor of rule render_report."""

from pathlib import Path
from typing import Any

from alktrace.report.stage import write_views
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    write_views(
        report=Path(snakemake.input.report),
        fusions=Path(snakemake.input.fusions),
        screen=Path(snakemake.input.screen),
        bam=Path(snakemake.input.bam),
        fasta=Path(snakemake.input.genome),
        annotation=Path(snakemake.input.annotation),
        knowledge=Path(snakemake.input.knowledge[0]).parent,
        out=Path(snakemake.output.html).parent,
        settings={**snakemake.params.settings, "combined": snakemake.params.combined},
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
