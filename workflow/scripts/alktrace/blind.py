"""Codons that recruiting cannot see: all k-mers over them were masked as repeats of the genome."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from .errors import InputError
from .models import ScreenedCodon, ScreenResult, State

REASON = "all its k-mers are repeated elsewhere in the genome, so its reads are not recruited"


def blind_codons(listing: Path) -> set[tuple[str, int]]:
    """Gene and codon of each row of kind codon, in the table of `targets.build_targets`, that no k-mer survives in.

    Raises InputError when the table is not one.
    """
    with listing.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        try:
            return {(r["gene"], int(r["item"])) for r in rows if r["kind"] == "codon" and int(r["surviving"]) == 0}
        except (KeyError, ValueError):
            raise InputError(f"{listing}: not a table of targets; delete it and run again") from None


def mark_blind(result: ScreenResult, blind: set[tuple[str, int]]) -> ScreenResult:
    """The screen with every blind codon not assessable; a detected change stays detected."""

    def mark(codon: ScreenedCodon) -> ScreenedCodon:
        if (codon.gene, codon.codon) not in blind or codon.state is State.DETECTED:
            return codon
        return replace(codon, state=State.NOT_ASSESSABLE, reason=REASON)

    return replace(result, screened=[mark(codon) for codon in result.screened])
