"""Where the files lie that the library reads beside its code."""

from __future__ import annotations

from pathlib import Path

_WORKFLOW = Path(__file__).resolve().parents[3]
TEMPLATES = _WORKFLOW / "report" / "html"
SCHEMAS = _WORKFLOW / "schemas"
RESOURCES = _WORKFLOW.parent / "resources"
KNOWLEDGE = RESOURCES / "knowledge"
