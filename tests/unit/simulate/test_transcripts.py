"""Truth records of simulated fusion transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest
from Bio.Seq import Seq

from alktrace.genome.fasta import Genome
from alktrace.knowledge.fusions import read_tables
from alktrace.model.records import SidePair
from alktrace.simulate import scenarios, tables, transcripts
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta
from alktrace.simulate.transcripts import Molecule
from alktrace.structure.labels import label
from alktrace.structure.resolve import resolve

# notation, frame, number of inserted bases
EXPECTED = {
    "V1": ("E13;A20", "in_frame", 0),
    "V2": ("E20;A20", "in_frame", 0),
    "V3a": ("E6;A20", "in_frame", 0),
    "V3b": ("E6;ins33A20", "in_frame", 33),
    "V4": ("E14;ins11del49A20", "in_frame", 11),
    "V5a": ("E2;A20", "in_frame", 0),
    "V5b": ("E2;ins117A20", "in_frame", 117),
    "V5prime": ("E18;A20", "in_frame", 0),
    "V6": ("E13;ins69A20", "in_frame", 69),
    "V7": ("E14;del12A20", "out_of_frame", 0),
    "V7_del14": ("E14;del14A20", "in_frame", 0),
    "V8a": ("E17;ins30A20", "out_of_frame", 30),
    "V8b": ("E17;ins61;ins34A20", "in_frame", 95),
    "E14_ins2_ins56": ("E14;ins2;ins56A20", "in_frame", 58),
    "E15_del60_del71": ("E15del60;del71A20", "in_frame", 0),
    "E6_A19": ("E6;A19", "in_frame", 0),
    "K24": ("K24;A20", "in_frame", 0),
    "K15": ("K15;A20", "out_of_frame", 0),
    "K17": ("K17;A20", "in_frame", 0),
    "KLC1_K9": ("K9;A20", "in_frame", 0),
    "TFG_T3": ("T3;A20", "in_frame", 0),
    "NPM1_N4": ("N4;A20", "in_frame", 0),
    "novel_insert": ("ZZNOV1e4;ins7A20", "in_frame", 7),
    "novel_plain": ("ZZNOV2e2;A20", "in_frame", 0),
}


@pytest.fixture(scope="module")
def genome() -> SyntheticGenome:
    return build_genome()


@pytest.fixture(scope="module")
def molecules(genome: SyntheticGenome) -> dict[str, Molecule]:
    return scenarios.fusion_molecules(genome)


@pytest.mark.parametrize("name", EXPECTED)
def test_names_and_frames(molecules: dict[str, Molecule], name: str) -> None:
    (truth,) = molecules[name].fusions
    assert (truth.notation, truth.frame, len(truth.inserted_sequence)) == EXPECTED[name]
    assert truth.kind == "kinase_fusion" and truth.kinase_domain_retained is True


@pytest.mark.parametrize("name", [*EXPECTED, "KIF5B_RET"])
def test_frame_is_what_translation_says(genome: SyntheticGenome, molecules: dict[str, Molecule], name: str) -> None:
    """In frame: the protein ends exactly as the 3' partner's does; out of frame: it stops early."""
    (truth,) = molecules[name].fusions
    gene = truth.three_prime.gene
    assert gene is not None
    cds = genome.transcripts[gene].cds
    assert cds is not None
    tail = str(Seq(genome.spliced[gene][cds[0] - 1 : cds[1]]).translate())[-400:]
    assert truth.protein.endswith(tail) == (truth.frame == "in_frame") == (not truth.premature_stop)


def test_truth_is_the_structure_asked_for(molecules: dict[str, Molecule]) -> None:
    for row in tables.read_junctions():
        truth = next(f for f in molecules[row.molecule].fusions if f.five_prime.gene == row.five_gene)
        assert truth.deleted_bases == SidePair(row.five_deleted, row.three_deleted)
        assert truth.retained_intron_bases == SidePair(row.five_retained, row.three_retained)
        assert (truth.five_prime.exon, truth.three_prime.exon) == (row.five_exon, row.three_exon)
        if not row.inserted.startswith("intron"):
            assert truth.untemplated_sequence == row.inserted


def test_microexon_is_a_piece_of_the_intron(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    (truth,) = molecules["V3b"].fusions
    assert truth.inserted_sequence == genome.introns["EML4"][5][187:220]
    assert truth.untemplated_sequence == ""


def test_ends_of_the_exon_parts(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    for molecule in molecules.values():
        for truth in molecule.fusions:
            assert truth.right_start - truth.left_end == len(truth.inserted_sequence)
            assert molecule.sequence[truth.left_end : truth.right_start] == truth.inserted_sequence
            five, three = truth.five_prime, truth.three_prime
            assert five.gene and three.gene and five.exon and three.exon
            left, right = genome.exon(five.gene, five.exon), genome.exon(three.gene, three.exon)
            left = left[: len(left) - truth.deleted_bases.five_prime]
            assert molecule.sequence[: truth.left_end].endswith(left)
            assert molecule.sequence[truth.right_start :].startswith(right[truth.deleted_bases.three_prime :])


def test_positions(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    eml4, alk = genome.transcripts["EML4"], genome.transcripts["ALK"]
    (plain,), (deleted,) = molecules["V1"].fusions, molecules["V4"].fusions
    assert plain.five_prime.position == eml4.exons[12][1] and plain.three_prime.position == alk.exons[19][1]
    assert deleted.three_prime.position == alk.exons[19][1] - 49


def test_disrupting_event(molecules: dict[str, Molecule]) -> None:
    first, second = molecules["PTPN3_ALK"].fusions
    assert (first.name, first.notation) == ("PTPN3::ALK", "PTPN3e2;A10")
    assert (second.name, second.notation) == ("ALK::PTPN3", "A11;PTPN3e3")
    assert {first.kind, second.kind} == {"disrupting_event"}
    assert first.kinase_domain_retained is False and second.kinase_domain_retained is False
    assert second.left_end - first.right_start == 95 + 129


@pytest.mark.parametrize("flank", [40, 150])
def test_truth_and_pipeline_agree_on_whole_junctions(
    genome: SyntheticGenome, molecules: dict[str, Molecule], root: Path, tmp_path: Path, flank: int
) -> None:
    """Two implementations of the rule, written apart, read every junction alike."""
    write_fasta(genome, tmp_path / "genome.fa")
    reference, knowledge = Genome(tmp_path / "genome.fa"), read_tables(root / "resources" / "knowledge")
    for molecule in molecules.values():
        for truth in molecule.fusions:
            contig = molecule.sequence[max(0, truth.left_end - flank) : truth.right_start + flank]
            five, three = (genome.transcripts[side.gene or ""] for side in (truth.five_prime, truth.three_prime))
            found = resolve(contig, five, three, reference)
            assert found is not None
            assert (found.five_exon, found.three_exon) == (truth.five_prime.exon, truth.three_prime.exon)
            assert SidePair(found.five_deleted, found.three_deleted) == truth.deleted_bases
            assert SidePair(found.five_retained, found.three_retained) == truth.retained_intron_bases
            assert (found.inserted, found.microhomology) == (truth.inserted_sequence, truth.microhomology)
            assert label(found, knowledge).variant == truth.variant


# 5' exon AAAC, its intron GTTT; 3' intron CCAG, exon TGGG
@pytest.mark.parametrize(
    ("window", "left", "right", "retained"),
    [
        ("AAACTGGG", 4, 4, (0, 0)),
        ("AAACGTGGG", 4, 5, (1, 0)),  # one base of the 5' intron; it also ends the 3' intron: counted once
        ("AAACAGTGGG", 4, 6, (0, 2)),
        ("AAACATGGG", 4, 5, (0, 0)),  # A fits neither intron
        ("AAACGG", 4, 4, (0, 0)),  # 3' exon less two bases
        ("AATGGG", 2, 2, (0, 0)),  # 5' exon less two bases
    ],
)
def test_rule_for_ambiguous_bases(window: str, left: int, right: int, retained: tuple[int, int]) -> None:
    cut = transcripts._split(window, "AAAC", "GTTT", "CCAG", "TGGG")
    assert (cut.left, cut.right, cut.retained) == (left, right, SidePair(*retained))


def test_complete_exon_end_comes_before_complete_exon_start() -> None:
    """AAAC and CGGG share the C: the 5' exon keeps it, the 3' exon misses it."""
    cut = transcripts._split("AAACGGG", "AAAC", "GTTT", "TTAG", "CGGG")
    assert (cut.left, cut.right) == (4, 4)
    assert transcripts._microhomology("AAACGGG", cut, "AAACGTTT", "TTAGCGGG") == 2  # C to the left, G to the right


def test_complete_exon_start_comes_before_part_of_an_exon() -> None:
    """The 5' exon is cut short; the base both could hold goes to the complete 3' exon."""
    cut = transcripts._split("AACGGG", "AACTT", "GTTT", "TTAG", "CGGG")
    assert (cut.left, cut.right) == (2, 2)


def test_changes(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    changed = transcripts.with_changes(genome, molecules["V1"], "ALK", ["c.3604G>A", "c.3586C>A"])
    assert changed.changes == ("ALK:c.3586C>A", "ALK:c.3604G>A")
    differing = [i for i, (a, b) in enumerate(zip(molecules["V1"].sequence, changed.sequence, strict=True)) if a != b]
    assert differing == [transcripts.locate(genome, molecules["V1"], "ALK", c) for c in (3586, 3604)]
    coding = molecules["V1"].fusions[0].sequence
    begin = molecules["V1"].sequence.index(coding)
    residues = str(Seq(changed.sequence[begin : begin + len(coding)]).translate())
    assert "MELMAGRDLK" in residues


@pytest.mark.parametrize(
    ("name", "residues"),
    [
        ("c.2236_2250del", "IKTSPKA"),
        ("c.2235_2249del", "IKTSPKA"),
        ("c.2237_2255delinsT", "IKVPKA"),
        ("c.2236_2238dup", "IKEELREATSPKA"),
        ("c.2235_2236insAAC", "IKNELREATSPKA"),
    ],
)
def test_insertions_and_deletions(genome: SyntheticGenome, name: str, residues: str) -> None:
    egfr = transcripts.wild_type(genome, "EGFR")
    changed = transcripts.with_changes(genome, egfr, "EGFR", [name])
    cds = genome.transcripts["EGFR"].cds
    assert cds is not None
    start = cds[0] - 1 + 3 * 743
    coding = changed.sequence[start : start + 3 * len(residues)]
    assert str(Seq(coding).translate()) == residues


def test_wrong_changes_are_refused(genome: SyntheticGenome, molecules: dict[str, Molecule]) -> None:
    with pytest.raises(ValueError, match="ALK has G"):
        transcripts.with_changes(genome, molecules["V1"], "ALK", ["c.3604C>A"])
    with pytest.raises(ValueError, match="does not hold ALK c.1"):
        transcripts.with_changes(genome, molecules["V1"], "ALK", ["c.1A>G"])
    once = transcripts.with_changes(genome, molecules["V1"], "ALK", ["c.3604G>A"])
    with pytest.raises(ValueError, match="all changes at once"):
        transcripts.with_changes(genome, once, "ALK", ["c.3586C>A"])


def test_other_molecules(genome: SyntheticGenome) -> None:
    met = transcripts.exon_skipping(genome, "MET", [14])
    assert len(met.sequence) == len(genome.spliced["MET"]) - 141
    joined = transcripts.read_through(genome, "ZZNBR1", "ALK")
    assert joined.sequence.endswith(genome.spliced["ALK"][1574:])
    pre = transcripts.unspliced(genome, "ALK")
    for piece in pre.pieces:
        spliced = genome.spliced["ALK"][piece.first - 1 : piece.first - 1 + piece.length]
        assert pre.sequence[piece.start : piece.start + piece.length] == spliced
