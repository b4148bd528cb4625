"""The three states, word by word from the design."""

from __future__ import annotations

import pytest

from alktrace.model.records import CopyRatio, Imbalance
from alktrace.model.vocabulary import State
from alktrace.model.words import ranges
from alktrace.mutations.copy_ratio import GENES
from interpret_cases import SCREENED_GENES, codons, fits, fusion, fusion_result, mutation, report, stats, tracks


@pytest.mark.parametrize("confidence", ["high", "medium"])
def test_kinase_fusion_is_detected(confidence: str) -> None:
    found = report([fusion("V3a", "E6;A20", confidence=confidence)])
    assert found.verdict.alk_rearrangement.state is State.DETECTED
    assert "V3a (E6;A20), in frame" in found.verdict.summary


@pytest.mark.parametrize(
    "junction",
    [fusion(confidence="low"), fusion(kind="disrupting_event", variant=None), fusion(kind="reciprocal", variant=None)],
)
def test_other_junctions_never_make_it_detected_but_are_named(junction) -> None:
    found = report([junction])
    assert found.verdict.alk_rearrangement.state is State.NOT_DETECTED
    assert junction.notation in found.verdict.summary


def test_a_driver_joined_inside_its_kinase_is_not_said_to_be_absent() -> None:
    found = report([fusion(None, "TPM3e7;NTRK1e14", kind="disrupting_event", target="NTRK1", partner="TPM3")])
    (track,) = (e for e in found.bypass if e.gene == "NTRK1" and e.kind == "fusion")
    assert track.state is State.NOT_ASSESSABLE
    assert "inside its kinase domain" in (track.reason or "")


def test_junction_of_the_direct_scan_alone_is_named_not_counted() -> None:
    counters = stats()
    counters.direct_junctions = {"V2": 3, "V1": 0, "PTPN3 2 ALK 10": 9}
    disrupting = fusion(None, "PTPN3e2;A10", kind="disrupting_event", partner="PTPN3")
    disrupting.five_prime.exon, disrupting.three_prime.exon = 2, 10
    found = report([disrupting], counters=counters)
    assert found.verdict.alk_rearrangement.state is State.NOT_DETECTED
    assert "exact sequence of junction V2 in 3 read pairs" in found.verdict.summary
    assert "junction V1" not in found.verdict.summary
    assert "junction PTPN3" not in found.verdict.summary


def test_driver_fusion_is_no_alk_rearrangement() -> None:
    found = report([fusion(None, "K15;R12", target="RET", partner="KIF5B")])
    assert found.verdict.alk_rearrangement.state is State.NOT_DETECTED
    assert found.verdict.bypass.state is State.DETECTED
    ret = next(e for e in found.bypass if e.gene == "RET")
    assert (ret.kind, ret.state, ret.alt_fragments) == ("fusion", State.DETECTED, 21)


def test_out_of_frame_is_detected_and_says_so() -> None:
    found = report([fusion("V7", "E14;del12A20", frame="out_of_frame")])
    assert found.verdict.alk_rearrangement.state is State.DETECTED
    assert "not predicted to give a functional kinase; confirm" in found.verdict.summary


def test_unknown_frame_is_said() -> None:
    found = report([fusion(None, "E13;ins69A20", frame="undetermined")])
    assert "EML4::ALK fusion detected: E13;ins69A20, reading frame undetermined" in found.verdict.summary


def test_imbalance_alone_is_not_assessable() -> None:
    for junctions in ([], [fusion(confidence="low")]):
        found = report(result=fusion_result(junctions, imbalanced=True))
        assert found.verdict.alk_rearrangement.state is State.NOT_ASSESSABLE
        assert "partner not found, confirm by another method" in found.verdict.summary


def test_detected_stays_detected_without_controls() -> None:
    found = report(counters=stats(controls=0), result=fusion_result([fusion()], limit=None))
    assert found.verdict.alk_rearrangement.state is State.DETECTED


@pytest.mark.parametrize(("controls", "state"), [(99, State.NOT_ASSESSABLE), (100, State.NOT_DETECTED)])
def test_not_detected_needs_control_fragments(controls: int, state: State) -> None:
    found = report(counters=stats(controls=controls), result=fusion_result(limit=6.296 / controls))
    assert found.verdict.alk_rearrangement.state is state
    assert found.verdict.alk_rearrangement.limit_of_detection == pytest.approx(6.296 / controls)


def test_no_reads_give_a_full_valid_report() -> None:
    empty = fusion_result(limit=None)
    empty.imbalance = Imbalance(0, 0, None, None, State.NOT_ASSESSABLE, "no reads")
    blind = dict.fromkeys((*SCREENED_GENES, "MET"), State.NOT_ASSESSABLE)
    found = report(counters=stats(0), result=empty, screened=codons(0), bypass=tracks(**blind))
    fits(found)
    for finding in (found.verdict.alk_rearrangement, found.verdict.kinase_domain, found.verdict.bypass):
        assert finding.state is State.NOT_ASSESSABLE
        assert finding.reason
    assert "no reads" in found.verdict.summary
    assert "depth 0" in found.verdict.kinase_domain.reason
    assert {t.call for t in found.tki} == {"not_applicable"}
    assert len(found.screened) == 277


def test_resistance_change_is_detected_with_its_numbers() -> None:
    found = report(mutations=[mutation("G1202R", 0.12)])
    assert found.verdict.kinase_domain.state is State.DETECTED
    assert "G1202R (resistance; 120 of 1000 fragments, VAF 12.0%)" in found.verdict.summary


def test_clean_domain_states_worst_and_median_limit() -> None:
    finding = report(screened=codons(1000, blind=[1120, 1172])).verdict.kinase_domain
    assert finding.state is State.NOT_DETECTED
    assert finding.limit_of_detection == pytest.approx(0.0063)
    assert "0.63% at the worst assessable codon, 0.63% at the median; 275 of 277 codons assessed" in finding.reason


def test_blind_resistance_codon_makes_the_domain_not_assessable() -> None:
    finding = report(screened=codons(1000, blind=[1202])).verdict.kinase_domain
    assert finding.state is State.NOT_ASSESSABLE
    assert "(1202)" in finding.reason


@pytest.mark.parametrize(
    ("depth", "words"), [(0, "wild-type ALK is not expressed (depth 0"), (5, "wild-type ALK is not expressed deeply")]
)
def test_unexpressed_wild_type_alk_is_said(depth: int, words: str) -> None:
    finding = report([], screened=codons(depth)).verdict.kinase_domain
    assert finding.state is State.NOT_ASSESSABLE
    assert words in finding.reason


def test_expression_is_not_blamed_in_dna_or_without_controls() -> None:
    assert "expressed" not in report([], screened=codons(0), assay="dna").verdict.kinase_domain.reason
    poor = report([], counters=stats(controls=3), screened=codons(0)).verdict.kinase_domain
    assert "expressed" not in poor.reason
    assert "depth 0" in poor.reason


def test_silent_and_unknown_changes_are_described_not_counted() -> None:
    silent, unknown = mutation("P1125="), mutation("A1200V")
    unknown.knowledge = None
    finding = report(mutations=[silent, unknown]).verdict.kinase_domain
    assert finding.state is State.NOT_DETECTED
    assert "unknown significance" in finding.reason
    assert "A1200V" in finding.reason
    assert "Silent or common change" in finding.reason


def test_bypass_states() -> None:
    assert report().verdict.bypass.state is State.NOT_DETECTED
    assert report(bypass=tracks(KRAS=State.DETECTED)).verdict.bypass.state is State.DETECTED
    blind = report(bypass=tracks(NRAS=State.NOT_ASSESSABLE)).verdict.bypass
    assert blind.state is State.NOT_ASSESSABLE
    assert "NRAS" in blind.reason
    flag = report(bypass=tracks(TP53=State.DETECTED)).verdict.bypass
    assert flag.state is State.NOT_DETECTED


def test_amplification_is_never_assessed_in_rna() -> None:
    copies = [e for e in report().bypass if e.kind == "amplification"]
    assert set(GENES) == {e.gene for e in copies}
    assert all(e.state is State.NOT_ASSESSABLE and "copy number" in e.reason for e in copies)


def test_copy_gain_of_a_bypass_gene_is_a_way_around() -> None:
    """DNA: a gain of MET decides, one of ALK does not; the others state the gain that would have been seen."""
    for gene, state in (("MET", State.DETECTED), ("ALK", State.NOT_DETECTED)):
        ratios = [
            CopyRatio(
                gene=one, state=State.DETECTED if one == gene else State.NOT_DETECTED, ratio=5.0,
                low=0.9, high=6.0, limit=1.6, targets=3, fragments=900, normals=20,
            )
            for one in GENES
        ]  # fmt: skip
        made = report(assay="dna", library="capture", copies=ratios)
        assert made.qc.copy_ratios == ratios
        events = {e.gene: e for e in made.bypass if e.kind == "amplification"}
        assert events[gene].state is State.DETECTED
        assert "Copy ratio of " + gene + ": 5 (95% interval 0.9 to 6), against 20 normal samples" in events[gene].reason
        assert (events["KIT"].state, events["KIT"].limit_of_detection) == (State.NOT_DETECTED, 1.6)
        assert (made.verdict.bypass.state is State.DETECTED) == (state is State.DETECTED)
        assert next(f for f in made.failure_list if f.id == "amplification").state is State.DETECTED
        assert "gains from a copy ratio of 1.6 would have been seen" in made.verdict.bypass.reason


def test_amplicon_panels_say_nothing_about_expression() -> None:
    finding = report([], screened=codons(0), library="amplicon").verdict.kinase_domain
    assert "expressed" not in finding.reason


def test_ranges_of_codons() -> None:
    assert ranges([1125, 1116, 1117, 1118]) == ["1116-1118", "1125"]
    assert ranges([]) == []
