"""Drawing of the depth over the exons of a gene."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from ...model.records import CoverageBin
from . import svg
from .kinase import MARGIN, WIDTH


# ---------------------------------------------------------------- coverage of ALK
def coverage_drawing(bins: Sequence[CoverageBin], breaks: Sequence[int], gene: str = "ALK") -> Markup:
    """Mean unique-fragment depth of each exon as bars; a dashed line before each exon number of `breaks`."""
    height, base, top = 230, 186.0, 20.0
    left, right = 58.0, float(WIDTH - MARGIN)
    peak = max((b.depth for b in bins), default=0.0)
    ceiling = _nice(peak)
    step = (right - left) / max(len(bins), 1)
    split = min(breaks, default=0)
    shapes = [svg.text(left - 8, base + 4, "0", "end", class_="small")]
    shapes.append(svg.text(left - 8, top + 8, f"{ceiling:,g}", "end", class_="small"))
    shapes += [svg.line(left, y, right, y, class_="grid") for y in (top, (top + base) / 2)]
    for index, item in enumerate(bins):
        x = left + index * step
        tall = (base - top) * min(item.depth / ceiling, 1.0)
        kind = "three" if split and item.exon >= split else "five"
        words = f"exon {item.exon}: {item.depth:.1f} fragments"
        shapes.append(svg.rect(x + 2, base - tall, step - 4, tall, svg.title(words), class_=f"exon {kind}"))
        shapes.append(svg.text(x + step / 2, base + 16, str(item.exon), class_="small"))
        if item.exon in breaks:
            shapes.append(svg.line(x, top - 12, x, base + 4, class_="break"))
    shapes.append(svg.line(left, base, right, base, class_="axis"))
    shapes.append(svg.text((left + right) / 2, base + 36, f"{gene} exon", class_="small"))
    shapes.append(svg.text(left, 12, "mean unique fragments", "start", class_="small"))
    words = f"Depth of the exons of {gene}" + (f", break before exon {split}" if split else "")
    return svg.figure(WIDTH, height, words, *shapes)


def _nice(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten at or above `value`, at least 1."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)
