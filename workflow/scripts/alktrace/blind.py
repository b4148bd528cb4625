"""Codons that recruiting cannot see: all k-mers over them were masked as repeats of the genome."""

from __future__ import annotations

import csv
from pathlib import Path

from .errors import InputError

REASON = "all its k-mers are repeated elsewhere in the genome, so its reads are not recruited"


def blind_codons(listing: Path) -> frozenset[tuple[str, int]]:
    """Gene and codon of each row of kind codon, in the table of `targets.build_targets`, that no k-mer survives in.

    Raises InputError when the table is not one.
    """
    with listing.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        try:
            codons = (r for r in rows if r["kind"] == "codon" and int(r["surviving"]) == 0)
            return frozenset((r["gene"], int(r["item"])) for r in codons)
        except (KeyError, ValueError):
            raise InputError(f"{listing}: not a table of targets; delete it and run again") from None
