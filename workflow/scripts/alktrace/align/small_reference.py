"""The sample's own reference: a few stretches of the genome, laid out so that a place is lifted by adding a number.

Stretches of one contig that an intron could join make one sequence, with N between them at their true distance; the
others stand alone. Sequences follow the genome's order, so what is sorted here is sorted there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..genome.twobit import TwoBit
from .loci import ROOM, merged
from .words import Interval

_DISTANCES = (250_000, 20_000, 0)  # bases between stretches of one sequence: as many as fit in ROOM bases of N


@dataclass(frozen=True)
class SmallReference:
    """Sequences named by their number; each is a group of stretches of one contig (0-based half-open), left to
    right."""

    sequences: list[list[Interval]]
    genome: dict[str, int]  # contigs and lengths in the genome's order

    @classmethod
    def of(cls, stretches: Iterable[Interval], genome: TwoBit) -> SmallReference:
        """Lay out stretches, cut at the contigs' ends."""
        lengths = genome.lengths
        order = {name: number for number, name in enumerate(lengths)}
        inside = [(contig, max(start, 0), min(end, lengths[contig])) for contig, start, end in stretches]
        for distance in _DISTANCES:
            groups = merged(inside, order.__getitem__, distance)
            if sum(_filler(group) for group in groups) <= ROOM:
                break
        return cls(groups, lengths)

    def write_fasta(self, genome: TwoBit, path: Path) -> None:
        """One line a sequence; without any stretch one of N, which an aligner needs."""
        with path.open("w", encoding="ascii") as out:
            for number, group in enumerate(self.sequences):
                out.write(f">{number}\n")
                at = group[0][1]
                for contig, start, end in group:
                    out.write("N" * (start - at) + genome.fetch(contig, start, end))
                    at = end
                out.write("\n")
            if not self.sequences:
                out.write(">0\n" + "N" * 100 + "\n")

    def write_junctions(self, introns: Path, path: Path) -> None:
        """The annotated introns (BED12, sorted by contig) that lie within a sequence, in its coordinates."""
        places: dict[str, tuple[list[int], list[tuple[int, int, int]]]] = {}
        for number, group in enumerate(self.sequences):
            starts, spans = places.setdefault(group[0][0], ([], []))
            starts.append(group[0][1])
            spans.append((group[0][1], group[-1][2], number))
        with introns.open(encoding="utf-8") as source, path.open("w", encoding="utf-8") as out:
            for line in source:
                contig, start, end, rest = line.split("\t", 3)
                if contig not in places:
                    continue
                starts, spans = places[contig]
                at = bisect_right(starts, int(start)) - 1
                if at < 0 or int(end) > spans[at][1]:
                    continue
                origin, _, number = spans[at]
                columns = rest.split("\t")
                columns[3], columns[4] = str(int(start) - origin), str(int(end) - origin)
                out.write("\t".join((str(number), columns[3], columns[4], *columns)))

    def lift(self, sam: Path, out: Path) -> None:
        """Rewrite the SAM of an alignment to this reference as one of the genome, without header lines of contigs and
        programs other than these."""
        places = {
            str(number).encode(): (group[0][0].encode("utf-8", "surrogateescape"), group[0][1])
            for number, group in enumerate(self.sequences)
        }
        with sam.open("rb") as source, out.open("wb") as target:
            for name, length in self.genome.items():
                target.write(f"@SQ\tSN:{name}\tLN:{length}\n".encode("utf-8", "surrogateescape"))
            for line in source:
                if line.startswith(b"@"):
                    if not line.startswith((b"@SQ", b"@HD")):
                        target.write(line)
                    continue
                columns = line.split(b"\t", 8)
                if columns[2] == b"*":
                    target.write(line)
                    continue
                columns[2], origin = places[columns[2]]
                columns[3] = b"%d" % (int(columns[3]) + origin)
                if columns[6] == b"=":
                    columns[7] = b"%d" % (int(columns[7]) + origin)
                elif columns[6] != b"*":
                    columns[6], origin = places[columns[6]]
                    columns[7] = b"%d" % (int(columns[7]) + origin)
                    if columns[6] == columns[2]:
                        columns[6] = b"="
                if b"\tSA:Z:" in columns[8]:
                    columns[8] = _SUPPLEMENTARY.sub(lambda found: self._lifted(found[0], places), columns[8])
                target.write(b"\t".join(columns))

    @staticmethod
    def _lifted(tag: bytes, places: Mapping[bytes, tuple[bytes, int]]) -> bytes:
        """An SA tag (sequence, 1-based place and the rest of each other alignment) in the genome's coordinates."""
        parts = []
        for other in tag[6:].split(b";")[:-1]:
            number, place, rest = other.split(b",", 2)
            contig, origin = places[number]
            parts.append(b"%b,%d,%b;" % (contig, int(place) + origin, rest))
        return b"\tSA:Z:" + b"".join(parts)


_SUPPLEMENTARY = re.compile(rb"\tSA:Z:[^\t\n]*")


def _filler(group: list[Interval]) -> int:
    """Bases of N between the stretches of a group."""
    return group[-1][2] - group[0][1] - sum(end - start for _, start, end in group)
