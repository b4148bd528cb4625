"""Reads taken out of a BAM."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest

from alktrace.genome.sequence import reverse_complement
from alktrace.recruit.bam_input import extract_fastq
from alktrace.runtime.errors import InputError

HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}


def read(name: str, bases: str, flag: int, position: int = -1) -> pysam.AlignedSegment:
    record = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(HEADER))
    record.query_name, record.flag = name, flag
    record.query_sequence = bases
    record.query_qualities = pysam.qualitystring_to_array("I" * len(bases))
    if position >= 0:
        record.reference_id, record.reference_start = 0, position
        record.cigarstring = f"{len(bases)}M"
    return record


def write(path: Path, records: list[pysam.AlignedSegment]) -> Path:
    with pysam.AlignmentFile(str(path), "wb", header=HEADER) as handle:
        for record in records:
            handle.write(record)
    return path


def bases(path: Path | None) -> dict[str, str]:
    assert path is not None
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return dict(zip((line[1:] for line in lines[::4]), lines[1::4], strict=True))


def test_pairs_come_back_in_read_sense(tmp_path: Path) -> None:
    pairs = [
        read("b", "AACCG", 0x1 | 0x40, 10),
        read("a", "ACGTT", 0x1 | 0x40 | 0x10, 20),
        read("b", "TTTTA", 0x1 | 0x80, 400),
        read("a", "GGGCA", 0x1 | 0x80, 500),
        read("a", "GGGCA", 0x1 | 0x80 | 0x100, 600),
        read("b", "AACCG", 0x1 | 0x40 | 0x800, 700),
        read("lost mate", "CCCCC", 0x1 | 0x40 | 0x4),
    ]
    first, second = extract_fastq(write(tmp_path / "in put.bam", pairs), tmp_path, 1)
    assert bases(first) == {"b": "AACCG", "a": reverse_complement("ACGTT")}
    assert bases(second) == {"b": "TTTTA", "a": "GGGCA"}
    assert list(bases(first)) == list(bases(second))


def test_single_reads(tmp_path: Path) -> None:
    first, second = extract_fastq(write(tmp_path / "in.bam", [read("a", "ACGTT", 0x4)]), tmp_path, 1)
    assert second is None
    assert bases(first) == {"a": "ACGTT"}


def test_no_reads(tmp_path: Path) -> None:
    first, second = extract_fastq(write(tmp_path / "in.bam", []), tmp_path, 1)
    assert second is None
    assert bases(first) == {}


@pytest.mark.parametrize("damage", ["text", "truncated"])
def test_damaged_file_is_one_line(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path / "in.bam", [read(f"r{i}", "ACGT" * 30, 0x4) for i in range(5000)])
    path.write_bytes(b"@SQ\n" if damage == "text" else path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="in.bam: cannot be read as BAM to its end") as caught:
        extract_fastq(path, tmp_path, 1)
    assert "\n" not in str(caught.value)
