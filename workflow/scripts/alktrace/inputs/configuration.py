"""The configuration and its schema: checked once, at the start, with one clear line for what is wrong."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from ..runtime.errors import InputError


def load_schema(path: Path) -> dict[str, Any]:
    """A JSON Schema written as YAML."""
    schema: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return schema


def complete(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with every key of the schema: missing ones get their defaults.

    Raises InputError that names the first wrong key.
    """
    full = _with_defaults(dict(config), schema)
    _check_finite(full, "")
    errors = sorted(Draft202012Validator(schema).iter_errors(full), key=lambda e: [str(p) for p in e.absolute_path])
    if errors:
        raise InputError(f"configuration: {_say(errors[0])}; see config/README.md")
    if full.get("recruit") is False and full["aligner"] == "minimap2" and full["reference"]["index"] == "none":
        raise InputError("configuration: recruit off aligns every read and needs reference.index whole or split")
    _check_reference(full["reference"])
    return full


def _check_finite(value: Any, where: str) -> None:
    """No number of JSON Schema is compared with NaN, so NaN would pass every limit."""
    if isinstance(value, dict):
        for key, part in value.items():
            _check_finite(part, f"{where}.{key}" if where else str(key))
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"configuration: key {where}: {value} is not a number; see config/README.md")


def _check_reference(reference: Mapping[str, Any]) -> None:
    """Files of one's own, or a published build: either, not both, and whole."""
    pairs = (("build", "release"), ("fasta", "gtf"))
    given = [pair for pair in pairs if any(key in reference for key in pair)] or [pairs[1]]
    if len(given) > 1:
        raise InputError("configuration: key reference: give build and release, or fasta and gtf, not both")
    missing = [key for key in given[0] if key not in reference]
    if missing:
        raise InputError(f"configuration: key reference.{missing[0]} is missing; see config/README.md")


def _with_defaults(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    full = dict(value)
    for key, part in schema.get("properties", {}).items():
        if key not in full and "default" in part:
            full[key] = copy.deepcopy(part["default"])
        if isinstance(full.get(key), dict):
            full[key] = _with_defaults(full[key], part)
    return full


def _say(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "additionalProperties":
        known = schema["properties"]
        unknown = ", ".join(sorted(str(key) for key in value if key not in known))
        return f"unknown key {where + '.' if where else ''}{unknown}; known are {', '.join(known)}"
    if error.validator == "required":
        required: Any = error.validator_value
        missing = next(key for key in required if key not in value)
        return f"key {where + '.' if where else ''}{missing} is missing"
    reason = error.message.splitlines()[0]
    return f"key {where}: {reason}" if where else reason


def find_file(where: str, text: str, folders: Iterable[Path]) -> Path:
    """The file that `text` names: absolute, or below the first of `folders` that holds it.

    Raises InputError, beginning with `where`, when there is none or when Snakemake would read its path as a pattern.
    """
    try:
        path = next((path for folder in folders if (path := folder / text).is_file()), None)
    except (OSError, ValueError) as error:  # a name that is too long, or no name at all
        raise InputError(f"{where}: cannot be a path: {text[:80]!r} ({error.__class__.__name__}); correct it") from None
    if path is None:
        raise InputError(f"{where}: no such file: {text}; correct the path")
    if "{" in str(path) or "}" in str(path):
        raise InputError(f"{where}: Snakemake cannot read a path with curly brackets: {path}; rename it")
    return path
