"""The page of one patient: all samples in the order of the sheet, what changed and what cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence

from ..knowledge.sentences import Sentences
from ..model.records import ReportFindings
from ..model.vocabulary import Assay
from ..model.words import STATE_WORDS
from ..report.templates import environment, style
from .compare import compare
from .identity import Identity
from .timeline import timeline_drawing

FUSION_UNITS = {Assay.RNA: "fusion fragments per 1,000 control fragments", Assay.DNA: "allele fraction"}
VERDICT_WORDS = {
    "emergent": "emergent",
    "no_longer_detected": "no longer detected",
    "detected_in_both": "detected in both",
    "cannot_be_compared": "cannot be compared",
}


def patient_page(
    patient: str,
    reports: Sequence[ReportFindings],
    sentences: Sentences,
    combined: Sequence[tuple[str, str]] = (),
    pairs: Sequence[Identity] = (),
) -> str:
    """The page's text. `reports` are those of the patient, in the order in time; each assay has a part of its own.
    `combined` are time points with RNA and DNA and the names of their pages, without ending; `pairs` say whether
    samples are of one person."""
    series = compare(reports, sentences)
    return (
        environment()
        .get_template("patient.html.j2")
        .render(
            patient=patient,
            combined=combined,
            pairs=pairs,
            fusion_units=FUSION_UNITS,
            reports=reports,
            style=style(),
            state_words=STATE_WORDS,
            verdict_words=VERDICT_WORDS,
            series=series,
            drawings=[
                (
                    timeline_drawing(one.mutations, one.samples, "share of fragments (VAF)"),
                    timeline_drawing(one.fusions, one.samples, FUSION_UNITS[one.assay]),
                )
                for one in series
            ],
            steps=[[step for course in (*one.fusions, *one.mutations) for step in course.steps] for one in series],
        )
    )
