"""Two result folders compared in what a reader would act on."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alktrace import compare
from alktrace.compare import SECTIONS, Difference, Tolerance, compare_reports, content, main

Report = dict[str, Any]
INSERT = "CAAAAATGTCAACTCGCGAAAAAAACAGCCAAG"


def side(gene: str | None, exon: int | None, position: int, strand: str) -> dict[str, Any]:
    return {"gene": gene, "transcript": "T1.1", "exon": exon, "contig": "chr2", "position": position, "strand": strand}


def fusion(variant: str, notation: str, insert: str, fragments: int, event: str = "ALK-1") -> dict[str, Any]:
    none = {"five_prime": 0, "three_prime": 0}
    return {
        "name": "EML4::ALK", "kind": "kinase_fusion", "event_id": event, "target": "ALK", "variant": variant,
        "notation": notation, "five_prime": side("EML4", 6, 88596, "+"), "three_prime": side("ALK", 20, 35269, "-"),
        "inserted_sequence": insert, "retained_intron_bases": none, "untemplated_sequence": "", "microhomology": 0,
        "deleted_bases": none, "structure_complete": True, "frame": "in_frame", "premature_stop": False,
        "kinase_domain_retained": True, "tape_domain": "none", "sequence": "ATGC", "protein": "MH",
        "support": {"split_fragments": fragments - 2, "spanning_fragments": 2, "unique_fragments": fragments},
        "confidence": "high", "evidence_note": "", "knowledge": {"key": variant},
    }  # fmt: skip


def finding(state: str, limit: float | None) -> dict[str, Any]:
    return {"state": state, "reason": "in words", "limit_of_detection": limit}


def report() -> Report:
    """A report of schema 1.0 with a record of every kind."""
    codon = {"gene": "ALK", "codon": 1202, "depth": 400, "alt_fragments": 112, "vaf_high": 0.33, "reason": "",
             "limit_of_detection_vaf": 0.03, "state": "detected"}  # fmt: skip
    mutation = {
        "gene": "ALK", "transcript": "NM_004304.5", "hgvs_c": "c.3604G>A", "hgvs_p": "p.(Gly1202Arg)", "codon": 1202,
        "short": "G1202R", "type": "snv", "depth": 400, "ref_fragments": 288, "alt_fragments": 112, "vaf": 0.28,
        "vaf_low": 0.24, "vaf_high": 0.33, "p_value": 1e-100, "knowledge": None,
        "on_fusion": {"state": "yes", "fragments": 12, "reason": "in words"},
        "phase": [{"with": "ALK p.(Leu1196Met)", "relation": "cis", "p_value": 0.001,
                   "fragments": {"cis": 9, "trans_a": 1, "trans_b": 2, "neither": 30}}],
    }  # fmt: skip
    return {
        "schema_version": "1.0",
        "sample": {"id": "S1", "patient": "P1", "timepoint": "baseline", "assay": "rna", "library": "wts"},
        "verdict": {
            "alk_rearrangement": finding("detected", 0.0018),
            "kinase_domain": finding("detected", 0.04),
            "bypass": finding("not_detected", None),
            "summary": "in words",
        },
        "fusions": [fusion("V3b", "E6;ins33A20", INSERT, 379), fusion("V3a", "E6;A20", "", 102)],
        "mutations": [mutation],
        "screened": [codon, {**codon, "codon": 1203, "state": "not_detected"}],
        "tki": [{"drug": "lorlatinib", "call": "sensitive", "because": ["in words"], "evidence": [], "references": []}],
        "bypass": [
            {"gene": "KRAS", "event": "G12X", "kind": "mutation", "state": "not_detected", "depth": 90,
             "alt_fragments": 0, "limit_of_detection": 0.1, "reason": "", "references": []},
        ],
        "qc": {
            "pairs_total": 52_000, "control_fragments": 3567, "junction_limit": 0.0018,
            "alk_imbalance": {"five_prime": 3, "three_prime": 240, "ratio": 80.0, "p_value": 1e-50,
                              "state": "detected", "reason": ""},
            "direct_junctions": [{"junction": "V3b", "pairs": 347, "aligned_fragments": 379, "text": "in words"}],
            "failure_list": [{"id": "kinase", "label": "in words", "state": "detected", "text": "in words"}],
        },
        "provenance": {"workflow": {"version": "0.1.0"}},
    }  # fmt: skip


def report_2() -> Report:
    """The same in schema 2.0."""
    new = report()
    new["schema_version"] = "2.0"
    for key in ("direct_junctions", "failure_list"):
        new[key] = new["qc"].pop(key)
    for number, found in enumerate(new["fusions"]):
        found |= {"junction_id": f"ALK-1.{number}", "event_type": None, "predicted": False, "cryptic_exons": []}
    new["dismissed_junctions"] = [
        {"junction_id": "ALK-9", "name": "A::ALK", "five_prime": side("A", 1, 7, "+"), "text": "in words",
         "three_prime": side("ALK", 20, 35269, "-"), "filter": "read_through", "support": {"split_fragments": 1}},
    ]  # fmt: skip
    return new


def differences(old: Report, new: Report, tolerance: Tolerance | None = None) -> list[tuple[str, Any, Any]]:
    found, _ = compare_reports("S1", content(old), content(new), tolerance)
    return [(d.what, d.old, d.new) for d in found]


def holder(record: Report, path: str) -> tuple[dict[str, Any], str]:
    """The object that holds the last part of a dotted path (of arrays: the first entry), and that part."""
    *parts, last = path.split(".")
    for part in parts:
        value = record[part]
        record = value[0] if isinstance(value, list) else value
    return record, last


def changed(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value * 2 + 1
    if isinstance(value, str):
        return value + "x"
    return value + ["x"] if isinstance(value, list) else "x"


# `joined_with` is made of event_id; `phase` is an array in each mutation.
PLACES = {"phase": "mutations.phase"}
FIELDS = [
    (section.name, f"{PLACES.get(section.path, section.path)}.{field}")
    for section in SECTIONS
    for field in (*section.exact, *section.counts, *section.fractions, *section.follows)
    if field != "joined_with"
]


@pytest.mark.parametrize("make", [report, report_2])
def test_a_report_does_not_differ_from_itself(make: Any) -> None:
    assert differences(make(), make()) == []


@pytest.mark.parametrize(("name", "path"), FIELDS)
def test_every_field_that_is_compared_is_found(name: str, path: str) -> None:
    new = report_2()
    record, key = holder(new, path)
    record[key] = changed(record[key])
    for pair in ((report_2(), new), (new, report_2())):
        found = differences(*pair)
        assert found and all(what.startswith(name) for what, _, _ in found)


@pytest.mark.parametrize(("name", "path"), FIELDS)
def test_a_field_lost_within_a_schema_is_a_difference(name: str, path: str) -> None:
    new = report_2()
    record, key = holder(new, path)
    del record[key]
    assert any(what.startswith(name) for what, _, _ in differences(report_2(), new))


@pytest.mark.parametrize(
    ("path", "what", "old"),
    [
        ("fusions", "fusion EML4::ALK E6;ins33A20 chr2 88596 + chr2 35269 -", "kinase_fusion, high, in_frame, 379"),
        ("mutations", "mutation ALK c.3604G>A", "G1202R, 112, 400"),
        ("mutations.phase", "phase ALK c.3604G>A ALK p.(Leu1196Met)", "cis"),
        ("screened", "screened ALK 1202", "detected"),
        ("tki", "inhibitor lorlatinib", "sensitive"),
        ("bypass", "bypass KRAS G12X mutation", "not_detected"),
        ("failure_list", "failure kinase", "detected"),
        ("direct_junctions", "direct_junction V3b", "347"),
        ("dismissed_junctions", "dismissed A::ALK chr2 7 + chr2 35269 -", "read_through"),
    ],
)
def test_a_record_in_one_report_only(path: str, what: str, old: str) -> None:
    new = report_2()
    record, key = holder(new, path)
    del record[key][0]
    assert (what, old, compare.UNSET) in differences(report_2(), new)
    assert (what, compare.UNSET, old) in differences(new, report_2())


def test_both_isoforms_at_one_place_are_told_apart_in_any_order() -> None:
    new = report()
    new["fusions"].reverse()
    assert differences(report(), new) == []
    new["fusions"][0]["confidence"] = "low"
    assert differences(report(), new) == [
        ("fusion EML4::ALK E6;A20 chr2 88596 + chr2 35269 - confidence", "high", "low")
    ]


def test_a_junction_whose_position_moves_is_still_the_same_junction() -> None:
    new = report()
    new["fusions"][1]["five_prime"]["position"] -= 1
    assert differences(report(), new) == [
        ("fusion EML4::ALK E6;A20 chr2 88596 + chr2 35269 - five_prime.position", 88596, 88595)
    ]


def test_identifiers_may_change_but_not_who_belongs_together() -> None:
    new = report()
    for found in new["fusions"]:
        found["event_id"] = "another"
    assert differences(report(), new) == []
    new["fusions"][0]["event_id"] = "apart"
    assert [what.split()[-1] for what, _, _ in differences(report(), new)] == ["joined_with"] * 2


def test_sentences_provenance_and_unknown_keys_are_not_compared() -> None:
    new = report_2()
    new["verdict"]["summary"] = new["verdict"]["bypass"]["reason"] = "in other words"
    new["provenance"] = {}
    new["fusions"][0] |= {"evidence_note": "another", "later": 1}
    new["dismissed_junctions"][0] |= {"text": "another", "junction_id": "another"}
    new["later"] = []
    assert differences(report_2(), new) == []


def test_schemas_1_and_2_are_compared_and_what_only_one_has_is_said() -> None:
    for old, new, lacking in ((report(), report_2(), "OLD"), (report_2(), report(), "NEW")):
        found, notes = compare_reports("S1", content(old), content(new))
        assert found == []
        assert {note.split(":")[0] for note in notes} == {
            "dismissed_junctions", "event_type", "predicted", "cryptic_exons",
        }  # fmt: skip
        assert all(f"{lacking} has schema 1" in note for note in notes)
    new = report_2()
    new["direct_junctions"][0]["pairs"] = 0
    assert differences(report(), new) == [("direct_junction V3b pairs", 347, 0)]


@pytest.mark.parametrize(
    ("path", "value", "within"),
    [
        ("fusions.support.unique_fragments", 381, True),  # two fragments
        ("fusions.support.unique_fragments", 383, False),
        ("qc.pairs_total", 52_500, True),  # 1%
        ("qc.pairs_total", 53_000, False),
        ("mutations.vaf", 0.2849, True),  # two of 400
        ("mutations.vaf", 0.287, False),
        ("mutations.p_value", 1e-90, True),  # follows from the counts
        ("mutations.codon", 1203, False),  # no count
        ("bypass.state", "detected", False),
        ("bypass.limit_of_detection", None, False),
        ("dismissed_junctions.support.split_fragments", 3, True),
        ("dismissed_junctions.five_prime.exon", 2, False),
    ],
)
def test_tolerance(path: str, value: Any, within: bool) -> None:
    new = report_2()
    record, key = holder(new, path)
    record[key] = value
    assert differences(report_2(), new) != []
    assert (differences(report_2(), new, Tolerance(1, 2)) == []) is within


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_in_a_report_it_does_not_differ_from_itself(data: st.DataObject) -> None:
    made = report_2()
    for _ in range(3):
        _, path = data.draw(st.sampled_from(FIELDS))
        record, key = holder(made, path)
        if isinstance(record, dict) and not isinstance(record.get(key), dict):
            record[key] = data.draw(JSON)
    made["fusions"] += data.draw(st.lists(st.sampled_from(made["fusions"]), max_size=2))
    assert differences(made, copy.deepcopy(made)) == []


def test_a_line_cannot_be_broken() -> None:
    line = Difference("S\t1", "fusion \x1b[31m\n", "a\tb\u202e", ["\n"]).line()
    assert line.count("\t") == 3 and line.isascii() and line.replace("\t", "").isprintable()
    assert Difference("S1", "insert", "", None).line() == 'S1\tinsert\t""\tnull'


# ---------------------------------------------------------------- folders


def write(folder: Path, samples: dict[str, Report]) -> Path:
    for name, made in samples.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "report.json").write_text(json.dumps(made))
    return folder


def test_results_their_parent_one_sample_and_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = write(tmp_path / "run" / "results", {"S1": report(), "results": report()})
    for path in (results, results.parent):
        assert sorted(compare.find_results(path).reports) == ["S1", "results"]
        assert main([str(results), str(path)]) == 0
    for path in (results / "S1", results / "S1" / "report.json"):
        assert main([str(results / "results"), str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "sample results of OLD is compared with S1 of NEW" in err and "samples compared: 2" in err


def test_lines_are_sorted_and_samples_of_one_folder_are_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = report()
    new["tki"][0]["call"] = "resistant"
    new["bypass"][0]["state"] = "not_assessable"
    old_folder = write(tmp_path / "old", {"S1": report(), "S0": report()})
    new_folder = write(tmp_path / "new", {"S1": new, "S2": report()})
    assert main([str(old_folder), str(new_folder)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "S0\tsample\tpresent\tabsent",
        "S1\tbypass KRAS G12X mutation state\tnot_detected\tnot_assessable",
        "S1\tinhibitor lorlatinib call\tsensitive\tresistant",
        "S2\tsample\tabsent\tpresent",
    ]
    assert main([str(old_folder), str(new_folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 1
    assert found["differences"][0] == {"sample": "S0", "what": "sample", "old": "present"}


def test_cohort_tables_are_compared_where_both_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [write(tmp_path / name, {"S1": report()}) for name in ("old", "new")]
    (folders[0] / "cohort").mkdir()
    table = folders[0] / "cohort" / "summary.tsv"
    table.write_text("sample\tfragments\tfusions\tsummary\tgone\nS1\t379\tEML4::ALK V3b\tin words\t1\n")
    assert main([str(f) for f in folders]) == 0
    (folders[1] / "cohort").mkdir()
    other = folders[1] / "cohort" / "summary.tsv"
    other.write_text('sample\tadded\tfragments\tfusions\tsummary\nS1\t"\t378\tEML4::ALK V3a\tother words\n')
    capsys.readouterr()
    assert main([str(f) for f in folders]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == ["S1\tcohort fragments\t379\t378", "S1\tcohort fusions\tEML4::ALK V3b\tEML4::ALK V3a"]
    assert "column gone is only in OLD" in err and "column added is only in NEW" in err
    main([*(str(f) for f in folders), "--counts-within", "1,2"])
    assert capsys.readouterr().out.splitlines() == ["S1\tcohort fusions\tEML4::ALK V3b\tEML4::ALK V3a"]
    other.write_text("sample\tfusions\nS2\t\n")
    main([str(f) for f in folders])
    assert capsys.readouterr().out.splitlines() == [
        "S1\tcohort row\tpresent\tabsent",
        "S2\tcohort row\tabsent\tpresent",
    ]
    other.write_text("sample\tfusions\nS1\n")
    assert main([str(f) for f in folders]) == 2
    assert "row 2 has 1 cells" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no report.json"),
        ("{", "cannot be read as JSON"),
        ("NaN", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[]", "not a report of schema_version 1.x and 2.x"),
        (json.dumps({**report(), "schema_version": "3.0"}), "not a report of schema_version 1.x and 2.x"),
        (json.dumps({"schema_version": "1.0"}), "it has no verdict, fusions"),
        (json.dumps({**report(), "fusions": "none"}), "fusions: objects are needed"),
        (json.dumps({**report(), "verdict": 1}), "verdict.alk_rearrangement: an object is needed"),
        (json.dumps({**report(), "qc": []}), "an object is needed"),
        (json.dumps({**report(), "fusions": [{"support": "many"}]}), "an object is needed"),
    ],
)
def test_unusable_input_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    good, bad = write(tmp_path / "good", {"S1": report()}), tmp_path / "bad"
    (bad / "S1").mkdir(parents=True)
    if text is not None:
        (bad / "S1" / "report.json").write_text(text)
    for order in ((good, bad), (bad, good)):
        assert main([str(path) for path in order]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1 and said in err and str(bad) in err


def test_two_folders_of_reports_in_one_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "run", {"S1": report()})
    write(tmp_path / "run" / "results", {"S1": report()})
    assert main([str(tmp_path / "run")] * 2) == 2
    assert "name one of the two folders" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1", "-1,2", "x,2", "1,-2", "1,2.5", "nan,1", "101,0"])
def test_a_tolerance_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["a", "b", f"--counts-within={text}"])
    assert stopped.value.code == 2
    assert "not PERCENT,N" in capsys.readouterr().err
