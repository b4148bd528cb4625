"""Making the reference ready: any FASTA packing, nothing beside the user's files, one line for each mistake."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pysam
import pytest

from alktrace.genome.fasta import Genome
from alktrace.genome.transcripts import Annotation
from alktrace.reference.genome import prepare_annotation, prepare_genome
from alktrace.runtime.errors import InputError

SEQUENCE = "ACGTTGCAAC" * 30
FASTA = f">chr2 test\n{SEQUENCE[:100]}\n{SEQUENCE[100:200]}\n{SEQUENCE[200:]}\n>chr5\nACGT\n"
HEADER = "gene\trole\ttranscript\trefseq\trna_exons\trna_introns\tdna_exons\tdna_introns\tnote\n"
ROWS = ("ALK\ttarget\t\tNM_004304", "EGFR\tbypass\t\t", "ACTB\tcontrol\t\t")
PANEL = HEADER + "".join(f"{row}\tall\t\t\t\t\n" for row in ROWS)


def gtf(gene: str = "ALK", contig: str = "chr2", end: int = 90, coding: bool = True) -> str:
    def row(feature: str, start: int, stop: int) -> str:
        return (
            f'{contig}\tx\t{feature}\t{start}\t{stop}\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "{gene}";\n'
        )

    exons = row("exon", 11, 30) + row("exon", 51, end)
    return exons + row("CDS", 15, 30) + row("CDS", 51, 60) if coding else exons


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source folder"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip"])
def test_genome_of_any_packing(source: Path, tmp_path: Path, packing: str) -> None:
    fasta = source / "genome.fa.gz"
    if packing == "plain":
        fasta.write_text(FASTA)
    elif packing == "gzip":
        fasta.write_bytes(gzip.compress(FASTA.encode()))
    else:
        with pysam.BGZFile(str(fasta), "wb") as handle:
            handle.write(FASTA.encode())
    fasta.chmod(0o444)
    source.chmod(0o555)
    out = tmp_path / "work" / "genome.2bit"
    prepare_genome(fasta, "digest", tmp_path / "cache", out)
    assert [p.name for p in source.iterdir()] == ["genome.fa.gz"]
    assert [p.name for p in out.parent.iterdir()] == ["genome.2bit"]
    genome = Genome(out)
    assert genome.lengths == {"chr2": 300, "chr5": 4}
    assert genome.fetch("chr2", 95, 204) == SEQUENCE[94:204]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such file"),
        (b"", "does not begin with '>'"),
        (b"ACGT\n", "does not begin with '>'"),
        (gzip.compress(FASTA.encode(), mtime=0)[:40], "cannot be read to its end"),
        (gzip.compress(FASTA.encode(), mtime=0)[:20] + bytes(30), "cannot be read to its end"),
        (b">\nACGT\n", "header line without a name"),
        (b">a\nACGT\n>a\nACGT\n", "contig a stands there twice"),
        (b">a\nACGJ\n", "contig a holds 'J' behind base 3, which is no base"),
        (b">a\nAC>T\n", "contig a holds '>' behind base 2"),
        (b">a\n>b\n", "holds no sequence"),
    ],
)
def test_bad_fasta(source: Path, tmp_path: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        (source / "genome.fa").write_bytes(content)
    with pytest.raises(InputError, match=expected) as caught:
        prepare_genome(source / "genome.fa", "digest", tmp_path / "cache", tmp_path / "work" / "genome.2bit")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "work").exists()
    (entry,) = (tmp_path / "cache").iterdir()
    assert [p.name for p in entry.iterdir()] == ["lock"]


def prepare(folder: Path, gtf_text: str) -> tuple[Path, Path]:
    (folder / "source.fa").write_text(FASTA)
    prepare_genome(folder / "source.fa", "digest", folder / "cache", folder / "genome.2bit")
    (folder / "genes.gtf").write_text(gtf_text)
    (folder / "panel.tsv").write_text(PANEL)
    annotation, junctions = folder / "annotation.tsv", folder / "junctions.bed"
    prepare_annotation(folder / "genome.2bit", folder / "genes.gtf", folder / "panel.tsv", annotation, junctions)
    return annotation, junctions


def test_annotation_and_junctions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        annotation, junctions = prepare(tmp_path, gtf())
    assert Annotation.load(annotation)["ALK"].exons == ((11, 30), (51, 90))
    (row,) = junctions.read_text().splitlines()
    contig, start, end, _, _, strand, _, _, _, count, sizes, starts = row.split("\t")
    # The intron is 30..50 in 0-based half-open coordinates; the blocks are the exon bases on either side.
    assert (contig, int(start), int(end), strand, count) == ("chr2", 29, 51, "+", "2")
    assert (sizes, starts) == ("1,1,", "0,21,")
    (warning,) = [r.getMessage() for r in caplog.records]
    assert "EGFR, ACTB" in warning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (gtf(gene="EML4"), "no gene ALK"),
        (gtf(contig="2"), r"no contig of the GTF \(2\) is in the FASTA \(chr2, chr5\)"),
        (gtf(end=301), "ends at chr2:301 but the FASTA's chr2 has 300"),
        (gtf(coding=False), "has no CDS rows"),
        ("chr2\tx\texon\n", "line 1 has 3 columns"),
    ],
)
def test_bad_annotation(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        prepare(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "annotation.tsv").exists()
    assert not (tmp_path / "junctions.bed").exists()
