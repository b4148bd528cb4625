"""Reading frames against the design's coding lengths, products, and domains."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alktrace.genome.fasta import Genome
from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.fusions import Domain, Variant, read_tables
from alktrace.structure.frame import frame, kinase_domain_retained, parts, product, tape_domain
from alktrace.structure.junction import Structure

# Coding length at the end of EML4 exons (NM_019063), from the design; ALK exon 20 starts at c.3173.
EML4_CODING = {2: 208, 3: 338, 6: 667, 13: 1489, 14: 1641, 15: 1767, 17: 1967, 18: 2056, 20: 2242, 21: 2341}
ALK_EXON_20 = 3_173
# Transcript position of the first coding base: EML4 has 25 coding bases in exon 1, ALK exon 20 starts at c.3173.
CODING_STARTS = {"EML4": 263, "ALK": 908}


def _transcripts(shared: Path, gene: str) -> Transcript:
    path = shared / "facts" / "exons_grch38.tsv"
    if not path.exists():
        pytest.skip("exons_grch38.tsv is not in ../shared/facts")
    table = pd.read_csv(path, sep="\t", dtype=str)
    rows = table[table.gene == gene]
    exons = tuple((int(a), int(b)) for a, b in zip(rows.start, rows.end, strict=True))
    length = sum(b - a + 1 for a, b in exons)
    name, contig, strand = rows.iloc[0][["transcript", "contig", "strand"]]
    return Transcript(gene, gene, "protein_coding", name, contig, strand, exons, (CODING_STARTS[gene], length))


@pytest.fixture(scope="module")
def eml4(shared: Path) -> Transcript:
    return _transcripts(shared, "EML4")


@pytest.fixture(scope="module")
def alk(shared: Path) -> Transcript:
    return _transcripts(shared, "ALK")


def structure(five: Transcript, five_exon: int, three: Transcript, three_exon: int, **parts: object) -> Structure:
    plain = Structure(five, three, five_exon, three_exon, 0, 0, "", 0, 0, "", 0, 0, 0, 0, 0, 0)
    return replace(plain, **parts)  # type: ignore[arg-type]


def test_coding_lengths_of_the_design(eml4: Transcript, alk: Transcript) -> None:
    assert {exon: eml4.to_coding(eml4.exon_end(exon)) for exon in EML4_CODING} == EML4_CODING
    assert alk.to_coding(alk.exon_start(20)) == ALK_EXON_20
    assert eml4.exon_end(6) - eml4.exon_end(5) == 26


def test_every_row_of_the_variant_table_has_the_frame_it_states(eml4: Transcript, alk: Transcript, root: Path) -> None:
    rows = read_tables(root / "resources" / "knowledge").variants
    assert len(rows) >= 34
    computed = {row.key: frame(_published(row, eml4, alk)) for row in rows}
    assert computed == {row.key: row.frame for row in rows}
    conflicts = {key for key in ("V7", "V8a", "E3;A20", "E14;del36A20") if computed[key] == "out_of_frame"}
    assert len(conflicts) == 4 and computed["V7(del14)"] == "in_frame"


def _published(row: Variant, eml4: Transcript, alk: Transcript) -> Structure:
    return structure(
        eml4,
        row.five_exon,
        alk,
        row.three_exon,
        five_deleted=row.five_deleted,
        three_deleted=row.three_deleted,
        inserted="A" * row.inserted_bases,
    )


@pytest.mark.parametrize(
    "five_exon,three_deleted,inserted,expected",
    [(14, 0, 58, "in_frame"), (14, 0, 0, "out_of_frame"), (6, 0, 33, "in_frame"), (14, 49, 11, "in_frame")],
)
def test_frame_counts_the_insert(
    eml4: Transcript, alk: Transcript, five_exon: int, three_deleted: int, inserted: int, expected: str
) -> None:
    made = structure(eml4, five_exon, alk, 20, three_deleted=three_deleted, inserted="A" * inserted)
    assert frame(made) == expected


def test_frame_is_undetermined_without_coding_sequence(eml4: Transcript, alk: Transcript) -> None:
    silent = replace(eml4, cds=None)
    assert frame(structure(silent, 13, alk, 20)) == "undetermined"
    assert frame(structure(eml4, 13, replace(alk, cds=None), 20)) == "undetermined"
    assert frame(structure(replace(eml4, cds=(700, 4_000)), 2, alk, 20)) == "undetermined"
    assert frame(structure(replace(eml4, cds=(263, 900)), 13, alk, 20)) == "undetermined"
    assert frame(structure(eml4, 13, replace(alk, cds=(908, 3_000)), 20)) == "undetermined"


def test_untranslated_bases_of_the_three_prime_gene_count(eml4: Transcript, alk: Transcript) -> None:
    """A 3' part from the start of exon 1 reads its 907 untranslated bases: 907 is 1 modulo 3."""
    assert frame(structure(eml4, 13, alk, 1)) == ("in_frame" if (1_489 + 907) % 3 == 0 else "out_of_frame")


# ---------------------------------------------------------------- products, on a genome of our own


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    """Contig `a`: 5' gene, 12 untranslated bases and codons without stop. Contig `b`: 3' gene, stop after 60 codons."""
    rng = random.Random(7)
    sense = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in ("TAA", "TAG", "TGA")]
    five = "CCGCCGCCGCCG" + "ATG" + "".join(rng.choices(sense, k=59))
    three = "GGCGGC" + "ATG" + "".join(rng.choices(sense, k=59)) + "TAA" + "CCCCCC"
    path = tmp_path_factory.mktemp("frame") / "genome.fa"
    path.write_text(f">a\n{five}\n>b\n{three}\n")
    return Genome(path)


FIVE = Transcript("FIVE", "FIVE", "", "F1", "a", "+", ((1, 102), (103, 192)), (13, 192))
THREE = Transcript("THREE", "THREE", "", "T1", "b", "+", ((1, 96), (97, 195)), (7, 186))


@given(st.text("ACGT", max_size=20), st.integers(0, 30), st.integers(0, 30))
def test_protein_follows_the_frame(genome: Genome, inserted: str, five_deleted: int, three_deleted: int) -> None:
    made = structure(FIVE, 1, THREE, 2, inserted=inserted, five_deleted=five_deleted, three_deleted=three_deleted)
    result, state = product([made], genome), frame(made)
    five, three = genome.spliced(FIVE)[12 : 102 - five_deleted], genome.spliced(THREE)[96 + three_deleted : 189]
    assert result.sequence == five + inserted + three
    assert (state == "in_frame") == (len(result.sequence) % 3 == 0)
    assert result.protein.startswith("M") and "*" not in result.protein
    if state == "in_frame":
        assert result.premature_stop == (len(result.protein) < len(result.sequence) // 3 - 1)
    stops = [i for i in range(0, len(result.sequence) - 2, 3) if result.sequence[i : i + 3] in ("TAA", "TAG", "TGA")]
    assert len(result.protein) == (stops[0] // 3 if stops else len(result.sequence) // 3)


def test_stop_in_the_insert_is_premature(genome: Genome) -> None:
    stopped = structure(FIVE, 1, THREE, 2, inserted="TAACCC")
    result = product([stopped], genome)
    assert (frame(stopped), result.premature_stop, len(result.protein)) == ("in_frame", True, 30)
    clean = product([structure(FIVE, 1, THREE, 2, inserted="GCCCCC")], genome)
    assert (clean.premature_stop, len(clean.protein)) == (False, len(clean.sequence) // 3 - 1)


def test_transcript_with_two_junctions(genome: Genome) -> None:
    """A piece of the 3' gene inserted into the 5' gene: both junctions give the whole molecule."""
    entry = structure(FIVE, 1, THREE, 1, inserted="CC")
    exit_ = structure(THREE, 1, FIVE, 2, five_deleted=6, inserted="A")
    five, three = genome.spliced(FIVE), genome.spliced(THREE)
    result = product([entry, exit_], genome)
    assert result.sequence == five[12:102] + "CC" + three[:90] + "A" + five[102:]
    assert [(p.transcript.gene, p.first, p.last) for p in parts([entry, exit_])] == [
        ("FIVE", 1, 102),
        ("THREE", 1, 90),
        ("FIVE", 103, 192),
    ]


def test_non_coding_five_prime_part_gives_sequence_without_protein(genome: Genome) -> None:
    result = product([structure(replace(FIVE, cds=None), 1, THREE, 2)], genome)
    assert (result.protein, result.premature_stop) == ("", None)
    assert result.sequence.startswith("CCGCCGCCGCCGATG")


# ---------------------------------------------------------------- domains


def test_kinase_domain(eml4: Transcript, alk: Transcript, root: Path) -> None:
    domains = read_tables(root / "resources" / "knowledge").domains

    def retained(made: Structure) -> bool | None:
        return kinase_domain_retained([made], "ALK", domains)

    assert retained(structure(eml4, 13, alk, 20)) is True
    assert retained(structure(eml4, 14, alk, 20)) is True  # out of frame, exons kept
    assert retained(structure(eml4, 6, alk, 17)) is True
    assert retained(structure(eml4, 14, alk, 20, three_deleted=173)) is True  # codon 1116 starts at c.3346
    assert retained(structure(eml4, 14, alk, 20, three_deleted=174)) is False
    assert retained(structure(eml4, 12, alk, 23)) is False
    assert retained(structure(alk, 19, eml4, 14)) is False
    assert retained(structure(alk, 29, eml4, 14)) is True
    assert retained(structure(alk, 28, eml4, 14)) is False  # codon 1392 ends in exon 29
    assert kinase_domain_retained([structure(eml4, 13, eml4, 20)], "ALK", domains) is None
    assert kinase_domain_retained([structure(eml4, 13, alk, 20)], "EML4", domains) is None
    short = replace(alk, cds=(908, 4_000))
    assert retained(structure(eml4, 13, short, 20)) is None


def test_inserted_piece_without_the_kinase_exons(eml4: Transcript, alk: Transcript, root: Path) -> None:
    domains = read_tables(root / "resources" / "knowledge").domains
    entry, exit_ = structure(eml4, 2, alk, 10), structure(alk, 11, eml4, 3)
    assert kinase_domain_retained([entry, exit_], "ALK", domains) is False
    assert kinase_domain_retained([entry, structure(alk, 29, eml4, 3)], "ALK", domains) is True
    assert kinase_domain_retained([entry, structure(alk, 28, eml4, 3)], "ALK", domains) is False


def test_tape_domain(eml4: Transcript, alk: Transcript, root: Path) -> None:
    tables = read_tables(root / "resources" / "knowledge")
    states = {exon: tape_domain(structure(eml4, exon, alk, 20), tables.domains) for exon in (2, 6, 7, 13, 18, 20, 21)}
    assert states == {2: "none", 6: "none", 7: "partial", 13: "partial", 18: "partial", 20: "partial", 21: "partial"}
    for row in tables.variants:
        assert tape_domain(structure(eml4, row.five_exon, alk, 20), tables.domains) == row.tape_domain
    assert tape_domain(structure(alk, 19, eml4, 14), tables.domains) is None


def test_domains_come_from_the_table_only(eml4: Transcript, alk: Transcript) -> None:
    made = structure(eml4, 13, alk, 20)
    assert tape_domain(made, []) is None and kinase_domain_retained([made], "ALK", []) is None
    row = Domain("EML4", "E", "TAPE", "exon", 10, 15, "retained", "PMID:1", "recalled", "")
    assert tape_domain(made, [row]) == "retained"
