"""Adaptor of rule recruit_reads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from alktrace.inputs.reads import check_recruited
from alktrace.recruit.bam_input import extract_units
from alktrace.recruit.stage import recruit
from alktrace.runtime.adaptor import run
from alktrace.runtime.provenance import file_records
from alktrace.runtime.scratch import scratch_folder
from alktrace.runtime.serialise import write_json


def main(snakemake: Any) -> dict[str, Any]:
    units: list[dict[str, str]] = snakemake.params.units
    out = Path(snakemake.output.reads)
    with ThreadPoolExecutor(1) as pool, scratch_folder(out, "reads") as folder:
        # Checksums are taken while the recruiter has the same bytes in the page cache.
        given = {
            f"{unit['unit']}.{column}" if unit["unit"] else column: Path(path)
            for unit in units
            for column, path in unit.items()
            if column != "unit"
        }
        records = pool.submit(file_records, given)
        stats = recruit(
            extract_units(units, folder, snakemake.threads),
            Path(snakemake.input.targets),
            out,
            Path(snakemake.output.stats),
            threads=snakemake.threads,
            keep_all=snakemake.params.keep_all,
        )
        write_json(records.result(), Path(snakemake.output.record))
    check_recruited(out, stats, next(iter(given.values())))
    shown = ("pairs_total", "pairs_recruited", "control_fragments", "duplicate_fraction", "adapter_trimmed")
    return {name: getattr(stats, name) for name in shown}


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
