"""Adaptor of rule gather_evidence: two stages that always run together share the process."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from alktrace.align.stage import align_reads
from alktrace.inputs.reads import check_recruited
from alktrace.model.records import RecruitStats
from alktrace.recruit.bam_input import extract_units
from alktrace.recruit.stage import recruit
from alktrace.runtime.adaptor import run, stage
from alktrace.runtime.provenance import file_records
from alktrace.runtime.scratch import scratch_folder
from alktrace.runtime.serialise import write_json


def main(snakemake: Any) -> dict[str, Any]:
    beside = Path(snakemake.output.stats)
    with scratch_folder(beside, "reads") as folder:
        recruited = folder / "recruited.fq.gz"
        with stage("recruit"):
            stats = recruit_reads(snakemake, recruited)
        with stage("align"):
            aligner = align_reads(
                fastq=recruited,
                reference={name: Path(path) for name, path in snakemake.input.items() if isinstance(path, str)},
                bam=Path(snakemake.output.bam),
                way=snakemake.params.way,
                paired=stats.paired,
                sample=snakemake.wildcards.sample,
                threads=snakemake.threads,
                assay=snakemake.params.sheet["assay"],
            )
    write_json({"aligner": aligner}, Path(snakemake.output.version))
    shown = ("pairs_total", "pairs_recruited", "control_fragments", "duplicate_fraction", "adapter_trimmed")
    return {name: getattr(stats, name) for name in shown}


def recruit_reads(snakemake: Any, out: Path) -> RecruitStats:
    """The reads of the targets as `out`; counts and checksums of the whole input."""
    units: list[dict[str, str]] = snakemake.params.units
    given = {
        f"{unit['unit']}.{column}" if unit["unit"] else column: Path(path)
        for unit in units
        for column, path in unit.items()
        if column != "unit"
    }
    with ThreadPoolExecutor(1) as pool:
        # Checksums are taken while the recruiter has the same bytes in the page cache.
        records = pool.submit(file_records, given)
        stats = recruit(
            extract_units(units, out.parent, snakemake.threads),
            Path(snakemake.input.targets),
            out,
            Path(snakemake.output.stats),
            threads=snakemake.threads,
            keep_all=snakemake.params.keep_all,
        )
        write_json(records.result(), Path(snakemake.output.record))
    check_recruited(out, stats, next(iter(given.values())))
    return stats


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
