"""What every adaptor shares: a log that says what was done with what, and one line instead of a traceback."""

from __future__ import annotations

import logging
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .. import __version__
from .errors import InputError

LOG = logging.getLogger(__name__)
ERROR_MARK = " ERROR "  # how a line of a rule's log begins, behind the time, that says why the rule failed
INTERRUPT_MARK = " INFO interrupted"  # how the log of a rule ends that the user stopped
INTERRUPTED = 130


def run(main: Callable[[Any], Mapping[str, Any] | None], snakemake: Any) -> None:
    """Run an adaptor's `main(snakemake)` with a log of versions, parameters, the counts that it returns, and time.

    Warnings and errors go to stderr as well. A failure is one line and exit code 1; Snakemake then removes what the
    rule has written. A fault of our own leaves its traceback in the log alone.
    """
    start = time.monotonic()
    file = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[file, _stderr()])
    LOG.info("alktrace %s, Python %s, rule %s", __version__, platform.python_version(), snakemake.rule)
    for name, values in (("parameters", snakemake.params), ("threads", snakemake.threads)):
        LOG.info("%s: %s", name, dict(values.items()) if hasattr(values, "items") else values)
    try:
        counts = main(snakemake)
    except InputError as error:
        _fail(" ".join(str(error).split()))
    except KeyboardInterrupt:
        LOG.info("interrupted")
        sys.exit(INTERRUPTED)
    except (OSError, MemoryError) as error:
        LOG.info("where it happened", exc_info=True)
        _fail(f"{snakemake.rule}: {' '.join(str(error).split()) or 'not enough memory'}")
    except Exception as error:
        LOG.info("where it happened", exc_info=True)
        said = " ".join(str(error).split())
        _fail(f"{snakemake.rule}: unexpected {type(error).__name__}: {said}; see {snakemake.log[0]}")
    for name, count in (counts or {}).items():
        LOG.info("%s: %s", name, count)
    LOG.info("done in %.1f s", time.monotonic() - start)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Put the seconds of one stage of a rule into its log."""
    start = time.monotonic()
    yield
    LOG.info("stage %s: %.2f s", name, time.monotonic() - start)


def _fail(reason: str) -> None:
    LOG.error(reason)
    sys.exit(1)


class _Plain(logging.StreamHandler):  # type: ignore[type-arg]
    """stderr, on a line of its own where a terminal shows the line of a progress bar."""

    def format(self, record: logging.LogRecord) -> str:
        text = " ".join(record.getMessage().split("\n"))
        return f"\r\x1b[Kalktrace: {text}" if self.stream.isatty() else f"alktrace: {text}"


def _stderr() -> logging.Handler:
    handler = _Plain(sys.stderr)
    handler.setLevel(logging.WARNING)
    return handler
