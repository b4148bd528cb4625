"""The list of faults in docs/reliability.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from fuzz.parsers import PARSERS


def test_every_named_test_exists(root: Path) -> None:
    text = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", text)
    assert len(named) > 40
    for path, test in named:
        assert re.search(rf"^def {test}\(", (root / path).read_text(encoding="utf-8"), re.MULTILINE), (path, test)


def test_every_row_names_a_test(root: Path) -> None:
    rows = [line for line in (root / "docs" / "reliability.md").read_text("utf-8").splitlines() if line[:2] == "| "]
    rows = [row for row in rows if not row.startswith(("| ---", "| fault", "| attack", "| change"))]
    assert all("::test_" in row for row in rows)


def test_every_reader_is_named(root: Path) -> None:
    text = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [name for name in PARSERS if f"`{name}`" not in text] == []
