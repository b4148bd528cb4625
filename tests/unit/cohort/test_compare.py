"""Emergent, no longer detected, or cannot be compared: only what the limits of detection carry."""

from __future__ import annotations

import pytest

from alktrace.cohort.compare import EMERGENT, GONE, KEPT, UNCLEAR, Series, compare
from alktrace.cohort.patient_page import patient_page
from alktrace.knowledge.evidence import Knowledge
from alktrace.model.records import Report
from alktrace.model.vocabulary import State
from interpret_cases import KNOWLEDGE, codons, dna, fusion, fusion_result, mutation, predicted, report, stats

SENTENCES = Knowledge.load(KNOWLEDGE).sentences


def clean(depth: int, sample: str = "S1", **more) -> Report:
    return report(screened=codons(depth), sample=sample, timepoint=sample.lower(), **more)


def changed(vaf: float, sample: str, depth: int = 1000, **more) -> Report:
    found = [mutation("G1202R", vaf, depth=depth)]
    screened = codons(depth, changed=found)
    return report(mutations=found, screened=screened, sample=sample, timepoint=sample.lower(), **more)


def one(reports: list[Report]) -> Series:
    series = compare(reports, SENTENCES)
    assert len(series) == 1
    return series[0]


def test_emergent_when_the_earlier_limit_lies_below_the_later_interval() -> None:
    course = one([clean(1000), changed(0.12, "S2")]).mutations[0]
    assert [s.verdict for s in course.steps] == [EMERGENT]
    assert "emergent at S2" in course.steps[0].text
    assert "VAF 0.63%" in course.steps[0].text
    assert [s.state for s in course.sightings] == [State.NOT_DETECTED, State.DETECTED]


@pytest.mark.parametrize(("depth", "verdict"), [(58, UNCLEAR), (59, EMERGENT)])
def test_limit_must_be_below_the_lower_bound(depth: int, verdict: str) -> None:
    # lower bound of 12% is 10.8%; the limit is 6.3 / depth
    assert one([clean(depth), changed(0.12, "S2")]).mutations[0].steps[0].verdict == verdict


def test_mirror_rule() -> None:
    assert one([changed(0.12, "S1"), clean(1000, "S2")]).mutations[0].steps[0].verdict == GONE
    assert one([changed(0.12, "S1"), clean(40, "S2")]).mutations[0].steps[0].verdict == UNCLEAR


def test_not_assessable_cannot_be_compared() -> None:
    step = one([clean(0), changed(0.12, "S2")]).mutations[0].steps[0]
    assert step.verdict == UNCLEAR
    assert "not assessable" in step.text


def test_another_change_in_the_codon_cannot_be_compared() -> None:
    other = mutation("G1202L", 0.2)
    first = report(mutations=[other], screened=codons(changed=[other]))
    courses = {c.name: c for c in one([first, changed(0.12, "S2")]).mutations}
    step = courses["ALK G1202R (c.3606G>R)"].steps[0]
    assert step.verdict == UNCLEAR
    assert "another change was found in the same codon" in step.text


def test_blind_sample_between_is_stepped_over() -> None:
    course = one([clean(1000, "S1"), clean(0, "S2"), changed(0.12, "S3")]).mutations[0]
    assert [(s.earlier, s.later, s.verdict) for s in course.steps] == [("S1", "S3", EMERGENT)]


def test_kept_change_shows_both_fractions() -> None:
    step = one([changed(0.12, "S1"), changed(0.3, "S2")]).mutations[0].steps[0]
    assert step.verdict == KEPT
    assert "12.0%" in step.text
    assert "30.0%" in step.text


def test_rna_and_dna_are_never_joined() -> None:
    series = compare([clean(1000, "S1"), changed(0.12, "S2", assay="dna")], SENTENCES)
    assert [s.assay for s in series] == ["rna", "dna"]
    assert all(not c.steps for s in series for c in s.mutations)
    assert any("never compared" in note for note in series[0].notes)
    assert any("not the tumour fraction" in note for note in series[0].notes)
    assert not any("not the tumour fraction" in note for note in series[1].notes)


def test_junctions_follow_the_same_rule() -> None:
    second = fusion("V3a", "E6;A20", fragments=200)
    courses = {c.name: c for c in one([report([fusion()]), report([fusion(), second], sample="S2")]).fusions}
    assert courses["EML4::ALK V3a (E6;A20)"].steps[0].verdict == EMERGENT
    assert courses["EML4::ALK V1 (E13;A20)"].steps[0].verdict == KEPT


def test_few_fragments_of_a_junction_are_no_emergence() -> None:
    weak = fusion("V3a", "E6;A20", fragments=6)
    course = one([report([]), report([weak], sample="S2")]).fusions[0]
    assert course.steps[0].verdict == UNCLEAR  # the lower bound of 7 fragments is 2.8, the limit 6.3


def test_junction_without_controls_cannot_be_compared() -> None:
    poor = report(result=fusion_result(limit=None), counters=stats(controls=0))
    course = one([poor, report([fusion(fragments=200)], sample="S2")]).fusions[0]
    assert course.steps[0].verdict == UNCLEAR


def test_phase_is_followed_over_samples() -> None:
    apart = [mutation("C1156Y", trans=["L1198F"]), mutation("L1198F", trans=["C1156Y"])]
    joined = [mutation("C1156Y", cis=["L1198F"]), mutation("L1198F", cis=["C1156Y"])]
    series = one([report(mutations=apart, sample="S1"), report(mutations=joined, sample="S2")])
    assert [(sample, relation) for sample, relation, _ in series.phases[0].relations] == [
        ("S1", "trans"),
        ("S2", "cis"),
    ]


def test_page_of_a_patient_says_how_many_fragments_hold_both_changes() -> None:
    joined = [mutation("C1156Y", cis=["L1198F"]), mutation("L1198F", cis=["C1156Y"])]
    reports = [report(mutations=joined, sample=name) for name in ("S1", "S2")]
    assert "with both changes" in patient_page("patient", reports, SENTENCES)


def test_one_sample_has_no_steps() -> None:
    series = one([changed(0.12, "S1")])
    assert series.mutations[0].steps == ()


def test_breakpoints_of_dna_are_compared_by_allele_fraction() -> None:
    """20% (at least 15%) after a sample with a limit of 1%; with a limit of 16% nothing is said."""
    for limit, verdict in ((0.01, EMERGENT), (0.16, UNCLEAR)):
        first, second = dna(limit=limit), dna(predicted())
        second.sample.id = "D2"
        (course,) = one([first, second]).fusions
        assert [(s.value, s.low, s.limit) for s in course.sightings] == [(None, None, limit), (0.2, 0.15, 0.01)]
        assert course.steps[0].verdict == verdict
        assert "allele fraction" in course.steps[0].text
