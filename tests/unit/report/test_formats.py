"""fusions.vcf, fusions.bedpe, mutations.vcf and report.tsv: right coordinates, valid formats, harmless text."""

from __future__ import annotations

import csv
import urllib.parse
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

import report_fixtures as made
from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.model.records import Locus
from alktrace.report.escape import cell, percent
from alktrace.report.files import VIEWS
from alktrace.report.vcf import breakend_allele, write_fusions_vcf
from alktrace.runtime.errors import InputError


def views(folder: Path, kind: str, **names: str) -> tuple[Path, made.Case]:
    case, _ = made.build(folder / "in", kind, **names)
    out = folder / "out"
    case.write_views(out)
    return out, case


def test_breakends_of_a_plus_and_a_minus_gene(tmp_path: Path) -> None:
    out, case = views(tmp_path, "fusion")
    genome = Genome(case.fasta)
    with pysam.VariantFile(str(out / "fusions.vcf")) as handle:
        records = list(handle)
    assert [r.id for r in records] == ["J33_1", "J33_2", "J0_1", "J0_2"]
    for record in records:
        assert record.ref == genome.fetch(record.chrom, record.pos, record.pos)
        assert record.filter.keys() == ["PASS"]
    five, three = records[2], records[3]
    assert five.alts == (f"{five.ref}]chr2:{three.pos}]",)
    assert three.alts == (f"{three.ref}]chr2:{five.pos}]",)
    with_insert = records[0].alts[0], records[1].alts[0]
    assert with_insert[0].startswith(five.ref + made.MICROEXON + "]")
    assert with_insert[1].startswith(three.ref + reverse_complement(made.MICROEXON) + "]")
    assert urllib.parse.unquote(records[0].info["NOTATION"]) == "E6;ins33A20"
    assert records[0].info["MATEID"] == "J33_2"


@pytest.mark.parametrize("five_strand", "+-")
@pytest.mark.parametrize("three_strand", "+-")
def test_allele_spells_the_fusion_on_every_strand(five_strand: str, three_strand: str) -> None:
    """Following each breakend as VCF defines it gives the fusion transcript or its reverse complement."""
    left = {"A": "ACCGTTGACATTGACCGATT", "B": "GGCATTCAGGATTACAGCAT"}  # contigs of the 5' and 3' partner
    five, three = Locus("F", None, 1, "A", 9, five_strand), Locus("T", None, 1, "B", 12, three_strand)
    kept5 = left["A"][:9] if five_strand == "+" else reverse_complement(left["A"][8:])
    kept3 = left["B"][11:] if three_strand == "+" else reverse_complement(left["B"][:12])
    fusion = kept5 + "GAT" + kept3
    for here, there, is_five in ((five, three, True), (three, five, False)):
        allele = breakend_allele(left[here.contig][here.position - 1], "GAT", here, there, is_five)
        bracket = "[" if "[" in allele else "]"
        before, mate, after = allele.split(bracket)
        contig, position = mate.split(":")
        right_of_mate = left[contig][int(position) - 1 :]
        mate_piece = right_of_mate if bracket == "[" else left[contig][: int(position)]
        own = left[here.contig]
        if before:  # own piece first; the mate is read onwards, reversed when it lies to the left of its position
            rest = mate_piece if bracket == "[" else reverse_complement(mate_piece)
            spelt = own[: here.position - 1] + before + rest
        else:
            rest = mate_piece if bracket == "]" else reverse_complement(mate_piece)
            spelt = rest + after + own[here.position :]
        assert fusion in (spelt, reverse_complement(spelt))


def test_low_confidence_is_filtered(tmp_path: Path) -> None:
    case, report = made.build(tmp_path, "fusion")
    report.fusions[0].confidence = "low"
    write_fusions_vcf(report.fusions, Genome(case.fasta), tmp_path / "f.vcf")
    with pysam.VariantFile(str(tmp_path / "f.vcf")) as handle:
        assert [r.filter.keys() for r in handle] == [["low_confidence"]] * 2 + [["PASS"]] * 2


def test_bedpe_is_zero_based(tmp_path: Path) -> None:
    out, case = views(tmp_path, "fusion")
    with (out / "fusions.bedpe").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    eml4, alk = made.transcripts()
    assert [(int(r["start1"]), int(r["end1"])) for r in rows] == [(eml4.last_base(6) - 1, eml4.last_base(6))] * 2
    assert [(int(r["start2"]), int(r["end2"])) for r in rows] == [(alk.first_base(20) - 1, alk.first_base(20))] * 2
    assert [(r["strand1"], r["strand2"], r["variant"], r["score"]) for r in rows] == [
        ("+", "-", "V3b", "19"),
        ("+", "-", "V3a", "7"),
    ]


def test_filtered_calls_stay_in_the_vcf(tmp_path: Path) -> None:
    out, _ = views(tmp_path, "fusion")
    with pysam.VariantFile(str(out / "mutations.vcf")) as handle:
        records = list(handle)
    assert [(r.info["HGVSP"], r.filter.keys()) for r in records] == [
        ("p.(Gly1202Glu)", ["ffpe"]),
        ("p.(Gly1202Arg)", ["PASS"]),
    ]
    assert records[1].info["LOG10P"] == pytest.approx(-59.92, abs=0.01)
    assert records[0].pos < records[1].pos


def test_tsv_has_one_row_a_finding(tmp_path: Path) -> None:
    out, _ = views(tmp_path, "fusion")
    with (out / "report.tsv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    named = {(r["section"], r["name"]): r for r in rows}
    assert named["mutation", "ALK G1202R"]["value"] == "0.1529"
    assert named["screened", "ALK 1202"]["state"] == "detected"
    assert sum(r["section"] == "screened" for r in rows) == 277
    assert named["tki", "alectinib"]["value"] == "resistant"
    assert [r["value"] for r in rows if r["section"] == "fusion"] == ["V3b", "V3a"]


@pytest.mark.parametrize("kind", ["negative", "empty"])
def test_samples_without_findings_give_all_files(tmp_path: Path, kind: str) -> None:
    out, _ = views(tmp_path, kind)
    assert sorted(p.name for p in out.iterdir()) == sorted(VIEWS.values())
    for name in ("fusions.vcf", "mutations.vcf"):
        with pysam.VariantFile(str(out / name)) as handle:
            assert list(handle) == []


def test_hostile_names_break_no_file(tmp_path: Path) -> None:
    out, _ = views(tmp_path, "fusion", patient=made.HOSTILE + "\t\n=1", contig=made.HOSTILE_CONTIG, label=made.HOSTILE)
    with pysam.VariantFile(str(out / "fusions.vcf")) as handle:
        records = list(handle)
    assert {urllib.parse.unquote(r.chrom) for r in records} == {made.HOSTILE_CONTIG}
    assert urllib.parse.unquote(records[0].info["GENE"]) == made.HOSTILE
    rows = [line.split("\t") for line in (out / "report.tsv").read_text(encoding="utf-8").splitlines()]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_same_input_same_bytes(tmp_path: Path) -> None:
    first, _ = views(tmp_path / "a", "fusion")
    second, _ = views(tmp_path / "b", "fusion")
    for name in VIEWS.values():
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_position_outside_the_fasta_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    case, report = made.build(tmp_path / "in", "fusion")
    report.fusions[0].five_prime.position = 10**9
    made.serialise.write_json(report, case.report)
    with pytest.raises(InputError, match="chr2:1000000000: not in the FASTA"):
        case.write_views(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(["", ' ;=,"%']))
def test_percent_encoding_is_undone(text: str, unsafe: str) -> None:
    encoded = percent(text, unsafe)
    assert urllib.parse.unquote(encoded) == text
    assert not set("\t\n\r" + unsafe) & set(encoded) - {"%"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=2))
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text)[0] not in "=+-@"
