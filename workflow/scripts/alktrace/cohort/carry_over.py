"""Findings that may be reads of another sample of the sheet: index hopping, carry-over at the bench.

A sample's own report cannot know. In the cohort a junction or change that a sample of another patient shows with
`TIMES` the fragments is named, and no state is changed. Breakpoints in DNA are the better proof: two tumours do not
share them to the base, while common fusion transcripts and mutations recur.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields

from ..knowledge.sentences import Sentences
from ..model.findings import fusion_label, is_silent
from ..model.records import Fusion, ReportFindings
from ..model.vocabulary import Assay, Kind
from ..report.escape import cell

TIMES = 50


@dataclass(frozen=True)
class CarryOver:
    """One finding of `sample` that `other` shows with `times` its fragments; the fields are the columns of
    carry_over.tsv. `proof`: same_breakpoint, other_breakpoint (DNA of both patients), recurrent (no more than that the
    same transcript or change was found)."""

    sample: str
    kind: str  # junction | change
    finding: str
    fragments: int
    other: str
    other_fragments: int
    times: float
    proof: str
    text: str


@dataclass(frozen=True)
class _Seen:
    """A junction or change of one sample, with what names it in every sample."""

    report: ReportFindings
    key: tuple[str, ...]
    name: str
    fragments: int
    fusion: Fusion | None


def carry_over(reports: Sequence[ReportFindings], sentences: Sentences) -> list[CarryOver]:
    """All such findings, in the order of the sheet; for each the other sample that shows it most."""
    by_key: dict[tuple[str, ...], list[_Seen]] = {}
    for report in reports:
        for seen in _seen(report):
            by_key.setdefault(seen.key, []).append(seen)
    found = []
    for report in reports:
        for seen in _seen(report):
            others = [o for o in by_key[seen.key] if not _same_patient(o.report, report)]
            most = max(others, key=lambda o: o.fragments, default=None)
            if most and seen.fragments and most.fragments >= TIMES * seen.fragments:
                found.append(_flag(seen, most, reports, sentences))
    return found


def _same_patient(one: ReportFindings, two: ReportFindings) -> bool:
    """A sample without a patient is nobody's: only its own."""
    return one.sample.id == two.sample.id or bool(one.sample.patient and one.sample.patient == two.sample.patient)


def _seen(report: ReportFindings) -> Iterator[_Seen]:
    assay = str(report.sample.assay)
    for fusion in report.fusions:
        key = (assay, fusion.junction_id)
        yield _Seen(report, key, fusion_label(fusion), fusion.support.unique_fragments, fusion)
    for change in report.mutations:
        if not is_silent(change):
            name = f"{change.gene} {change.short}"
            yield _Seen(report, (assay, change.gene, change.hgvs_c), name, change.alt_fragments, None)


def _flag(seen: _Seen, most: _Seen, reports: Sequence[ReportFindings], sentences: Sentences) -> CarryOver:
    proof = _proof(seen, most, reports)
    keys = {
        "same_breakpoint": "carry_over_same_breakpoint",
        "other_breakpoint": "carry_over_other_breakpoint",
        "recurrent": "carry_over_recurrent",
    }
    fields_of = {"other": most.report.sample.id, "times": f"{most.fragments / seen.fragments:.0f}"}
    text = " ".join((sentences.say("carry_over", **fields_of), sentences.say(keys[proof])))
    return CarryOver(
        seen.report.sample.id,
        "junction" if seen.fusion else "change",
        seen.name,
        seen.fragments,
        most.report.sample.id,
        most.fragments,
        round(most.fragments / seen.fragments, 1),
        proof,
        text,
    )


def _proof(seen: _Seen, most: _Seen, reports: Sequence[ReportFindings]) -> str:
    """What DNA says: of the finding itself, else of the same pair of genes in DNA of both patients."""
    if seen.fusion is None:
        return "recurrent"
    if seen.report.sample.assay is Assay.DNA:
        return "same_breakpoint"
    own, others = (_breakpoints(seen.fusion, side.report, reports) for side in (seen, most))
    if own and others:
        return "same_breakpoint" if own & others else "other_breakpoint"
    return "recurrent"


def _breakpoints(fusion: Fusion, report: ReportFindings, reports: Iterable[ReportFindings]) -> set[str]:
    """DNA junctions of the fusion's genes in the samples of the report's patient."""
    return {
        other.junction_id
        for one in reports
        if one.sample.assay is Assay.DNA and _same_patient(one, report)
        for other in one.fusions
        if other.kind is Kind.KINASE_FUSION and other.name == fusion.name
    }


def carry_over_table(rows: Iterable[CarryOver]) -> str:
    """carry_over.tsv: its head alone where nothing was found."""
    lines = ["\t".join(field.name for field in fields(CarryOver))]
    lines += ["\t".join(cell(value) for value in astuple(row)) for row in rows]
    return "\n".join(lines) + "\n"
