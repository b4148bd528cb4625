"""The screen of DNA: reads on the genome, so that no fragment spans an intron."""

from __future__ import annotations

import numpy as np
import pysam
import pytest

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Transcript
from alktrace.model.records import BypassEvent, ScreenResult
from alktrace.model.vocabulary import State
from alktrace.mutations.pileup import split_codons
from alktrace.mutations.stage import screen_sample
from alktrace.settings import ScreenSettings
from screen_cases import KNOWLEDGE, NO_FUSIONS, PANEL, Bench

SPLIT = (1120, 1172, 1248, 1279, 1313, 1358)
FLANK, LENGTH, ERROR = 150, 100, 1e-3


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.build(tmp_path_factory.mktemp("bench"))


def _changed(transcript: Transcript, codon: int, base: int, new: str) -> tuple[int, str]:
    """Genomic place (0-based) and base of a change of `base` (0-2) of a codon to `new` (transcript sense)."""
    site = transcript.codon_genome_positions(codon)[base] - 1
    return site, new if transcript.forward else reverse_complement(new)


def _screen(
    bench: Bench, exons: range, depth: int, change: tuple[int, str] | None = None, vaf: float = 0.0, gene: str = "ALK"
) -> ScreenResult:
    """Screen of single reads over a gene's `exons` and their introns' edges, at an even depth, with `change` in a share
    of them: a base at a genomic place (0-based), or as many deleted as the text has "-"."""
    transcript, rng = bench.annotation[gene], np.random.default_rng(depth)
    genome = Genome(bench.folder / "genome.fa")
    path = bench.folder / "dna.bam"
    names = list(genome.lengths)
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": n, "LN": genome.lengths[n]} for n in names]}
    starts = []
    for exon in exons:
        start, end = transcript.exons[exon - 1]
        low, high = start - 1 - FLANK, end + FLANK - LENGTH
        starts += rng.integers(low, high, depth * (high - low) // LENGTH).tolist()
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for number, start in enumerate(sorted(starts)):
            bases = list(genome.fetch(transcript.contig, start + 1, start + LENGTH + FLANK).upper())
            cigar = [(0, LENGTH)]
            if change and start + 10 <= change[0] < start + LENGTH - 10 and rng.random() < vaf:
                at, gone = change[0] - start, change[1].count("-")
                bases[at : at + max(gone, 1)] = [] if gone else change[1]
                cigar = [(0, at), (2, gone), (0, LENGTH - at)] if gone else cigar
            bases = bases[:LENGTH]
            for wrong in np.flatnonzero(rng.random(LENGTH) < ERROR):
                bases[wrong] = str(rng.choice([b for b in "ACGT" if b != bases[wrong]]))
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence = f"r{number}::umi:{number}", "".join(bases)
            read.reference_id, read.reference_start, read.mapping_quality = names.index(transcript.contig), start, 60
            read.cigartuples, read.flag = cigar, 16 * int(rng.integers(2))
            read.query_qualities = pysam.qualitystring_to_array("F" * LENGTH)
            handle.write(read)
    pysam.index(str(path))
    return screen_sample(
        path, bench.folder / "genome.fa", bench.folder / "annotation.tsv", PANEL, KNOWLEDGE, NO_FUSIONS,
        ScreenSettings(), "::umi:(.+)", "capture", None, assay="dna",
    )  # fmt: skip


def test_codons_split_by_introns_are_screened_by_their_parts(bench: Bench) -> None:
    result = _screen(bench, range(20, 30), 300)
    assert result.mutations == []
    rows = {s.codon: s for s in result.screened if s.gene == "ALK"}
    for codon in SPLIT:
        row = rows[codon]
        assert row.state is State.NOT_DETECTED
        assert "read in parts (bases before the intron: " in row.reason and "bases behind the intron: " in row.reason
        assert row.limit_of_detection_vaf is not None and row.limit_of_detection_vaf < 0.08
        assert row.depth > 150
    assert "in parts" not in rows[1202].reason


@pytest.mark.parametrize(("codon", "base"), [(1172, 0), (1172, 2), (1358, 0), (1358, 2)])
def test_a_change_in_either_part_is_called(bench: Bench, codon: int, base: int) -> None:
    transcript = bench.annotation["ALK"]
    exons = range(transcript_exon(transcript, codon), transcript_exon(transcript, codon) + 2)
    genome = Genome(bench.folder / "genome.fa")
    sequence = genome.spliced(transcript)
    begin = transcript.cds[0] - 1 + 3 * (codon - 1)  # type: ignore[index]
    old = sequence[begin : begin + 3]
    new = {"A": "C", "C": "A", "G": "T", "T": "G"}[old[base]]
    result = _screen(bench, exons, 400, _changed(transcript, codon, base, new), 0.1)
    assert [(m.codon, m.hgvs_c) for m in result.mutations] in (
        [(codon, f"c.{3 * (codon - 1) + base + 1}{old[base]}>{new}")], [],
    )  # fmt: skip
    silent = [v for v in result.vcf if v.filter == ["silent"]]
    assert len(result.mutations) + len(silent) == 1
    (row,) = (s for s in result.screened if (s.gene, s.codon) == ("ALK", codon))
    assert row.state is (State.DETECTED if result.mutations else State.NOT_DETECTED)


def test_a_part_without_reads_is_not_assessable(bench: Bench) -> None:
    transcript = bench.annotation["ALK"]
    exon = transcript_exon(transcript, 1172)
    result = _screen(bench, range(exon, exon + 1), 300)
    (row,) = (s for s in result.screened if (s.gene, s.codon) == ("ALK", 1172))
    assert (row.state, row.limit_of_detection_vaf) == (State.NOT_ASSESSABLE, None)
    assert "bases behind the intron: 0 fragments" in row.reason


def transcript_exon(transcript: Transcript, codon: int) -> int:
    """Exon with the first base of a codon, 1-based."""
    place = transcript.cds[0] + 3 * (codon - 1)  # type: ignore[index]
    return next(n for n, end in enumerate(transcript.exon_ends, 1) if place <= end)


def test_the_split_codons_are_those_of_the_gene(bench: Bench) -> None:
    assert tuple(split_codons(bench.annotation["ALK"], list(range(1116, 1393)))) == SPLIT


def _skipping(result: ScreenResult) -> BypassEvent:
    return next(b for b in result.bypass if b.kind == "exon_skipping")


def _exon_edge(transcript: Transcript, place: int) -> int:
    """Genomic place (0-based) `place` bases before exon 14 (negative) or behind it."""
    step = 1 if transcript.forward else -1
    edge = transcript.first_base(14) if place < 0 else transcript.last_base(14)
    return edge + step * place - 1


@pytest.mark.parametrize("place", [-1, 1, 2])
def test_a_changed_splice_site_predicts_exon_skipping(bench: Bench, place: int) -> None:
    transcript = bench.annotation["MET"]
    site = _exon_edge(transcript, place)
    old = Genome(bench.folder / "genome.fa").fetch(transcript.contig, site + 1, site + 1)
    new = {"A": "C", "C": "A", "G": "T", "T": "G"}[old]
    result = _screen(bench, range(14, 15), 400, (site, new), 0.1, "MET")
    track = _skipping(result)
    assert track.state is State.DETECTED and track.reason.startswith("predicted from DNA: c.")
    coding = transcript.to_coding(transcript.exon_start(14) if place < 0 else transcript.exon_end(14))
    assert f"c.{coding}{place:+d}" in track.reason
    (call,) = (v for v in result.vcf if v.gene == "MET" and not v.filter)
    assert (call.pos, call.ref, call.alt) == (site + 1, old, new)


def test_a_deletion_into_the_intron_predicts_exon_skipping(bench: Bench) -> None:
    transcript = bench.annotation["MET"]
    site = min(_exon_edge(transcript, -14), _exon_edge(transcript, -3))
    track = _skipping(_screen(bench, range(14, 15), 400, (site, "-" * 12), 0.2, "MET"))
    assert track.state is State.DETECTED and "del in" in track.reason


def test_unchanged_splice_sites_are_said_with_their_limit(bench: Bench) -> None:
    track = _skipping(_screen(bench, range(14, 15), 400, gene="MET"))
    assert track.state is State.NOT_DETECTED and track.depth is not None and track.depth > 200
    assert track.limit_of_detection is not None and track.limit_of_detection < 0.06
    assert _skipping(_screen(bench, range(23, 24), 100)).state is State.NOT_ASSESSABLE
