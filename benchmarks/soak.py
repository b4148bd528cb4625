"""Long runs: `python benchmarks/soak.py stream --pairs 200000000`, `... soak.py samples --count 500 --out DIR`.

`stream` makes read pairs as it goes and sends them through two pipes into the recruiter, so that nothing large is
stored; it ends with an error when a pair is lost or memory grows in the second half. `samples` runs the whole workflow
on many small samples, every second one with a fusion, and ends with an error when a report says otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import Process
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import numpy as np  # noqa: E402

from alktrace.genome.twobit import write_twobit  # noqa: E402
from alktrace.recruit.stage import recruit  # noqa: E402
from alktrace.reference.genome import prepare_annotation  # noqa: E402
from alktrace.reference.targets import build_targets  # noqa: E402
from alktrace.runtime.paths import KNOWLEDGE, RESOURCES  # noqa: E402
from alktrace.simulate import scenarios  # noqa: E402
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf  # noqa: E402
from alktrace.simulate.reads import ReadSettings  # noqa: E402

LENGTH, BLOCK, OF_ALK = 100, 4000, 4  # bases of a read; pairs of a block, those of them that are ALK's
BLOCKS = 40  # made once, then sent again and again under new names
CHANCE = 0.001  # of random pairs may hold a k-mer of the targets
GROWTH = 16.0  # MB that memory may grow by in the second half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(required=True)
    stream = ways.add_parser("stream")
    stream.add_argument("--pairs", type=int, default=200_000_000)
    stream.set_defaults(run=lambda a: run_stream(a.pairs))
    samples = ways.add_parser("samples")
    samples.add_argument("--count", type=int, default=500)
    samples.add_argument("--out", type=Path, required=True)
    samples.add_argument("--cores", type=int, default=os.cpu_count())
    samples.set_defaults(run=lambda a: run_samples(a.count, a.out, a.cores))
    arguments = parser.parse_args()
    arguments.run(arguments)


def run_stream(total: int) -> None:
    genome = build_genome()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        targets = prepare(folder, genome)
        pipes = folder / "R1.fq", folder / "R2.fq"
        for pipe in pipes:
            os.mkfifo(pipe)
        writers = [Process(target=send, args=(pipe, genome.spliced["ALK"], total)) for pipe in pipes]
        for writer in writers:
            writer.start()
        peaks: list[float] = []
        threading.Thread(target=watch, args=(peaks,), daemon=True).start()
        start = time.monotonic()
        stats = recruit([pipes], targets, folder / "out.fq.gz", folder / "stats.json")
        seconds = time.monotonic() - start
        for writer in writers:
            writer.join()
    expected = sum(min(OF_ALK, total - first) for first in range(0, total, BLOCK))
    growth = peaks[-1] - peaks[len(peaks) // 2] if peaks else 0.0
    print(f"{stats.pairs_total:,} pairs, {stats.pairs_recruited:,} recruited, {seconds:.0f} s")
    print(f"memory: {peaks[-1]:.0f} MB at the end, {growth:.1f} MB more than half way")
    by_chance = total * CHANCE
    if stats.pairs_total != total or not 0 <= stats.pairs_recruited - expected <= by_chance or growth > GROWTH:
        sys.exit(f"expected {total:,} pairs, {expected:,} to {expected + by_chance:,.0f} recruited, and no growth")


def prepare(folder: Path, genome: SyntheticGenome) -> Path:
    """The table of targets of a genome."""
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "genes.gtf")
    packed, annotation, panel = folder / "genome.2bit", folder / "annotation.tsv", RESOURCES / "panel.tsv"
    write_twobit(folder / "genome.fa", packed)
    prepare_annotation(packed, folder / "genes.gtf", panel, annotation, folder / "introns.bed")
    variants, partners = KNOWLEDGE / "eml4_alk_variants.tsv", KNOWLEDGE / "alk_partners.tsv"
    build_targets(packed, annotation, panel, variants, partners, folder / "targets.bin", folder / "targets.tsv")
    return folder / "targets.bin"


def send(pipe: Path, alk: str, total: int) -> None:
    """Write one mate of `total` pairs into a pipe: random reads, and `OF_ALK` of ALK at the start of each block."""
    rng = np.random.default_rng(1)
    blocks = []
    for _ in range(BLOCKS):
        starts = rng.integers(0, len(alk) - LENGTH, OF_ALK)
        reads = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (BLOCK - OF_ALK, LENGTH))]
        blocks.append([alk[s : s + LENGTH] for s in starts] + [read.tobytes().decode() for read in reads])
    quality = "F" * LENGTH
    with pipe.open("w") as out:
        for first in range(0, total, BLOCK):
            reads_now = blocks[first // BLOCK % BLOCKS][: total - first]
            out.write("".join(f"@r{first + n}\n{read}\n+\n{quality}\n" for n, read in enumerate(reads_now)))


def watch(peaks: list[float]) -> None:
    """Peak of this process's memory (MB), twice a second."""
    while True:
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        time.sleep(0.5)


def run_samples(count: int, out: Path, cores: int) -> None:
    genome = build_genome()
    out.mkdir(parents=True, exist_ok=True)
    write_fasta(genome, out / "genome.fa")
    write_gtf(genome, out / "genes.gtf")
    fusion = scenarios.Entry(scenarios.fusion_molecules(genome)["V1"], 200)
    rows = ["sample\tassay\tfq1\tfq2"]
    for number in range(count):
        entries = scenarios.background(genome, 1000)
        library = scenarios.Scenario("s", (*entries, fusion) if number % 2 else entries)
        reads = [out / f"s{number}_R{mate}.fq.gz" for mate in (1, 2)]
        scenarios.write(library, ReadSettings(), number, reads)
        rows.append(f"s{number}\trna\t{reads[0]}\t{reads[1]}")
    (out / "samples.tsv").write_text("\n".join(rows) + "\n")
    (out / "my.yaml").write_text("samples: samples.tsv\nreference: {fasta: genome.fa, gtf: genes.gtf}\n")
    command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--configfile", str(out / "my.yaml")]
    subprocess.run([*command, "--cores", str(cores), "--directory", str(out), "--quiet"], check=True)
    wrong = [number for number in range(count) if is_positive(out, number) != bool(number % 2)]
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{count} samples, {len(wrong)} wrong, {largest:.0f} MB in the largest process")
    if wrong:
        sys.exit(f"wrong reports: {', '.join(f's{number}' for number in wrong)}")


def is_positive(out: Path, number: int) -> bool:
    report = json.loads((out / "results" / f"s{number}" / "report.json").read_text())
    return [f["variant"] for f in report["fusions"] if f["confidence"] != "low"] == ["V1"]


if __name__ == "__main__":
    main()
