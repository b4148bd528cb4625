"""Read a table of resources/knowledge."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ..runtime.errors import InputError

Row = dict[str, str]


def read_table(path: Path, columns: Sequence[str]) -> list[Row]:
    """Rows of a tab-separated table in file order, all cells as text.

    Raises InputError when the file is missing, is not a table, or lacks one of `columns`.
    """
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            lines = list(csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; restore it from the project's resources/knowledge") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a tab-separated UTF-8 table ({error}); restore it") from error
    header = lines[0] if lines else []
    missing = [c for c in columns if c not in header]
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; the table needs {', '.join(columns)}")
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            raise InputError(f"{path}: row {number} has {len(cells)} cells, the header {len(header)}; correct it")
        rows.append(dict(zip(header, cells, strict=True)))
    return rows
