"""Adaptor of rule report_sample."""

from pathlib import Path
from typing import Any

from alktrace.runtime.adaptor import run
from alktrace.sample.findings import Given, Sheet, report_sample

FILES = (
    "bam", "stats", "reads_record", "aligner", "genome", "annotation", "reference_record", "annotation_record",
    "masked", "panel",
)  # fmt: skip


def main(snakemake: Any) -> None:
    read, out = snakemake.input, snakemake.output
    files, bed = {name: Path(read[name]) for name in FILES}, read.get("targets_bed")
    report_sample(
        Given(
            **files,
            knowledge=tuple(map(Path, read.knowledge)),
            targets_bed=Path(str(bed)) if bed else None,
            normals=tuple(map(Path, read.normals)),
        ),
        Sheet(snakemake.wildcards.sample, **snakemake.params.sheet),
        snakemake.params.settings,
        {"combined": snakemake.params.combined, **snakemake.params.shown},
        fusions=Path(out.fusions),
        mutations=Path(out.mutations),
        report=Path(out.report),
        views={name: Path(out[name]) for name in snakemake.params.views},
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
