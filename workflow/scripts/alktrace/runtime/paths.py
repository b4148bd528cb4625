"""Where the files lie that the library reads beside its code: in the package as installed, else in the checkout."""

from __future__ import annotations

from pathlib import Path

_DATA = Path(__file__).resolve().parents[1] / "data"  # pyproject.toml puts them there
_CHECKOUT = Path(__file__).resolve().parents[4]
_INSTALLED = _DATA.is_dir()
TEMPLATES = _DATA / "templates" if _INSTALLED else _CHECKOUT / "workflow" / "report" / "html"
SCHEMAS = _DATA / "schemas" if _INSTALLED else _CHECKOUT / "workflow" / "schemas"
RESOURCES = _DATA / "resources" if _INSTALLED else _CHECKOUT / "resources"
KNOWLEDGE = RESOURCES / "knowledge"
SNAKEFILE = _CHECKOUT / "Snakefile"  # a checkout has it, an installed package not
