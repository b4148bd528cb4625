"""Settings of the stages, as read from the configuration."""

from __future__ import annotations

from dataclasses import dataclass

# Defaults of the configuration's thresholds; the schema repeats them and a test compares.
MIN_SUPPORT = 3
MIN_CONTROL_FRAGMENTS = 100
MAX_LOD_VAF = 0.20


@dataclass(frozen=True)
class InterpretSettings:
    """Thresholds of the interpretation: unique control fragments (RNA) without which an absence is not assessable, and
    the allele fraction (DNA) above which a limit of detection leaves it so."""

    min_control_fragments: int = MIN_CONTROL_FRAGMENTS
    max_lod_vaf: float = MAX_LOD_VAF


@dataclass(frozen=True)
class ScreenSettings:
    """`max_lod_vaf`: a codon whose limit of detection lies above is not assessable. `family_false_call_rate`: chance of
    one or more false calls in a sample, over everything screened. Qualities are Phred-scaled."""

    max_lod_vaf: float = MAX_LOD_VAF
    min_base_quality: int = 20
    min_mapping_quality: int = 20
    family_false_call_rate: float = 0.005


@dataclass(frozen=True)
class FusionSettings:
    """Thresholds of the fusion stage: unique fragments for a call of medium confidence."""

    min_support: int = MIN_SUPPORT
