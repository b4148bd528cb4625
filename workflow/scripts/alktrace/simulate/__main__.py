"""Command line: `python -m alktrace.simulate demo --out DIR`, or one scenario with a chosen read layout."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ..runtime.serialise import write_json
from . import demo, scenarios
from .genome import SEED, build_genome, write_fasta, write_gtf
from .reads import ReadSettings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alktrace.simulate", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("demo", help="reference, demo samples, sheet, configuration and truth")
    one = commands.add_parser("scenario", help="reference, reads and truth of one scenario")
    one.add_argument("name", help="a molecule of resources/demo/scenarios.tsv, or a negative such as wild_type")
    one.add_argument("--read-length", type=int, default=100)
    one.add_argument("--single", action="store_true", help="single reads instead of pairs")
    one.add_argument("--error-rate", type=float, default=0.001, help="substitutions per base")
    one.add_argument("--junction-fragments", type=int, help="exactly so many fragments across each junction")
    for command in (made, one):
        command.add_argument("--out", type=Path, required=True, help="folder to write into")
        command.add_argument("--seed", type=int, default=SEED)
    return parser


def _write_scenario(arguments: argparse.Namespace) -> None:
    genome = build_genome()
    known = scenarios.all_scenarios(genome)
    if arguments.name not in known:
        raise SystemExit(f"{arguments.name}: no such scenario; choose one of {', '.join(known)}")
    scenario = known[arguments.name]
    if arguments.junction_fragments is not None:
        scenario = scenarios.with_junction_fragments(scenario, arguments.junction_fragments)
    settings = ReadSettings(
        read_length=arguments.read_length, paired=not arguments.single, error_rate=arguments.error_rate
    )
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "genes.gtf")
    names = ["R1.fastq.gz", "R2.fastq.gz"] if settings.paired else ["R1.fastq.gz"]
    scenarios.write(scenario, settings, arguments.seed, [folder / name for name in names])
    write_json(list(scenario.fusions), folder / "truth.json")


def main(words: Sequence[str] | None = None) -> None:
    arguments = _parser().parse_args(words)
    if arguments.command == "demo":
        demo.write_demo(arguments.out, arguments.seed)
    else:
        _write_scenario(arguments)


if __name__ == "__main__":
    main()
