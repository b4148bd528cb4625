"""Hostile text made harmless for tab-separated files and VCF, by percent-encoding."""

from __future__ import annotations

import re

_FORMULA = "=+-@"
_HEX = re.compile("[0-9A-Fa-f]{2}")


def percent(text: str, unsafe: str) -> str:
    """`text` with control characters and the characters of `unsafe` written as %XX of their UTF-8 bytes.

    A `%` is encoded only where two hexadecimal digits follow, so "15%" stays readable and decoding gives `text` back.
    """
    return "".join(
        "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass"))
        if c in unsafe or not c.isprintable() or (c == "%" and _HEX.match(text, i + 1))
        else c
        for i, c in enumerate(text)
    )


def cell(value: object) -> str:
    """One cell of a tab-separated file: None is empty, floats have 6 significant digits, text cannot break the row.

    A text that a spreadsheet would take for a formula has its first character encoded too.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    if isinstance(value, str) and len(text) > 1 and text[0] in _FORMULA:
        return f"%{ord(text[0]):02X}" + percent(text[1:], "")
    return percent(text, "")


def info(text: str) -> str:
    """A text of a VCF INFO field: no white space, `;`, `=`, `,` or quotes."""
    return percent(text, ' ;=,"%')


def contig(name: str) -> str:
    """A contig name that VCF 4.3 allows, unchanged where it already is."""
    safe = percent(name, "\\,\"`'()[]{}<> ")
    return f"%{ord(safe[0]):02X}{safe[1:]}" if safe[:1] in ("*", "=") else safe
