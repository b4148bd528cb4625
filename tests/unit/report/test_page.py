"""report.html: what the page says for a fusion, a negative and an empty sample, and what hostile names become."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from Bio.Seq import Seq
from msgspec.structs import replace

import report_fixtures as made
from alktrace.knowledge.publications import Publication
from alktrace.model.records import Fingerprint, Fusion, FusionResult, GenotypeSite, PileupRead, Report
from alktrace.model.vocabulary import State
from alktrace.report.answers import answers
from alktrace.report.deidentify import deidentified
from alktrace.report.drawings.domains import Domain
from alktrace.report.drawings.fusion import domain_parts, transcript_parts
from alktrace.report.junction_reads import aligned, junction_view
from alktrace.report.references import References, identifiers
from alktrace.report.templates import chance
from alktrace.runtime import serialise
from markup import Page


def page(folder: Path, kind: str, knowledge: Path = made.KNOWLEDGE, **names: str) -> tuple[Page, str, Report]:
    case, report = made.build(folder / "in", kind, **names)
    out = folder / "out"
    case.write_views(out, knowledge)
    text = (out / "report.html").read_text(encoding="utf-8")
    return Page(text), text, report


def test_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    found, text, _ = page(tmp_path, "fusion")
    assert not [t for t, _ in found.tags if t in ("script", "img", "iframe", "object", "embed")]
    assert found.loaded == ["data:,"]
    assert "default-src 'none'" in text
    assert "@import" not in text
    assert not re.search(r"url\(\"?(?!\"?data:)", text)
    assert len(text.encode()) < 500_000


def test_answers_name_fusion_change_and_inhibitors(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    fusion, change, missing, drugs = answers(report)
    assert (fusion.state, fusion.headline) == (State.DETECTED, "EML4::ALK V3b; EML4::ALK V3a")
    assert change.headline == "G1202R"
    assert (missing.state, missing.headline) == (None, "nothing that this test covers")
    assert missing.lines == ("Never by this test: MET amplification",)
    assert drugs.headline == "crizotinib, ceritinib, alectinib, brigatinib"


@pytest.mark.parametrize(("kind", "state"), [("negative", State.NOT_DETECTED), ("empty", State.NOT_ASSESSABLE)])
def test_answers_without_a_finding(tmp_path: Path, kind: str, state: State) -> None:
    _, report = made.build(tmp_path, kind)
    fusion, change, missing, drugs = answers(report)
    assert (fusion.state, change.state, drugs.headline) == (state, state, "not applicable")
    assert ("277 of 277 ALK codons" in missing.headline) == (kind == "empty")


def test_answers_name_tracks_that_failed_and_events_found(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    first, second = [b for b in report.bypass if b.kind == "mutation"][:2]
    first.state, second.state, second.reason = State.NOT_ASSESSABLE, State.DETECTED, "G12D"
    _, _, missing, drugs = answers(report)
    assert missing.headline == f"1 of {len(report.bypass) - 1} bypass events"
    assert f"Bypass events: {first.gene} {first.event}" in missing.lines
    assert drugs.lines[-1] == f"Found outside ALK, not part of these calls: {second.gene} G12D"


@pytest.mark.parametrize("change", [{"frame": "out_of_frame"}, {"structure_complete": False}, {"premature_stop": True}])
def test_answer_repeats_the_verdict_on_odd_structures(tmp_path: Path, change: dict[str, object]) -> None:
    """What is wrong with a junction is a sentence of the tables, which the verdict holds."""
    _, report = made.build(tmp_path, "fusion")
    assert answers(report)[0].lines[0].startswith("E6;ins33A20: in frame, high confidence")
    report.fusions[0] = replace(report.fusions[0], **change)  # type: ignore[arg-type]
    report.verdict.alk_rearrangement.reason = "It is not predicted to give a functional kinase."
    assert answers(report)[0].lines == ("It is not predicted to give a functional kinase.",)


def test_structure_stands_once_where_there_is_no_variant(tmp_path: Path) -> None:
    case, report = made.build(tmp_path / "in", "fusion")
    report.fusions[0].variant = None
    serialise.write_json(report, case.report)
    case.write_views(tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "EML4::ALK E6;ins33A20</h3>" in text
    assert "EML4::ALK V3a (E6;A20)</h3>" in text


def test_other_junctions_of_alk_are_named(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    report.fusions[0].kind, report.fusions[1].confidence = "disrupting_event", "low"
    report.verdict.alk_rearrangement = replace(report.verdict.alk_rearrangement, state=State.NOT_DETECTED)
    answer = answers(report)[0]
    assert answer.headline == "not detected"
    assert answer.lines[-2:] == (
        "Also found: EML4::ALK V3b, disrupting event, high confidence",
        "Also found: EML4::ALK V3a, kinase fusion, low confidence",
    )


def test_phase_stands_beside_the_changes(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    report.mutations.append(replace(report.mutations[0], short="L1196M", hgvs_p="p.(Leu1196Met)", phase=[]))
    assert answers(report)[1].lines[0].endswith(", on the same fragments as L1196M")


def test_other_driver_is_no_alk_fusion(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    report.fusions[1].target, report.fusions[1].name = "RET", "KIF5B::RET"
    track = replace(report.bypass[0], gene="RET", event="KIF5B::RET fusion", kind="fusion", state=State.DETECTED)
    report.bypass.append(replace(track, reason="KIF5B::RET K15;RETe12: 9 unique fragments."))
    fusion, _, _, drugs = answers(report)
    assert fusion.headline == "EML4::ALK V3b"
    assert drugs.lines[-1] == "Found outside ALK, not part of these calls: KIF5B::RET fusion"


def test_silent_change_is_no_resistance(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    silent = replace(report.mutations[0], short="P1125=", hgvs_p="p.(Pro1125=)", knowledge=None)
    unknown = replace(report.mutations[0], short="A1200V", hgvs_p="p.(Ala1200Val)", knowledge=None)
    report.mutations += [silent, unknown]
    change = answers(report)[1]
    assert change.headline == "G1202R"
    assert [line.split(":")[0] for line in change.lines] == ["G1202R (listed)", "A1200V (unknown significance)"]


def test_low_confidence_junction_is_no_headline(tmp_path: Path) -> None:
    _, report = made.build(tmp_path, "fusion")
    report.fusions[1].confidence = "low"
    assert answers(report)[0].headline == "EML4::ALK V3b"


def test_hostile_names_are_text(tmp_path: Path) -> None:
    found, _, _ = page(
        tmp_path, "fusion", patient=made.HOSTILE, timepoint=made.HOSTILE, contig=made.HOSTILE_CONTIG, label=made.HOSTILE
    )
    assert not [t for t, _ in found.tags if t == "script"]
    assert found.text.count(made.HOSTILE) > 20  # patient, time point, gene and each read
    assert made.HOSTILE_CONTIG in found.text


def test_tables_have_headers_with_scope(tmp_path: Path) -> None:
    found, _, _ = page(tmp_path, "fusion")
    heads = [a for t, a in found.tags if t == "th"]
    assert heads
    assert all(a.get("scope") in ("col", "row", "rowgroup") for a in heads)
    regions = [a for t, a in found.tags if a.get("class") == "scroll"]
    assert all(a.get("tabindex") == "0" and a.get("aria-label") for a in regions)


def test_states_are_words_with_icons(tmp_path: Path) -> None:
    _, text, _ = page(tmp_path, "negative")
    spans = re.findall(r'<span class="state (\w+)">(.*?)</span>', text)
    assert spans
    for state, content in spans:
        assert state.replace("_", " ") in content
        assert f".state.{state}::before {{ content: url(" in text


def test_curators_notes_stay_off_the_page(tmp_path: Path) -> None:
    found, _, _ = page(tmp_path, "fusion")
    assert "Paper prints one symbol E6;A20 for both" not in found.text
    assert "recalled" not in found.text


def test_published_codons_follow_their_table(tmp_path: Path) -> None:
    """A row deleted from the table is gone from the page."""
    tables = tmp_path / "tables"
    shutil.copytree(made.KNOWLEDGE, tables)
    path = tables / "alk_kinase_mutations.tsv"
    before, _, _ = page(tmp_path / "a", "negative", tables)
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(r for r in rows if not r.startswith("V1180L")), encoding="utf-8")
    after, _, _ = page(tmp_path / "b", "negative", tables)
    assert "V1180L" in before.text
    assert "V1180L" not in after.text


def test_references_have_one_number_each(tmp_path: Path) -> None:
    found, _, _ = page(tmp_path, "fusion")
    anchors = [a["id"] for _, a in found.tags if (a.get("id") or "").startswith("reference-")]
    assert anchors == [f"reference-{n}" for n in range(1, len(anchors) + 1)]
    cited = {(a.get("href") or "")[1:] for t, a in found.tags if (a.get("href") or "").startswith("#reference-")}
    assert cited == set(anchors)


def test_only_what_was_read_is_cited() -> None:
    paper = Publication("PMID:1", "Lin", "Cancer Discov", "2017", "its page", "page")
    references = References({"PMID:1": paper})
    references.cite({"reference": "PMID:1", "verified": "page"})
    assert references.cite([{"reference": "PMID:2", "verified": "recalled"}]) == []
    references.cite({"reference": "FDA label 1 (2024)", "verified": "page", "url": "https://example.org/1"})
    assert [(r.number, r.name, r.text, r.url) for r in references.found.values()] == [
        (1, "PMID:1", "Lin et al., Cancer Discov 2017", "https://pubmed.ncbi.nlm.nih.gov/1/"),
        (2, "FDA label 1 (2024)", "", "https://example.org/1"),
    ]


def test_row_without_a_reference_has_no_number() -> None:
    assert References({}).cite([{"id": "unknown", "verified": "page"}]) == []


def test_read_that_lacks_bases_shows_a_gap() -> None:
    contig = "ACGTTGCAAGTC" + "A" * 7 + "CAGGTCTTGACCATGCA"
    lacking = "ACGTTGCAAGTC" + "A" * 5 + "CAGGTCTTGACCATGCA"
    offset, row, before = aligned(PileupRead("r", 0, lacking, False), contig)
    assert (offset, row.replace("-", ""), row.count("-"), before) == (0, lacking, 2, [])
    assert all(a in ("-", b) for a, b in zip(row, contig, strict=True))
    more = contig[:19] + "GT" + contig[19:]
    offset, row, before = aligned(PileupRead("r", 0, more, False), contig)
    assert (offset, row, before) == (0, contig, [19])
    assert aligned(PileupRead("r", 2, "GTTCCAAG", False), contig) == (2, "GTTCCAAG", [])


@pytest.mark.parametrize(("p_value", "words"), [(0.0, "< 1e-300"), (1.2345e-9, "= 1.23e-09"), (1.0, "= 1")])
def test_chance(p_value: float, words: str) -> None:
    assert chance(p_value) == words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("PMID: 12; pmid:12", ["PMID:12"]),
        ("DOI:10.1158/1078-0432.CCR-17-3004", ["DOI:10.1158/1078-0432.CCR-17-3004"]),
        ("PMC6517105", ["PMC6517105"]),
        ("seen in public reads", ["seen in public reads"]),
        ("", []),
    ],
)
def test_identifiers(text: str, names: list[str]) -> None:
    assert identifiers(text) == names


def fusion(tmp_path: Path, insert: str = "") -> Fusion:
    fasta, _ = made.write_reference(tmp_path)
    return made.eml4_alk(fasta, "V3", insert)[0]


def test_drawn_exons_are_the_coding_bases(tmp_path: Path) -> None:
    eml4, alk = made.transcripts()
    parts = transcript_parts(fusion(tmp_path, made.MICROEXON), eml4, alk)
    assert [(p.label, p.kind) for p in parts][:6] == [(str(n), "five") for n in range(1, 7)]
    assert sum(p.length for p in parts if p.kind == "five") == 667
    assert [p.length for p in parts if p.kind == "insert"] == [33]
    assert sum(p.length for p in parts if p.kind == "three") == 1620 * 3 - 3172


def test_kept_domain_lies_behind_the_junction(tmp_path: Path) -> None:
    eml4, alk = made.transcripts()
    domains = [Domain("ALK", "kinase", "codon", 1116, 1392), Domain("EML4", "TAPE", "exon", 5, 21)]
    kinase = next(d for d in domain_parts(fusion(tmp_path), eml4, alk, domains) if d.name == "kinase")
    assert (kinase.start, kinase.length, kinase.cut) == (667 + 3 * 1115 - 3172, 277 * 3, False)
    tape = next(d for d in domain_parts(fusion(tmp_path), eml4, alk, domains) if d.name == "TAPE")
    assert (tape.length, tape.cut) == (129 + 26, True)


def test_amino_acids_stand_over_their_codons(tmp_path: Path) -> None:
    """The row over the junction spells the protein of the fusion."""
    eml4, _ = made.transcripts()
    fasta, _ = made.write_reference(tmp_path)
    found, evidence = made.eml4_alk(fasta, "V3b", made.MICROEXON)
    view = junction_view(found, evidence, eml4)
    spelt = view.amino_acids.replace(" ", "")
    assert len(spelt) > 20
    assert spelt in str(Seq(found.sequence[: len(found.sequence) // 3 * 3]).translate())


def test_read_bases_that_differ_are_marked(tmp_path: Path) -> None:
    eml4, _ = made.transcripts()
    fasta, _ = made.write_reference(tmp_path)
    found, evidence = made.eml4_alk(fasta, "V3a", "")
    read = evidence.reads[5]
    other = "A" if read.bases[40] != "A" else "C"
    read.bases = read.bases[:40] + other + read.bases[41:]
    view = junction_view(found, evidence, eml4)
    marked = [(line.name, p.text) for line in view.reads for p in line.pieces if p.differs]
    assert marked == [("read5", other)]


def test_record_without_evidence_still_has_a_page(tmp_path: Path) -> None:
    case, _ = made.build(tmp_path / "in", "fusion")
    result = serialise.read_json(case.fusions, FusionResult)
    result.evidence = []
    serialise.write_json(result, case.fusions)
    case.write_views(tmp_path / "out")
    assert "EML4::ALK V3b" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_inherited_variants_stand_in_the_record_alone(tmp_path: Path) -> None:
    """What other samples are compared with is in report.json, not on the page, in no table and in no export."""
    case, report = made.build(tmp_path / "in", "fusion")
    site = GenotypeSite(contig="chr2", position=29876543, ref="A", alt="G", copies=1, depth=40, alt_fragments=20)
    report.qc.fingerprint = Fingerprint(sites=[site], callable=[])
    serialise.write_json(report, case.report)
    case.write_views(tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert b"29876543" not in path.read_bytes(), path.name
    assert deidentified(report).qc.fingerprint is None
