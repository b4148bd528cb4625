"""The cache: an entry appears whole, whoever makes it and however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alktrace.reference.cache import cached, entry_key, link
from alktrace.runtime.errors import InputError

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"
MAKER = """
import sys, time
from pathlib import Path
from alktrace.reference.cache import cached
def make(folder):
    print("making", flush=True)
    (folder / "f").write_text("half")
    time.sleep(float(sys.argv[2]))
    (folder / "f").write_text("whole")
print(cached(Path(sys.argv[1]), "k", ("f",), make)["f"].read_text(), flush=True)
"""


def start(folder: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAKER, str(folder), str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "k").iterdir())


def test_second_run_waits_for_the_first_and_uses_its_file(tmp_path: Path) -> None:
    first = start(tmp_path, 2)
    assert first.stdout is not None
    assert first.stdout.readline() == "making\n"
    second = start(tmp_path, 0)
    assert second.communicate()[0] == "whole\n"
    assert first.communicate()[0] == "whole\n"
    assert names(tmp_path) == ["f", "f.sha256", "lock"]


def test_a_killed_run_blocks_nobody_and_leaves_nothing(tmp_path: Path) -> None:
    first = start(tmp_path, 600)
    assert first.stdout is not None
    assert first.stdout.readline() == "making\n"
    second = start(tmp_path, 0)
    time.sleep(0.5)
    assert second.poll() is None
    first.send_signal(signal.SIGKILL)
    assert second.communicate()[0] == "making\nwhole\n"
    first.communicate()
    assert names(tmp_path) == ["f", "f.sha256", "lock"]


def test_damaged_file_is_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "f").write_text("whole")

    path = cached(tmp_path, "k", ("f",), make)["f"]
    assert cached(tmp_path, "k", ("f",), make)["f"] == path
    assert len(made) == 1
    path.write_text("wh0le")
    assert cached(tmp_path, "k", ("f",), make)["f"].read_text() == "whole"
    assert len(made) == 2
    assert "is damaged and is made again" in caplog.text


def test_failed_making_leaves_no_file(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "f").write_text("half")
        raise InputError("no")

    with pytest.raises(InputError):
        cached(tmp_path, "k", ("f",), make)
    assert names(tmp_path) == ["lock"]


def test_key_follows_sources_and_code() -> None:
    keys = {entry_key({"fasta": a}, *packages) for a in "ab" for packages in (("genome",), ("genome", "align"))}
    assert len(keys) == 4
    assert entry_key({"fasta": "a"}, "genome") in keys


def test_link_replaces_what_is_there(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name)
        link(tmp_path / name, tmp_path / "sub" / "link")
    assert (tmp_path / "sub" / "link").read_text() == "b"
