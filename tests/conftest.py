"""Fixtures every test may use."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
sys.path[:0] = [str(SCRIPTS), str(ROOT / "tests")]  # tests/*_cases.py hold records that several tests share

# Compiled code is kept between test runs.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "kernels"))

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def shared(root: Path) -> Path:
    """Folder of facts and real data beside the project; tests that need it are skipped where it is missing."""
    folder = root.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder ../shared with facts and real data beside the project")
    return folder


@pytest.fixture(scope="session")
def snakemake_command() -> Callable[..., list[str]]:
    """The user's call: `snakemake --configfile C --cores N --directory D`."""

    def command(directory: Path, config: Path, *options: str, cores: int = 2) -> list[str]:
        words = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--configfile", str(config)]
        return [*words, "--cores", str(cores), "--directory", str(directory), *options]

    return command


@pytest.fixture(scope="session")
def run_workflow(tmp_path_factory: pytest.TempPathFactory, snakemake_command: Callable[..., list[str]]) -> Run:
    """Run the workflow from a folder of no meaning; returns the finished process with stdout and stderr together."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(directory: Path, config: Path, *options: str, cores: int = 2) -> subprocess.CompletedProcess[str]:
        command = snakemake_command(directory, config, *options, cores=cores)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run(command, cwd=elsewhere, text=True, check=False, timeout=900, **streams)  # type: ignore[call-overload]

    return run


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory, run_workflow: Run) -> Path:
    """Folder of the demo data (config.yaml, truth.json ...) with the results of a run on two cores.

    Made once a test run, also with several workers.
    """
    shared_by_workers = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared_by_workers = shared_by_workers.parent
    folder = shared_by_workers / "demo run"
    with (shared_by_workers / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make = [sys.executable, "-m", "alktrace.simulate", "demo", "--out", str(folder)]
            subprocess.run(make, check=True, env={**os.environ, "PYTHONPATH": str(SCRIPTS)})
            run_workflow(folder, folder / "config.yaml")
    return folder


@pytest.fixture(scope="session")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel of this project and, by a path file, the dependencies of this one."""
    pytest.importorskip("hatchling", reason="hatchling is not installed (requirements-dev.lock)")
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(root)]
    subprocess.run(build, check=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    install = [*pip, "--python", str(environment / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, cwd=folder)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment
