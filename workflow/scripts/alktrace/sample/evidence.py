"""Reads in, evidence out: recruit, then align. The stages share a process, since they always run together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..align.stage import align_reads
from ..inputs.reads import check_recruited
from ..model.records import RecruitStats
from ..recruit.bam_input import Wanted, bam_needs, extract_units
from ..recruit.stage import recruit
from ..runtime.adaptor import stage
from ..runtime.provenance import file_records
from ..runtime.scratch import scratch_folder
from ..runtime.serialise import write_json


@dataclass(frozen=True)
class Evidence:
    """What is written: the evidence BAM, counts of the whole input, checksums of the read files, the aligner's name."""

    bam: Path
    stats: Path
    record: Path
    version: Path


def gather_evidence(
    units: Sequence[Mapping[str, str]],
    targets: Path,
    reference: Mapping[str, Path],
    out: Evidence,
    sample: str,
    assay: str,
    way: str,
    threads: int,
    keep_all: bool,
) -> RecruitStats:
    """Write the evidence of one sample.

    `units`: unit and read files by column of the sheet; `targets`: the target table; `reference`: what `way` of
    aligning needs (`align.stage.align_reads`), and what reads in a BAM do (`recruit.bam_input.bam_needs`);
    `keep_all`: every read is kept. Raises InputError for unreadable input.
    """
    with scratch_folder(out.stats, "reads") as folder:
        recruited = folder / "recruited.fq.gz"
        with stage("recruit"):
            wanted = bam_needs({name: str(path) for name, path in reference.items()}, every_read=keep_all)
            stats = _recruit(units, targets, wanted, recruited, out, threads, keep_all)
        with stage("align"):
            aligner = align_reads(
                fastq=recruited,
                reference=dict(reference),
                bam=out.bam,
                way=way,
                paired=stats.paired,
                sample=sample,
                threads=threads,
                assay=assay,
            )
    write_json({"aligner": aligner}, out.version)
    return stats


def _recruit(
    units: Sequence[Mapping[str, str]],
    targets: Path,
    wanted: Wanted | None,
    recruited: Path,
    out: Evidence,
    threads: int,
    keep_all: bool,
) -> RecruitStats:
    given = {
        f"{unit['unit']}.{column}" if unit["unit"] else column: Path(path)
        for unit in units
        for column, path in unit.items()
        if column != "unit"
    }
    with ThreadPoolExecutor(1) as pool:
        # Checksums are taken while the recruiter has the same bytes in the page cache.
        records = pool.submit(file_records, given)
        extracted = extract_units(units, recruited.parent, threads, wanted)
        stats = recruit(
            extracted.units, targets, recruited, out.stats, threads=threads, keep_all=keep_all, bams=extracted.bams
        )
        write_json(records.result(), out.record)
    check_recruited(recruited, stats, next(iter(given.values())))
    return stats
