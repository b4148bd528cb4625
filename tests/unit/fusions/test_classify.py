"""Fragments of the evidence BAM, kinds and confidence of junctions, 5'/3' imbalance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alktrace.fusions.classify import classify, confidence_of
from alktrace.fusions.filters import FILTERS, Seen, is_unspliced_form, read_through
from alktrace.fusions.imbalance import Blocks, exon_depth, known_exons, measure_imbalance
from alktrace.fusions.junction import Junction
from alktrace.fusions.placement import Placement, explained_elsewhere
from alktrace.fusions.reads import Survey, survey
from alktrace.fusions.word_index import TargetIndex
from alktrace.genome.domains import kinase_exons
from alktrace.genome.fasta import Genome
from alktrace.genome.fragments import Alignment, Read, load_fragments, parse_alignment
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.knowledge.fusions import Domain
from alktrace.model.molecules import MoleculeRule
from alktrace.model.vocabulary import State
from alktrace.structure.junction import Structure


def gene(name: str, start: int, strand: str = "+", contig: str = "chr2", exons: int = 12) -> Transcript:
    """Exons of 100 bases, introns of 100."""
    spans = [(start + 200 * n, start + 200 * n + 99) for n in range(exons)]
    ordered = tuple(spans if strand == "+" else spans[::-1])
    return Transcript(name, f"{name}_id", "protein_coding", f"{name}_1", contig, strand, ordered, (1, 100 * exons - 3))


def structure(five: Transcript, five_exon: int, three: Transcript, three_exon: int, **changes: Any) -> Structure:
    plain: dict[str, Any] = {
        "five_deleted": 0, "three_deleted": 0, "inserted": "", "five_retained": 0, "three_retained": 0,
        "untemplated": "", "microhomology": 0, "left_end": 0, "right_start": 0, "five_matched": 50,
        "three_matched": 50, "mismatches": 0,
    }  # fmt: skip
    return Structure(five=five, three=three, five_exon=five_exon, three_exon=three_exon, **plain | changes)


@dataclass
class FakeJunction:
    """What classification reads of a junction."""

    structure: Structure
    into: bool
    fragments: int = 10
    split: int = 10
    also_fits: tuple[str, ...] = ()
    complete: bool = True
    lone_bases: int = 0
    counted: Any = field(init=False)

    def __post_init__(self) -> None:
        self.counted = SimpleNamespace(unique=self.fragments, split={n: str(n) for n in range(self.split)})

    @property
    def partner(self) -> Transcript:
        return self.structure.five if self.into else self.structure.three

    @property
    def key(self) -> tuple[object, ...]:
        s = self.structure
        return s.five.gene_id, s.five_exon, s.inserted, s.three_exon, s.three.gene_id


def fakes(*items: FakeJunction) -> list[Junction]:
    return cast(list[Junction], list(items))


KNOWN = frozenset(range(1, 13))
TARGET, PARTNER = gene("TARGET", 1_000), gene("PARTNER", 1_000, "-", "chr5")


# ---------------------------------------------------------------- kinds and confidence


@pytest.mark.parametrize(
    ("five", "five_exon", "three", "three_exon", "into", "kind"),
    [
        (PARTNER, 4, TARGET, 6, True, "kinase_fusion"),
        (PARTNER, 4, TARGET, 8, True, "kinase_fusion"),
        (PARTNER, 4, TARGET, 9, True, "disrupting_event"),
        (TARGET, 7, PARTNER, 5, False, "reciprocal"),
    ],
)
def test_kind_follows_the_kinase_exons(
    five: Transcript, five_exon: int, three: Transcript, three_exon: int, into: bool, kind: str
) -> None:
    junction = FakeJunction(structure(five, five_exon, three, three_exon), into)
    (found,) = classify(fakes(junction), range(8, 12), 3, "TARGET")
    assert found.kind == kind


def test_a_segment_inserted_into_a_gene_disrupts_it() -> None:
    entry = FakeJunction(structure(PARTNER, 2, TARGET, 3), True)
    leaving = FakeJunction(structure(TARGET, 4, PARTNER, 3), False)
    found = classify(fakes(entry, leaving), range(8, 12), 3, "TARGET")
    assert {c.kind for c in found} == {"disrupting_event"}
    assert len({c.event_id for c in found}) == 1
    assert all(c.chain == tuple(fakes(entry, leaving)) for c in found)


def test_fusion_and_reciprocal_stay_two_kinds() -> None:
    into, back = (
        FakeJunction(structure(PARTNER, 4, TARGET, 8), True),
        FakeJunction(structure(TARGET, 7, PARTNER, 5), False),
    )
    assert [c.kind for c in classify(fakes(into, back), range(8, 12), 3, "TARGET")] == ["kinase_fusion", "reciprocal"]


def test_events_are_numbered_by_support_whatever_the_order() -> None:
    other = gene("OTHER", 1_000, contig="chr9")
    weak = FakeJunction(structure(other, 4, TARGET, 8), True, fragments=4)
    strong = FakeJunction(structure(PARTNER, 4, TARGET, 8), True, fragments=40)
    for order in permutations((weak, strong)):
        found = classify(fakes(*order), range(8, 12), 3, "TARGET")
        assert {c.junction.partner.gene: c.event_id for c in found} == {"PARTNER": "TARGET-1", "OTHER": "TARGET-2"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"fragments": 2}, "low"),
        ({"fragments": 3}, "medium"),
        ({"fragments": 5}, "high"),
        ({"fragments": 50, "also_fits": ("COPY",)}, "low"),
        ({"fragments": 4, "split": 0}, "low"),
        ({"fragments": 5, "split": 0}, "medium"),
    ],
)
def test_confidence(changes: dict[str, Any], expected: str) -> None:
    junction = FakeJunction(structure(PARTNER, 4, TARGET, 8), True, **changes)
    confidence, notes = confidence_of(fakes(junction)[0], 3, junction.fragments)
    assert confidence == expected
    assert bool(notes) == (expected != "high")


def test_unspliced_rna_of_a_fusion_is_no_second_junction() -> None:
    spliced = FakeJunction(structure(PARTNER, 4, TARGET, 8), True, split=20)
    through = {"inserted": "A" * 90, "five_retained": 40, "three_retained": 50}
    unspliced = FakeJunction(structure(PARTNER, 4, TARGET, 8, **through), True, split=5)
    assert is_unspliced_form(*fakes(unspliced, spliced))
    assert not is_unspliced_form(*fakes(spliced, unspliced))
    other_exon = FakeJunction(structure(PARTNER, 5, TARGET, 8), True, split=20)
    assert not is_unspliced_form(*fakes(unspliced, other_exon))


@pytest.mark.parametrize(
    ("five", "three", "five_exon", "three_exon", "expected"),
    [
        (gene("A", 1_000), gene("B", 10_000), 11, 2, True),
        (gene("A", 1_000), gene("B", 10_000), 12, 3, True),
        (gene("A", 1_000), gene("B", 10_000), 4, 3, False),  # leaves out most of A
        (gene("A", 1_000), gene("B", 10_000), 11, 10, False),  # leaves out most of B, as GOPC::ROS1 does
        (gene("A", 1_000), gene("B", 10_000), 4, 8, False),
        (gene("B", 10_000), gene("A", 1_000), 11, 2, False),  # wrong order on this strand
        (gene("B", 10_000, "-"), gene("A", 1_000, "-"), 11, 2, True),
        (gene("A", 1_000), gene("B", 10_000, "-"), 11, 2, False),
        (gene("A", 1_000), gene("B", 900_000), 11, 2, False),
        (gene("A", 1_000), gene("B", 10_000, contig="chr3"), 11, 2, False),
    ],
)
def test_read_through_joins_neighbours_only(
    five: Transcript, three: Transcript, five_exon: int, three_exon: int, expected: bool
) -> None:
    assert read_through(five, three, five_exon, three_exon, Annotation([five, three])) == expected


def test_a_gene_between_is_jumped_by_no_read_through() -> None:
    a, b, c = gene("A", 1_000), gene("B", 10_000), gene("C", 20_000)
    assert not read_through(a, c, 11, 2, Annotation([a, b, c]))


@pytest.mark.parametrize(("start", "inside"), [(TARGET.start + 350, True), (TARGET.end + 5_000, False)])
def test_a_strand_folded_back_on_its_own_gene_is_no_partner(start: int, inside: bool) -> None:
    place = Transcript("", "place", "", "", TARGET.contig, "-", ((start, start + 60),), None, stated=False)
    folded = FakeJunction(structure(TARGET, 3, place, 1), False)
    same_gene = next(f for f in FILTERS if f.name == "same_gene")
    seen = Seen(fakes(folded), Annotation([TARGET]), frozenset())
    assert same_gene.drops(fakes(folded)[0], seen) == inside


def test_kinase_exons_of_a_short_transcript_are_none() -> None:
    domain = Domain("TARGET", "", "kinase", "codon", 250, 380, "", "", "", "")
    assert kinase_exons(TARGET, [domain]) == range(8, 13)
    assert kinase_exons(gene("TARGET", 1_000, exons=5), [domain]) == range(0)
    assert kinase_exons(PARTNER, [domain]) == range(0)


def _alignment(contig: str, *blocks: tuple[int, int], mismatches: int = 0, clip: int = 0) -> Alignment:
    return Alignment(contig, False, 60, blocks, clip, 0, mismatches, True)


def test_reads_that_the_genome_explains_are_no_evidence() -> None:
    near = gene("NEAR", 10_000)
    found = structure(TARGET, 4, near, 5)
    placement = Placement(0, 100, False, 1, False, "")

    def explained(alignment: Alignment) -> bool:
        return explained_elsewhere(Read("r", 1, "", [alignment]), placement, found)

    assert explained(_alignment("chr7", (1, 100), mismatches=1))
    assert not explained(_alignment("chr7", (1, 100), mismatches=2))
    assert not explained(_alignment("chr7", (1, 60), clip=40))
    # the aligner may show a junction of two genes of one strand as a splice
    assert not explained(_alignment("chr2", (1_650, 1_699), (10_800, 10_849)))
    assert explained(_alignment("chr2", (1_650, 1_699), (1_800, 1_849)))


# ---------------------------------------------------------------- reads of a BAM


def _bam(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": "chr2", "LN": 100_000}, {"SN": "chr5", "LN": 50_000}],
    }
    plain = path.with_suffix(".unsorted.bam")
    with pysam.AlignmentFile(str(plain), "wb", header=header) as handle:
        for values in records:
            record = pysam.AlignedSegment(handle.header)
            record.query_name, record.flag = values["name"], values.get("flag", 0)
            record.query_sequence = values["bases"]
            record.mapping_quality = values.get("quality", 60)
            if "start" in values:
                record.reference_id, record.reference_start = values.get("contig", 0), values["start"] - 1
                record.cigarstring = values["cigar"]
            if "mate" in values:
                record.next_reference_id, record.next_reference_start = values["mate"]
            handle.write(record)
    pysam.sort("-o", str(path), str(plain))
    pysam.index(str(path))
    return path


class AnyWord:
    """A target index that finds the target in runs of C."""

    def holds(self, part: str) -> bool:
        return "CCCCCCCC" in part


PLAIN = MoleculeRule()
INDEX = cast(TargetIndex, AnyWord())


def _surveyed(bam: Path, rule: MoleculeRule = PLAIN) -> Survey:
    return survey(bam, [(TARGET, INDEX)], TARGET, rule, Annotation([TARGET, PARTNER]))


PAIRED, MATE_UNMAPPED = 1 | 2 | 64, 1 | 8 | 64


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"start": 1_200, "cigar": "50M"}, False),
        ({"start": 1_200, "cigar": "43M7S"}, False),
        ({"start": 1_200, "cigar": "42M8S"}, True),
        ({"start": 980, "cigar": "50M"}, True),
        ({"start": 9_000, "cigar": "42M8S"}, True),
        ({"start": 9_000, "cigar": "8S42M"}, False),
        ({"start": 1_200, "cigar": "50M", "flag": PAIRED, "mate": (0, 1_400)}, False),
        ({"start": 1_200, "cigar": "50M", "flag": PAIRED, "mate": (1, 1_400)}, True),
        ({"start": 1_200, "cigar": "50M", "flag": PAIRED, "mate": (0, 90_000)}, True),
        ({"start": 1_200, "cigar": "50M", "flag": MATE_UNMAPPED, "mate": (0, 1_199)}, True),
        ({"flag": 4}, True),
        ({"start": 9_000, "cigar": "42M8S", "flag": 256}, False),
    ],
)
def test_candidates(record: dict[str, Any], expected: bool, tmp_path: Path) -> None:
    bases = "ACGT" * 10 + "CCCCCCCCCC"
    bam = _bam(tmp_path / "reads.bam", [{"name": "r", "bases": bases, **record}])
    assert _surveyed(bam).names == [{"r"} if expected else set()]


def test_fragments_are_loaded_whole(tmp_path: Path) -> None:
    records = [
        {"name": "b", "bases": "ACGTACGTAA", "start": 2_000, "cigar": "10M", "flag": 1 | 16 | 128},
        {"name": "b", "bases": "ACGTACGTAC", "start": 1_000, "cigar": "4M90N4M2S", "flag": 1 | 64},
        {"name": "b", "bases": "ACGTACGTAC", "start": 7, "contig": 1, "cigar": "8S2M", "flag": 1 | 64 | 2048},
        {"name": "a", "bases": "ACGT", "flag": 4},
        {"name": "other", "bases": "ACGT", "flag": 4},
    ]
    found = load_fragments(_bam(tmp_path / "reads.bam", records), {"a", "b"})
    assert list(found) == ["a", "b"]
    first, second = found["b"].reads
    assert [a.contig for a in first.alignments] == ["chr2", "chr5"]
    assert first.primary is not None and first.primary.blocks == ((1_000, 1_003), (1_094, 1_097))
    assert (first.primary.left_clip, first.primary.right_clip) == (0, 2)
    assert second.sequence == "TTACGTACGT"  # as sequenced
    assert found["a"].reads[0].primary is None
    assert found["b"].ends() == (("chr2", 1_000, False), ("chr2", 2_009, True))


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from("MDN")), min_size=1, max_size=7))
def test_blocks_cover_what_the_cigar_says(parts: list[tuple[int, str]]) -> None:
    cigar = [(5, "S"), (6, "M"), *parts, (6, "M"), (3, "S")]
    record = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chr2", "LN": 9_000}]}))
    record.reference_id, record.reference_start = 0, 100
    record.cigarstring = "".join(f"{n}{op}" for n, op in cigar)
    alignment = parse_alignment(record)
    spans = sum(n for n, op in cigar if op in "MD")
    assert sum(b - a + 1 for a, b in alignment.blocks) == spans
    assert (alignment.start, alignment.end) == (101, record.reference_end)
    assert (alignment.left_clip, alignment.right_clip) == (5, 3)


# ---------------------------------------------------------------- imbalance


def _blocks(exons: list[int]) -> Blocks:
    starts = np.array([TARGET.exons[n - 1][0] + 10 for n in exons], dtype=np.int64)
    return Blocks(np.arange(len(exons), dtype=np.int64), starts, starts + 49)


def test_only_three_prime_exons_is_imbalance() -> None:
    found = measure_imbalance(_blocks([9, 10] * 20), TARGET, KNOWN, 8, "wts")
    assert (found.state, found.five_prime, found.three_prime) == (State.DETECTED, 0, 40)
    assert found.p_value is not None and found.p_value < 1e-4


@pytest.mark.parametrize("exons", [[2, 5, 9, 10] * 20, [2] * 30 + [9] * 30, [3] * 60])
def test_even_expression_is_no_imbalance(exons: list[int]) -> None:
    assert measure_imbalance(_blocks(exons), TARGET, KNOWN, 8, "wts").state == State.NOT_DETECTED


@pytest.mark.parametrize(("exons", "library"), [([9] * 19, "wts"), ([9] * 90, "capture"), ([9] * 90, "amplicon")])
def test_imbalance_that_cannot_be_assessed(exons: list[int], library: str) -> None:
    found = measure_imbalance(_blocks(exons), TARGET, KNOWN, 8, library)
    assert (found.state, found.ratio) == (State.NOT_ASSESSABLE, None)
    assert found.reason


def test_exons_that_the_reference_lacks_are_left_out() -> None:
    """A reference of the kinase exons alone makes no imbalance of wild-type expression."""
    reads = _blocks([6, 7, 8, 9, 10, 11, 12] * 20)
    assert measure_imbalance(reads, TARGET, frozenset(range(5, 13)), 8, "wts").state == State.NOT_DETECTED
    found = measure_imbalance(reads, TARGET, frozenset(range(7, 13)), 8, "wts")
    assert found.state == State.NOT_ASSESSABLE and "reference" in found.reason


def test_known_exons(tmp_path: Path) -> None:
    parts = {1: "G" * 100, 2: "N" * 100, 3: "".join(random.Random(3).choices("ACGT", k=100))}
    fasta = tmp_path / "reference.fa"
    fasta.write_text(">chr2\n" + "N" * 999 + ("N" * 100).join(parts.values()) + "\n")
    assert known_exons(gene("TARGET", 1_000, exons=3), Genome(fasta)) == {3}


def test_depth_of_exons() -> None:
    depth = {c.exon: c.depth for c in exon_depth(_blocks([2, 2, 5]), TARGET)}
    assert (depth[2], depth[5], depth[1]) == (1.0, 0.5, 0.0)


def test_copies_and_mates_count_once(tmp_path: Path) -> None:
    pair = [
        {"bases": "A" * 50, "start": 1_000, "cigar": "50M", "flag": 1 | 64},
        {"bases": "A" * 50, "start": 1_040, "cigar": "50M", "flag": 1 | 16 | 128},
    ]
    records = [{"name": name, **mate} for name in ("a", "b") for mate in pair]
    records.append({"name": "c", "bases": "A" * 50, "start": 1_041, "cigar": "50M", "quality": 0})
    blocks = _surveyed(_bam(tmp_path / "reads.bam", records)).target.blocks(MoleculeRule())
    assert (blocks.fragment.tolist(), blocks.start.tolist(), blocks.end.tolist()) == ([0], [1_000], [1_089])
    assert _surveyed(_bam(tmp_path / "none.bam", [])).target.blocks(MoleculeRule()).start.tolist() == []
