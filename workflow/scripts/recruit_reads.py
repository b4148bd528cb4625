"""Adaptor of rule recruit_reads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alktrace.recruit.bam_input import extract_fastq
from alktrace.recruit.stage import recruit
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import file_records
from alktrace.runtime.serialise import write_json


def main(snakemake: Any) -> dict[str, Any]:
    given: dict[str, Path] = {role: path for role, path in snakemake.params.sheet.items() if path}
    out = Path(snakemake.output.reads)
    with ThreadPoolExecutor(1) as pool, TemporaryDirectory(dir=out.parent, prefix="reads-") as folder:
        # Checksums are taken while the recruiter has the same bytes in the page cache.
        records = pool.submit(file_records, given)
        if "bam" in given:
            first, second = extract_fastq(given["bam"], Path(folder), snakemake.threads)
        else:
            first, second = given["fq1"], given.get("fq2")
        stats = recruit(
            first,
            second,
            Path(snakemake.input.targets),
            out,
            Path(snakemake.output.stats),
            threads=snakemake.threads,
            keep_all=snakemake.params.keep_all,
        )
        write_json(records.result(), Path(snakemake.output.record))
    shown = ("pairs_total", "pairs_recruited", "control_fragments", "duplicate_fraction", "adapter_trimmed")
    return {name: getattr(stats, name) for name in shown}


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
