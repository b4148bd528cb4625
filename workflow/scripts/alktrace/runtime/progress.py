"""How far a long step is, as lines of its log; in a terminal the logger plugin shows the newest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

LOG = logging.getLogger(__name__)
EVERY = 5.0  # seconds between two lines


class Progress:
    """Bytes read of `total`, and what they held. Costs one comparison of times for each `update`."""

    def __init__(self, total: int, unit: str, clock: Callable[[], float] = time.monotonic):
        self._total, self._unit, self._clock = total, unit, clock
        self.done = 0  # bytes of the files that were read to their end; kept by the caller
        self._start = self._last = clock()

    def update(self, done: int, count: int) -> None:
        """Log percent of bytes, `count` units so far, units per second and the time left, when a line is due."""
        now = self._clock()
        if now - self._last < EVERY or not self._total:
            return
        self._last = now
        share = min(done / self._total, 1.0)
        rate = count / (now - self._start)
        left = f", {round((now - self._start) * (1 / share - 1))} s left" if share else ""
        LOG.info("progress: %d%% of bytes, %s %s, %s/s%s", share * 100, f"{count:,}", self._unit, f"{rate:,.0f}", left)
