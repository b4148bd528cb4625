"""Copy ratios of simulated panels: found, stated interval holds, stated limit holds, false gains.

    python benchmarks/copy_ratio.py --replicates 42 --folder DIR

Fragments of the panel simulator are counted at their true places, without alignment, and told apart by their ends:
depth, yields of baits and GC decide here. Each line: normals, ratio, calls, share of intervals that hold the truth,
median of the stated limits, calls where the truth was at or above the stated limit, results not assessable.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from alktrace.genome.bed import Stretches  # noqa: E402
from alktrace.genome.fasta import Genome  # noqa: E402
from alktrace.genome.transcripts import Annotation  # noqa: E402
from alktrace.knowledge.panel import read_panel  # noqa: E402
from alktrace.model.records import CopyRatio, CopyTarget  # noqa: E402
from alktrace.model.vocabulary import State  # noqa: E402
from alktrace.mutations.copy_ratio import GENES, copy_ratios  # noqa: E402
from alktrace.mutations.copy_targets import looked_at, measure  # noqa: E402
from alktrace.runtime.paths import RESOURCES  # noqa: E402
from alktrace.simulate import panel  # noqa: E402
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta  # noqa: E402
from alktrace.simulate.panel import Gain, PanelSample, PanelSettings  # noqa: E402
from alktrace.simulate.rearrangements import Segment  # noqa: E402

RATIOS = (2.0, 3.0, 5.0, 10.0)
NORMALS = (20, 3, 0)


class Bench:
    """A genome, a panel over all its panel genes, and the library's settings."""

    def __init__(self, folder: Path, settings: PanelSettings):
        self.settings = settings
        self.simulated: SyntheticGenome = build_genome()
        write_fasta(self.simulated, folder / "genome.fa")
        self.genome = Genome(folder / "genome.fa")
        rows = [row for row in read_panel(RESOURCES / "panel.tsv") if row.gene in self.simulated.transcripts]
        self.parts = looked_at(rows, Annotation(self.simulated.transcripts.values()))
        exons = {
            row.gene: row.dna_exons or range(1, len(self.simulated.transcripts[row.gene].exons) + 1)
            for row in rows
            if row.role == "bypass"
        }
        self.baits = panel.standard_design(self.simulated, exons)
        panel.write_baits(self.baits, folder / "baits.bed")
        self.stretches = Stretches.read(folder / "baits.bed")
        self.genes = [gene for gene in GENES if gene in self.parts]

    def targets(self, gains: Sequence[Gain], seed: int) -> list[CopyTarget]:
        """Targets of one simulated sample; its GC slope differs from that of others."""
        slope = float(np.random.default_rng([seed, 9]).normal(0, 0.1))
        settings = PanelSettings(**{**vars(self.settings), "gc_slope": slope, "chimeras": 0.0})
        sample = PanelSample("s", gains=tuple(gains))
        library = panel.draw(self.simulated, sample, self.baits, settings, seed)
        pieces = [pieces[0] for pieces, _ in panel.haplotypes(self.simulated, sample)]
        drawn = library.fragments
        _, first = np.unique(np.column_stack([drawn.molecule, drawn.start, drawn.length]), axis=0, return_index=True)
        offsets = np.array([piece.start if isinstance(piece, Segment) else 0 for piece in pieces])
        contigs = np.array([piece.contig if isinstance(piece, Segment) else "" for piece in pieces])
        start = drawn.start[first] + offsets[drawn.molecule[first]]
        end = start + drawn.length[first] - 1
        where = contigs[drawn.molecule[first]]
        by_contig = {str(name): (start[where == name], end[where == name]) for name in np.unique(contigs)}
        return measure(self.parts, by_contig, self.stretches, self.genome, by_ends=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=20, help="samples a ratio (one gained gene each)")
    parser.add_argument("--depth", type=float, default=500)
    parser.add_argument("--bait-sd", type=float, default=0.15, help="of the log yield of a bait")
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.folder, PanelSettings(depth=given.depth, duplicates=0.0, bait_sd=given.bait_sd))
    normals = [bench.targets((), 10_000 + number) for number in range(max(NORMALS))]
    print("normals\tratio\tcalls\tsamples\tinterval_holds\tmedian_limit\tcalled_at_or_above_limit\tnot_assessable")
    for ratio in (1.0, *RATIOS):
        found: dict[int, list[CopyRatio]] = {number: [] for number in NORMALS}
        for replicate in range(given.replicates):
            gene = bench.genes[replicate % len(bench.genes)]
            gains = () if ratio == 1 else (Gain(gene, ratio),)
            targets = bench.targets(gains, round(100_000 * ratio) + replicate)
            for number in NORMALS:
                results = {one.gene: one for one in copy_ratios(targets, normals[:number])}
                found[number] += [results[gene]] if gains else [results[name] for name in bench.genes]
        for number, results in found.items():
            print(*_line(number, ratio, results), sep="\t", flush=True)


def _line(normals: int, ratio: float, found: Sequence[CopyRatio]) -> tuple[object, ...]:
    called = [one.state is State.DETECTED for one in found]
    holds = [bool(one.low and one.high and one.low <= ratio <= one.high) for one in found]
    limits = [one.limit for one in found if one.limit]
    above = [one.state is State.DETECTED for one in found if one.limit and one.limit <= ratio]
    blind = sum(one.state is State.NOT_ASSESSABLE for one in found)
    promised = f"{sum(above)}/{len(above)}"
    return (
        normals,
        ratio,
        sum(called),
        len(found),
        round(float(np.mean(holds)), 3),
        round(float(np.median(limits)), 2),
        promised,
        blind,
    )


if __name__ == "__main__":
    main()
