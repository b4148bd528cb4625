"""Adaptor of rule render_pdf."""

from pathlib import Path
from typing import Any

from alktrace.report.pdf import write_pdf
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> None:
    write_pdf(Path(snakemake.input.html), Path(snakemake.output.pdf))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
