"""Thresholds of the screen (configuration `thresholds`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScreenSettings:
    """`max_lod_vaf`: a codon whose limit of detection lies above is not assessable. `family_false_call_rate`: chance of
    one or more false calls in a sample, over everything screened. Qualities are Phred-scaled."""

    max_lod_vaf: float = 0.20
    min_base_quality: int = 20
    min_mapping_quality: int = 20
    family_false_call_rate: float = 0.005
