"""The search: every place that a read fits is found, and what it leads to is aligned as with an index of the genome."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import numpy as np
import pysam
import pytest

from alktrace.align import minimap2
from alktrace.align.kernels import layout
from alktrace.align.search import Place, locate, search
from alktrace.align.stage import align_reads
from alktrace.align.star import build_star_index
from alktrace.align.words import ReadWords, TargetWords, load_search_kernels, read_fragments
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.genome.twobit import TwoBit, write_twobit

COLUMNS = "gene role transcript refseq rna_exons rna_introns dna_exons dna_introns note"
PANEL = COLUMNS.replace(" ", "\t") + "\nALK\ttarget\t\t\tall\t\tall\t\t\n"


def random_bases(rng: random.Random, size: int) -> str:
    return "".join(rng.choices("ACGT", k=size))


def mutated(rng: random.Random, bases: str, share: float) -> str:
    return "".join(rng.choice("ACGT".replace(b, "")) if rng.random() < share else b for b in bases)


class World:
    """A target gene, a partner on the last small contig, a copy of the target, a processed copy, and repeats."""

    def __init__(self, folder: Path):
        rng = random.Random(5)
        self.folder, self.rng = folder, rng
        chr1, chr2 = random_bases(rng, 60_000), random_bases(rng, 60_000)
        self.repeat = random_bases(rng, 300)
        for start in range(20_000, 56_000, 450):  # 80 copies, 12% diverged from their source
            chr2 = chr2[:start] + mutated(rng, self.repeat, 0.12) + chr2[start + 300 :]
        self.exons = [(5001, 5200), (9001, 9150), (12001, 12300)]
        spliced = "".join(chr1[a - 1 : b] for a, b in self.exons)
        chr2 = chr2[:4000] + mutated(rng, spliced, 0.03) + chr2[4000 + len(spliced) :]
        self.partner_exons = [(301, 420), (1501, 1650)]
        self.contigs = {"chr1": chr1, "chr2": "N" * 1000 + chr2 + "N" * 500, "un_1": random_bases(rng, 2500)}
        (folder / "genome.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in self.contigs.items()))
        self.packed = folder / "genome.2bit"
        write_twobit(folder / "genome.fa", self.packed)
        (folder / "panel.tsv").write_text(PANEL)
        genes = [
            Transcript("ALK", "G1", "protein_coding", "T1", "chr1", "+", tuple(self.exons), (21, 500)),
            Transcript("PART", "G2", "protein_coding", "T2", "un_1", "+", tuple(self.partner_exons), None),
        ]
        Annotation(genes).save(folder / "annotation.tsv")
        introns = [("chr1", 5200, 9000), ("chr1", 9150, 12_000), ("un_1", 420, 1500)]
        (folder / "junctions.bed").write_text(
            "".join(
                f"{c}\t{a - 1}\t{b + 1}\tintron\t0\t+\t{a - 1}\t{b + 1}\t0\t2\t1,1,\t0,{b - a + 1},\n"
                for c, a, b in introns
            )
        )

    def spliced(self, contig: str, exons: list[tuple[int, int]]) -> str:
        return "".join(self.contigs[contig][a - 1 : b] for a, b in exons)

    def gtf(self) -> str:
        """The exons of both genes."""
        exons = [("chr1", "T1", e) for e in self.exons] + [("un_1", "T2", e) for e in self.partner_exons]
        return "".join(
            f'{contig}\tx\texon\t{start}\t{end}\t.\t+\t.\tgene_id "{name}"; transcript_id "{name}";\n'
            for contig, name, (start, end) in exons
        )

    def align(self, pairs: list[tuple[str, str]], way: str) -> dict[tuple[str, bool], list[tuple[object, ...]]]:
        """Alignments by read: flag, contig, start, CIGAR, mate's place, other places."""
        lines = (f"@r{n}\n{s}\n+\n{'I' * len(s)}\n" for n, pair in enumerate(pairs) for s in pair)
        (self.folder / "r.fq.gz").write_bytes(gzip.compress("".join(lines).encode()))
        names = {"genome": "genome.2bit", "annotation": "annotation.tsv", "panel": "panel.tsv", "index": "genome.mmi"}
        if way == "star":
            (self.folder / "genes.gtf").write_text(self.gtf())
            build_star_index(self.packed, self.folder / "genes.gtf", self.folder / "star", 1)
            names["index"] = "star"
        reference = {key: self.folder / name for key, name in (*names.items(), ("junctions", "junctions.bed"))}
        if way == "whole":
            minimap2.build_index(self.folder / "genome.fa", reference["index"], 1)
        bam = self.folder / f"{way}.bam"
        align_reads(self.folder / "r.fq.gz", reference, bam, way=way, paired=True, sample="s", threads=2)
        found: dict[tuple[str, bool], list[tuple[object, ...]]] = {}
        with pysam.AlignmentFile(str(bam)) as handle:
            assert dict(zip(handle.references, handle.lengths, strict=True)) == TwoBit(self.packed).lengths
            for r in handle.fetch(until_eof=True):
                other = str(r.get_tag("SA")).rsplit(",", 2)[0] if r.has_tag("SA") else ""
                mate = r.next_reference_name, r.next_reference_start
                row = r.flag, r.reference_name, r.reference_start, r.cigarstring, *mate, other
                found.setdefault((str(r.query_name), r.is_read2), []).append(row)
        return {key: sorted(rows, key=str) for key, rows in found.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def best(places: list[Place]) -> tuple[str, int, int, bool]:
    return places[0].contig, places[0].start, places[0].end, places[0].reverse


@pytest.mark.parametrize("size", [24, 40, 100, 250])
def test_exact_sequences_are_found_anywhere(world: World, size: int) -> None:
    """At the ends of contigs, beside N, on both strands."""
    genome, rng, sequences, expected = TwoBit(world.packed), random.Random(size), [], []
    for _ in range(120):
        name = rng.choice(["chr1", "un_1"])
        last = len(world.contigs[name]) - size
        start = rng.choice([0, last, rng.randrange(last)])
        reverse = rng.random() < 0.5
        bases = world.contigs[name][start : start + size]
        sequences.append(reverse_complement(bases) if reverse else bases)
        expected.append((name, start, start + size, reverse))
    found = locate(genome, sequences, 2)
    assert [best(places) for places in found] == expected
    assert {places[0].score for places in found} == {size}
    assert {(places[0].first, places[0].last) for places in found} == {(0, size)}


def test_mismatches_and_gaps(world: World) -> None:
    bases = world.contigs["chr1"][30_000:30_150]
    wrong = bases[:70] + ("A" if bases[70] != "A" else "C") + bases[71:]
    deleted, inserted = bases[:80] + bases[86:], bases[:80] + "ACGTT" + bases[80:]
    places = locate(TwoBit(world.packed), [wrong, deleted, inserted], 1)
    assert [best(p)[:3] for p in places] == [("chr1", 30_000, 30_150)] * 3
    assert places[0][0].score == 150 - 1 - layout.MISMATCH


def test_places_about_as_good_are_all_kept(world: World) -> None:
    """A spliced read fits its gene in parts and the processed copy in one piece."""
    read = world.spliced("chr1", world.exons)[150:270]
    (places,) = locate(TwoBit(world.packed), [read], 1)
    assert {p.contig for p in places} == {"chr1", "chr2"}
    gene = next(p for p in places if p.contig == "chr1")
    assert (gene.start, gene.end) == (5150, 9070)


def test_words_that_are_everywhere_are_set_aside(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rng = random.Random(9)
    unit = random_bases(rng, 60)
    (tmp_path / "g.fa").write_text(f">c\n{unit * 2000}\n>d\n{random_bases(rng, 5000)}\n")
    write_twobit(tmp_path / "g.fa", tmp_path / "g.2bit")
    genome, kernels = TwoBit(tmp_path / "g.2bit"), load_search_kernels()
    words = ReadWords(kernels, TargetWords(kernels, genome, ()))
    reads = [unit + unit[:20], genome.fetch("d", 1000, 1080)]
    text = "".join(f"@r\n{r}\n+\n{r}\n" for r in reads).encode()
    words.add(np.frombuffer(text, dtype=np.uint8), 1)
    found = search(kernels, genome, words, 2)
    assert found.repeated_words > 0
    assert [int(r) for r in found.reads] == [1]


def test_fragments_like_those_searched_are_counted_only(world: World, tmp_path: Path) -> None:
    """Many equal fragments: the first are stored; one with a stretch of its own is, too, however late it comes."""
    kernels, genome = load_search_kernels(), TwoBit(world.packed)
    words = ReadWords(kernels, TargetWords(kernels, genome, [("chr1", 5000, 12_300)]))
    read, rng = world.contigs["chr1"][9000:9100], random.Random(2)
    same = [mutated(rng, read[:50], 0.01) + read[50:] for _ in range(3000)]
    novel = read[:50] + world.contigs["un_1"][350:400]
    text = "".join(f"@r\n{r}\n+\n{r}\n" for r in [*same, novel])
    (tmp_path / "r.fq").write_text(text)
    read_fragments(words, tmp_path / "r.fq", 1)
    assert int(words.state[layout.FRAGMENTS]) == 3001
    assert words.count < 600
    assert int(words.fragments[words.count - 1]) == 3000
    assert words.linked[: words.count].all()


def test_result_does_not_depend_on_threads(world: World) -> None:
    rng = random.Random(4)
    starts = rng.choices(range(55_000), k=300)
    sequences = [mutated(rng, world.contigs["chr2"][1000 + s : 1100 + s], 0.01) for s in starts]
    genome = TwoBit(world.packed)
    assert locate(genome, sequences, 1) == locate(genome, sequences, 2)


def test_alignments_equal_those_to_the_whole_genome(world: World) -> None:
    """Reads of the target, its processed copy, a junction with a partner on the last contig, and one with a repeat."""
    rng = random.Random(8)
    target, copy = world.spliced("chr1", world.exons), world.contigs["chr2"][5000:5650]
    partner = world.spliced("un_1", world.partner_exons)
    fusion = partner[:200] + target[250:]
    inside = world.contigs["chr2"][1000 + 20_000 + 450 * 7 : 1000 + 20_000 + 450 * 7 + 200]
    into_repeat = inside + target[250:]
    pairs = []
    for source, count in ((target, 80), (copy, 40), (fusion, 60), (into_repeat, 60)):
        for _ in range(count):
            start = rng.randrange(len(source) - 220)
            fragment = mutated(rng, source[start : start + rng.randrange(150, 220)], 0.003)
            pairs.append((fragment[:90], reverse_complement(fragment[-90:])))
    found, expected = world.align(pairs, "search"), world.align(pairs, "whole")
    assert found.keys() == expected.keys()

    def places(rows: list[tuple[object, ...]], primary: bool) -> set[tuple[object, ...]]:
        return {row[1:4] for row in rows if not (primary and int(str(row[0])) & 256)}

    # Of places that fit equally well either may come first; both are there then.
    different = [
        key
        for key in found
        if places(found[key], True) != places(expected[key], True)
        and not places(expected[key], True) <= places(found[key], False)
    ]
    assert different == []
    assert any(row[1] == "un_1" for rows in found.values() for row in rows)


def test_no_reads_give_an_empty_bam(world: World) -> None:
    assert world.align([], "search") == {}


@pytest.mark.skipif(shutil.which("STAR") is None, reason="needs STAR (Debian: rna-star)")
def test_star_places_reads_where_the_search_does(world: World) -> None:
    """Spliced, split across a junction, and none at all."""
    target, partner = world.spliced("chr1", world.exons), world.spliced("un_1", world.partner_exons)
    fusion = partner[:200] + target[250:]
    pairs = []
    for start in range(100, 190, 10):
        fragment = fusion[start : start + 200]
        pairs.append((fragment[:100], reverse_complement(fragment[-100:])))
    spliced = target[130:310]
    pairs.append((spliced[:100], reverse_complement(spliced[-100:])))
    found, expected = world.align(pairs, "star"), world.align(pairs, "search")
    assert found.keys() == expected.keys()

    def contigs(rows: dict[tuple[str, bool], list[tuple[object, ...]]], name: str) -> set[object]:
        """Where both mates lie, but for the processed copy: STAR shows the best alignments only, and splits more."""
        return {row[1] for mate in (False, True) for row in rows[name, mate]} - {"chr2"}

    for number in range(len(pairs)):
        assert contigs(found, f"r{number}") >= contigs(expected, f"r{number}")
    for rows in (found, expected):
        assert any(row[1:3] == ("chr1", 5130) and "M3800N" in str(row[3]) for row in rows["r9", False])
    assert contigs(found, "r4") == {"chr1", "un_1"}
    assert world.align([], "star") == {}
