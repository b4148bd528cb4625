"""The drawings of the report page as SVG text. Same input, same bytes; colours are classes of the page's sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..annotation import Transcript
from ..models import CoverageBin, Fusion, Locus, Mutation, ScreenedCodon, State
from . import svg

WIDTH = 900
MARGIN = 14
LONGEST_LABEL = 48  # letters of a side's label: half the drawing; the page has the full name in its list


# ---------------------------------------------------------------- fusion transcript


@dataclass(frozen=True)
class Domain:
    """A protein domain; `start` and `end` are codons or exon numbers (`unit`), 1-based and inclusive."""

    gene: str
    name: str
    unit: str
    start: int
    end: int

    def span(self, transcript: Transcript) -> tuple[int, int] | None:
        """First and last transcript position; None where the transcript does not reach."""
        if self.unit == "exon":
            known = self.end <= len(transcript.exons)
            return (transcript.exon_start(self.start), transcript.exon_end(self.end)) if known else None
        if transcript.cds is None or transcript.cds[0] + 3 * self.end - 1 > transcript.cds[1]:
            return None
        return transcript.cds[0] + 3 * (self.start - 1), transcript.cds[0] + 3 * self.end - 1


@dataclass(frozen=True)
class Part:
    """A stretch of the fusion transcript: an exon or the bases between the exon parts. `length` in bases."""

    label: str
    length: int
    kind: str  # five | insert | three


@dataclass(frozen=True)
class DomainPart:
    """A kept piece of a domain. `start` and `length` in bases of the drawn transcript, `cut` when not whole."""

    name: str
    start: int
    length: int
    cut: bool
    kind: str


def transcript_parts(fusion: Fusion, five: Transcript | None, three: Transcript | None) -> list[Part]:
    """Exons of the fusion transcript in order, only their coding bases where the transcript is coding.

    `five` and `three` are the partners' transcripts. A side without transcript, or whose position lies outside its
    exons, is one part labelled `?`.
    """
    parts = _side_parts(five, fusion.five_prime, "five")
    if fusion.inserted_sequence:
        parts.append(Part("insert", len(fusion.inserted_sequence), "insert"))
    return parts + _side_parts(three, fusion.three_prime, "three")


def _kept(transcript: Transcript | None, locus: Locus, kind: str) -> tuple[int, int] | None:
    """First and last kept transcript position that is drawn, None when unknown."""
    at = transcript.to_transcript(locus.position) if transcript else None
    if transcript is None or at is None:
        return None
    first, last = transcript.cds or (1, transcript.length)
    if kind == "five":
        return (first, at) if at >= first else (1, at)
    return (at, last) if at <= last else (at, transcript.length)


def _side_parts(transcript: Transcript | None, locus: Locus, kind: str) -> list[Part]:
    kept = _kept(transcript, locus, kind)
    if transcript is None or kept is None:
        return [Part("?", 300, kind)]
    parts = []
    for exon in range(1, len(transcript.exons) + 1):
        length = min(transcript.exon_end(exon), kept[1]) - max(transcript.exon_start(exon), kept[0]) + 1
        if length > 0:
            parts.append(Part(str(exon), length, kind))
    return parts


def domain_parts(
    fusion: Fusion, five: Transcript | None, three: Transcript | None, domains: Sequence[Domain]
) -> list[DomainPart]:
    """Domains of both partners that the fusion transcript keeps, whole or cut, in the coordinates of the drawing."""
    begin = sum(part.length for part in transcript_parts(fusion, five, three) if part.kind != "three")
    found = []
    for transcript, locus, kind, offset in (
        (five, fusion.five_prime, "five", 0),
        (three, fusion.three_prime, "three", begin),
    ):
        kept = _kept(transcript, locus, kind)
        if transcript is None or kept is None:
            continue
        for domain in domains:
            span = domain.span(transcript) if domain.gene == transcript.gene else None
            if span is None:
                continue
            low, high = max(span[0], kept[0]), min(span[1], kept[1])
            if low <= high:
                cut = (low, high) != span
                found.append(DomainPart(domain.name, offset + low - kept[0], high - low + 1, cut, kind))
    return found


def fusion_drawing(
    fusion: Fusion, five: Transcript | None, three: Transcript | None, domains: Sequence[Domain]
) -> Markup:
    """The fusion transcript: exons to scale with their numbers, the bases between, and the kept protein domains."""
    parts = transcript_parts(fusion, five, three)
    scale = (WIDTH - 2 * MARGIN) / sum(part.length for part in parts)
    shapes = _exon_shapes(parts, scale)
    kept = domain_parts(fusion, five, three, domains)
    lanes = _domain_shapes(kept, scale, fusion.frame)
    left = MARGIN + scale * sum(p.length for p in parts if p.kind == "five")
    right = left + scale * sum(p.length for p in parts if p.kind == "insert")
    height = 104 + 34 * len(lanes) + (10 if lanes else 0)
    bottom = height - 8
    breaks = [svg.line(x, 34, x, bottom, class_="break") for x in sorted({left, right})]
    five_name, three_name = _side_label(fusion.five_prime), _side_label(fusion.three_prime)
    names = [
        svg.text(MARGIN, 20, f"5′ {five_name}", "start", class_="name five-text"),
        svg.text(WIDTH - MARGIN, 20, f"3′ {three_name}", "end", class_="name three-text"),
    ]
    flat = [shape for lane in lanes for shape in lane]
    label = f"Fusion transcript {fusion.name} {fusion.notation}: exons to scale, with protein domains"
    return svg.figure(WIDTH, height, label, *names, *shapes, *flat, *breaks)


def _side_label(locus: Locus) -> str:
    exon = f" exon {locus.exon}" if locus.exon is not None else ""
    words = f"{locus.gene or 'no gene'}{exon}, {locus.contig}:{locus.position:,} ({locus.strand})"
    return words if len(words) <= LONGEST_LABEL else words[: LONGEST_LABEL - 1] + "…"


def _exon_shapes(parts: Sequence[Part], scale: float) -> list[Markup]:
    shapes, x, last_label = [], float(MARGIN), -99.0
    for part in parts:
        width = part.length * scale
        words = f"{part.length} inserted bases" if part.kind == "insert" else f"exon {part.label}, {part.length} bases"
        shapes.append(svg.rect(x, 40.0, width, 34.0, svg.title(words), class_=f"exon {part.kind}"))
        middle = x + width / 2
        if part.kind != "insert" and width > 9 * len(part.label) + 3:
            shapes.append(svg.text(middle, 62.0, part.label, class_="on-colour"))
        elif middle - last_label > 26:
            label = f"+{part.length}" if part.kind == "insert" else part.label
            shapes.append(svg.text(middle, 90.0, label, class_="small"))
            last_label = middle
        x += width
    return shapes


def _domain_shapes(domains: Sequence[DomainPart], scale: float, frame: str) -> list[list[Markup]]:
    """Bars of the domains, each with its name below, in as many lanes as the names need."""
    ends: list[float] = []
    lanes: list[list[Markup]] = []
    for domain in domains:
        x, width = MARGIN + domain.start * scale, max(domain.length * scale, 2.0)
        untranslated = domain.kind == "three" and frame == "out_of_frame"
        label = domain.name + (" (cut)" if domain.cut else "") + (" (not in frame)" if untranslated else "")
        wide = 7.2 * len(label)
        centre = min(max(x + width / 2, MARGIN + wide / 2), WIDTH - MARGIN - wide / 2)
        low, high = min(x, centre - wide / 2), max(x + width, centre + wide / 2)
        lane = next((n for n, end in enumerate(ends) if end + 8 < low), len(ends))
        if lane == len(ends):
            ends.append(0.0)
            lanes.append([])
        ends[lane] = high
        top = 102.0 + 34 * lane
        style = "untranslated" if untranslated else f"{domain.kind}-soft"
        lanes[lane].append(svg.rect(x, top, width, 10.0, svg.title(label), class_=f"domain {style}", rx=3))
        lanes[lane].append(svg.text(centre, top + 23, label, class_="small"))
    return lanes


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
