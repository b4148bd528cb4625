"""What the interpretation decides, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass

from ..knowledge.sentences import Said, Sentences
from ..model.records import Finding
from ..model.vocabulary import State


@dataclass(frozen=True)
class Outcome:
    """A decided finding. `said` is its reason; `summary` what only the summary adds to it."""

    state: State
    said: tuple[Said, ...]
    limit: float | None
    summary: tuple[Said, ...] = ()

    def finding(self, sentences: Sentences) -> Finding:
        """The verdict of report.json."""
        return Finding(self.state, sentences.word(self.said), self.limit)
