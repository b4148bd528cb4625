"""The cohort as a table of MultiQC's custom content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import escape

from ..model.vocabulary import State
from ..model.words import STATE_WORDS
from .table import Row


def multiqc(rows: Sequence[Row]) -> dict[str, Any]:
    """MultiQC custom content: a table with one row a sample. Text is escaped, because MultiQC shows it as HTML.

    MultiQC cuts the names of `data` at file endings (`a.bam` becomes `a`) and lets one of two rows with the same rest
    win. Data in a list keep their names, so they stand in one where names are alike up to their first dot.
    """
    columns = {
        "alk_rearrangement": ("ALK fusion", "State of the ALK rearrangement"),
        "fusions": ("Variant", "ALK kinase fusions of medium or high confidence"),
        "kinase_domain": ("Kinase domain", "State of the ALK kinase domain"),
        "mutations": ("Changes", "Called changes of ALK"),
        "bypass": ("Bypass", "State of the bypass events"),
        "resistance_reported": ("Resistance reported", "Inhibitors with reported resistance to what was found"),
        "pairs_total": ("Read pairs", "Read pairs in the FASTQ"),
        "control_fragments": ("Control fragments", "Unique fragments of the control genes"),
    }
    data = {row.sample: {key: _shown(getattr(row, key)) for key in columns} for row in rows}
    return {
        "id": "alktrace",
        "section_name": "alktrace",
        "description": "ALK fusions and kinase-domain changes. Research use only.",
        "plot_type": "table",
        "pconfig": {"id": "alktrace_table", "title": "alktrace: results", "no_violin": True},
        "headers": {key: {"title": title, "description": words} for key, (title, words) in columns.items()},
        "data": data if len({name.partition(".")[0] for name in data}) == len(data) else [data],
    }


def _shown(value: object) -> object:
    if isinstance(value, State):
        return STATE_WORDS[value]
    return str(escape(value)) if isinstance(value, str) else value
