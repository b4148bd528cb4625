"""Detection, allele fractions and false calls of the rearrangement search in simulated DNA panels.

    python benchmarks/dna.py events --depths 500 2000 --fractions 0.2 0.05 0.01 0.005 --replicates 2 --out events.tsv
    python benchmarks/dna.py normals --first 0 --count 100 --out normals.tsv

Each sample goes from FASTQ through recruiting, search, alignment and `call_dna`, in this process. The panel is a small
one, ALK's kinase introns with or without the partners' introns, so that a sample takes seconds. A line is added for
each sample: a broken run goes on where it ended. `events` prints what was found by event, fraction and depth, and how
often the intervals held the truth; `normals` prints the upper bound (95%) of the share of false positive samples.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import beta

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests")]

from alktrace.model.records import Fusion  # noqa: E402
from alktrace.model.vocabulary import Confidence, Kind  # noqa: E402
from alktrace.simulate import panel, rearrangements  # noqa: E402
from alktrace.simulate.genome import SyntheticGenome  # noqa: E402
from alktrace.simulate.panel import Event, PanelSample, PanelSettings  # noqa: E402
from alktrace.simulate.rearrangements import Breakend, Rearrangement  # noqa: E402
from dna_pipeline import DnaPanel  # noqa: E402

GENES = {
    "V1": ("EML4", 13), "V2": ("EML4", 20), "V3": ("EML4", 6), "V5": ("EML4", 2), "KIF5B": ("KIF5B", 24),
    "KLC1": ("KLC1", 9), "TFG": ("TFG", 3), "unknown partner": ("ZZNOV2", 2),
}  # fmt: skip
OTHERS = ("repeats", "intergenic")
ALK_INTRONS = (18, 19, 20)
INSIDE = 0.3  # of the truth
FIFTY = 50


@dataclass(frozen=True)
class Case:
    event: str
    fraction: float
    depth: int
    replicate: int

    @property
    def key(self) -> tuple[str, ...]:
        return self.event, f"{self.fraction:g}", str(self.depth), str(self.replicate)


def rearrangement(genome: SyntheticGenome, name: str, rng: np.random.Generator) -> Rearrangement:
    """An event with breakpoints drawn anywhere in its introns."""

    def place(gene: str, intron: int) -> int:
        return rearrangements.intron_position(genome, gene, intron, float(rng.uniform(0.1, 0.9)))

    if name == "repeats":
        five, three = rearrangements.repeat_breakpoints(genome, ("EML4", 13), ("ALK", 19), rng)
        return rearrangements.fuse(genome, name, ("EML4", five), ("ALK", three))
    if name == "intergenic":
        far = Breakend("chr5", len(genome.contigs["chr5"]) - int(rng.integers(1500, 3000)), "left")
        return rearrangements.join(genome, name, far, Breakend("chr2", place("ALK", 19), "left"))
    gene, intron = GENES[name]
    inserted = ("".join(rng.choice(list("ACGT"), int(rng.integers(0, 6)))), "")
    return rearrangements.fuse(
        genome, name, (gene, place(gene, intron)), ("ALK", place("ALK", 19)), inserted=inserted,
        reciprocal=bool(rng.random() < 0.5),
    )  # fmt: skip


def settings(depth: int) -> PanelSettings:
    return PanelSettings(depth=depth, umi_length=8, fragments=(250.0, 60.0))


def build(folder: Path, *, partners: bool) -> DnaPanel:
    """A small panel: ALK introns around the kinase, with `partners` EML4's introns too."""
    dna = DnaPanel.build(folder)
    introns = [("ALK", n) for n in ALK_INTRONS] + (list(panel.PARTNER_INTRONS) if partners else [])
    baits = panel.design(dna.genome, {"ALK": (20,)}, introns)
    panel.write_baits(baits, folder / "baits.bed")
    return DnaPanel(folder, dna.genome, baits)


def run(dna: DnaPanel, case: Case, seed: int) -> list[Fusion]:
    """Junctions of medium or high confidence in a simulated sample."""
    rng = np.random.default_rng([seed, case.replicate])
    events = ()
    if case.event != "normal":
        events = (Event(rearrangement(dna.genome, case.event, rng), case.fraction),)
    with tempfile.TemporaryDirectory() as work:
        sample = PanelSample("sample", events)
        result = dna.call(sample, settings(case.depth), int(rng.integers(1 << 30)), Path(work))
    return [f for f in result.fusions if f.target == "ALK" and f.confidence is not Confidence.LOW]


def lines(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []


def add(path: Path, case: Case, found: list[Fusion]) -> None:
    """One line: the case, the best junction's kind, name, fragments, fraction and interval."""
    wanted = (Kind.KINASE_FUSION, Kind.UNRESOLVED_REARRANGEMENT)
    best = max((f for f in found if f.kind in wanted), key=lambda f: f.support.unique_fragments, default=None)
    share = best.allele_fraction if best else None
    values = ["", "", "0", "", "", ""]
    if best and share:
        counts = str(best.support.unique_fragments)
        values = [best.kind, best.variant or best.name, counts, f"{share.value}", f"{share.low}", f"{share.high}"]
    with path.open("a") as out:
        out.write("\t".join([*case.key, *values]) + "\n")


def cases(options: argparse.Namespace) -> Iterator[Case]:
    if options.what == "normals":
        for number in range(options.first, options.first + options.count):
            yield Case("normal", 0.0, options.depths[0], number)
        return
    for replicate in range(options.replicates):
        for depth in options.depths:
            for fraction in options.fractions:
                for event in options.events or [*GENES, *OTHERS]:
                    yield Case(event, fraction, depth, replicate)


def summary(rows: list[list[str]]) -> None:
    """Detection by case, coverage of the intervals, and precision from fifty junction fragments on."""
    groups: dict[tuple[str, str, str], list[list[str]]] = defaultdict(list)
    for row in rows:
        groups[row[0], row[1], row[2]].append(row)
    print("event\tfraction\tdepth\tsamples\tdetected\tmean fragments\tinterval holds truth")
    for key in sorted(groups, key=lambda k: (k[0], -float(k[1]), int(k[2]))):
        found = [row for row in groups[key] if row[4]]
        fragments = np.mean([int(row[6]) for row in groups[key]])
        held = sum(float(row[8]) <= float(key[1]) <= float(row[9]) for row in found)
        print("\t".join([*key, str(len(groups[key])), str(len(found)), f"{fragments:.1f}", f"{held}/{len(found)}"]))
    found = [row for row in rows if row[4]]
    held = [float(row[8]) <= float(row[1]) <= float(row[9]) for row in found]
    many = [row for row in found if int(row[6]) >= FIFTY]
    near = [abs(float(row[7]) / float(row[1]) - 1) <= INSIDE for row in many]
    print(f"intervals that hold the truth: {sum(held)} of {len(held)}")
    print(f"within {INSIDE:.0%} from {FIFTY} fragments on: {sum(near)} of {len(near)}")
    ratio = [float(row[7]) / float(row[1]) for row in many]
    if ratio:
        print(f"mean of estimate / truth there: {np.mean(ratio):.3f}")


def summary_normals(rows: list[list[str]]) -> None:
    false = [row for row in rows if row[4]]
    upper = float(beta.ppf(0.95, len(false) + 1, len(rows) - len(false))) if len(rows) > len(false) else 1.0
    print(f"{len(false)} of {len(rows)} wild-type panels with a call; upper bound of the share (95%): {upper:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["events", "normals"])
    parser.add_argument("--depths", type=int, nargs="+", default=[500])
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.2, 0.05, 0.01, 0.005])
    parser.add_argument("--events", nargs="+")
    parser.add_argument("--replicates", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--partners", action="store_true", help="the panel baits EML4's introns as well")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    done = {tuple(row[:4]) for row in lines(options.out)}
    with tempfile.TemporaryDirectory() as folder:
        dna = build(Path(folder), partners=options.partners)
        for number, case in enumerate(cases(options)):
            if case.key not in done:
                seed = options.seed * 100_003 + (case.replicate if options.what == "normals" else number)
                add(options.out, case, run(dna, case, seed))
    (summary_normals if options.what == "normals" else summary)(lines(options.out))


if __name__ == "__main__":
    main()
