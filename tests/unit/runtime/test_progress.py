"""Lines of progress, and the plugin that shows the newest."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from alktrace.runtime.progress import Progress
from snakemake_logger_plugin_alktrace import newest_progress


def test_one_line_when_due_with_share_rate_and_time_left(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([0.0, 1.0, 10.0, 11.0])
    progress = Progress(1000, "pairs", clock=lambda: next(times))
    with caplog.at_level(logging.INFO):
        for done, count in ((100, 50), (250, 2000), (300, 2100)):
            progress.update(done, count)
    assert caplog.messages == ["progress: 25% of bytes, 2,000 pairs, 200/s, 30 s left"]


def test_an_empty_file_has_no_progress(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([0.0, 10.0])
    with caplog.at_level(logging.INFO):
        Progress(0, "reads", clock=lambda: next(times)).update(0, 0)
    assert not caplog.messages


def test_plugin_reads_the_newest_line_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "recruit_reads.log"
    assert newest_progress(log) is None
    log.write_text("x" * 9000 + "\n10:00:00 INFO progress: 3% of bytes, 1 pairs, 1/s\n")
    assert newest_progress(log) == (3, "of bytes, 1 pairs, 1/s")
    with log.open("a") as handle:
        handle.write("10:00:05 INFO progress: 40% of bytes, 5 pairs, 1/s, 7 s left\n")
    assert newest_progress(log) == (40, "of bytes, 5 pairs, 1/s, 7 s left")
