"""Names of changes: HGVS by examples, by the grammar of the hgvs package, and by applying them."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Transcript
from alktrace.mutations import hgvs as names
from alktrace.mutations import indels
from alktrace.mutations.indels import Indel, normalise
from screen_cases import Bench, small_transcript, write_small_genome


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.build(tmp_path_factory.mktemp("names"))


def _named(bench: Bench, gene: str, start: int, end: int, inserted: str) -> tuple[str, str, str]:
    """Names of coding bases start..end (1-based, inclusive; end = start - 1 inserts behind end) replaced."""
    transcript = bench.annotation[gene]
    sequence = bench.genome.spliced[gene]
    assert transcript.cds is not None
    offset = transcript.cds[0] - 1
    low = indels.exon_of(transcript, offset + start - 1, offset + end)[0]
    indel = normalise(sequence, offset + start - 1, offset + end, inserted, low)
    assert indel is not None
    effect = names.protein_indel(transcript, sequence, indel)
    return names.coding_indel(transcript, sequence, indel), effect.hgvs_p, effect.short


@pytest.mark.parametrize(
    ("gene", "start", "end", "inserted", "expected"),
    [
        ("EGFR", 2235, 2249, "", ("c.2235_2249del", "p.(Glu746_Ala750del)", "E746_A750del")),
        ("EGFR", 2236, 2250, "", ("c.2236_2250del", "p.(Glu746_Ala750del)", "E746_A750del")),
        ("EGFR", 2240, 2257, "", ("c.2240_2257del", "p.(Leu747_Pro753delinsSer)", "L747_P753delinsS")),
        ("EGFR", 2253, 2276, "", ("c.2253_2276del", "p.(Ser752_Ile759del)", "S752_I759del")),
        ("EGFR", 2237, 2255, "T", ("c.2237_2255delinsT", "p.(Glu746_Ser752delinsVal)", "E746_S752delinsV")),
        ("EGFR", 2311, 2310, "GGT", ("c.2310_2311insGGT", "p.(Asp770_Asn771insGly)", "D770_N771insG")),
        ("EGFR", 2308, 2307, "GCCAGCGTG", ("c.2300_2308dup", "p.(Ala767_Val769dup)", "A767_V769dup")),
        ("ERBB2", 2325, 2324, "ATACGTGATGGC", ("c.2313_2324dup", "p.(Tyr772_Ala775dup)", "Y772_A775dup")),
        ("ALK", 3454, 3453, "ACG", ("c.3451_3453dup", "p.(Thr1151dup)", "T1151dup")),
        ("ALK", 3604, 3606, "", ("c.3605_3607del", "p.(Gly1202del)", "G1202del")),
        ("ALK", 3604, 3604, "", ("c.3605del", "p.(Gly1202GlufsTer56)", "G1202fs")),
    ],
)
def test_indel_names(
    bench: Bench, gene: str, start: int, end: int, inserted: str, expected: tuple[str, str, str]
) -> None:
    assert _named(bench, gene, start, end, inserted) == expected


@pytest.mark.parametrize(
    ("codon", "old", "new", "coding", "protein", "short"),
    [
        (1202, "GGA", "AGA", "c.3604G>A", "p.(Gly1202Arg)", "G1202R"),
        (1202, "GGA", "CTA", "c.3604_3605delinsCT", "p.(Gly1202Leu)", "G1202L"),
        (1269, "GGA", "AGC", "c.3805_3807delinsAGC", "p.(Gly1269Ser)", "G1269S"),
        (1125, "GGC", "GGA", "c.3375C>A", "p.(Gly1125=)", "G1125G"),
        (213, "CGA", "TGA", "c.637C>T", "p.(Arg213Ter)", "R213*"),
        (1, "ATG", "GTG", "c.1A>G", "p.(Met1?)", "M1?"),
    ],
)
def test_substitution_names(codon: int, old: str, new: str, coding: str, protein: str, short: str) -> None:
    assert names.coding_substitution(codon, old, new) == coding
    assert names.protein_substitution(codon, old, new) == (protein, short)


def test_stated_name_is_refseq_only_for_the_pinned_transcript() -> None:
    transcript = small_transcript("+")
    assert names.stated_name(transcript, "T1", "NM_1.2") == "NM_1.2"
    assert names.stated_name(transcript, "T2", "NM_1.2") == "T1.1"
    assert names.stated_name(transcript, "", "NM_1.2") == "T1.1"


# ---------------------------------------------------------------- properties

_change = st.tuples(st.integers(12, 235), st.integers(0, 12), st.text("ACGT", max_size=12), st.sampled_from("+-"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    return write_small_genome(tmp_path_factory.mktemp("small"))


def _place(genome: Genome, strand: str, start: int, length: int, inserted: str) -> tuple[Transcript, str, Indel] | None:
    transcript = small_transcript(strand)
    sequence = genome.spliced(transcript)
    low, high = indels.exon_of(transcript, start, start + length)
    if start <= low + 1 or start + length >= high - 1:
        return None
    indel = normalise(sequence, start, start + length, inserted, low)
    return None if indel is None else (transcript, sequence, indel)


def _apply(sequence: str, indel: Indel) -> str:
    return sequence[: indel.start] + indel.inserted + sequence[indel.end :]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_change)
def test_placing_left_or_right_keeps_the_molecule(small: Genome, change: tuple[int, int, str, str]) -> None:
    start, length, inserted, strand = change
    placed = _place(small, strand, start, length, inserted)
    if placed is None:
        return
    transcript, sequence, indel = placed
    low, high = indels.exon_of(transcript, indel.start, indel.end)
    moved = indels.shifted_right(sequence, indel, high)
    mutated = sequence[:start] + inserted + sequence[start + length :]
    assert _apply(sequence, indel) == _apply(sequence, moved) == mutated
    assert normalise(sequence, moved.start, moved.end, moved.inserted, low) == indel


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_change)
def test_the_vcf_record_is_leftmost_and_gives_the_same_molecule(
    small: Genome, change: tuple[int, int, str, str]
) -> None:
    start, length, inserted, strand = change
    placed = _place(small, strand, start, length, inserted)
    if placed is None:
        return
    transcript, sequence, indel = placed
    position, reference, alternate = names.indel_record(transcript, small, sequence, indel)
    assert small.fetch("chr1", position, position + len(reference) - 1) == reference
    assert reference[-1] != alternate[-1] or 1 in (len(reference), len(alternate))
    assert len(reference) == 1 or len(alternate) == 1 or reference[0] != alternate[0]
    genomic = small.fetch("chr1", 1, 2000)
    edited = genomic[: position - 1] + alternate + genomic[position - 1 + len(reference) :]
    low, high = min(transcript.exons)[0], max(transcript.exons)[1]
    gained = len(alternate) - len(reference)
    parts, shift = [], 0
    for first, last in sorted(transcript.exons):
        grown = gained if first <= transcript.to_genome(indel.start + 1) <= last else 0
        parts.append(edited[first - 1 + shift : last + shift + grown])
        shift += grown
    assert low <= position + 1 and position <= high
    spliced = "".join(parts)
    assert (spliced if strand == "+" else reverse_complement(spliced)) == _apply(sequence, indel)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_change)
def test_coding_names_say_what_was_done(small: Genome, change: tuple[int, int, str, str]) -> None:
    start, length, inserted, strand = change
    placed = _place(small, strand, start, length, inserted)
    if placed is None:
        return
    transcript, sequence, indel = placed
    name = names.coding_indel(transcript, sequence, indel)
    found = re.fullmatch(r"c\.(\d+)(?:_(\d+))?(del|dup|ins|delins)([ACGT]*)", name)
    assert found is not None, name
    assert transcript.cds is not None
    offset = transcript.cds[0] - 1
    first, last = offset + int(found[1]), offset + int(found[2] or found[1])
    done = {
        "del": sequence[: first - 1] + sequence[last:],
        "dup": sequence[:last] + sequence[first - 1 : last] + sequence[last:],
        "ins": sequence[:first] + found[4] + sequence[first:],
        "delins": sequence[: first - 1] + found[4] + sequence[last:],
    }[found[3]]
    assert done == _apply(sequence, indel)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_substitution_records_of_split_codons(small: Genome, strand: str) -> None:
    transcript = small_transcript(strand)
    sequence = small.spliced(transcript)
    assert transcript.cds is not None
    for codon in range(1, (transcript.cds[1] - 4) // 3 + 1):
        start = transcript.cds[0] - 1 + 3 * (codon - 1)
        old = sequence[start : start + 3]
        new = old.translate(str.maketrans("ACGT", "CGTA"))
        records = names.substitution_records(transcript, small, codon, old, new)
        sites = sorted(transcript.codon_genome_positions(codon))
        assert len(records) == (1 if sites[2] == sites[0] + 2 else 2)
        got = {position + i: base for position, _, alt in records for i, base in enumerate(alt)}
        ordered = "".join(got[site] for site in sites)
        assert (ordered if strand == "+" else reverse_complement(ordered)) == new
        for position, reference, _ in records:
            assert small.fetch("chr1", position, position + len(reference) - 1) == reference


# ---------------------------------------------------------------- grammar


_SUBSTITUTIONS = [(1202, "GGA", "AGA"), (1202, "GGA", "CTA"), (1269, "GGA", "AGC"), (213, "CGA", "TGA")]
_INDELS = [
    ("EGFR", 2235, 2249, ""),
    ("EGFR", 2237, 2255, "T"),
    ("EGFR", 2311, 2310, "GGT"),
    ("ALK", 3454, 3453, "ACG"),
    ("ALK", 3604, 3606, ""),
    ("ALK", 3604, 3604, ""),
]


def test_names_parse_with_the_hgvs_package(bench: Bench) -> None:
    parser = pytest.importorskip("hgvs.parser", reason="hgvs (with Parsley, bioutils, attrs) is not installed").Parser()
    coding = [names.coding_substitution(*one) for one in _SUBSTITUTIONS] + [_named(bench, *one)[0] for one in _INDELS]
    protein = [names.protein_substitution(*one)[0] for one in _SUBSTITUTIONS]
    protein += [_named(bench, *one)[1] for one in _INDELS]
    for prefix, given_names in (("NM_004304.5", coding), ("NP_004295.2", protein)):
        for name in given_names:
            assert str(parser.parse_hgvs_variant(f"{prefix}:{name}")) == f"{prefix}:{name}"
