"""Stretches of a BED file: baits or primers of a panel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..runtime.errors import InputError


@dataclass(frozen=True)
class Stretch:
    """One line, 1-based and inclusive; `columns` are those behind the third."""

    contig: str
    start: int
    end: int
    columns: tuple[str, ...]

    @property
    def is_primer(self) -> bool:
        return any("primer" in column.lower() for column in self.columns)


@dataclass(frozen=True)
class Stretches:
    """The lines of a BED file by contig."""

    by_contig: dict[str, list[Stretch]]

    @classmethod
    def read(cls, path: Path) -> Stretches:
        """Read a BED file. Raises InputError naming the line that is not BED."""
        found: dict[str, list[Stretch]] = {}
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read as BED ({error}); correct column targets of the sheet") from error
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            columns = line.split("\t")
            whole = len(columns) >= 3 and columns[1].isdigit() and columns[2].isdigit()
            if not whole or int(columns[1]) >= int(columns[2]):
                raise InputError(
                    f"{path}: line {number}: a BED line is contig, start, end (start below end), tab-separated"
                )
            stretch = Stretch(columns[0], int(columns[1]) + 1, int(columns[2]), tuple(columns[3:]))
            found.setdefault(columns[0], []).append(stretch)
        return cls(found)

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
