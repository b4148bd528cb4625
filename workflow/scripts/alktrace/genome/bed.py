"""Stretches of a BED file: baits or primers of a panel. Every row says what it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..runtime.errors import InputError
from .contigs import alternates

PRIMER = "primer"
ROLES = (PRIMER, "bait", "probe", "target")
_WHOLE = re.compile(r"[0-9]{1,12}")
_MOST = 64_000_000  # bytes; a million rows


@dataclass(frozen=True)
class Stretch:
    """Line `line` of the file, 1-based and inclusive. `role` is one of `ROLES`; all but the first mean the same."""

    line: int
    contig: str
    start: int
    end: int
    role: str


@dataclass(frozen=True)
class Stretches:
    """The lines of a BED file by contig, in file order."""

    path: Path
    by_contig: dict[str, list[Stretch]]

    @classmethod
    def read(cls, path: Path) -> Stretches:
        """Read a BED file. A role is the word of `ROLES` in a column behind the third; a row of three columns is a
        target. Raises InputError naming the line that is not BED or has no role."""
        found: dict[str, list[Stretch]] = {}
        for number, line in enumerate(_lines(path), 1):
            if line.strip() and not line.startswith(("#", "track", "browser")):
                stretch = _stretch(path, number, line)
                found.setdefault(stretch.contig, []).append(stretch)
        return cls(path, found)

    @property
    def all(self) -> list[Stretch]:
        """In file order."""
        return sorted((s for stretches in self.by_contig.values() for s in stretches), key=lambda s: s.line)

    def check_contigs(self, contigs: Collection[str], lengths: dict[str, int] | None = None) -> None:
        """Raises InputError for the first row on none of the reference's contigs or, with their `lengths`, beyond its
        end. Rows on alternative sequences, which no genome here has, are passed over."""
        left_out = alternates([*contigs, *self.by_contig])
        for s in self.all:
            if s.contig not in contigs and s.contig not in left_out:
                known = f"{', '.join(list(contigs)[:3])} ..."
                raise InputError(
                    f"{self.path}: line {s.line}: contig {s.contig} is not in the reference ({known}); use its names"
                )
            if lengths and s.end > lengths.get(s.contig, s.end):
                raise InputError(
                    f"{self.path}: line {s.line}: ends at {s.end}, {s.contig} has {lengths[s.contig]} bases; correct"
                    " the row"
                )

    def mask(self, contig: str, start: int, end: int) -> NDArray[np.bool_]:
        """Which of the positions start..end lie in a stretch."""
        found = np.zeros(end - start + 1, dtype=bool)
        for stretch in self.by_contig.get(contig, ()):
            low, high = max(stretch.start, start), min(stretch.end, end)
            if low <= high:
                found[low - start : high - start + 1] = True
        return found

    def share(self, contig: str, start: int, end: int) -> float:
        """Share of the positions start..end that lie in a stretch."""
        return float(self.mask(contig, start, end).mean())


def _lines(path: Path) -> Iterable[str]:
    try:
        if path.stat().st_size > _MOST:
            raise InputError(f"{path}: is larger than {_MOST // 1_000_000} MB; column targets of the sheet takes a BED")
        return re.split(r"\r\n|\r|\n", path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as BED ({error}); correct column targets of the sheet") from error


def _stretch(path: Path, number: int, line: str) -> Stretch:
    columns = line.split("\t")
    whole = len(columns) >= 3 and _WHOLE.fullmatch(columns[1]) and _WHOLE.fullmatch(columns[2])
    if not whole or int(columns[1]) >= int(columns[2]):
        raise InputError(f"{path}: line {number}: a BED line is contig, start, end (start below end), tab-separated")
    words = " ".join(columns[3:]).lower()
    role = next((role for role in ROLES if role in words), None) if words.strip() else "target"
    if role is None:
        raise InputError(
            f"{path}: line {number}: {' '.join(columns[3:])[:80]!r} says no role; write primer or bait in column 4"
        )
    return Stretch(number, columns[0], int(columns[1]) + 1, int(columns[2]), role)
