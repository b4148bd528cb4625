"""`report.tsv`: the report as one flat table, one row a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import to_builtins

from ..model.findings import FOR_OTHER_SAMPLES
from ..model.records import BypassEvent, Finding, Fusion, Locus, Mutation, Report, ScreenedCodon, TkiCall
from ..model.vocabulary import Confidence
from .escape import cell


class Row(NamedTuple):
    """One row; the fields are the columns (docs/report.md says what each holds in each section)."""

    section: str
    name: str
    state: str | None = None
    value: object = None
    limit_of_detection: float | None = None
    fragments: int | None = None
    depth: int | None = None
    detail: str = ""
    references: str = ""


def report_tsv(report: Report) -> str:
    """Text of report.tsv: a header line with the columns of `Row`, then the rows in the order of report.json."""
    lines = ["\t".join(Row._fields)]
    lines.extend("\t".join(cell(v) for v in row) for row in _rows(report))
    return "\n".join(lines) + "\n"


def _rows(report: Report) -> Iterator[Row]:
    yield Row("report", "schema_version", value=report.schema_version)
    for name in ("id", "patient", "timepoint", "assay", "library"):
        yield Row("sample", name, value=getattr(report.sample, name))
    for name in ("alk_rearrangement", "kinase_domain", "bypass"):
        finding: Finding = getattr(report.verdict, name)
        yield Row("verdict", name, finding.state, limit_of_detection=finding.limit_of_detection, detail=finding.reason)
    yield Row("verdict", "summary", detail=report.verdict.summary)
    yield from map(_fusion, report.fusions)
    yield from map(_mutation, report.mutations)
    yield from map(_codon, report.screened)
    yield from map(_tki, report.tki)
    yield from map(_bypass, report.bypass)
    yield from _flat("qc", {k: v for k, v in to_builtins(report.qc).items() if k not in FOR_OTHER_SAMPLES})
    yield from _flat("provenance", to_builtins(report.provenance))


def _fusion(fusion: Fusion) -> Row:
    facts = {
        "notation": fusion.notation,
        "kind": fusion.kind,
        "frame": fusion.frame,
        "confidence": fusion.confidence,
        "five_prime": place(fusion.five_prime),
        "three_prime": place(fusion.three_prime),
        "inserted": fusion.inserted_sequence or "none",
        "junction_id": fusion.junction_id,
        "event_id": fusion.event_id,
        "note": fusion.evidence_note,
    }
    return Row(
        "fusion",
        fusion.name,
        "detected" if fusion.confidence != Confidence.LOW else None,
        fusion.variant or "no published name",
        fragments=fusion.support.unique_fragments,
        detail=_join(facts),
        references=fusion.knowledge.reference if fusion.knowledge else "",
    )


def _mutation(change: Mutation) -> Row:
    facts = {
        "transcript": change.transcript,
        "coding": change.hgvs_c,
        "protein": change.hgvs_p,
        "type": change.type,
        "vaf_95": f"{change.vaf_low:.4g}-{change.vaf_high:.4g}",
        "p_value": f"{change.p_value:.3g}",
        "on_fusion": change.on_fusion.state if change.on_fusion else "",
        "phase": ", ".join(f"{link.relation} with {link.with_}" for link in change.phase),
    }
    return Row(
        "mutation",
        f"{change.gene} {change.short}",
        "detected",
        change.vaf,
        fragments=change.alt_fragments,
        depth=change.depth,
        detail=_join(facts),
        references=change.knowledge.reference if change.knowledge else "",
    )


def _codon(codon: ScreenedCodon) -> Row:
    return Row(
        "screened",
        f"{codon.gene} {codon.codon}",
        codon.state,
        codon.vaf_high,
        codon.limit_of_detection_vaf,
        codon.alt_fragments,
        codon.depth,
        codon.reason,
    )


def _tki(call: TkiCall) -> Row:
    references = sorted({r.id for r in call.references})
    return Row("tki", call.drug, value=call.call, detail="; ".join(call.because), references=", ".join(references))


def _bypass(event: BypassEvent) -> Row:
    references = sorted({r.id for r in event.references})
    return Row(
        "bypass",
        f"{event.gene} {event.event}",
        event.state,
        event.kind,
        event.limit_of_detection,
        event.alt_fragments,
        event.depth,
        event.reason,
        ", ".join(references),
    )


def _flat(section: str, values: Any, prefix: str = "") -> Iterator[Row]:
    """Nested values as one row each, names joined by a dot."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield from _flat(section, value, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(values, list):
        for number, value in enumerate(values, 1):
            yield from _flat(section, value, f"{prefix}.{number}")
    else:
        yield Row(section, prefix, value=values)


def _join(facts: dict[str, str]) -> str:
    return "; ".join(f"{key}={value}" for key, value in facts.items() if value)


def place(locus: Locus) -> str:
    """A side of a junction in words, position 1-based: "EML4 exon 6 (chr2:42264731 +)"."""
    gene = locus.gene or "no gene"
    exon = f" exon {locus.exon}" if locus.exon is not None else ""
    return f"{gene}{exon} ({locus.contig}:{locus.position} {locus.strand})"
