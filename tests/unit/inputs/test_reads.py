"""Reads that are not what the sheet says: one line with the remedy, before anything runs."""

from __future__ import annotations

import gzip
import random
import re
import shutil
from pathlib import Path

import pytest

from alktrace.genome.bed import Stretches
from alktrace.inputs.configuration import complete, find_file, load_schema
from alktrace.inputs.intervals import check_intervals, contig_names
from alktrace.inputs.reads import check_reads, check_recruited
from alktrace.inputs.sheet import check_content, read_sheet
from alktrace.inputs.umi import compile_umi
from alktrace.model.records import RecruitStats
from alktrace.runtime.errors import InputError
from alktrace.runtime.paths import SCHEMAS


def fastq(path: Path, names: list[str], length: int = 100, quality: str = "I", seed: int = 1) -> Path:
    draw = random.Random(seed)
    text = "".join(f"@{n}\n{''.join(draw.choices('ACGT', k=length))}\n+\n{quality * length}\n" for n in names)
    path.write_bytes(gzip.compress(text.encode("latin-1")) if path.suffix == ".gz" else text.encode("latin-1"))
    return path


def names(count: int = 120, end: str = "") -> list[str]:
    return [f"M1:1:FC:1:{1000 + i}:{2000 + 3 * i}{end}" for i in range(count)]


def refused(expected: str, umi: str = "", unused: bool = False, **files: Path) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        check_reads("sheet.tsv: sample s1", files, umi, unused)
    assert str(caught.value).startswith("sheet.tsv: sample s1") and "\n" not in str(caught.value)


def test_good_reads_pass(tmp_path: Path) -> None:
    one, two = fastq(tmp_path / "1.fq.gz", names(end="/1")), fastq(tmp_path / "2.fq.gz", names(end="/2"), seed=2)
    check_reads("", {"fq1": one, "fq2": two}, "", False)
    check_reads("", {"fq1": two, "fq2": one}, "", False)  # mates the other way round are no fault
    check_reads("", {"fq1": fastq(tmp_path / "3.fq", names(end=" 1:N:0:ACGT"), 300)}, "", False)
    for text in ("", "@x\nAC", ">x\nACGT\n"):  # left to the recruiter
        (tmp_path / "odd.fq").write_text(text)
        check_reads("", {"fq1": tmp_path / "odd.fq"}, "", False)


def test_first_mates_given_twice(tmp_path: Path) -> None:
    one = fastq(tmp_path / "1.fq.gz", names())
    (tmp_path / "link.fq.gz").symlink_to(one)
    shutil.copy(one, tmp_path / "copy.fq.gz")
    for second in ("link.fq.gz", "copy.fq.gz"):
        refused("column fq2: .*holds the same reads as fq1; give the second mates", fq1=one, fq2=tmp_path / second)
    first = fastq(tmp_path / "a.fq", names(end="/1")), fastq(tmp_path / "b.fq", names(end="/1"), seed=3)
    refused("both hold mates 1 by their read names", fq1=first[0], fq2=first[1])


def test_mates_in_turns_given_as_single(tmp_path: Path) -> None:
    turns = [f"{name}{mate}" for name in names() for mate in (" 1:N:0:A", " 2:N:0:A")]
    refused("column fq1: .*holds both mates in turns; split it", fq1=fastq(tmp_path / "i.fq", turns))


@pytest.mark.parametrize("length", [601, 900, 1800])
def test_long_reads(tmp_path: Path, length: int) -> None:
    refused(f"reads of {length} bases; reads of up to 600", fq1=fastq(tmp_path / "l.fq", names(20), length))


def test_old_qualities(tmp_path: Path) -> None:
    refused("Phred.64.*convert", fq1=fastq(tmp_path / "q.fq", names(), quality="h"))


@pytest.mark.parametrize(("column", "content", "expected"), [
    ("bam", b"@r\nACGT\n+\nIIII\n", "is FASTQ; put it in column fq1"),
    ("bam", gzip.compress(b"@r\nACGT\n+\nIIII\n", mtime=0), "is FASTQ; put it in column fq1"),
    ("fq1", gzip.compress(b"BAM\x01abc", mtime=0), "is BAM, not FASTQ; put it in column bam"),
    ("fq1", b"CRAM\x03", "is CRAM, not FASTQ"),
])  # fmt: skip
def test_files_of_another_kind(tmp_path: Path, column: str, content: bytes, expected: str) -> None:
    (tmp_path / "file").write_bytes(content)
    refused(f"column {column}: .*{expected}", **{column: tmp_path / "file"})


def umis(form: str) -> list[str]:
    draw = random.Random(5)
    return [form.format(name, "".join(draw.choices("ACGT", k=10))) for name in names()]


@pytest.mark.parametrize("form", ["{}::umi:{}", "{}:1:{}", "{}_{}", "{}:UMI_{}"])
def test_identifiers_that_the_sheet_does_not_mention(tmp_path: Path, form: str) -> None:
    path = fastq(tmp_path / "u.fq", umis(form))
    with pytest.raises(InputError, match="column umi: the read names .* hold identifiers") as caught:
        check_reads("row 2", {"fq1": path}, "", False)
    proposed = re.search(r"set it to (.*), or to none", str(caught.value))
    assert proposed is not None
    check_reads("row 2", {"fq1": path}, proposed[1], False)
    check_reads("row 2", {"fq1": path}, "", True)


def test_expressions_that_find_nothing_or_always_the_same(tmp_path: Path) -> None:
    path = fastq(tmp_path / "u.fq", names())
    refused("is in none of the read names", "::umi:([ACGT]+)", fq1=path)
    refused("finds 'FC' in every read name", "M1:1:(FC)", fq1=path)


def test_the_real_library_needs_its_umi(shared: Path) -> None:
    mates = {f"fq{n}": shared / "real" / f"amp_v3_R{n}.fastq.gz" for n in (1, 2)}
    with pytest.raises(InputError, match=r"set it to ::umi:\(\[ACGTN\+\]\+\)"):
        check_reads("row 2", mates, "", False)
    check_reads("row 2", mates, "::umi:([ACGTN+]+)", False)


@pytest.mark.parametrize(
    "expression", ["(a", "(a)(b)", "abc", "(?=a)(b)", "(a){1,99999}", "(" * 3000, "((a{1000}){1000})"]
)
def test_expressions_that_are_none(expression: str) -> None:
    with pytest.raises(ValueError, match=r"RE2|groups"):
        compile_umi(expression)


def test_no_expression_hangs() -> None:
    assert compile_umi("((?:a+)+)$").search("a" * 5000 + "b") is None


# ---------------------------------------------------------------- the whole input
def stats(length: int) -> RecruitStats:
    values = dict.fromkeys(RecruitStats.__struct_fields__, 0)
    maps = {name: {} for name in ("control_by_gene", "direct_junctions")}
    return RecruitStats(**{**values, **maps, "paired": False, "read_length_counts": {100: 5, length: 1}})  # type: ignore[arg-type]


def test_names_that_no_bam_holds(tmp_path: Path) -> None:
    good = fastq(tmp_path / "good.fq.gz", ["r1", "x" * 254])
    check_recruited(good, stats(600), tmp_path / "s.fq")
    with pytest.raises(InputError, match="reads of 700 bases"):
        check_recruited(good, stats(700), tmp_path / "s.fq")
    for name in ("@r2", "x" * 255, "r\u00e9"):
        bad = fastq(tmp_path / "bad.fq.gz", ["r1", name])
        with pytest.raises(InputError, match=r"s\.fq: read '.*rename the reads"):
            check_recruited(bad, stats(100), tmp_path / "s.fq")


# ---------------------------------------------------------------- sheet and configuration
SCHEMA = load_schema(SCHEMAS / "samples.schema.yaml")


def test_one_file_in_two_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fastq(tmp_path / "a.fq", names())
    (tmp_path / "b.fq").symlink_to(tmp_path / "a.fq")
    sheet = tmp_path / "samples.tsv"
    for patients, match in ((("p1", "p2"), True), (("p1", "p1"), False)):
        rows = "".join(f"s{n}\t{p}\trna\t{f}.fq\n" for n, p, f in zip((1, 2), patients, "ab", strict=True))
        sheet.write_text("sample\tpatient\tassay\tfq1\n" + rows)
        samples = read_sheet(sheet, SCHEMA, [tmp_path])
        if match:
            with pytest.raises(InputError, match=r"sample s2: b\.fq is a file of sample s1 too, of another patient"):
                check_content(sheet, samples, frozenset)
        else:
            check_content(sheet, samples, frozenset)
            assert "s1 too" in caplog.text


def test_names_and_paths_that_cannot_be(tmp_path: Path) -> None:
    fastq(tmp_path / "a.fq", names())
    (tmp_path / "samples.tsv").write_text("sample\tassay\tfq1\n" + "x" * 64 + "\trna\ta.fq\n")
    with pytest.raises(InputError, match="row 2, column sample: the name repeats itself"):
        read_sheet(tmp_path / "samples.tsv", SCHEMA, [tmp_path])
    with pytest.raises(InputError, match="column fq1: cannot be a path"):
        find_file("row 2, column fq1", "a" * 5000, [tmp_path])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_thresholds_that_are_no_numbers(value: float) -> None:
    config = {"samples": "s", "reference": {"fasta": "f", "gtf": "g"}, "thresholds": {"max_lod_vaf": value}}
    with pytest.raises(InputError, match=r"key thresholds\.max_lod_vaf: .* is not a number"):
        complete(config, load_schema(SCHEMAS / "config.schema.yaml"))


# ---------------------------------------------------------------- primers
def test_intervals_say_their_role(tmp_path: Path) -> None:
    bed = tmp_path / "t.bed"
    bed.write_text("chr2\t1\t9\tprimer\nchr2\t20\t30\tGSP2\n")
    with pytest.raises(InputError, match=r"t\.bed: line 2: 'GSP2' says no role; write primer or bait"):
        check_intervals("row 2", bed, "amplicon", frozenset)
    bed.write_text("chr2\t1\t9\tbait\n")
    check_intervals("row 2", bed, "capture", frozenset)
    with pytest.raises(InputError, match="no row with role primer, but the library is amplicon"):
        check_intervals("row 2", bed, "amplicon", frozenset)


def test_intervals_lie_on_the_reference(tmp_path: Path) -> None:
    bed = tmp_path / "t.bed"
    for contig, end, expected in (("2", 9, "contig 2 is not in the reference"), ("chr2", 99, "ends at 99")):
        bed.write_text(f"chr6_GL000250v2_alt\t1\t9\tprimer\n{contig}\t1\t{end}\tprimer\n")
        with pytest.raises(InputError, match=f"line 2: {expected}"):
            Stretches.read(bed).check_contigs({"chr2"}, {"chr2": 50})
    bed.write_text("2\t1\t9\tprimer\n")
    with pytest.raises(InputError, match="line 1: contig 2 is not in the reference"):
        check_intervals("row 2", bed, "amplicon", lambda: frozenset({"chr2"}))


@pytest.mark.parametrize("chunk", [1 << 22, 1, 7])
@pytest.mark.parametrize("packed", [False, True])
def test_contigs_are_known_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool, chunk: int
) -> None:
    monkeypatch.setattr("alktrace.inputs.intervals._CHUNK", chunk)
    text = b">chr1 first\nACGT\nAC>GT\n>chr2\r\nACGT\r\n>\nA\n>chrM"
    fasta = tmp_path / "g.fa"
    fasta.write_bytes(gzip.compress(text) if packed else text)
    assert contig_names(fasta) == {"chr1", "chr2"}
    fasta.with_name("g.fa.fai").write_text("chr9\t4\t1\t4\t5\n")
    assert contig_names(fasta) == {"chr9"}
    assert contig_names(tmp_path / "none.fa") == frozenset()
