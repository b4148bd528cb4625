"""Adaptor of rule gather_evidence."""

from pathlib import Path
from typing import Any

from alktrace.runtime.adaptor import run
from alktrace.sample.evidence import Evidence, gather_evidence

SHOWN = ("pairs_total", "pairs_recruited", "control_fragments", "duplicate_fraction", "adapter_trimmed")


def main(snakemake: Any) -> dict[str, Any]:
    read, out = snakemake.input, snakemake.output
    stats = gather_evidence(
        units=snakemake.params.units,
        targets=Path(read.targets),
        reference={name: Path(path) for name, path in read.items() if isinstance(path, str)},
        out=Evidence(*map(Path, (out.bam, out.stats, out.record, out.version))),
        sample=snakemake.wildcards.sample,
        assay=snakemake.params.sheet["assay"],
        way=snakemake.params.way,
        threads=snakemake.threads,
        keep_all=snakemake.params.keep_all,
    )
    return {name: getattr(stats, name) for name in SHOWN}


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
