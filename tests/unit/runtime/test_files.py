"""Files that appear whole or not at all, temporary folders that a killed run leaves, and folders of code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alktrace.runtime import jit
from alktrace.runtime.errors import InputError
from alktrace.runtime.files import write_text, written_whole
from alktrace.runtime.scratch import scratch_folder


def test_a_failed_writing_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_text(path, "one")
    with pytest.raises(OSError, match="full"), written_whole(path) as partial:
        partial.write_text("tw")
        raise OSError("disk is full")
    assert path.read_text() == "one"
    assert [p.name for p in path.parent.iterdir()] == ["report.json"]


def test_links_are_replaced_and_never_followed(tmp_path: Path) -> None:
    """Neither a link at the name of the file, nor one at any name that another run could have used before it."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("report.json", ".report.json.partial", ".report.json.0123456789abcdef.partial"):
        (out / name).symlink_to(precious)
    write_text(out / "report.json", "report")
    assert precious.read_text() == "mine"
    assert (out / "report.json").read_text() == "report" and not (out / "report.json").is_symlink()


def test_what_a_killed_run_left_is_removed_and_rights_are_the_users(tmp_path: Path) -> None:
    (tmp_path / ".a[1].tsv.00.partial").write_text("half")
    (tmp_path / ".b.tsv.00.partial").write_text("of another file")
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "a[1].tsv", "whole")
    finally:
        os.umask(old)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.tsv.00.partial", "a[1].tsv"]
    assert (tmp_path / "a[1].tsv").stat().st_mode & 0o777 == 0o640


# ---------------------------------------------------------------- temporary folders
HOLD = """
import sys, time
from pathlib import Path
from alktrace.runtime.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1]), "align") as folder:
    (folder / "large").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""


def hold(out: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(out)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


@pytest.mark.parametrize("place", ["", "fast"])
def test_folders_of_killed_runs_are_removed_those_of_others_stay(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(root / "workflow" / "scripts"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / place) if place else "/tmp")
    (tmp_path / "fast").mkdir()
    out = tmp_path / "work" / "s1" / "recruited.fq.gz"
    killed, left = hold(out)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert (left / "large").exists()
    assert left.parent == (tmp_path / place if place else out.parent)
    living, kept = hold(out)
    try:
        assert not left.exists()
        with scratch_folder(out, "reads") as other, scratch_folder(out, "align") as own:
            assert own.is_dir() and other.is_dir() and (kept / "large").exists()
        assert not own.exists() and not other.exists() and (kept / "large").exists()
    finally:
        living.kill()
        living.wait()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (left.parent / "alktrace-align-x").symlink_to(elsewhere)
    with scratch_folder(out, "align"):
        assert not kept.exists() and elsewhere.is_dir()


# ---------------------------------------------------------------- compiled code
def test_code_that_others_could_have_written_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shared, home = tmp_path / "shared", tmp_path / "home"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(shared))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home))
    assert jit.set_cache_dir() == home / "alktrace"
    assert "shared: others may write there" in caplog.text
    kernel = home / "alktrace" / "x.kernel"
    rest = b"symbol 1\ncode"
    kernel.write_bytes(jit.hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
    kernel.chmod(0o644)
    assert jit._is_whole(kernel)
    kernel.chmod(0o666)
    assert not jit._is_whole(kernel)


def test_messages_are_one_line_without_control_characters() -> None:
    assert str(InputError("a\x1b[2Jb\nc\u202ed\x00")) == "a?[2Jb c?d?"


def test_folder_inside_a_folder_of_the_same_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stages of a rule nest their folders: the inner one may not wait for the lock of the outer one."""
    monkeypatch.delenv("TMPDIR", raising=False)
    with (
        scratch_folder(tmp_path / "record.json", "reads") as outer,
        scratch_folder(outer / "recruited.fq.gz", "align") as inner,
    ):
        assert inner.parent == outer
    assert list(tmp_path.iterdir()) == []
