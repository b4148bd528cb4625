"""Mutation screening: codon counts, error model, calls, limits of detection, phase and hotspot events of one sample.

The compiled code is imported when a sample is screened, after its cache has been placed (`jit.set_cache_dir`).
"""

from __future__ import annotations

from pathlib import Path

from ..jit import set_cache_dir
from ..models import FusionResult, ScreenResult
from .settings import ScreenSettings

__all__ = ["ScreenSettings", "screen_sample"]


def screen_sample(
    bam: Path,
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    fusions: FusionResult,
    settings: ScreenSettings,
    umi: str | None,
    library: str,
    targets_bed: Path | None,
) -> ScreenResult:
    """Screen every codon and event of the knowledge tables in one sample.

    `bam`: evidence BAM of the whole reference. `annotation`: table of `Annotation.save`. `knowledge`: folder with
    hotspots.tsv, alk_kinase_mutations.tsv, polymorphisms.tsv. `fusions`: result of the fusion stage. `umi`: regular
    expression with one group, searched in the read name. `library`: wts | capture | amplicon. `targets_bed`: BED
    (0-based) whose rows named or marked primer are no mutation evidence. Raises InputError on bad input.
    """
    set_cache_dir()
    from . import stage

    return stage.screen_sample(bam, fasta, annotation, panel, knowledge, fusions, settings, umi, library, targets_bed)
