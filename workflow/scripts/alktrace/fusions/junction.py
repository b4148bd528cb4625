"""Records of discovery: a resolved junction, its support, and what is searched for one target gene."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..structure.junction import Structure
from .placement import JunctionReference, Placement
from .reads import Fragment
from .word_index import ExonBorders, TargetIndex


@dataclass
class Junction:
    """One resolved junction of a target gene and its support. `into`: the target is the 3' part."""

    structure: Structure
    contig: str
    reference: JunctionReference
    into: bool
    counted: Counted = field(default_factory=lambda: Counted({}, {}, {}))
    also_fits: tuple[str, ...] = ()  # other genes that explain the partner side equally well
    complete: bool = True

    @property
    def partner(self) -> Transcript:
        return self.structure.five if self.into else self.structure.three

    @property
    def key(self) -> tuple[object, ...]:
        s = self.structure
        return (
            s.five.gene_id, s.five_exon, s.five_deleted, s.inserted, s.three_deleted, s.three_exon, s.three.gene_id,
        )  # fmt: skip


@dataclass
class Search:
    """What discovery needs to know of one target gene."""

    gene: Transcript
    index: TargetIndex
    annotation: Annotation
    genome: Genome
    fragments: dict[str, Fragment]
    exon_ends: ExonBorders  # for partners on the 5' side
    exon_starts: ExonBorders  # for partners on the 3' side


@dataclass
class Counted:
    """Support of one junction."""

    split: dict[tuple[object, ...], str]  # molecule -> name of one of its fragments
    spanning: dict[tuple[object, ...], str]
    placements: dict[str, Placement]  # fragment name -> its best split placement

    @property
    def exact(self) -> int:
        """Split fragments that fit without a gap."""
        return sum(not self.placements[name].gapped for name in self.split.values())

    @property
    def unique(self) -> int:
        return len(self.split.keys() | self.spanning.keys())
