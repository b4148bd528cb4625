"""numba with its cache where it can be written. Import it from here: numba reads the place when first imported."""

from __future__ import annotations

from .jit import set_cache_dir

set_cache_dir()

from numba import njit, uint32, uint64  # noqa: E402

__all__ = ["njit", "uint32", "uint64"]
