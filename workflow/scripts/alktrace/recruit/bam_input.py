"""Reads of a BAM given instead of FASTQ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pysam

from ..runtime.errors import InputError


def extract_units(units: Sequence[Mapping[str, str]], folder: Path, threads: int) -> list[tuple[Path, Path | None]]:
    """First and second mates (or single reads and None) of each unit; `bam` is unpacked below `folder`, `fq1` and `fq2`
    are taken as they are. Raises InputError for a BAM that cannot be read."""
    found: list[tuple[Path, Path | None]] = []
    for number, unit in enumerate(units):
        if "bam" in unit:
            place = folder / str(number)
            place.mkdir()
            found.append(extract_fastq(Path(unit["bam"]), place, threads))
        else:
            found.append((Path(unit["fq1"]), Path(unit["fq2"]) if "fq2" in unit else None))
    return found


def extract_fastq(bam: Path, folder: Path, threads: int) -> tuple[Path, Path | None]:
    """Write the primary reads of `bam` as FASTQ below `folder`: first and second mates, or single reads and None.

    Mates are brought together by name; a paired read whose mate is missing is left out. Raises InputError when the file
    is not a whole BAM.
    """
    first, second, single = (folder / f"{name}.fq.gz" for name in ("first", "second", "single"))
    grouped = folder / "grouped.bam"
    # Saved here because htslib prints its reason to stderr and raises a bare error.
    try:
        paired = _is_paired(bam)
        pysam.collate("-@", str(threads - 1), "-o", str(grouped), str(bam), str(folder / "collate"))
        pysam.fastq(
            "-n", "-1", str(first), "-2", str(second), "-0", str(single), "-s", "/dev/null", str(grouped),
            save_stdout="/dev/null",
        )  # fmt: skip
    except (OSError, ValueError, pysam.SamtoolsError):
        raise InputError(f"{bam}: cannot be read as BAM to its end; fetch the file again") from None
    finally:
        grouped.unlink(missing_ok=True)
    return (first, second) if paired else (single, None)


def _is_paired(bam: Path) -> bool:
    """Whether the first read of a BAM is one of a pair."""
    with pysam.AlignmentFile(str(bam), "rb", check_sq=False) as handle:
        return any(record.is_paired for record in handle.head(1))
