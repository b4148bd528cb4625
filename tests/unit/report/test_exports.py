"""What leaves the laboratory: names, findings.tsv, codons.tsv, the de-identified report and the FHIR bundle."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

import report_fixtures as made
from alktrace import export
from alktrace.genome.names import hgvs_p, hgvs_r, iscn, mane_transcripts, rna_change, vicc
from alktrace.genome.transcripts import Annotation
from alktrace.model.records import Locus, Report
from alktrace.model.vocabulary import EventType, Frame, State
from alktrace.report.deidentify import deidentified
from alktrace.report.fhir import fhir_bundle
from alktrace.report.findings import codons_tsv, findings_tsv
from alktrace.runtime.serialise import read_json
from interpret_cases import fits

HEAD = {
    "patient": "Jane Roe",
    "timepoint": "second biopsy of Jane",
    "site": "left lung of Jane",
    "collected": "2026-01-02",
    "received": "2026-01-03",
    "diagnosis": "adenocarcinoma (Roe)",
    "prior_tki": "alectinib by Dr Roe",
    "accession": "ROE-0001",
    "laboratory": "Roe Laboratory",
    "operator": "J. Roe",
}


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Annotation, Report, Path]:
    built, report = made.build(tmp_path_factory.mktemp("case"), "fusion")
    return Annotation.load(built.annotation), report, built.report


def test_names_of_a_fusion_with_an_insert(case: tuple[Annotation, Report, Path]) -> None:
    annotation, report, _ = case
    v3b, v3a = report.fusions
    five, three = annotation["EML4"], annotation["ALK"]
    refseq = {five.transcript_id.partition(".")[0]: "NM_019063.5", three.transcript_id.partition(".")[0]: "NM_004304.5"}
    assert vicc(v3a, refseq) == "NM_019063.5(EML4):e.6::NM_004304.5(ALK):e.20"
    assert vicc(v3b, refseq) == f"NM_019063.5(EML4):e.6::{made.MICROEXON}::NM_004304.5(ALK):e.20"
    cut = replace(v3a, deleted_bases=replace(v3a.deleted_bases, five_prime=3, three_prime=49))
    assert vicc(cut, refseq) == "NM_019063.5(EML4):e.6-3::NM_004304.5(ALK):e.20+49"
    nowhere = replace(v3a, five_prime=Locus(None, None, None, "chr2", 33141530, "+"))
    assert vicc(nowhere, refseq).startswith("chr2:g.33141530(+)::")
    # Coding lengths: EML4 exon 6 ends at c.667, ALK exon 20 starts at c.3173.
    name = hgvs_r(v3a, five, three, refseq)
    assert name.startswith("NM_019063.5:r.-") and "_667::NM_004304.5:r.3173_*" in name
    assert f"::{made.MICROEXON.lower().replace('t', 'u')}::" in hgvs_r(v3b, five, three, refseq)
    assert hgvs_r(replace(v3a, structure_complete=False), five, three, refseq) == ""
    assert "r.(-" in hgvs_r(replace(v3a, predicted=True), five, three, refseq)


def test_name_of_the_protein_splits_the_codon_of_the_junction(case: tuple[Annotation, Report, Path]) -> None:
    annotation, report, _ = case
    five, three = annotation["EML4"], annotation["ALK"]
    # 222 whole codons of EML4 and c.667; ALK goes on at c.3173, the second base of codon 1058.
    protein = "M" + "A" * 221 + "L" + "Y" * 562
    v3a = replace(report.fusions[1], frame=Frame.IN_FRAME, premature_stop=False, protein=protein)
    name = hgvs_p(v3a, five, three, {})
    assert name == "ENST00000318522.10:p.(Met1_Ala222)::Leu::ENST00000389048.7:p.(Tyr1059_Tyr1620)"
    out = replace(v3a, frame=Frame.OUT_OF_FRAME, protein="M" + "A" * 221 + "LV*")
    assert hgvs_p(out, five, three, {}) == "ENST00000318522.10:p.(Met1_Ala222)::LeuValTer"
    assert hgvs_p(replace(v3a, frame=Frame.UNDETERMINED), five, three, {}) == ""


def test_bands_are_named_for_dna_of_a_known_build_only(case: tuple[Annotation, Report, Path]) -> None:
    fusion = case[1].fusions[1]
    sides = {"five_prime": ("chr2", 42_264_731), "three_prime": ("chr2", 29_223_528)}
    moved = {name: replace(getattr(fusion, name), contig=c, position=p) for name, (c, p) in sides.items()}
    seen = replace(fusion, event_type=EventType.INVERSION, **moved)
    assert iscn(seen, "GRCh38") == "inv(2)(p21p23)"
    assert iscn(replace(seen, event_type=None), "GRCh38") == iscn(seen, "GRCh37") == ""
    other = replace(seen.five_prime, contig="10", position=32_027_000)
    kif5b = replace(seen, event_type=EventType.TRANSLOCATION, five_prime=other)
    assert iscn(kif5b, "GRCh38") == "t(2;10)(p23;p11)"


def test_a_change_read_from_rna_is_named_at_its_level() -> None:
    assert rna_change("c.3604G>A") == "r.3604g>a"
    assert rna_change("c.3452_3453insACT") == "r.3452_3453insacu"


def test_stated_transcripts_of_the_names() -> None:
    refseq = mane_transcripts()
    assert refseq["ENST00000389048"] == "NM_004304.5"
    assert all(name.startswith(("NM_", "NR_")) for name in refseq.values())


def test_findings_and_codons_are_two_tables(case: tuple[Annotation, Report, Path]) -> None:
    _, report, _ = case
    rows = table(findings_tsv(report))
    assert [r["section"] for r in rows[:3]] == ["verdict"] * 3
    named = {(r["section"], r["finding"]): r for r in rows}
    assert named["mutation", "ALK G1202R"]["vaf"] == "0.1529"
    assert named["fusion", "EML4::ALK V3a"]["build"] == "genome.fa"
    assert named["fusion", "EML4::ALK V3a"]["state"] == "detected"
    assert len(rows) < 30
    codons = table(codons_tsv(report))
    assert len(codons) == len(report.screened)
    assert {c["codon"]: c["state"] for c in codons}["1202"] == "detected"


def test_no_text_of_the_sheet_leaves_the_house(case: tuple[Annotation, Report, Path]) -> None:
    _, report, _ = case
    named = replace(report, sample=replace(report.sample, id="roe_1", tumour_content=30.0, **HEAD))
    reads = {
        f"Roe_lane1.{role}": replace(one, file=f"Jane_Roe_{role}.fastq.gz")
        for role, one in named.provenance.reads.items()
    }
    named = replace(named, provenance=replace(named.provenance, reads=reads))
    bare = deidentified(named)
    fits(bare)
    text = json.dumps(json.loads(_encoded(bare))).lower()
    assert "roe" not in text and "jane" not in text and "2026" not in text
    assert bare.sample.tumour_content == 30.0
    assert bare.provenance.reads["1.fq1"].file == "fq1.fastq.gz"
    assert bare.fusions == named.fusions and bare.verdict == named.verdict
    assert deidentified(replace(named, sample=replace(named.sample, id="other"))).sample.id == bare.sample.id


def _encoded(report: Report) -> bytes:
    import msgspec

    return msgspec.json.encode(report)


@pytest.mark.parametrize("kind", ["fusion", "negative", "empty"])
def test_bundle_is_preliminary_and_whole(tmp_path: Path, kind: str) -> None:
    _, report = made.build(tmp_path, kind)
    bundle = json.loads(fhir_bundle(report))
    assert fhir_bundle(report) == fhir_bundle(report)
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert {r["status"] for r in resources if "status" in r} == {"preliminary"}
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    diagnostic = resources[0]
    assert diagnostic["resourceType"] == "DiagnosticReport"
    assert {result["reference"] for result in diagnostic["result"]} <= urls
    assert diagnostic["subject"]["reference"] in urls
    observations = [r for r in resources if r["resourceType"] == "Observation"]
    assert all(("valueCodeableConcept" in o) != ("dataAbsentReason" in o) for o in observations)
    verdict = observations[0]
    if report.verdict.alk_rearrangement.state is State.NOT_ASSESSABLE:
        assert "dataAbsentReason" in verdict
    else:
        code = verdict["valueCodeableConcept"]["coding"][0]["code"]
        assert code == {"detected": "LA9633-4", "not_detected": "LA9634-2"}[report.verdict.alk_rearrangement.state]


@pytest.mark.parametrize("kind", ["fusion", "empty"])
def test_bundle_is_read_by_an_independent_reader(tmp_path: Path, kind: str) -> None:
    bundle = pytest.importorskip("fhir.resources.R4B.bundle", reason="fhir.resources is not installed")
    _, report = made.build(tmp_path, kind)
    assert bundle.Bundle.model_validate_json(fhir_bundle(report)).entry


def test_export_commands(
    tmp_path: Path, case: tuple[Annotation, Report, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, path = case
    assert export.main(["deidentified", str(path), str(tmp_path / "d.json")]) == 0
    assert read_json(tmp_path / "d.json", Report).sample.patient == ""
    assert export.main(["fhir", str(path), str(tmp_path / "f.json")]) == 0
    assert export.main(["cbioportal", str(tmp_path / "study"), str(path)]) == 0
    assert export.main(["fhir", str(tmp_path / "none.json"), str(tmp_path / "x.json")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "x.json").exists()
