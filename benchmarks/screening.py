"""Sensitivity at the stated limit of detection, and false calls, of the mutation screen.

    python benchmarks/screening.py counts --replicates 400 --negatives 1000 --out screening.tsv
    python benchmarks/screening.py fastq --negatives 50 --folder DIR
    python benchmarks/screening.py deep --fragments 1000000 --folder DIR

`counts` draws codon contents of ALK's kinase domain (three bases, each misread with the error rate, at a fixed depth)
and hands them to the screen's own error model, caller and limits. `fastq` goes from reads without mutation through
minimap2 to `screen_sample`. `deep` times `screen_sample` on a deep panel and states its peak memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from alktrace.align.minimap2 import build_index  # noqa: E402
from alktrace.align.stage import align_reads  # noqa: E402
from alktrace.genome.transcripts import Transcript  # noqa: E402
from alktrace.knowledge.hotspots import ScreenSet, read_screen_set  # noqa: E402
from alktrace.model.records import FusionResult, Imbalance, ScreenResult, State  # noqa: E402
from alktrace.mutations import calls, noise, substitutions  # noqa: E402
from alktrace.mutations.calls import GeneScreen  # noqa: E402
from alktrace.mutations.noise import clopper_pearson  # noqa: E402
from alktrace.mutations.pileup import WHOLE, GenePileup, codon_code  # noqa: E402
from alktrace.mutations.stage import screen_sample  # noqa: E402
from alktrace.reference.genome import prepare_annotation  # noqa: E402
from alktrace.settings import ScreenSettings  # noqa: E402
from alktrace.simulate import reads, scenarios, transcripts  # noqa: E402
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf  # noqa: E402

DEPTHS = (100, 250, 1000, 5000)  # of RNA; for a panel of DNA: --depths 500 5000 20000 --errors 0.0001 0.001 0.005
ERRORS = (0.001, 0.005)
VAFS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
FAMILY_RATE = ScreenSettings().family_false_call_rate
DOMAIN = range(1116, 1393)
NO_FUSIONS = FusionResult([], [], Imbalance(None, None, None, None, State.NOT_ASSESSABLE), [], None, [])


@dataclass(frozen=True)
class Sites:
    """How the error rate differs between sites, which the model is not told: sigma of a log-normal, and the share of
    hot sites with ten times the rate. `measured`: sensitivity is measured too, not false calls alone."""

    name: str
    sigma: float
    hot: float
    measured: bool

    def factors(self, rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
        log_normal = np.exp(rng.normal(-(self.sigma**2) / 2, self.sigma, size))
        return np.asarray(log_normal * np.where(rng.random(size) < self.hot, 10.0, 1.0))


SITES = (
    Sites("even", 0.0, 0.0, True), Sites("sigma 0.5", 0.5, 0.0, True), Sites("sigma 1", 1.0, 0.0, False),
    Sites("1% hot", 0.0, 0.01, False),
)  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """ALK's kinase domain: transcript, spliced sequence, reference codon codes, screened set."""

    transcript: Transcript
    sequence: str
    codons: np.ndarray
    tables: ScreenSet
    wanted: dict[int, tuple[int, ...]]


def read_domain(genome: SyntheticGenome) -> Domain:
    transcript, sequence = genome.transcripts["ALK"], genome.spliced["ALK"]
    assert transcript.cds is not None
    start = transcript.cds[0] - 1
    total = (transcript.cds[1] - transcript.cds[0] + 1) // 3
    codons = [codon_code(sequence[i : i + 3]) for i in range(start, start + 3 * total, 3)]
    tables = read_screen_set(ROOT / "resources" / "knowledge")
    codes = np.array(codons, np.uint8)
    blank = GenePileup(
        transcript,
        sequence,
        codes,
        np.zeros((total, 64, 2), np.int32),
        np.zeros((4, 4), np.int64),
        np.full(total, WHOLE, np.uint8),
    )
    return Domain(transcript, sequence, codes, tables, calls.prepare("ALK", blank, list(DOMAIN), tables).wanted)


def content_probabilities(codon: int, per_base: np.ndarray) -> np.ndarray:
    """Probability of each of 64 contents when a codon is read; `per_base` (3, 4): rate of reading each base at each
    place (the entry of the true base is ignored)."""
    places = []
    for place, shift in enumerate((4, 2, 0)):
        rates = per_base[place].copy()
        true = (codon >> shift) & 3
        rates[true] = 0.0
        rates[true] = 1.0 - rates.sum()
        places.append(rates)
    return np.asarray(np.einsum("i,j,k->ijk", *places)).ravel()


def draw(
    domain: Domain,
    depth: int,
    error: float,
    sites: Sites,
    rng: np.random.Generator,
    spike: tuple[int, int, float] | None,
) -> GeneScreen:
    """Codon contents of one sample. `spike`: (codon, content, VAF) of a mutation."""
    counts = np.zeros((len(domain.codons), 64, 2), np.int32)
    for codon in DOMAIN:
        rates = error / 3 * sites.factors(rng, (3, 4))
        probability = content_probabilities(int(domain.codons[codon - 1]), rates)
        if spike is not None and spike[0] == codon:
            probability = (1 - spike[2]) * probability + spike[2] * content_probabilities(spike[1], rates)
        counts[codon - 1, :, 0] = rng.multinomial(depth, probability)
    pileup = GenePileup(
        domain.transcript,
        domain.sequence,
        domain.codons,
        counts,
        np.zeros((4, 4), np.int64),
        np.full(len(counts), WHOLE, np.uint8),
    )
    return GeneScreen("ALK", pileup, domain.wanted)


@dataclass(frozen=True)
class Screened:
    """Unfiltered calls as (codon, content), and limits of detection by codon."""

    called: set[tuple[int, int]]
    limits: dict[int, float]


def screen(one: GeneScreen, tables: ScreenSet) -> Screened:
    alpha = FAMILY_RATE / calls.hypotheses([one], tables)
    model = noise.fit(calls.noise_cells(one), alpha)
    found = calls.call_codons(one, model, alpha, tables)
    limits = calls.substitution_limits(one, model, alpha, tables, 1.0)
    called = {(c.codon, c.content) for c in found if not c.filters}
    return Screened(called, {codon: limit.vaf for codon, limit in limits.items()})


def random_change(domain: Domain, rng: np.random.Generator) -> tuple[int, int]:
    """A codon of the domain and a reported single substitution of it."""
    while True:
        codon = int(rng.choice(DOMAIN))
        if wanted := domain.wanted[codon]:
            return codon, int(substitutions.NEIGHBOUR[int(domain.codons[codon - 1]), int(rng.choice(wanted))])


def bound(depth: int, error: float, alpha: float) -> float:
    """Limit (VAF) of a binomial with the true rate of one change, 95% power and the sample's `alpha`."""
    least = next(c for c in range(noise.MIN_ALT_FRAGMENTS, depth + 2) if binom.sf(c - 1, depth, error / 3) <= alpha)
    return float(betaincinv(least, depth - least + 1, 0.95)) if least <= depth else 1.0


def _row(kind: str, depth: int, error: float, sites: Sites, vaf: str, good: int, total: int, limit: float) -> str:
    low, high = clopper_pearson(good, total) if total else (0.0, 1.0)
    cells = [kind, depth, error, sites.name, vaf, f"{limit:.4f}", total, good]
    return "\t".join(map(str, cells)) + (f"\t{good / total:.4f}\t{low:.4f}\t{high:.4f}" if total else "\tNA\tNA\tNA")


def count_rows(
    domain: Domain,
    depths: list[int],
    errors: list[float],
    vafs: list[float],
    replicates: int,
    negatives: int,
    seed: int,
) -> Iterator[str]:
    """Rows of the table: false calls by sample; the limit of a binomial in even samples; sensitivity at the stated
    limit; sensitivity at fixed VAFs among the replicates whose stated limit is not above it."""
    yield "what\tdepth\terror\tsites\tvaf\tmedian_limit\treplicates\tpositive\tshare\tlow95\thigh95"
    alpha = FAMILY_RATE / calls.hypotheses(
        [draw(domain, 100, 0.0, SITES[0], np.random.default_rng(0), None)], domain.tables
    )
    for depth, error, sites in ((d, e, s) for d in depths for e in errors for s in SITES):
        rng = np.random.default_rng([seed, depth, round(1e6 * error), SITES.index(sites)])
        false, stated, lowest = 0, [], 1.0
        for _ in range(negatives):
            result = screen(draw(domain, depth, error, sites, rng, None), domain.tables)
            false += bool(result.called)
            stated.append(float(np.median(list(result.limits.values()))))
            lowest = min(lowest, *result.limits.values())
        middle = float(np.median(stated))
        yield _row("false_call", depth, error, sites, "0", false, negatives, middle)
        if sites.sigma == sites.hot == 0:
            yield _row("bound", depth, error, sites, "limit", 0, 0, bound(depth, error, alpha))
        claimed: list[str | float] = [v for v in vafs if lowest <= v <= 5 * middle]  # none is claimed below all limits
        for vaf in ["limit", *claimed] if sites.measured else []:
            yield _sensitivity_row(domain, depth, error, sites, vaf, replicates, middle, rng)


def _sensitivity_row(
    domain: Domain, depth: int, error: float, sites: Sites, vaf: str | float, replicates: int, middle: float,
    rng: np.random.Generator,
) -> str:  # fmt: skip
    """Sensitivity over replicates. At "limit" the VAF is the codon's limit of a sample without the mutation; at a fixed
    VAF a replicate counts when its own stated limit promises the detection."""
    found = claimed = 0
    for _ in range(replicates):
        blank = draw(domain, depth, error, sites, rng, None)
        codon, content = random_change(domain, rng)
        limit = screen(blank, domain.tables).limits[codon] if vaf == "limit" else 0.0
        share = limit if vaf == "limit" else float(vaf)
        result = screen(draw(domain, depth, error, sites, rng, (codon, content, share)), domain.tables)
        if vaf == "limit" or result.limits[codon] <= share:
            claimed += 1
            found += (codon, content) in result.called
    return _row("sensitivity", depth, error, sites, str(vaf), found, claimed, middle)


# ---------------------------------------------------------------- from reads


def prepare(folder: Path) -> SyntheticGenome:
    """Reference of the synthetic genome, annotation table and index in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    genome = build_genome()
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "genes.gtf")
    prepare_annotation(
        folder / "genome.fa", folder / "genes.gtf", ROOT / "resources/panel.tsv", folder / "annotation.tsv",
        folder / "junctions.bed",
    )  # fmt: skip
    build_index(folder / "genome.fa", folder / "genome.mmi", 2)
    return genome


def align_library(
    folder: Path, library: list[tuple[transcripts.Molecule, int]], settings: reads.ReadSettings, seed: int
) -> Path:
    """Simulate and align a library; returns the BAM."""
    rng = np.random.default_rng(seed)
    fragments = reads.library_fragments(library, settings, rng)
    fastq, bam = folder / "reads.fq", folder / "reads.bam"
    with fastq.open("wb") as handle:
        for block in reads.read_blocks([molecule for molecule, _ in library], fragments, settings, rng):
            mates = [np.array(text.split(b"\n")[:-1], dtype=object).reshape(-1, 4) for text in block]
            handle.write(b"\n".join(np.stack(mates, 1).reshape(-1).tolist()) + b"\n")
    reference = {"index": folder / "genome.mmi", "junctions": folder / "junctions.bed"}
    align_reads(fastq, reference, bam, way="whole", paired=True, sample="sample", threads=2)
    fastq.unlink()
    return bam


def screen_bam(folder: Path, bam: Path, umi: str | None = None) -> ScreenResult:
    return screen_sample(
        bam, folder / "genome.fa", folder / "annotation.tsv", ROOT / "resources/panel.tsv",
        ROOT / "resources/knowledge", NO_FUSIONS, ScreenSettings(), umi, "wts", None,
    )  # fmt: skip


def fastq_negatives(folder: Path, negatives: int, seed: int) -> Iterator[str]:
    """False calls of libraries without mutation: a fusion at several depths, background, 0.1 to 0.5% errors."""
    genome = prepare(folder)
    fusion = scenarios.fusion_molecules(genome)["V3b"]
    false = 0
    for number in range(negatives):
        rng = np.random.default_rng([seed, number])
        background = [(entry.molecule, entry.fragments) for entry in scenarios.background(genome, 8000)]
        settings = reads.ReadSettings(
            read_length=int(rng.choice([75, 100, 150])), error_rate=float(rng.choice([0.001, 0.002, 0.005])),
            duplicates=float(rng.choice([0.0, 0.2])),
        )  # fmt: skip
        library = [(fusion, int(rng.choice([1000, 4000, 15000]))), *background]
        result = screen_bam(folder, align_library(folder, library, settings, seed + number))
        names = ",".join(m.hgvs_p for m in result.mutations)
        detected = ",".join(e.event for e in result.bypass if e.state is State.DETECTED)
        false += bool(names or detected)
        yield f"{number}\t{settings.read_length}\t{settings.error_rate}\t{names or '-'}\t{detected or '-'}"
    low, high = clopper_pearson(false, negatives)
    yield f"false calls in {false} of {negatives} samples (95% interval {low:.4f}-{high:.4f})"


def deep(folder: Path, fragments: int, seed: int) -> Iterator[str]:
    """Time and peak memory of the screen alone, G1202R at 2%."""
    genome = prepare(folder)
    fusion = scenarios.fusion_molecules(genome)["V3a"]
    mutated = transcripts.with_changes(genome, fusion, "ALK", ["c.3604G>A"])
    library = [(fusion, fragments - fragments // 50), (mutated, fragments // 50)]
    bam = align_library(folder, library, reads.ReadSettings(umi_length=10), seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    result = screen_bam(folder, bam, "::umi:([ACGTN+]+)")
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = ", ".join(f"{m.short} {m.vaf:.4f} of {m.depth}" for m in result.mutations)
    yield f"{fragments} fragments: {seconds:.1f} s, peak {after / 1024:.0f} MB (before {before / 1024:.0f}); {made}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    for name in ("counts", "fastq", "deep"):
        command = commands.add_parser(name)
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--out", type=Path, help="write the table here instead of the screen")
        if name == "counts":
            command.add_argument("--replicates", type=int, default=400)
            command.add_argument("--depths", type=int, nargs="+", default=list(DEPTHS))
            command.add_argument("--errors", type=float, nargs="+", default=list(ERRORS), help="per base")
            command.add_argument("--vafs", type=float, nargs="*", default=list(VAFS), help="measured beside the limit")
        if name == "deep":
            command.add_argument("--fragments", type=int, default=1_000_000)
        else:
            command.add_argument("--negatives", type=int, default=1000 if name == "counts" else 50)
        if name != "counts":
            command.add_argument("--folder", type=Path, required=True, help="scratch folder")
    arguments = parser.parse_args()
    if arguments.what == "counts":
        domain = read_domain(build_genome())
        rows = count_rows(
            domain, arguments.depths, arguments.errors, arguments.vafs, arguments.replicates, arguments.negatives,
            arguments.seed,
        )  # fmt: skip
    elif arguments.what == "fastq":
        rows = fastq_negatives(arguments.folder, arguments.negatives, arguments.seed)
    else:
        rows = deep(arguments.folder, arguments.fragments, arguments.seed)
    with arguments.out.open("w") if arguments.out else sys.stdout as handle:
        for row in rows:
            print(row, file=handle, flush=True)


if __name__ == "__main__":
    main()
