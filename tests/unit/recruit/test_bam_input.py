"""Reads taken out of a BAM."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from pathlib import Path

import pysam
import pytest

from alktrace.genome.sequence import reverse_complement
from alktrace.model.vocabulary import BamReading
from alktrace.recruit.bam_file import Reference
from alktrace.recruit.bam_input import Wanted, extract_fastq
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
    (first, second), done = extract_fastq(write(tmp_path / "in put.bam", pairs), tmp_path, 1)
    assert (done.pairs, done.single_reads, done.lost_mates, done.left_out) == (2, 1, 1, 1)
    assert bases(first) == {"b": "AACCG", "a": reverse_complement("ACGTT")}
    assert bases(second) == {"b": "TTTTA", "a": "GGGCA"}
    assert list(bases(first)) == list(bases(second))


def test_single_reads(tmp_path: Path) -> None:
    (first, second), _ = extract_fastq(write(tmp_path / "in.bam", [read("a", "ACGTT", 0x4)]), tmp_path, 1)
    assert second is None
    assert bases(first) == {"a": "ACGTT"}


def test_no_reads(tmp_path: Path) -> None:
    (first, second), _ = extract_fastq(write(tmp_path / "in.bam", []), tmp_path, 1)
    assert second is None
    assert bases(first) == {}


@pytest.mark.parametrize("damage", ["text", "truncated"])
def test_damaged_file_is_one_line(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path / "in.bam", [read(f"r{i}", "ACGT" * 30, 0x4) for i in range(5000)])
    path.write_bytes(b"@SQ\n" if damage == "text" else path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="in.bam: cannot be read as BAM to its end") as caught:
        extract_fastq(path, tmp_path, 1)
    assert "\n" not in str(caught.value)


def test_names_of_two_lanes_keep_all_their_pairs(tmp_path: Path) -> None:
    reads = []
    for lane, (one, two) in enumerate((("AACCG", "TTTTA"), ("GGGCA", "CACAC"))):
        for bases_, flag in ((one, 0x1 | 0x40 | 0x4), (two, 0x1 | 0x80 | 0x4)):
            record = read("same", bases_, flag)
            record.set_tag("RG", f"lane{lane}")
            reads.append(record)
    mixed = [reads[0], reads[2], reads[3], reads[1]]
    (first, second), done = extract_fastq(write(tmp_path / "in.bam", mixed), tmp_path, 1)
    assert (done.pairs, done.repeated_names, done.left_out) == (2, 1, 0)
    ones, twos = bases(first), bases(second)
    assert list(ones) == list(twos) == ["same", "n2_same"]
    assert {ones[name]: twos[name] for name in ones} == {"AACCG": "TTTTA", "GGGCA": "CACAC"}


def test_mostly_single_reads_are_used_and_pairs_give_their_first_mates(tmp_path: Path) -> None:
    reads = [read(f"single{i}", "ACGTT", 0x4) for i in range(8)]
    for i in range(2):
        reads += [read(f"pair{i}", "GGGCA", 0x1 | 0x40 | 0x4), read(f"pair{i}", "TTTTA", 0x1 | 0x80 | 0x4)]
    (first, second), done = extract_fastq(write(tmp_path / "in.bam", reads), tmp_path, 1)
    assert second is None
    assert (done.pairs, done.single_reads, done.left_out) == (2, 8, 2)
    assert sorted(bases(first).values()) == ["ACGTT"] * 8 + ["GGGCA"] * 2


# ---------------------------------------------------------------- through the index

CONTIGS = {"2": 50_000, "12": 40_000, "MT": 16_569, "hs37d5": 5_000}


def aligned(
    name: str, flag: int, place: tuple[str, int] | None, mate: tuple[str, int] | None, cigar: str = "50M", tag: str = ""
) -> pysam.AlignedSegment:
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": n, "LN": size} for n, size in CONTIGS.items()]})
    record = pysam.AlignedSegment(header)
    record.query_name, record.flag = name, flag
    record.query_sequence = "ACGTA" * 10
    record.query_qualities = pysam.qualitystring_to_array("I" * 50)
    names = list(CONTIGS)
    if place:
        record.reference_id, record.reference_start, record.cigarstring = names.index(place[0]), place[1], cigar
    if mate:
        record.next_reference_id, record.next_reference_start = names.index(mate[0]), mate[1]
    if tag:
        record.set_tag("SA", tag)
    return record


def pair(name: str, one: tuple[str, int], two: tuple[str, int], cigar: str = "50M") -> list[pysam.AlignedSegment]:
    return [aligned(name, 0x1 | 0x40, one, two, cigar), aligned(name, 0x1 | 0x80 | 0x10, two, one)]


def sorted_bam(path: Path, records: list[pysam.AlignedSegment], lengths: Mapping[str, int] = CONTIGS) -> Path:
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": size} for name, size in lengths.items()]}
    plain = path.with_suffix(".unsorted.bam")
    with pysam.AlignmentFile(str(plain), "wb", header=header) as handle:
        for record in records:
            handle.write(record)
    pysam.sort("-o", str(path), str(plain))
    pysam.index(str(path))
    return path


RECORDS = [
    *pair("inside", ("2", 10_000), ("2", 10_200)),
    *pair("leads away", ("2", 10_050), ("12", 20_000)),
    *pair("clipped beside it", ("12", 20_100), ("12", 20_300), "30M20S"),
    *pair("whole beside it", ("12", 20_110), ("12", 20_310)),
    *pair("elsewhere", ("12", 30_000), ("12", 30_200)),
    *pair("decoy", ("hs37d5", 100), ("hs37d5", 300)),
    *pair("mitochondrial", ("MT", 100), ("MT", 300)),
    aligned("split", 0x1 | 0x40, ("12", 35_000), ("12", 35_200), "30M20S", "2,10100,+,30S20M,60,0;"),
    aligned("split", 0x1 | 0x40 | 0x800, ("2", 10_099), ("12", 35_200), "30S20M", "12,35001,+,30M20S,60,0;"),
    aligned("split", 0x1 | 0x80 | 0x10, ("12", 35_200), ("12", 35_000)),
    aligned("unplaced", 0x1 | 0x40 | 0x4 | 0x8, None, None),
    aligned("unplaced", 0x1 | 0x80 | 0x4 | 0x8, None, None),
    aligned("mate unmapped", 0x1 | 0x40 | 0x8, ("2", 10_300), ("2", 10_300)),
    aligned("mate unmapped", 0x1 | 0x80 | 0x4, ("2", 10_300), ("2", 10_300), "*"),
]
EXPECTED = {"inside", "leads away", "clipped beside it", "decoy", "split", "unplaced", "mate unmapped"}


def wanted(fasta: Path, lengths: Mapping[str, int] | None = None) -> Wanted:
    own = lengths or {"chr2": 50_000, "chr12": 40_000, "chrM": 16_569}
    return Wanted([("chr2", 9_000, 11_000)], Reference(fasta, own))


def test_index_brings_targets_mates_split_and_unplaced_reads(tmp_path: Path) -> None:
    bam = sorted_bam(tmp_path / "in.bam", RECORDS)
    (first, second), done = extract_fastq(bam, tmp_path, 1, wanted(tmp_path / "none.fa"))
    assert done.reading is BamReading.INDEX
    assert done.records == len(RECORDS)
    assert set(bases(first)) == EXPECTED
    assert list(bases(first)) == list(bases(second))
    assert done.lost_mates == 0


def test_all_is_read_without_index_or_of_another_genome(tmp_path: Path) -> None:
    every = {record.query_name for record in RECORDS}
    bam = sorted_bam(tmp_path / "in.bam", RECORDS)
    other = wanted(tmp_path / "none.fa", {"chr2": 49_999, "chr12": 39_999})
    (first, _), done = extract_fastq(bam, tmp_path, 1, other)
    assert (done.reading, set(bases(first))) == (BamReading.OTHER_GENOME, every)
    os.utime(f"{bam}.bai", (1, 1))
    _, done = extract_fastq(bam, tmp_path, 1, wanted(tmp_path / "none.fa"))
    assert done.reading is BamReading.OLD_INDEX
    Path(f"{bam}.bai").unlink()
    (first, _), done = extract_fastq(bam, tmp_path, 1, wanted(tmp_path / "none.fa"))
    assert (done.reading, set(bases(first))) == (BamReading.NO_INDEX, every)


@pytest.fixture
def cram(tmp_path: Path) -> Path:
    """A CRAM of the records above, its reference `tmp_path/made.fa` with the CRAM's names."""
    made = tmp_path / "made.fa"
    made.write_text("".join(f">{name}\n{'ACGTA' * (size // 5)}{'A' * (size % 5)}\n" for name, size in CONTIGS.items()))
    bam = sorted_bam(tmp_path / "in.bam", RECORDS)
    path = tmp_path / "in.cram"
    pysam.view("-C", "-T", str(made), "-o", str(path), str(bam), catch_stdout=False)
    pysam.index(str(path))
    return path


def test_cram_is_decoded_with_the_given_reference_alone(tmp_path: Path, cram: Path) -> None:
    given = tmp_path / "given.fa.gz"
    text = (tmp_path / "made.fa").read_text().replace(">", ">chr").replace("chrMT", "chrM")
    given.write_bytes(gzip.compress(text.split(">chrhs37d5")[0].encode()))
    (tmp_path / "made.fa").unlink()
    (first, _), done = extract_fastq(cram, tmp_path, 1, wanted(given))
    assert done.reading is BamReading.INDEX
    assert set(bases(first)) == EXPECTED - {"decoy"}
    assert set(bases(first).values()) == {"ACGTA" * 10}


@pytest.mark.parametrize("fault", ["no reference", "another reference", "other contigs"])
def test_cram_without_its_reference_is_one_line(tmp_path: Path, cram: Path, fault: str) -> None:
    text = (tmp_path / "made.fa").read_text()
    (tmp_path / "made.fa").unlink()
    given = tmp_path / "given.fa"
    given.write_text(text.replace("ACGTA", "AGGTA") if fault == "another reference" else ">chr9\nACGT\n")
    Path(f"{cram}.crai").unlink()
    need = None if fault == "no reference" else wanted(given, {"chr9": 4} if fault == "other contigs" else CONTIGS)
    with pytest.raises(InputError, match="reference") as caught:
        extract_fastq(cram, tmp_path, 1, need)
    assert "\n" not in str(caught.value)
