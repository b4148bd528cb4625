"""Records of discovery: a resolved junction, its support, and what is searched for one target gene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.fragments import Fragment, Read
from ..genome.transcripts import Annotation, Transcript
from ..model.molecules import End, MoleculeRule, molecules
from ..structure.junction import Structure
from .placement import JunctionReference, Placement
from .word_index import ExonBorders, TargetIndex


@dataclass
class Junction:
    """One resolved junction of a target gene and its support. `into`: the target is the 3' part."""

    structure: Structure
    contig: str
    reference: JunctionReference
    into: bool
    counted: Counted = field(default_factory=lambda: Counted())
    also_fits: tuple[str, ...] = ()  # other genes that explain the partner side equally well
    complete: bool = True
    lone_bases: int = 0  # bases at the junction that one molecule alone shows

    @property
    def partner(self) -> Transcript:
        return self.structure.five if self.into else self.structure.three

    @property
    def key(self) -> tuple[object, ...]:
        s = self.structure
        five, three = (t.gene_id if t.stated and t.gene else (t.contig, t.exons) for t in (s.five, s.three))
        return five, s.five_exon, s.five_deleted, s.inserted, s.three_deleted, s.three_exon, three


@dataclass(frozen=True)
class Unplaced:
    """A contig that leaves the target gene for a place that nothing names; `names`: fragments that leave there."""

    contig: str
    target_length: int
    into: bool
    names: frozenset[str]

    @property
    def foreign(self) -> str:
        """The bases beyond the target."""
        beyond = len(self.contig) - self.target_length
        return self.contig[:beyond] if self.into else self.contig[self.target_length :]


@dataclass
class Search:
    """What discovery needs to know of one target gene."""

    gene: Transcript
    index: TargetIndex
    annotation: Annotation
    genome: Genome
    fragments: dict[str, Fragment]
    rule: MoleculeRule
    bam: Path
    exon_ends: ExonBorders  # for partners on the 5' side
    exon_starts: ExonBorders  # for partners on the 3' side
    unplaced: list[Unplaced] = field(default_factory=list)  # filled by discovery
    _words: dict[str, TargetIndex] = field(default_factory=dict)

    def words_of(self, gene: Transcript) -> TargetIndex:
        """Words of another gene's transcript."""
        if gene.gene_id not in self._words:
            self._words[gene.gene_id] = TargetIndex(gene, (), self.genome)
        return self._words[gene.gene_id]


@dataclass
class Counted:
    """Support of one junction: `placements` of split fragments by name, `spanning` fragments by name; molecules by
    `settle`, each with the name of one of its fragments."""

    placements: dict[str, Placement] = field(default_factory=dict)
    mates: dict[str, Fragment] = field(default_factory=dict)
    split: dict[int, str] = field(default_factory=dict)
    spanning: dict[int, str] = field(default_factory=dict)
    molecule: dict[str, int] = field(default_factory=dict)  # of every fragment by name

    @property
    def exact(self) -> int:
        """Split molecules that fit without a gap."""
        return sum(not self.placements[name].gapped for name in self.split.values())

    @property
    def unique(self) -> int:
        return len(self.split.keys() | self.spanning.keys())


def settle(junction: Junction, fragments: Mapping[str, Fragment], rule: MoleculeRule) -> None:
    """Count the molecules behind a junction's fragments. A molecule with a copy across the junction is a split one."""
    counted, reference = junction.counted, junction.reference
    known = {**counted.mates, **{name: fragments[name] for name in counted.placements}}
    numbers = molecules({name: known[name].ends(lambda read: _end(read, reference)) for name in sorted(known)}, rule)
    counted.split, counted.spanning, counted.molecule = {}, {}, numbers
    for name in sorted(counted.placements, key=lambda n: (known[n].reads[0].sequence, n)):
        counted.split.setdefault(numbers[name], name)
    for name in sorted(counted.mates, key=lambda n: (known[n].reads[0].sequence, n)):
        if numbers[name] not in counted.split:
            counted.spanning.setdefault(numbers[name], name)


def _end(read: Read, reference: JunctionReference) -> End:
    """Where the mate's 5' base lies: on the junction's own sequence if it does, else in the genome."""
    placement = reference.place(read)
    if placement is None:
        return read.end()
    return "junction", placement.end if placement.reverse else placement.column, placement.reverse
