"""The inhibitor matrix: calls come from rows, and only from rows."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alktrace.interpret.inhibitors import FAVOUR, clones, drug_rows, judge_set, resistance_codons, with_share
from alktrace.knowledge.evidence import Knowledge, parts
from alktrace.knowledge.hotspots import read_events
from alktrace.model.records import OnFusion
from alktrace.model.vocabulary import Carried
from alktrace.runtime.errors import InputError
from interpret_cases import KNOWLEDGE, call, codons, fusion, fusion_result, mutation, report

DRUGS = ("crizotinib", "ceritinib", "alectinib", "brigatinib", "lorlatinib", "ensartinib")
Edit = Callable[[list[dict[str, str]]], list[dict[str, str]]]


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, Edit], Path]:
    """A copy of the knowledge folder with one table edited."""

    def edit(name: str, change: Edit) -> Path:
        folder = tmp_path / f"knowledge{len(list(tmp_path.iterdir()))}"
        shutil.copytree(KNOWLEDGE, folder)
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
        columns = list(rows[0])
        kept = change(rows)
        lines = ["\t".join(columns)] + ["\t".join(row[c] for c in columns) for row in kept]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return edit


def without(**cells: str) -> Edit:
    return lambda rows: [r for r in rows if not all(r[k] == v for k, v in cells.items())]


def setting(where: dict[str, str], **cells: str) -> Edit:
    return lambda rows: [{**r, **cells} if all(r[k] == v for k, v in where.items()) else r for r in rows]


def test_all_named_drugs_have_an_entry() -> None:
    assert tuple(t.drug for t in report().tki) == DRUGS


def test_others_appear_where_a_row_exists() -> None:
    pair = [mutation("I1171N", cis=["F1174I"]), mutation("F1174I", cis=["I1171N"])]
    assert call(report(mutations=pair), "gilteritinib").call == "sensitive"


@pytest.mark.parametrize(
    "result", [fusion_result(), fusion_result([fusion(confidence="low")]), fusion_result(imbalanced=True)]
)
def test_not_applicable_without_a_detected_fusion(result) -> None:
    assert {t.call for t in report(result=result, mutations=[mutation("G1202R")]).tki} == {"not_applicable"}


def test_driver_fusion_does_not_make_alk_inhibitors_apply() -> None:
    assert {t.call for t in report([fusion(None, "K15;R12", target="RET")]).tki} == {"not_applicable"}


@pytest.mark.parametrize(
    "change",
    [{"frame": "out_of_frame"}, {"frame": "undetermined"}, {"premature_stop": True}, {"kinase_domain_retained": False}],
)
def test_unknown_when_no_functional_kinase_is_shown(change) -> None:
    found = report([fusion(**change)], mutations=[mutation("G1202R")])
    assert {t.call for t in found.tki} == {"unknown"}
    assert all("functional kinase" in t.because[0] for t in found.tki)


def test_one_fusion_in_frame_is_enough() -> None:
    found = report([fusion("V7", "E14;del12A20", frame="out_of_frame"), fusion()], mutations=[mutation("G1202R")])
    assert call(found, "alectinib").call == "resistant"


WORDS = {"reported_active": "sensitive", "reported_resistance": "resistant", "reported_intermediate": "intermediate"}


def test_every_change_and_compound_follows_its_checked_rows() -> None:
    rows = [row for row in Knowledge.load(KNOWLEDGE).evidence if row.verified == "page" and row.drug in DRUGS]
    said: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        said.setdefault((row.change, row.drug), set()).add(WORDS[row.call])
    assert len(said) > 90
    for (change, drug), calls in said.items():
        names = change.split("+")
        changes = [mutation(name, cis=[n for n in names if n != name]) for name in names if name != "none"]
        expected = calls.pop() if len(calls) == 1 else "conflicting"
        assert call(report(mutations=changes), drug).call == expected, (change, drug)


@pytest.mark.parametrize(("change", "drug"), [("G1202R", "brigatinib"), ("G1269A", "alectinib")])
def test_sources_that_disagree_are_called_conflicting_with_both_sides(change: str, drug: str) -> None:
    found = call(report(mutations=[mutation(change)]), drug)
    assert found.call == "conflicting"
    assert {"reported_active", "reported_resistance"} <= {e.call for e in found.evidence}
    assert any("sources disagree" in text for text in found.because)


def test_in_vitro_figures_are_those_of_the_table() -> None:
    found = call(report(mutations=[mutation("G1202R")]), "brigatinib")
    text = " ".join(e.text for e in found.evidence)
    assert "IC50 325 nM in Ba/F3 EML4-ALK V3" in text
    assert "IC50 149 nM in Ba/F3 NPM1-ALK" in text
    assert "129" not in text


def test_only_unchecked_evidence_is_unknown() -> None:
    found = call(report(mutations=[mutation("G1202del")]), "alectinib")
    assert found.call == "unknown"
    assert all(e.verified == "recalled" for e in found.evidence)


def test_evidence_kinds_stand_apart_with_their_level() -> None:
    found = call(report(mutations=[mutation("C1156Y")]), "crizotinib")
    assert {(e.kind, e.level) for e in found.evidence} == {
        ("clinical", "C"),
        ("literature", None),
        ("in_vitro", "D"),
    }


def test_a_patient_with_a_compound_is_no_evidence_for_the_single_change() -> None:
    found = call(report(mutations=[mutation("L1198F")]), "crizotinib")
    assert "clinical" not in {e.kind for e in found.evidence}


def test_approvals_of_alk_positive_lung_cancer_stand_apart() -> None:
    found = {one.drug: one for one in report().tki}
    assert all(one.approvals for one in found.values())
    assert {a.agency for a in found["ensartinib"].approvals} == {"FDA"}
    assert {a.agency for a in found["lorlatinib"].approvals} == {"FDA", "EMA"}
    assert "ROS1" not in " ".join(a.text for one in found.values() for a in one.approvals)


# ---------------------------------------------------------------- no change found


def test_unmutated_fusion_has_a_call_for_each_approved_drug_and_states_the_limit() -> None:
    calls = {t.drug: t for t in report().tki}
    assert {t.call for t in calls.values()} == {"sensitive"}
    assert "approved for ALK-positive lung cancer" in " ".join(calls["ensartinib"].because)
    for one in calls.values():
        assert "limit of detection: VAF 0.63% at the worst assessable codon" in one.because[0]


def test_deleted_clinical_rows_and_approval_say_unknown(edited) -> None:
    folder = edited("tki_evidence.tsv", without(change="none", drug="alectinib"))
    assert "hold no trial" in " ".join(call(report(knowledge=folder), "alectinib").because)
    bare = edited("approvals.tsv", without(drug="ensartinib"))
    assert call(report(knowledge=bare), "ensartinib").call == "unknown"
    assert call(report(knowledge=bare), "lorlatinib").call == "sensitive"


def test_silent_change_counts_as_no_change() -> None:
    assert call(report(mutations=[mutation("P1125=")]), "alectinib").call == "sensitive"


def test_unlisted_change_is_unknown_for_every_drug() -> None:
    assert {t.call for t in report(mutations=[mutation("A1200V")]).tki} == {"unknown"}


# ---------------------------------------------------------------- positions that matter


def test_blind_codon_of_the_drug_gives_unknown() -> None:
    found = report(screened=codons(1000, blind=[1156]))
    assert call(found, "lorlatinib").call == "unknown"
    assert "(1156)" in call(found, "lorlatinib").because[-1]


def test_unread_domain_says_only_that() -> None:
    found = report(screened=codons(0))
    assert {t.call for t in found.tki} == {"unknown"}
    assert all(len(t.because) == 1 and "could not be assessed" in t.because[0] for t in found.tki)


def test_blind_codon_without_reported_resistance_changes_nothing() -> None:
    assert call(report(screened=codons(1000, blind=[1120, 1300])), "lorlatinib").call == "sensitive"


def test_found_resistance_stays_beside_blind_codons() -> None:
    found = [mutation("G1202R")]
    calls = report(mutations=found, screened=codons(1000, blind=[1156], changed=found))
    assert call(calls, "alectinib").call == "resistant"
    assert call(calls, "lorlatinib").call == "unknown"


def test_positions_are_those_of_the_drug() -> None:
    tables = Knowledge.load(KNOWLEDGE)
    assert 1202 in resistance_codons(drug_rows(tables, "alectinib"))
    assert 1256 not in resistance_codons(drug_rows(tables, "alectinib"))
    assert {1256, 1198} <= resistance_codons(drug_rows(tables, "lorlatinib"))


# ---------------------------------------------------------------- compound changes


def pair(a: str, b: str, how: str, vafs: tuple[float, float] = (0.1, 0.1)):
    links = {"cis": lambda x: {"cis": [x]}, "trans": lambda x: {"trans": [x]}, "undetermined": lambda x: {}}[how]
    return [mutation(a, vafs[0], **links(b)), mutation(b, vafs[1], **links(a))]


def test_compound_row_of_its_own_wins() -> None:
    found = report(mutations=pair("C1156Y", "L1198F", "cis"))
    assert call(found, "crizotinib").call == "sensitive"
    assert call(found, "lorlatinib").call == "resistant"


def test_compound_without_row_is_resistant_when_a_part_is() -> None:
    found = report(mutations=pair("G1202R", "L1196M", "cis"))
    assert call(found, "alectinib").call == "resistant"
    assert "G1202R" in " ".join(call(found, "alectinib").because)


def test_compound_without_verified_row_is_never_sensitive() -> None:
    found = report(mutations=pair("G1202R", "L1196M", "cis"))
    assert call(found, "lorlatinib").call == "unknown"  # both parts are reported active, the pair only recalled


def test_trans_least_favourable_clone_decides_and_all_are_listed() -> None:
    found = call(report(mutations=pair("C1156Y", "L1198F", "trans", (0.1, 0.05))), "crizotinib")
    assert found.call == "resistant"
    text = " ".join(found.because)
    assert "C1156Y (VAF 10.0%): resistance" in text
    assert "L1198F (VAF 5.0%): activity" in text


def test_trans_does_not_use_the_compound_row() -> None:
    assert call(report(mutations=pair("C1156Y", "G1269A", "cis")), "lorlatinib").call == "resistant"
    assert call(report(mutations=pair("C1156Y", "G1269A", "trans")), "lorlatinib").call == "sensitive"


def test_unknown_phase_needs_both_readings_to_agree() -> None:
    found = report(mutations=pair("C1156Y", "L1198F", "undetermined"))
    assert call(found, "crizotinib").call == "unknown"
    assert any("same molecule is not known" in text for text in call(found, "crizotinib").because)
    assert call(report(mutations=pair("G1202R", "L1196M", "undetermined")), "alectinib").call == "resistant"


def test_molecules_with_the_older_change_alone_count_as_a_clone() -> None:
    found = call(report(mutations=pair("C1156Y", "L1198F", "cis", (0.3, 0.1))), "crizotinib")
    assert found.call == "resistant"  # C1156Y alone is carried by most mutated molecules


def test_change_off_the_fusion_is_said() -> None:
    off = mutation("G1202R", on_fusion=OnFusion(Carried.NO, 12, "12 fragments cover junction and codon"))
    assert any(
        "not found on the fusion transcript" in text for text in call(report(mutations=[off]), "alectinib").because
    )


# ---------------------------------------------------------------- rows and the report


def test_changed_row_changes_the_report_deleted_row_says_unknown(edited) -> None:
    change = [mutation("G1202R")]
    where = {"change": "G1202R", "drug": "lorlatinib"}
    flipped = edited("tki_evidence.tsv", setting(where, call="reported_resistance"))
    gone = edited("tki_evidence.tsv", without(**where))
    recalled = edited("tki_evidence.tsv", setting(where, verified="recalled"))
    assert call(report(mutations=change), "lorlatinib").call == "sensitive"
    assert call(report(mutations=change, knowledge=flipped), "lorlatinib").call == "resistant"
    assert call(report(mutations=change, knowledge=gone), "lorlatinib").call == "unknown"
    assert call(report(mutations=change, knowledge=recalled), "lorlatinib").call == "unknown"


@pytest.mark.parametrize(
    ("table", "where", "cells", "message"),
    [
        ("tki_evidence.tsv", {"change": "G1202R", "drug": "lorlatinib"}, {"call": "works"}, "column call: 'works'"),
        ("invitro_ic50.tsv", {"change": "G1202R"}, {"ic50": ">700"}, "column ic50: '>700'"),
        ("invitro_ic50.tsv", {"change": "G1202R"}, {"drug": "lorlatinib"}, "is no row of tki_evidence.tsv"),
        ("approvals.tsv", {"drug": "alectinib"}, {"date": "soon"}, "column date: 'soon'"),
        ("hotspots.tsv", {"gene": "KRAS"}, {"track": "nras_hotspot_mutation"}, "column track"),
    ],
)
def test_bad_cells_are_named(edited, table: str, where, cells, message: str) -> None:
    with pytest.raises(InputError, match=rf"{table}: row \d+, .*{message}"):
        folder = edited(table, setting(where, **cells))
        read_events(folder)
        report(knowledge=folder)


def test_row_of_a_new_drug_is_shown(edited) -> None:
    folder = edited("tki_evidence.tsv", setting({"id": "L1152P:crizotinib:literature"}, drug="newtinib"))
    assert call(report(mutations=[mutation("L1152P")], knowledge=folder), "newtinib").call == "resistant"


def test_template_changes_the_sentence_and_its_absence_is_an_error(edited) -> None:
    changed = edited("sentences.tsv", setting({"id": "tki_resistant"}, text="{clone} / {drug} / R"))
    gone = edited("sentences.tsv", without(id="tki_resistant"))
    found = [mutation("L1152P")]
    assert (
        call(report(mutations=found, knowledge=changed), "crizotinib").because[0]
        == "L1152P (VAF 12.0%) / crizotinib / R"
    )
    with pytest.raises(InputError, match="row tki_resistant is missing"):
        report(mutations=found, knowledge=gone)


def test_each_evidence_entry_names_its_row() -> None:
    tables = Knowledge.load(KNOWLEDGE)
    rows = {row.id for row in tables.evidence}
    for name in ("G1202R", "C1156Y", "I1171T"):
        for one in report(mutations=[mutation(name)]).tki:
            assert {e.row for e in one.evidence} <= rows
            assert {r.id for r in one.references} >= {e.reference.split(";")[0].split(" (")[0] for e in one.evidence}


# ---------------------------------------------------------------- properties

SINGLES = ("C1156Y", "I1171N", "F1174C", "L1196M", "L1198F", "G1202R", "D1203N", "E1210K", "G1269A", "A1200V")


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(SINGLES), min_size=2, max_size=4), st.sampled_from(DRUGS))
def test_property_compound_without_verified_row_is_never_sensitive(names: set[str], drug: str) -> None:
    rows = drug_rows(Knowledge.load(KNOWLEDGE), drug)
    own = [r for r in rows if parts(r.change) == names and r.verified == "page"]
    judged = judge_set(frozenset(names), rows)
    singles = [judge_set(frozenset({n}), rows).call for n in names]
    if not own:
        assert judged.call in ("resistant", "unknown")
        assert judged.call == "resistant" if "resistant" in singles else True


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(SINGLES), min_size=1, max_size=4))
def test_property_trans_is_as_bad_as_its_worst_clone(names: set[str]) -> None:
    changes = [mutation(n, trans=sorted(names - {n})) for n in sorted(names)]
    assert sorted(c.words(with_share) for c in clones(changes)) == sorted(f"{n} (VAF 12.0%)" for n in names)
    alone = {n: report(mutations=[mutation(n)]) for n in names}
    together = report(mutations=changes)
    for drug in DRUGS:
        worst = max((call(r, drug).call for r in alone.values()), key=FAVOUR.index)
        assert call(together, drug).call == worst
