"""Variant context and the one-look list of reasons why an ALK inhibitor may fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from alktrace.knowledge.evidence import cited
from alktrace.knowledge.table import read_table
from alktrace.model.records import Failure, FusionContext, FusionKnowledge, Report, Study
from alktrace.model.vocabulary import Match, State
from alktrace.runtime.errors import InputError
from interpret_cases import KNOWLEDGE, codons, fits, fusion, mutation, report, stats, track, tracks


def reason(found: Report, key: str) -> Failure:
    return next(item for item in found.failure_list if item.id == key)


def context(found: Report) -> FusionContext:
    assert found.fusions[0].context is not None
    return found.fusions[0].context


def studies(found: Report) -> dict[str, Study]:
    return {s.row: s for topic in context(found).associations for s in topic.studies}


V3A = fusion("V3a", "E6;A20", tape="none")


def test_short_variant_is_named_short() -> None:
    found = report([V3A])
    assert context(found).length_class == "short"
    assert reason(found, "variant").state is State.DETECTED
    assert "V3a" in reason(found, "variant").text


def test_long_variant_is_not_short_and_other_partners_have_no_length() -> None:
    assert reason(report([fusion()]), "variant").state is State.NOT_DETECTED
    other = report([fusion(None, "K24;A20", partner="KIF5B", tape=None)])
    assert context(other).length_class == "unknown"
    assert "variant" not in [item.id for item in other.failure_list]  # the question does not apply


def test_variant_is_no_reason_without_an_alk_fusion() -> None:
    assert "variant" not in [item.id for item in report([]).failure_list]
    blind = report([], counters=stats(controls=3))
    assert reason(blind, "variant").state is State.NOT_ASSESSABLE


def test_short_variant_has_a_neutral_word() -> None:
    assert reason(report([V3A]), "variant").word == "present; studies disagree"
    assert reason(report([V3A]), "kinase").word is None


def test_associations_hold_numbers_and_cohort() -> None:
    found = studies(report([V3A]))
    assert found["lin2018_g1202r"].figures == "32% vs 0%, P<.001"
    assert found["lin2018_g1202r"].cohort_n == "77 biopsies"


def test_studies_stand_together_only_for_the_same_drug_and_line() -> None:
    found = context(report([V3A])).associations
    assert all(len({(s.drug, s.line) for s in topic.studies}) == 1 for topic in found)
    topics = {s.row: topic.topic for topic in found for s in topic.studies}
    assert topics["lin2018_lorla_pfs"] != topics["chr2018_pfs"]
    assert topics["lin2018_lorla_pfs"].endswith("lorlatinib, later lines")


def test_deleted_study_leaves_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE, folder)
    table = folder / "variant_associations.tsv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join(x for x in lines if not x.startswith("lin2018_g1202r\t")) + "\n", encoding="utf-8")
    assert "lin2018_g1202r" not in studies(report([V3A], knowledge=folder))


def test_fish_and_ihc_are_positive_and_do_not_see_the_variant() -> None:
    tests = {t.test: t for t in context(report([V3A])).other_tests}
    assert tests["break-apart FISH"].expected == "positive"
    assert "variant" in tests["ALK immunohistochemistry"].text
    assert context(report([fusion(frame="out_of_frame")])).other_tests == []


def test_every_reason_has_a_state_label_and_text() -> None:
    found = report([V3A], mutations=[mutation("G1202R")])
    items = found.failure_list
    assert [i.id for i in items] == ["variant", "kinase", "amplification", "bypass", "driver", "small_cell", "tp53"]
    assert all(i.label and i.text and "unknown" not in i.label for i in items)
    assert reason(found, "kinase").state is State.DETECTED
    assert reason(found, "amplification").state is State.NOT_ASSESSABLE
    assert reason(found, "driver").state is State.NOT_DETECTED
    assert reason(found, "bypass").state is State.NOT_DETECTED


@pytest.mark.parametrize("tp53", list(State))
@pytest.mark.parametrize("rb1", list(State))
def test_tp53_and_rb1_are_never_called_clear(tp53: State, rb1: State) -> None:
    found = report(bypass=tracks(TP53=tp53, RB1=rb1))
    both = tp53 is State.DETECTED and rb1 is State.DETECTED
    assert reason(found, "small_cell").state is (State.DETECTED if both else State.NOT_ASSESSABLE)
    altered = tp53 is State.DETECTED
    assert reason(found, "tp53").state is (State.DETECTED if altered else State.NOT_ASSESSABLE)


def test_small_cell_flag_says_what_was_looked_at() -> None:
    text = reason(report(), "small_cell").text
    assert "Loss of TP53 and RB1 is not assessable" in text
    assert "Looked at: TP53: hotspot; RB1: hotspot" in text


def test_every_screened_bypass_gene_is_in_the_list() -> None:
    found = reason(report(bypass=tracks(KIT=State.DETECTED)), "bypass")
    assert (found.state, "KIT" in found.text) == (State.DETECTED, True)


@pytest.mark.parametrize(
    ("gene", "event", "found", "said"),
    [
        ("KRAS", "G12X", "G12D", "Detected: KRAS G12D. Reported: G12C or G12V in two of 11"),
        ("EGFR", "T790M", "T790M", "Detected: EGFR T790M."),  # its row was not read at its source
        ("EGFR", "C797S", "C797S", "Detected: EGFR C797S. Reported: resistance to osimertinib"),
        ("EGFR", "exon 19 deletion", "E746_A750del", "Detected: EGFR E746_A750del."),
        ("PIK3CA", "H1047X", "H1047R", "Detected: PIK3CA H1047R."),
    ],
)
def test_found_track_is_named_with_rows_about_it_only(gene: str, event: str, found: str, said: str) -> None:
    one = replace(track(gene, event, State.DETECTED), reason=found)
    text = reason(report(bypass=[*tracks(), one]), "bypass").text
    assert said in text
    assert text.count("Reported:") == said.count("Reported:")


def test_tp53_alone_says_nothing_of_two_genes() -> None:
    found = report(bypass=tracks(TP53=State.DETECTED))
    assert "small-cell" not in reason(found, "tp53").text


def test_track_that_was_not_detected_carries_its_limit() -> None:
    found = report()
    worst = max(e.limit_of_detection for e in found.bypass if e.kind == "mutation" and e.limit_of_detection is not None)
    assert f"worst limit of detection VAF {100 * worst:.1f}%" in reason(found, "bypass").text
    assert "and 3 more" in reason(found, "bypass").text
    assert "one fusion fragment in" in reason(found, "driver").text


def test_driver_fusion_is_listed() -> None:
    found = report([V3A, fusion(None, "K15;R12", target="RET", partner="KIF5B")])
    assert reason(found, "driver").state is State.DETECTED
    assert "KIF5B::RET" in reason(found, "driver").text


def test_tables_name_the_row_that_is_wrong(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("a\tb\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="row 2 has 1 cells, the header 2"):
        read_table(table, ("a", "b"))
    with pytest.raises(InputError, match="column c is missing"):
        read_table(table, ("c",))
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.tsv", ("a",))


def test_references_are_split_one_by_one() -> None:
    assert [r.id for r in cited("PMID:27009859;26464158", "page")] == ["PMID:27009859", "PMID:26464158"]
    two = "PMID:27432227 (DOI:10.1158/2159-8290.CD-16-0596)"
    assert [r.id for r in cited(two, "page")] == ["PMID:27432227"]


def test_screened_tracks_keep_their_references() -> None:
    event = next(e for e in report().bypass if e.gene == "EGFR")
    assert [r.id for r in event.references] == ["PMID:22235099", "PMID:22277784"]


def test_direct_scan_is_compared_with_the_alignment() -> None:
    counters = stats()
    counters.direct_junctions = {"V3b": 0, "V3a": 5, "V1": 2, "KIF5B 24 ALK 20": 3}
    named = fusion("V3a", "E6;A20", fragments=9)
    named.knowledge = FusionKnowledge(match=Match.STRUCTURE, key="V3a", reference="PMID:18593892", verified="page")
    partner = fusion(None, "K24;A20", partner="KIF5B", fragments=4)
    partner.five_prime.exon = 24
    rows = {r.junction: r for r in report([named, partner], counters=counters).direct_junctions}
    assert {name: (r.pairs, r.aligned_fragments) for name, r in rows.items()} == {
        "V3a": (5, 10),
        "V1": (2, 0),
        "KIF5B 24 ALK 20": (3, 5),
    }
    assert "no such junction" in rows["V1"].text


def test_shallow_domain_is_valid_too() -> None:
    fits(report([V3A], screened=codons(3)))
