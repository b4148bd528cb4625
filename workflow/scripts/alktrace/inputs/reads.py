"""What the first records of the read files tell about the library, against what the sheet says.

Only what would give a wrong answer is refused here. Files that cannot be read or are malformed are left to the
recruiter, which names the record.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..model.records import RecruitStats
from ..runtime.errors import InputError
from .umi import compile_umi

LONGEST = 600  # bases; longer reads were not shown to work
_RECORDS = 400  # looked at
_FEW = 10  # records that a statement about all of them needs
_NEARLY_ALL = 0.95
_UMI_FORMS = (
    r"::umi:([ACGTN+]+)",
    r":UMI_([ACGTN+]{4,})",
    r"^(?:[^:]*:){7}([ACGTN]{5,}(?:\+[ACGTN]{5,})?)$",
    r"[_:]([ACGTN]{6,}(?:[+_-][ACGTN]{6,})?)$",
)
_MATE = re.compile(r"/([12])$")
_MATE_BEHIND = re.compile(r"([12]):[YN]:\d+")
LONGEST_NAME = 254  # bytes a read name has in BAM


@dataclass(frozen=True)
class Record:
    """Name up to the first blank and without mate number, that number (or ""), bases and qualities."""

    name: str
    mate: str
    bases: str
    qualities: str


def first_records(path: Path) -> list[Record]:
    """The first well-formed records of a FASTQ, at most 400."""
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rt", encoding="latin-1") as lines:
            return list(islice(_records(lines), _RECORDS))
    except (OSError, EOFError, zlib.error):
        return []


def _records(lines: Iterator[str]) -> Iterator[Record]:
    while True:
        four = [line.rstrip("\r\n") for line in islice(lines, 4)]
        if len(four) < 4 or not four[0].startswith("@") or not four[2].startswith("+"):
            return
        name, _, rest = four[0][1:].partition(" ")
        mate = _MATE.search(name)
        behind = _MATE_BEHIND.match(rest)
        number = mate[1] if mate else behind[1] if behind else ""
        yield Record(name[: mate.start()] if mate else name, number, four[1], four[3])


def kind_of(path: Path) -> str:
    """BAM, CRAM or FASTQ by the first bytes, "" for anything else and for files that cannot be read."""
    try:
        with path.open("rb") as handle:
            start = handle.read(4)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(path, "rb") as unpacked:
                start = unpacked.read(4)
    except (OSError, EOFError, zlib.error):
        return ""
    known = {b"BAM\x01": "BAM", b"CRAM": "CRAM"}
    return known.get(start, "FASTQ" if start[:1] == b"@" else "")


def check_reads(where: str, files: Mapping[str, Path | None], umi: str, umi_unused: bool) -> None:
    """Compare the files of one row (columns fq1, fq2, bam) with what the row says.

    Raises InputError, beginning with `where`, for files of another kind, the same mates given twice, mates in turns in
    one file, reads that are too long, qualities of an old encoding, and identifiers in read names that the row does not
    mention or that its expression does not find.
    """
    fq1, fq2, bam = (files.get(column) for column in ("fq1", "fq2", "bam"))
    _check_kinds(where, files)
    if bam is not None or fq1 is None:
        return
    first = first_records(fq1)
    second = first_records(fq2) if fq2 else []
    if fq2:
        _check_mates(where, fq1, fq2, first, second)
    else:
        _check_single(where, fq1, first)
    for column, path, records in (("fq1", fq1, first), ("fq2", fq2, second)):
        _check_records(f"{where}, column {column}: {path}", records)
    _check_umi(where, fq1, first, umi, umi_unused)


def _check_kinds(where: str, files: Mapping[str, Path | None]) -> None:
    for column, path in files.items():
        found = kind_of(path) if path else ""
        if column in ("fq1", "fq2") and found in ("BAM", "CRAM"):
            raise InputError(f"{where}, column {column}: {path} is {found}, not FASTQ; put it in column bam")
        if column == "bam" and found == "FASTQ":
            raise InputError(f"{where}, column bam: {path} is FASTQ; put it in column fq1")


def _check_mates(where: str, fq1: Path, fq2: Path, first: list[Record], second: list[Record]) -> None:
    same = os.path.samefile(fq1, fq2)
    count = min(len(first), len(second))
    same = same or (
        count >= _FEW and [(r.name, r.bases) for r in first[:count]] == [(r.name, r.bases) for r in second[:count]]
    )
    if same:
        raise InputError(f"{where}, column fq2: {fq2} holds the same reads as fq1; give the second mates, or nothing")
    numbers = {r.mate for r in first}, {r.mate for r in second}
    if numbers[0] == numbers[1] and len(numbers[0]) == 1 and "" not in numbers[0]:
        (mate,) = numbers[0]
        raise InputError(f"{where}, columns fq1 and fq2: both hold mates {mate} by their read names; give both mates")


def _check_single(where: str, path: Path, records: list[Record]) -> None:
    pairs = list(zip(records[::2], records[1::2], strict=False))
    in_turns = sum(a.name == b.name for a, b in pairs)
    if len(pairs) >= _FEW and in_turns >= _NEARLY_ALL * len(pairs):
        raise InputError(
            f"{where}, column fq1: {path} holds both mates in turns; split it into two files for fq1 and fq2"
        )


def _check_records(where: str, records: list[Record]) -> None:
    longest = max((len(r.bases) for r in records), default=0)
    if longest > LONGEST:
        raise InputError(too_long(where, longest))
    codes = {ord(c) for r in records for c in r.qualities}
    if len(records) >= _FEW and min(codes, default=0) >= 59 and 80 <= max(codes) <= 106:
        raise InputError(f"{where} has qualities of the old encoding (Phred+64); convert them to Phred+33")


def too_long(where: str, longest: int) -> str:
    """What is said about reads above the length that was shown to work."""
    return f"{where} has reads of {longest} bases; reads of up to {LONGEST} bases were shown to work, remove the sample"


def _check_umi(where: str, path: Path, records: list[Record], umi: str, unused: bool) -> None:
    if len(records) < _FEW or unused:
        return
    if not umi:
        form = next((form for form in _UMI_FORMS if _holds(form, records)), None)
        if form:
            raise InputError(
                f"{where}, column umi: the read names of {path} hold identifiers ('{shown(records[0].name)}') but umi"
                f" is empty; set it to {form}, or to none to leave them unused"
            )
        return
    pattern = compile_umi(umi)
    found = [match.group(1) for r in records if (match := pattern.search(r.name))]
    if not found:
        raise InputError(
            f"{where}, column umi: {umi!r} is in none of the read names of {path} ('{shown(records[0].name)}')"
        )
    if len(found) >= 10 * _FEW and len(set(found)) == 1:
        raise InputError(
            f"{where}, column umi: {umi!r} finds '{shown(found[0])}' in every read name of {path}; put the brackets"
            " round the identifier"
        )


def _holds(form: str, records: list[Record]) -> bool:
    pattern = re.compile(form)
    found = [match[1] for r in records if (match := pattern.search(r.name))]
    return len(found) >= _NEARLY_ALL * len(records) and len(set(found)) >= max(_FEW, len(records) // 10)


def shown(text: str) -> str:
    """Hostile text made printable and short."""
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in text)[:80]


def check_recruited(path: Path, stats: RecruitStats, source: Path) -> None:
    """What only the whole input tells: raises InputError for reads that are too long, and for the first recruited
    record (`path`, gzip FASTQ) whose name no BAM can hold. `source` is named in the message."""
    longest = max((int(length) for length in stats.read_length_counts), default=0)
    if longest > LONGEST:
        raise InputError(too_long(str(source), longest))
    with gzip.open(path, "rb") as lines:
        for line in islice(lines, 0, None, 4):
            name = line[1:].rstrip(b"\r\n")
            if len(name) > LONGEST_NAME or name[:1] == b"@" or not name.isascii() or not name.decode().isprintable():
                raise InputError(
                    f"{source}: read '{shown(name.decode('latin-1'))}': its name begins with '@', is longer than"
                    f" {LONGEST_NAME} characters or is not plain ASCII; rename the reads"
                )
