"""The recruiter against a slow, plain re-implementation, and its answers to bad input."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np
import pytest

from alktrace.model.records import RecruitStats
from alktrace.recruit.kernels import layout
from alktrace.recruit.kernels.layout import SPAN, SPARSE, K
from alktrace.recruit.stage import recruit
from alktrace.recruit.target_file import TargetFile
from alktrace.reference.target_table import (
    TargetTable,
    hash_filter,
    hash_table,
    kmer_codes,
    reverse_complement_codes,
    span_table,
)
from alktrace.runtime.errors import InputError
from alktrace.runtime.serialise import read_json

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reverse(sequence: str) -> str:
    return sequence.translate(COMPLEMENT)[::-1]


def bases(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("ACGT", k=length))


def both(codes: np.ndarray) -> set[int]:
    return set(codes.tolist()) | set(reverse_complement_codes(codes).tolist())


class Reference:
    """A target, a control gene and a catalogued junction of random sequence, and their table on disk."""

    def __init__(self, folder: Path):
        rng = random.Random(3)
        self.target, self.control, self.partner = (bases(rng, n) for n in (600, 500, 300))
        self.junction = self.partner[-40:] + self.target[200:240]
        self.path = folder / "targets.bin"
        values = dict.fromkeys(both(kmer_codes(self.target)), layout.KEEP)
        values |= dict.fromkeys(both(kmer_codes(self.junction[30:56])), layout.KEEP)
        values |= dict.fromkeys(both(kmer_codes(self.control)), 1)
        codes = np.array(sorted(values), dtype=np.uint32)
        keys, payload = hash_table(codes, np.array([values[c] for c in codes.tolist()], dtype=np.uint16))
        spans = kmer_codes(self.junction[24:56], SPAN)
        spans = np.unique(np.concatenate([spans, reverse_complement_codes(spans, SPAN)]))
        span_keys, span_values = span_table(spans, np.zeros(len(spans), dtype=np.uint32))
        one = np.array([0, 1], dtype=np.uint32), np.array([0], dtype=np.uint32)
        TargetTable(
            hash_filter(codes), keys, payload, span_keys, span_values, *one, controls=["CTRL"], junctions=["J"]
        ).save(self.path)
        self.keep = {c for c, v in values.items() if v & layout.KEEP}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference(tmp_path_factory.mktemp("reference"))


Pair = tuple[str, str, str]


def write(path: Path, records: list[tuple[str, str]], newline: str = "\n", last: bool = True) -> Path:
    text = newline.join(f"@{name}{newline}{seq}{newline}+{newline}{'I' * len(seq)}" for name, seq in records)
    data = (text + newline if last and records else text).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path


def run(folder: Path, reference: Reference, mates: list[Path], **options: object) -> tuple[RecruitStats, list[str]]:
    out, stats = folder / "out" / "recruited.fq.gz", folder / "out" / "recruit.json"
    second = mates[1] if len(mates) == 2 else None
    result = recruit([(mates[0], second)], reference.path, out, stats, **options)  # type: ignore[arg-type]
    assert read_json(stats, RecruitStats) == result
    return result, gzip.decompress(out.read_bytes()).decode().splitlines()


def sampled(sequence: str) -> set[int]:
    """Codes the recruiter looks up: closely at both ends, every sixteenth base between them."""
    length = len(sequence)
    if length < K:
        return set()
    starts = {length - K}
    if length < SPARSE:
        starts |= set(range(0, length - K, 4))
    else:
        near_end = (length - 24) // 4 * 4
        starts |= {0, 4, 8, near_end, near_end + 4} | set(range(16, near_end, 16))
    return {int(kmer_codes(sequence[s : s + K])[0]) for s in starts}


def random_pairs(reference: Reference, count: int, lengths: tuple[int, ...]) -> list[Pair]:
    rng = random.Random(11)
    pairs = []
    for i in range(count):
        source = rng.choice((bases(rng, 700), bases(rng, 700), reference.target, reference.control))
        source = bases(rng, 90) + source + bases(rng, 90)
        size = rng.randint(170, 300)
        start = rng.randrange(len(source) - size)
        fragment = source[start : start + size]
        if rng.random() < 0.5:
            fragment = reverse(fragment)
        one, two = rng.choice(lengths), rng.choice(lengths)
        pairs.append((f"run:1:{i}", fragment[:one], reverse(fragment)[:two]))
    return pairs


@pytest.mark.parametrize("lengths", [(100,), tuple(range(36, 170)), (3, *range(14, 36))])
@pytest.mark.parametrize("threads", [1, 2])
def test_keeps_exactly_the_pairs_that_hold_a_sampled_kmer(
    tmp_path: Path, reference: Reference, lengths: tuple[int, ...], threads: int
) -> None:
    pairs = random_pairs(reference, 400, lengths)
    mates = [write(tmp_path / f"r{m}.fq.gz", [(f"{p[0]} {m}:N:0", p[m]) for p in pairs]) for m in (1, 2)]
    result, lines = run(tmp_path, reference, mates, threads=threads)
    expected = [p for p in pairs if (sampled(p[1]) | sampled(p[2])) & reference.keep]
    assert result.pairs_total == 400
    assert result.pairs_recruited == len(expected) > 0
    assert lines[0::4] == [f"@{p[0]}" for p in expected for _ in (1, 2)]
    assert lines[1::4] == [read for p in expected for read in p[1:]]
    assert [len(q) for q in lines[3::4]] == [len(s) for s in lines[1::4]]
    assert result.bases_total == sum(len(p[1]) + len(p[2]) for p in pairs)
    assert sum(n * c for n, c in result.read_length_counts.items()) == result.bases_total


def test_output_does_not_depend_on_threads_or_packing(tmp_path: Path, reference: Reference) -> None:
    pairs = random_pairs(reference, 30_000, (75, 80, 100))
    for m in (1, 2):
        write(tmp_path / f"r{m}.fq", [(p[0], p[m]) for p in pairs])
        blob = (tmp_path / f"r{m}.fq").read_bytes()
        parts = [gzip.compress(blob[i : i + 50_000]) for i in range(0, len(blob), 50_000)]
        (tmp_path / f"r{m}.fq.gz").write_bytes(b"".join(parts))
    seen = set()
    for suffix, threads in (("fq", 1), ("fq", 2), ("fq.gz", 2)):
        result, _ = run(tmp_path, reference, [tmp_path / f"r{m}.{suffix}" for m in (1, 2)], threads=threads)
        seen.add(((tmp_path / "out" / "recruited.fq.gz").read_bytes(), repr(result)))
    assert len(seen) == 1


def test_long_anchor_is_always_found_without_errors(tmp_path: Path, reference: Reference) -> None:
    rng = random.Random(5)
    records = []
    for i in range(300):
        anchor = reference.target[200 : 200 + rng.randint(25, 60)]
        read = bases(rng, 100 - len(anchor)) + anchor
        records.append((f"r{i}", read if i % 2 else reverse(read)))
    result, _ = run(tmp_path, reference, [write(tmp_path / "r.fq", records)])
    assert result.pairs_recruited == 300


def test_junction_kmers_recruit_short_anchors_and_are_counted(tmp_path: Path, reference: Reference) -> None:
    rng = random.Random(6)
    records = [
        (f"a{n}", (reference.partner + reference.target[200:])[300 - 90 + n : 300 + n][:100]) for n in (10, 12, 15)
    ]
    records += [("wild", reference.partner[-100:]), ("none", bases(rng, 100))]
    result, lines = run(tmp_path, reference, [write(tmp_path / "r.fq", records)])
    assert lines[0::4] == ["@a10", "@a12", "@a15"]
    assert result.direct_junctions == {"J": 3}


def test_control_pairs_need_two_kmers_and_are_not_kept(tmp_path: Path, reference: Reference) -> None:
    rng = random.Random(7)
    control = reference.control
    reads = [control[i : i + 100] for i in range(0, 400, 40)]
    records = [(f"c{i}", read) for i, read in enumerate(reads * 2)]
    for i, at in enumerate((0, 4, 40, 80, 84)):
        records.append((f"chance{i}", bases(rng, at) + control[40:56] + bases(rng, 84 - at)))
    result, lines = run(tmp_path, reference, [write(tmp_path / "r.fq", records)])
    assert lines == []
    assert result.control_pairs == 20
    assert result.control_fragments == 10
    assert result.control_by_gene == {"CTRL": 20}
    assert result.duplicate_fraction == pytest.approx(1 - 15 / 25, abs=1e-6)


def test_duplicates_are_estimated_beyond_the_table(tmp_path: Path, reference: Reference) -> None:
    rng = np.random.default_rng(8)
    reads = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, (120_000, 32))]
    records = [
        (f"d{i}", reads[i % 120_000 // 2 if i % 3 == 0 else i % 120_000].tobytes().decode()) for i in range(200_000)
    ]
    expected = 1 - len({r for _, r in records}) / len(records)
    result, _ = run(tmp_path, reference, [write(tmp_path / "r.fq", records)])
    assert result.duplicate_fraction == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("first", "second", "written"),
    [
        ("r/1", "r/2", "r"),
        ("r 1:N:0:AC", "r 2:N:0:AC", "r"),
        ("SRR1.7.1 7 length=100", "SRR1.7.2 7 length=100", "SRR1.7"),
        ("M:1:2::umi:ACGTN", "M:1:2::umi:ACGTN", "M:1:2::umi:ACGTN"),
        ("same\tBC:Z:x", "same", "same"),
        ("a", "a", "a"),
    ],
)
def test_names(tmp_path: Path, reference: Reference, first: str, second: str, written: str) -> None:
    read = reference.target[:100]
    mates = [
        write(tmp_path / "1.fq", [(first, read)]),
        write(tmp_path / "2.fq", [(second, reverse(reference.target[200:300]))]),
    ]
    _, lines = run(tmp_path, reference, mates)
    assert lines[0::4] == [f"@{written}"] * 2


def test_windows_lines_missing_last_newline_and_blank_end(tmp_path: Path, reference: Reference) -> None:
    records = [(f"r{i} x", reference.target[i : i + 60 + i]) for i in range(20)]
    plain, expected = run(tmp_path, reference, [write(tmp_path / "a.fq", records)])
    for name, newline, last in (("b.fq", "\r\n", True), ("c.fq", "\n", False)):
        result, lines = run(tmp_path, reference, [write(tmp_path / name, records, newline, last)])
        assert (result, lines) == (plain, expected)
    with (tmp_path / "a.fq").open("ab") as handle:
        handle.write(b"\n\r\n")
    assert run(tmp_path, reference, [tmp_path / "a.fq"])[1] == expected


def test_quality_beginning_with_at_and_plus(tmp_path: Path, reference: Reference) -> None:
    read = reference.target[:50]
    path = tmp_path / "r.fq"
    path.write_text("".join(f"@q{i}\n{read}\n+q{i}\n{c * 50}\n" for i, c in enumerate("@+@@+I")))
    result, lines = run(tmp_path, reference, [path])
    assert result.pairs_total == 6
    assert lines[3::4] == [c * 50 for c in "@+@@+I"]


def test_q30_counts_every_quality(tmp_path: Path, reference: Reference) -> None:
    path = tmp_path / "r.fq"
    path.write_text("".join(f"@r{i}\nACGTA\n+\n{'?>?I#'}\n" for i in range(200)))
    result, _ = run(tmp_path, reference, [path])
    assert (result.bases_total, result.q30_bases) == (200 * 5, 200 * 3)


def test_keep_all(tmp_path: Path, reference: Reference) -> None:
    pairs = random_pairs(reference, 50, (100,))
    mates = [write(tmp_path / f"{m}.fq", [(p[0], p[m]) for p in pairs]) for m in (1, 2)]
    result, lines = run(tmp_path, reference, mates, keep_all=True)
    assert result.pairs_recruited == 50
    assert len(lines) == 400


@pytest.mark.parametrize("name", ["e.fq", "e.fq.gz"])
def test_empty_files_are_no_error(tmp_path: Path, reference: Reference, name: str) -> None:
    for content in (b"", gzip.compress(b"") if name.endswith("gz") else b"\n"):
        (tmp_path / name).write_bytes(content)
        result, lines = run(tmp_path, reference, [tmp_path / name, tmp_path / name])
        assert (result.pairs_total, result.duplicate_fraction, lines) == (0, None, [])


GOOD = b"@r1\nACGTACGTACGTACGTACGT\n+\nIIIIIIIIIIIIIIIIIIII\n"
BAD = {
    "no at": (GOOD + b"r2\nACGT\n+\nIIII\n", r"record 2 \(r2\) does not start with '@'"),
    "no plus": (GOOD + b"@r2\nACGT\nIIII\n@r3\n", r"record 2 \(@r2\) has no '\+' line"),
    "length": (GOOD + b"@r2 x\nACGT\n+\nIII\n", r"record 2 \(@r2 x\) has a sequence and a quality line of different"),
    "broken qualities": (2 * GOOD + b"@r3\nACGTACGTACGTACGTACGT\n+\nIIIIIIIII\nIIIIIIIIII\n", r"record 3 .* different"),
    "cut": (GOOD + b"@r2\nACGT\n", r"record 2 \(@r2\) is cut short"),
    "cut name": (GOOD + b"@r2", r"record 2 \(@r2\) is cut short"),
    "no bases": (GOOD + b"@r2\nAC GT\n+\nIIIII\n", r"record 2 \(@r2\) has characters"),
    "no name": (GOOD + b"@ r2\nACGT\n+\nIIII\n", r"record 2 \(@ r2\) has no name"),
    "hostile": (GOOD + b"<script>\x1b[31m\n", r"record 2 \(<script>\?\[31m\) does not start"),
    "blank": (GOOD + b"\n" + GOOD, r"record 2 \(\) does not start with '@'"),
    "long": (GOOD + b"@l\n" + b"A" * 40_000 + b"\n+\n" + b"I" * 40_000 + b"\n", r"record 2 \(@l\) is longer than"),
    "huge": (b"@l\n" + b"A" * 3_000_000, r"record 1 .*longer"),
    "fasta": (b">r1\nACGT\n", r"record 1 \(>r1\) does not start with '@'"),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("case", BAD)
def test_malformed_record(tmp_path: Path, reference: Reference, case: str, threads: int) -> None:
    content, message = BAD[case]
    (tmp_path / "r.fq").write_bytes(content)
    expect_error(tmp_path, reference, [tmp_path / "r.fq"], message, threads)


def expect_error(folder: Path, reference: Reference, mates: list[Path], message: str, threads: int = 2) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(folder, reference, mates, threads=threads)
    assert "\n" not in str(caught.value)
    assert not (folder / "out").exists() or not list((folder / "out").iterdir())


def test_malformed_record_far_into_the_file(tmp_path: Path, reference: Reference) -> None:
    records = [(f"r{i}", reference.control[i % 300 : i % 300 + 100]) for i in range(30_000)]
    path = write(tmp_path / "r.fq.gz", records)
    blob = gzip.decompress(path.read_bytes()).replace(b"@r25000\n", b"#r25000\n")
    path.write_bytes(gzip.compress(blob))
    expect_error(tmp_path, reference, [path], r"r\.fq\.gz: record 25001 \(#r25000\) does not start with '@'")


def test_unreadable_files(tmp_path: Path, reference: Reference) -> None:
    good = write(tmp_path / "good.fq.gz", [(f"r{i}", reference.target[:100]) for i in range(5000)])
    expect_error(tmp_path, reference, [tmp_path / "none.fq.gz"], "none.fq.gz: cannot be read .*No such file")
    expect_error(tmp_path, reference, [tmp_path], "cannot be read .*directory")
    plain = tmp_path / "plain.fq.gz"
    plain.write_bytes(GOOD)
    expect_error(tmp_path, reference, [plain], "is not gzip although")
    for keep in (0.5, 0.999):
        cut = tmp_path / "cut.fq.gz"
        cut.write_bytes(good.read_bytes()[: int(good.stat().st_size * keep)])
        expect_error(tmp_path, reference, [good, cut], "cut.fq.gz: gzip file is cut short")
    broken = tmp_path / "broken.fq.gz"
    blob = bytearray(good.read_bytes())
    blob[-6] ^= 255
    broken.write_bytes(blob)
    expect_error(tmp_path, reference, [broken], "broken.fq.gz: damaged gzip file")


def test_files_that_are_no_mates(tmp_path: Path, reference: Reference) -> None:
    records = [(f"r{i}", reference.target[:100]) for i in range(9000)]
    all_, fewer = write(tmp_path / "all.fq", records), write(tmp_path / "fewer.fq", records[:-1])
    none = write(tmp_path / "none.fq", [])
    expect_error(tmp_path, reference, [all_, fewer], "all.fq: has more reads than its mate file .*fewer.fq .8999.")
    expect_error(tmp_path, reference, [fewer, all_], "all.fq: has more reads than its mate file .*fewer.fq .8999.")
    expect_error(tmp_path, reference, [none, all_], "all.fq: has more reads than its mate file .*none.fq .0.")
    records[7000] = ("r7000x", records[7000][1])
    other = write(tmp_path / "other.fq", records)
    expect_error(tmp_path, reference, [all_, other], "record 7001 is named r7000x but its mate in .* is named r7000")


@pytest.mark.parametrize(
    ("one", "two"), [("r1", "r12"), ("r/1", "r/1x"), ("r/2", "r/1"), ("ra b", "rb b"), ("r1", "r2")]
)
def test_different_names(tmp_path: Path, reference: Reference, one: str, two: str) -> None:
    read = reference.target[:100]
    expect_error(
        tmp_path,
        reference,
        [write(tmp_path / "1.fq", [(one, read)]), write(tmp_path / "2.fq", [(two, read)])],
        "is named",
    )


def test_table_of_another_version(tmp_path: Path, reference: Reference) -> None:
    other = tmp_path / "t.bin"
    for content in (b"PK not a table", b"", reference.path.read_bytes()[:-64]):
        other.write_bytes(content)
        with pytest.raises(InputError, match="t.bin: (not a|damaged) target table"):
            TargetFile(other)


def test_lanes_give_what_one_file_of_both_gives(tmp_path: Path, reference: Reference) -> None:
    pairs = random_pairs(reference, 3000, (100, 75))
    rows = [[(name, mates[mate]) for name, *mates in pairs] for mate in (0, 1)]
    whole = [write(tmp_path / f"whole_R{mate}.fq.gz", rows[mate - 1]) for mate in (1, 2)]
    expected, reads = run(tmp_path / "whole", reference, whole)
    cut = 1234  # no multiple of what is sampled
    lanes = [
        tuple(write(tmp_path / f"L{lane}_R{mate}.fq", rows[mate - 1][part]) for mate in (1, 2))
        for lane, part in enumerate((slice(cut), slice(cut, None)), 1)
    ]
    for threads in (1, 2):
        out, stats = tmp_path / f"{threads}" / "out.fq.gz", tmp_path / f"{threads}" / "out.json"
        assert recruit(lanes, reference.path, out, stats, threads) == expected  # type: ignore[arg-type]
        assert gzip.decompress(out.read_bytes()).decode().splitlines() == reads


def test_mates_of_each_lane_are_checked_and_named(tmp_path: Path, reference: Reference) -> None:
    pairs = random_pairs(reference, 40, (100,))
    files = {}
    for lane, part in (("L1", pairs[:20]), ("L2", pairs[20:])):
        for mate in (1, 2):
            files[lane, mate] = write(tmp_path / f"{lane}_R{mate}.fq", [(p[0], p[mate]) for p in part])
    swapped = [(p[0], p[2]) for p in [*pairs[20:25], pairs[26], pairs[25], *pairs[27:]]]
    write(files["L2", 2], swapped)
    lanes = [(files[lane, 1], files[lane, 2]) for lane in ("L1", "L2")]
    with pytest.raises(InputError, match=r"L2_R2\.fq: record 6 is named"):
        recruit(lanes, reference.path, tmp_path / "out.fq.gz", tmp_path / "out.json")
    write(files["L2", 2], [(p[0], p[2]) for p in pairs[20:39]])
    with pytest.raises(InputError, match=r"L2_R1\.fq: has more reads than .*\(19\)"):
        recruit(lanes, reference.path, tmp_path / "out.fq.gz", tmp_path / "out.json")
    files["L2", 2].write_text(files["L2", 1].read_text().replace("\n+\n", "\n-\n", 1))
    with pytest.raises(InputError, match=r"L2_R2\.fq: record 1 "):
        recruit(lanes, reference.path, tmp_path / "out.fq.gz", tmp_path / "out.json")
    assert not (tmp_path / "out.fq.gz").exists()
