"""Adaptor of rule prepare_genome."""

from pathlib import Path
from typing import Any

from alktrace.reference.genome import prepare_genome
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import file_records
from alktrace.runtime.serialise import write_json


def main(snakemake: Any) -> None:
    fasta, gtf = Path(snakemake.input.fasta), Path(snakemake.input.gtf)
    prepare_genome(fasta, Path(snakemake.output.fasta))
    write_json(file_records({"fasta": fasta, "gtf": gtf}), Path(snakemake.output.record))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
