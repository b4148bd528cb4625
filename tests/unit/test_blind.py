"""Codons without surviving k-mers are not assessable."""

from __future__ import annotations

from pathlib import Path

import pytest

from alktrace.blind import blind_codons, mark_blind
from alktrace.errors import InputError
from alktrace.models import ScreenedCodon, ScreenResult, State

HEADER = "kind\tgene\titem\tkmers\tsurviving\tnote\n"


def codon(number: int, state: State) -> ScreenedCodon:
    return ScreenedCodon("ALK", number, 500, 0, 0.01, 0.02, state, "")


def test_only_codons_without_kmers_are_blind(tmp_path: Path) -> None:
    rows = "gene\tALK\ttarget\t9\t0\t\ncodon\tALK\t1116\t18\t0\t\ncodon\tALK\t1117\t18\t1\t\njunction\tA\tV1\t0\t0\t\n"
    (tmp_path / "targets.tsv").write_text(HEADER + rows)
    assert blind_codons(tmp_path / "targets.tsv") == {("ALK", 1116)}


def test_blind_codon_is_not_assessable_but_a_finding_stays() -> None:
    codons = [codon(1, State.NOT_DETECTED), codon(2, State.NOT_DETECTED), codon(3, State.DETECTED)]
    result = mark_blind(ScreenResult([], codons, [], [], {}, 0.001, []), {("ALK", 1), ("ALK", 3), ("EGFR", 2)})
    assert [c.state for c in result.screened] == [State.NOT_ASSESSABLE, State.NOT_DETECTED, State.DETECTED]
    assert "repeated" in result.screened[0].reason
    assert result.screened[0].depth == 500


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", HEADER + "codon\tALK\tx\t1\t0\t\n"])
def test_other_table_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "targets.tsv").write_text(text)
    with pytest.raises(InputError, match="not a table of targets"):
        blind_codons(tmp_path / "targets.tsv")
