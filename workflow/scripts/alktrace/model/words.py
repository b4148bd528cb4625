"""Numbers and states as a person reads them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from .findings import detected_name
from .records import BypassEvent
from .vocabulary import State


def named(events: Sequence[BypassEvent], most: int | None = None) -> str:
    """Events in words, at most `most` of them: "EGFR L858R; KRAS G12X and 3 more"."""
    names = list(dict.fromkeys(map(detected_name, events)))
    shown = names[:most]
    return "; ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


def number(value: float | None) -> str:
    """A limit or ratio with three significant digits."""
    return "unknown" if value is None else f"{value:.3g}"


def per_thousand(ratio: float | None) -> str:
    """Fusion fragments per control fragment as a number in 1,000 control fragments: 0.1154 is "115"."""
    return number(None if ratio is None else 1000 * ratio)


UNKNOWN = "unknown"


def ranges(numbers: Iterable[int]) -> list[str]:
    """Numbers in words, in ascending order: 1, 2, 3 and 7 give "1-3" and "7"."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in spans]


def percent(fraction: float | None) -> str:
    """A fraction as text with up to two significant decimals: 0.1529 is "15.3%", 0.0042 is "0.42%"."""
    if fraction is None:
        return UNKNOWN
    value = 100 * fraction
    return f"{value:.1f}%" if value >= 1 else f"{value:.2f}%"


STATE_WORDS = {
    State.DETECTED: "detected",
    State.NOT_DETECTED: "not detected",
    State.NOT_ASSESSABLE: "not assessable",
}


CALL_WORDS = {  # what the call about an inhibitor is called wherever a person reads it
    "sensitive": "activity reported",
    "intermediate": "intermediate activity reported",
    "resistant": "resistance reported",
    "conflicting": "sources disagree",
    "unknown": "unknown",
    "not_applicable": "does not apply",
}


def share(value: float | None) -> str:
    """A share as per cent with three significant digits at most; "none" for None."""
    return "none" if value is None else f"{100 * value:.3g}%"


def day(iso: str) -> str:
    """A date as a person reads it: 2024-12-18 is "18 December 2024"."""
    date = datetime.date.fromisoformat(iso)
    return f"{date.day} {date:%B %Y}"
