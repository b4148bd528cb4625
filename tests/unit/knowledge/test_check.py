"""What tables say of exons and codons is compared with the transcripts that they count on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alktrace.knowledge.check import check_tables
from alktrace.runtime.errors import InputError
from screen_cases import ROOT


@pytest.fixture
def resources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "resources", tmp_path / "resources"))


def test_the_tables_of_the_project_fit_their_transcripts(resources: Path) -> None:
    check_tables(resources)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("panel.tsv", "\t18-29\t16-20\t", "\t18-39\t16-20\t", "row 2, column dna_exons: exon 30 of ALK"),
        ("panel.tsv", "\t18-29\t16-20\t", "\t18-29\t16-29\t", "row 2, column dna_introns: intron 29 of ALK"),
        ("knowledge/domains.tsv", "\t1116\t1392\t", "\t1116\t1992\t", "row 2, column last: codon 1992 of ALK"),
        ("knowledge/domains.tsv", "exon\t19\t22", "exon\t19\t32", "column last: exon 32 of EML4"),
        ("knowledge/hotspots.tsv", "EGFR\t719\t18", "EGFR\t1719\t18", "row 3, column codons: codon 1719 of EGFR"),
        ("knowledge/hotspots.tsv", "EGFR\t719\t18", "EGFR\t719\t38", "row 3, column exon: exon 38 of EGFR"),
        ("knowledge/hotspots.tsv", "junction 13-15", "junction 13-35", "column changes: exon 35 of MET"),
        ("knowledge/alk_partners.tsv", "\t24\t20\tkinase", "\t24\t50\tkinase", "column alk_exon: exon 50 of ALK"),
        ("knowledge/alk_kinase_mutations.tsv", "\nG1128A\t", "\nG1728A\t", "column mutation: codon 1728 of ALK"),
        ("transcripts.tsv", "\t71-4492\t", "\t71-994492\t", "row 2, column cds: '71-994492' is no range within"),
        ("transcripts.tsv", "9115764-9115919,", "9115764-9115919,x,", "row 2, column exons: 'x' is not written"),
    ],
)  # fmt: skip
def test_a_range_beyond_its_transcript_is_named(resources: Path, table: str, old: str, new: str, message: str) -> None:
    text = (resources / table).read_text()
    assert old in text
    (resources / table).write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        check_tables(resources)
