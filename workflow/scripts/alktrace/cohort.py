"""The cohort: one row a sample, as a table (`summary.tsv`) and as a page to sort and filter (`index.html`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from markupsafe import Markup

from .models import Report, State
from .serialise import read_json, write_text
from .views.answers import STATE_WORDS, fusion_label
from .views.escape import cell
from .views.html import TEMPLATES, environment, style

TARGET = "ALK"


@dataclass(frozen=True)
class Row:
    """One sample; the fields are the columns of summary.tsv. Lists are joined by "; ", in the order of report.json.

    `fusions` are kinase fusions of medium or high confidence, `fragments` their unique fragments in the same order;
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
    resistant: str
    sensitive: str
    pairs_total: int
    control_fragments: int
    summary: str


def write_cohort(reports: Sequence[Path], out: Path) -> None:
    """Write summary.tsv and index.html into `out` from report.json files, rows in their order.

    Raises InputError when a file is not a report.
    """
    rows = [_row(read_json(path, Report)) for path in reports]
    write_text(out / "summary.tsv", _table(rows))
    page = (
        environment()
        .get_template("cohort.html.j2")
        .render(
            rows=rows,
            style=style(),
            script=Markup((TEMPLATES / "cohort.js").read_text(encoding="utf-8")),  # our own file, not data
            state_words=STATE_WORDS,
        )
    )
    write_text(out / "index.html", page)


def _table(rows: Iterable[Row]) -> str:
    lines = ["\t".join(field.name for field in fields(Row))]
    lines.extend("\t".join(cell(value) for value in astuple(row)) for row in rows)
    return "\n".join(lines) + "\n"


def _row(report: Report) -> Row:
    verdict, sample = report.verdict, report.sample
    called = [f for f in report.fusions if f.kind == "kinase_fusion" and f.confidence != "low"]
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
        _joined(f"{b.gene} {b.event}" for b in report.bypass if b.state is State.DETECTED),
        _joined(t.drug for t in report.tki if t.call == "resistant"),
        _joined(t.drug for t in report.tki if t.call == "sensitive"),
        report.qc["pairs_total"],
        report.qc["control_fragments"],
        verdict.summary,
    )


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
