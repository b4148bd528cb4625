"""Drawing of one patient's changes over the samples of one assay, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from ..model.vocabulary import State
from ..model.words import per_thousand, share
from ..report.drawings import svg
from .compare import Course, Sighting

WIDTH, HEIGHT = 900, 330
LEFT, RIGHT, TOP, BASE = 76.0, 700.0, 34.0, 270.0
STYLES = 6  # classes line-0 to line-5 of the style sheet, with a marker of their own each


def timeline_drawing(courses: Sequence[Course], samples: Sequence[tuple[str, str]], unit: str) -> Markup:
    """Values with 95% intervals on a logarithmic scale, one column a sample (name, time point), one line a change.

    A change that was not detected is an open triangle at its limit of detection; where it was not assessable there is
    no mark and the line is broken. `unit` is the name of the scale.
    """
    values = [v for c in courses for s in c.sightings for v in (s.low, s.value, s.high, s.limit) if v]
    if not values:
        return Markup("")
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)

    def y_of(value: float) -> float:
        return BASE - (BASE - TOP) * min(max((math.log10(max(value, 1e-12)) - low) / (high - low), 0.0), 1.0)

    step = (RIGHT - LEFT) / len(samples)
    shapes = [svg.text(LEFT, 14, unit, "start", class_="small")]
    for power in range(low, high + 1):
        y = y_of(10.0**power)
        shapes.append(svg.line(LEFT, y, RIGHT, y, class_="grid"))
        shapes.append(svg.text(LEFT - 8, y + 4, _shown(courses[0], 10.0**power), "end", class_="small"))
    for column, (sample, timepoint) in enumerate(samples):
        x = LEFT + (column + 0.5) * step
        shapes.append(svg.text(x, BASE + 20, _short(sample, step), class_="small"))
        shapes.append(svg.text(x, BASE + 36, _short(timepoint, step), class_="small"))
    for number, course in enumerate(courses):
        offset = (number - (len(courses) - 1) / 2) * min(14.0, step / (len(courses) + 1))
        columns = [LEFT + (n + 0.5) * step + offset for n in range(len(samples))]
        shapes += _course(course, columns, [_level(s) for s in course.sightings], y_of, number % STYLES)
        y = TOP + 20.0 * number
        if y < BASE:
            shapes.append(_marker(RIGHT + 14, y, number % STYLES, course.name))
            shapes.append(svg.text(RIGHT + 26, y + 4, _short(course.name, 170), "start", class_="small"))
    words = f"{unit}: " + ", ".join(course.name for course in courses)
    return svg.figure(WIDTH, HEIGHT, words, *shapes)


def _level(sighting: Sighting) -> float | None:
    """Where the sample's mark lies: its value, or the limit below which the change was not seen."""
    return sighting.limit if sighting.state is State.NOT_DETECTED else sighting.value


def _shown(course: Course, value: float | None) -> str:
    """A value of the course as its table writes it."""
    return per_thousand(value) if course.kind == "fusion" else share(value)


def _course(
    course: Course, columns: list[float], levels: list[float | None], y_of: Callable[[float], float], style: int
) -> list[Markup]:
    shapes: list[Markup] = []
    points = [(x, y_of(v)) if v else None for x, v in zip(columns, levels, strict=True)]
    for one, two in zip(points, points[1:], strict=False):
        if one and two:
            shapes.append(svg.line(*one, *two, class_=f"course line-{style}"))
    for sighting, point in zip(course.sightings, points, strict=True):
        if point is None:
            continue
        x, y = point
        if sighting.state is State.NOT_DETECTED:
            words = f"{course.name} in {sighting.sample}: not detected, limit {_shown(course, sighting.limit)}"
            path = f"M{x - 6:.1f} {y - 6:.1f}h12l-6 11z"
            shapes.append(svg.element("path", svg.title(words), d=path, class_=f"open line-{style}"))
            continue
        if sighting.low and sighting.high:
            shapes.append(svg.line(x, y_of(sighting.low), x, y_of(sighting.high), class_=f"course line-{style}"))
        shapes.append(_marker(x, y, style, f"{course.name} in {sighting.sample}: {_shown(course, sighting.value)}"))
    return shapes


def _marker(x: float, y: float, style: int, words: str) -> Markup:
    """A filled mark; its form belongs to the style as its colour does."""
    paths = ("M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0", "M-5 -5h10v10h-10z", "M0 -7l6 12h-12z")
    more = ("M0 -7l7 7l-7 7l-7 -7z", "M-6 -2h4v-4h4v4h4v4h-4v4h-4v-4h-4z", "M-6 -6l6 4l6 -4l-4 6l4 6l-6 -4l-6 4l4 -6z")
    place = f"translate({x:.1f} {y:.1f})"
    return svg.element("path", svg.title(words), d=(*paths, *more)[style], transform=place, class_=f"mark line-{style}")


def _short(text: str, room: float) -> str:
    """`text` cut to about `room` pixels."""
    most = max(int(room / 7), 4)
    return text if len(text) <= most else text[: most - 1] + "…"
