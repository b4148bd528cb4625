"""Named libraries with known truth: every fusion of resources/demo/scenarios.tsv, and libraries without fusion.

Used by the end-to-end tests, the benchmarks and the demo. Nothing here is known to the pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from . import reads, tables, transcripts
from .genome import PARALOGUE, PSEUDOGENE, SyntheticGenome
from .reads import Fragments, ReadSettings
from .transcripts import FusionTruth, Molecule

ANCHOR = 15
CHIMERA_SHARE = 0.001
UNSPLICED_SHARE = 0.05
UNSPLICED_GENES = ("EML4", "KIF5B", "EGFR", "MET")
UPSTREAM_NEIGHBOUR, DOWNSTREAM_NEIGHBOUR = "ZZNBR1", "ZZNBR2"


@dataclass(frozen=True)
class Entry:
    """`fragments` random fragments of a molecule. With `junction_fragments` set, none of these touches a junction, and
    exactly that many different ones with `anchor` bases on both sides of the whole insert are added per junction."""

    molecule: Molecule
    fragments: int
    junction_fragments: int | None = None
    anchor: int = ANCHOR


@dataclass(frozen=True)
class Scenario:
    """A library. `chimera_share` of its fragments are random joins of two of its molecules."""

    name: str
    entries: tuple[Entry, ...]
    chimera_share: float = 0.0

    @property
    def fusions(self) -> tuple[FusionTruth, ...]:
        """Every junction that is really there."""
        return tuple(f for entry in self.entries for f in entry.molecule.fusions)


def background(genome: SyntheticGenome, fragments: int) -> tuple[Entry, ...]:
    """Wild-type transcripts at the expression levels of genes.tsv, a share of them unspliced."""
    spliced = {gene: level * len(genome.spliced[gene]) for gene, level in genome.expression.items() if level}
    total = sum(spliced.values())
    entries = [
        Entry(transcripts.wild_type(genome, gene), round(fragments * (1 - UNSPLICED_SHARE) * weight / total))
        for gene, weight in spliced.items()
    ]
    share = round(fragments * UNSPLICED_SHARE / len(UNSPLICED_GENES))
    return (*entries, *(Entry(transcripts.unspliced(genome, gene), share) for gene in UNSPLICED_GENES))


def with_alleles(
    genome: SyntheticGenome,
    molecule: Molecule,
    gene: str,
    alleles: Sequence[tuple[Sequence[str], float]],
    fragments: int,
) -> tuple[Entry, ...]:
    """`fragments` of a molecule, a share of them with changes of `gene`: each allele is (names of its changes, share of
    the fragments). One allele with two changes is cis, two alleles with one each are trans."""
    entries = [
        Entry(transcripts.with_changes(genome, molecule, gene, names), round(fragments * share))
        for names, share in alleles
    ]
    return (Entry(molecule, fragments - sum(entry.fragments for entry in entries)), *entries)


def fusion_molecules(genome: SyntheticGenome) -> dict[str, Molecule]:
    """Every fusion transcript of scenarios.tsv by its name there."""
    rows: dict[str, list[tables.JunctionRow]] = {}
    for row in tables.read_junctions():
        rows.setdefault(row.molecule, []).append(row)
    return {name: transcripts.fusion(genome, junctions) for name, junctions in rows.items()}


def fusion_scenarios(
    genome: SyntheticGenome, fragments: int = 2000, around: int = 3000, junction_fragments: int | None = None
) -> dict[str, Scenario]:
    """One scenario a fusion transcript: `around` background fragments, `fragments` of the fusion; see `Entry` for
    `junction_fragments`. "V3a+V3b" holds both isoforms, one to three."""
    molecules = fusion_molecules(genome)
    rest = background(genome, around)
    found = {
        name: Scenario(name, (*rest, Entry(molecule, fragments, junction_fragments)))
        for name, molecule in molecules.items()
    }
    shares = ((molecules["V3a"], 1), (molecules["V3b"], 3))
    both = tuple(
        Entry(m, fragments * part // 4, junction_fragments and junction_fragments * part) for m, part in shares
    )
    found["V3a+V3b"] = Scenario("V3a+V3b", (*rest, *both))
    return found


def negative_scenarios(genome: SyntheticGenome, fragments: int = 2000, around: int = 3000) -> dict[str, Scenario]:
    """Libraries in which no fusion may be called."""
    rest = background(genome, around)
    alk = Entry(transcripts.wild_type(genome, "ALK"), fragments)

    def made(name: str, *entries: Entry, chimera_share: float = 0.0) -> Scenario:
        return Scenario(name, (*rest, *entries), chimera_share)

    scenarios = (
        made("wild_type", alk),
        made("unspliced_alk", alk, Entry(transcripts.unspliced(genome, "ALK"), fragments)),
        made("paralogue", Entry(transcripts.wild_type(genome, PARALOGUE), fragments)),
        made("pseudogene", Entry(transcripts.wild_type(genome, PSEUDOGENE), fragments)),
        made("chimeras", alk, chimera_share=CHIMERA_SHARE),
        made(
            "read_through",
            Entry(transcripts.read_through(genome, UPSTREAM_NEIGHBOUR, "ALK"), fragments // 2),
            Entry(transcripts.read_through(genome, "ALK", DOWNSTREAM_NEIGHBOUR), fragments // 2),
        ),
        made("no_alk"),
        Scenario("empty", ()),
    )
    return {scenario.name: scenario for scenario in scenarios}


def all_scenarios(genome: SyntheticGenome) -> dict[str, Scenario]:
    """Fusion and negative scenarios with their default sizes."""
    return fusion_scenarios(genome) | negative_scenarios(genome)


def with_junction_fragments(scenario: Scenario, count: int, anchor: int = ANCHOR) -> Scenario:
    """The scenario with exactly `count` fragments across each fusion junction."""
    entries = tuple(
        replace(entry, junction_fragments=count, anchor=anchor) if entry.molecule.fusions else entry
        for entry in scenario.entries
    )
    return replace(scenario, entries=entries)


def draw(scenario: Scenario, settings: ReadSettings, seed: int) -> tuple[list[Molecule], Fragments]:
    """Molecules of a library and the fragments drawn from them."""
    rng = np.random.default_rng([seed, 1])
    molecules = [entry.molecule for entry in scenario.entries]
    plain = [(e.molecule, e.fragments if e.junction_fragments is None else 0) for e in scenario.entries]
    extra: list[Fragments] = []
    for index, entry in enumerate(scenario.entries):
        if entry.junction_fragments is not None:
            extra += _at_junctions(entry, index, entry.junction_fragments, settings, rng)
    total = sum(entry.fragments for entry in scenario.entries)
    joined = reads.chimeras(molecules, round(total * scenario.chimera_share), settings, rng)
    for index, molecule in enumerate(joined, len(molecules)):
        extra.append(reads.whole_molecule(molecule, index, rng))
    fragments = reads.library_fragments(plain, settings, rng, extra)
    return molecules + joined, fragments


def _at_junctions(
    entry: Entry, index: int, count: int, settings: ReadSettings, rng: np.random.Generator
) -> list[Fragments]:
    parts = [reads.random_fragments(entry.molecule, index, entry.fragments, settings, rng, off_junctions=True)]
    for junction in range(len(entry.molecule.fusions) if count else 0):
        parts.append(reads.junction_fragments(entry.molecule, index, count, entry.anchor, settings, rng, junction))
    return parts


def write(scenario: Scenario, settings: ReadSettings, seed: int, paths: Sequence[Path]) -> None:
    """Write the library as gzip FASTQ: two paths for paired reads, one for single reads."""
    molecules, fragments = draw(scenario, settings, seed)
    reads.write_reads(molecules, fragments, settings, np.random.default_rng([seed, 2]), paths)
