"""The cache of compiled code: where it lies, and that a damaged or contested one does no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alktrace.runtime import jit

LOAD = """
import sys
from alktrace.runtime import jit
kernels = jit.load_kernels({"merge": "alktrace.recruit.kernels.pairs"})
print("numba" in sys.modules, len(kernels))
"""


def start(scripts: Path, cache: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(scripts), "NUMBA_CACHE_DIR": str(cache)}
    return subprocess.Popen([sys.executable, "-c", LOAD], env=environment, stdout=subprocess.PIPE, text=True)


def test_racing_jobs_damage_and_second_start(root: Path, tmp_path: Path) -> None:
    scripts = root / "workflow" / "scripts"
    racing = [start(scripts, tmp_path) for _ in range(2)]
    assert [p.communicate()[0] for p in racing] == ["True 1\n"] * 2
    (kernel,) = tmp_path.glob("*.kernel")
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    whole = kernel.read_bytes()
    assert start(scripts, tmp_path).communicate()[0] == "False 1\n"  # numba is not even imported
    kernel.write_bytes(whole[:-100])
    assert start(scripts, tmp_path).communicate()[0] == "True 1\n"
    assert len(kernel.read_bytes()) == len(whole)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_order_of_cache_directories(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert jit.set_cache_dir() == elsewhere / "home" / ".cache" / "alktrace"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere / "xdg"))
    assert jit.set_cache_dir() == elsewhere / "xdg" / "alktrace"
    assert os.environ["NUMBA_CACHE_DIR"] == str(elsewhere / "xdg" / "alktrace")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(elsewhere / "mine"))
    assert jit.set_cache_dir() == elsewhere / "mine"


def test_home_that_cannot_be_written(elsewhere: Path) -> None:
    (elsewhere / "home").write_text("a file where the directory should be")
    assert jit.set_cache_dir() == elsewhere / "work" / ".kernels"
