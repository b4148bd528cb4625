"""Rules that hold for every report, whatever was found."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from alktrace.knowledge.sentences import read_sentences
from alktrace.model.findings import functional
from alktrace.model.records import Fusion, Report
from alktrace.model.vocabulary import State
from interpret_cases import KNOWLEDGE, codons, fits, fusion, fusion_result, mutation, report, stats, tracks

FUSIONS = st.builds(
    fusion,
    variant=st.sampled_from([None, "V1", "V3a"]),
    notation=st.sampled_from(["E13;A20", "E6;A20", "E14;ins11del49A20"]),
    frame=st.sampled_from(["in_frame", "out_of_frame", "undetermined"]),
    confidence=st.sampled_from(["high", "medium", "low"]),
    kind=st.sampled_from(["kinase_fusion", "reciprocal", "disrupting_event"]),
    target=st.sampled_from(["ALK", "ALK", "RET", "NTRK1"]),
    tape=st.sampled_from([None, "none", "partial", "retained"]),
    premature_stop=st.sampled_from([None, False, True]),
    kinase_domain_retained=st.sampled_from([None, False, True]),
)
NAMES = ("C1156Y", "L1198F", "G1202R", "D1203N", "G1269A", "A1200V", "P1191=")
STATES = st.sampled_from(list(State))


def texts(found: Report) -> list[str]:
    """Every sentence of the interpretation."""
    verdict = found.verdict
    said = [verdict.summary, verdict.alk_rearrangement.reason, verdict.kinase_domain.reason, verdict.bypass.reason]
    said += [text for one in found.tki for text in one.because]
    said += [evidence.text for one in found.tki for evidence in one.evidence]
    said += [text for item in found.failure_list for text in (item.label, item.text)]
    said += [row.text for row in found.direct_junctions]
    said += [event.reason for event in found.bypass]
    for one in found.fusions:
        if one.context:
            said += one.context.sentences + [test.text for test in one.context.other_tests]
    return said


def bracketed_templates(folder: Path) -> Path:
    """Knowledge tables in which every sentence is wrapped in brackets."""
    copy = folder / "knowledge"
    shutil.copytree(KNOWLEDGE, copy)
    with (copy / "sentences.tsv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    lines = ["id\tsection\ttext"] + [f"{r['id']}\t{r['section']}\t⟦{r['text']}⟧" for r in rows]
    (copy / "sentences.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return copy


def outside_brackets(text: str) -> str:
    depth, left = 0, []
    for letter in text:
        depth += {"⟦": 1, "⟧": -1}.get(letter, 0)
        if depth == 0 and letter != "⟧":
            left.append(letter)
    assert depth == 0
    return "".join(left)


def test_no_sentence_is_free_floating(tmp_path: Path) -> None:
    folder = bracketed_templates(tmp_path)
    pair = [mutation("C1156Y", cis=["L1198F"]), mutation("L1198F", cis=["C1156Y"]), mutation("A1200V")]
    counters = stats()
    counters.direct_junctions = {"V1": 3}
    cases = [
        report([fusion("V3a", "E6;A20", tape="none"), fusion(confidence="low")], pair, folder, counters),
        report([fusion(frame="out_of_frame", premature_stop=True, kinase_domain_retained=False)], knowledge=folder),
        report([], knowledge=folder, screened=codons(4), bypass=tracks(KRAS=State.DETECTED)),
        report(result=fusion_result(imbalanced=True), knowledge=folder),
        report(counters=stats(0), result=fusion_result(limit=None), screened=codons(0), knowledge=folder),
    ]
    said = [text for found in cases for text in texts(found) if text]
    assert len(said) > 150
    for text in said:
        assert set(outside_brackets(text)) <= set(" ();"), text


def test_every_sentence_is_used_and_every_used_one_is_in_the_table(root: Path) -> None:
    scripts = root / "workflow" / "scripts" / "alktrace"
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(scripts.rglob("*.py")))
    keys = set(read_sentences(KNOWLEDGE).templates)
    assert [key for key in sorted(keys) if f'"{key}"' not in code] == []
    used = set(re.findall(r"\b(?:say|saying|Said)\(\s*\"([a-z0-9_]+)\"", code))
    assert len(used) > 60
    assert sorted(used - keys) == []
    assert re.findall(r"\b(?:say|saying|Said)\(\s*f\"", code) == []  # a key stands in the code as a whole


@settings(max_examples=60, deadline=None)
@given(
    found=st.lists(FUSIONS, max_size=3),
    names=st.sets(st.sampled_from(NAMES), max_size=3),
    controls=st.sampled_from([0, 50, 99, 100, 812]),
    imbalanced=st.booleans(),
    depth=st.sampled_from([0, 5, 100, 1000]),
    track_states=st.dictionaries(st.sampled_from(["EGFR", "KRAS", "TP53", "RB1", "MET"]), STATES),
    assay=st.sampled_from(["rna", "dna"]),
    library=st.sampled_from(["wts", "capture", "amplicon"]),
)
def test_property_rules_of_the_three_states(
    found: list[Fusion],
    names: set[str],
    controls: int,
    imbalanced: bool,
    depth: int,
    track_states: dict[str, State],
    assay: str,
    library: str,
) -> None:
    changes = [mutation(n) for n in sorted(names)] if depth else []
    limit = 6.296 / controls if controls else None
    made = report(
        result=fusion_result(found, limit, imbalanced),
        mutations=changes,
        counters=stats(controls=controls),
        screened=codons(depth, changed=changes),
        bypass=tracks(**track_states),
        assay=assay,
        library=library,
    )
    fits(made)
    called = [f for f in found if (f.target, f.kind) == ("ALK", "kinase_fusion") and f.confidence != "low"]
    verdict = made.verdict
    assert (verdict.alk_rearrangement.state is State.DETECTED) == bool(called)
    if verdict.alk_rearrangement.state is State.NOT_DETECTED:
        assert controls >= 100
        assert not imbalanced
        assert verdict.alk_rearrangement.limit_of_detection is not None
    for finding in (verdict.alk_rearrangement, verdict.kinase_domain, verdict.bypass):
        assert finding.reason
    if verdict.kinase_domain.state is State.NOT_DETECTED:
        assert depth >= 100
        assert verdict.kinase_domain.limit_of_detection is not None
    if depth == 0:
        assert verdict.kinase_domain.state is State.NOT_ASSESSABLE
        assert "depth 0" in verdict.kinase_domain.reason
    calls = {t.call for t in made.tki}
    if not called:
        assert calls == {"not_applicable"}
    elif not any(functional(f) for f in called) or not changes and depth < 100:
        assert calls == {"unknown"}
    assert "unknown" not in verdict.summary.replace("unknown significance", "").replace("unknown fusion", "")


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_hostile_names_change_nothing_but_text(name: str) -> None:
    hostile = fusion(variant=None, notation="{x}" + name, partner="<b>{summary}" + name)
    made = report([hostile], timepoint=name)
    assert made.verdict.alk_rearrangement.state is State.DETECTED
    assert "{x}" + name in made.verdict.summary
