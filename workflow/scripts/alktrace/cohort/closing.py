"""The end of a run: what became of each sample, one line each, and cohort pages without those that failed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..model.records import ReportFindings
from ..model.words import STATE_WORDS
from ..runtime.adaptor import ERROR_MARK, INTERRUPT_MARK
from ..runtime.errors import InputError
from ..runtime.serialise import read_json
from .table import _row

SHOWN = 100  # finished samples named at the end of a run; all of them are on the cohort page
NOT_REACHED = "was not reached before the run stopped"
_DONE = re.compile(r" INFO done in [\d.]+ s$")


@dataclass(frozen=True)
class Files:
    """Where a sample's files lie, `{sample}` standing for its name: records of the stages, report.json, its views, and
    the folder of its logs."""

    records: Sequence[str]
    report: str
    views: Sequence[str]
    logs: str

    def paths(self, sample: str, *patterns: str) -> list[Path]:
        """Each pattern for one sample."""
        return [Path(pattern.replace("{sample}", sample)) for pattern in patterns]


def unfinished(samples: Iterable[str], files: Files) -> dict[str, str]:
    """Samples without a report of this state of their records, each with its reason (from its rules' logs)."""
    return {sample: _reason(sample, files) for sample in samples if not _is_finished(sample, files)}


def close_failed_run(samples: Sequence[str], files: Files, out: Path) -> list[str]:
    """After a run with errors: withdraw the reports of samples that failed, write the cohort pages with the others and
    the reasons, and return the closing lines. The next run makes the pages anew."""
    missing = unfinished(samples, files)
    finished = [sample for sample in samples if sample not in missing]
    for sample in missing:
        if _failed_since_its_report(sample, files):
            # A report of an earlier run must not outlive reads that turned out to be bad.
            for path in files.paths(sample, files.report, *files.views):
                path.unlink(missing_ok=True)
    lines = closing_lines(samples, files, missing)
    if not finished:
        return lines
    from .stage import write_cohort  # every start of Snakemake imports this module: what it needs stays light

    try:
        write_cohort([files.paths(sample, files.report)[0] for sample in finished], out, missing)
    except InputError as error:
        return [*lines, str(error)]
    for page in ("index.html", "summary.tsv", "carry_over.tsv", "identity.tsv"):
        _make_old(out / page)
    return lines


def close_run(samples: Sequence[str], files: Files, out: Path) -> list[str]:
    """Closing lines of a run without errors, which may have been asked for some files only."""
    made = [s for s in samples if all(path.exists() for path in files.paths(s, files.report, files.views[0]))]
    page = out / "index.html"
    return closing_lines(made, files, {}) + ([f"All samples side by side: {page.resolve()}"] if page.exists() else [])


def closing_lines(samples: Sequence[str], files: Files, failed: Mapping[str, str]) -> list[str]:
    """One line per sample: its verdict and page, or why there is none. A sample that the run was not asked for, so that
    it has no report, has no line."""
    made = [sample for sample in samples if files.paths(sample, files.report)[0].exists()]
    finished = [sample for sample in made if sample not in failed]
    lines = []
    for sample in finished[:SHOWN]:
        report, page = files.paths(sample, files.report, files.views[0])
        lines.append(f"{sample}: {_verdict(report)}: {page.resolve()}")
    if len(finished) > SHOWN:
        lines.append(f"... and {len(finished) - SHOWN} more samples: see the cohort page")
    lines += [f"{sample}: FAILED, {reason}" for sample, reason in failed.items() if reason != NOT_REACHED]
    waiting = sum(reason == NOT_REACHED for reason in failed.values())
    return lines + ([f"{waiting} samples: not reached; run the same command again"] if waiting else [])


def _verdict(report: Path) -> str:
    try:
        row = _row(read_json(report, ReportFindings))
    except InputError as error:
        return str(error)
    parts = {
        "ALK rearrangement": (row.alk_rearrangement, row.fusions),
        "kinase domain": (row.kinase_domain, row.mutations),
    }
    return "; ".join(
        f"{part} {STATE_WORDS[state]}" + (f" ({found})" if found else "") for part, (state, found) in parts.items()
    )


def _is_finished(sample: str, files: Files) -> bool:
    paths = files.paths(sample, *files.records, files.report, *files.views)
    if not all(path.exists() for path in paths):
        return False
    report = files.paths(sample, files.report)[0].stat().st_mtime
    return all(path.stat().st_mtime <= report for path in files.paths(sample, *files.records))


def _reason(sample: str, files: Files) -> str:
    """The newest error of the sample's logs; else which rule stopped without a word."""
    for log in _logs(sample, files):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line.split(ERROR_MARK, 1)[1] for line in lines if ERROR_MARK in line]
        if errors:
            return errors[-1]
        if lines and lines[-1].endswith(INTERRUPT_MARK):
            return NOT_REACHED
        if not lines or not _DONE.search(lines[-1]):
            return f"{log.stem} stopped without a reason of its own (killed, out of memory or time?); see {log}"
    return NOT_REACHED


def _logs(sample: str, files: Files) -> list[Path]:
    """Logs of a sample's rules, newest first."""
    folder = files.paths(sample, files.logs)[0]
    return sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)


def _failed_since_its_report(sample: str, files: Files) -> bool:
    (report,) = files.paths(sample, files.report)
    logs = _logs(sample, files)
    if _reason(sample, files) == NOT_REACHED or not report.exists():
        return False
    return logs[0].stat().st_mtime >= report.stat().st_mtime


def _make_old(path: Path) -> None:
    """Snakemake makes a file anew that is older than its inputs: these pages lack samples."""
    os.utime(path, (0, 0))
