"""RNA and DNA of one patient together: what both see, what one could not see, and what contradicts."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from alktrace.cohort.combined import combine
from alktrace.cohort.names import combined_stem
from alktrace.cohort.stage import write_cohort
from alktrace.knowledge.evidence import Knowledge
from alktrace.model.combined import CombinedFinding, CombinedReport
from alktrace.model.records import (
    FileRecord,
    Fusion,
    Report,
)
from alktrace.model.vocabulary import Agreement, Call, FindingKind, Specimen, State
from alktrace.runtime.paths import SCHEMAS
from alktrace.runtime.provenance import file_digest
from alktrace.runtime.serialise import read_json, write_json
from interpret_cases import (
    KNOWLEDGE,
    codons,
    dna,
    fusion,
    fusion_result,
    mutation,
    predicted,
    report,
    stats,
    tracks,
)
from markup import Page

TABLES = Knowledge.load(KNOWLEDGE)


def together(*reports: Report) -> CombinedReport:
    files = {r.sample.id: FileRecord("report.json", "00") for r in reports}
    made = combine(reports, files, TABLES)
    plain = msgspec.to_builtins(made)
    jsonschema.validate(plain, json.loads((SCHEMAS / "combined.schema.json").read_text(encoding="utf-8")))
    return made


def found(made: CombinedReport, kind: FindingKind) -> list[CombinedFinding]:
    return [f for f in made.findings if f.kind is kind]


def test_predicted_transcript_is_the_observed_one() -> None:
    made = together(report(), dna(predicted()))
    (one,) = found(made, FindingKind.REARRANGEMENT)
    assert (one.agreement, one.predicted, one.observed) == (Agreement.BOTH, ["V1 (E13;A20)"], ["V1 (E13;A20)"])
    assert "is the one that RNA shows" in one.text
    rna, panel = one.sights
    assert (rna.unit, panel.unit) == ("fusion fragments per control fragment", "allele fraction in DNA")
    assert panel.value == 0.2
    assert made.verdicts[0].state is State.DETECTED


def test_forms_of_one_breakpoint_agree() -> None:
    forms = [fusion("V3a", "E6;A20"), fusion("V3b", "E6;ins33A20")]
    for form in forms:
        form.five_prime.exon = 6
    (one,) = found(together(report(forms), dna(predicted("V3a/b", "E6;A20", 6))), FindingKind.REARRANGEMENT)
    assert one.agreement is Agreement.BOTH
    assert one.predicted == ["V3a/b (E6;A20)"]
    assert one.observed == ["V3a (E6;A20)", "V3b (E6;ins33A20)"]
    assert "only RNA can tell apart" in one.text


@pytest.mark.parametrize(("exon", "agreement"), [(14, Agreement.BOTH), (6, Agreement.CONTRADICTING)])
def test_splicing_may_leave_out_exons_and_cannot_bring_them_back(exon: int, agreement: Agreement) -> None:
    made = together(report(), dna(predicted("Vx", f"E{exon};A20", exon)))
    (one,) = found(made, FindingKind.REARRANGEMENT)
    assert one.agreement is agreement
    assert ("RNA and DNA contradict" in made.summary) == (agreement is Agreement.CONTRADICTING)


def test_one_that_could_not_be_seen_says_why() -> None:
    shallow = dna(limit=0.6)
    (one,) = found(together(report(), shallow), FindingKind.REARRANGEMENT)
    assert one.agreement is Agreement.RNA_ONLY
    assert shallow.verdict.alk_rearrangement.reason in one.text
    few = report([], counters=stats(controls=3))
    (one,) = found(together(few, dna(predicted())), FindingKind.REARRANGEMENT)
    assert (one.agreement, one.sights[0].state) == (Agreement.DNA_ONLY, State.NOT_ASSESSABLE)
    assert "3 unique control fragments" in one.text


def test_absence_where_it_was_looked_for_contradicts() -> None:
    (one,) = found(together(report([], result=fusion_result()), dna(predicted())), FindingKind.REARRANGEMENT)
    assert one.agreement is Agreement.CONTRADICTING
    (one,) = found(together(report(), dna()), FindingKind.REARRANGEMENT)
    assert one.agreement is Agreement.CONTRADICTING


def test_plasma_without_tumour_dna_contradicts_nothing() -> None:
    (one,) = found(together(report(), dna(specimen=Specimen.PLASMA)), FindingKind.REARRANGEMENT)
    assert one.agreement is Agreement.RNA_ONLY
    assert "plasma" in one.text


def test_stated_tumour_content_says_what_dna_could_show() -> None:
    """2% of the copies at 4% tumour cells, with a limit of 1% and of 5%."""
    for limit, agreement in ((0.01, Agreement.CONTRADICTING), (0.05, Agreement.RNA_ONLY)):
        panel = dna(limit=limit)
        panel.sample.tumour_content = 4.0
        (one,) = found(together(report(), panel), FindingKind.REARRANGEMENT)
        assert one.agreement is agreement


def change_agreement(
    rna: float | None, tumour: float | None, depth: int = 1000, panel: Fusion | None = None
) -> CombinedFinding:
    """G1202R with these shares; RNA at 1000 fragments, DNA at `depth`."""
    seen = [mutation("G1202R", rna)] if rna else []
    other = [mutation("G1202R", tumour, depth=depth)] if tumour else []
    one = report(mutations=seen, screened=codons(1000, changed=seen))
    two = dna(*([panel] if panel else []), mutations=other, screened=codons(depth, changed=other))
    (finding,) = found(together(one, two), FindingKind.KINASE_CHANGE)
    return finding


def test_change_of_both_keeps_its_shares_apart() -> None:
    one = change_agreement(0.3, 0.05, panel=predicted())
    assert one.agreement is Agreement.BOTH
    assert [(s.unit, s.value) for s in one.sights] == [
        ("share of RNA fragments", 0.3),
        ("share of DNA fragments", 0.05),
    ]


def test_rna_change_is_diluted_in_dna() -> None:
    """30% of the fusion's RNA with a rearrangement in 20% of the copies is some 6% of DNA."""
    assert change_agreement(0.3, None, 20_000, predicted()).agreement is Agreement.CONTRADICTING  # limit 0.03%
    unsure = change_agreement(0.3, None, 1000, predicted())  # limit 0.63%
    assert unsure.agreement is Agreement.CONTRADICTING
    unsure = change_agreement(0.3, None, 200, predicted())  # limit 3.2%
    assert unsure.agreement is Agreement.RNA_ONLY
    assert "far enough below" in unsure.text
    assert "not known" in change_agreement(0.3, None, 20_000).text  # no rearrangement seen in DNA


def test_dna_change_below_the_limit_of_rna_contradicts_nothing() -> None:
    assert change_agreement(None, 0.02, 5000, predicted()).agreement is Agreement.DNA_ONLY  # limit of RNA 0.63%
    assert change_agreement(None, 0.2, 5000, predicted()).agreement is Agreement.CONTRADICTING


def test_fusion_of_one_and_change_of_the_other_give_one_call() -> None:
    """RNA shows the fusion, DNA the change: neither report alone holds the call that both together do."""
    seen = [mutation("G1202R", 0.2)]
    made = together(report(screened=codons(0)), dna(limit=0.6, mutations=seen, screened=codons(1000, changed=seen)))
    crizotinib = next(t for t in made.tki if t.drug == "crizotinib")
    assert (crizotinib.rna, crizotinib.dna) == (Call.UNKNOWN, Call.NOT_APPLICABLE)
    assert crizotinib.call in (Call.RESISTANT, Call.CONFLICTING)
    assert "G1202R (20.0% of DNA fragments)" in " ".join(crizotinib.because)


def test_codons_that_either_reads_are_assessed() -> None:
    half, rest = range(1116, 1250), range(1250, 1393)
    made = together(report(screened=codons(blind=list(half))), dna(predicted(), screened=codons(blind=list(rest))))
    kinase = next(v for v in made.verdicts if v.about == "kinase_domain")
    assert (kinase.state, kinase.rna, kinase.dna) == (State.NOT_DETECTED, State.NOT_ASSESSABLE, State.NOT_ASSESSABLE)
    assert not any("codons" in text for text in made.not_assessed)


def test_reason_says_what_each_sample_says() -> None:
    made = together(report(), dna(predicted(), bypass=tracks(KRAS=State.DETECTED)))
    reasons = {r.id: r for r in made.reasons}
    assert reasons["bypass"].state is State.DETECTED
    assert set(reasons["bypass"].texts) == {"S1", "D1"}
    assert made.reports["D1"] == FileRecord("report.json", "00")


def test_cohort_writes_page_and_record_and_links_them(tmp_path: Path) -> None:
    """Only a patient and time point with both assays has them; hostile names stay text."""
    hostile = '<b>x</b>"/../'
    rna, panel = report(), dna(predicted())
    for one in (rna, panel):
        one.sample.patient = one.sample.timepoint = hostile
    paths = [tmp_path / r.sample.id / "report.json" for r in (rna, panel)]
    for path, one in zip(paths, (rna, panel), strict=True):
        write_json(one, path)
    write_cohort(paths, tmp_path / "cohort")
    stem = combined_stem(hostile, hostile)
    record = read_json(tmp_path / "cohort" / "patients" / f"{stem}.json", CombinedReport)
    assert record.reports["S1"].sha256 == file_digest(paths[0])
    text = (tmp_path / "cohort" / "patients" / f"{stem}.html").read_text()
    assert "<b>x" not in text
    assert Page(text).loaded == ["data:,"]
    assert f'href="patients/{stem}.html"' in (tmp_path / "cohort" / "index.html").read_text()
    write_cohort(paths[:1], tmp_path / "cohort")
    assert not list((tmp_path / "cohort" / "patients").iterdir())
