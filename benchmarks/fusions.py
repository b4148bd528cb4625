"""Junctions scored field by field on a synthetic genome with paralogues, pseudogenes, repeats and other transcripts.

    python benchmarks/fusions.py samples --set eml4 --seed 1 --out eml4.tsv      # --fragments 5,3,2 --reads 2x75,2x100
    python benchmarks/fusions.py samples --set novel --count 100 --seed 2 --out novel.tsv
    python benchmarks/fusions.py negatives --count 20 --seed 3 --out negatives.tsv
    python benchmarks/fusions.py limit --count 40 --seed 4 --out limit.tsv
    python benchmarks/fusions.py table eml4.tsv novel.tsv ...

Each sample goes through recruit, search, align and call in this process. A sample has background reads and, of each
fusion transcript, fragments drawn from all of it until so many of them hold the junction: `EDGE` bases on either side
of the whole insert in one read; in the fragment, where no read can hold the insert. `samples` writes a row for each
expected junction, and one for each junction that is not there. A junction is exact when genes, exons, positions,
inserted bases, published name, frame and completeness are those of the truth. Where the reads drawn cannot show all of
the insert, "incomplete" is the right answer and the row is left out of the share of exact ones.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from alktrace.align.stage import align_reads  # noqa: E402
from alktrace.fusions.stage import call_fusions  # noqa: E402
from alktrace.genome.sequence import reverse_complement  # noqa: E402
from alktrace.genome.transcripts import Transcript  # noqa: E402
from alktrace.knowledge.fusions import pieces, read_tables  # noqa: E402
from alktrace.model.records import Fusion, FusionResult, RecruitStats  # noqa: E402
from alktrace.model.vocabulary import Confidence, Kind  # noqa: E402
from alktrace.recruit.stage import recruit  # noqa: E402
from alktrace.reference.genome import prepare_annotation, prepare_genome  # noqa: E402
from alktrace.reference.target_listing import blind_codons  # noqa: E402
from alktrace.reference.targets import build_targets  # noqa: E402
from alktrace.runtime.provenance import file_records  # noqa: E402
from alktrace.runtime.serialise import read_json  # noqa: E402
from alktrace.settings import FusionSettings  # noqa: E402
from alktrace.simulate import tables, transcripts  # noqa: E402
from alktrace.simulate.genome import (  # noqa: E402
    PARALOGUE,
    PSEUDOGENE,
    SyntheticGenome,
    build_genome,
    write_fasta,
    write_gtf,
)
from alktrace.simulate.scenarios import DOWNSTREAM_NEIGHBOUR, UPSTREAM_NEIGHBOUR  # noqa: E402
from alktrace.simulate.tables import JunctionRow  # noqa: E402
from alktrace.simulate.transcripts import FusionTruth, Molecule, Piece  # noqa: E402

RESOURCES = ROOT / "resources"
EDGE = 10  # bases on either side by which a read holds a junction
WORD = 16  # bases of the target by which a fragment is recruited
PARTNERS = 40  # made-up genes that no table knows
BACKGROUND = 300  # fragments of wild-type transcripts
BASES = np.frombuffer(b"ACGT", np.uint8)
FIELDS = ("set", "form", "asked", "reads", "profile", "seed", "outcome", "confidence", "said", "covered", "support")


# ---------------------------------------------------------------- genome
@dataclass(frozen=True)
class World:
    """The genome, the files made from it, and gene models that the simulator's tables do not hold."""

    genome: SyntheticGenome
    folder: Path
    first_exons: dict[str, tuple[int, int]]  # alternative first exon of a gene, on the contig

    @property
    def partners(self) -> list[str]:
        return [gene for gene in self.genome.transcripts if gene.startswith("ZZP0")]


def make_world(folder: Path, seed: int) -> World:
    """Genome and reference files in `folder`; the same seed gives the same bases."""
    rng = np.random.default_rng([seed, 77])
    source = folder / "tables"
    shutil.copytree(tables.FOLDER, source)
    _add_partners(source, rng)
    genome = build_genome(source, seed=20180 + seed)
    firsts = {gene: _first_exon(genome, gene, rng) for gene in genome.transcripts if gene.startswith("ZZP0")}
    others = tuple(_other_transcript(genome.transcripts[gene], span) for gene, span in firsts.items())
    genome = replace(genome, second_transcripts=(*genome.second_transcripts, *others))
    copies = _add_copies(genome, rng)
    write_fasta(genome, folder / "genome.fa")
    write_gtf(replace(genome, transcripts={**genome.transcripts, **copies}), folder / "genes.gtf")
    digest = next(iter(file_records({"fasta": folder / "genome.fa"}).values())).sha256
    prepare_genome(folder / "genome.fa", digest, folder / "cache", folder / "genome.2bit")
    panel = RESOURCES / "panel.tsv"
    prepare_annotation(
        folder / "genome.2bit", folder / "genes.gtf", panel, folder / "annotation.tsv", folder / "junctions.bed"
    )
    build_targets(
        folder / "genome.2bit", folder / "annotation.tsv", panel, RESOURCES / "knowledge", folder / "targets.bin",
        folder / "targets.tsv",
    )  # fmt: skip
    return World(genome, folder, firsts)


def _add_partners(source: Path, rng: Generator) -> None:
    """Rows of made-up genes: 4 to 14 exons of 25 to 260 bases."""
    genes, exons = (source / name for name in ("genes.tsv", "exons.tsv"))
    columns = [path.open(encoding="utf-8").readline().rstrip("\n").split("\t") for path in (genes, exons)]
    with genes.open("a", encoding="utf-8") as gene_file, exons.open("a", encoding="utf-8") as exon_file:
        for number in range(PARTNERS):
            lengths = np.clip(rng.lognormal(4.75, 0.5, int(rng.integers(4, 15))), 25, 260).astype(int)
            lengths[-1] += 300
            start = int(rng.integers(20, lengths[0]))
            row = {
                "gene": f"ZZP0{number:02}",
                "contig": f"chr{21 + number % 2}",
                "strand": "+-"[int(rng.integers(2))],
                "gene_type": "protein_coding",
                "transcript": f"ENST099100000{number:02}.1",
                "coding_start": str(start),
                "coding_length": str((int(lengths.sum()) - start - 60) // 3 * 3),
                "expression": "1",
            }
            gene_file.write("\t".join(row.get(name, "") for name in columns[0]) + "\n")
            for exon, length in enumerate(lengths, 1):
                line = {"gene": row["gene"], "exon": str(exon), "length": str(length)}
                exon_file.write("\t".join(line.get(name, "") for name in columns[1]) + "\n")


def _first_exon(genome: SyntheticGenome, gene: str, rng: Generator) -> tuple[int, int]:
    """A stretch of intron 1 that another transcript of the gene begins with."""
    low, high = genome.transcripts[gene].intron_span(1)
    length = int(rng.integers(60, 140))
    start = int(rng.integers(low + 20, high - length - 20))
    return start, start + length - 1


def _other_transcript(stated: Transcript, first: tuple[int, int]) -> Transcript:
    name = stated.transcript_id.replace(".1", ".2")
    return replace(stated, transcript_id=name, exons=(first, *stated.exons[1:]), cds=None)


def _diverged(bases: str, identity: float, rng: Generator) -> str:
    codes = np.frombuffer(bases.encode(), np.uint8).copy()
    changed = rng.random(len(codes)) > identity
    codes[changed] = BASES[rng.integers(0, 4, int(changed.sum()))]
    return codes.tobytes().decode()


def _add_copies(genome: SyntheticGenome, rng: Generator) -> dict[str, Transcript]:
    """Processed pseudogenes (every other one annotated) and paralogues of EML4, ALK and some partners, as contigs of
    their own; returns the gene models."""
    models: dict[str, Transcript] = {}
    some = [gene for gene in genome.transcripts if gene.startswith("ZZP0")]
    for number, gene in enumerate(["EML4", "ALK", *some[::3]]):
        body = _diverged(genome.spliced[gene], rng.uniform(0.96, 0.995), rng)
        flank = ["".join(map(chr, rng.choice(BASES, 800))) for _ in range(2)]
        contig = f"pseudo{number}"
        genome.contigs[contig] = flank[0] + body + "A" * 20 + flank[1]
        if number % 2:
            models[f"ZZPS{number}"] = Transcript(
                f"ZZPS{number}", f"ENSG0992{number:04}.1", "processed_pseudogene", f"ENST0992{number:04}.1", contig,
                "+", ((801, 800 + len(body)),), None,
            )  # fmt: skip
    for number, gene in enumerate(some[1::4]):
        stated = genome.transcripts[gene]
        low, high = stated.start - 500, stated.end + 500
        contig = f"para{number}"
        genome.contigs[contig] = _diverged(genome.contigs[stated.contig][low - 1 : high], rng.uniform(0.86, 0.94), rng)
        exons = tuple((a - low + 1, b - low + 1) for a, b in stated.exons)
        models[f"ZZPL{number}"] = replace(
            stated, gene=f"ZZPL{number}", gene_id=f"ENSG0993{number:04}.1", transcript_id=f"ENST0993{number:04}.1",
            contig=contig, exons=exons, cds=None, gene_type="lncRNA",
        )  # fmt: skip
    return models


# ---------------------------------------------------------------- what is looked for
@dataclass(frozen=True)
class Wanted:
    """A fusion transcript, and for a junction of an exon that the stated transcript lacks its 5' position."""

    form: str
    molecule: Molecule
    five_position: int | None = None
    five_gene: str = ""

    @property
    def truth(self) -> FusionTruth:
        return self.molecule.fusions[0]


def eml4_forms(world: World, rng: Generator) -> list[Wanted]:
    """All published EML4::ALK forms of the table; inserts of unknown origin are random bases."""
    found = []
    for row in read_tables(RESOURCES / "knowledge").variants:
        if row.callable == "alias" or row.five_gene != "EML4":
            continue
        source = pieces(row) if ":" in row.insert_source else {}
        five, three = source.get("five_intron", 0), source.get("three_intron", 0)
        rest = row.inserted_bases - five - three
        inserted = "intron:188-220" if "five_cryptic_exon" in source else _random_bases(rest, rng)
        junction = JunctionRow(
            row.key, "EML4", row.five_exon, row.five_deleted, five, inserted, three, row.three_deleted, "ALK",
            row.three_exon, "E", (row.variant if row.callable != "no" else "") or None,
        )  # fmt: skip
        found.append(Wanted(row.key, transcripts.fusion(world.genome, [junction])))
    return found


TARGETS = (
    *[("ALK", 20)] * 8, ("ALK", 19), ("ALK", 18), ("RET", 12), ("RET", 11), ("ROS1", 34), ("ROS1", 35),
    ("NTRK1", 10), ("NTRK3", 14),
)  # fmt: skip


def novel_forms(world: World, count: int, rng: Generator) -> list[Wanted]:
    """Junctions of made-up partners: plain, with inserts, within exons, with intron, from another first exon."""
    return [_novel(world, int(n), rng) for n in range(count)]


def _novel(world: World, number: int, rng: Generator) -> Wanted:
    genome = world.genome
    gene = world.partners[int(rng.integers(len(world.partners)))]
    target, exon = TARGETS[int(rng.integers(len(TARGETS)))]
    kind = str(
        rng.choice(
            ["plain", "insert", "five_del", "three_del", "intron", "first_exon"], p=[0.4, 0.15, 0.1, 0.1, 0.1, 0.15]
        )
    )
    if kind == "first_exon":
        return _from_first_exon(world, gene, target, exon)
    last = int(rng.integers(1, len(genome.transcripts[gene].exons)))
    low, high = genome.transcripts[gene].exons[last - 1]
    row = JunctionRow(f"{kind} {gene}e{last}", gene, last, 0, 0, "", 0, 0, target, exon, None, None)
    if kind == "insert":
        row = replace(row, inserted=_random_bases(int(rng.integers(2, 50)), rng))
    elif kind == "five_del" and high - low > 60:
        row = replace(row, five_deleted=int(rng.integers(3, high - low - 40)))
    elif kind == "three_del":
        row = replace(row, three_deleted=int(rng.integers(3, 60)))
    elif kind == "intron":
        row = replace(row, three_retained=int(rng.integers(10, 130)))
    return Wanted(kind, transcripts.fusion(genome, [row]))


def _from_first_exon(world: World, gene: str, target: str, exon: int) -> Wanted:
    """The alternative first exon joined to the target's exon."""
    genome, (start, end) = world.genome, world.first_exons[gene]
    stated = genome.transcripts[gene]
    bases = genome.contigs[stated.contig][start - 1 : end]
    bases = bases if stated.forward else reverse_complement(bases)
    plain = transcripts.fusion(genome, [JunctionRow("", gene, 1, 0, 0, "", 0, 0, target, exon, None, None)])
    truth = plain.fusions[0]
    sequence = bases + plain.sequence[truth.right_start :]
    cut = replace(truth, left_end=len(bases), right_start=len(bases))
    tail = plain.pieces[-1]
    made = Molecule("first exon", sequence, (Piece(tail.gene, len(bases), tail.first, tail.length),), (cut,))
    return Wanted("first_exon", made, end if stated.forward else start, gene)


def _random_bases(count: int, rng: Generator) -> str:
    return rng.choice(BASES, count).astype(np.uint8).tobytes().decode()


# ---------------------------------------------------------------- reads
@dataclass(frozen=True)
class Layout:
    """Mates, read length and mean length of fragments (210): "2x75", "1x100", "2x100@130"."""

    name: str

    @property
    def mates(self) -> int:
        return int(self.name.split("x")[0])

    @property
    def length(self) -> int:
        return int(self.name.partition("@")[0].split("x")[1])

    @property
    def fragment(self) -> float:
        return float(self.name.partition("@")[2] or 210)


@dataclass(frozen=True)
class Drawn:
    """A fragment of a molecule: first base and length; read 1 in transcript sense or not."""

    start: int
    length: int
    forward: bool

    def spans(self, layout: Layout) -> list[tuple[int, int]]:
        """What the reads cover, 0-based, half-open."""
        reach = min(layout.length, self.length)
        both = [(self.start, self.start + reach), (self.start + self.length - reach, self.start + self.length)]
        return both if layout.mates == 2 else [both[0] if self.forward else both[1]]


def draw(size: int, layout: Layout, rng: Generator) -> Drawn:
    """A fragment from anywhere in a molecule of `size` bases; a quarter of the mean is the standard deviation."""
    length = min(size, max(40, round(float(rng.normal(layout.fragment, layout.fragment / 4)))))
    if layout.mates == 1:
        length = min(size, max(length, 60))
    start = int(rng.integers(0, size - length + 1))
    return Drawn(start, length, bool(rng.random() < 0.5))


def fragments_with(molecule: Molecule, count: int, layout: Layout, rng: Generator) -> list[Drawn]:
    """Fragments of a fusion transcript until `count` different ones hold its first junction."""
    truth = molecule.fusions[0]
    found: list[Drawn] = []
    holding: set[tuple[int, int]] = set()
    while len(holding) < count:
        one = draw(len(molecule.sequence), layout, rng)
        found.append(one)
        if _holds(one, truth, layout):
            holding.add((one.start, one.length))
    return found


def _holds(one: Drawn, truth: FusionTruth, layout: Layout) -> bool:
    low, high = truth.left_end - EDGE, truth.right_start + EDGE
    if high - low > layout.length - 25:  # hardly any read holds the whole insert
        return (
            one.start <= low and one.start + one.length >= high
            if layout.mates == 2
            else any(
                a <= low and b > truth.left_end + EDGE or a < truth.right_start - EDGE and b >= high
                for a, b in one.spans(layout)
            )
        )
    return any(a <= low and b >= high for a, b in one.spans(layout))


def is_covered(truth: FusionTruth, fragments: Iterable[Drawn], layout: Layout) -> bool:
    """Do the reads, each overlapping the next by 2 EDGE bases, show all from EDGE before to EDGE behind the insert?

    Fragments that hold less than a word of the 3' gene are not read at all: recruiting knows no partners.
    """
    reaching = [one for one in fragments if one.start + one.length >= truth.right_start + WORD]
    spans = sorted(span for one in reaching for span in one.spans(layout))
    reached, goal = truth.left_end - EDGE, truth.right_start + EDGE
    best = max((b for a, b in spans if a <= reached), default=0)
    while best < goal:
        further = max((b for a, b in spans if a <= best - 2 * EDGE), default=0)
        if further <= best:
            return False
        best = further
    return True


Profile = Callable[[str, int, Generator], tuple[str, str]]


def even(bases: str, mate: int, rng: Generator) -> tuple[str, str]:
    """One error in a thousand bases anywhere, three qualities."""
    codes = np.frombuffer(bases.encode(), np.uint8).copy()
    wrong = rng.random(len(codes)) < 0.001
    codes[wrong] = BASES[rng.integers(0, 4, int(wrong.sum()))]
    quality = np.where(rng.random(len(codes)) < 0.93, 37, 25)
    return codes.tobytes().decode(), "".join(chr(33 + q) for q in quality)


def decaying(bases: str, mate: int, rng: Generator) -> tuple[str, str]:
    """Errors that grow along the read, more in second mates and in some reads; rare indels and unknown bases."""
    codes = np.frombuffer(bases.encode(), np.uint8).copy()
    place = np.linspace(0, 1, len(codes))
    rate = (0.0004 + 0.006 * mate * place**2) * float(np.exp(rng.normal(0, 0.7)))
    wrong = rng.random(len(codes)) < rate
    codes[wrong] = BASES[rng.integers(0, 4, int(wrong.sum()))]
    codes[rng.random(len(codes)) < 0.0001] = ord("N")
    quality = np.clip(-10 * np.log10(rate) + rng.normal(0, 3, len(codes)), 2, 40).astype(np.uint8)
    if rng.random() < 0.0001 * len(codes):  # one base lost or gained
        at = int(rng.integers(1, len(codes)))
        codes = np.delete(codes, at) if rng.random() < 0.5 else np.insert(codes, at, BASES[rng.integers(4)])
    codes = codes[: len(quality)]
    return codes.tobytes().decode(), (quality[: len(codes)] + 33).tobytes().decode()


PROFILES: dict[str, Profile] = {"even": even, "decaying": decaying}
ADAPTERS = ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")


def write_sample(
    parts: Sequence[tuple[str, Sequence[Drawn]]], layout: Layout, profile: Profile, rng: Generator, folder: Path
) -> list[Path]:
    """FASTQ of fragments of sequences, shuffled."""
    lines: list[tuple[str, ...]] = []
    for sequence, fragments in parts:
        for one in fragments:
            bases = sequence[one.start : one.start + one.length]
            bases = bases if one.forward else reverse_complement(bases)
            mates = []
            for mate in range(layout.mates):
                read = (bases if mate == 0 else reverse_complement(bases)) + ADAPTERS[mate]
                mates.append(profile(read.ljust(layout.length, "G")[: layout.length], mate + 1, rng))
            lines.append(tuple(f"{read}\n+\n{quality}\n" for read, quality in mates))
    order = rng.permutation(len(lines))
    paths = [folder / f"reads_{mate + 1}.fq.gz" for mate in range(layout.mates)]
    for mate, path in enumerate(paths):
        text = "".join(f"@r{n}\n{lines[i][mate]}" for n, i in enumerate(order))
        path.write_bytes(gzip.compress(text.encode(), 1, mtime=0))
    return paths


def background(
    world: World, layout: Layout, rng: Generator, without: frozenset[str] = frozenset()
) -> list[tuple[str, list[Drawn]]]:
    """Wild-type transcripts at their expression."""
    level = {g: e for g, e in world.genome.expression.items() if e and g not in without}
    weights = np.array([e * len(world.genome.spliced[g]) for g, e in level.items()])
    counts = rng.multinomial(BACKGROUND, weights / weights.sum())
    return [_wild(world.genome.spliced[g], int(n), layout, rng) for g, n in zip(level, counts, strict=True)]


def _wild(sequence: str, count: int, layout: Layout, rng: Generator) -> tuple[str, list[Drawn]]:
    return sequence, [draw(len(sequence), layout, rng) for _ in range(count)]


def call(world: World, paths: Sequence[Path], folder: Path) -> FusionResult:
    """The pipeline's stages up to the fusion stage."""
    ref = world.folder
    mates = paths[1] if len(paths) == 2 else None
    stats = recruit([(paths[0], mates)], ref / "targets.bin", folder / "kept.fq.gz", folder / "stats.json", threads=1)
    panel, bam = RESOURCES / "panel.tsv", folder / "evidence.bam"
    reference = {
        "genome": ref / "genome.2bit", "annotation": ref / "annotation.tsv", "panel": panel,
        "junctions": ref / "junctions.bed",
    }  # fmt: skip
    align_reads(folder / "kept.fq.gz", reference, bam, way="search", paired=stats.paired, sample="s", threads=1)
    return call_fusions(
        bam, ref / "genome.2bit", ref / "annotation.tsv", panel, RESOURCES / "knowledge", stats, FusionSettings(),
        None, "wts", blind_codons(ref / "targets.tsv"),
    )  # fmt: skip


# ---------------------------------------------------------------- scores
def outcome(wanted: Wanted, said: Sequence[Fusion]) -> tuple[str, Fusion | None]:
    """exact, incomplete (said to be), wrong (another structure of these genes), missed; with the junction meant."""
    truth = wanted.truth
    mine = [f for f in said if f.name == truth.name and f.kind == Kind.KINASE_FUSION]
    exact = next((f for f in mine if _is_exact(wanted, f)), None)
    if exact:
        return "exact", exact
    whole = next((f for f in mine if f.structure_complete), None)
    if whole:
        return "wrong", whole
    return ("incomplete", mine[0]) if mine else ("missed", None)


def _is_exact(wanted: Wanted, f: Fusion) -> bool:
    truth = wanted.truth
    three = (f.three_prime.exon, f.three_prime.position) == (truth.three_prime.exon, truth.three_prime.position)
    if not (f.structure_complete and three and f.inserted_sequence == truth.inserted_sequence):
        return False
    if wanted.five_position is not None:
        return f.five_prime.position == wanted.five_position and f.five_prime.exon is None
    five = (f.five_prime.exon, f.five_prime.position) == (truth.five_prime.exon, truth.five_prime.position)
    return five and f.variant == truth.variant and f.frame == truth.frame


def run_sample(
    world: World, wanted: Sequence[Wanted], asked: int, layout: Layout, profile: str, seed: int, scratch: Path
) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng([seed, asked, layout.length, layout.mates, len(profile)])
    drawn = [fragments_with(w.molecule, asked, layout, rng) for w in wanted]
    parts = [*background(world, layout, rng), *((w.molecule.sequence, d) for w, d in zip(wanted, drawn, strict=True))]
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        paths = write_sample(parts, layout, PROFILES[profile], rng, Path(folder))
        result = call(world, paths, Path(folder))
    common = {"asked": asked, "reads": layout.name, "profile": profile, "seed": seed}
    meant = []
    for w, d in zip(wanted, drawn, strict=True):
        word, fusion = outcome(w, result.fusions)
        meant.append(fusion)
        yield {
            **common, "form": w.form, "outcome": word, "covered": is_covered(w.truth, d, layout), **_told(fusion),
        }  # fmt: skip
    for fusion in result.fusions:
        if not any(fusion is m for m in meant):
            yield {
                **common,
                "form": "+".join(w.form for w in wanted),
                "outcome": "extra",
                "covered": "",
                **_told(fusion),
            }


def _told(fusion: Fusion | None) -> dict[str, object]:
    if fusion is None:
        return {"confidence": "", "said": "", "support": ""}
    s = fusion.support
    said = f"{fusion.name} {fusion.notation} {fusion.variant or ''} {fusion.kind} {fusion.evidence_note}"
    return {"confidence": fusion.confidence, "said": said, "support": f"{s.split_fragments}+{s.spanning_fragments}"}


def write_rows(rows: Iterable[dict[str, object]], out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, FIELDS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            handle.flush()


# ---------------------------------------------------------------- samples without fusion
Parts = list[tuple[str, list[Drawn]]]


def _unknown_cycles(first: int, count: int, inner: Profile) -> Profile:
    """Cycles in which every read has N."""

    def profile(bases: str, mate: int, rng: Generator) -> tuple[str, str]:
        read, quality = inner(bases, mate, rng)
        return read[:first] + "N" * count + read[first + count :], quality[:first] + "#" * count + quality[
            first + count :
        ]

    return profile


def negative(world: World, kind: str, layout: Layout, rng: Generator) -> tuple[Parts, Profile]:
    """Fragments of a sample that holds no fusion, and how its reads err."""
    genome = world.genome
    profile = PROFILES[str(rng.choice(list(PROFILES)))]

    def of(sequence: str, count: int) -> tuple[str, list[Drawn]]:
        return _wild(sequence, count, layout, rng)

    parts = [*background(world, layout, rng), of(genome.spliced["ALK"], 300)]
    if kind == "paralogue":
        parts.append(of(genome.spliced[PARALOGUE], 400))
        parts += [of(genome.contigs[c], 60) for c in genome.contigs if c.startswith("para")]
    elif kind == "pseudogene":
        parts.append(of(genome.spliced[PSEUDOGENE], 200))
        parts += [of(genome.contigs[c], 100) for c in genome.contigs if c.startswith("pseudo")]
    elif kind == "repeat":
        parts += [of(genome.unspliced[gene], 400) for gene in ("ALK", "EML4", "KIF5B", "ROS1")]
    elif kind == "read_through":
        pairs = ((UPSTREAM_NEIGHBOUR, "ALK"), ("ALK", DOWNSTREAM_NEIGHBOUR))
        parts += [of(transcripts.read_through(genome, *pair).sequence, 200) for pair in pairs]
    elif kind == "unknown_cycles":
        profile = _unknown_cycles(int(rng.integers(5, layout.length - 20)), int(rng.integers(3, 16)), profile)
    elif kind == "skipping":
        first = int(rng.integers(15, 26))
        parts.append(of(transcripts.exon_skipping(genome, "ALK", range(first, first + 2)).sequence, 200))
    elif kind == "chimeras":
        sources = [genome.spliced[g] for g, level in genome.expression.items() if level] + [genome.spliced["ALK"]] * 20
        parts += [_chimera(sources, rng) for _ in range(60)]
    return parts, profile


NEGATIVES = ("wild_type", "paralogue", "pseudogene", "repeat", "read_through", "unknown_cycles", "skipping", "chimeras")


def _chimera(sources: Sequence[str], rng: Generator) -> tuple[str, list[Drawn]]:
    """One fragment joined at a random place from two transcripts, the second of them in either orientation."""
    halves = []
    for half in range(2):
        source, length = sources[int(rng.integers(len(sources)))], int(rng.integers(60, 150))
        start = int(rng.integers(0, max(1, len(source) - length)))
        piece = source[start : start + length]
        halves.append(reverse_complement(piece) if half and rng.random() < 0.5 else piece)
    sequence = "".join(halves)
    return sequence, [Drawn(0, len(sequence), bool(rng.random() < 0.5))]


def negatives(arguments: argparse.Namespace, world: World, scratch: Path) -> Iterator[dict[str, object]]:
    """A row for each sample and each junction called; `outcome` is "detected" where the verdict would be."""
    layouts = arguments.reads.split(",")
    for number in range(arguments.count * len(NEGATIVES)):
        kind, layout = NEGATIVES[number % len(NEGATIVES)], Layout(layouts[number // len(NEGATIVES) % len(layouts)])
        rng = np.random.default_rng([arguments.seed, 9, number])
        parts, profile = negative(world, kind, layout, rng)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            result = call(world, write_sample(parts, layout, profile, rng, Path(folder)), Path(folder))
        common = {"set": "negative", "form": kind, "reads": layout.name, "seed": number}
        yield {**common, "outcome": "sample", "said": "; ".join(f"{o.key} {o.fields}" for o in result.obstacles)}
        for fusion in result.fusions:
            sure = fusion.kind == Kind.KINASE_FUSION and fusion.confidence != Confidence.LOW
            yield {**common, "outcome": "detected" if sure else "mentioned", **_told(fusion)}


# ---------------------------------------------------------------- limit of detection
def at_the_limit(arguments: argparse.Namespace, world: World, scratch: Path) -> Iterator[dict[str, object]]:
    """Samples with as many fragments over a junction as the stated limit asks for, on average: a row each.

    `asked` is that number, which a sample without fusion states (its limit times its control fragments); `outcome`
    is "detected" where the verdict would be.
    """
    plain = [w for w in eml4_forms(world, np.random.default_rng(1)) if not w.truth.inserted_sequence]
    for layout in map(Layout, arguments.reads.split(",")):
        rng = np.random.default_rng([arguments.seed, 11, layout.mates, layout.length])
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            folder = Path(name)
            result = call(world, write_sample(background(world, layout, rng), layout, even, rng, folder), folder)
            controls = read_json(folder / "stats.json", RecruitStats).control_fragments
        needed = (result.junction_limit or 0) * controls
        for number in range(arguments.count if needed else 0):
            wanted = plain[number % len(plain)]
            truth, size = wanted.truth, len(wanted.molecule.sequence)
            drawn: list[Drawn] = []
            count = rng.poisson(needed)
            while len(drawn) < count:
                one = draw(size, layout, rng)
                if one.start < truth.left_end < one.start + one.length:
                    drawn.append(one)
            parts = [*background(world, layout, rng), (wanted.molecule.sequence, drawn)]
            with tempfile.TemporaryDirectory(dir=scratch) as name:
                result = call(world, write_sample(parts, layout, even, rng, Path(name)), Path(name))
            found = next((f for f in result.fusions if f.name == truth.name and f.confidence != Confidence.LOW), None)
            yield {
                "set": "limit", "form": wanted.form, "asked": f"{needed:.1f}", "reads": layout.name, "seed": number,
                "outcome": "detected" if found else "missed", **_told(found),
            }  # fmt: skip


# ---------------------------------------------------------------- commands
def samples(arguments: argparse.Namespace, world: World, scratch: Path) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng([arguments.seed, 5])
    number = 0
    made = eml4_forms(world, rng) if arguments.set == "eml4" else novel_forms(world, arguments.count, rng)
    layouts, counts = arguments.reads.split(","), [int(n) for n in arguments.fragments.split(",")]
    profiles = arguments.profiles.split(",")
    groups = [[w] for w in made]
    if arguments.set == "pairs":
        forms = eml4_forms(world, rng)
        groups = [[a, b] for a, b in zip(forms, forms[1:], strict=False)]
    for group in groups:
        for asked in counts:
            number += 1
            layout, profile = (str(rng.choice(words)) for words in (layouts, profiles))  # by turns would repeat
            seed = 1000 * arguments.seed + number
            for row in run_sample(world, group, asked, Layout(layout), profile, seed, scratch):
                yield {"set": arguments.set, **row}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("samples")
    one.add_argument("--set", choices=("eml4", "novel", "pairs"), required=True)
    one.add_argument("--count", type=int, default=50)
    one.add_argument("--fragments", default="5,3,2")
    one.add_argument("--reads", default="2x75,2x100,2x150")
    one.add_argument("--profiles", default="even,decaying")
    without = commands.add_parser("negatives")
    without.add_argument("--count", type=int, default=10, help="samples of each kind")
    without.add_argument("--reads", default="2x75,2x100,2x150,1x100,2x50")
    limit = commands.add_parser("limit")
    limit.add_argument("--count", type=int, default=20, help="samples of each kind of reads")
    limit.add_argument("--reads", default="2x75,2x100,2x150,1x100,2x50")
    for command in (one, without, limit):
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--out", type=Path, required=True)
    shown = commands.add_parser("table")
    shown.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "table":
        print_table(arguments.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "world").mkdir()
        world = make_world(Path(folder) / "world", arguments.seed)
        make = {"samples": samples, "negatives": negatives, "limit": at_the_limit}[arguments.command]
        write_rows(make(arguments, world, Path(folder)), arguments.out)


def print_table(files: Sequence[Path]) -> None:
    rows = [row for file in files for row in csv.DictReader(file.open(encoding="utf-8"), delimiter="\t")]
    print("set\tasked\treads\tn\tcovered\texact\tincomplete\twrong\tmissed")
    keys = sorted({(r["set"], r["asked"], r["reads"]) for r in rows} | {(r["set"], r["asked"], "all") for r in rows})
    for key in keys:
        mine = [
            r
            for r in rows
            if (r["set"], r["asked"]) == key[:2] and key[2] in (r["reads"], "all") and r["outcome"] != "extra"
        ]
        covered = [r for r in mine if r["covered"] == "True"]
        count = {o: sum(r["outcome"] == o for r in covered) for o in ("exact", "incomplete", "wrong", "missed")}
        share = f"{count['exact'] / max(len(covered), 1):.1%}"
        print(*key, len(mine), len(covered), share, count["incomplete"], count["wrong"], count["missed"], sep="\t")
    high = [r for r in rows if r["confidence"] == Confidence.HIGH]
    wrong = [r for r in high if r["outcome"] != "exact"]
    extra = sum(r["outcome"] == "extra" for r in rows)
    print(f"high confidence: {len(high)}, of these not exact: {len(wrong)}; extra: {extra}")
    for r in rows:
        if r["outcome"] != "exact" and (r["covered"] != "False" or r["outcome"] not in ("incomplete", "missed")):
            print(*(r[f] for f in FIELDS), sep="\t")


if __name__ == "__main__":
    main()
