"""Every sentence is in the table and can be found by its key: no key is missing, none is left over, none is put
together."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from alktrace.knowledge.sentences import read_sentences, saying
from alktrace.runtime.errors import InputError
from screen_cases import KNOWLEDGE, ROOT

LIBRARY = ROOT / "workflow" / "scripts" / "alktrace"
SPEAKERS = {"say", "saying", "Said", "Obstacle"}  # their first argument is a key


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(LIBRARY.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def spoken() -> Iterator[tuple[str, ast.expr]]:
    """File and first argument of each call that says something."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in SPEAKERS:
                    yield f"{path.name}:{node.lineno}", node.args[0]


def test_every_key_that_is_said_exists() -> None:
    templates = read_sentences(KNOWLEDGE).templates
    said = [(where, key.value) for where, key in spoken() if isinstance(key, ast.Constant)]
    assert len(said) > 50
    assert [(where, key) for where, key in said if key not in templates] == []


def test_no_key_is_put_together() -> None:
    assert [where for where, key in spoken() if isinstance(key, ast.JoinedStr | ast.BinOp)] == []


def test_every_key_of_the_table_is_used() -> None:
    words = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    templates = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow" / "report").rglob("*.j2"))
    unused = [key for key in read_sentences(KNOWLEDGE).templates if key not in words and f"'{key}'" not in templates]
    assert unused == []


def test_a_missing_key_is_an_error() -> None:
    with pytest.raises(InputError, match="row no_such_sentence is missing"):
        read_sentences(KNOWLEDGE).word(saying("no_such_sentence"))
