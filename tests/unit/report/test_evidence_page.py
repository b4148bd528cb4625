"""evidence.html: the right reads, in a page that can run nothing but its own scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pysam
import pytest

import report_fixtures as made
from alktrace.genome.fasta import Genome
from alktrace.report.evidence_page import LIBRARY, harmless_contigs


def page(folder: Path, kind: str, **names: str) -> tuple[str, dict[str, Any], made.Case]:
    case, _ = made.build(folder / "in", kind, **names)
    case.write_views(folder / "out", evidence_view=True)
    text = (folder / "out" / "evidence.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found
    return text, json.loads(found[1]), case


def decoded(address: str) -> bytes:
    return base64.b64decode(address.partition(",")[2])


def test_places_of_every_finding(tmp_path: Path) -> None:
    _, data, _ = page(tmp_path, "fusion")
    eml4, alk = made.transcripts()
    five, three = eml4.last_base(6), alk.first_base(20)
    both = f"chr2:{five - 150}-{five + 150} chr2:{three - 150}-{three + 150}"
    low = min(alk.codon_genome_positions(1202))
    assert [item["locus"] for item in data["items"]] == [both, both, f"chr2:{low - 75}-{low + 77}"]
    assert {gene["name"] for gene in data["exons"]} == {"EML4", "ALK"}


def test_reads_and_reference_are_those_of_the_sample(tmp_path: Path) -> None:
    _, data, case = page(tmp_path, "fusion")
    bam = tmp_path / "slice.bam"
    bam.write_bytes(decoded(data["reads"]))
    with pysam.AlignmentFile(str(bam)) as cut, pysam.AlignmentFile(str(case.bam)) as whole:
        assert [r.to_string() for r in cut] == [r.to_string() for r in whole]
    header, bases = decoded(data["reference"]).decode().splitlines()[:2]
    name, start, end, length = re.fullmatch(r">(\S+):(\d+)-(\d+) @len=(\d+)", header).groups()  # type: ignore[union-attr]
    genome = Genome(case.fasta)
    assert bases == genome.fetch(name, int(start), int(end))
    assert int(length) == genome.lengths[name]


def test_reads_of_the_junction_come_first(tmp_path: Path) -> None:
    """Among 1,000 other reads, most of the 150 shown are the 120 that are clipped at the junction."""
    case, _ = made.build(tmp_path / "in", "fusion")
    eml4, _ = made.transcripts()
    five = eml4.last_base(6)
    with pysam.AlignmentFile(str(case.bam)) as whole:
        header = whole.header
    with pysam.AlignmentFile(str(case.bam), "wb", header=header) as handle:
        for number in range(1_120):
            read = pysam.AlignedSegment(header)
            read.query_name, read.flag, read.reference_id, read.mapping_quality = f"read{number}", 0, 0, 60
            read.reference_start = five - 40
            read.cigartuples = [(0, 40), (4, 35)] if number < 120 else [(0, 75)]
            read.query_sequence = "A" * 75
            handle.write(read)
    pysam.index(str(case.bam))
    case.write_views(tmp_path / "out", evidence_view=True)
    text = (tmp_path / "out" / "evidence.html").read_text(encoding="utf-8")
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    (tmp_path / "slice.bam").write_bytes(decoded(data["reads"]))
    with pysam.AlignmentFile(str(tmp_path / "slice.bam")) as cut:
        clipped = [read.cigartuples[-1][0] == pysam.CSOFT_CLIP for read in cut if read.cigartuples]
    assert (len(clipped), sum(clipped)) == (150, 100)


def test_policy_allows_the_two_scripts_only(tmp_path: Path) -> None:
    text, _, _ = page(tmp_path, "fusion")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    allowed = re.search(r"script-src ([^;]+);", policy[1].replace("&#39;", "'"))
    assert allowed
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert allowed[1].split() == [f"'sha256-{digest}'" for digest in digests]
    assert len(scripts) == 2
    assert "http" not in policy[1]


def test_hostile_names_are_reduced(tmp_path: Path) -> None:
    text, data, _ = page(
        tmp_path, "fusion", patient=made.HOSTILE, timepoint=made.HOSTILE, contig=made.HOSTILE_CONTIG, label=made.HOSTILE
    )
    assert made.HOSTILE not in text
    assert "<" not in decoded(data["reference"]).decode()
    bam = tmp_path / "slice.bam"
    bam.write_bytes(decoded(data["reads"]))
    with pysam.AlignmentFile(str(bam)) as cut:
        assert not any(set("<>\"'&") & set(name) for name in cut.references)
        names = {read.query_name for read in cut}
    assert names == {"_script_alert_1__/script_"}


@pytest.mark.parametrize("kind", ["negative", "empty"])
def test_nothing_to_show_is_said(tmp_path: Path, kind: str) -> None:
    text, data, _ = page(tmp_path, kind)
    assert data["items"] == []
    assert "No junction and no change of a codon was called" in text


def test_page_is_written_on_wish_only(tmp_path: Path) -> None:
    case, _ = made.build(tmp_path / "in", "negative")
    case.write_views(tmp_path / "out")
    assert not (tmp_path / "out" / "evidence.html").exists()
    assert "evidence.html" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_like_contigs_keep_apart() -> None:
    names = harmless_contigs(["chr1", "chr<1>", "chr(1)", "chr_1_"])
    assert len(set(names.values())) == 4
    assert names["chr1"] == "chr1"


def test_library_can_stand_inside_a_page() -> None:
    text = LIBRARY.read_text(encoding="utf-8").lower()
    assert "</script" not in text
    assert hashlib.sha256(LIBRARY.read_bytes()).hexdigest() in (LIBRARY.parent / "README.md").read_text(
        encoding="utf-8"
    )
