"""Every sentence of a report, by key.

A stage of the interpretation decides first and hands over a `Said`: the key of a row of sentences.tsv and the fields
that go into it. `Sentences.word` is the one place where it becomes text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..runtime.errors import InputError
from .table import check_unique, read_rows


@dataclass(frozen=True)
class Said:
    """What is to be said: a key of sentences.tsv and its fields. A field may itself be a `Said`, or several."""

    key: str
    fields: dict[str, Any] = field(default_factory=dict)


def saying(key: str, **fields: Any) -> Said:
    """A `Said` from keyword fields."""
    return Said(key, fields)


@dataclass(frozen=True)
class Template:
    """One row of sentences.tsv; `{name}` in `text` stands for a field."""

    id: str
    section: str
    text: str


@dataclass(frozen=True)
class Sentences:
    """Templates by id."""

    templates: dict[str, str]

    def say(self, key: str, **fields: Any) -> str:
        """The sentence `key` with its fields. Raises InputError when the table lacks the key, or when the template
        names a field that the sentence has not."""
        template = self.templates.get(key)
        if template is None:
            raise InputError(f"sentences.tsv: row {key} is missing; restore it")
        try:
            return template.format(**{name: self._text(value) for name, value in fields.items()})
        except (KeyError, IndexError, ValueError) as error:
            known = ", ".join(sorted(fields)) or "none"
            raise InputError(f"sentences.tsv: row {key}: {error} cannot be filled in; use only: {known}") from error

    def word(self, said: Said | Iterable[Said]) -> str:
        """Outcomes as text, sentences joined by a blank."""
        each = [said] if isinstance(said, Said) else said
        return " ".join(self.say(one.key, **one.fields) for one in each)

    def _text(self, value: Any) -> Any:
        return self.word(value) if isinstance(value, Said) else value


def read_sentences(folder: Path) -> Sentences:
    """sentences.tsv of `folder`. Raises InputError naming file, row and column of the first fault."""
    path = folder / "sentences.tsv"
    rows = read_rows(path, Template)
    check_unique(path, "id", rows)
    return Sentences({row.id: row.text for row in rows})
