"""The environment of all page templates."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

import jinja2
from markupsafe import Markup

from ..model.words import day, per_thousand, share
from ..runtime.paths import TEMPLATES
from .tsv import place


@cache
def environment() -> jinja2.Environment:
    """Templates of workflow/report/html: everything is escaped, a misspelt name is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        share=share,
        day=day,
        place=place,
        words=words,
        value=plain_value,
        counted=counted,
        chance=chance,
        breakable=breakable,
        one_in=one_in,
        per_thousand=per_thousand,
    )
    return made


def style() -> Markup:
    """The style sheets, to stand inside the page. What the page says of drawings wins over the drawings' own rules."""
    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("drawings.css", "style.css")))


def words(name: object) -> str:
    """A name of the record as words: "in_frame" is "in frame"."""
    return str(name).replace("_", " ")


def plain_value(value: object) -> str:
    """A number of the record for reading: unknown for None, thousands separated, small shares kept."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def counted(value: int | None) -> str:
    """A number of fragments; None where this test does not count any."""
    return "not counted" if value is None else f"{value:,}"


def one_in(limit: float) -> str:
    """A limit of fusions: 0.003128 is "1 in 320"."""
    return f"1 in {round(1 / limit):,}"


def chance(p_value: float) -> str:
    """A p-value after "p"; 0 is one that is too small for a floating-point number."""
    return f"= {p_value:.3g}" if p_value else "< 1e-300"


def breakable(text: str) -> list[str]:
    """A long name or sequence in pieces of ten characters, between which the page may break the line."""
    return [text[i : i + 10] for i in range(0, len(text), 10)]


def script_digest(script: str) -> str:
    """The digest by which the page's policy lets just this script run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
