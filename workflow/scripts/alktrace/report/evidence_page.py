"""`evidence.html`: the reads around every junction and called change in igv.js, inside one file that loads nothing."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pysam
from markupsafe import Markup

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..model.findings import fusion_label
from ..model.records import Fusion, Mutation, Report
from ..runtime.paths import RESOURCES, TEMPLATES
from .templates import environment, script_digest, style

LIBRARY = RESOURCES / "igv" / "igv.min.js"
SHOWN = 150  # bases shown on either side of a junction or change
KNOWN = 1_000  # reference bases given on either side
MOST_READS = 150  # reads a place


@dataclass(frozen=True)
class Place:
    """One stretch of the reference to look at; positions 1-based and inclusive. `junction` is where reads of a junction
    are clipped."""

    contig: str
    start: int
    end: int
    junction: int | None = None


@dataclass(frozen=True)
class Item:
    """One finding: its name and the places that show it, side by side."""

    name: str
    places: tuple[Place, ...]


def evidence_page(report: Report, bam: Path, genome: Genome, annotation: Annotation) -> str:
    """The page's text. Of each place at most `MOST_READS` reads are shown, spread evenly over those there; up to two
    thirds of them are reads clipped at the junction.

    Names of contigs and reads are reduced to harmless letters, because igv.js shows them as HTML.
    """
    items = [
        *(_junction(fusion) for fusion in report.fusions if _known(fusion, genome)),
        *(item for change in report.mutations if (item := _change(change, annotation))),
    ]
    places = sorted(
        {place for item in items for place in item.places}, key=lambda p: (p.contig, p.start, p.end, p.junction or 0)
    )
    names = harmless_contigs(genome.lengths)
    data = {
        "items": [{"name": item.name, "locus": " ".join(_locus(p, names) for p in item.places)} for item in items],
        "reference": _data_address("text/plain", _fasta(places, genome, names)),
        "reads": _data_address("application/gzip", _reads(places, bam, names)),
        "exons": _exons(places, annotation, names),
    }
    library, start = LIBRARY.read_text(encoding="utf-8"), (TEMPLATES / "evidence.js").read_text(encoding="utf-8")
    return (
        environment()
        .get_template("evidence.html.j2")
        .render(
            report=report,
            style=style(),
            items=items,
            data=Markup(_inside_script(json.dumps(data, sort_keys=True))),  # `<` is written as \\u003c
            library=Markup(library),  # files of the project, not data
            start=Markup(start),
            digests=[script_digest(library), script_digest(start)],
            most=MOST_READS,
        )
    )


def _known(fusion: Fusion, genome: Genome) -> bool:
    return all(side.contig in genome.lengths for side in (fusion.five_prime, fusion.three_prime))


def _junction(fusion: Fusion) -> Item:
    sides = (fusion.five_prime, fusion.three_prime)
    return Item(
        fusion_label(fusion) + (f" ({fusion.notation})" if fusion.variant else ""),
        tuple(Place(s.contig, max(s.position - SHOWN, 1), s.position + SHOWN, s.position) for s in sides),
    )


def _change(change: Mutation, annotation: Annotation) -> Item | None:
    """The codon of a change; None when its gene or codon is not annotated."""
    transcript = annotation.get(change.gene)
    if transcript is None:
        return None
    try:
        bases = transcript.codon_genome_positions(change.codon)
    except ValueError:
        return None
    # The bases of a codon that an intron splits lie far apart; its first base is shown then.
    low, high = (min(bases), max(bases)) if max(bases) - min(bases) == 2 else (bases[0], bases[0])
    place = Place(transcript.contig, max(low - SHOWN // 2, 1), high + SHOWN // 2)
    return Item(f"{change.gene} {change.short}", (place,))


def harmless_contigs(contigs: Iterable[str]) -> dict[str, str]:
    """Names of letters, digits, `.`, `_` and `-`, unchanged where they already are; like ones get a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, contig in enumerate(contigs, 1):
        name = re.sub(r"[^A-Za-z0-9._-]", "_", contig)
        name = f"{name}_{number}" if name in taken else name
        taken.add(name)
        names[contig] = name
    return names


def _locus(place: Place, names: dict[str, str]) -> str:
    return f"{names[place.contig]}:{place.start}-{place.end}"


def _fasta(places: Sequence[Place], genome: Genome, names: dict[str, str]) -> bytes:
    """The reference around the places, in the form that igv.js reads: `>contig:start-end @len=length`."""
    lines = []
    for contig, start, end in _merged(places):
        bases = genome.fetch(contig, start, end)
        first = max(start, 1)
        lines.append(f">{names[contig]}:{first}-{first + len(bases) - 1} @len={genome.lengths[contig]}\n{bases}\n")
    return "".join(lines).encode()


def _merged(places: Sequence[Place]) -> list[tuple[str, int, int]]:
    """Places with `KNOWN` bases on either side, overlapping ones joined."""
    spans: list[tuple[str, int, int]] = []
    for place in places:
        start, end = place.start - KNOWN, place.end + KNOWN
        if spans and spans[-1][0] == place.contig and start <= spans[-1][2]:
            spans[-1] = (place.contig, spans[-1][1], max(spans[-1][2], end))
        else:
            spans.append((place.contig, start, end))
    return spans


def _reads(places: Sequence[Place], bam: Path, names: dict[str, str]) -> bytes:
    """A BAM of the reads at the places, sorted, without tags."""
    with pysam.AlignmentFile(str(bam)) as source, tempfile.TemporaryDirectory() as folder:
        kept: dict[tuple[Any, ...], pysam.AlignedSegment] = {}
        for place in places:
            end = min(place.end, source.get_reference_length(place.contig))
            found = list(source.fetch(place.contig, place.start - 1, end))
            clipped = [read for read in found if _is_clipped_at(read, place.junction)]
            shown = _spread(clipped, MOST_READS * 2 // 3)
            shown += _spread(
                [read for read in found if not _is_clipped_at(read, place.junction)], MOST_READS - len(shown)
            )
            for read in shown:
                kept[read.reference_id, read.reference_start, read.query_name, read.flag, read.cigarstring] = read
        header = pysam.AlignmentHeader.from_dict(
            {
                "HD": {"VN": "1.6", "SO": "coordinate"},
                "SQ": [
                    {"SN": names.get(name, f"contig_{number}"), "LN": length}
                    for number, (name, length) in enumerate(zip(source.references, source.lengths, strict=True))
                ],
            }
        )
        path = Path(folder) / "evidence.bam"
        with pysam.AlignmentFile(str(path), "wb", header=header) as target:
            for key in sorted(kept, key=lambda k: (*k[:2], *map(str, k[2:]))):
                record = kept[key]
                record.query_name = re.sub(r"[^A-Za-z0-9.:/_|+-]", "_", record.query_name or "read")
                record.set_tags([])
                target.write(record)
        return path.read_bytes()


def _spread(reads: Sequence[pysam.AlignedSegment], most: int) -> list[pysam.AlignedSegment]:
    """At most `most` of the reads, evenly."""
    step = max(len(reads) / most, 1.0)
    return [reads[int(number * step)] for number in range(min(len(reads), most))]


def _is_clipped_at(read: pysam.AlignedSegment, junction: int | None) -> bool:
    """Whether the read's alignment ends within three bases of the junction and its rest is clipped."""
    if junction is None or not read.cigartuples or read.reference_end is None:
        return False
    ends = ((read.cigartuples[0], read.reference_start + 1), (read.cigartuples[-1], read.reference_end))
    return any(kind in (pysam.CSOFT_CLIP, pysam.CHARD_CLIP) and abs(at - junction) <= 3 for (kind, _), at in ends)


def _exons(places: Sequence[Place], annotation: Annotation, names: dict[str, str]) -> list[dict[str, Any]]:
    """Reference transcripts that a place lies in, as features of igv.js (starts 0-based)."""
    found: dict[str, Transcript] = {}
    for place in places:
        for transcript in annotation.overlapping(place.contig, place.start, place.end):
            found[transcript.transcript_id] = transcript
    return [
        {
            "chr": names[t.contig],
            "start": t.start - 1,
            "end": t.end,
            "name": re.sub(r"[^A-Za-z0-9._-]", "_", t.gene),
            "strand": t.strand,
            "exons": [{"start": start - 1, "end": end} for start, end in sorted(t.exons)],
        }
        for t in found.values()
    ]


def _data_address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _inside_script(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
