"""Tables of knowledge with the rows that a test needs, written in full."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints


def write_rows(path: Path, kind: type[Any], *rows: dict[str, Any]) -> Path:
    """Write `rows` with the columns of `kind`. What a row does not name holds 0, the first word of a closed list, a
    made-up source, or nothing."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    lines = ["\t".join(names)]
    for row in rows:
        assert row.keys() <= set(names), row
        lines.append("\t".join(str(row.get(name, _usual(name, hints[name]))) for name in names))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _usual(name: str, kind: Any) -> str:
    if name == "reference":
        return "PMID:1"
    if get_origin(kind) is Literal:
        return str(get_args(kind)[0])
    return "0" if kind in (int, float) else ""
