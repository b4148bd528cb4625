"""What every adaptor shares: a log, and one line instead of a traceback for bad input."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from .errors import InputError


def run(main: Callable[[Any], None], snakemake: Any) -> None:
    """Run an adaptor's `main(snakemake)`: warnings and errors go to stderr and to the rule's log.

    An InputError is one line and exit code 1; Snakemake then removes what the rule has written.
    """
    logging.basicConfig(
        level=logging.INFO,
        format="alktrace: %(message)s",
        handlers=[logging.FileHandler(snakemake.log[0], mode="w"), _stderr()],
    )
    try:
        main(snakemake)
    except InputError as error:
        logging.getLogger(__name__).error(" ".join(str(error).split()))
        sys.exit(1)


def _stderr() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    return handler
