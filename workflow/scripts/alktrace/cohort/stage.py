"""The cohort: one row a sample, as a table (`summary.tsv`), as a page to sort and filter (`index.html`) and for MultiQC
(`alktrace_mqc.json`); for each patient with more than one sample a page (`patients/`), and one with its record for each
time point with RNA and DNA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from ..knowledge.evidence import Knowledge
from ..model.combined import CombinedReport
from ..model.records import FileRecord, Report, ReportFindings
from ..model.words import STATE_WORDS
from ..report.templates import environment, script_digest, style
from ..runtime.files import write_text
from ..runtime.paths import KNOWLEDGE, TEMPLATES
from ..runtime.provenance import file_digest
from ..runtime.serialise import read_json, write_json
from .carry_over import carry_over, carry_over_table
from .combined import combine
from .combined_page import combined_page
from .identity import identities, identity_table
from .multiqc import multiqc
from .names import combined_groups, combined_stem, file_name
from .patient_page import patient_page
from .table import _row, _table


def write_cohort(reports: Sequence[Path], out: Path, failed: Mapping[str, str] | None = None) -> None:
    """Write summary.tsv, carry_over.tsv, identity.tsv, index.html, alktrace_mqc.json and patients/* into `out`, from
    the samples' report.json.

    Rows are in the order of `reports`, which is also the order in time of one patient's samples. Pages of patients that
    are no longer among them are removed. `failed` are samples without a report and why. Raises
    InputError when a file is not a report.
    """
    found = {path: read_json(path, ReportFindings) for path in reports}
    rows = [_row(report) for report in found.values()]
    patients = _patients(found)
    knowledge = Knowledge.load(KNOWLEDGE)
    combined = _combined(found, knowledge)
    pairs = identities(list(found.values()), knowledge.sentences)
    pages = {
        file_name(name): patient_page(
            name,
            _series(found, paths),
            knowledge.sentences,
            [(t, s) for (p, t), (s, _) in combined.items() if p == name],
            [pair for pair in pairs if pair.patient == name],
        )
        for name, paths in patients.items()
    }
    carried = carry_over(list(found.values()), knowledge.sentences)
    for (patient, _), (stem, record) in combined.items():
        samples = {sample.id for sample in record.samples}
        strange = [p.text for p in pairs if p.verdict == "mismatch" and {p.sample, p.other} <= samples]
        pages[f"{stem}.html"] = combined_page(record, stem, file_name(patient), strange)
    script = (TEMPLATES / "cohort.js").read_text(encoding="utf-8")
    index = (
        environment()
        .get_template("cohort.html.j2")
        .render(
            rows=rows,
            failed=failed or {},
            carried=carried,
            strangers=[pair for pair in pairs if pair.verdict == "mismatch"],
            patients={name: file_name(name) for name in patients},
            combined={key: stem for key, (stem, _) in combined.items()},
            style=style(),
            script=Markup(script),  # our own file, not data
            digest=script_digest(script),
            state_words=STATE_WORDS,
        )
    )
    folder = out / "patients"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        write_text(folder / name, page)
    for stem, record in combined.values():
        write_json(record, folder / f"{stem}.json")
    made = {*pages, *(f"{stem}.json" for stem, _ in combined.values())}
    for old in [*folder.glob("*.html"), *folder.glob("*.json")]:
        if old.name not in made:
            old.unlink()
    write_text(out / "identity.tsv", identity_table(pairs))
    write_text(out / "carry_over.tsv", carry_over_table(carried))
    write_text(out / "summary.tsv", _table(rows, failed or {}))
    write_json(multiqc(rows), out / "alktrace_mqc.json")
    write_text(out / "index.html", index)


def _combined(
    reports: Mapping[Path, ReportFindings], knowledge: Knowledge
) -> dict[tuple[str, str], tuple[str, CombinedReport]]:
    """File stem and record of each patient and time point with RNA and DNA."""
    made = {}
    for patient, timepoint in sorted(combined_groups(r.sample for r in reports.values())):
        paths = [p for p, r in reports.items() if (r.sample.patient, r.sample.timepoint) == (patient, timepoint)]
        whole = {path: read_json(path, Report) for path in paths}
        files = {report.sample.id: FileRecord(path.name, file_digest(path)) for path, report in whole.items()}
        record = combine(list(whole.values()), files, knowledge)
        pairs = identities(list(whole.values()), knowledge.sentences)
        record.notes += [pair.text for pair in pairs]
        made[patient, timepoint] = (combined_stem(patient, timepoint), record)
    return made


def _patients(reports: Mapping[Path, ReportFindings]) -> dict[str, list[Path]]:
    """Patients with at least two samples, in order of first appearance. An empty name is nobody's."""
    named: dict[str, list[Path]] = {}
    for path, report in reports.items():
        if report.sample.patient:
            named.setdefault(report.sample.patient, []).append(path)
    return {name: paths for name, paths in named.items() if len(paths) > 1}


def _series(reports: Mapping[Path, ReportFindings], paths: Sequence[Path]) -> list[ReportFindings]:
    """One patient's reports, with their codons where there is a change to look for."""
    changed = any(reports[path].mutations for path in paths)
    return [read_json(path, Report) if changed else reports[path] for path in paths]
