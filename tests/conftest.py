"""Fixtures every test may use."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]


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
