"""Expected results against reports."""

from __future__ import annotations

from pathlib import Path

import pytest

import report_fixtures as made
from alktrace import validate

SHEET = """sample\tfinding\texpected\tlevel\tmin_vaf\tmax_vaf
pos\talk_rearrangement\tdetected\t10%\t\t
pos\tfusion EML4::ALK V3a\tdetected\t10%\t\t
pos\tfusion EML4::ALK E6;ins33A20\tdetected\t10%\t\t
pos\tfusion KIF5B::ALK K24;A20\tnot_detected\t10%\t\t
pos\tmutation ALK G1202R\tdetected\t10%\t0.10\t0.20
pos\tmutation ALK L1196M\tnot_detected\t10%\t\t
pos\tinhibitor alectinib\tresistant\t10%\t\t
neg\talk_rearrangement\tnot_detected\t\t\t
neg\tmutation ALK G1202R\tnot_detected\t\t\t
bad\talk_rearrangement\tnot_detected\t\t\t
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    for name, kind in (("pos", "fusion"), ("neg", "negative"), ("bad", "empty")):
        made.build(folder / name, kind)
    return folder


def run(folder: Path, sheet: str, results: Path) -> tuple[int, list[list[str]]]:
    path, out = folder / "expected.tsv", folder / "summary.tsv"
    path.write_text(sheet)
    code = validate.main([str(path), str(results), "--out", str(out)])
    return code, [line.split("\t") for line in out.read_text().splitlines()] if out.exists() else []


def test_what_agrees_and_what_cannot_be_assessed(tmp_path: Path, results: Path) -> None:
    code, lines = run(tmp_path, SHEET, results)
    assert code == 0
    assert [line[-1] for line in lines[1:11]] == ["agree"] * 9 + ["not_assessable"]
    groups = {tuple(line[:3]): line[3:] for line in lines[13:]}
    assert groups["fusion", "detected", "10%"][:5] == ["2", "0", "0", "0", "1.0000"]
    assert groups["fusion", "detected", "10%"][5] == "0.1581"  # 0.025 ** (1 / 2)
    assert groups["alk_rearrangement", "not_detected", ""][:4] == ["1", "0", "1", "0"]


@pytest.mark.parametrize(
    ("row", "result"),
    [
        ("neg\talk_rearrangement\tdetected\t\t\t", "disagree"),
        ("pos\tmutation ALK G1202R\tdetected\t\t0.3\t0.5", "disagree"),
        ("pos\tmutation ALK G1202R\tnot_detected\t\t\t", "disagree"),
        ("gone\talk_rearrangement\tdetected\t\t\t", "no_report"),
    ],
)
def test_disagreement_ends_with_one(tmp_path: Path, results: Path, row: str, result: str) -> None:
    code, lines = run(tmp_path, SHEET.splitlines()[0] + "\n" + row + "\n", results)
    assert (code, lines[1][-1]) == (1, result)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("pos\tfusion\tdetected\t\t\t", "column finding"),
        ("pos\tguess\tdetected\t\t\t", "column finding"),
        ("pos\talk_rearrangement\tyes\t\t\t", "column expected"),
        ("pos\tmutation ALK G1202R\tdetected\t\t12%\t", "column min_vaf"),
    ],
)
def test_bad_sheet_is_one_line(
    tmp_path: Path, results: Path, row: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(tmp_path, SHEET.splitlines()[0] + "\n" + row + "\n", results)
    message = capsys.readouterr().err
    assert (code, lines) == (2, [])
    assert message.count("\n") == 1 and "row 2" in message and said in message
