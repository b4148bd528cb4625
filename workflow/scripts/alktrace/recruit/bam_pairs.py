"""Reads grouped by name become FASTQ: mates brought together, and what cannot be used counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pysam
from isal import igzip

_OTHERS = 0x100 | 0x800  # secondary and supplementary alignments
_ASSUMED = "?"  # quality of reads that carry none
_LEVEL = 1


@dataclass
class Tally:
    """What a file held: pairs, reads that are none of a pair, of these those that had a mate that is not there, names
    that more than one pair or read bore, and reads without bases."""

    pairs: int = 0
    single: int = 0
    lost_mates: int = 0
    repeated_names: int = 0
    empty: int = 0


def write_fastq(grouped: pysam.AlignmentFile, folder: Path) -> tuple[Tally, Path, Path, Path]:
    """Write first mates, second mates and all other reads of a file grouped by name below `folder`.

    Where several pairs or reads bear one name (lanes or runs put together), mates are those that name each other's
    place or read group, and every name behind the first gets a number in front. A read without bases is left out.
    """
    tally = Tally()
    paths = tuple(folder / f"{name}.fq.gz" for name in ("first", "second", "single"))
    files = [igzip.open(path, "wb", compresslevel=_LEVEL) for path in paths]
    first, second, single = files
    records = (record for record in grouped.fetch(until_eof=True) if not record.flag & _OTHERS)
    for name, group in groupby(records, key=lambda record: str(record.query_name)):
        number = 0
        for number, reads in enumerate(_fragments(list(group), tally), 1):
            shown = name if number == 1 else f"n{number}_{name}"
            if len(reads) == 2:
                tally.pairs += 1
                first.write(_fastq(shown, reads[0]))
                second.write(_fastq(shown, reads[1]))
            else:
                tally.single += 1
                single.write(_fastq(shown, reads[0]))
        tally.repeated_names += number > 1
    for file in files:
        file.close()
    return tally, paths[0], paths[1], paths[2]


def _fragments(records: list[pysam.AlignedSegment], tally: Tally) -> Iterator[tuple[pysam.AlignedSegment, ...]]:
    """Pairs (first mate, second mate) and single reads of one name."""
    whole = [record for record in records if record.query_length or record.infer_read_length()]
    whole = [record for record in whole if record.query_sequence]
    tally.empty += len(records) - len(whole)
    firsts = [record for record in whole if record.is_paired and record.is_read1 and not record.is_read2]
    seconds = [record for record in whole if record.is_paired and record.is_read2 and not record.is_read1]
    for first in firsts:
        second = _mate(first, seconds)
        if second is None:
            tally.lost_mates += 1
            yield (first,)
        else:
            seconds.remove(second)
            yield first, second
    tally.lost_mates += len(seconds)
    yield from ((second,) for second in seconds)
    yield from ((record,) for record in whole if not record.is_paired or record.is_read1 == record.is_read2)


def _mate(first: pysam.AlignedSegment, seconds: list[pysam.AlignedSegment]) -> pysam.AlignedSegment | None:
    """The best fitting mate: same read group, then those that name each other's place; ties go to file order."""

    def fit(second: pysam.AlignedSegment) -> tuple[bool, int]:
        same = _group(first) == _group(second)
        places = ((first, second), (second, first))
        return same, sum(
            (a.next_reference_id, a.next_reference_start) == (b.reference_id, b.reference_start) for a, b in places
        )

    return max(seconds, key=fit, default=None)


def _group(record: pysam.AlignedSegment) -> str:
    return str(record.get_tag("RG")) if record.has_tag("RG") else ""


def _fastq(name: str, record: pysam.AlignedSegment) -> bytes:
    bases = record.get_forward_sequence() or ""
    qualities = record.query_qualities_str
    if qualities is None:
        qualities = _ASSUMED * len(bases)
    elif record.is_reverse:
        qualities = qualities[::-1]
    return f"@{name}\n{bases}\n+\n{qualities}\n".encode()


def first_mates(paths: Iterable[Path], out: Path) -> Path:
    """One gzip FASTQ of several, one behind the other."""
    with out.open("wb") as joined:
        for path in paths:
            joined.write(path.read_bytes())
    return out
