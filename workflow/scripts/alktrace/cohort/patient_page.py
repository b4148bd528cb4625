"""The page of one patient: all samples in the order of the sheet, what changed and what cannot be compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from ..knowledge.sentences import Sentences
from ..model.records import ReportFindings
from ..model.words import STATE_WORDS
from ..report.templates import environment, style
from .compare import compare
from .timeline import timeline_drawing

VERDICT_WORDS = {
    "emergent": "emergent",
    "no_longer_detected": "no longer detected",
    "detected_in_both": "detected in both",
    "cannot_be_compared": "cannot be compared",
}


def file_name(patient: str) -> str:
    """A harmless and unique file name for a patient's page: readable letters of the name and a digest of all of it."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "_", patient).strip("_")[:40]
    return f"{readable or 'patient'}-{hashlib.sha256(patient.encode()).hexdigest()[:8]}.html"


def patient_page(patient: str, reports: Sequence[ReportFindings], sentences: Sentences) -> str:
    """The page's text. `reports` are those of the patient, in the order in time; each assay has a part of its own."""
    series = compare(reports, sentences)
    return (
        environment()
        .get_template("patient.html.j2")
        .render(
            patient=patient,
            reports=reports,
            style=style(),
            state_words=STATE_WORDS,
            verdict_words=VERDICT_WORDS,
            series=series,
            drawings=[
                (
                    timeline_drawing(one.mutations, one.samples, "share of fragments (VAF)"),
                    timeline_drawing(one.fusions, one.samples, "fusion fragments per control fragment"),
                )
                for one in series
            ],
            steps=[[step for course in (*one.fusions, *one.mutations) for step in course.steps] for one in series],
        )
    )
