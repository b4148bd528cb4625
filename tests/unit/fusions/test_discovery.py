"""Words, seeds, contigs and junctions of the fusion stage, on a small genome and with reads placed by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alktrace.fusions.contigs import ReadPool, grow, seeds_of, without_adapters
from alktrace.fusions.count import count_spanning, count_split
from alktrace.fusions.discover import find_junctions, place
from alktrace.fusions.filters import fold_artefacts
from alktrace.fusions.genome_places import genome_places
from alktrace.fusions.junction import Junction, Search, Unplaced, settle
from alktrace.fusions.placement import MIN_ANCHOR, JunctionReference
from alktrace.fusions.word_index import WORD, ExonBorders, TargetIndex
from alktrace.genome.fasta import Genome
from alktrace.genome.fragments import Alignment, Fragment, Read
from alktrace.genome.sequence import is_informative, mismatches, reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.genome.twobit import write_twobit
from alktrace.model.molecules import MoleculeRule
from alktrace.structure.junction import Anchor
from alktrace.structure.resolve import resolve

INTRON = 300
EXONS = (150, 120, 130, 110, 160)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class World:
    """Target on the minus strand of one contig, partner on the plus strand of another."""

    genome: Genome
    annotation: Annotation
    target: Transcript
    partner: Transcript
    index: TargetIndex

    def fusion(self, inserted: str = "", three_deleted: int = 0) -> tuple[str, int]:
        """Sequence of partner exon 3 joined to target exon 4, and length of its 5' part."""
        left = self.genome.spliced(self.partner)[: self.partner.exon_end(3)]
        right = self.genome.spliced(self.target)[self.target.exon_start(4) - 1 + three_deleted :]
        return left + inserted + right, len(left)

    def search(self, fragments: list[Fragment]) -> Search:
        borders = (ExonBorders(self.annotation, self.genome, ends=e) for e in (True, False))
        return Search(
            self.target, self.index, self.annotation, self.genome, {f.name: f for f in fragments}, MoleculeRule(),
            Path("no.bam"), *borders
        )  # fmt: skip


def _gene(name: str, contig: str, strand: str) -> Transcript:
    spans, start = [], 1_001
    for length in EXONS if strand == "+" else EXONS[::-1]:
        spans.append((start, start + length - 1))
        start += length + INTRON
    exons = tuple(spans if strand == "+" else spans[::-1])
    return Transcript(name, f"{name}_id", "protein_coding", f"{name}_1", contig, strand, exons, (31, sum(EXONS) - 30))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    rng = random.Random(11)
    fasta = tmp_path_factory.mktemp("genome") / "genome.fa"
    fasta.write_text("".join(f">{name}\n{''.join(rng.choices('ACGT', k=5000))}\n" for name in ("one", "two")))
    genome = Genome(fasta)
    target, partner = _gene("TARGET", "one", "-"), _gene("PARTNER", "two", "+")
    return World(genome, Annotation([target, partner]), target, partner, TargetIndex(target, (3,), genome))


def _read(name: str, bases: str, partner_bases: int, partner: Transcript, reverse: bool = False) -> Fragment:
    """A read of a fusion: aligned to partner exon 3 with its target side clipped; unaligned where that is too short."""
    alignments = []
    if partner_bases >= 20:
        end = partner.exons[2][1]
        block = ((end - partner_bases + 1, end),)
        alignments.append(Alignment(partner.contig, reverse, 60, block, 0, len(bases) - partner_bases, 0, True))
    sequence = reverse_complement(bases) if reverse else bases
    return Fragment(name, [Read(name, 1, sequence, alignments)])


def _crossing(world: World, sequence: str, junction: int, starts: list[int], length: int = 75) -> list[Fragment]:
    return [
        _read(f"r{n}", sequence[s : s + length], junction - s, world.partner, reverse=n % 2 == 1)
        for n, s in enumerate(starts)
    ]


def _starts(junction: int, step: int = 5) -> list[int]:
    return list(range(junction - 60, junction - 14, step))


# ---------------------------------------------------------------- bases


@pytest.mark.parametrize("part", ["A" * 12, "GGGGGGGTGGGGGG", "ACACACACACACAC", "GGAGGAGGAGGAGGA", "AC"])
def test_repeats_say_nothing(part: str) -> None:
    assert not is_informative(part)


@pytest.mark.parametrize("part", ["TGTACCGCCGGA", "CATCATCAACCAAG", "AGATGTCATCATCAACCAAG"])
def test_real_exon_ends_say_something(part: str) -> None:
    assert is_informative(part)


@given(st.text("ACGT", min_size=1, max_size=50), st.data())
def test_mismatches_count_changed_bases(bases: str, data: st.DataObject) -> None:
    changed = data.draw(st.sets(st.integers(0, len(bases) - 1)))
    other = "".join("ACGT"[("ACGT".index(b) + (i in changed)) % 4] for i, b in enumerate(bases))
    assert mismatches(bases, other) == len(changed)


# ---------------------------------------------------------------- target index


@QUICK
@given(first=st.integers(0, 600), length=st.integers(2 * WORD, 70), error=st.integers(WORD, 58))
def test_a_piece_of_the_gene_is_found_where_it_is(world: World, first: int, length: int, error: int) -> None:
    spliced = world.genome.spliced(world.target)
    piece = spliced[first : first + length]
    if WORD <= error < len(piece) - WORD:
        piece = piece[:error] + "ACGT"[("ACGT".index(piece[error]) + 1) % 4] + piece[error + 1 :]
    match = world.index.find(piece)
    assert match is not None
    assert world.index.transcript_span(match) == (first + 1, first + len(piece))
    assert world.index.holds(piece) and world.index.holds(reverse_complement(piece))


def test_intron_bases_have_no_place_in_the_transcript(world: World) -> None:
    start, end = world.target.intron_span(3)
    match = world.index.find(world.genome.fetch_stranded("one", start + 50, end - 50, "-"))
    assert match is not None and match.sequence == 1
    assert world.index.transcript_span(match) is None
    start, end = world.target.intron_span(1)
    assert world.index.find(world.genome.fetch_stranded("one", start + 50, start + 61, "-")) is None


def test_filler_in_a_partial_reference_holds_no_words(tmp_path: Path) -> None:
    fasta = tmp_path / "filler.fa"
    fasta.write_text(f">one\n{'N' * 1000}{'G' * 4000}\n")
    index = TargetIndex(_gene("TARGET", "one", "-"), (3,), Genome(fasta))
    assert not index.holds("G" * 100) and not index.holds("C" * 100) and not index.holds("N" * 100)


# ---------------------------------------------------------------- seeds and contigs


def test_contig_reaches_beyond_every_read(world: World) -> None:
    sequence, junction = world.fusion()
    fragments = _crossing(world, sequence, junction, list(range(junction - 160, junction - 14, 6)))
    seeds = [s for f in fragments for s in seeds_of(f, world.target, world.index)]
    assert seeds and all(s.into for s in seeds)
    longest = max(seeds, key=lambda s: s.target_length)
    pool = ReadPool(fragments, flip=False)
    contig = grow(longest, pool)
    assert contig in sequence
    assert pool.leaving(longest) >= {longest.name}


def test_one_error_is_outvoted(world: World) -> None:
    sequence, junction = world.fusion()
    fragments = _crossing(world, sequence, junction, _starts(junction))
    bases = fragments[0].reads[0].sequence
    fragments[0].reads[0].sequence = bases[:40] + "ACGT"[("ACGT".index(bases[40]) + 1) % 4] + bases[41:]
    seed = seeds_of(fragments[0], world.target, world.index)[0]
    assert seed.sequence not in sequence
    assert grow(seed, ReadPool(fragments, flip=False)) in sequence


def test_bases_that_follow_the_target_everywhere_are_an_adapter(world: World) -> None:
    spliced, adapter = world.genome.spliced(world.target), "AGATCGGAAGAGCACACGTC"
    reads = [spliced[s : s + 55] + adapter for s in range(0, 500, 37)]
    fragments = [Fragment(f"a{n}", [Read(f"a{n}", 1, bases)]) for n, bases in enumerate(reads)]
    seeds = [s for f in fragments for s in seeds_of(f, world.target, world.index)]
    # where the adapter's first base is the target's next one by chance, the seed begins a base later
    assert len(without_adapters(seeds)) < len(seeds) / 2
    assert find_junctions(world.search(fragments)) == []


def test_homopolymer_tails_are_no_seeds(world: World) -> None:
    bases = world.genome.spliced(world.target)[300:360] + "G" * 40
    assert seeds_of(Fragment("g", [Read("g", 1, bases)]), world.target, world.index) == []


def test_a_copy_of_the_gene_that_won_the_primary_alignment_hides_no_seed(world: World) -> None:
    sequence, junction = world.fusion()
    bases = sequence[junction - 30 : junction + 45]
    end = world.target.exons[3][1]
    copy = Alignment("copies", False, 0, ((101, 145),), 30, 0, 0, True)
    own = Alignment("one", True, 0, ((end - 44, end),), 0, 30, 0, False)
    (seed,) = seeds_of(Fragment("r", [Read("r", 1, bases, [copy, own])]), world.target, world.index)
    assert (seed.into, seed.target_length) == (True, 45)
    worse = replace(own, mismatches=3)
    assert not seeds_of(Fragment("r", [Read("r", 1, bases, [copy, worse])]), world.target, world.index)


def _unplaced(world: World) -> tuple[Search, Unplaced, list[Anchor]]:
    """A contig from an intron of nowhere into the target, and the places it fits in a genome with two copies of it."""
    sequence, junction = world.fusion()
    contig = world.genome.fetch("two", 4_301, 4_360) + sequence[junction : junction + 60]
    anchors = [Anchor("two", 4_000, 4_700, "+"), Anchor("one", 4_000, 4_700, "+")]
    return world.search([]), Unplaced(contig, 60, True, frozenset()), anchors


def test_a_contig_is_placed_where_the_genome_holds_it(world: World) -> None:
    search, contig, anchors = _unplaced(world)
    assert place(search, contig, []) is None
    junction = place(search, contig, [], anchors[:1])
    assert junction is not None
    s = junction.structure
    assert (s.five.gene, s.five.contig, s.five.last_base(1), s.three_exon) == ("", "two", 4_360, 4)
    assert junction.also_fits == ()


def test_a_contig_that_fits_two_places_names_both(world: World) -> None:
    search, contig, anchors = _unplaced(world)
    junction = place(search, contig, [], anchors)
    assert junction is not None
    assert junction.also_fits == ("one:4000",)


def test_places_are_looked_up_in_the_packed_genome_only(world: World, tmp_path: Path) -> None:
    part = world.genome.fetch("two", 4_301, 4_360)
    fasta = tmp_path / "genome.fa"
    fasta.write_text(f">two\n{world.genome.fetch('two', 1, 5_000)}\n")
    write_twobit(fasta, tmp_path / "genome.2bit")
    found = genome_places(tmp_path / "genome.2bit", [part, reverse_complement(part), "ACGTTGCATGCCATGATCGA"])
    assert [[(p.contig, p.start, p.end, p.reverse) for p in places] for places in found] == [
        [("two", 4_300, 4_360, False)],
        [("two", 4_300, 4_360, True)],
        [],
    ]
    assert genome_places(fasta, [part]) == [[]]


# ---------------------------------------------------------------- junctions


def _found(world: World, fragments: list[Fragment]) -> list[Junction]:
    junctions = find_junctions(world.search(fragments))
    known = {f.name: f for f in fragments}
    count_split(junctions, known, MoleculeRule())
    kept, _ = fold_artefacts([j for j in junctions if j.counted.split])
    for junction in kept:
        settle(junction, known, MoleculeRule())
    return sorted(kept, key=lambda j: repr(j.key))


@pytest.mark.parametrize(("inserted", "deleted"), [("", 0), ("GT", 0), ("CATGACCT", 0), ("", 31), ("TCA", 31)])
def test_junction_and_its_fragments(world: World, inserted: str, deleted: int) -> None:
    sequence, junction = world.fusion(inserted, deleted)
    starts = [s for s in _starts(junction, 4) if junction + len(inserted) + 21 <= s + 75]
    (found,) = _found(world, _crossing(world, sequence, junction, starts))
    s = found.structure
    assert (s.five.gene, s.five_exon, s.three.gene, s.three_exon) == ("PARTNER", 3, "TARGET", 4)
    assert len(s.inserted) - s.three_deleted == len(inserted) - deleted
    assert len(found.counted.split) == len(starts)


def _summary(junctions: list[Junction]) -> list[tuple[object, ...]]:
    return [(j.key, len(j.counted.split), j.reference.sequence, j.reference.breakpoint) for j in junctions]


def test_strand_of_the_reads_does_not_matter(world: World) -> None:
    sequence, junction = world.fusion("CATGACCT")
    fragments = _crossing(world, sequence, junction, _starts(junction))
    turned = [
        _read(f.name, r.sense(r.primary.reverse) if r.primary else r.sequence, 0, world.partner)
        for f in fragments
        for r in f.reads
    ]
    for fragment, copy in zip(fragments, turned, strict=True):
        mate = fragment.reads[0]
        copy.reads[0].sequence = reverse_complement(mate.sequence)
        copy.reads[0].alignments = [
            Alignment(a.contig, not a.reverse, a.mapping_quality, a.blocks, a.left_clip, a.right_clip, 0, True)
            for a in mate.alignments
        ]
    assert _summary(_found(world, fragments)) == _summary(_found(world, turned)) != []


@QUICK
@given(st.randoms(use_true_random=False))
def test_order_of_the_reads_does_not_matter(world: World, rng: random.Random) -> None:
    sequence, junction = world.fusion("GT")
    fragments = _crossing(world, sequence, junction, _starts(junction))
    expected = _summary(_found(world, fragments))
    rng.shuffle(fragments)
    assert _summary(_found(world, fragments)) == expected != []


def test_one_chimeric_molecule_is_no_junction(world: World) -> None:
    sequence, junction = world.fusion("GT", 17)
    assert find_junctions(world.search(_crossing(world, sequence, junction, [junction - 37]))) == []


def test_a_rare_second_junction_is_found_beside_a_deep_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discovery looks at a sample of the fragments, then at what the first junctions leave unexplained."""
    monkeypatch.setattr("alktrace.fusions.discover.SAMPLE", 12)
    common, junction = world.fusion()
    fragments = _crossing(world, common, junction, _starts(junction, 1))
    rare, _ = world.fusion("CATGACCTGA")
    for n, start in enumerate(range(junction - 45, junction - 33, 3)):
        fragments.append(_read(f"x{n}", rare[start : start + 75], junction - start, world.partner))
    found = _found(world, fragments)
    assert sorted((j.structure.inserted, len(j.counted.split)) for j in found) == [("", 46), ("CATGACCTGA", 4)]


def test_a_junction_that_is_another_one_with_an_error_is_folded_into_it(world: World) -> None:
    sequence, junction = world.fusion()
    wrong = sequence[: junction - 5] + "T" + sequence[junction - 5 :]
    fragments = _crossing(world, sequence, junction, _starts(junction, 2))
    for n, start in enumerate((junction - 40, junction - 35, junction - 30)):
        fragments.append(_read(f"x{n}", wrong[start : start + 75], junction - 5 - start, world.partner))
    (found,) = _found(world, fragments)
    assert found.structure.inserted == "" and found.structure.five_deleted == 0
    assert len(found.counted.split) >= len(_starts(junction, 2))


# ---------------------------------------------------------------- counting


@pytest.fixture(scope="module")
def reference(world: World) -> tuple[JunctionReference, str, int]:
    sequence, junction = world.fusion("GTA")
    contig = sequence[junction - 100 : junction + 103]
    structure = resolve(contig, world.partner, world.target, world.genome)
    assert structure is not None
    return JunctionReference(structure, contig, world.genome, target_is_three=True), sequence, junction


@QUICK
@given(offset=st.integers(-180, 80), length=st.integers(40, 120), reverse=st.booleans())
def test_error_free_reads_are_placed_exactly(
    reference: tuple[JunctionReference, str, int], offset: int, length: int, reverse: bool
) -> None:
    known, sequence, junction = reference
    bases = sequence[junction + offset : junction + offset + length]
    placed = known.place(Read("r", 1, reverse_complement(bases) if reverse else bases))
    assert placed is not None
    assert (placed.column - known.left_end, placed.reverse, placed.differences, placed.gapped) == (
        offset, reverse, 0, False,
    )  # fmt: skip
    start, end = offset - 3, offset + length - 3  # seen from the breakpoint, behind the inserted bases
    assert known.crosses(placed) == (start <= -MIN_ANCHOR and end >= MIN_ANCHOR)


def test_a_missing_base_is_placed_with_a_gap(reference: tuple[JunctionReference, str, int]) -> None:
    known, sequence, junction = reference
    bases = sequence[junction - 40 : junction - 20] + sequence[junction - 19 : junction + 50]
    placed = known.place(Read("r", 1, bases))
    assert placed is not None and placed.gapped and placed.differences <= 1 and known.is_split(placed)


def test_a_short_side_must_fit_by_itself(reference: tuple[JunctionReference, str, int]) -> None:
    """Three differences are few in 100 bases and many in the 12 that reach over the breakpoint."""
    known, sequence, junction = reference
    first = junction + 3 - 88
    for wrong, expected in (((95,), True), ((90, 93, 96), False), ((10, 30, 50), True)):
        bases = "".join(
            "ACGT"[("ACGT".index(b) + (i in wrong)) % 4] for i, b in enumerate(sequence[first : first + 100])
        )
        placed = known.place(Read("r", 1, bases))
        assert placed is not None and placed.differences == len(wrong)
        assert known.is_split(placed) == expected


def test_spliced_rna_turned_round_is_no_partner(world: World) -> None:
    """A cDNA artefact: target exon 4 behind the partner's exons in antisense, which end at an exon border."""
    spliced = world.genome.spliced(world.partner)
    back = reverse_complement(spliced[world.partner.exon_start(3) - 1 : world.partner.exon_end(3)])
    target = world.genome.spliced(world.target)[world.target.exon_start(4) - 1 :]
    start, _ = world.partner.exons[2]
    fragments = []
    for n, offset in enumerate(range(len(back) - 60, len(back) - 20, 4)):
        shown = len(back) - offset
        block = ((start, start + shown - 1),)
        alignment = Alignment(world.partner.contig, True, 60, block, 75 - shown, 0, 0, True)
        bases = (back + target)[offset : offset + 75]
        fragments.append(Fragment(f"t{n}", [Read(f"t{n}", 1, bases, [alignment])]))
    assert find_junctions(world.search(fragments)) == []


def test_unrearranged_reads_are_no_evidence(world: World, reference: tuple[JunctionReference, str, int]) -> None:
    known, _, _ = reference
    spliced, at = world.genome.spliced(world.target), world.target.exon_start(4) - 1
    for bases in (spliced[at - 40 : at + 60], spliced[at - 9 : at + 91]):
        placed = known.place(Read("r", 1, bases))
        assert placed is None or not known.is_split(placed)


def test_mates_on_either_side_span(world: World) -> None:
    sequence, junction = world.fusion()
    junctions = find_junctions(world.search(_crossing(world, sequence, junction, _starts(junction))))
    left, right = sequence[junction - 120 : junction - 45], sequence[junction + 60 : junction + 135]
    facing = Fragment("f", [Read("f", 1, left), Read("f", 2, reverse_complement(right))])
    apart = Fragment("a", [Read("a", 1, reverse_complement(left)), Read("a", 2, right)])
    same = Fragment("s", [Read("s", 1, left), Read("s", 2, right)])
    assert count_spanning(junctions, [facing, apart, same], world.search([])) == {"f"}
    assert list(junctions[0].counted.spanning.values()) == ["f"]


# ---------------------------------------------------------------- exon borders


def test_exon_borders_name_the_gene(world: World) -> None:
    ends = ExonBorders(world.annotation, world.genome, ends=True)
    starts = ExonBorders(world.annotation, world.genome, ends=False)
    spliced = world.genome.spliced(world.partner)
    part = spliced[world.partner.exon_end(2) - 20 : world.partner.exon_end(2)]
    assert [t.gene for t in ends.transcripts(part)] == ["PARTNER"]
    assert [t.gene for t in ends.transcripts(part[:-1])] == []
    first = world.genome.spliced(world.target)[world.target.exon_start(3) - 1 :][:20]
    assert [t.gene for t in starts.transcripts(first)] == ["TARGET"]
    assert ends.transcripts(spliced[-20:]) == []  # the end of a transcript is no splice site
