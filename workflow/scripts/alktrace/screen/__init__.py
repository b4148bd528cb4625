"""Mutation screening: codon counts, error model, calls, limits of detection, phase and hotspot events of one sample.

The cache of the compiled code is placed before the modules that hold it are imported.
"""

from __future__ import annotations

from ..jit import set_cache_dir

set_cache_dir()

from .settings import ScreenSettings  # noqa: E402
from .stage import screen_sample  # noqa: E402

__all__ = ["ScreenSettings", "screen_sample"]
