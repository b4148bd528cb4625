"""A real anchored-PCR library of a lung tumour, fusion stage alone: variants 3a and 3b of EML4::ALK, nothing else."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from alktrace.genome.sequence import reverse_complement
from alktrace.model.records import Fusion
from fusion_pipeline import PreparedReference

UMI = "::umi:([ACGTN]+)"


@pytest.fixture(scope="module")
def prepared(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedReference:
    real, folder = shared / "real", tmp_path_factory.mktemp("reference")
    return PreparedReference.build(folder, real / "grch38_chr2_sparse.fa.gz", real / "grch38_chr2_sparse.gtf.gz")


def _by_variant(fusions: list[Fusion]) -> dict[str | None, Fusion]:
    assert len(fusions) == 2, [(f.name, f.notation, f.support) for f in fusions]
    return {f.variant: f for f in fusions}


def test_both_isoforms_are_counted_by_molecule(shared: Path, prepared: PreparedReference, tmp_path: Path) -> None:
    mates = [shared / "real" / f"amp_v3_R{mate}.fastq.gz" for mate in (1, 2)]
    found = _by_variant(prepared.call(mates, tmp_path, UMI, "amplicon").fusions)
    counts = {variant: fusion.support.unique_fragments for variant, fusion in found.items()}
    # 17 and 6 molecules hold the exact strings; 7 UMIs of the homopolymer form (A5 for A7) belong to V3b
    assert 22 <= counts["V3b"] <= 32
    assert 6 <= counts["V3a"] <= 10
    assert found["V3b"].inserted_sequence == "CAAAAATGTCAACTCGCGAAAAAAACAGCCAAG"
    assert found["V3a"].inserted_sequence == ""
    assert all(f.structure_complete and f.frame == "in_frame" for f in found.values())


def _turned(source: Path, copy: Path) -> None:
    """The reads of a FASTQ, last first, each as its reverse complement."""
    with gzip.open(source, "rt") as handle:
        lines = handle.read().splitlines()
    records = [lines[i : i + 4] for i in range(0, len(lines), 4)]
    with gzip.open(copy, "wt", compresslevel=1) as handle:
        for name, bases, plus, quality in reversed(records):
            handle.write(f"{name}\n{reverse_complement(bases)}\n{plus}\n{quality[::-1]}\n")


def test_one_mate_alone_and_turned_round_says_the_same(
    shared: Path, prepared: PreparedReference, tmp_path: Path
) -> None:
    plain, turned = tmp_path / "plain.fastq.gz", tmp_path / "turned.fastq.gz"
    shutil.copy(shared / "real" / "amp_v3_R2.fastq.gz", plain)
    _turned(plain, turned)
    first, second = (
        {(f.notation, f.support.unique_fragments) for f in prepared.call([path], tmp_path, UMI, "amplicon").fusions}
        for path in (plain, turned)
    )
    assert first == second != set()
