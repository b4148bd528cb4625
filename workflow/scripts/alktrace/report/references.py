"""Numbered references of the page, in the order in which the text cites them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct, to_builtins

from ..model.words import UNKNOWN

Cited = Struct | Mapping[str, object]
_IDENTIFIER = re.compile(r"PMID:\s*\d+|PMC\d+|DOI:\s*[^\s;,)]+|dbSNP:\w+", re.IGNORECASE)


@dataclass
class Reference:
    """One publication; `read` and `recalled` count the cited table rows checked on the page and not checked."""

    number: int
    name: str
    title: str = ""
    read: int = 0
    recalled: int = 0

    @property
    def url(self) -> str | None:
        kind, _, value = self.name.partition(":")
        if kind == "PMID":
            return f"https://pubmed.ncbi.nlm.nih.gov/{value}/"
        if kind == "DOI":
            return f"https://doi.org/{value}"
        if kind.startswith("PMC"):
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{kind}/"
        return None

    @property
    def checked(self) -> str:
        """What was checked, in words."""
        if not self.recalled:
            return "read on the source page"
        return (
            "partly read on the source page, partly recalled" if self.read else "recalled, not read on the source page"
        )


@dataclass
class References:
    """Collects what is cited. Each publication has one number."""

    found: dict[str, Reference] = field(default_factory=dict)
    _rows: set[tuple[str, str]] = field(default_factory=set)

    def cite(self, cited: Cited | Iterable[Cited] | None) -> list[Reference]:
        """The publications, each once, of reference records, records with `reference` and `verified`, or table rows.

        One of them may stand without a list.
        """
        listed = [cited] if isinstance(cited, (Struct, Mapping)) else list(cited or [])
        found = {}
        for one in listed:
            row = one if isinstance(one, Mapping) else to_builtins(one)
            for name in identifiers(str(row.get("reference") or row.get("id") or "")):
                if name != UNKNOWN:
                    found[name] = self._add(name, row)
        return sorted(found.values(), key=lambda reference: reference.number)

    def _add(self, name: str, row: Mapping[str, object]) -> Reference:
        reference = self.found.setdefault(name, Reference(len(self.found) + 1, name))
        reference.title = reference.title or str(row.get("title") or "")
        key = (name, repr(sorted((str(k), str(v)) for k, v in row.items())))
        if key not in self._rows:
            self._rows.add(key)
            if row.get("verified") == "page":
                reference.read += 1
            else:
                reference.recalled += 1
        return reference


def identifiers(text: str) -> list[str]:
    """PMID, PMC, DOI and dbSNP identifiers of a text, each once, kind in capitals; the text itself when it has none."""
    names = []
    for match in _IDENTIFIER.findall(text):
        kind, colon, value = match.partition(":")
        name = f"{kind if kind == 'dbSNP' else kind.upper()}{colon}{value.strip().rstrip('.')}"
        if name not in names:
            names.append(name)
    return names or ([text.strip()] if text.strip() else [])
