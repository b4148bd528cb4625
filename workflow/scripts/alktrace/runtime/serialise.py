"""Stage records to and from JSON files: deterministic bytes, checked, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .errors import InputError
from .files import write_text

T = TypeVar("T")


def write_json(value: Any, path: Path) -> None:
    """Write a record as indented JSON.

    Raises ValueError (msgspec.ValidationError) when the record does not fit its own type, and for numbers that are not
    finite: a report may not hold NaN.
    """
    plain = msgspec.to_builtins(value, str_keys=True)
    if isinstance(value, msgspec.Struct):
        msgspec.convert(plain, type(value), str_keys=True)
    write_text(path, json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, kind: type[T]) -> T:
    """Read a record of type `kind`. Raises InputError when the file is not such a record."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a {kind.__name__} record ({error}); delete it and run again") from error
