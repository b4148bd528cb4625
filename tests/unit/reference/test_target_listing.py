"""Codons without surviving k-mers are not assessable."""

from __future__ import annotations

from pathlib import Path

import pytest

from alktrace.reference.target_listing import blind_codons
from alktrace.runtime.errors import InputError

HEADER = "kind\tgene\titem\tkmers\tsurviving\tnote\n"


def test_only_codons_without_kmers_are_blind(tmp_path: Path) -> None:
    rows = "gene\tALK\ttarget\t9\t0\t\ncodon\tALK\t1116\t18\t0\t\ncodon\tALK\t1117\t18\t1\t\njunction\tA\tV1\t0\t0\t\n"
    (tmp_path / "targets.tsv").write_text(HEADER + rows)
    assert blind_codons(tmp_path / "targets.tsv") == {("ALK", 1116)}


@pytest.mark.parametrize("text", ["a\tb\n1\t2\n", HEADER + "codon\tALK\tx\t1\t0\t\n"])
def test_other_table_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "targets.tsv").write_text(text)
    with pytest.raises(InputError, match="not a table of targets"):
        blind_codons(tmp_path / "targets.tsv")
