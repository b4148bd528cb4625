"""Adaptor of rule summarise_cohort."""

from pathlib import Path
from typing import Any

from alktrace.cohort.stage import write_cohort
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    write_cohort([Path(report) for report in snakemake.input.reports], Path(snakemake.output.summary).parent)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
