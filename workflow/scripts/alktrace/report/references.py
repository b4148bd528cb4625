"""Numbered references of the page, in the order in which the text cites them.

Only table rows that were read at their source are cited; the others stand in report.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct, to_builtins

from ..knowledge.publications import Publication
from ..model.words import UNKNOWN

Cited = Struct | Mapping[str, object]
_IDENTIFIER = re.compile(r"PMID:\s*\d+|PMC\d+|DOI:\s*[^\s;,)]+|dbSNP:\w+", re.IGNORECASE)


@dataclass
class Reference:
    """One publication; `name` is its identifier, `text` author, journal and year, empty where they are not known."""

    number: int
    name: str
    text: str = ""
    page: str = ""

    @property
    def url(self) -> str | None:
        kind, _, value = self.name.partition(":")
        if self.page:
            return self.page
        if kind == "PMID":
            return f"https://pubmed.ncbi.nlm.nih.gov/{value}/"
        if kind == "DOI":
            return f"https://doi.org/{value}"
        if kind.startswith("PMC"):
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{kind}/"
        return None


@dataclass
class References:
    """Collects what is cited; `known` are papers by identifier. Each publication has one number."""

    known: Mapping[str, Publication]
    found: dict[str, Reference] = field(default_factory=dict)

    def cite(self, cited: Cited | Iterable[Cited] | None) -> list[Reference]:
        """The publications, each once, of reference records, records with `reference` and `verified`, or table rows.

        One of them may stand without a list.
        """
        listed = [cited] if isinstance(cited, (Struct, Mapping)) else list(cited or [])
        found = {}
        for one in listed:
            row = one if isinstance(one, Mapping) else to_builtins(one)
            if row.get("verified") != "page":
                continue
            for name in identifiers(str(row.get("reference") or row.get("id") or "")):
                if name != UNKNOWN:
                    found[name] = self._add(name, str(row.get("url") or ""))
        return sorted(found.values(), key=lambda reference: reference.number)

    def _add(self, name: str, url: str) -> Reference:
        paper = self.known.get(name)
        new = Reference(len(self.found) + 1, name, paper.text if paper else "", url)
        return self.found.setdefault(name, new)


def identifiers(text: str) -> list[str]:
    """PMID, PMC, DOI and dbSNP identifiers of a text, each once, kind in capitals; the text itself when it has none."""
    names = []
    for match in _IDENTIFIER.findall(text):
        kind, colon, value = match.partition(":")
        name = f"{kind if kind == 'dbSNP' else kind.upper()}{colon}{value.strip().rstrip('.')}"
        if name not in names:
            names.append(name)
    return names or ([text.strip()] if text.strip() else [])
