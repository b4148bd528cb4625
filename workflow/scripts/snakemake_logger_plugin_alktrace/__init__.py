"""Snakemake's logger plugin `alktrace`: one steady line in a terminal, one quiet line for each finished step elsewhere.

Warnings, errors and dry runs read as Snakemake writes them.
"""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from snakemake.logging import DefaultFilter, DefaultFormatter
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

_NOISE = (
    *("Assuming", "Building DAG", "Complete log", "Conda environments", "Elapsed time", "Execute ", "Job stats"),
    *("Provided ", "Removing temporary", "Rules claiming", "Select jobs", "Using shell", "host: "),
)
_INTERRUPT = "Terminating processes on user request"
_STOPPED = "alktrace: stopped; the same command goes on where it was"
_STEP = re.compile(r"progress: +(\d+)% (.*)")  # runtime/progress.py
_TAIL = 4096  # bytes of a log in which its newest progress line is looked for
_POLL = 1.0  # seconds


def newest_progress(log: Path) -> tuple[int, str] | None:
    """Percent and text of the last progress line of a rule's log, if there is one."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - _TAIL))
            found = _STEP.findall(handle.read().decode("utf-8", "replace"))
    except OSError:
        return None
    return (int(found[-1][0]), found[-1][1]) if found else None


class LogHandler(LogHandlerBase):
    """What Snakemake tells, for people: how far the run is, what takes long and how far that is."""

    def __post_init__(self) -> None:
        self._console = Console(stderr=not self.common_settings.stdout, soft_wrap=True, highlight=False)
        quiet = self.common_settings.quiet or ()
        self._default = DefaultFormatter(quiet, self.common_settings.show_failed_logs)
        self._filter = DefaultFilter(quiet, self.common_settings.debug_dag, False, True, False)
        self._jobs: dict[int, tuple[str, list[Path]]] = {}
        self._done, self._total = 0, 0
        self._stopped = False  # by the user: nothing is a fault from then on
        self._bars: dict[int, TaskID] = {}
        self._ended = threading.Event()
        self._progress: Progress | None = None
        self._whole: TaskID | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record; anything unknown is left out rather than shown raw."""
        try:
            self._show(record)
        except Exception:  # a display must never stop a run
            self.handleError(record)

    def _show(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        handlers: dict[Any, Any] = {
            LogEvent.RUN_INFO: self._begin,
            LogEvent.JOB_INFO: self._job,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
        }
        if self.common_settings.dryrun or self.common_settings.verbose:
            if self._filter.filter(record):
                self._print(self._default.format(record))
        elif event in handlers:
            handlers[event](record)
        elif event in (None, LogEvent.ERROR):
            self._message(record)

    def _message(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if self._stopped:
            return
        if text.startswith(_INTERRUPT):
            self._stopped, text = True, _STOPPED
        if text and text != "None" and (record.levelno >= logging.WARNING or not text.startswith(_NOISE)):
            self._print(text)

    def _begin(self, record: logging.LogRecord) -> None:
        self._total = int(getattr(record, "stats", {}).get("total", 0))
        if self._console.is_terminal and self._progress is None and self._total:
            columns = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[text]}"))
            self._progress = Progress(*columns, TimeElapsedColumn(), console=self._console, transient=True)
            self._whole = self._progress.add_task("steps", total=self._total, text="")
            self._progress.start()
            threading.Thread(target=self._watch, daemon=True).start()

    def _job(self, record: logging.LogRecord) -> None:
        name = str(getattr(record, "rule_msg", None) or getattr(record, "rule_name", ""))
        self._jobs[getattr(record, "jobid", -1)] = name, [Path(log) for log in getattr(record, "log", None) or []]

    def _finish(self, record: logging.LogRecord) -> None:
        job = getattr(record, "job_id", -1)
        name, _ = self._jobs.pop(job, ("", []))
        self._done += 1
        if self._progress is None:
            self._print(f"{self._done}/{self._total} {name}".rstrip())
            return
        self._progress.update(self._whole or TaskID(0), completed=self._done, text=f"{self._done}/{self._total} {name}")
        if job in self._bars:
            self._progress.remove_task(self._bars.pop(job))

    def _fail(self, record: logging.LogRecord) -> None:
        name, logs = self._jobs.pop(getattr(record, "jobid", -1), (str(getattr(record, "rule_name", "")), []))
        if self._stopped:
            return
        self._print(f"failed: {name}" + (f" (log: {logs[0]})" if logs else ""))

    def _watch(self) -> None:
        """Follow the logs of the jobs under way, on whatever machine they run."""
        while not self._ended.wait(_POLL):
            for job, (name, logs) in list(self._jobs.items()):
                step = next((found for log in logs if (found := newest_progress(log))), None)
                if step is None or self._progress is None or job not in self._jobs:
                    continue
                if job not in self._bars:
                    self._bars[job] = self._progress.add_task(name, total=100, text="")
                self._progress.update(self._bars[job], completed=step[0], text=f"{step[0]}% {step[1]}")

    def _print(self, text: str) -> None:
        if text:
            self._console.print(text, markup=False)

    def close(self) -> None:
        """Take the bar away; called by Snakemake at the end."""
        self._ended.set()
        if self._progress is not None:
            self._progress.stop()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return True

    @property
    def has_formatter(self) -> bool:
        return True

    @property
    def needs_rulegraph(self) -> bool:
        return False
