"""Where large temporary files go."""

from __future__ import annotations

import os
from pathlib import Path


def scratch(beside: Path) -> Path:
    """The folder for temporary files of a rule: $TMPDIR where one was given that is not the system's own, else the
    folder of the rule's output.

    Clusters give jobs a fast local disk by $TMPDIR. The system's /tmp is often small or held in memory, so it is not
    used: files as large as the reads go there.
    """
    given = os.environ.get("TMPDIR", "")
    if given and Path(given).resolve() != Path("/tmp") and os.access(given, os.W_OK | os.X_OK):
        return Path(given)
    return beside.parent
