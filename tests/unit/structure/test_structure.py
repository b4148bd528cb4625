"""Structures of fusion contigs, on a small genome of our own and on the real slice of chromosome 2."""

from __future__ import annotations

import gzip
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.fusions import read_tables
from alktrace.model.records import Support
from alktrace.reference.gtf import read_gtf
from alktrace.structure.junction import Anchor, Structure
from alktrace.structure.record import to_fusion
from alktrace.structure.resolve import resolve, resolve_locus

FIVE_EXONS = (90, 120, 110, 75, 140, 26, 131, 118, 105)
THREE_EXONS = (80, 130, 95, 187, 120, 100)
INTRON = 400
CONTIG_LENGTH = 12_000


@dataclass(frozen=True)
class World:
    genome: Genome
    genes: dict[tuple[str, str], Transcript]  # (side, strand)

    def exon_part(self, transcript: Transcript, first: int, last: int) -> str:
        """Transcript bases first..last (1-based)."""
        return self.genome.spliced(transcript)[first - 1 : last]

    def intron(self, transcript: Transcript, number: int) -> str:
        start, end = transcript.intron_span(number)
        return self.genome.fetch_stranded(transcript.contig, start, end, transcript.strand)


def _place(name: str, contig: str, strand: str, lengths: tuple[int, ...]) -> Transcript:
    exons, start = [], 1_001
    for length in lengths if strand == "+" else lengths[::-1]:
        exons.append((start, start + length - 1))
        start += length + INTRON
    ordered = tuple(exons if strand == "+" else exons[::-1])
    return Transcript(
        name, f"{name}_id", "protein_coding", f"{name}_1", contig, strand, ordered, (31, sum(lengths) - 30)
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    rng = random.Random(20_221)
    genes, text = {}, ""
    for side, lengths in (("five", FIVE_EXONS), ("three", THREE_EXONS)):
        for strand in "+-":
            contig = f"{side}{'forward' if strand == '+' else 'backward'}"
            genes[side, strand] = _place(side.upper(), contig, strand, lengths)
            text += f">{contig}\n{''.join(rng.choices('ACGT', k=CONTIG_LENGTH))}\n"
    fasta = tmp_path_factory.mktemp("genome") / "genome.fa"
    fasta.write_text(text)
    return World(Genome(fasta), genes)


@dataclass(frozen=True)
class Plan:
    """A structure to build a contig from; left and right are the exon bases shown."""

    five_exon: int = 5
    five_deleted: int = 0
    five_retained: int = 0
    untemplated: str = ""
    three_retained: int = 0
    three_deleted: int = 0
    three_exon: int = 4
    left: int = 60
    right: int = 60

    def build(self, world: World, five: Transcript, three: Transcript) -> str:
        end = five.exon_end(self.five_exon) - self.five_deleted
        start = three.exon_start(self.three_exon) + self.three_deleted
        before = world.intron(three, self.three_exon - 1)
        return "".join(
            (
                world.exon_part(five, max(end - self.left, 0) + 1, end),
                world.intron(five, self.five_exon)[: self.five_retained],
                self.untemplated,
                before[len(before) - self.three_retained :],
                world.exon_part(three, start, start + self.right - 1),
            )
        )


def found(structure: Structure | None) -> tuple[object, ...]:
    assert structure is not None
    return (
        structure.five_exon,
        structure.five_deleted,
        structure.five_retained,
        structure.untemplated,
        structure.three_retained,
        structure.three_deleted,
        structure.three_exon,
    )


# ---------------------------------------------------------------- an independent statement of the rule


def oracle(world: World, contig: str, five: Transcript, three: Transcript) -> tuple[int, tuple[object, ...]]:
    """Cost and structure by trying every exact reading of the contig, without alignment."""
    left = _readings(world, contig, five, last=True)
    right = _readings(world, contig, three, last=False)
    options = []
    for a in left:
        for b in right:
            if a[3] + b[3] > len(contig):
                continue
            gap = contig[a[3] : len(contig) - b[3]]
            broken = (a[1] > 0) + (b[1] > 0)
            pieces = (a[2] > 0) + (b[2] > 0)
            order = (7 * broken + len(gap), a[1] > 0, b[1] > 0, -a[4] - b[4], pieces, -a[4], -a[2], -a[0], b[0])
            options.append((order, a, b, gap))
    order, a, b, gap = min(options)
    five_retained, three_retained = a[2], b[2]
    if gap:
        five_retained, three_retained = (n if n > 2 else 0 for n in (five_retained, three_retained))
        gap = contig[a[4] + five_retained : len(contig) - b[4] - three_retained]
    return order[0], (a[0], a[1], five_retained, gap, three_retained, b[1], b[0])


def _readings(world: World, contig: str, gene: Transcript, last: bool) -> list[tuple[int, int, int, int, int]]:
    """(exon, deleted, retained, bases used, exon bases) of every exact reading of the contig's end."""
    spliced = world.genome.spliced(gene)
    readings = []
    for exon in range(1, len(gene.exons) + 1):
        for deleted in range(gene.exon_end(exon) - gene.exon_start(exon) + 1):
            base = gene.exon_end(exon) - deleted if last else gene.exon_start(exon) + deleted
            for used in range(10, len(contig)):
                piece = spliced[max(base - used, 0) : base] if last else spliced[base - 1 : base - 1 + used]
                if piece != (contig[:used] if last else contig[-used:]):
                    continue
                readings.append((exon, deleted, 0, used, used))
                neighbour = exon if last else exon - 1
                if deleted or not 1 <= neighbour < len(gene.exons):
                    continue
                intron = world.intron(gene, neighbour)
                for length in range(1, len(contig) - used):
                    rest = contig[used : used + length] if last else contig[-used - length : -used]
                    if rest != (intron[:length] if last else intron[-length:]):
                        break
                    readings.append((exon, deleted, length, used + length, used))
    return readings


def cost(structure: Structure) -> int:
    broken = (structure.five_deleted > 0) + (structure.three_deleted > 0)
    return 7 * broken + len(structure.untemplated) + 8 * structure.mismatches  # an error costs 8 or more


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    five_deleted = draw(st.sampled_from([0, 0, 1, 3, 8, 15, 40]))
    three_deleted = draw(st.sampled_from([0, 0, 1, 2, 12, 14, 49, 71]))
    return Plan(
        five_exon=draw(st.sampled_from([5, 6, 7, 8])) if not five_deleted else draw(st.sampled_from([5, 7, 8])),
        five_deleted=five_deleted,
        five_retained=0 if five_deleted else draw(st.sampled_from([0, 0, 1, 4, 30, 61])),
        untemplated=draw(st.text("ACGT", max_size=12)),
        three_retained=0 if three_deleted else draw(st.sampled_from([0, 0, 1, 4, 34, 56])),
        three_deleted=three_deleted,
        three_exon=draw(st.sampled_from([3, 4, 5])) if three_deleted < 50 else 4,
        left=draw(st.integers(15, 60)),
        right=draw(st.integers(15, 60)),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), strands=st.sampled_from(["++", "+-", "-+", "--"]))
@example(plan=Plan(five_exon=6, left=15, right=15), strands="+-")
@example(plan=Plan(five_exon=7, five_deleted=60, three_deleted=71), strands="+-")
def test_every_structure_follows_the_rule(world: World, plan: Plan, strands: str) -> None:
    five, three = world.genes["five", strands[0]], world.genes["three", strands[1]]
    contig = plan.build(world, five, three)
    structure = resolve(contig, five, three, world.genome)
    assert structure is not None
    least, expected = oracle(world, contig, five, three)
    if structure.mismatches == 0:
        assert found(structure) == expected
    else:  # a wrong base was cheaper than a breakpoint inside an exon
        assert cost(structure) <= least + 4  # chance matches, up to two bases a side, count as unexplained
    assert structure.inserted == contig[structure.left_end : structure.right_start]
    retained = len(structure.inserted) - len(structure.untemplated)
    assert retained == structure.five_retained + structure.three_retained
    matched = structure.five_matched + structure.three_matched + structure.mismatches + len(structure.untemplated)
    assert matched == len(contig)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans(), shift=st.integers(1, 6))
def test_microhomology_counts_the_shifts(world: World, plan: Plan, shift: int) -> None:
    """Where the genome behind the 5' piece equals the 3' piece for n bases, the junction can move by at least n."""
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    structure = resolve(plan.build(world, five, three), five, three, world.genome)
    assert structure is not None
    if structure.untemplated:
        assert structure.microhomology == 0
    else:
        assert structure.microhomology == _shifts(world, structure)


def _shifts(world: World, structure: Structure) -> int:
    """Positions, other than its own, at which the two genome pieces joined give the same 60 bases."""
    left, right = _around(world, structure.five, structure, True), _around(world, structure.three, structure, False)
    same = [left[: 30 + n] + right[30 + n :] for n in range(-25, 26)]
    return sum(text == same[25] for text in same) - 1


def _around(world: World, gene: Transcript, structure: Structure, five: bool) -> str:
    """30 genome bases on either side of the junction, in transcript sense."""
    if five:
        edge = gene.last_base(structure.five_exon)
        offset = structure.five_retained - structure.five_deleted
    else:
        edge = gene.first_base(structure.three_exon)
        offset = structure.three_deleted - structure.three_retained - 1
    position = edge + offset if gene.forward else edge - offset
    low = position - 29 if gene.forward else position - 30
    return world.genome.fetch_stranded(gene.contig, low, low + 59, gene.strand)


# ---------------------------------------------------------------- single cases


@pytest.mark.parametrize("strands", ["++", "+-", "-+", "--"])
@pytest.mark.parametrize("left,right", [(15, 15), (15, 120), (150, 15), (150, 120)])
def test_short_exon_and_whatever_follows_it(world: World, strands: str, left: int, right: int) -> None:
    five, three = world.genes["five", strands[0]], world.genes["three", strands[1]]
    structure = resolve(Plan(five_exon=6, left=left, right=right).build(world, five, three), five, three, world.genome)
    assert found(structure) == (6, 0, 0, "", 0, 0, 4)


def test_none_without_both_sides(world: World) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "+"]
    contig = world.exon_part(five, 100, 260)
    assert resolve(contig, five, three, world.genome) is None
    assert resolve(Plan(left=60, right=8).build(world, five, three), five, three, world.genome) is None
    assert resolve(Plan().build(world, five, three), three, five, world.genome) is None


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_cryptic_exon_is_named_by_where_it_lies_even_where_its_ends_match_introns(world: World, strand: str) -> None:
    five, three = world.genes["five", strand], world.genes["three", "-"]
    intron, before = world.intron(five, 6), world.intron(three, 3)
    cryptic = [
        intron[i : i + 33]
        for i in range(10, INTRON - 40)
        if intron[i : i + 3] == intron[:3] or intron[i + 30 : i + 33] == before[-3:]
    ]
    assert cryptic
    right = world.exon_part(three, three.exon_start(4), 400)
    for exon in (intron[187:220], *cryptic):
        structure = resolve(world.exon_part(five, 520, five.exon_end(6)) + exon + right, five, three, world.genome)
        assert found(structure) == (6, 0, 0, "", 0, 0, 4)
        assert structure is not None and structure.microhomology == 0 and structure.inserted == exon
        (piece,) = structure.cryptic
        assert (piece.transcript, piece.intron, piece.length) == (five, 6, 33)
        assert world.genome.fetch_stranded(five.contig, piece.start, piece.end, strand) == exon


def test_one_or_two_intron_bases_beside_unexplained_ones_are_chance(world: World) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "+"]
    intron, before = world.intron(five, 5), world.intron(three, 3)
    wrong = {base: "ACGT"[("ACGT".index(base) + 1) % 4] for base in "ACGT"}
    insert = intron[:2] + wrong[intron[2]] * 2 + "CATTACAGATTACATTTGGACC" + wrong[before[-3]] + before[-2:]
    contig = world.exon_part(five, 300, five.exon_end(5)) + insert + world.exon_part(three, three.exon_start(4), 400)
    assert found(resolve(contig, five, three, world.genome)) == (5, 0, 0, insert, 0, 0, 4)


@pytest.mark.parametrize("distance", [3, 9, 25])
def test_a_wrong_base_near_the_junction_is_an_error_not_a_breakpoint(world: World, distance: int) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    contig = Plan().build(world, five, three)
    for position in (60 - distance - 1, 60 + distance):
        wrong = contig[:position] + ("A" if contig[position] != "A" else "C") + contig[position + 1 :]
        structure = resolve(wrong, five, three, world.genome)
        assert found(structure) == (5, 0, 0, "", 0, 0, 4)
        assert structure is not None and structure.mismatches == 1
        assert structure.five_matched + structure.three_matched == 119


@pytest.mark.parametrize("change", [-2, -1, 1, 2])
def test_a_homopolymer_of_another_length_is_an_error(world: World, change: int) -> None:
    five, three = world.genes["five", "-"], world.genes["three", "+"]
    contig = Plan(left=100).build(world, five, three)
    wrong = contig[:50] + contig[50 - change :] if change < 0 else contig[:50] + contig[49] * change + contig[50:]
    structure = resolve(wrong, five, three, world.genome)
    assert found(structure) == (5, 0, 0, "", 0, 0, 4)
    assert structure is not None and structure.mismatches >= 1


def test_skipped_exons_and_foreign_ends(world: World) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    foreign = "".join(random.Random(5).choices("ACGT", k=70))
    left = world.exon_part(five, 230, five.exon_end(3)) + world.exon_part(five, five.exon_start(5), five.exon_end(5))
    right = world.exon_part(three, three.exon_start(4), three.exon_start(4) + 49)
    structure = resolve(left + right + foreign, five, three, world.genome)
    assert found(structure) == (5, 0, 0, "", 0, 0, 4)
    assert structure is not None and structure.five_matched == len(left) and structure.three_matched >= 50
    assert found(resolve(foreign + left[-18:] + right, five, three, world.genome)) == (5, 0, 0, "", 0, 0, 4)


def test_intron_behind_an_unseen_exon_is_filled_from_the_reference(world: World) -> None:
    five, three = world.genes["five", "-"], world.genes["three", "-"]
    whole = Plan(three_retained=150, left=70, right=40).build(world, five, three)
    structure = resolve(whole[:130], five, three, world.genome)
    assert found(structure) == (5, 0, 0, "", 150, 0, 4)
    assert structure is not None and structure.reference_filled
    assert structure.inserted == whole[70:220]
    assert (structure.left_end, structure.right_start) == (70, 130)
    whole = Plan(five_retained=140, left=70, right=40).build(world, five, three)
    structure = resolve(whole[100:], five, three, world.genome)
    assert found(structure) == (5, 0, 140, "", 0, 0, 4)
    assert structure is not None and structure.reference_filled and structure.inserted == whole[70:210]
    assert structure.five_matched == 110


def test_repeated_exon_is_told_by_the_longest_consistent_match(world: World, tmp_path: Path) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "+"]
    start, end = five.exons[1]
    repeat = world.genome.fetch(five.contig, start, start + 104)
    text = world.genome.fetch(five.contig, 1, CONTIG_LENGTH)
    later = five.exons[8][0]
    copied = text[: later - 1] + repeat + text[later + 104 :]
    fasta = tmp_path / "repeat.fa"
    fasta.write_text(
        f">{five.contig}\n{copied}\n>{three.contig}\n{world.genome.fetch(three.contig, 1, CONTIG_LENGTH)}\n"
    )
    genome = Genome(fasta)
    spliced = genome.spliced(five)
    right = world.exon_part(three, three.exon_start(4), three.exon_start(4) + 40)
    early = spliced[five.exon_end(1) - 20 : five.exon_end(2)] + right
    late = spliced[five.exon_end(8) - 20 : five.exon_end(9)] + right
    assert found(resolve(early, five, three, genome)) == (2, 0, 0, "", 0, 0, 4)
    assert found(resolve(late, five, three, genome)) == (9, 0, 0, "", 0, 0, 4)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_breakpoint_outside_genes(world: World, strand: str) -> None:
    three = world.genes["three", "+"]
    anchor = Anchor("fivebackward", 9_001, 9_300, strand)
    bases = world.genome.fetch_stranded(anchor.contig, 9_001, 9_300, strand)
    contig = bases[100:200] + world.exon_part(three, three.exon_start(4), three.exon_start(4) + 59)
    structure = resolve_locus(contig, anchor, three, world.genome)
    assert structure is not None and structure.three_exon == 4
    shared = structure.left_end - 100
    assert structure.inserted == "" and structure.three_deleted == shared == 0
    assert structure.five.exons[0] == ((9_001, 9_200) if strand == "+" else (9_101, 9_300))
    reverse = resolve_locus(contig[100:] + bases[100:200], three, anchor, world.genome)
    assert reverse is not None
    assert reverse.three.exons[0][0 if strand == "+" else 1] == (9_101 if strand == "+" else 9_200) + (
        reverse.right_start - 60
    ) * (1 if strand == "+" else -1)


def test_same_bytes_whatever_the_case(world: World) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    contig = Plan(untemplated="ACGTTG").build(world, five, three)
    assert resolve(contig.lower(), five, three, world.genome) == resolve(contig, five, three, world.genome)


# ---------------------------------------------------------------- the report's record


def _record(world: World, structure: Structure | None, root: Path, **changes: object):  # type: ignore[no-untyped-def]
    assert structure is not None
    values = {
        "kind": "kinase_fusion",
        "event_id": "event1",
        "target": "THREE",
        "support": Support(5, 3, 6),
        "confidence": "high",
        "structure_complete": True,
        "evidence_note": "",
    }
    tables = read_tables(root / "resources" / "knowledge")
    return to_fusion(structure, genome=world.genome, tables=tables, **{**values, **changes})  # type: ignore[arg-type]


def test_record_of_a_novel_fusion(world: World, root: Path) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    plan = Plan(five_exon=4, untemplated="ACCTTAG", left=50)
    fusion = _record(world, resolve(plan.build(world, five, three), five, three, world.genome), root)
    assert (fusion.name, fusion.variant, fusion.knowledge) == ("FIVE::THREE", None, None)
    assert fusion.notation == "FIVEe4;ins7THREEe4"
    assert fusion.inserted_sequence == fusion.untemplated_sequence == "ACCTTAG"
    assert (fusion.five_prime.position, fusion.five_prime.strand) == (five.exons[3][1], "+")
    assert (fusion.three_prime.position, fusion.three_prime.strand) == (three.exons[3][1], "-")
    assert (fusion.five_prime.exon, fusion.three_prime.exon) == (4, 4)
    assert fusion.sequence.startswith(world.exon_part(five, 31, 60))
    assert fusion.tape_domain is None and fusion.kinase_domain_retained is None


def test_record_of_an_incomplete_structure_claims_nothing_more(world: World, root: Path) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    structure = resolve(Plan().build(world, five, three), five, three, world.genome)
    fusion = _record(world, structure, root, structure_complete=False)
    assert (fusion.variant, fusion.frame, fusion.premature_stop) == (None, "undetermined", None)
    assert fusion.sequence == fusion.protein == ""


def test_record_of_a_disrupting_event(world: World, root: Path) -> None:
    five, three = world.genes["five", "+"], world.genes["three", "-"]
    entry = resolve(Plan(five_exon=3, three_exon=3).build(world, five, three), five, three, world.genome)
    back = Plan(five_exon=4, three_exon=5).build(world, three, five)
    leave = resolve(back, three, five, world.genome)
    assert entry is not None and leave is not None
    records = [_record(world, s, root, kind="disrupting_event", chain=[entry, leave]) for s in (entry, leave)]
    assert [r.notation for r in records] == ["FIVEe3;THREEe3", "THREEe4;FIVEe5"]
    whole = world.exon_part(five, 31, five.exon_end(3)) + world.exon_part(three, 211, three.exon_end(4))
    assert {r.sequence for r in records} == {whole + world.exon_part(five, five.exon_start(5), 888)}


def test_record_of_a_locus_outside_genes(world: World, root: Path) -> None:
    three = world.genes["three", "+"]
    bases = world.genome.fetch("fivebackward", 9_101, 9_200)
    contig = bases + world.exon_part(three, three.exon_start(4), three.exon_start(4) + 59)
    structure = resolve_locus(contig, Anchor("fivebackward", 9_001, 9_300, "+"), three, world.genome)
    fusion = _record(world, structure, root)
    assert (fusion.five_prime.gene, fusion.five_prime.transcript, fusion.five_prime.exon) == (None, None, None)
    assert fusion.name == f"fivebackward:{fusion.five_prime.position}::THREE"
    assert fusion.notation == f"fivebackward:{fusion.five_prime.position};THREEe4"
    assert fusion.frame == "undetermined"


# ---------------------------------------------------------------- real sequence


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    source = shared / "real" / "grch38_chr2_sparse.fa.gz"
    if not source.exists():
        pytest.skip("the real slice of chromosome 2 is not in ../shared/real")
    fasta = tmp_path_factory.mktemp("real") / "chr2.fa"
    fasta.write_bytes(gzip.decompress(source.read_bytes()))
    genome = Genome(fasta)
    annotation, _ = read_gtf(source.with_name("grch38_chr2_sparse.gtf.gz"), {}, genome.lengths)
    return World(genome, {("five", "+"): annotation["EML4"], ("three", "-"): annotation["ALK"]})


MICROEXON = "CAAAAATGTCAACTCGCGAAAAAAACAGCCAAG"  # EML4 exon 6b, bases +188 to +220 of intron 6


@pytest.mark.parametrize("left", [15, 40, 120])
@pytest.mark.parametrize("insert,label,notation", [("", "V3a", "E6;A20"), (MICROEXON, "V3b", "E6;ins33A20")])
def test_real_variant_3(real: World, root: Path, left: int, insert: str, label: str, notation: str) -> None:
    eml4, alk = real.genes["five", "+"], real.genes["three", "-"]
    assert real.intron(eml4, 6)[187:220] == MICROEXON
    end, start = eml4.exon_end(6), alk.exon_start(20)
    contig = real.exon_part(eml4, end - left + 1, end) + insert + real.exon_part(alk, start, start + 26)
    structure = resolve(contig, eml4, alk, real.genome)
    assert found(structure) == (6, 0, 0, "", 0, 0, 20)
    fusion = _record(real, structure, root, target="ALK")
    assert (fusion.variant, fusion.notation, fusion.frame) == (label, notation, "in_frame")
    assert (fusion.premature_stop, fusion.kinase_domain_retained, fusion.tape_domain) == (False, True, "none")
    assert (fusion.five_prime.position, fusion.three_prime.position) == (42_264_731, 29_223_528)
    assert fusion.inserted_sequence == insert
    lie = [(e.gene, e.intron, e.contig, e.start, e.end) for e in fusion.cryptic_exons]
    assert lie == ([("EML4", 6, "chr2", 42_264_919, 42_264_951)] if insert else [])
    assert fusion.knowledge is not None and fusion.knowledge.reference == "PMID:18593892"
    assert "ELMAGGDLK" in fusion.protein  # residues around G1202


def test_real_reciprocal(real: World, root: Path) -> None:
    eml4, alk = real.genes["five", "+"], real.genes["three", "-"]
    contig = real.exon_part(alk, alk.exon_end(19) - 60, alk.exon_end(19))
    contig += real.exon_part(eml4, eml4.exon_start(14), eml4.exon_start(14) + 60)
    fusion = _record(real, resolve(contig, alk, eml4, real.genome), root, target="ALK", kind="reciprocal")
    assert (fusion.name, fusion.notation, fusion.variant) == ("ALK::EML4", "A19;E14", None)
    assert fusion.kinase_domain_retained is False and fusion.tape_domain is None


def test_reverse_complement_does_not_resolve(real: World) -> None:
    eml4, alk = real.genes["five", "+"], real.genes["three", "-"]
    contig = real.exon_part(eml4, 880, eml4.exon_end(6)) + real.exon_part(alk, alk.exon_start(20), 4_120)
    assert resolve(reverse_complement(contig), eml4, alk, real.genome) is None
