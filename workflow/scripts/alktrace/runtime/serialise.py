"""Stage records to and from JSON files: deterministic bytes, written whole or not at all."""

from __future__ import annotations

import gc
import json
import os
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import InputError

T = TypeVar("T")
# A JSON name that is a Python keyword; inside a text its quotes would be escaped. The check stands last for speed.
_KEYWORD = re.compile(rb'"with":(?<!\\"with":)')


def to_plain(value: Any) -> Any:
    """Nested dataclasses, lists and dicts as plain JSON values. A field's metadata "json" renames it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.metadata.get("json", f.name): to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(v) for v in value]
    return value


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` through a temporary neighbour, so that no half-written file is left as a result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    os.replace(partial, path)


def write_json(value: Any, path: Path) -> None:
    """Write a record as indented JSON. Non-finite numbers raise ValueError: a report may not hold NaN."""
    write_text(path, json.dumps(to_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, kind: type[T]) -> T:
    """Read a record of dataclass `kind`. Raises InputError when the file is not such a record."""
    import msgspec  # not at the top: the recruiter writes only, and its start counts

    collects = gc.isenabled()
    gc.disable()  # records hold no cycles, and looking for some takes half of the time
    try:
        return msgspec.json.decode(_KEYWORD.sub(b'"with_":', path.read_bytes()), type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a {kind.__name__} record ({error}); delete it and run again") from error
    finally:
        if collects:
            gc.enable()
