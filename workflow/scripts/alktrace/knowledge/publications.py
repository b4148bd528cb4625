"""Publications by identifier (publications.tsv): what a reader needs to find the paper."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .table import Verified, check_sources, check_unique, read_rows


@dataclass(frozen=True)
class Publication:
    """One paper. `id` as the other tables cite it ("PMID:28122866"); `author` the first one; `journal` abbreviated,
    empty where it is not known; `reference` where author, journal and year were read."""

    id: str
    author: str
    journal: str
    year: str
    reference: str
    verified: Verified

    @property
    def text(self) -> str:
        """ "Lin et al., Cancer Discov 2017" """
        return f"{self.author} et al., {self.journal} {self.year}".replace("  ", " ")


def read_publications(folder: Path) -> dict[str, Publication]:
    """Papers by identifier. Raises InputError for a faulty table."""
    path = folder / "publications.tsv"
    rows = read_rows(path, Publication)
    check_sources(path, rows)
    check_unique(path, "id", rows)
    return {row.id: row for row in rows}
