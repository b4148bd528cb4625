"""The BED of baits or primers: every row says what it is."""

from __future__ import annotations

import re
from pathlib import Path

from ..runtime.errors import InputError

_WHOLE = re.compile(r"[0-9]{1,12}")
ROLES = ("primer", "bait", "probe", "target")


def read_intervals(bed: Path) -> list[tuple[int, str, int, int, str]]:
    """Rows as (line, contig, start, end, role), 0-based half-open. The role is the word of `ROLES` in a column behind
    the third ("bait", "probe" and "target" mean the same); a row of three columns is a target.

    Raises InputError naming the line that is not BED or has no role.
    """
    try:
        lines = bed.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{bed}: cannot be read as BED ({error}); correct column targets of the sheet") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        columns = line.split("\t")
        whole = len(columns) >= 3 and _WHOLE.fullmatch(columns[1]) and _WHOLE.fullmatch(columns[2])
        if not whole or int(columns[1]) >= int(columns[2]):
            raise InputError(f"{bed}: line {number}: a BED line is contig, start, end (start below end), tab-separated")
        words = " ".join(columns[3:]).lower()
        role = next((role for role in ROLES if role in words), None) if words.strip() else "target"
        if role is None:
            raise InputError(
                f"{bed}: line {number}: '{' '.join(columns[3:])[:80]}' says no role; write primer or bait in column 4"
            )
        rows.append((number, columns[0], int(columns[1]), int(columns[2]), role))
    return rows


def check_intervals(where: str, bed: Path, library: str) -> None:
    """Raises InputError for a malformed BED, and for one without primers of an amplicon library."""
    rows = read_intervals(bed)
    if library == "amplicon" and not any(role == "primer" for *_, role in rows):
        raise InputError(
            f"{where}, column targets: {bed} has no row with role primer, but the library is amplicon; name the"
            " primers in column 4, or leave targets empty"
        )


def check_contigs(bed: Path, lengths: dict[str, int]) -> None:
    """Raises InputError for the first row that lies on no contig of the reference or beyond its end."""
    for number, contig, _, end, _ in read_intervals(bed):
        if contig not in lengths:
            known = ", ".join(list(lengths)[:3])
            raise InputError(
                f"{bed}: line {number}: contig {contig} is not in the reference ({known} ...); use its names"
            )
        if end > lengths[contig]:
            raise InputError(
                f"{bed}: line {number}: ends at {end}, {contig} has {lengths[contig]} bases; correct the row"
            )
