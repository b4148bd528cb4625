"""Simulated DNA panels: the truth agrees with the bases, the reads agree with the shares."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from alktrace.genome.sequence import reverse_complement
from alktrace.simulate import panel, rearrangements
from alktrace.simulate.genome import SyntheticGenome, build_genome
from alktrace.simulate.panel import Change, Event, Gain, PanelSample, PanelSettings
from alktrace.simulate.rearrangements import Breakend, Segment


@pytest.fixture(scope="module")
def genome() -> SyntheticGenome:
    return build_genome()


def shown(genome: SyntheticGenome, junction: rearrangements.JunctionTruth, length: int = 30) -> str:
    """Bases around a junction, from its two breakends alone."""
    sides = []
    for end, before in ((junction.first, True), (junction.second, False)):
        contig = genome.contigs[end.contig]
        if end.keeps == "left":
            bases = contig[end.position - length : end.position]
            sides.append(bases if before else reverse_complement(bases))
        else:
            bases = contig[end.position - 1 : end.position - 1 + length]
            sides.append(reverse_complement(bases) if before else bases)
    return sides[0] + junction.inserted + sides[1]


def event(genome: SyntheticGenome, gene: str, intron: int) -> rearrangements.Rearrangement:
    places = (rearrangements.intron_position(genome, g, n, 0.4) for g, n in ((gene, intron), ("ALK", 19)))
    five, three = places
    return rearrangements.fuse(genome, gene, (gene, five), ("ALK", three), inserted=("GATTACA", "CC"))


@pytest.mark.parametrize(
    ("gene", "intron", "kind", "exon", "frame"),
    [
        ("EML4", 13, "inversion", 13, "in_frame"),
        ("KIF5B", 24, "translocation", 24, "in_frame"),
        ("ZZNOV1", 4, "duplication", 4, "out_of_frame"),
        ("ZZNOV2", 2, "translocation", 2, "in_frame"),
    ],
)
def test_every_junction_is_in_the_derivative_sequence(
    genome: SyntheticGenome, gene: str, intron: int, kind: str, exon: int, frame: str
) -> None:
    made = event(genome, gene, intron)
    sequences = [rearrangements.bases_of(genome, pieces) for pieces in made.derivatives]
    found = rearrangements.junctions(genome, made)
    assert made.event_type == kind
    for junction in found:
        assert any(shown(genome, junction) in sequence for sequence in sequences)
    forward = [j.prediction for j in found if j.prediction and j.prediction.three_gene == "ALK"]
    assert [(p.five_gene, p.five_exon, p.three_exon, p.frame) for p in forward if p] == [(gene, exon, 20, frame)]


def test_inversion_without_reciprocal_junction_keeps_the_wanted_one(genome: SyntheticGenome) -> None:
    for five, three in ((("EML4", 13), ("ALK", 19)), (("ALK", 19), ("EML4", 13))):
        places = [rearrangements.intron_position(genome, g, n, 0.3) for g, n in (five, three)]
        made = rearrangements.fuse(
            genome, "x", (five[0], places[0]), (three[0], places[1]), inserted=("AC", "GGG"), reciprocal=False
        )
        (junction,) = rearrangements.junctions(genome, made)
        assert junction.prediction is not None
        assert (junction.prediction.five_gene, junction.prediction.three_gene) == (five[0], three[0])
        assert junction.inserted in ("AC", "GT")


def test_repeat_breakpoints_meet_inside_two_copies(genome: SyntheticGenome) -> None:
    places = rearrangements.repeat_breakpoints(genome, ("EML4", 13), ("ALK", 19), np.random.default_rng(3))
    for place, gene, intron in ((places[0], "EML4", 13), (places[1], "ALK", 19)):
        copies = rearrangements.repeat_copies(genome, "chr2", *genome.transcripts[gene].intron_span(intron))
        assert any(copy.start < place < copy.end for copy in copies)


def test_microhomology_is_the_shift_that_changes_nothing(genome: SyntheticGenome) -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        five, three = rearrangements.repeat_breakpoints(genome, ("EML4", 13), ("ALK", 19), rng)
        made = rearrangements.fuse(genome, "x", ("EML4", five), ("ALK", three))
        sequence = rearrangements.bases_of(genome, made.derivatives[0])
        same = 0
        for shift in range(-40, 41):  # EML4 runs forward: moving on takes one base more of it and one less of ALK
            moved = rearrangements.fuse(genome, "x", ("EML4", five + shift), ("ALK", three - shift))
            same += rearrangements.bases_of(genome, moved.derivatives[0]) == sequence
        assert rearrangements.junctions(genome, made)[0].microhomology == same - 1


def test_breakpoint_in_an_exon_is_said(genome: SyntheticGenome) -> None:
    alk = genome.transcripts["ALK"]
    start, end = alk.exons[19]
    prediction = rearrangements.predict(
        genome,
        Breakend("chr2", rearrangements.intron_position(genome, "EML4", 13, 0.5), "left"),
        Breakend("chr2", (start + end) // 2, "left"),
    )
    assert prediction is not None
    assert (prediction.three_broken, prediction.three_exon, prediction.frame) == (20, 21, "undetermined")


@pytest.mark.parametrize("name", ["c.3604G>A", "c.3606_3607insACT", "c.3604_3606del", "c.3604_3606dup"])
def test_changes_give_the_coding_sequence_they_name(genome: SyntheticGenome, name: str) -> None:
    from alktrace.simulate.transcripts import wild_type, with_changes

    change = rearrangements.edit(genome, "ALK", name)
    whole = Segment("chr2", 1, len(genome.contigs["chr2"]))
    sequence = rearrangements.bases_of(genome, rearrangements.edited([whole], [change]))
    exon = with_changes(genome, wild_type(genome, "ALK"), "ALK", [name]).sequence
    exon_start = genome.transcripts["ALK"].exon_start(23)
    assert reverse_complement(exon[exon_start : exon_start + 100]) in sequence


def test_shares_of_reads_follow_the_sample(genome: SyntheticGenome, tmp_path: Path) -> None:
    made = event(genome, "EML4", 13)
    sample = PanelSample(
        "s",
        (Event(made, 0.1),),
        (Change("ALK", "c.3604G>A", 0.05, "EML4"), Change("KRAS", "c.35G>A", 0.2)),
        (Gain("EGFR", 4),),
    )
    baits = panel.standard_design(genome, {"KRAS": [2], "EGFR": [19, 20], "MET": [14]})
    settings = PanelSettings(depth=400, duplicates=0.4, umi_length=8, error_rate=0, bait_sd=0, chimeras=0.01)
    library = panel.draw(genome, sample, baits, settings, seed=2)
    fragments = library.fragments
    unique = np.unique(fragments.original)
    assert len(unique) / len(fragments) == pytest.approx(0.6, abs=0.02)
    assert library.chimeras / len(unique) == pytest.approx(0.01, abs=0.003)
    paths = [tmp_path / f"{n}.fq.gz" for n in (1, 2)]
    panel.write(genome, sample, baits, settings, 2, paths)
    assert [gzip.decompress(p.read_bytes()).count(b"\n+\n") for p in paths] == [len(fragments)] * 2

    def depth(text: str) -> int:
        kept = fragments.take(np.unique(fragments.original, return_index=True)[1])
        found = 0
        for m, s, n in zip(kept.molecule.tolist(), kept.start.tolist(), kept.length.tolist(), strict=True):
            bases = library.molecules[m].sequence[s : s + n]
            found += text in bases or reverse_complement(text) in bases
        return found

    junction = depth(shown(genome, rearrangements.junctions(genome, made)[0], 10))
    normal = genome.contigs["chr2"]
    three = rearrangements.intron_position(genome, "ALK", 19, 0.4)
    assert junction / (junction + depth(normal[three - 10 : three + 10])) == pytest.approx(0.1, abs=0.04)
    start, end = genome.transcripts["EGFR"].exons[18]
    met = genome.transcripts["MET"].exons[13]
    middle = (start + end) // 2, (met[0] + met[1]) // 2
    ratio = depth(genome.contigs["chr7"][middle[0] : middle[0] + 24]) / depth(
        genome.contigs["chr7"][middle[1] : middle[1] + 24]
    )
    assert ratio == pytest.approx(4, rel=0.25)


def test_shares_that_exceed_all_copies_are_refused(genome: SyntheticGenome) -> None:
    sample = PanelSample("s", (Event(event(genome, "EML4", 13), 0.7), Event(event(genome, "KIF5B", 24), 0.6)))
    with pytest.raises(ValueError, match="add up"):
        panel.haplotypes(genome, sample)


def test_a_changed_copy_of_the_same_seed_is_the_same(genome: SyntheticGenome) -> None:
    baits = panel.standard_design(genome, {})
    drawn = [panel.draw(genome, PanelSample("s"), baits, PanelSettings(depth=20), 9) for _ in range(2)]
    assert (drawn[0].fragments.start == drawn[1].fragments.start).all()
    assert [m.sequence for m in drawn[0].molecules] == [m.sequence for m in drawn[1].molecules]
