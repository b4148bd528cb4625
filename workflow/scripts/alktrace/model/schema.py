"""The JSON Schemas of report.json and combined.json, made from the records.

`python -m alktrace.model.schema` prints what workflow/schemas/report.schema.json holds, with `combined` behind it what
combined.schema.json holds.
"""

from __future__ import annotations

import json
import sys

import msgspec

from .combined import CombinedReport
from .records import Report


def report_schema() -> str:
    """Text of report.schema.json (JSON Schema 2020-12)."""
    return _schema(Report, "alktrace report")


def combined_schema() -> str:
    """Text of combined.schema.json."""
    return _schema(CombinedReport, "alktrace: RNA and DNA of one patient")


def _schema(record: type, title: str) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return json.dumps({**head, **msgspec.json.schema(record)}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(combined_schema() if "combined" in sys.argv[1:] else report_schema())
