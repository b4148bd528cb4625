"""Data for the benchmarks: a library of any size, fragments across fusion junctions with known anchors, a large genome.

    python benchmarks/generate.py reads --pairs 5e6 --out bench            # bench_R1.fastq.gz, bench_R2.fastq.gz
    python benchmarks/generate.py junctions --pairs 20000 --error 0.001 --out junctions
    python benchmarks/generate.py genome --bases 3.1e9 --out genome.fa          # with the repeats of a human genome
    python benchmarks/generate.py genome --background --out small.fa    # what `reads` of this seed come from

Names tell where a fragment is from: `bg` random transcripts of no panel gene, `gene` the genes of the synthetic
genome at their usual expression, `fx` fusion transcripts; `jn` fragments carry variant, anchor and error rate.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf
from alktrace.simulate.scenarios import fusion_molecules
from alktrace.simulate.transcripts import Molecule

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]

_LETTERS = np.frombuffer(b"ACTG", dtype=np.uint8)  # in the order of (byte >> 1) & 3
_COMPLEMENT = np.zeros(256, dtype=np.uint8)
_COMPLEMENT[_LETTERS] = np.frombuffer(b"TGAC", dtype=np.uint8)
_QUALITIES = np.frombuffer(b"F:,#", dtype=np.uint8)  # four bins, as current instruments write them
_QUALITY_SHARES = (0.90, 0.06, 0.035, 0.005)
_BLOCK = 50_000  # pairs made at a time
_TRANSCRIPTS = 20_000  # of the background; their lengths are 600 to 5000 bases, their levels log-normal
_GENE_SHARE, _FUSION_SHARE = 0.01, 1e-5
_INSERT = (200, 40)  # mean and standard deviation of the fragment length
_CONTIG = 130_000_000  # bases of a contig of the large genome
# Repeats of the large genome as in human (International Human Genome Sequencing Consortium, Nature 2001;409:860):
# name, length of the source, lengths of copies (their 3' ends), share of the genome, least and greatest divergence
_FAMILIES = (
    ("Alu", 300, (300,), 0.10, 0.03, 0.18),
    ("L1", 6000, (400, 900, 2000, 6000), 0.17, 0.03, 0.20),
    ("old", 2500, (150, 250, 400), 0.14, 0.20, 0.30),
)
_SUBFAMILIES = 6  # sources of a family, 6% diverged from one another
_SATELLITE = 171  # bases of a monomer; twelve diverged ones make a unit that is repeated with 1 to 2% divergence
_SEGMENTAL = 0.05  # share of the genome in copies of 20 to 200 kb, 1 to 5% diverged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    reads = commands.add_parser("reads")
    junctions = commands.add_parser("junctions")
    for command in (reads, junctions):
        command.add_argument("--pairs", type=float, required=True)
        command.add_argument("--length", type=int, default=100)
        command.add_argument("--single", action="store_true")
        command.add_argument("--error", type=float, default=0.002, help="substitutions per base")
        command.add_argument("--no-fusions", action="store_true", help="neither fusions nor genes of the panel")
    genome = commands.add_parser("genome")
    genome.add_argument("--bases", type=float, default=0, help="least size")
    genome.add_argument("--background", action="store_true", help="with the background transcripts as one contig")
    for command in (reads, junctions, genome):
        command.add_argument("--out", type=Path, required=True)
        command.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    if arguments.command == "genome":
        write_genome(arguments.out, int(arguments.bases), arguments.background, rng)
        return
    make = library if arguments.command == "reads" else junction_fragments
    blocks = make(int(arguments.pairs), arguments.length, rng, not arguments.no_fusions)
    mates = [f"{arguments.out}_R{m}.fastq.gz" for m in ((1,) if arguments.single else (1, 2))]
    write_fastq(blocks, mates, arguments.length, arguments.error, rng)


# ---------------------------------------------------------------- fragments

# names, sequence all fragments are cut from, first base and length of each, whether read 1 is in sense direction
Block = tuple[list[str], Bytes, Integers, Integers, NDArray[np.bool_]]


def background(rng: np.random.Generator) -> tuple[Integers, NDArray[np.float64], Bytes]:
    """Length, weight and (joined) sequence of the random transcripts; the first that a seed gives."""
    sizes = rng.integers(600, 5000, _TRANSCRIPTS)
    weights = rng.lognormal(0, 2, _TRANSCRIPTS) * sizes
    return sizes, weights, _LETTERS[rng.integers(0, 4, int(sizes.sum()))]


def library(pairs: int, length: int, rng: np.random.Generator, with_genes: bool) -> Iterator[Block]:
    """Fragments of a whole-transcriptome library."""
    genome = build_genome()
    sizes, weights, transcripts = background(rng)
    parts, kinds = [transcripts], ["bg"] * _TRANSCRIPTS
    if with_genes:
        genes = {g: level * len(genome.spliced[g]) for g, level in genome.expression.items() if level}
        fusions = _fusions(genome)
        parts += [_bytes(genome.spliced[g]) for g in genes] + [_bytes(m.sequence) for m in fusions]
        kinds += ["gene"] * len(genes) + ["fx"] * len(fusions)
        sizes = np.concatenate([sizes, [len(p) for p in parts[1:]]])
        shares = (
            weights / weights.sum() * (1 - _GENE_SHARE - _FUSION_SHARE),
            np.array(list(genes.values())) / sum(genes.values()) * _GENE_SHARE,
            np.full(len(fusions), _FUSION_SHARE / len(fusions)),
        )
        weights = np.concatenate(shares)
    sequence, offsets = np.concatenate(parts), np.concatenate([[0], np.cumsum(sizes)])
    for first in range(0, pairs, _BLOCK):
        count = min(_BLOCK, pairs - first)
        which = rng.choice(len(sizes), count, p=weights / weights.sum())
        lengths = np.minimum(_insert_sizes(count, length, rng), sizes[which])
        starts = offsets[which] + (rng.random(count) * (sizes[which] - lengths + 1)).astype(np.int64)
        names = [f"{kinds[t]}:HXYZ7DSX2:1:{1101 + i // 20000}:{i * 7919 % 31000 + 1000}:{i}" for i, t in
                 enumerate(which.tolist(), first)]  # fmt: skip
        yield names, sequence, starts, lengths, rng.random(count) < 0.5


def junction_fragments(pairs: int, length: int, rng: np.random.Generator, _: bool) -> Iterator[Block]:
    """Fragments across the junctions of the catalogue's demo molecules; the name holds the longest ALK part of a read.

    "Anchor" is the number of ALK bases behind the junction in one read, the larger of the two mates'.
    """
    molecules = [m for m in _fusions(build_genome()) if m.fusions[0].three_prime.gene == "ALK"]
    for first in range(0, pairs, _BLOCK):
        count = min(_BLOCK, pairs - first)
        which = rng.integers(0, len(molecules), count)
        lengths = _insert_sizes(count, length, rng)
        offsets = np.cumsum([0, *(len(m.sequence) for m in molecules)])
        points = np.array([m.fusions[0].right_start for m in molecules])[which]
        before = 10 + (rng.random(count) * (lengths - 20)).astype(np.int64)  # bases of the fragment before the junction
        starts = offsets[which] + points - before
        forward = rng.random(count) < 0.5
        inside = lengths - before
        one = np.where(forward, np.clip(length - before, 0, None), np.minimum(inside, length))
        two = np.where(forward, np.minimum(inside, length), np.clip(length - before, 0, None))
        names = [
            f"jn:{first + i}:{molecules[m].fusions[0].notation.replace(' ', '_')}:{a}:{b}"
            for i, (m, a, b) in enumerate(zip(which.tolist(), one.tolist(), two.tolist(), strict=True))
        ]
        yield names, np.concatenate([_bytes(m.sequence) for m in molecules]), starts, lengths, forward


def _fusions(genome: SyntheticGenome) -> list[Molecule]:
    return [m for m in fusion_molecules(genome).values() if len(m.fusions) == 1]


def _bytes(sequence: str) -> Bytes:
    return np.frombuffer(sequence.encode(), dtype=np.uint8)


def _insert_sizes(count: int, length: int, rng: np.random.Generator) -> Integers:
    return np.clip(rng.normal(max(_INSERT[0], length), _INSERT[1], count).astype(np.int64), length, 500)


# ---------------------------------------------------------------- files


def write_fastq(blocks: Iterator[Block], paths: list[str], length: int, error: float, rng: np.random.Generator) -> None:
    """Write the mates through `gzip -6`, one process a file."""
    packers = [_gzip(Path(path)) for path in paths]
    with ThreadPoolExecutor(len(paths)) as pool:
        for names, sequence, starts, lengths, forward in blocks:
            columns = np.arange(length)
            sense = sequence[starts[:, None] + columns]
            antisense = _COMPLEMENT[sequence[(starts + lengths - 1)[:, None] - columns]]
            mates = [np.where(forward[:, None], sense, antisense), np.where(forward[:, None], antisense, sense)]
            texts = [_text(names, mate + 1, mates[mate], error, rng) for mate in range(len(paths))]
            for written in [pool.submit(p.stdin.write, t) for p, t in zip(packers, texts, strict=True) if p.stdin]:
                written.result()
    for packer in packers:
        if packer.stdin:
            packer.stdin.close()
        if packer.wait():
            raise SystemExit("gzip failed")


def _gzip(path: Path) -> subprocess.Popen[bytes]:
    with path.open("wb") as output:
        return subprocess.Popen(["gzip", "-6", "-n"], stdin=subprocess.PIPE, stdout=output)


def _text(names: list[str], mate: int, reads: Bytes, error: float, rng: np.random.Generator) -> bytes:
    wrong = np.flatnonzero(rng.random(reads.size) < error)
    flat = reads.reshape(-1).copy()
    flat[wrong] = _LETTERS[((flat[wrong] >> 1 & 3) + rng.integers(1, 4, len(wrong))) % 4]
    bins = np.searchsorted(np.cumsum(_QUALITY_SHARES)[:-1], rng.random(reads.size, dtype=np.float32))
    bases, qualities, length = flat.tobytes().decode(), _QUALITIES[bins].tobytes().decode(), reads.shape[1]
    spans = ((name, slice(i * length, (i + 1) * length)) for i, name in enumerate(names))
    return "".join(f"@{name} {mate}:N:0:ACGT\n{bases[at]}\n+\n{qualities[at]}\n" for name, at in spans).encode()


def write_genome(path: Path, bases: int, with_background: bool, rng: np.random.Generator) -> None:
    """The synthetic genome of the tests and its annotation (`path`.gtf), then contigs of 130 Mb with repeats."""
    genome = build_genome()
    write_fasta(genome, path)
    write_gtf(genome, path.with_suffix(".gtf"))
    left = bases - sum(map(len, genome.contigs.values()))
    with path.open("ab") as handle:
        if with_background:
            transcripts = background(rng)[2]
            handle.write(b">background\n" + _lines(transcripts))
            left -= len(transcripts)
        sources = _repeat_sources(rng)
        for number in range(1, -(-max(left, 0) // _CONTIG) + 1):
            handle.write(f">human{number}\n".encode())
            size = min(_CONTIG, left)
            handle.write(_lines(_human_like(size, sources, rng)))
            left -= size


def _repeat_sources(rng: np.random.Generator) -> dict[str, list[Bytes]]:
    """Subfamilies of each family, both strands, and the unit of the satellite."""
    sources: dict[str, list[Bytes]] = {}
    for name, length, *_ in _FAMILIES:
        first = _LETTERS[rng.integers(0, 4, length)]
        members = [_diverged(first[None], np.array([0.06]), rng)[0] for _ in range(_SUBFAMILIES)]
        sources[name] = members
    monomer = _LETTERS[rng.integers(0, 4, _SATELLITE)]
    sources["satellite"] = [_diverged(np.tile(monomer, (12, 1)), np.full(12, 0.25), rng).reshape(-1)]
    return sources


def _diverged(copies: Bytes, shares: NDArray[np.float64], rng: np.random.Generator) -> Bytes:
    """Each row with its share of bases replaced by others."""
    changed = rng.random(copies.shape, dtype=np.float32) < shares[:, None]
    other = (copies[changed] >> 1 & 3) + rng.integers(1, 4, int(changed.sum()), dtype=np.uint8)
    result = copies.copy()
    result[changed] = _LETTERS[other % 4]
    return result


def _human_like(size: int, sources: dict[str, list[Bytes]], rng: np.random.Generator) -> Bytes:
    """A contig: random bases, repeats of all families, microsatellites, satellites, segmental copies, runs of N."""
    bases = _LETTERS[rng.integers(0, 4, size, dtype=np.uint8)]
    for name, _, lengths, share, low, high in reversed(_FAMILIES):
        for length in lengths:
            _scatter(bases, sources[name], length, int(size * share / len(lengths) / length), (low, high), rng)
    for start in rng.integers(0, max(size - 200, 1), size // 10_000).tolist():
        unit = _LETTERS[rng.integers(0, 4, int(rng.integers(1, 5)))]
        bases[start : start + 60] = np.resize(unit, 60)[: len(bases) - start]
    copied = 0
    while copied < size * _SEGMENTAL:
        length = int(rng.integers(20_000, 200_000))
        if 3 * length > size:
            break
        source, target = (int(x) for x in rng.integers(0, size - length, 2))
        segment = bases[source : source + length]
        bases[target : target + length] = _diverged(segment[None], rng.uniform(0.01, 0.05, 1), rng)[0]
        copied += length
    unit = sources["satellite"][0]
    rows = size // 50 // len(unit)
    if rows:
        array = _diverged(np.tile(unit, (rows, 1)), rng.uniform(0.01, 0.02, rows), rng).reshape(-1)
        start = int(size * 0.4)
        bases[start : start + len(array)] = array
        bases[start + len(array) : start + len(array) + size // 100] = ord("N")
    bases[: size // 10_000] = ord("N")
    bases[-(size // 10_000) or size :] = ord("N")
    return bases


def _scatter(
    bases: Bytes,
    sources: list[Bytes],
    length: int,
    count: int,
    divergence: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Write `count` copies of the last `length` bases of the sources, diverged, half of them turned round."""
    if length >= len(bases):
        return
    for first in range(0, count, 2000):
        number = min(2000, count - first)
        which = rng.integers(0, len(sources), number)
        copies = np.stack([source[-length:] for source in sources])[which]
        copies = _diverged(copies, rng.uniform(*divergence, number), rng)
        turned = rng.random(number) < 0.5
        copies[turned] = _COMPLEMENT[copies[turned, ::-1]]
        starts = rng.integers(0, len(bases) - length, number)
        bases[starts[:, None] + np.arange(length)] = copies


def _lines(bases: Bytes, width: int = 60) -> bytes:
    whole = len(bases) // width * width
    lines = np.full((whole // width, width + 1), ord("\n"), dtype=np.uint8)
    lines[:, :width] = bases[:whole].reshape(-1, width)
    rest = bases[whole:].tobytes()
    return lines.tobytes() + (rest + b"\n" if rest else b"")


if __name__ == "__main__":
    main()
