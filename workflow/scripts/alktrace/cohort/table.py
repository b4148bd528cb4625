"""summary.tsv: one row per sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields

from ..model.findings import detected_name, fusion_label, kinase_fusions
from ..model.records import ReportFindings
from ..model.vocabulary import Call, State
from ..report.escape import cell

TARGET = "ALK"


@dataclass(frozen=True)
class Row:
    """One sample; the fields are the columns of summary.tsv. Lists are joined by "; ", in the order of report.json.

    `fusions` are ALK kinase fusions of medium or high confidence, `fragments` their unique fragments in the same order;
    `other_junctions` all other junctions. Counts of fragments are molecules by UMI or by both fragment ends.
    """

    sample: str
    patient: str
    timepoint: str
    assay: str
    library: str
    alk_rearrangement: State
    fusions: str
    frames: str
    fragments: str
    other_junctions: str
    kinase_domain: State
    mutations: str
    vaf: str
    bypass: State
    bypass_events: str
    resistance_reported: str
    sources_disagree: str
    activity_reported: str
    pairs_total: int
    control_fragments: int
    summary: str


def _table(rows: Iterable[Row], failed: Mapping[str, str]) -> str:
    """Samples without a report have their name, and in column summary the reason, alone."""
    names = [field.name for field in fields(Row)]
    lines = ["\t".join(names)]
    lines.extend("\t".join(cell(value) for value in astuple(row)) for row in rows)
    blank = [""] * (len(names) - 2)
    lines.extend("\t".join(map(cell, [sample, *blank, f"No report: {why}"])) for sample, why in failed.items())
    return "\n".join(lines) + "\n"


def _row(report: ReportFindings) -> Row:
    verdict, sample = report.verdict, report.sample
    called = kinase_fusions(report.fusions)
    changes = [m for m in report.mutations if m.gene == TARGET]
    return Row(
        sample.id,
        sample.patient,
        sample.timepoint,
        sample.assay,
        sample.library,
        verdict.alk_rearrangement.state,
        _joined(fusion_label(f) for f in called),
        _joined(f.frame for f in called),
        _joined(str(f.support.unique_fragments) for f in called),
        _joined(fusion_label(f) for f in report.fusions if f not in called),
        verdict.kinase_domain.state,
        _joined(m.short for m in changes),
        _joined(f"{m.vaf:.3f}" for m in changes),
        verdict.bypass.state,
        _joined(detected_name(b) for b in report.bypass if b.state is State.DETECTED),
        _joined(t.drug for t in report.tki if t.call == Call.RESISTANT),
        _joined(t.drug for t in report.tki if t.call == Call.CONFLICTING),
        _joined(t.drug for t in report.tki if t.call == Call.SENSITIVE),
        report.qc.pairs_total,
        report.qc.control_fragments,
        verdict.summary,
    )


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
