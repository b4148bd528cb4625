"""Records to and from JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alktrace.runtime.errors import InputError
from alktrace.runtime.serialise import read_json, to_plain, write_json


@dataclass
class Link:
    with_: str = field(metadata={"json": "with"})
    counts: dict[str, Any]


HOSTILE_KEYS = st.sampled_from(['a"with', '\\"with', "with:", '"with":', "\\", '{"with": 1}', "a\nb"])


@given(name=st.text(), keys=st.lists(st.one_of(HOSTILE_KEYS, st.text().filter(lambda k: k != "with")), unique=True))
def test_records_come_back_whole(tmp_path_factory: pytest.TempPathFactory, name: str, keys: list[str]) -> None:
    link = Link(name.encode("utf-8", "ignore").decode(), {k.encode("utf-8", "ignore").decode(): k == "" for k in keys})
    path = tmp_path_factory.getbasetemp() / "link.json"
    write_json(link, path)
    assert json.loads(path.read_text(encoding="utf-8"))["with"] == link.with_
    assert read_json(path, Link) == link
    path.write_text(json.dumps(to_plain(link), separators=(",", ":")), encoding="utf-8")
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
