"""Adaptor of rule summarise_cohort."""

from pathlib import Path
from typing import Any

from alktrace.adaptor import run
from alktrace.cohort import write_cohort


def main(snakemake: Any) -> None:
    write_cohort([Path(report) for report in snakemake.input.reports], Path(snakemake.output.summary).parent)


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
