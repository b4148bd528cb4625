"""Drawing of the partner genes of a fusion: place on the chromosome, depth of the exons, exons and protein domains,
with the part that the fusion keeps in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ...genome.bands import Band, bands_of
from ...genome.transcripts import Transcript
from ...model.records import Locus
from . import svg
from .domains import Domain
from .kinase import MARGIN, WIDTH

GAP = 28  # between the two genes
HALF = (WIDTH - 2 * MARGIN - GAP) / 2
NAME, CHROMOSOME, DEPTH, EXONS, DOMAINS = 18.0, 30.0, 74.0, 122.0, 160.0  # upper edges
DEPTH_HEIGHT, EXON_HEIGHT = 40.0, 20.0
HEIGHT = 196.0
LONGEST_LABEL = 48  # letters of a side's label: half the drawing; the page has the full name in its list


@dataclass(frozen=True)
class Side:
    """One partner of a fusion. `depths`: mean read depth of each exon, empty where the gene is not known; `build`:
    genome build of the position."""

    locus: Locus
    transcript: Transcript | None
    kind: str  # five | three
    depths: tuple[float, ...] = ()
    build: str = ""

    @property
    def drawn(self) -> tuple[int, int] | None:
        """First and last transcript position that is drawn: the coding bases, all bases of a non-coding transcript."""
        if self.transcript is None:
            return None
        return self.transcript.cds or (1, self.transcript.length)

    @property
    def kept(self) -> tuple[int, int] | None:
        """First and last kept transcript position among the drawn ones; None where the position is in no exon, or
        nothing that is drawn is kept."""
        at = self.transcript.to_transcript(self.locus.position) if self.transcript else None
        if at is None or self.drawn is None:
            return None
        first, last = (
            (self.drawn[0], min(at, self.drawn[1])) if self.kind == "five" else (max(at, self.drawn[0]), self.drawn[1])
        )
        return (first, last) if first <= last else None


def genes_drawing(five: Side, three: Side, domains: Sequence[Domain]) -> tuple[list[Markup], dict[str, float]]:
    """Shapes of both genes on one scale, 5' partner left, and by kind where each gene breaks."""
    longest = max((side.drawn[1] - side.drawn[0] + 1 for side in (five, three) if side.drawn), default=1)
    deepest = max((*five.depths, *three.depths, 1.0))
    shapes, breaks = [], {}
    for side, left in ((five, float(MARGIN)), (three, MARGIN + HALF + GAP)):
        gene = _Gene(side, left, HALF / longest, deepest)
        shapes += gene.shapes(domains)
        if gene.broken is not None:
            breaks[side.kind] = gene.broken
    return shapes, breaks


@dataclass(frozen=True)
class _Gene:
    side: Side
    left: float
    scale: float  # pixels a base
    deepest: float

    def x_of(self, position: int) -> float:
        """Left edge of a transcript position."""
        assert self.side.drawn
        return self.left + (position - self.side.drawn[0]) * self.scale

    @property
    def broken(self) -> float | None:
        """Where the gene breaks; None where it is not known."""
        if self.side.kept is None:
            return None
        first, last = self.side.kept
        return self.x_of(last + 1) if self.side.kind == "five" else self.x_of(first)

    def shapes(self, domains: Sequence[Domain]) -> list[Markup]:
        right = self.side.kind == "three"
        edge, anchor = (self.left + HALF, "end") if right else (self.left, "start")
        name = svg.text(
            edge,
            NAME,
            f"{'3′' if right else '5′'} {_label(self.side.locus)}",
            anchor,
            class_=f"name {self.side.kind}-text",
        )
        parts = [name, *self._chromosome()]
        if self.side.transcript and self.side.drawn:
            parts += [*self._depths(), *self._exons(), *self._domains(domains)]
        if self.broken is not None:
            parts.append(svg.line(self.broken, DEPTH - 4, self.broken, DOMAINS + 12, class_="break"))
        return parts

    def _chromosome(self) -> list[Markup]:
        """The chromosome with its bands and a mark at the gene; nothing where the table has no bands of the genome."""
        locus = self.side.locus
        bands = bands_of(locus.contig, self.side.build)
        if not bands:
            return []
        scale = HALF / bands[-1].end
        shapes = [self._band(band, scale) for band in bands]
        shapes.append(svg.rect(self.left, CHROMOSOME, HALF, 14.0, class_="outline", rx=7))
        x = self.left + locus.position * scale
        held = next((band.band for band in bands if band.start <= locus.position <= band.end), "")
        shapes.append(svg.line(x, CHROMOSOME - 4, x, CHROMOSOME + 18, class_=f"mark-{self.side.kind}"))
        anchor = "start" if x < self.left + HALF / 2 else "end"
        shapes.append(svg.text(x, CHROMOSOME + 30, f"{locus.contig} {held}", anchor, class_="small"))
        return shapes

    def _band(self, band: Band, scale: float) -> Markup:
        left, width = self.left + (band.start - 1) * scale, (band.end - band.start + 1) * scale
        return svg.rect(left, CHROMOSOME, width, 14.0, svg.title(band.band), class_=f"band {band.stain}")

    def _depths(self) -> list[Markup]:
        """Mean read depth of each exon as bars."""
        if not self.side.depths:
            return []
        base = DEPTH + DEPTH_HEIGHT
        shapes = [svg.line(self.left, base, self.left + HALF, base, class_="grid")]
        for number, left, width in self._spans():
            tall = DEPTH_HEIGHT * self.side.depths[number - 1] / self.deepest
            words = f"exon {number}: {self.side.depths[number - 1]:.1f} reads deep"
            shapes.append(
                svg.rect(
                    left, base - tall, max(width - 0.6, 0.6), tall, svg.title(words), class_=f"depth-{self.side.kind}"
                )
            )
        top = max(self.side.depths)
        shapes.append(svg.text(self.left + HALF, DEPTH - 2, f"depth up to {top:,.0f} reads", "end", class_="small"))
        return shapes

    def _spans(self) -> list[tuple[int, float, float]]:
        """Exon number, left edge and width of each drawn exon."""
        transcript, drawn = self.side.transcript, self.side.drawn
        assert transcript and drawn
        spans = []
        for exon in range(1, len(transcript.exons) + 1):
            first, last = max(transcript.exon_start(exon), drawn[0]), min(transcript.exon_end(exon), drawn[1])
            if first <= last:
                spans.append((exon, self.x_of(first), (last - first + 1) * self.scale))
        return spans

    def _exons(self) -> list[Markup]:
        """All exons; the kept part in colour. Numbers stand below where there is room."""
        shapes, after = [], -99.0
        for number, left, width in self._spans():
            shapes.append(
                svg.rect(left, EXONS, max(width, 1.0), EXON_HEIGHT, svg.title(f"exon {number}"), class_="exon lost")
            )
            if left + width / 2 - after > 20:
                after = left + width / 2
                shapes.append(svg.text(after, EXONS + EXON_HEIGHT + 13, str(number), class_="small"))
        if self.side.kept:
            first, last = self.side.kept
            for _, left, width in self._spans():
                low, high = max(left, self.x_of(first)), min(left + width, self.x_of(last + 1))
                if low < high:
                    shapes.append(svg.rect(low, EXONS, high - low, EXON_HEIGHT, class_=f"exon {self.side.kind}"))
        return shapes

    def _domains(self, domains: Sequence[Domain]) -> list[Markup]:
        """Protein domains under their exons, what is lost in white."""
        transcript = self.side.transcript
        assert transcript
        shapes = []
        for domain in domains:
            span = domain.span(transcript) if domain.gene == transcript.gene else None
            if span is None:
                continue
            left, right = self.x_of(span[0]), self.x_of(span[1] + 1)
            shapes.append(
                svg.rect(left, DOMAINS, right - left, 9.0, svg.title(domain.name), class_="domain lost", rx=3)
            )
            if self.side.kept:
                low, high = max(left, self.x_of(self.side.kept[0])), min(right, self.x_of(self.side.kept[1] + 1))
                if low < high:
                    shapes.append(svg.rect(low, DOMAINS, high - low, 9.0, class_=f"domain {self.side.kind}-soft", rx=3))
            shapes.append(svg.text((left + right) / 2, DOMAINS + 22, domain.name, class_="small"))
        return shapes


def _label(locus: Locus) -> str:
    exon = f" exon {locus.exon}" if locus.exon is not None else ""
    words = f"{locus.gene or 'no gene'}{exon}, {locus.contig}:{locus.position:,} ({locus.strand})"
    return words if len(words) <= LONGEST_LABEL else words[: LONGEST_LABEL - 1] + "…"
