"""Harmless file names for patients, and which samples have a combined page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Protocol

from ..model.vocabulary import Assay


class Named(Protocol):
    """A sample of the sheet or of a report."""

    @property
    def patient(self) -> str: ...
    @property
    def timepoint(self) -> str: ...
    @property
    def assay(self) -> str: ...


def file_name(patient: str) -> str:
    """A harmless and unique file name for a patient's page: readable letters of the name and a digest of all of it."""
    return f"{_stem(patient, 'patient')}.html"


def combined_stem(patient: str, timepoint: str) -> str:
    """The name, without ending, of the page and the JSON of a patient's RNA and DNA at one time point."""
    return f"{_stem(patient, 'patient')}-{_stem(timepoint, 'time')}-combined"


def _stem(text: str, default: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:40]
    return f"{readable or default}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def combined_groups(samples: Iterable[Named]) -> set[tuple[str, str]]:
    """Patient and time point of those with RNA and DNA. An empty patient is nobody."""
    assays: dict[tuple[str, str], set[str]] = {}
    for sample in samples:
        if sample.patient:
            assays.setdefault((sample.patient, sample.timepoint), set()).add(sample.assay)
    return {key for key, found in assays.items() if found >= set(Assay)}
