"""Tables of resources/: one typed record a row, and one way to read them.

A table is tab-separated UTF-8 with a header. Its columns are the fields of a dataclass; a field may be `str`, `int`,
`float` or a `Literal` of the words that are allowed. Every error names file, row and column.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from ..runtime.errors import InputError

Verified = Literal["page", "recalled"]  # page: the row's claim was read at its source; recalled: from memory
T = TypeVar("T")
_WHOLE = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[0-9]{1,18}([.][0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")


def fault(path: Path, row: int, column: str, message: str) -> NoReturn:
    """Raise InputError about one cell; the header is row 1."""
    raise InputError(f"{path}: row {row}, column {column}: {message}")


def read_rows(path: Path, kind: type[T]) -> tuple[T, ...]:
    """Rows of a table in file order. `kind` is a dataclass whose fields are the columns, in any order.

    Raises InputError when the file is missing, is no table, lacks a column, has one that `kind` does not know, or holds
    a cell that does not fit its field.
    """
    types = _types(kind)
    return tuple(
        kind(**{name: _cell(path, number, name, record[name], types[name]) for name in types})
        for number, record in _records(path, tuple(types), exact=True)
    )


def _types(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a table as text, for tables that have a reader of their own. `columns` are those that it must have."""
    return [record for _, record in _records(path, columns, exact=False)]


def _records(path: Path, columns: Sequence[str], exact: bool) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = list(csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; restore it from the project's resources") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a tab-separated UTF-8 table ({error}); restore it") from error
    header = lines[0] if lines else []
    for column in columns:
        if header.count(column) != 1:
            how = "is missing" if column not in header else "stands twice"
            raise InputError(f"{path}: column {column} {how}; the table needs {', '.join(columns)}")
    unread = [column for column in header if column not in columns]
    if unread and exact:
        raise InputError(f"{path}: column '{unread[0]}' is not read; the table needs {', '.join(columns)}")
    for number, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            raise InputError(f"{path}: row {number} has {len(cells)} cells, the header {len(header)}; correct it")
        yield number, dict(zip(header, cells, strict=True))


def _cell(path: Path, row: int, column: str, text: str, expected: Any) -> Any:
    if get_origin(expected) is Literal:
        words = get_args(expected)
        if text not in words:
            known = ", ".join(word or "empty" for word in words)
            fault(path, row, column, f"'{text}' is none of {known}")
        return text
    if expected is int:
        if not _WHOLE.fullmatch(text):
            fault(path, row, column, f"'{text}' is not a whole number")
        return int(text)
    if expected is float:
        if not _NUMBER.fullmatch(text):
            fault(path, row, column, f"'{text}' is not a number; write it as 0.5 or 120")
        return float(text)
    return text


def check_sources(path: Path, rows: Iterable[Any]) -> None:
    """Raise InputError for the first row with an empty `reference`."""
    for number, row in enumerate(rows, 2):
        if not row.reference.strip():
            fault(path, number, "reference", "empty; give the PMID, PMC or DOI of the source")


def check_unique(path: Path, column: str, rows: Iterable[Any]) -> None:
    """Raise InputError when two rows share the key of `column`."""
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        key = getattr(row, column)
        if key in seen:
            fault(path, number, column, f"'{key}' stands in row {seen[key]} too; keep one")
        seen[key] = number
