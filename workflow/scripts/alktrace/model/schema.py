"""The JSON Schema of report.json, made from the records.

`python -m alktrace.model.schema` prints what workflow/schemas/report.schema.json holds.
"""

from __future__ import annotations

import json
import sys

import msgspec

from .records import Report


def report_schema() -> str:
    """Text of report.schema.json (JSON Schema 2020-12)."""
    schema = msgspec.json.schema(Report)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "alktrace report"}
    return json.dumps({**head, **schema}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(report_schema())
