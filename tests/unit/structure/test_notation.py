"""Notation of structures, as the design and the literature write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.fusions import read_tables
from alktrace.structure.junction import Structure
from alktrace.structure.notation import notation


def structure(five: str, five_exon: int, three: str, three_exon: int, **parts: int) -> Structure:
    """A structure with `untemplated` bases given as a number."""
    transcripts = [
        Transcript(gene, gene, "", gene, "chr2", "+", tuple((100 * n, 100 * n + 49) for n in range(1, 30)), None)
        for gene in (five, three)
    ]
    lengths = {"five_deleted": 0, "three_deleted": 0, "five_retained": 0, "three_retained": 0, **parts}
    untemplated = "A" * lengths.pop("untemplated", 0)
    inserted = "C" * lengths["five_retained"] + untemplated + "G" * lengths["three_retained"]
    return Structure(
        *transcripts, five_exon, three_exon, inserted=inserted, untemplated=untemplated, microhomology=0, left_end=0,
        right_start=0, five_matched=0, three_matched=0, mismatches=0, **lengths,
    )  # fmt: skip


CASES = [
    ("E6;A20", structure("EML4", 6, "ALK", 20)),
    ("E6;ins33A20", structure("EML4", 6, "ALK", 20, untemplated=33)),
    ("E14;ins11del49A20", structure("EML4", 14, "ALK", 20, untemplated=11, three_deleted=49)),
    ("E14;ins2;ins56A20", structure("EML4", 14, "ALK", 20, untemplated=2, three_retained=56)),
    ("E14;del12A20", structure("EML4", 14, "ALK", 20, three_deleted=12)),
    ("E2;ins117A20", structure("EML4", 2, "ALK", 20, three_retained=117)),
    ("E17;ins61;ins34A20", structure("EML4", 17, "ALK", 20, five_retained=61, three_retained=34)),
    ("E17;ins63;ins34A20", structure("EML4", 17, "ALK", 20, five_retained=61, untemplated=2, three_retained=34)),
    ("E15del60;del71A20", structure("EML4", 15, "ALK", 20, five_deleted=60, three_deleted=71)),
    ("E17del58;ins39A20", structure("EML4", 17, "ALK", 20, five_deleted=58, untemplated=39)),
    ("E6;A19", structure("EML4", 6, "ALK", 19)),
    ("K24;A20", structure("KIF5B", 24, "ALK", 20)),
    ("K9;A20", structure("KLC1", 9, "ALK", 20)),
    ("T3;A20", structure("TFG", 3, "ALK", 20)),
    ("N4;A20", structure("NPM1", 4, "ALK", 20)),
    ("S9;A2", structure("SMEK2", 9, "ALK", 2)),
    ("ZZNOV1e4;ins7A20", structure("ZZNOV1", 4, "ALK", 20, untemplated=7)),
    ("A19;E14", structure("ALK", 19, "EML4", 14)),
    ("PTPN3e2;A10", structure("PTPN3", 2, "ALK", 10)),
    ("A11;PTPN3e3", structure("ALK", 11, "PTPN3", 3)),
    ("chr2:149;A20", structure("", 1, "ALK", 20)),
    ("A19;chr2:100", structure("ALK", 19, "", 1)),
]


@pytest.mark.parametrize("expected,given", CASES, ids=[text for text, _ in CASES])
def test_notation(expected: str, given: Structure, root: Path) -> None:
    assert notation(given, read_tables(root / "resources" / "knowledge").letters) == expected
