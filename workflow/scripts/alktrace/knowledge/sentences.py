"""Every sentence of a report, by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..model.words import UNKNOWN
from ..runtime.errors import InputError


@dataclass(frozen=True)
class Sentences:
    """Templates by id. `say` fills one in; a template that was deleted leaves "unknown"."""

    templates: dict[str, str]

    def say(self, key: str, **fields: Any) -> str:
        """The sentence `key` with its fields. Raises InputError when the template names a field that it has not."""
        template = self.templates.get(key)
        if template is None:
            return UNKNOWN
        try:
            return template.format(**fields)
        except (KeyError, IndexError, ValueError) as error:
            known = ", ".join(sorted(fields)) or "none"
            raise InputError(f"sentences.tsv: row {key}: {error} cannot be filled in; use only: {known}") from error
