"""Every stage that counts agrees on what a molecule is: the same reads give fusions, imbalance and mutations the same
molecules, and the same names are refused."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alktrace.fusions.imbalance import GeneReads
from alktrace.fusions.reads import Survey, survey
from alktrace.genome.fragments import load_fragments, packed_end, parse_alignment, read_records
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.inputs.umi import molecule_rule
from alktrace.model.molecules import MoleculeRule, molecules
from alktrace.mutations.reads import Span, read_bam
from alktrace.runtime.errors import InputError

UMI = "::umi:([ACGTN]+)"
GENE = Transcript("GENE", "G1", "protein_coding", "T1.1", "chr1", "+", ((1_000, 9_000),), (1_000, 9_000))
HEADER = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chr1", "LN": 10_000}]})
Row = tuple[str, int, int | None]  # read name, first base of mate 1, last base of mate 2 (None: a single read)


def _bam(path: Path, rows: list[Row]) -> Path:
    records = []
    for name, first, last in rows:
        for mate, start in ((1, first), (2, last and last - 49)):
            if start is None:
                continue
            record = pysam.AlignedSegment(HEADER)
            record.query_name, record.query_sequence = name, "ACGTA" * 10
            record.query_qualities = pysam.qualitystring_to_array("I" * 50)
            record.flag = 0 if last is None else 1 | (64 if mate == 1 else 128 | 16)
            record.reference_id, record.reference_start, record.cigarstring = 0, start - 1, "50M"
            record.mapping_quality = 60
            if last is not None:
                record.next_reference_id, record.next_reference_start = 0, (last - 50 if mate == 1 else first - 1)
            records.append(record)
    with pysam.AlignmentFile(str(path), "wb", header=HEADER) as out:
        for record in sorted(records, key=lambda r: r.reference_start):
            out.write(record)
    pysam.index(str(path))
    return path


def _survey(bam: Path, rule: MoleculeRule) -> Survey:
    return survey(bam, [], GENE, rule, Annotation([GENE]))


def _fusions(bam: Path, rule: MoleculeRule) -> dict[str, Hashable]:
    names = {str(record.query_name) for record in read_records(bam)}
    ends = {name: fragment.ends() for name, fragment in load_fragments(bam, names).items()}
    return dict(molecules(ends, _survey(bam, rule).rule))


def _imbalance(bam: Path, rule: MoleculeRule) -> int:
    found = _survey(bam, rule)
    reads: GeneReads = found.target
    return len(set(reads.blocks(found.rule).fragment.tolist()))


def _mutations(bam: Path, rule: MoleculeRule) -> dict[str, Hashable]:
    names = list(dict.fromkeys(str(record.query_name) for record in read_records(bam)))
    table = read_bam(bam, {"GENE": Span("chr1", 0, 10_000)}, 20, 20, rule, frozenset()).genes["GENE"]
    pairs = zip(table.template.tolist(), table.molecule.tolist(), strict=True)
    return {names[template]: molecule for template, molecule in pairs if molecule >= 0}


@pytest.mark.parametrize(
    ("umi", "library", "rows", "expected"),
    [
        (UMI, "wts", [("a::umi:ACGT", 2_000, 2_200), ("b::umi:ACGT", 3_000, 3_200)], 2),  # 1 kb apart
        (UMI, "capture", [("a::umi:ACGT", 2_000, 2_200), ("b::umi:ACGT", 2_000, 2_200)], 1),
        (UMI, "wts", [("a::umi:ACGT", 2_000, None), ("b::umi:TTTT", 2_000, None)], 2),
        (UMI, "wts", [(f"{n}::umi:{'ACGT' if n else 'ACGA'}", 2_000, 2_200) for n in range(4)], 1),  # one error
        (None, "wts", [("a", 2_000, 2_200), ("b", 2_000, 2_200), ("c", 2_000, 2_201)], 2),
        (None, "wts", [("a", 2_000, None), ("b", 2_000, None), ("c", 2_000, 2_049)], 2),
        (None, "amplicon", [("a", 2_000, 2_200), ("b", 2_000, 2_200)], 2),
        # Nested primers: the second mates have more ends, so theirs is the ligated one.
        (UMI, "amplicon", [("a::umi:ACGT", 2_000, 2_200), ("b::umi:ACGT", 2_010, 2_200),
                           ("c::umi:ACGT", 2_000, 2_300), ("d::umi:TTTT", 2_000, 2_400)], 3),
    ],
)  # fmt: skip
def test_all_stages_count_the_same(
    umi: str | None, library: str, rows: list[Row], expected: int, tmp_path: Path
) -> None:
    bam, rule = _bam(tmp_path / "reads.bam", rows), molecule_rule(umi, library)
    assert len(set(_fusions(bam, rule).values())) == expected
    assert _imbalance(bam, rule) == expected
    assert len(set(_mutations(bam, rule).values())) == expected


rows_of_a_sample = st.lists(
    st.tuples(st.sampled_from(["AAAA", "AAAT", "CCCC"]), st.integers(2_000, 2_003), st.integers(2_200, 2_202)),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of_a_sample, st.sampled_from(["wts", "amplicon"]))
def test_copies_are_the_same_in_all_stages(tmp_path: Path, rows: list[tuple[str, int, int]], library: str) -> None:
    named = [(f"{n}::umi:{umi}", first, last) for n, (umi, first, last) in enumerate(rows)]
    bam, rule = _bam(tmp_path / "reads.bam", named), molecule_rule(UMI, library)
    fusions, mutations = _fusions(bam, rule), _mutations(bam, rule)
    assert fusions.keys() == mutations.keys()
    pairs = {(fusions[name], mutations[name]) for name in fusions}
    assert len(pairs) == len(set(fusions.values())) == len(set(mutations.values())) == _imbalance(bam, rule)


@pytest.mark.parametrize("stage", [_fusions, _imbalance, _mutations])
def test_a_name_without_identifier_is_refused_by_all(
    stage: Callable[[Path, MoleculeRule], object], tmp_path: Path
) -> None:
    bam = _bam(tmp_path / "reads.bam", [("a::umi:ACGT", 2_000, 2_200), ("plain", 2_500, 2_700)])
    with pytest.raises(InputError, match="read name 'plain' does not match the umi pattern"):
        stage(bam, molecule_rule(UMI, "wts"))


@pytest.mark.parametrize("cigar", ["50M", "5S45M", "3H40M10S", "10S20M500N20M7H", "20M3I27M", "4S30M2D16M"])
@pytest.mark.parametrize("reverse", [False, True])
def test_both_ways_to_a_first_base_agree(cigar: str, reverse: bool) -> None:
    record = pysam.AlignedSegment(HEADER)
    record.query_sequence, record.cigarstring = "A" * 50, cigar
    record.reference_id, record.reference_start, record.flag = 0, 2_000, 16 if reverse else 0
    _, position, _ = parse_alignment(record).five_prime
    plain = pysam.AlignedSegment(HEADER)
    plain.query_sequence, plain.cigarstring, plain.flag = "A", "1M", record.flag
    plain.reference_id, plain.reference_start = 0, position - 1
    assert packed_end(record) == packed_end(plain)
