"""Measure the recruiter: speed against the floor, scaling, recall, masking. Tables go to standard output (TSV).

    python benchmarks/run.py reference --fasta genome.fa --out reference
    python benchmarks/run.py speed --reads bench_R1.fastq.gz bench_R2.fastq.gz --targets reference/targets.bin
    python benchmarks/run.py recall --targets reference/targets.bin --folder scratch
    python benchmarks/run.py sample --reads bench_R1.fastq.gz bench_R2.fastq.gz --fasta genome.fa --folder scratch
    python benchmarks/run.py star --reads bench_R1.fastq.gz bench_R2.fastq.gz --fasta genome.fa --folder scratch
    python benchmarks/run.py plot --table speed.tsv --out docs/performance.svg

The floor is the decompression of both files in parallel by ISA-L's `igzip -dc` (Debian package isal). Floor and
recruiter alternate; the table gives medians, and ratios of the medians.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
_RECRUIT = """
import sys
from pathlib import Path
from alktrace.recruit import recruit
fq1, fq2, targets, out, threads = sys.argv[1:]
recruit([(Path(fq1), Path(fq2) if fq2 else None)], Path(targets), Path(out), Path(out + ".json"), int(threads))
"""
# junctions of the demo molecules whose insert or partner is in no table, so that no junction k-mer can exist
_NOVEL = re.compile(r"ZZNOV|E17;ins30|E14;ins11|E14;ins2;")
_CLASSES = ((25, 10**6), (16, 25), (10, 16))


@dataclass
class Cost:
    """Seconds of wall and processor time, and MB at the highest moment: proportional set size (PSS: shared pages are
    divided among those that share them), summed over all processes that were started and their children, as sampled."""

    wall: float
    cpu: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    reference = commands.add_parser("reference", help="annotation and targets of a FASTA with a GTF beside it, timed")
    reference.add_argument("--fasta", type=Path, required=True)
    reference.add_argument("--out", type=Path, required=True)
    reference.add_argument("--panel", type=Path, default=ROOT / "resources" / "panel.tsv")
    speed = commands.add_parser("speed", help="floor and recruiter on the same files, alternating")
    speed.add_argument("--reads", type=Path, nargs="+", required=True)
    speed.add_argument("--threads", type=int, default=2)
    speed.add_argument("--runs", type=int, default=5)
    speed.add_argument("--folder", type=Path, default=Path("."))
    recall = commands.add_parser("recall", help="share of junction fragments kept, by anchor and error rate")
    recall.add_argument("--folder", type=Path, required=True)
    recall.add_argument("--pairs", type=int, default=100_000)
    kept = commands.add_parser("kept", help="share of each kind of fragment kept")
    kept.add_argument("--reads", type=Path, nargs="+", required=True)
    kept.add_argument("--folder", type=Path, default=Path("."))
    sample = commands.add_parser("sample", help="FASTQ to report.json with Snakemake's start, reference excluded")
    star = commands.add_parser("star", help="STAR alone on every read, index excluded")
    for command in (sample, star):
        command.add_argument("--reads", type=Path, nargs="+", required=True)
        command.add_argument("--fasta", type=Path, required=True)
        command.add_argument("--folder", type=Path, required=True)
        command.add_argument("--runs", type=int, default=3)
    for command in (speed, recall, kept):
        command.add_argument("--targets", type=Path, required=True)
    plot = commands.add_parser("plot", help="ratio against size, from the rows of `speed`")
    plot.add_argument("--table", type=Path, required=True)
    plot.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    actions = {"reference": _reference, "speed": _speed, "recall": _recall, "kept": _kept, "plot": _plot}
    actions |= {"sample": _sample, "star": _star}
    actions[arguments.command](arguments)


# ---------------------------------------------------------------- measuring


def measure(work: Callable[[], list[subprocess.Popen[bytes]]]) -> Cost:
    """Cost of processes started together, all waited for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(os.getpid(), peak, done))
    watcher.start()
    try:
        for process in work():
            if process.wait():
                raise SystemExit(f"{process.args}: exit code {process.returncode}")
    finally:
        done.set()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    watcher.join()
    return Cost(wall, cpu, peak[0])


def _watch(root: int, peak: list[float], done: threading.Event) -> None:
    """Keep in `peak` the largest sum of PSS, in MB, of the descendants of process `root`; five looks a second."""
    while not done.wait(0.2):
        parents: dict[int, list[int]] = defaultdict(list)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(stat.read_text().rpartition(")")[2].split()[1])].append(int(stat.parent.name))
        found, waiting = 0, list(parents[root])
        while waiting:
            process = waiting.pop()
            waiting += parents[process]
            with contextlib.suppress(OSError, StopIteration):
                rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
                found += int(next(row for row in rows if row.startswith("Pss:")).split()[1])
        peak[0] = max(peak[0], found / 1024)


def start_floor(reads: list[Path]) -> list[subprocess.Popen[bytes]]:
    return [subprocess.Popen(["igzip", "-dc", str(p)], stdout=subprocess.DEVNULL) for p in reads]


def start_recruiter(reads: list[Path], targets: Path, out: Path, threads: int = 2) -> list[subprocess.Popen[bytes]]:
    second = str(reads[1]) if len(reads) == 2 else ""
    command = [sys.executable, "-c", _RECRUIT, str(reads[0]), second, str(targets), str(out), str(threads)]
    return [subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SCRIPTS)})]


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(c, f) for c in costs) for f in ("wall", "cpu", "memory")))


def _speed(arguments: argparse.Namespace) -> None:
    reads, out = arguments.reads, arguments.folder / "recruited.fq.gz"
    measure(lambda: start_recruiter(reads, arguments.targets, out))  # compiles, fills the page cache
    floors, recruiters = [], []
    for _ in range(arguments.runs):
        floors.append(measure(lambda: start_floor(reads)))
        recruiters.append(measure(lambda: start_recruiter(reads, arguments.targets, out, arguments.threads)))
    floor, recruiter = median(floors), median(recruiters)
    pairs = _total(Path(f"{out}.json"))
    print("pairs\tmates\tthreads\twall ratio\tcpu ratio\tMB\tfloor s\tfloor cpu s\trecruiter s\trecruiter cpu s\truns")
    print(
        f"{pairs}\t{len(reads)}\t{arguments.threads}"
        f"\t{recruiter.wall / floor.wall:.2f}\t{recruiter.cpu / floor.cpu:.2f}"
        f"\t{recruiter.memory:.0f}\t{floor.wall:.2f}\t{floor.cpu:.2f}\t{recruiter.wall:.2f}\t{recruiter.cpu:.2f}"
        f"\t{arguments.runs}"
    )


def _total(stats: Path) -> int:
    found = re.search(r'"pairs_total": (\d+)', stats.read_text())
    return int(found[1]) if found else 0


def _sample(arguments: argparse.Namespace) -> None:
    """Snakemake on one sample; the reference was made by a run before, and all results of the sample are removed."""
    folder, reads = arguments.folder.resolve(), [p.resolve() for p in arguments.reads]
    folder.mkdir(parents=True, exist_ok=True)
    second = str(reads[1]) if len(reads) == 2 else ""
    (folder / "samples.tsv").write_text(
        f"sample\tpatient\ttimepoint\tassay\tfq1\tfq2\nbench\tp\tt\trna\t{reads[0]}\t{second}\n"
    )
    fasta = arguments.fasta.resolve()
    (folder / "config.yaml").write_text(
        f"samples: {folder}/samples.tsv\nreference:\n  fasta: {fasta}\n  gtf: {fasta.with_suffix('.gtf')}\n"
    )
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(folder / "config.yaml"), "--directory", str(folder), "--cores", "2", "--quiet"]

    def start() -> list[subprocess.Popen[bytes]]:
        for made in ("results", "work/bench"):
            shutil.rmtree(folder / made, ignore_errors=True)
        return [subprocess.Popen(command)]

    measure(start)
    _compare("sample", reads, start, arguments.runs)


def _star(arguments: argparse.Namespace) -> None:
    """STAR with chimeric alignments as Arriba wants them, unsorted BAM, two threads."""
    folder, index = arguments.folder.resolve(), arguments.folder.resolve() / "star_index"
    index.mkdir(parents=True, exist_ok=True)
    fasta = arguments.fasta.resolve()
    build = ["STAR", "--runMode", "genomeGenerate", "--genomeDir", str(index), "--genomeFastaFiles", str(fasta)]
    words = min(14, int(math.log2(fasta.stat().st_size) / 2 - 1))  # as its manual asks for small genomes
    build += ["--sjdbGTFfile", str(fasta.with_suffix(".gtf")), "--genomeSAindexNbases", str(words), "--runThreadN", "2"]
    measure(lambda: [subprocess.Popen(build, cwd=folder, stdout=subprocess.DEVNULL)])
    command = ["STAR", "--genomeDir", str(index), "--readFilesIn", *(str(p.resolve()) for p in arguments.reads)]
    command += ["--readFilesCommand", "zcat", "--runThreadN", "2", "--outSAMtype", "BAM", "Unsorted"]
    command += ["--outSAMunmapped", "Within", "--chimSegmentMin", "10", "--chimOutType", "WithinBAM", "SoftClip"]
    command += ["--chimJunctionOverhangMin", "10", "--chimScoreMin", "1", "--outFileNamePrefix", f"{folder}/star_"]
    _compare("STAR", arguments.reads, lambda: [subprocess.Popen(command, stdout=subprocess.DEVNULL)], arguments.runs)


def _compare(what: str, reads: list[Path], start: Callable[[], list[subprocess.Popen[bytes]]], runs: int) -> None:
    floors, costs = [], []
    for _ in range(runs):
        floors.append(measure(lambda: start_floor(reads)))
        costs.append(measure(start))
    floor, cost = median(floors), median(costs)
    print("what\twall ratio\tcpu ratio\tMB\tfloor s\tfloor cpu s\ts\tcpu s\truns")
    print(
        f"{what}\t{cost.wall / floor.wall:.1f}\t{cost.cpu / floor.cpu:.1f}\t{cost.memory:.0f}"
        f"\t{floor.wall:.2f}\t{floor.cpu:.2f}\t{cost.wall:.2f}\t{cost.cpu:.2f}\t{runs}"
    )


# ---------------------------------------------------------------- what is kept


def names(path: Path, mates: int) -> list[str]:
    """Read names of a FASTQ, one a pair."""
    with gzip.open(path, "rt") as handle:
        return [line[1:].split(" ")[0].rstrip("\n") for number, line in enumerate(handle) if number % (4 * mates) == 0]


def _recall(arguments: argparse.Namespace) -> None:
    print("layout\terror\tcatalogued\tanchor\tfragments\tkept\trecall")
    for length, single in ((75, False), (100, False), (150, False), (100, True)):
        for error in (0.0, 0.001, 0.005):
            for key, (kept, total) in sorted(_recall_of(arguments, length, single, error).items(), reverse=True):
                catalogued, low, high = key
                anchor = f"{low} or more" if high > 1000 else f"{low}-{high - 1}"
                layout = f"{1 if single else 2}x{length}"
                known = "yes" if catalogued else "no"
                print(f"{layout}\t{error:g}\t{known}\t{anchor}\t{total}\t{kept}\t{kept / total:.4f}", flush=True)


def _recall_of(
    arguments: argparse.Namespace, length: int, single: bool, error: float
) -> dict[tuple[bool, int, int], tuple[int, int]]:
    """(catalogued, least anchor, next anchor) -> fragments kept and made."""
    stem = arguments.folder / "junctions"
    options = ["--pairs", str(arguments.pairs), "--length", str(length), "--error", str(error), "--out", str(stem)]
    options += ["--single"] if single else []
    subprocess.run([sys.executable, str(ROOT / "benchmarks" / "generate.py"), "junctions", *options], check=True)
    reads = [Path(f"{stem}_R{m}.fastq.gz") for m in ((1,) if single else (1, 2))]
    out = arguments.folder / "junctions.fq.gz"
    measure(lambda: start_recruiter(reads, arguments.targets, out))
    kept = set(names(out, len(reads)))
    counts: dict[tuple[bool, int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for name in names(reads[0], 1):
        _, _, notation, one, two = name.split(":")
        anchor = int(one) if single else max(int(one), int(two))
        for low, high in _CLASSES:
            if low <= anchor < high:
                key = (not _NOVEL.search(notation), low, high)
                counts[key] = counts[key][0] + (name in kept), counts[key][1] + 1
    return counts


def _kept(arguments: argparse.Namespace) -> None:
    out = arguments.folder / "kept.fq.gz"
    measure(lambda: start_recruiter(arguments.reads, arguments.targets, out))
    made, kept = (_kinds(names(path, mates)) for path, mates in ((arguments.reads[0], 1), (out, len(arguments.reads))))
    print("kind\tfragments\tkept\tshare")
    for kind in sorted(made):
        print(f"{kind}\t{made[kind]}\t{kept[kind]}\t{kept[kind] / made[kind]:.2e}")


def _kinds(found: list[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for name in found:
        counts[name.split(":")[0]] += 1
    return counts


# ---------------------------------------------------------------- reference


def _reference(arguments: argparse.Namespace) -> None:
    """Targets of a FASTA in a process of their own, so that time and memory are theirs."""
    sys.path.insert(0, str(SCRIPTS))
    from alktrace.genome.fasta import Genome
    from alktrace.knowledge.panel import read_panel
    from alktrace.reference.gtf import read_gtf

    knowledge, panel = ROOT / "resources" / "knowledge", arguments.panel
    arguments.out.mkdir(parents=True, exist_ok=True)
    pins = {gene.gene: gene.transcript for gene in read_panel(panel) if gene.transcript}
    packed = arguments.out / "genome.2bit"
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    code = "import sys; from pathlib import Path; from alktrace.genome.twobit import write_twobit;"
    code += "write_twobit(*map(Path, sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(arguments.fasta), str(packed)]
    _print_cost("pack", arguments.fasta, measure(lambda: [subprocess.Popen(command, env=environment)]))
    annotation, _ = read_gtf(arguments.fasta.with_suffix(".gtf"), pins, Genome(packed).lengths)
    annotation.save(arguments.out / "annotation.tsv")
    files = [packed, arguments.out / "annotation.tsv", panel]
    files += [knowledge, arguments.out / "targets.bin", arguments.out / "targets.tsv"]
    code = "import sys; from pathlib import Path; from alktrace.reference.targets import build_targets;"
    code += "build_targets(*map(Path, sys.argv[1:]))"
    build = [sys.executable, "-c", code, *map(str, files)]
    _print_cost("targets", arguments.fasta, measure(lambda: [subprocess.Popen(build, env=environment)]))


def _print_cost(what: str, fasta: Path, cost: Cost) -> None:
    print("what\tbytes of FASTA\twall s\tcpu s\tMB")
    print(f"{what}\t{fasta.stat().st_size}\t{cost.wall:.1f}\t{cost.cpu:.1f}\t{cost.memory:.0f}")


# ---------------------------------------------------------------- plot


def _plot(arguments: argparse.Namespace) -> None:
    """Ratios to the floor against the number of pairs as an SVG, from a table of `speed` rows."""
    rows = [line.split("\t") for line in arguments.table.read_text().splitlines() if line[:1].isdigit()]
    points = sorted((int(r[0]), float(r[3]), float(r[4])) for r in rows if r[1:3] == ["2", "2"])
    height = max(max(p[1:]) for p in points)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 330" font-family="sans-serif" font-size="13">']
    parts.append('<text x="60" y="20">time of the recruiter / time of decompression alone (2 threads)</text>')
    places = [(60 + 540 * i / max(len(points) - 1, 1), p) for i, p in enumerate(points)]
    for value in range(int(height) + 2):
        y = 280 - 240 * value / (int(height) + 1)
        parts.append(f'<path d="M60 {y:.0f}H620" stroke="#ccc"/><text x="30" y="{y + 4:.0f}">{value}</text>')
    for x, point in places:
        parts.append(f'<text x="{x:.0f}" y="300" text-anchor="middle">{point[0] / 1e6:g} M</text>')
    for column, colour, label in ((1, "#1b5e8c", "wall"), (2, "#b3541e", "processor")):
        ends = [(x, 280 - 240 * point[column] / (int(height) + 1)) for x, point in places]
        line = "L".join(f"{x:.0f} {y:.0f}" for x, y in ends)
        dash = "" if column == 1 else ' stroke-dasharray="6 4"'
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{60 + 120 * column}" y="322" fill="{colour}">{label}</text>')
    arguments.out.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
