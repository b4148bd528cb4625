"""`report.html`: one self-contained page made of report.json, the evidence of the stages and the knowledge tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from markupsafe import Markup
from msgspec import to_builtins

from ..genome.names import accession, mane_transcripts, rna_change
from ..genome.transcripts import Annotation
from ..knowledge.hotspots import Hotspot, read_hotspots
from ..knowledge.publications import read_publications
from ..model.findings import event_name, fusion_label
from ..model.records import (
    BypassEvent,
    Fusion,
    FusionResult,
    JunctionEvidence,
    Locus,
    OtherTest,
    Report,
    SampleInfo,
    ScreenedCodon,
    ScreenResult,
    Study,
)
from ..model.vocabulary import Assay, Call, Confidence, Library, Match, State, TrackKind
from ..model.words import CALL_WORDS, STATE_WORDS, share
from .answers import answers
from .drawings.coverage import coverage_drawing
from .drawings.domains import read_domains
from .drawings.fusion import fusion_drawing
from .drawings.genes import Side
from .drawings.kinase import kinase_drawing
from .exon_depth import exon_depths
from .findings import genome_name
from .junction_reads import JunctionView, junction_view
from .references import References
from .templates import environment, one_in, style

TARGET = "ALK"
LIBRARIES = {
    Library.WTS: "whole transcriptome",
    Library.CAPTURE: "hybrid capture",
    Library.AMPLICON: "amplicon, anchored PCR",
}


@dataclass(frozen=True)
class FusionSection:
    """One junction with its drawings; `view` is None when no evidence was kept for it. `published`: its published name
    where that counts exons another way; `between`: what stands between, or lacks from, the two exons."""

    fusion: Fusion
    label: str
    published: str
    between: tuple[str, ...]
    drawing: Markup
    view: JunctionView | None


def render_page(
    report: Report,
    fusions: FusionResult,
    screen: ScreenResult,
    annotation: Annotation,
    bam: Path,
    knowledge: Path,
    settings: Mapping[str, Any],
) -> str:
    """The page's text. `bam` is the evidence BAM. `settings` holds `max_lod_vaf`, which is drawn, `evidence_view`: link
    the genome browser, and `combined`: the page of the patient's RNA and DNA, if there is one."""
    codons = [c for c in report.screened if c.gene == TARGET]
    hotspots = read_hotspots(knowledge)
    max_lod = settings["max_lod_vaf"]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            report=report,
            style=style(),
            state_words=STATE_WORDS,
            call_words=CALL_WORDS,
            approvals_as_of=next((one.as_of for call in report.tki for one in call.approvals), None),
            answers=answers(report),
            sections=_fusion_sections(report, fusions, annotation, knowledge, bam),
            fusions=fusions,
            screen=screen,
            coverage=coverage_drawing(fusions.exon_coverage, _breaks(report)),
            kinase=kinase_drawing(
                codons, [m for m in report.mutations if m.gene == TARGET], max_lod, [s.codon for s in hotspots]
            ),
            codons=codons,
            hotspots=_hotspot_rows(codons, hotspots),
            clear=clear_codons(_hotspot_rows(codons, hotspots)),
            rna_change=rna_change,
            event_name=event_name,
            clear_tracks=clear_tracks(report.bypass),
            blind_tracks=blind_tracks(report.bypass),
            inhibitors_apply=any(call.call is not Call.NOT_APPLICABLE for call in report.tki),
            others=other_genes(report.screened),
            provenance=flat({k: v for k, v in to_builtins(report.provenance).items() if k != "transcripts"}),
            transcripts=report.provenance.transcripts,
            failures=report.failure_list,
            context=published_context(report),
            evidence=settings["evidence_view"],
            combined=settings.get("combined", ""),
            references=References(read_publications(knowledge)),
            head=head_facts(report.sample),
            build=genome_name(report),
            library_words=LIBRARIES.get(report.sample.library, report.sample.library),
            scope=scope(report, fusions),
            max_lod=max_lod,
            stated=stated_transcript,
            metrics=metrics(report),
            tables_digest=tables_digest(report),
        )
    )


@dataclass(frozen=True)
class GeneScreen:
    """The screened codons of one gene together; `worst_limit` of those that are assessable, None without any."""

    name: str
    codons: int
    detected: int
    not_detected: int
    not_assessable: int
    median_depth: float
    worst_limit: float | None


def other_genes(codons: Sequence[ScreenedCodon]) -> list[GeneScreen]:
    """One row a gene other than ALK, in the order of the report."""
    genes: dict[str, list[ScreenedCodon]] = {}
    for codon in codons:
        if codon.gene != TARGET:
            genes.setdefault(codon.gene, []).append(codon)
    rows = []
    for name, found in genes.items():
        counts = {state: sum(c.state is state for c in found) for state in State}
        limits = [c.limit_of_detection_vaf for c in found if c.state is not State.NOT_ASSESSABLE]
        rows.append(
            GeneScreen(
                name,
                len(found),
                counts[State.DETECTED],
                counts[State.NOT_DETECTED],
                counts[State.NOT_ASSESSABLE],
                median(c.depth for c in found),
                max((limit for limit in limits if limit is not None), default=None),
            )
        )
    return rows


@dataclass(frozen=True)
class PublishedContext:
    """What the tables say about the detected variants: sentences, what other tests would show, studies by topic.

    Rows that nobody read at their source stay in report.json."""

    sentences: tuple[str, ...]
    other_tests: tuple[OtherTest, ...]
    topics: dict[str, list[Study]]


def published_context(report: Report) -> PublishedContext:
    """Context of all fusions and of the failure list together, each table row once."""
    sentences: dict[str, None] = {}
    tests: dict[str, OtherTest] = {}
    topics: dict[str, dict[str, Study]] = {}
    contexts = [fusion.context for fusion in report.fusions if fusion.context]
    for context in contexts:
        sentences.update(dict.fromkeys(context.sentences))
        tests.update({test.row: test for test in context.other_tests})
    groups = [*(c.associations for c in contexts), *(f.associations for f in report.failure_list)]
    for group in chain.from_iterable(groups):
        read = {study.row: study for study in group.studies if study.verified == "page"}
        if read:
            topics.setdefault(group.topic, {}).update(read)
    return PublishedContext(
        tuple(sentences), tuple(tests.values()), {topic: list(rows.values()) for topic, rows in topics.items()}
    )


def _fusion_sections(
    report: Report, result: FusionResult, annotation: Annotation, knowledge: Path, bam: Path
) -> list[FusionSection]:
    """The report's junctions in order."""
    domains = read_domains(knowledge)
    evidence = {one.junction_id: one for one in result.evidence}
    sections = []
    for fusion in report.fusions:
        build = genome_name(report)
        five = _side(fusion.five_prime, "five", annotation, bam, build)
        three = _side(fusion.three_prime, "three", annotation, bam, build)
        found: JunctionEvidence | None = evidence.get(fusion.junction_id)
        view = junction_view(fusion, found, five.transcript) if found else None
        drawing = fusion_drawing(fusion, five, three, domains)
        sections.append(
            FusionSection(fusion, fusion_label(fusion), published_name(fusion), between(fusion), drawing, view)
        )
    return sections


def _side(locus: Locus, kind: str, annotation: Annotation, bam: Path, build: str) -> Side:
    transcript = annotation.get(locus.gene or "")
    return Side(locus, transcript, kind, exon_depths(bam, transcript) if transcript else (), build)


def published_name(fusion: Fusion) -> str:
    """The notation of the literature where it is not the one that the exons of the reference transcripts give."""
    row = fusion.knowledge
    if row is None or row.match is not Match.STRUCTURE or row.verified != "page":
        return ""
    name = row.published_notation or row.junction
    return name if name and name != fusion.notation else ""


def between(fusion: Fusion) -> tuple[str, ...]:
    """What the junction holds beside two whole exons, in words, from 5' to 3'."""
    retained, deleted = fusion.retained_intron_bases, fusion.deleted_bases
    exons = sum(exon.end - exon.start + 1 for exon in fusion.cryptic_exons)
    parts = [
        (deleted.five_prime, f"{deleted.five_prime} bases of the 5′ exon lacking"),
        (retained.five_prime, f"{retained.five_prime} bases of the intron behind the 5′ exon"),
        *(
            (
                exons,
                f"{one.end - one.start + 1} bases of {one.gene} {f'intron {one.intron}' if one.intron else 'exons'}",
            )
            for one in fusion.cryptic_exons
        ),
        (len(fusion.untemplated_sequence), f"{len(fusion.untemplated_sequence)} bases of no known origin"),
        (retained.three_prime, f"{retained.three_prime} bases of the intron before the 3′ exon"),
        (deleted.three_prime, f"{deleted.three_prime} bases of the 3′ exon lacking"),
        (not fusion.structure_complete, "part of the bases between was not read"),
    ]
    return tuple(words for count, words in parts if count)


def head_facts(sample: SampleInfo) -> list[tuple[str, str]]:
    """What the sheet says for the head of the report, as (name, text); what it leaves empty is left out."""
    content = "" if sample.tumour_content is None else f"{sample.tumour_content:g}%"
    facts = [
        ("Laboratory", sample.laboratory),
        ("Accession", sample.accession),
        ("Specimen", (sample.specimen or "").replace("_", " ")),
        ("Site", sample.site),
        ("Collected", sample.collected),
        ("Received", sample.received),
        ("Diagnosis", sample.diagnosis),
        ("Tumour content", content),
        ("ALK inhibitors before", sample.prior_tki),
        ("Operator", sample.operator),
    ]
    return [(name, text) for name, text in facts if text]


def scope(report: Report, fusions: FusionResult) -> str:
    """What was looked at: genes with their number of screened codons, and genes whose fusions were searched."""
    codons: dict[str, int] = {}
    for one in report.screened:
        codons[one.gene] = codons.get(one.gene, 0) + 1
    screened = ", ".join(f"{gene} {count:,}" for gene, count in codons.items()) or "none"
    searched = ", ".join(sorted(fusions.searched)) or "none"
    return f"Fusions with the kinase of: {searched}; any partner. Codons screened: {screened}."


def stated_transcript(transcript: str) -> str:
    """A transcript by its RefSeq accession and its name in the annotation: "NM_004304.5 (ENST00000389048.8)"."""
    name = accession(transcript, mane_transcripts())
    return transcript if name == transcript else f"{name} ({transcript})"


def metrics(report: Report) -> list[tuple[str, str]]:
    """Quality of the sample as (name, text); what was not measured is left out."""
    qc = report.qc
    controls = ", ".join(f"{gene} {count:,}" for gene, count in qc.control_by_gene.items())
    worst = max(qc.error_rates.items(), key=lambda item: item[1], default=None)
    unit = "read pairs" if qc.paired else "reads"
    recruited = qc.pairs_recruited / qc.pairs_total if qc.pairs_total else 0.0
    found = [
        (
            unit.capitalize(),
            f"{qc.pairs_total:,}, of which {qc.pairs_recruited:,} ({share(recruited)}) belong to the panel",
        ),
        ("Commonest read length", f"{qc.read_length:,} bases" if qc.read_length else ""),
        ("Bases of quality 30 or better", share(qc.q30) if qc.q30 is not None else ""),
        ("Copies of other fragments", share(qc.duplicate_fraction) if qc.duplicate_fraction is not None else ""),
        ("Adapter cut off", f"{qc.adapter_trimmed:,} reads" if qc.adapter_trimmed else ""),
        ("Unique control fragments", f"{qc.control_fragments:,}" + (f" ({controls})" if controls else "")),
        ("Most frequent base error", f"{worst[0]}, {share(worst[1])} of bases" if worst else ""),
        ("A change is called below", f"p = {qc.call_alpha:.1g}" if qc.call_alpha else ""),
        ("Limit of detection of a fusion", _junction_limit(report)),
    ]
    return [(name, text) for name, text in found if text]


def _junction_limit(report: Report) -> str:
    limit = report.qc.junction_limit
    if not limit:
        return ""
    if report.sample.assay is Assay.DNA:
        return f"allele fraction {share(limit)}"
    return f"one fusion fragment in {round(1 / limit):,} control fragments"


def tables_digest(report: Report) -> str:
    """One SHA-256 over names and digests of all knowledge tables; empty where the report names none."""
    tables = report.provenance.knowledge
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(tables.items()))
    return hashlib.sha256(lines.encode()).hexdigest() if tables else ""


def _breaks(report: Report) -> list[int]:
    """Exons of ALK that a junction of medium or high confidence starts with."""
    return sorted(
        {
            f.three_prime.exon
            for f in report.fusions
            if f.three_prime.gene == TARGET and f.three_prime.exon is not None and f.confidence != Confidence.LOW
        }
    )


def _hotspot_rows(codons: list[ScreenedCodon], hotspots: list[Hotspot]) -> list[tuple[Hotspot, ScreenedCodon]]:
    """Screened codons with published changes."""
    screened = {c.codon: c for c in codons}
    return [(spot, screened[spot.codon]) for spot in hotspots if spot.codon in screened]


@dataclass(frozen=True)
class ClearCodons:
    """Codons with published changes at which none was found; `best` and `worst` limit of detection."""

    codons: tuple[int, ...]
    best: float
    worst: float


def clear_codons(rows: Sequence[tuple[Hotspot, ScreenedCodon]]) -> ClearCodons:
    found = [codon for _, codon in rows if codon.state is State.NOT_DETECTED]
    limits = [c.limit_of_detection_vaf for c in found if c.limit_of_detection_vaf is not None]
    return ClearCodons(tuple(c.codon for c in found), min(limits, default=0.0), max(limits, default=0.0))


def clear_tracks(events: Sequence[BypassEvent]) -> list[tuple[str, str]]:
    """Tracks without a finding, each with its limit of detection in words."""
    clear = [event for event in events if event.state is State.NOT_DETECTED]
    return [
        (
            event_name(e),
            "none"
            if not e.limit_of_detection
            else one_in(e.limit_of_detection)
            if e.kind is TrackKind.FUSION
            else share(e.limit_of_detection),
        )
        for e in clear
    ]


def blind_tracks(events: Sequence[BypassEvent]) -> list[tuple[str, list[str]]]:
    """Reason and names of the tracks that are not assessable, those with one reason together."""
    found: dict[str, list[str]] = {}
    for event in events:
        if event.state is State.NOT_ASSESSABLE:
            found.setdefault(event.reason, []).append(event_name(event))
    return list(found.items())


def flat(values: Any, prefix: str = "") -> list[tuple[str, object]]:
    """Nested values as (name, value), names joined by a blank."""
    if isinstance(values, dict):
        return [pair for key, value in values.items() for pair in flat(value, f"{prefix} {key}".strip())]
    if isinstance(values, list):
        return [pair for number, value in enumerate(values, 1) for pair in flat(value, f"{prefix} {number}".strip())]
    return [(prefix, values)]
