"""Records to and from JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from alktrace.runtime.errors import InputError
from alktrace.runtime.serialise import read_json, write_json


class Link(Struct):
    with_: str = field(name="with")
    counts: dict[str, bool]
    share: float = 0.0


HOSTILE_KEYS = st.sampled_from(['a"with', '\\"with', "with:", '"with":', "\\", '{"with": 1}', "a\nb"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(name=TEXT, keys=st.lists(st.one_of(HOSTILE_KEYS, TEXT), unique=True))
def test_records_come_back_whole(tmp_path_factory: pytest.TempPathFactory, name: str, keys: list[str]) -> None:
    link = Link(name, {key: key == "" for key in keys})
    path = tmp_path_factory.getbasetemp() / "link.json"
    write_json(link, path)
    assert json.loads(path.read_text(encoding="utf-8"))["with"] == link.with_
    assert read_json(path, Link) == link


@pytest.mark.parametrize("text", ["", "{", "[]", '{"with": 1, "counts": {}}', '{"with": "a"}', '{"with": NaN}', "\x00"])
def test_other_text_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "link.json").write_text(text)
    with pytest.raises(InputError, match="link.json: not a Link record") as caught:
        read_json(tmp_path / "link.json", Link)
    assert "\n" not in str(caught.value)


def test_text_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "link.json").write_bytes(b'{"with": "\xff", "counts": {}}')
    with pytest.raises(InputError, match="not a Link record"):
        read_json(tmp_path / "link.json", Link)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_not_written(tmp_path: Path, number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(Link("a", {}, number), tmp_path / "link.json")
    assert list(tmp_path.iterdir()) == []
