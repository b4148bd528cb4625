"""What the first records of the read files tell about the library, against what the sheet says.

Only what would give a wrong answer is refused here. Files that cannot be read or are malformed are left to the
recruiter, which names the record.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ..model.records import RecruitStats
from ..runtime.errors import InputError
from .umi import compile_umi

LONGEST = 600  # bases; longer reads were not shown to work
_RECORDS = 120  # looked at
_FEW = 10  # records that a statement about all of them needs
_NEARLY_ALL = 0.95
_UMI_FORMS = (
    r"::umi:([ACGTN+]+)",
    r":UMI_([ACGTN+]{4,})",
    r"^(?:[^:]*:){7}([ACGTN]{5,}(?:\+[ACGTN]{5,})?)$",
    r"[_:]([ACGTN]{6,}(?:[+_-][ACGTN]{6,})?)$",
)
_MATE_BEHIND = re.compile(r"([12]):[YN]:\d+")
LONGEST_NAME = 254  # bytes a read name has in BAM
_PACKED = 1 << 15  # bytes read of a file: a sheet may name ten thousand
_TEXT = 1 << 16  # bytes of text looked at
_GZIP = 31  # zlib: with the head and the checksum of gzip


@dataclass(frozen=True)
class Records:
    """First records of a FASTQ, column by column: names up to the first blank and without mate number, that number (or
    ""), bases and qualities."""

    names: list[str]
    mates: list[str]
    bases: list[str]
    qualities: list[str]

    def __len__(self) -> int:
        return len(self.names)


def head(path: Path | None) -> bytes:
    """The first bytes of a file, unpacked if it is gzip (of one or many members); none of one that cannot be read."""
    try:
        if path is None:
            return b""
        with path.open("rb") as handle:
            packed = handle.read(_PACKED)
        return _unpacked(packed) if packed[:2] == b"\x1f\x8b" else packed
    except (OSError, zlib.error):
        return b""


def _unpacked(packed: bytes) -> bytes:
    text = b""
    while packed and len(text) < _TEXT:
        member = zlib.decompressobj(_GZIP)
        text += member.decompress(packed, _TEXT - len(text))
        packed = member.unused_data
    return text


def first_records(text: bytes) -> Records:
    """The first well-formed records of the beginning of a FASTQ, at most 120."""
    lines = text.decode("latin-1").split("\n")[: 4 * _RECORDS + 1]
    lines.pop()  # behind the last line feed: nothing, or the half of a line
    if lines and lines[0].endswith("\r"):
        lines = [line.rstrip("\r") for line in lines]
    four = [lines[i::4] for i in range(4)]
    signs = [start[:1] + plus[:1] == "@+" for start, plus, _ in zip(four[0], four[2], four[3], strict=False)]
    count = signs.index(False) if False in signs else len(signs)
    names, mates = [], []
    for title in four[0][:count]:
        name, _, rest = title[1:].partition(" ")
        if name[-2:] in ("/1", "/2"):
            name, mate = name[:-2], name[-1]
        else:
            behind = _MATE_BEHIND.match(rest)
            mate = behind[1] if behind else ""
        names.append(name)
        mates.append(mate)
    return Records(names, mates, four[1][:count], four[3][:count])


def kind_of(text: bytes) -> str:
    """BAM, CRAM or FASTQ by a file's first bytes (unpacked), "" for anything else."""
    known = {b"BAM\x01": "BAM", b"CRAM": "CRAM"}
    return known.get(text[:4], "FASTQ" if text[:1] == b"@" else "")


def check_reads(where: str, files: Mapping[str, Path | None], umi: str, umi_unused: bool) -> None:
    """Compare the files of one row (columns fq1, fq2, bam) with what the row says.

    Raises InputError, beginning with `where`, for files of another kind, the same mates given twice, mates in turns in
    one file, reads that are too long, qualities of an old encoding, and identifiers in read names that the row does not
    mention or that its expression does not find.
    """
    fq1, fq2, bam = (files.get(column) for column in ("fq1", "fq2", "bam"))
    heads = {column: head(path) for column, path in files.items()}
    _check_kinds(where, files, heads)
    if bam is not None or fq1 is None:
        return
    first, second = (first_records(heads.get(column, b"")) for column in ("fq1", "fq2"))
    if fq2:
        _check_mates(where, fq1, fq2, first, second)
    else:
        _check_single(where, fq1, first)
    for column, path, records in (("fq1", fq1, first), ("fq2", fq2, second)):
        _check_records(f"{where}, column {column}: {path}", records)
    _check_umi(where, fq1, first, umi, umi_unused)


def _check_kinds(where: str, files: Mapping[str, Path | None], heads: Mapping[str, bytes]) -> None:
    for column, path in files.items():
        found = kind_of(heads[column])
        if column in ("fq1", "fq2") and found in ("BAM", "CRAM"):
            raise InputError(f"{where}, column {column}: {path} is {found}, not FASTQ; put it in column bam")
        if column == "bam" and found == "FASTQ":
            raise InputError(f"{where}, column bam: {path} is FASTQ; put it in column fq1")


def _check_mates(where: str, fq1: Path, fq2: Path, first: Records, second: Records) -> None:
    same = os.path.samefile(fq1, fq2)
    count = min(len(first), len(second))
    same = same or (
        count >= _FEW and first.names[:count] == second.names[:count] and first.bases[:count] == second.bases[:count]
    )
    if same:
        raise InputError(f"{where}, column fq2: {fq2} holds the same reads as fq1; give the second mates, or nothing")
    numbers = set(first.mates), set(second.mates)
    if numbers[0] == numbers[1] and len(numbers[0]) == 1 and "" not in numbers[0]:
        (mate,) = numbers[0]
        raise InputError(f"{where}, columns fq1 and fq2: both hold mates {mate} by their read names; give both mates")


def _check_single(where: str, path: Path, records: Records) -> None:
    pairs = list(zip(records.names[::2], records.names[1::2], strict=False))
    in_turns = sum(one == other for one, other in pairs)
    if len(pairs) >= _FEW and in_turns >= _NEARLY_ALL * len(pairs):
        raise InputError(
            f"{where}, column fq1: {path} holds both mates in turns; split it into two files for fq1 and fq2"
        )


def _check_records(where: str, records: Records) -> None:
    longest = max(map(len, records.bases), default=0)
    if longest > LONGEST:
        raise InputError(too_long(where, longest))
    codes = "".join(records.qualities).encode("latin-1")
    if len(records) >= _FEW and codes and not codes.translate(None, _ABOVE_58) and 80 <= max(codes) <= 106:
        raise InputError(f"{where} has qualities of the old encoding (Phred+64); convert them to Phred+33")


_ABOVE_58 = bytes(range(59, 256))


def too_long(where: str, longest: int) -> str:
    """What is said about reads above the length that was shown to work."""
    return f"{where} has reads of {longest} bases; reads of up to {LONGEST} bases were shown to work, remove the sample"


def _check_umi(where: str, path: Path, records: Records, umi: str, unused: bool) -> None:
    if len(records) < _FEW or unused:
        return
    if not umi:
        form = next((form for form in _UMI_FORMS if _holds(form, records)), None)
        if form:
            raise InputError(
                f"{where}, column umi: the read names of {path} hold identifiers ('{shown(records.names[0])}') but umi"
                f" is empty; set it to {form}, or to none to leave them unused"
            )
        return
    pattern = compile_umi(umi)
    found = [match.group(1) for name in records.names if (match := pattern.search(name))]
    if not found:
        raise InputError(
            f"{where}, column umi: {umi!r} is in none of the read names of {path} ('{shown(records.names[0])}')"
        )
    if len(found) >= 10 * _FEW and len(set(found)) == 1:
        raise InputError(
            f"{where}, column umi: {umi!r} finds '{shown(found[0])}' in every read name of {path}; put the brackets"
            " round the identifier"
        )


def _holds(form: str, records: Records) -> bool:
    pattern = re.compile(form)
    found, missing = [], 0
    for name in records.names:
        match = pattern.search(name)
        if match:
            found.append(match[1])
            continue
        missing += 1
        if missing > (1 - _NEARLY_ALL) * len(records):
            return False
    return len(set(found)) >= max(_FEW, len(records) // 10)


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
