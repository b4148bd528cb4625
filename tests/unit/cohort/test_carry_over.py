"""Findings that may be reads of another sample of the sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from alktrace.cohort.carry_over import carry_over, carry_over_table
from alktrace.cohort.stage import write_cohort
from alktrace.knowledge.sentences import read_sentences
from alktrace.model.records import Report
from alktrace.runtime.serialise import write_json
from interpret_cases import KNOWLEDGE, dna, fusion, mutation, predicted, report
from markup import Page

SENTENCES = read_sentences(KNOWLEDGE)


def positive(sample: str, fragments: int, patient: str) -> Report:
    made = report([fusion(fragments=fragments - 1)], sample=sample)
    made.sample.patient = patient
    return made


def breakpoint_of(sample: str, patient: str, junction: str, fragments: int) -> Report:
    found = replace(predicted(), junction_id=junction)
    found.support.unique_fragments = fragments
    made = dna(found)
    made.sample.id, made.sample.patient = sample, patient
    return made


@pytest.mark.parametrize(("fragments", "flagged"), [(10, True), (11, False)])
def test_fifty_times_the_fragments_of_another_patient(fragments: int, flagged: bool) -> None:
    found = carry_over([positive("a", 500, "P1"), positive("b", fragments, "P2")], SENTENCES)
    assert [(f.sample, f.other, f.proof) for f in found] == ([("b", "a", "recurrent")] if flagged else [])


def test_same_patient_is_no_source_and_no_patient_is_nobody() -> None:
    assert carry_over([positive("a", 500, "P1"), positive("b", 5, "P1")], SENTENCES) == []
    assert len(carry_over([positive("a", 500, ""), positive("b", 5, "")], SENTENCES)) == 1


def test_changes_are_compared_within_their_assay() -> None:
    many, few = report(mutations=[mutation("G1202R", 0.5)]), report([], mutations=[mutation("G1202R", 0.005)])
    many.sample.id, many.sample.patient, few.sample.id = "a", "P9", "b"
    assert [(f.kind, f.finding, f.times) for f in carry_over([many, few], SENTENCES)] == [
        ("change", "ALK G1202R", 100.0)
    ]
    few.sample.assay = type(few.sample.assay)("dna")
    assert carry_over([many, few], SENTENCES) == []


@pytest.mark.parametrize(("junction", "proof"), [("J1", "same_breakpoint"), ("J2", "other_breakpoint")])
def test_dna_is_the_better_proof(junction: str, proof: str) -> None:
    """V1 recurs in RNA; DNA of both patients tells whether it is one rearrangement."""
    samples = [positive("a", 500, "P1"), positive("b", 5, "P2")]
    samples += [breakpoint_of("da", "P1", "J1", 100), breakpoint_of("db", "P2", junction, 90)]
    assert [(f.sample, f.proof) for f in carry_over(samples, SENTENCES)] == [("b", proof)]


def test_table_and_page_name_it_and_no_state_changes(tmp_path: Path) -> None:
    reports = [positive("a", 500, "P1"), positive("b", 5, "P2")]
    paths = [tmp_path / r.sample.id / "report.json" for r in reports]
    for path, one in zip(paths, reports, strict=True):
        write_json(one, path)
    write_cohort(paths, tmp_path / "cohort")
    table = (tmp_path / "cohort" / "carry_over.tsv").read_text()
    assert table == carry_over_table(carry_over(reports, SENTENCES))
    assert "May be carry-over of sample a, which shows it with 100 times the fragments; confirm." in table
    assert "May be reads of another sample (1)" in Page((tmp_path / "cohort" / "index.html").read_text()).text
    assert "\tdetected\t" in (tmp_path / "cohort" / "summary.tsv").read_text().splitlines()[2]
