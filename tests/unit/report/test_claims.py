"""Every claim on a page comes from a table row that was read at its source."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

import report_fixtures as made
from alktrace.knowledge.evidence import Knowledge
from alktrace.report.references import identifiers
from alktrace.runtime import serialise
from interpret_cases import KNOWLEDGE, fusion, mutation
from interpret_cases import report as interpreted
from markup import Page

TABLES = Knowledge.load(KNOWLEDGE)


def read_sources() -> set[str]:
    """Identifiers that a row of any table cites which was read at its source."""
    found: set[str] = set()
    for path in KNOWLEDGE.glob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row.get("verified") == "page":
                    found.update(identifiers(row["reference"]))
    return found


@pytest.mark.parametrize(
    ("variant", "notation", "changes"),
    [("V3a", "E6;A20", ["G1202R"]), ("V1", "E13;A20", []), ("V1", "E13;A20", ["C1156Y", "L1196M"])],
)
def test_claims_are_rows_that_were_read(tmp_path: Path, variant: str, notation: str, changes: list[str]) -> None:
    said = interpreted([fusion(variant, notation)], [mutation(change) for change in changes])
    case, report = made.build(tmp_path / "case", "fusion")
    told = replace(report, tki=said.tki, bypass=said.bypass, failure_list=said.failure_list)
    serialise.write_json(told, case.report)
    case.write_views(tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    cited = re.findall(r'<li id="reference-\d+">.*?</li>', text)
    known = read_sources()
    assert cited
    for item in cited:
        name = (
            Page(item).text.strip().rpartition(", ")[2] if "doi" in item.lower() or "PMID" in item else Page(item).text
        )
        assert set(identifiers(name)) <= known, item

    evidence = {row.id: row for row in TABLES.evidence}
    labels = {(row.agency, row.drug, row.setting, row.date) for row in TABLES.approvals if row.verified == "page"}
    tiers = {(row.reference, row.tier) for row in TABLES.tiers if row.verified == "page"}
    for call in told.tki:
        for item in call.evidence:
            row = evidence[item.row]
            assert (item.change, item.call, item.reference) == (row.change, row.call, row.reference)
            figures = {f"{figure.ic50:g} {figure.unit}" for figure in TABLES.figures_of(item.row)}
            assert set(re.findall(r"IC50 ([\d.]+ nM)", item.text)) <= figures
        assert {(one.agency, call.drug, one.setting, one.date) for one in call.approvals} <= labels
        assert {(one.reference, one.tier) for one in call.tiers} <= tiers
    studies = {row.id for row in TABLES.associations}
    for reason in told.failure_list:
        assert {study.row for topic in reason.associations for study in topic.studies} <= studies
        meanings = {row.meaning for row in TABLES.bypass if row.verified == "page"}
        for meaning in re.findall(r"Reported: (.*?)\.(?: |$)", reason.text):
            assert set(meaning.split("; ")) <= {part for whole in meanings for part in whole.split("; ")}
