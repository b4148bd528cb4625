"""Codon counts: molecules, mates, splices, masks, and what is no evidence. Alignments are written base by base."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alktrace.genome.fasta import Genome
from alktrace.inputs.umi import molecule_rule
from alktrace.model.molecules import MoleculeRule
from alktrace.mutations.inputs import read_primers
from alktrace.mutations.pileup import END_BASES, GenePileup, codon_code, pile_up
from alktrace.mutations.reads import Span, read_bam
from alktrace.runtime.errors import InputError
from screen_cases import BamWriter, small_transcript, write_small_genome

CODON = 20  # away from exon ends: coding bases 58..60


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    return write_small_genome(tmp_path_factory.mktemp("genome"))


class Case:
    """Writes reads of one transcript and counts them."""

    def __init__(self, genome: Genome, folder: Path, strand: str = "+"):
        self.genome, self.transcript = genome, small_transcript(strand)
        self.sequence = genome.spliced(self.transcript)
        self.bam = BamWriter(self.transcript, folder / "reads.bam")

    def changed(self, codon: int, alternate: str) -> str:
        start = self.start(codon)
        return self.sequence[:start] + alternate + self.sequence[start + 3 :]

    def start(self, codon: int) -> int:
        return 4 + 3 * (codon - 1)

    def other(self, codon: int) -> str:
        """A codon with all three bases changed."""
        old = self.sequence[self.start(codon) : self.start(codon) + 3]
        return old.translate(str.maketrans("ACGT", "CGTA"))

    def count(
        self, umi: str | None = None, amplicon: bool = False, masked: list[tuple[int, int]] | None = None
    ) -> GenePileup:
        span = Span("chr1", self.transcript.start - 1, self.transcript.end)
        rule = molecule_rule(umi, "amplicon" if amplicon else "wts")
        reads = read_bam(self.bam.write(), {"GENE": span}, 20, 20, rule, frozenset())
        return pile_up(reads.genes["GENE"], self.transcript, self.genome, masked or [], list(range(1, 500)))


@pytest.fixture(params=["+", "-"])
def case(genome: Genome, tmp_path: Path, request: pytest.FixtureRequest) -> Case:
    return Case(genome, tmp_path, request.param)


def depth(pileup: GenePileup, codon: int) -> int:
    return int(pileup.counts[codon - 1].sum())


def content(pileup: GenePileup, codon: int, bases: str) -> int:
    return int(pileup.counts[codon - 1, codon_code(bases)].sum())


def test_every_codon_is_read_also_across_the_splices(case: Case) -> None:
    case.bam.add("a", 0, case.sequence)
    pileup = case.count()
    covered = [codon for codon in range(1, len(pileup.codons) + 1) if depth(pileup, codon) == 1]
    first, last = (END_BASES - 4) // 3 + 2, (len(case.sequence) - END_BASES - 4) // 3
    assert covered == list(range(first, min(last, len(pileup.codons)) + 1))
    for codon in covered:
        start = case.start(codon)
        assert content(pileup, codon, case.sequence[start : start + 3]) == 1
    ends = [end - 4 for end in case.transcript.exon_ends[:-1]]
    assert any(end % 3 for end in ends), "the case must split codons between exons"


def test_a_change_in_a_split_codon_is_one_content(case: Case) -> None:
    codon = next(c for c in range(2, 80) if case.start(c) < case.transcript.exon_ends[0] < case.start(c) + 3)
    new = case.other(codon)
    case.bam.add("a", 0, case.changed(codon, new))
    assert content(case.count(), codon, new) == 1


def test_overlapping_mates_count_once_and_agree(case: Case) -> None:
    case.bam.add("a", 20, case.sequence[20:100], mate=1)
    case.bam.add("a", 40, case.sequence[40:120], mate=2, reverse=True)
    pileup = case.count()
    assert depth(pileup, CODON) == 1
    assert pileup.counts[CODON - 1, :, 1].sum() == 1, "read by two that agree"
    assert pileup.overlap.diagonal().sum() == 60 - 2 * END_BASES


@pytest.mark.parametrize(("quality", "calls"), [(37, 0), (19, 1)])
def test_disagreeing_mates_are_no_call_unless_one_is_doubtful(case: Case, quality: int, calls: int) -> None:
    new = case.other(CODON)
    case.bam.add("a", 20, case.sequence[20:100], mate=1)
    case.bam.add("a", 40, case.changed(CODON, new)[40:120], mate=2, quality=quality, reverse=True)
    pileup = case.count()
    assert depth(pileup, CODON) == calls
    assert content(pileup, CODON, new) == 0


def test_a_decided_disagreement_takes_the_better_base(case: Case) -> None:
    new = case.other(CODON)
    case.bam.add("a", 20, case.sequence[20:100], mate=1, quality=20)
    case.bam.add("a", 40, case.changed(CODON, new)[40:120], mate=2, quality=41, reverse=True)
    assert content(case.count(), CODON, new) == 1


def test_copies_with_equal_ends_are_one_molecule(case: Case) -> None:
    for name in "abc":
        case.bam.add(name, 20, case.sequence[20:100])
    case.bam.add("d", 21, case.sequence[21:100])
    assert depth(case.count(), CODON) == 2


def test_clipped_ends_belong_to_the_fragment(case: Case) -> None:
    case.bam.add("a", 20, case.sequence[20:100])
    case.bam.add("b", 25, case.sequence[25:100], clip=("ACGTA", ""))
    assert depth(case.count(), CODON) == 1


def test_one_copy_stands_for_all_that_share_their_ends(case: Case) -> None:
    """Many single reads share their ends by chance: a rare content must stay as frequent as it is."""
    new, share, places = case.other(CODON), 0.2, range(10, 50)
    for place in places:
        for copy in range(20):
            bases = case.changed(CODON, new) if copy < 20 * share else case.sequence
            case.bam.add(f"{place}-{copy}", place, bases[place : place + 80])
    pileup = case.count()
    assert depth(pileup, CODON) == len(places)
    assert 2 <= content(pileup, CODON, new) <= 16  # 8 expected; outside with probability below 0.002


def test_mates_are_compared_at_screened_codons_only(case: Case) -> None:
    case.bam.add("a", 20, case.sequence[20:100], mate=1)
    case.bam.add("a", 40, case.sequence[40:120], mate=2, reverse=True)
    span = Span("chr1", case.transcript.start - 1, case.transcript.end)
    reads = read_bam(case.bam.write(), {"GENE": span}, 20, 20, MoleculeRule(), frozenset()).genes["GENE"]
    pileup = pile_up(reads, case.transcript, case.genome, [], [CODON])
    assert pileup.overlap.sum() == 3
    assert (pileup.counts.sum(axis=(1, 2)) > 0).sum() > 20  # all codons are counted


def test_identifiers_tell_molecules_apart(case: Case) -> None:
    for name in ("a::umi:AAAA", "b::umi:AAAA", "c::umi:CCCC"):
        case.bam.add(name, 20, case.sequence[20:100])
    assert depth(case.count(umi="::umi:([ACGTN+]+)"), CODON) == 2


def test_with_identifiers_a_tie_is_no_call(case: Case) -> None:
    new = case.other(CODON)
    case.bam.add("a::umi:AAAA", 20, case.sequence[20:100])
    case.bam.add("b::umi:AAAA", 20, case.changed(CODON, new)[20:100])
    assert depth(case.count(umi="::umi:([ACGTN+]+)"), CODON) == 0


def test_a_name_without_identifier_is_an_input_error(case: Case) -> None:
    case.bam.add("plain", 20, case.sequence[20:100])
    with pytest.raises(InputError, match="read name 'plain' does not match the umi pattern"):
        case.count(umi="::umi:([ACGTN+]+)")


def test_amplicon_reads_without_identifiers_are_counted_as_reads(case: Case) -> None:
    for name in "abc":
        case.bam.add(name, 20, case.sequence[20:100])
    assert depth(case.count(amplicon=True), CODON) == 3


def test_primer_bases_are_no_evidence(case: Case) -> None:
    case.bam.add("a", 20, case.sequence[20:140])
    site = case.transcript.codon_genome_positions(CODON)[1]
    pileup = case.count(masked=[(site - 1, site)])
    assert depth(pileup, CODON) == 0
    assert depth(pileup, CODON + 1) == 1


def test_reads_that_fit_elsewhere_and_odd_records_are_no_evidence(case: Case) -> None:
    case.bam.add("low", 20, case.sequence[20:100], mapping_quality=3)
    case.bam.add("secondary", 21, case.sequence[21:100])
    case.bam.add("failed", 22, case.sequence[22:100])
    case.bam.reads[1].flag |= 0x100
    case.bam.reads[2].flag |= 0x200
    assert depth(case.count(), CODON) == 0


def test_supplementary_alignments_are_evidence(case: Case) -> None:
    case.bam.add("split", 20, case.sequence[20:100], clip=("ACGT" * 10, ""))
    case.bam.reads[0].flag |= 0x800
    assert depth(case.count(), CODON) == 1


def test_a_short_anchor_beyond_a_splice_is_no_evidence(case: Case) -> None:
    border = case.transcript.exon_ends[0]
    case.bam.add("short", 0, case.sequence[: border + 7])
    case.bam.add("long", 1, case.sequence[1 : border + 40])
    codon = (border - 4) // 3 + 2  # first whole codon beyond the border
    assert depth(case.count(), codon) == 1


def test_low_quality_bases_are_no_evidence(case: Case) -> None:
    case.bam.add("a", 20, case.sequence[20:100], quality=19)
    assert depth(case.count(), CODON) == 0


def test_no_depth_limit(genome: Genome, tmp_path: Path) -> None:
    case = Case(genome, tmp_path)
    for number in range(9000):
        case.bam.add(f"r{number}::umi:{number:05d}", 20, case.sequence[20:100])
    assert depth(case.count(umi=r"::umi:(\d+)"), CODON) == 9000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 150), st.integers(30, 90)), max_size=12), st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_the_order_of_reads(genome: Genome, tmp_path: Path, spans, rnd) -> None:  # type: ignore[no-untyped-def]
    first, second = Case(genome, tmp_path), Case(genome, tmp_path)
    entries = [(f"r{i}", start, length) for i, (start, length) in enumerate(spans)]
    for case, order in ((first, entries), (second, rnd.sample(entries, len(entries)))):
        for name, start, length in order:
            case.bam.add(name, start, case.sequence[start : start + length])
    assert np.array_equal(first.count().counts, second.count().counts)


# ---------------------------------------------------------------- primers


def test_primer_rows_of_a_bed(tmp_path: Path) -> None:
    bed = tmp_path / "targets.bed"
    bed.write_text("track x\nchr2\t10\t30\tALK_20\tprimer\nchr2\t50\t60\tbait_1\nchr1\t5\t9\tPrimer-7\n")
    assert read_primers(bed) == {"chr2": [(10, 30)], "chr1": [(5, 9)]}


@pytest.mark.parametrize("line", ["chr2\t10", "chr2\tx\t30", "chr2\t30\t10"])
def test_a_wrong_bed_line_is_named(tmp_path: Path, line: str) -> None:
    bed = tmp_path / "targets.bed"
    bed.write_text(f"chr1\t1\t2\n{line}\n")
    with pytest.raises(InputError, match="line 2"):
        read_primers(bed)


def test_transcript_without_coding_sequence_is_refused(genome: Genome) -> None:
    plain = small_transcript("+")
    silent = replace(plain, cds=None)
    with pytest.raises(ValueError, match="no coding sequence"):
        from alktrace.mutations.gene_map import gene_map

        gene_map(silent, "", [])
