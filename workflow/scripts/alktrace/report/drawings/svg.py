"""The few SVG elements the figures need; every text and attribute value is escaped."""

from __future__ import annotations

from markupsafe import Markup, escape


def element(tag: str, *children: str | Markup, **attributes: object) -> Markup:
    """One element. `_` in attribute names becomes `-`, a trailing `_` is dropped (`class_`); None is left out."""
    pairs = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(number(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    content = "".join(escape(child) for child in children)
    return Markup(f"<{tag}{pairs}>{content}</{tag}>")


def number(value: object) -> str:
    """Coordinates with at most one decimal, everything else as text."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def rect(x: float, y: float, width: float, height: float, *children: Markup, **attributes: object) -> Markup:
    return element("rect", *children, x=x, y=y, width=width, height=height, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, *children: Markup, **attributes: object) -> Markup:
    return element("line", *children, x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def text(x: float, y: float, label: str, anchor: str = "middle", **attributes: object) -> Markup:
    return element("text", label, x=x, y=y, text_anchor=anchor, **attributes)


def title(label: str) -> Markup:
    """Tooltip and accessible name of the element it stands in."""
    return element("title", label)


def figure(width: int, height: int, name: str, *children: Markup) -> Markup:
    """A whole drawing; `name` says in words what it shows."""
    return element(
        "svg",
        title(name),
        *children,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=name,
        class_="figure",
    )
