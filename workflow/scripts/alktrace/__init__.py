"""alktrace: typed library behind the workflow that types ALK rearrangements and screens ALK for resistance."""

from __future__ import annotations

__version__ = "0.1.0"
