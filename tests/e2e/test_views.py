"""The views of report.json on the demo samples: they say what the report says, in valid formats."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pysam
import pytest

from alktrace.genome.fasta import Genome
from markup import Page

pytestmark = pytest.mark.slow

SAMPLES = ("demo_V1", "demo_V3_progression", "demo_KIF5B", "demo_wild_type", "demo_poor")


def report(folder: Path, sample: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "results" / sample / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("sample", SAMPLES)
def test_breakends_come_in_pairs_that_name_each_other(demo_run: Path, sample: str) -> None:
    fusions = report(demo_run, sample)["fusions"]
    genome = Genome(demo_run / "work" / "reference" / "genome.2bit")  # a FASTA's index would be left beside it
    with pysam.VariantFile(str(demo_run / "results" / sample / "fusions.vcf")) as handle:
        records = {record.id: record for record in handle}
    assert len(records) == 2 * len(fusions)
    expected = {(side["contig"], side["position"]) for f in fusions for side in (f["five_prime"], f["three_prime"])}
    assert {(r.contig, r.pos) for r in records.values()} == expected
    for record in records.values():
        mate = records[record.info["MATEID"]]
        assert mate.info["MATEID"] == record.id
        assert record.ref == genome.fetch(record.contig, record.pos, record.pos)
        (allele,) = record.alts or ()
        contig, position = re.findall(r"[\[\]](.+):(\d+)[\[\]]", allele)[0]
        assert (contig, int(position)) == (mate.contig, mate.pos)


@pytest.mark.parametrize("sample", SAMPLES)
def test_bedpe_is_zero_based(demo_run: Path, sample: str) -> None:
    with (demo_run / "results" / sample / "fusions.bedpe").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    for row, fusion in zip(rows, report(demo_run, sample)["fusions"], strict=True):
        for end, side in (("1", "five_prime"), ("2", "three_prime")):
            assert row.get(f"chrom{end}", row.get(f"#chrom{end}")) == fusion[side]["contig"]
            assert (int(row[f"start{end}"]), int(row[f"end{end}"])) == (
                fusion[side]["position"] - 1,
                fusion[side]["position"],
            )
        assert int(row["unique_fragments"]) == fusion["support"]["unique_fragments"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_called_mutations_pass_in_the_vcf(demo_run: Path, sample: str) -> None:
    with pysam.VariantFile(str(demo_run / "results" / sample / "mutations.vcf")) as handle:
        passed = {(r.info["GENE"], r.info["HGVSC"]) for r in handle if list(r.filter) == ["PASS"]}
    assert passed == {(m["gene"], m["hgvs_c"]) for m in report(demo_run, sample)["mutations"]}


@pytest.mark.parametrize("sample", SAMPLES)
def test_page_stands_alone_and_begins_with_the_verdict(demo_run: Path, sample: str) -> None:
    path = demo_run / "results" / sample / "report.html"
    page, found = Page(path.read_text(encoding="utf-8")), report(demo_run, sample)
    assert all(link.startswith("data:") for link in page.loaded)
    assert page.text.index(found["verdict"]["summary"]) < page.text.index("Fusions")
    for fusion in found["fusions"]:
        assert fusion["notation"] in page.text
    for mutation in found["mutations"]:
        assert mutation["short"] in page.text
    assert "Research use only" in page.text
    assert path.stat().st_size < 500_000


def test_table_holds_every_codon_and_finding(demo_run: Path) -> None:
    found = report(demo_run, "demo_V3_progression")
    with (demo_run / "results" / "demo_V3_progression" / "report.tsv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    counts = {section: sum(row["section"] == section for row in rows) for section in {row["section"] for row in rows}}
    for section, key in (("fusion", "fusions"), ("mutation", "mutations"), ("screened", "screened"), ("tki", "tki")):
        assert counts[section] == len(found[key])
