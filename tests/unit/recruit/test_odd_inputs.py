"""Odd FASTQ: the right result, or a refusal that names file, record and remedy."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from alktrace.model.records import RecruitStats
from alktrace.recruit.stage import recruit
from alktrace.reference.target_table import TargetTable, hash_filter, hash_table, kmer_codes, span_table
from alktrace.runtime.errors import InputError

np = pytest.importorskip("numpy")
SEQUENCE = "ACGTTGCATTAGGCCATGCA" * 5
Text = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose target is `SEQUENCE`."""
    path = tmp_path_factory.mktemp("odd") / "targets.bin"
    codes = np.unique(kmer_codes(SEQUENCE)).astype(np.uint32)
    keys, values = hash_table(codes, np.full(len(codes), 1 << 15, np.uint16))
    spans = span_table(np.zeros(0, np.uint64), np.zeros(0, np.uint32))
    none = np.zeros(1, np.uint32), np.zeros(0, np.uint32)
    TargetTable(hash_filter(codes), keys, values, *spans, *none, controls=[], junctions=[]).save(path)
    return path


def records(mate: int, count: int = 5, sequence: str = SEQUENCE) -> bytes:
    return "".join(f"@r{n}/{mate}\n{sequence}\n+\n{'I' * len(sequence)}\n" for n in range(count)).encode()


def run(folder: Path, targets: Path, one: bytes, two: bytes | None, name: str = "R{}.fq") -> RecruitStats:
    paths = [folder / name.format(mate) for mate in (1, 2)]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    for path, data in zip(paths, (one, two), strict=True):
        path.write_bytes(data or b"")
    return recruit(
        [(paths[0], None if two is None else paths[1])], targets, folder / "out.fq.gz", folder / "stats.json"
    )


def blocks(data: bytes) -> bytes:
    """Gzip of many members, as bgzip writes, with an empty one at the end."""
    return b"".join(gzip.compress(data[i : i + 37], mtime=0) for i in range(0, len(data), 37)) + gzip.compress(b"")


RIGHT: dict[str, Text] = {
    "plain": lambda text: text,
    "Windows line ends": lambda text: text.replace(b"\n", b"\r\n"),
    "lower case": lambda text: re.sub(rb"(?m)^[ACGT]+$", lambda m: m[0].lower(), text),
    "no newline at the end": lambda text: text[:-1],
    "empty lines at the end": lambda text: text + b"\n\r\n\n",
    "gzip whatever the name": gzip.compress,
    "gzip of many members": blocks,
    "names again": lambda text: text.replace(b"@r1/", b"@r0/"),
    "comments": lambda text: re.sub(rb"(?m)^(@.*)/([12])$", rb"\1 \2:N:0:ACGT", text),
    "names behind the plus": lambda text: text.replace(b"\n+\n", b"\n+r0\n"),
    "qualities that look like records": lambda text: text.replace(b"I" * 100, b"@" + b"+" * 99),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_result(tmp_path: Path, targets: Path, case: str) -> None:
    found = run(tmp_path, targets, *(RIGHT[case](records(mate)) for mate in (1, 2)))
    assert (found.pairs_total, found.pairs_recruited, found.bases_total) == (5, 5, 1000)


@pytest.mark.parametrize(
    "name", ["R {}.fq", "R;$(x)'\"{}.fq", "Ä ü/R\u00e9{}.fq", "-R{}.fq", "{}.gz.fq", "R*?[1]{}.fq"]
)
def test_paths(tmp_path: Path, targets: Path, name: str) -> None:
    assert run(tmp_path / "a b", targets, records(1), records(2), name).pairs_recruited == 5


@pytest.mark.parametrize(
    ("sequence", "kept"), [("", 0), ("A", 0), ("N" * 100, 0), (SEQUENCE + "N" * 50, 5), ("RYKM", 0)]
)
def test_reads_of_any_content(tmp_path: Path, targets: Path, sequence: str, kept: int) -> None:
    """No bases, one, only N, IUPAC codes: no evidence, and no fault."""
    found = run(tmp_path, targets, records(1, sequence=sequence), records(2, sequence=sequence))
    assert (found.pairs_total, found.pairs_recruited) == (5, kept)


def test_mixed_lengths(tmp_path: Path, targets: Path) -> None:
    text = b"".join(f"@r{n}\n{'A' * n}\n+\n{'I' * n}\n".encode() for n in range(300))
    found = run(tmp_path, targets, text, None)
    assert found.read_length_counts == dict.fromkeys(range(300), 1)


def edited(at: int, old: bytes, new: bytes) -> Text:
    """Record `at` with something replaced."""

    def change(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        record = b"".join(lines[4 * at : 4 * at + 4])
        assert old in record
        return b"".join(lines[: 4 * at]) + record.replace(old, new, 1) + b"".join(lines[4 * at + 4 :])

    return change


REFUSED: dict[str, tuple[Text, str]] = {
    "cut in a record": (lambda text: text[:-150], r"R1\.fq: record 5 .* is cut short; fetch or repair the file"),
    "cut in a gzip block": (lambda text: gzip.compress(text)[:-20], r"R1\.fq: gzip file is cut short; fetch it again"),
    "cut between gzip blocks": (lambda text: blocks(text)[:-60], r"R1\.fq: "),
    "garbage behind gzip": (lambda text: gzip.compress(text) + b"garbage" * 9, r"R1\.fq: .*gzip.*; fetch it again"),
    "deflate data": (lambda text: zlib.compress(text), r"R1\.fq: record 1 .* does not start with '@'"),
    "FASTA": (lambda text: b">r\nACGT\n", r"R1\.fq: record 1 \(>r\) does not start with '@'"),
    "no plus": (edited(2, b"\n+\n", b"\n-\n"), r"R1\.fq: record 3 \(@r2/1\) has no '\+' line"),
    "qualities of another length": (edited(2, b"IIII\n", b"III\n"), r"R1\.fq: record 3 .* of different length"),
    "a newline in the qualities": (edited(2, b"IIII", b"I\nII"), r"R1\.fq: record 3 .* of different length"),
    "a blank in the qualities": (edited(2, b"IIII", b"I II"), r"R1\.fq: record 3 .* blanks or control characters"),
    "digits in the sequence": (edited(2, b"ACGT", b"AC1T"), r"R1\.fq: record 3 .* characters in its sequence"),
    "no name": (edited(2, b"@r2/1", b"@"), r"R1\.fq: record 3 \(@\) has no name"),
    "a read less": (edited(4, b"@r4", b""), r"R1\.fq: record 5"),
    "mates shuffled": (edited(2, b"@r2", b"@r3"), r"R2\.fq: record 3 is named r2/2 but its mate .* is named r3/1"),
    "byte order mark": (lambda text: b"\xef\xbb\xbf" + text, r"R1\.fq: record 1"),
    "UTF-16": (lambda text: text.decode().encode("utf-16"), r"R1\.fq: record 1"),
    "a line without end": (lambda text: gzip.compress(b"@r\n" + b"A" * 3_000_000), r"R1\.fq: record 1 is longer than"),
    "zero bytes": (lambda text: text + bytes(500), r"R1\.fq: record 6 .* does not start with '@'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(tmp_path: Path, targets: Path, case: str) -> None:
    change, said = REFUSED[case]
    with pytest.raises(InputError, match=said):
        run(tmp_path, targets, change(records(1)), records(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["R1.fq", "R2.fq"]
