"""Alignment: spliced by the annotation, strandless, the same bytes however it is run."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pysam
import pytest

from alktrace.align import minimap2 as module
from alktrace.align.minimap2 import aligner_version, build_index
from alktrace.align.stage import align_reads
from alktrace.genome.sequence import reverse_complement
from alktrace.runtime.errors import InputError

EXONS = ((2000, 2150), (9000, 9150))  # 0-based half-open
READ_LENGTH = 75


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Sequence of the one contig, and the folder that holds genome.mmi and junctions.bed."""
    folder = tmp_path_factory.mktemp("align here")
    bases = list("".join(random.Random(7).choices("ACGT", k=20_000)))
    bases[EXONS[0][1] : EXONS[0][1] + 2] = "GT"
    bases[EXONS[1][0] - 2 : EXONS[1][0]] = "AG"
    sequence = "".join(bases)
    (folder / "genome.fa").write_text(f">chr1\n{sequence}\n")
    (folder / "junctions.bed").write_text("chr1\t2149\t9001\tintron\t0\t+\t2149\t9001\t0\t2\t1,1,\t0,6851,\n")
    build_index(folder / "genome.fa", folder / "genome.mmi", 1)
    return sequence, folder


def fastq(path: Path, reads: list[tuple[str, str]]) -> Path:
    path.write_bytes(gzip.compress("".join(f"@{n}\n{s}\n+\n{'I' * len(s)}\n" for n, s in reads).encode()))
    return path


def align(
    reads: Path, mmi: Path, junctions: Path, bam: Path, *, paired: bool, sample: str, threads: int, split: bool = False
) -> None:
    """Align to an index of the whole genome."""
    reference, way = {"index": mmi, "junctions": junctions}, "split" if split else "whole"
    align_reads(reads, reference, bam, way=way, paired=paired, sample=sample, threads=threads)


def run(folder: Path, reads: Path, bam: Path, *, paired: bool, threads: int = 1) -> list[pysam.AlignedSegment]:
    mmi, junctions = folder / "genome.mmi", folder / "junctions.bed"
    align(reads, mmi, junctions, bam, paired=paired, sample="S.1", threads=threads)
    with pysam.AlignmentFile(str(bam)) as handle:
        return list(handle.fetch(until_eof=True))


@pytest.mark.parametrize("overhang", [4, 8, 20])
@pytest.mark.parametrize("reverse", [False, True])
def test_short_overhang_crosses_the_annotated_intron(
    genome: tuple[str, Path], tmp_path: Path, overhang: int, reverse: bool
) -> None:
    sequence, folder = genome
    (_, end), (start, _) = EXONS
    read = sequence[end - READ_LENGTH + overhang : end] + sequence[start : start + overhang]
    reads = fastq(tmp_path / "r.fq.gz", [("r", reverse_complement(read) if reverse else read)])
    (found,) = run(folder, reads, tmp_path / "r.bam", paired=False)
    assert found.cigarstring == f"{READ_LENGTH - overhang}M6850N{overhang}M"
    assert found.is_reverse == reverse
    assert found.get_tag("RG") == "S.1"


def test_split_read_keeps_all_bases(genome: tuple[str, Path], tmp_path: Path) -> None:
    sequence, folder = genome
    read = sequence[4000:4075] + reverse_complement(sequence[15_000:15_070])
    found = run(folder, fastq(tmp_path / "r.fq.gz", [("r", read)]), tmp_path / "r.bam", paired=False)
    assert sorted(r.is_supplementary for r in found) == [False, True]
    assert {r.query_length for r in found} == {145}
    assert all(r.has_tag("SA") for r in found)


def test_single_reads_of_one_name_are_no_pair(genome: tuple[str, Path], tmp_path: Path) -> None:
    sequence, folder = genome
    reads = [("same", sequence[4000:4075]), ("same", reverse_complement(sequence[4200:4275]))]
    path = fastq(tmp_path / "r.fq.gz", reads)
    assert not any(r.is_paired for r in run(folder, path, tmp_path / "s.bam", paired=False))
    assert all(r.is_proper_pair for r in run(folder, path, tmp_path / "p.bam", paired=True))


def test_bytes_do_not_depend_on_threads_or_place(genome: tuple[str, Path], tmp_path: Path) -> None:
    sequence, folder = genome
    starts = random.Random(3).choices(range(19_000), k=2000)
    reads = [(f"r{i}", sequence[s : s + READ_LENGTH]) for i, s in enumerate(starts) for _ in (0, 1)]
    first = fastq(tmp_path / "r.fq.gz", reads)
    (tmp_path / "other place").mkdir()
    second = fastq(tmp_path / "other place" / "q.fq.gz", reads)
    run(folder, first, tmp_path / "a.bam", paired=True, threads=1)
    run(folder, second, tmp_path / "other place" / "b.bam", paired=True, threads=2)
    for suffix in ("", ".bai"):
        one, two = tmp_path / f"a.bam{suffix}", tmp_path / "other place" / f"b.bam{suffix}"
        assert one.read_bytes() == two.read_bytes()
    header = str(pysam.AlignmentFile(str(tmp_path / "a.bam")).header)
    assert str(tmp_path) not in header
    assert "CL:" not in header
    assert "SO:coordinate" in header
    assert sorted(p.name for p in (tmp_path / "other place").iterdir()) == ["b.bam", "b.bam.bai", "q.fq.gz"]


def test_no_reads_give_a_valid_empty_bam(genome: tuple[str, Path], tmp_path: Path) -> None:
    _, folder = genome
    assert run(folder, fastq(tmp_path / "e.fq.gz", []), tmp_path / "e.bam", paired=True) == []
    with pysam.AlignmentFile(str(tmp_path / "e.bam")) as handle:
        assert handle.has_index()
        assert handle.references == ("chr1",)
        assert handle.header.to_dict()["RG"] == [{"ID": "S.1", "SM": "S.1"}]


def test_no_annotated_introns(genome: tuple[str, Path], tmp_path: Path) -> None:
    sequence, folder = genome
    (tmp_path / "junctions.bed").write_text("")
    reads = fastq(tmp_path / "r.fq.gz", [("r", sequence[100:175])])
    bam = tmp_path / "r.bam"
    align(reads, folder / "genome.mmi", tmp_path / "junctions.bed", bam, paired=False, sample="s", threads=1)
    assert pysam.AlignmentFile(str(bam)).count() == 1


def test_index_in_parts_gives_the_same_alignments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contig a part. One read across two contigs, so that alignments of two parts must be joined."""
    monkeypatch.setattr(module, "PART", "10k")
    contigs = ["".join(random.Random(n).choices("ACGT", k=20_000)) for n in (1, 2, 3)]
    (tmp_path / "genome.fa").write_text("".join(f">chr{n}\n{s}\n" for n, s in enumerate(contigs, 1)))
    (tmp_path / "junctions.bed").write_text("")
    pairs = [
        (contigs[c][at : at + READ_LENGTH], reverse_complement(contigs[c][at + 150 : at + 225]))
        for c, at in ((0, 500), (1, 9000), (2, 19_000))
    ]
    pairs.append((contigs[0][4000:4050] + contigs[2][7000:7050], reverse_complement(contigs[2][7100:7175])))
    reads = fastq(tmp_path / "r.fq.gz", [(f"r{n}", mate) for n, pair in enumerate(pairs) for mate in pair])
    found = {}
    for split in (False, True):
        index, bam = tmp_path / f"{split}.mmi", tmp_path / f"{split}.bam"
        build_index(tmp_path / "genome.fa", index, 1, split=split)
        align(
            reads, index, tmp_path / "junctions.bed", bam, paired=True, sample="s", threads=1, split=split
        )  # fmt: skip
        with pysam.AlignmentFile(str(bam)) as handle:
            found[split] = [
                (r.query_name, r.flag, r.reference_name, r.reference_start, r.cigarstring)
                for r in handle.fetch(until_eof=True)
            ]
    assert (tmp_path / "True.mmi").read_bytes() != (tmp_path / "False.mmi").read_bytes()
    assert len(found[True]) == 9
    assert found[True] == found[False]


def test_failure_is_one_line_and_leaves_nothing(genome: tuple[str, Path], tmp_path: Path) -> None:
    _, folder = genome
    (tmp_path / "bad.mmi").write_bytes(b"")
    reads = fastq(tmp_path / "r.fq.gz", [("r", "ACGT")])
    with pytest.raises(InputError, match="sample s: alignment failed") as caught:
        align(
            reads,
            tmp_path / "none.mmi",
            folder / "junctions.bed",
            tmp_path / "r.bam",
            paired=False,
            sample="s",
            threads=1,
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "r.bam").exists()
    with pytest.raises(InputError, match="indexing failed"):
        build_index(tmp_path / "none.fa", tmp_path / "x.mmi", 1)


def test_old_minimap2_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "minimap2"
    tool.write_text("#!/bin/sh\necho 2.24-r1122\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    module._minimap2.cache_clear()
    assert "2.24" not in aligner_version()
    tool.write_text("#!/bin/sh\necho 2.30-r1287\n")
    module._minimap2.cache_clear()
    assert aligner_version() == "minimap2 2.30-r1287"
    module._minimap2.cache_clear()
