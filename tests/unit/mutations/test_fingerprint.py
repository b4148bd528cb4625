"""Genotypes read from an evidence BAM: one read a molecule, clear shares only."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

import report_fixtures as made
from alktrace.genome.fasta import Genome
from alktrace.mutations.fingerprint import fingerprint
from alktrace.mutations.unique import unique_fragments

PANEL = Path(__file__).parents[3] / "resources" / "panel.tsv"
HET, HOM, ODD, COPIED = (
    20,
    40,
    60,
    80,
)  # columns of the exon: half, all and a fifth of the molecules; one molecule's copies


@pytest.fixture
def reference(tmp_path: Path) -> tuple[Path, Path]:
    return made.write_reference(tmp_path)


def write(path: Path, fasta: Path, start: int, molecules: int = 40, copies: int = 30) -> Path:
    """`molecules` reads of one exon with ends of their own, and `copies` of another one."""
    bases = Genome(fasta).fetch("chr2", start, start + 150)
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": n, "LN": length} for n, length in Genome(fasta).lengths.items()]}
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    reads = [(number % 10, 110 + number // 10, number) for number in range(molecules)] + [(15, 120, -1)] * copies
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for index, (first, end, number) in enumerate(sorted(reads)):
            text = list(bases[first:end])
            changed = {HOM: number >= 0, HET: number % 2 == 0 and number >= 0, ODD: number % 5 == 0 and number >= 0}
            changed[COPIED] = number < 0
            for column, does in changed.items():
                if does:
                    text[column - first] = other[bases[column]]
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.flag, read.reference_id, read.mapping_quality = f"r{index}", 0, 0, 60
            read.reference_start, read.query_sequence = start - 1 + first, "".join(text)
            read.cigartuples = [(0, len(text))]
            read.query_qualities = pysam.qualitystring_to_array("I" * len(text))
            handle.write(read)
    pysam.index(str(path))
    return path


def test_clear_genotypes_of_molecules(tmp_path: Path, reference: tuple[Path, Path]) -> None:
    fasta, annotation = reference
    _, alk = made.transcripts()
    start = alk.exons[18][0]
    bam = write(tmp_path / "evidence.bam", fasta, start)
    found = fingerprint(bam, unique_fragments(bam, None, "wts"), fasta, annotation, PANEL, "rna", None)
    assert [(s.position - start, s.copies) for s in found.sites] == [(HET, 1), (HOM, 2)]
    assert found.sites[0].depth == 41  # 30 copies are one molecule
    plain = {p for stretch in found.callable for p in range(stretch.start, stretch.end + 1)}
    assert start + COPIED in plain  # one molecule of 41
    assert not {start + HET, start + HOM, start + ODD} & plain
