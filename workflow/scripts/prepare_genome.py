"""Adaptor of rule prepare_genome."""

from pathlib import Path
from typing import Any

from alktrace.reference.genome import prepare_genome
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import file_records
from alktrace.runtime.serialise import write_json


def main(snakemake: Any) -> None:
    fasta, gtf = Path(snakemake.input.fasta), Path(snakemake.input.gtf)
    records = file_records({"fasta": fasta, "gtf": gtf})
    prepare_genome(fasta, records["fasta"].sha256, Path(snakemake.params.cache), Path(snakemake.output.genome))
    write_json(records, Path(snakemake.output.record))


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
