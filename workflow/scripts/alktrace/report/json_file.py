"""report.json: checked against its schema before it is written.

`python -m alktrace.report_json FILE...` checks files and exits 1 with one line for the first that does not fit.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from ..model.records import Report
from ..runtime.errors import InputError
from ..runtime.paths import SCHEMAS
from ..runtime.serialise import to_plain, write_json

SCHEMA = SCHEMAS / "report.schema.json"


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check(plain: Any, name: str) -> None:
    """Raise InputError with the first place where `plain` does not fit the schema; `name` is the file it belongs to."""
    error = jsonschema.exceptions.best_match(_validator().iter_errors(plain))
    if error is not None:
        where = "/".join(map(str, error.absolute_path)) or "top level"
        raise InputError(f"{name}: {where}: {error.message[:200]}; the report does not fit {SCHEMA.name}")


def write_report(report: Report, path: Path) -> None:
    """Check the report against the schema, then write it whole. Raises InputError when it does not fit."""
    check(to_plain(report), path.name)
    write_json(report, path)


def main(paths: list[str]) -> int:
    """Check report files; print the first problem to stderr."""
    try:
        for path in paths:
            check(json.loads(Path(path).read_text(encoding="utf-8")), path)
    except (InputError, OSError, json.JSONDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
