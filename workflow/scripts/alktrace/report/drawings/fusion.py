"""Drawing of a fusion: both genes, and the fusion transcript with its exons and kept protein domains, to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...genome.transcripts import Transcript
from ...model.records import Fusion, Locus
from . import svg
from .domains import Domain
from .genes import HEIGHT, Side, genes_drawing
from .kinase import MARGIN, WIDTH

TOP = HEIGHT + 24  # upper edge of the fusion transcript


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


def fusion_drawing(fusion: Fusion, five: Side, three: Side, domains: Sequence[Domain]) -> Markup:
    """Both genes above, the fusion transcript below: exons to scale with their numbers, the bases between, and the kept
    protein domains; lines lead from the break of each gene to the junction."""
    parts = transcript_parts(fusion, five.transcript, three.transcript)
    scale = (WIDTH - 2 * MARGIN) / sum(part.length for part in parts)
    genes, breaks = genes_drawing(five, three, domains)
    kept = domain_parts(fusion, five.transcript, three.transcript, domains)
    lanes = _domain_shapes(kept, scale, fusion.frame)
    left = MARGIN + scale * sum(p.length for p in parts if p.kind == "five")
    right = left + scale * sum(p.length for p in parts if p.kind == "insert")
    height = round(TOP + 58 + 34 * len(lanes) + (10 if lanes else 0))
    joins = [
        svg.line(breaks[kind], HEIGHT - 18, x, TOP - 8, class_="join")
        for kind, x in (("five", left), ("three", right))
        if kind in breaks
    ]
    marks = [svg.line(x, TOP - 8, x, float(height - 8), class_="break") for x in sorted({left, right})]
    flat = [shape for lane in lanes for shape in lane]
    label = f"{fusion.name} {fusion.notation}: both genes, kept exons in colour, and the fusion transcript, to scale"
    return svg.figure(WIDTH, height, label, *genes, *joins, *_exon_shapes(parts, scale), *flat, *marks)


def _exon_shapes(parts: Sequence[Part], scale: float) -> list[Markup]:
    shapes, x, last_label = [], float(MARGIN), -99.0
    for part in parts:
        width = part.length * scale
        words = f"{part.length} inserted bases" if part.kind == "insert" else f"exon {part.label}, {part.length} bases"
        shapes.append(svg.rect(x, TOP, width, 34.0, svg.title(words), class_=f"exon {part.kind}"))
        middle = x + width / 2
        if part.kind != "insert" and width > 9 * len(part.label) + 3:
            shapes.append(svg.text(middle, TOP + 22, part.label, class_="on-colour"))
        elif middle - last_label > 26:
            label = f"+{part.length}" if part.kind == "insert" else part.label
            shapes.append(svg.text(middle, TOP + 50, label, class_="small"))
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
        top = TOP + 62 + 34 * lane
        style = "untranslated" if untranslated else f"{domain.kind}-soft"
        lanes[lane].append(svg.rect(x, top, width, 10.0, svg.title(label), class_=f"domain {style}", rx=3))
        lanes[lane].append(svg.text(centre, top + 23, label, class_="small"))
    return lanes
