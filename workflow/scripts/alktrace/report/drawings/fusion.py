"""Drawing of a fusion: exons and protein domains of both genes, to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from markupsafe import Markup

from ...genome.transcripts import Transcript
from ...knowledge.fusions import read_tables
from ...model.records import Fusion, Locus
from . import svg
from .kinase import MARGIN, WIDTH


def read_domains(folder: Path) -> list[Domain]:
    """Domains of domains.tsv to draw. Rows by exon say what is left of a domain; those with anything left span it."""
    drawn: dict[tuple[str, str], Domain] = {}
    for row in read_tables(folder).domains:
        if row.state == "none":
            continue
        one = Domain(row.gene, row.domain, row.unit, row.first, row.last)
        known = drawn.get((row.gene, row.domain), one)
        joined = replace(known, start=min(known.start, one.start), end=max(known.end, one.end))
        drawn[row.gene, row.domain] = joined
    return list(drawn.values())


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
        return transcript.codon_span(self.start, self.end)


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
