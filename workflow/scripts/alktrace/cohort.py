"""The cohort: one row a sample, as a table (`summary.tsv`), as a page to sort and filter (`index.html`) and for MultiQC
(`alktrace_mqc.json`); one page for each patient with more than one sample (`patients/`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from .bypass import detected_name
from .knowledge import Sentences, read_table
from .models import BypassEvent, Fusion, Mutation, Report, SampleInfo, State, TkiCall, Verdict
from .serialise import read_json, write_json, write_text
from .verdict import kinase_fusions
from .views.answers import STATE_WORDS, fusion_label
from .views.escape import cell
from .views.html import TEMPLATES, environment, style
from .views.patient import file_name, patient_page

TARGET = "ALK"
KNOWLEDGE = Path(__file__).parents[3] / "resources" / "knowledge"


@dataclass
class ReportFindings:
    """Report without its codons, which are most of report.json and which only changes over time ask for."""

    schema_version: str
    sample: SampleInfo
    verdict: Verdict
    fusions: list[Fusion]
    mutations: list[Mutation]
    tki: list[TkiCall]
    bypass: list[BypassEvent]
    qc: dict[str, Any]
    provenance: dict[str, Any]


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
    resistant: str
    sensitive: str
    pairs_total: int
    control_fragments: int
    summary: str


def write_cohort(reports: Sequence[Path], out: Path) -> None:
    """Write summary.tsv, index.html, alktrace_mqc.json and patients/*.html into `out` from report.json files.

    Rows are in the order of `reports`, which is also the order in time of one patient's samples. Pages of patients that
    are no longer among them are removed. Raises InputError when a file is not a report.
    """
    found = {path: Report(screened=[], **vars(read_json(path, ReportFindings))) for path in reports}
    rows = [_row(report) for report in found.values()]
    patients = _patients(found)
    sentences = read_table(KNOWLEDGE / "sentences.tsv", ("id", "text"))
    said = Sentences({row["id"]: row["text"] for row in sentences})
    pages = {file_name(name): patient_page(name, _series(found, paths), said) for name, paths in patients.items()}
    index = (
        environment()
        .get_template("cohort.html.j2")
        .render(
            rows=rows,
            patients={name: file_name(name) for name in patients},
            style=style(),
            script=Markup((TEMPLATES / "cohort.js").read_text(encoding="utf-8")),  # our own file, not data
            state_words=STATE_WORDS,
        )
    )
    folder = out / "patients"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        write_text(folder / name, page)
    for old in folder.glob("*.html"):
        if old.name not in pages:
            old.unlink()
    write_text(out / "summary.tsv", _table(rows))
    write_json(multiqc(rows), out / "alktrace_mqc.json")
    write_text(out / "index.html", index)


def _patients(reports: Mapping[Path, Report]) -> dict[str, list[Path]]:
    """Patients with at least two samples, in order of first appearance. An empty name is nobody's."""
    named: dict[str, list[Path]] = {}
    for path, report in reports.items():
        if report.sample.patient:
            named.setdefault(report.sample.patient, []).append(path)
    return {name: paths for name, paths in named.items() if len(paths) > 1}


def _series(reports: Mapping[Path, Report], paths: Sequence[Path]) -> list[Report]:
    """One patient's reports, with their codons where there is a change to look for."""
    changed = any(reports[path].mutations for path in paths)
    return [read_json(path, Report) if changed else reports[path] for path in paths]


def multiqc(rows: Sequence[Row]) -> dict[str, Any]:
    """MultiQC custom content: a table with one row a sample. Text is escaped, because MultiQC shows it as HTML.

    MultiQC cuts the names of `data` at file endings (`a.bam` becomes `a`) and lets one of two rows with the same rest
    win. Data in a list keep their names, so they stand in one where names are alike up to their first dot.
    """
    columns = {
        "alk_rearrangement": ("ALK fusion", "State of the ALK rearrangement"),
        "fusions": ("Variant", "ALK kinase fusions of medium or high confidence"),
        "kinase_domain": ("Kinase domain", "State of the ALK kinase domain"),
        "mutations": ("Changes", "Called changes of ALK"),
        "bypass": ("Bypass", "State of the bypass tracks"),
        "resistant": ("Resistance reported", "Inhibitors with reported resistance to what was found"),
        "pairs_total": ("Read pairs", "Read pairs in the FASTQ"),
        "control_fragments": ("Control fragments", "Unique fragments of the control genes"),
    }
    data = {row.sample: {key: _shown(getattr(row, key)) for key in columns} for row in rows}
    return {
        "id": "alktrace",
        "section_name": "alktrace",
        "description": "ALK fusions and kinase-domain changes. Research use only.",
        "plot_type": "table",
        "pconfig": {"id": "alktrace_table", "title": "alktrace: results", "no_violin": True},
        "headers": {key: {"title": title, "description": words} for key, (title, words) in columns.items()},
        "data": data if len({name.partition(".")[0] for name in data}) == len(data) else [data],
    }


def _shown(value: object) -> object:
    if isinstance(value, State):
        return STATE_WORDS[value]
    return str(escape(value)) if isinstance(value, str) else value


def _table(rows: Iterable[Row]) -> str:
    lines = ["\t".join(field.name for field in fields(Row))]
    lines.extend("\t".join(cell(value) for value in astuple(row)) for row in rows)
    return "\n".join(lines) + "\n"


def _row(report: Report) -> Row:
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
        _joined(t.drug for t in report.tki if t.call == "resistant"),
        _joined(t.drug for t in report.tki if t.call == "sensitive"),
        report.qc["pairs_total"],
        report.qc["control_fragments"],
        verdict.summary,
    )


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)
