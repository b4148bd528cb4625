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

from ..genome.transcripts import Annotation
from ..knowledge.hotspots import Hotspot, read_hotspots
from ..model.findings import fusion_label
from ..model.records import (
    Fusion,
    FusionResult,
    JunctionEvidence,
    OtherTest,
    Report,
    SampleInfo,
    ScreenedCodon,
    ScreenResult,
    Study,
)
from ..model.vocabulary import Confidence, State
from ..model.words import CALL_WORDS, STATE_WORDS
from .answers import answers
from .drawings.coverage import coverage_drawing
from .drawings.fusion import fusion_drawing, read_domains
from .drawings.kinase import kinase_drawing
from .findings import genome_name
from .junction_reads import JunctionView, junction_view
from .names import hgvs_r, mane_transcripts, vicc
from .references import References
from .templates import environment, style

TARGET = "ALK"
SHOWN_APART = ("notes", "alk_imbalance")  # of report.qc: they have their own places


@dataclass(frozen=True)
class FusionSection:
    """One junction with its names and drawings; `view` is None when no evidence was kept for it."""

    fusion: Fusion
    label: str
    vicc: str
    hgvs_r: str
    drawing: Markup
    view: JunctionView | None


def render_page(
    report: Report,
    fusions: FusionResult,
    screen: ScreenResult,
    annotation: Annotation,
    knowledge: Path,
    settings: Mapping[str, Any],
) -> str:
    """The page's text. `settings` holds `max_lod_vaf`, which is drawn, `evidence_view`: link the genome browser, and
    `combined`: the page of the patient's RNA and DNA, if there is one."""
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
            sections=_fusion_sections(report, fusions, annotation, knowledge),
            fusions=fusions,
            screen=screen,
            coverage=coverage_drawing(fusions.exon_coverage, _breaks(report)),
            kinase=kinase_drawing(
                codons, [m for m in report.mutations if m.gene == TARGET], max_lod, [s.codon for s in hotspots]
            ),
            codons=codons,
            hotspots=_hotspot_rows(codons, hotspots),
            others=other_genes(report.screened),
            provenance=flat({k: v for k, v in to_builtins(report.provenance).items() if k != "transcripts"}),
            transcripts=report.provenance.transcripts,
            qc=flat({k: v for k, v in to_builtins(report.qc).items() if k not in SHOWN_APART}),
            failures=report.failure_list,
            context=published_context(report),
            evidence=settings["evidence_view"],
            combined=settings.get("combined", ""),
            references=References(),
            head=head_facts(report.sample),
            build=genome_name(report),
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
    report: Report, result: FusionResult, annotation: Annotation, knowledge: Path
) -> list[FusionSection]:
    """The report's junctions in order."""
    domains, refseq = read_domains(knowledge), mane_transcripts()
    evidence = {one.junction_id: one for one in result.evidence}
    sections = []
    for fusion in report.fusions:
        five = annotation.get(fusion.five_prime.gene or "")
        three = annotation.get(fusion.three_prime.gene or "")
        found: JunctionEvidence | None = evidence.get(fusion.junction_id)
        view = junction_view(fusion, found, five) if found else None
        names = fusion_label(fusion), vicc(fusion, refseq), hgvs_r(fusion, five, three, refseq)
        sections.append(FusionSection(fusion, *names, fusion_drawing(fusion, five, three, domains), view))
    return sections


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


def flat(values: Any, prefix: str = "") -> list[tuple[str, object]]:
    """Nested values as (name, value), names joined by a blank."""
    if isinstance(values, dict):
        return [pair for key, value in values.items() for pair in flat(value, f"{prefix} {key}".strip())]
    if isinstance(values, list):
        return [pair for number, value in enumerate(values, 1) for pair in flat(value, f"{prefix} {number}".strip())]
    return [(prefix, values)]
