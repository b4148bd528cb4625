"""DNA given as RNA and RNA given as DNA are told by their exon borders."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest

from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.inputs.library import check_library
from alktrace.runtime.errors import InputError

GENE = Transcript("ALK", "G", "protein_coding", "T", "chr2", "-", ((2001, 2200), (1001, 1200)), (1, 300))


def bam(folder: Path, spliced: int, unspliced: int) -> Path:
    path = folder / "s1" / "evidence.bam"
    path.parent.mkdir(exist_ok=True)
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr2", "LN": 5000}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number in range(spliced + unspliced):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag, read.reference_id, read.mapping_quality = f"r{number}", 0, 0, 60
            read.reference_start = 1160
            read.cigartuples = [(0, 40), (3, 800), (0, 60)] if number < spliced else [(0, 100)]
            read.query_sequence = "A" * 100
            out.write(read)
    pysam.index(str(path))
    return path


@pytest.mark.parametrize(
    ("assay", "spliced", "unspliced", "expected"),
    [
        ("rna", 2, 200, "s1: 200 reads run from exons into introns and 2 are spliced: this is DNA.*column assay"),
        ("dna", 150, 20, "s1: 150 of 170 reads over exon borders are spliced: this is RNA"),
        ("rna", 60, 140, None),
        ("dna", 0, 200, None),
        ("rna", 0, 50, None),
    ],
)
def test_assay(tmp_path: Path, assay: str, spliced: int, unspliced: int, expected: str | None) -> None:
    Annotation([GENE]).save(tmp_path / "annotation.tsv")
    path = bam(tmp_path, spliced, unspliced)
    if expected is None:
        check_library(path, tmp_path / "annotation.tsv", ["ALK", "EML4"], assay)
        return
    with pytest.raises(InputError, match=expected):
        check_library(path, tmp_path / "annotation.tsv", ["ALK", "EML4"], assay)


@pytest.mark.parametrize(
    ("library", "places", "refused"), [("wts", 3, True), ("amplicon", 3, False), ("wts", 300, False)]
)
def test_one_end_of_all_fragments_at_a_few_places_is_a_primers(
    tmp_path: Path, library: str, places: int, refused: bool
) -> None:
    Annotation([GENE]).save(tmp_path / "annotation.tsv")
    path = tmp_path / "s1" / "evidence.bam"
    path.parent.mkdir()
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr2", "LN": 5000}]}
    with pysam.AlignmentFile(str(tmp_path / "all.bam"), "wb", header=header) as out:
        for number in range(300):
            for mate, flag in ((0, 0x63), (1, 0x93)):
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.flag, read.reference_id, read.mapping_quality = f"r{number}", flag, 0, 60
                read.reference_start = 1000 + number if mate == 0 else 1600 + 7 * (number % places) % 400
                read.next_reference_id, read.cigartuples, read.query_sequence = 0, [(0, 50)], "A" * 50
                out.write(read)
    pysam.sort("-o", str(path), str(tmp_path / "all.bam"))
    pysam.index(str(path))
    if not refused:
        check_library(path, tmp_path / "annotation.tsv", ["ALK"], "rna", library)
        return
    with pytest.raises(InputError, match="300 different fragments begin at 300 and end at 3 places.*column library"):
        check_library(path, tmp_path / "annotation.tsv", ["ALK"], "rna", library)
