"""Adaptor of rule render_pdf."""

from pathlib import Path
from typing import Any

from alktrace.adaptor import run
from alktrace.views.pdf import write_pdf


def main(snakemake: Any) -> None:
    write_pdf(Path(snakemake.input.html), Path(snakemake.output.pdf))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
