"""Adaptor of rule list_target_places."""

from pathlib import Path
from typing import Any

from alktrace.align.target_places import write_target_places
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    write_target_places(
        genome=Path(snakemake.input.genome),
        annotation=Path(snakemake.input.annotation),
        panel=Path(snakemake.input.panel),
        out=Path(snakemake.output.places),
        threads=snakemake.threads,
    )


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
