"""Copy number of a DNA sample: from evidence BAM to the coverage of the panel's targets and the ratios that follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..genome.bed import Stretches
from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..knowledge.panel import read_panel
from ..model.records import CopyRatio, CopyTarget, ReportFindings
from ..model.vocabulary import Library
from ..runtime.serialise import read_json
from .copy_ratio import copy_ratios, without_answer
from .copy_targets import looked_at, measure
from .unique import UniqueFragments


def copy_number(
    found: UniqueFragments,
    fasta: Path,
    annotation: Path,
    panel: Path,
    library: str,
    targets_bed: Path | None,
    normals: Sequence[Path],
) -> tuple[list[CopyRatio], list[CopyTarget]]:
    """Copy ratios of the genes of `copy_ratio.GENES` and the coverage they rest on.

    `found`: fragments of the evidence BAM; `targets_bed`: the baits; `normals`: report.json of normal samples of the
    same assay and library. Amplicon libraries have no copy ratio: how often a primer pair took says nothing of copies.
    """
    if library == Library.AMPLICON:
        return without_answer("copy_amplicon"), []
    parts = looked_at(read_panel(panel), Annotation.load(annotation))
    baits = Stretches.read(targets_bed) if targets_bed else None
    targets = measure(parts, found.places, baits, Genome(fasta), found.by_ends)
    return copy_ratios(targets, [read_json(path, ReportFindings).qc.copy_targets for path in normals]), targets
