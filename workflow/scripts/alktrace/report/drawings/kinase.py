"""The drawings of the report page as SVG text. Same input, same bytes; colours are classes of the page's sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from ...model.records import Mutation, ScreenedCodon
from ...model.vocabulary import State
from . import svg

WIDTH = 900
MARGIN = 14
# ---------------------------------------------------------------- kinase domain
_FLOOR = 0.001


def kinase_drawing(
    codons: Sequence[ScreenedCodon], changes: Sequence[Mutation], max_lod: float, published: Sequence[int]
) -> Markup:
    """Called changes as lollipops over the limit of detection of every codon, logarithmic from 0.1% to 100%.

    `codons` are those of one gene in order, `changes` its called changes, `max_lod` the limit above which a codon is
    not assessable, `published` codons with published changes, ticked under the axis.
    """
    if not codons:
        return Markup("")
    height, base, top = 316, 236.0, 66.0
    left, right = 72.0, float(WIDTH - MARGIN)
    first, last = codons[0].codon, codons[-1].codon
    step = (right - left) / (last - first + 1)

    def x_of(codon: int) -> float:
        return left + (codon - first + 0.5) * step

    def y_of(share: float) -> float:
        return base - (base - top) * (math.log10(max(share, _FLOOR) / _FLOOR) / 3)

    shapes: list[Markup] = []
    for share in (0.001, 0.01, 0.1, 1.0):
        shapes.append(svg.line(left, y_of(share), right, y_of(share), class_="grid"))
        shapes.append(svg.text(left - 8, y_of(share) + 4, f"{share:.1%}".replace(".0%", "%"), "end", class_="small"))
    shapes += _limit_bars(codons, x_of, y_of, step, base)
    shapes.append(svg.line(left, y_of(max_lod), right, y_of(max_lod), class_="limit"))
    for codon in range((first // 25 + 1) * 25, last + 1, 25):
        shapes.append(svg.text(x_of(codon), base + 30, str(codon), class_="small"))
    for codon in published:
        if first <= codon <= last:
            x = x_of(codon)
            shapes.append(svg.line(x, base + 38, x, base + 50, svg.title(f"codon {codon}"), class_="tick"))
    shapes.append(svg.text(left - 8, base + 49, "published", "end", class_="small"))
    shapes += _lollipops(changes, x_of, y_of, base)
    shapes.append(svg.text(left, 12, "share of fragments (log scale)", "start", class_="small"))
    shapes.append(
        svg.text((left + right) / 2, height - 6.0, "codon; ticks: codons with published changes", class_="small")
    )
    named = ", ".join(change.short for change in changes) or "no change called"
    return svg.figure(WIDTH, height, f"Kinase domain: {named}, with the limit of detection of each codon", *shapes)


def _limit_bars(
    codons: Sequence[ScreenedCodon],
    x_of: Callable[[int], float],
    y_of: Callable[[float], float],
    step: float,
    base: float,
) -> list[Markup]:
    """A bar up to the limit of detection for each codon, and a mark under each codon that cannot be assessed."""
    shapes = []
    for codon in codons:
        x = x_of(codon.codon) - step / 2
        limit = codon.limit_of_detection_vaf
        blind = codon.state is State.NOT_ASSESSABLE
        words = f"codon {codon.codon}: " + (f"limit {limit:.1%}" if limit is not None else "depth 0, no limit")
        top = y_of(limit if limit is not None else 1.0)
        style = "blind" if blind else "lod"
        shapes.append(svg.rect(x, top, step, base - top, svg.title(words), class_=style))
        if blind:
            shapes.append(svg.rect(x, base + 4, step, 8.0, class_="blind-mark"))
    return shapes


def _lollipops(
    changes: Sequence[Mutation], x_of: Callable[[int], float], y_of: Callable[[float], float], base: float
) -> list[Markup]:
    """Stem, point and name of each change; names climb in steps where they would touch."""
    shapes: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for change in sorted(changes, key=lambda c: (c.codon, c.hgvs_c)):
        x, y = x_of(change.codon), y_of(change.vaf)
        label = f"{change.short} {change.vaf:.1%}"
        half = 3.8 * len(label)
        centre = min(max(x, 72 + half), WIDTH - MARGIN - half)
        label_y = y - 12
        while any(abs(label_y - row) < 15 and abs(centre - other) < 2 * half + 8 for other, row in taken):
            label_y -= 15
        taken.append((centre, label_y))
        shapes.append(svg.line(x, base, x, y, class_="stem"))
        shapes.append(svg.element("circle", svg.title(label), cx=x, cy=y, r=6, class_="pin"))
        shapes.append(svg.text(centre, label_y, label, class_="name"))
    return shapes
