"""Samples of one patient side by side: which changes emerged, persisted or are no longer detected.

Nothing is concluded that the limits of detection do not carry, and RNA and DNA are never compared with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..knowledge.sentences import Sentences
from ..model.findings import TARGET, label, names_change
from ..model.records import Fusion, Mutation, PhaseFragments, Report, ReportFindings, ScreenedCodon
from ..model.vocabulary import Assay, Confidence, Kind, Relation, State
from ..model.words import per_thousand, percent

EMERGENT, GONE, KEPT, UNCLEAR = "emergent", "no_longer_detected", "detected_in_both", "cannot_be_compared"
_TAIL = 0.025  # each side of a 95% interval


@dataclass(frozen=True)
class Sighting:
    """One change in one sample. `value`, `low`, `high`, `limit` are VAFs of a mutation, of a junction fusion fragments
    per control fragment (RNA) or allele fractions (DNA), with a 95% interval; None where the sample has no such number.
    """

    sample: str
    timepoint: str
    state: State
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    fragments: int | None
    depth: int | None
    reason: str = ""  # template of sentences.tsv, for a state that is not assessable


@dataclass(frozen=True)
class Step:
    """What two samples allow to say about one change: `verdict` is emergent, no_longer_detected, detected_in_both or
    cannot_be_compared."""

    earlier: str
    later: str
    verdict: str
    text: str


@dataclass(frozen=True)
class Course:
    """One change over the samples of a series; `steps` leaves out pairs of samples without the change."""

    kind: str  # mutation | fusion (RNA) | breakpoint (DNA)
    name: str
    sightings: tuple[Sighting, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class PhaseCourse:
    """Relation of two changes in each sample that has both: (sample, relation, fragment counts)."""

    names: tuple[str, str]
    relations: tuple[tuple[str, Relation, PhaseFragments], ...]


@dataclass(frozen=True)
class Series:
    """All samples of one patient and one assay, in the order of the sample sheet."""

    assay: Assay
    samples: tuple[tuple[str, str], ...]  # (sample, timepoint)
    mutations: tuple[Course, ...]
    fusions: tuple[Course, ...]
    phases: tuple[PhaseCourse, ...]
    notes: tuple[str, ...]


_KEYS = {  # sentence of a step, by what changed and how
    ("mutation", KEPT): "change_kept",
    ("mutation", EMERGENT): "change_emergent",
    ("mutation", GONE): "change_gone",
    ("fusion", KEPT): "fusion_kept",
    ("fusion", EMERGENT): "fusion_emergent",
    ("fusion", GONE): "fusion_gone",
    ("breakpoint", KEPT): "fusion_kept",
    ("breakpoint", EMERGENT): "breakpoint_emergent",
    ("breakpoint", GONE): "breakpoint_gone",
}


def compare(reports: Sequence[ReportFindings], sentences: Sentences) -> list[Series]:
    """Series of one patient's reports, one an assay. `reports` are in the order in time (that of the sheet)."""
    assays = list(dict.fromkeys(r.sample.assay for r in reports))
    apart = [sentences.say("dna_rna_apart")] if len(assays) > 1 else []
    return [_series(assay, [r for r in reports if r.sample.assay == assay], apart, sentences) for assay in assays]


def _series(assay: Assay, reports: Sequence[ReportFindings], notes: list[str], sentences: Sentences) -> Series:
    changes = {(m.gene, m.codon, m.hgvs_c): m for r in reports for m in r.mutations}
    junctions = {f.junction_id: f for r in reports for f in r.fusions if _counted(f)}
    return Series(
        assay,
        tuple((r.sample.id, r.sample.timepoint) for r in reports),
        tuple(_mutation_course(changes[key], reports, sentences) for key in sorted(changes)),
        tuple(
            _fusion_course(fusion, reports, sentences)
            for fusion in sorted(junctions.values(), key=lambda f: (f.name, f.notation, f.junction_id))
        ),
        _phases([changes[key] for key in sorted(changes)], reports),
        tuple([sentences.say("rna_vaf"), *notes] if assay == Assay.RNA else notes),
    )


# ---------------------------------------------------------------- mutations
def _same(a: Mutation, b: Mutation) -> bool:
    return (a.gene, a.codon, a.hgvs_c) == (b.gene, b.codon, b.hgvs_c)


def _codons(report: ReportFindings) -> list[ScreenedCodon]:
    """The codons of a report that was read with them."""
    return report.screened if isinstance(report, Report) else []


def mutation_sighting(change: Mutation, report: ReportFindings) -> Sighting:
    """What one report says about one change. Not detected only where its codon is, with its limit of detection."""
    where = (report.sample.id, report.sample.timepoint)
    codon = next((c for c in _codons(report) if (c.gene, c.codon) == (change.gene, change.codon)), None)
    limit = codon.limit_of_detection_vaf if codon else None
    here = next((m for m in report.mutations if _same(m, change)), None)
    if here:
        counts = (here.alt_fragments, here.depth)
        return Sighting(*where, State.DETECTED, here.vaf, here.vaf_low, here.vaf_high, limit, *counts)
    if codon is None or codon.state is State.NOT_ASSESSABLE:
        depth = codon.depth if codon else None
        return Sighting(*where, State.NOT_ASSESSABLE, None, None, None, limit, None, depth, "reason_not_assessable")
    if codon.state is State.DETECTED:
        return Sighting(*where, State.NOT_ASSESSABLE, None, None, None, limit, None, codon.depth, "reason_other_change")
    return Sighting(*where, State.NOT_DETECTED, None, None, codon.vaf_high, limit, codon.alt_fragments, codon.depth)


def _mutation_course(change: Mutation, reports: Sequence[ReportFindings], sentences: Sentences) -> Course:
    name = f"{change.gene} {change.short} ({change.hgvs_c})"
    return _course("mutation", name, [mutation_sighting(change, r) for r in reports], sentences)


# ---------------------------------------------------------------- fusions
def _counted(fusion: Fusion) -> bool:
    return fusion.kind == Kind.KINASE_FUSION and fusion.confidence != Confidence.LOW


def fusion_sighting(fusion: Fusion, report: ReportFindings) -> Sighting:
    """What one report says about one junction: in RNA fusion fragments per control fragment (exact Poisson interval),
    in DNA the allele fraction."""
    where = (report.sample.id, report.sample.timepoint)
    controls = report.qc.control_fragments
    limit = report.qc.junction_limit
    same = [f for f in report.fusions if f.junction_id == fusion.junction_id]
    if any(_counted(f) for f in same):
        count = max(f.support.unique_fragments for f in same)
        share = next((f.allele_fraction for f in same if f.allele_fraction), None)
        value, low, high = (share.value, share.low, share.high) if share else _rate(count, controls)
        return Sighting(*where, State.DETECTED, value, low, high, limit, count, controls)
    finding = report.verdict.alk_rearrangement
    blind = fusion.target == TARGET and finding.state is State.NOT_ASSESSABLE
    if same or blind or limit is None:
        return Sighting(
            *where, State.NOT_ASSESSABLE, None, None, None, limit, None, controls, "fusion_reason_not_assessable"
        )
    return Sighting(*where, State.NOT_DETECTED, None, None, None, limit, 0, controls)


def _rate(count: int, controls: int) -> tuple[float | None, float | None, float | None]:
    if not controls:
        return None, None, None
    from scipy.special import gammaincinv  # half of the time that a cohort page takes, and few have such a patient

    low = float(gammaincinv(count, _TAIL)) if count else 0.0
    return count / controls, low / controls, float(gammaincinv(count + 1, 1 - _TAIL)) / controls


def _fusion_course(fusion: Fusion, reports: Sequence[ReportFindings], sentences: Sentences) -> Course:
    name = f"{fusion.name} {label(fusion)}"
    kind = "breakpoint" if reports[0].sample.assay is Assay.DNA else "fusion"
    return _course(kind, name, [fusion_sighting(fusion, r) for r in reports], sentences)


# ---------------------------------------------------------------- comparison
def _course(kind: str, name: str, sightings: list[Sighting], sentences: Sentences) -> Course:
    """Each sample is compared with the last earlier one that could be assessed, else with the one before it."""
    steps = []
    for at in range(1, len(sightings)):
        usable = [s for s in sightings[:at] if s.state is not State.NOT_ASSESSABLE]
        step = _step(kind, name, usable[-1] if usable else sightings[at - 1], sightings[at], sentences)
        if step:
            steps.append(step)
    return Course(kind, name, tuple(sightings), tuple(steps))


def _step(kind: str, name: str, earlier: Sighting, later: Sighting, sentences: Sentences) -> Step | None:
    """The step between two samples; None when neither has the change."""
    if State.DETECTED not in (earlier.state, later.state):
        return None
    show = per_thousand if kind == "fusion" else percent
    names = {"change": name, "earlier": _name(earlier), "later": _name(later)}
    if earlier.state is later.state:
        fields = {"earlier_vaf": show(earlier.value), "later_vaf": show(later.value)}
        return Step(earlier.sample, later.sample, KEPT, sentences.say(_KEYS[kind, KEPT], **names, **fields))
    found, missing = (later, earlier) if later.state is State.DETECTED else (earlier, later)
    reason = _why_not(found, missing, kind, show, sentences)
    if reason is not None:
        text = sentences.say("change_unclear", **names, reason=reason)
        return Step(earlier.sample, later.sample, UNCLEAR, text)
    verdict = EMERGENT if found is later else GONE
    fields = {"low": show(found.low), "limit": show(missing.limit)}
    fields["ratio" if kind == "fusion" else "vaf"] = show(found.value)
    return Step(earlier.sample, later.sample, verdict, sentences.say(_KEYS[kind, verdict], **names, **fields))


def _why_not(
    found: Sighting, missing: Sighting, kind: str, show: Callable[[float | None], str], sentences: Sentences
) -> str | None:
    """Why a change found in one sample cannot be called absent in the other; None when it can."""
    if missing.state is State.NOT_ASSESSABLE:
        return sentences.say(missing.reason)
    if missing.limit is None or found.low is None:
        return sentences.say("reason_no_limit")
    if missing.limit >= found.low:
        keys = {"fusion": "fusion_reason_limit", "breakpoint": "breakpoint_reason_limit"}
        return sentences.say(keys.get(kind, "reason_limit"), limit=show(missing.limit), low=show(found.low))
    return None


def _name(sighting: Sighting) -> str:
    return f"{sighting.sample} ({sighting.timepoint})" if sighting.timepoint else sighting.sample


def _phases(changes: Sequence[Mutation], reports: Sequence[ReportFindings]) -> tuple[PhaseCourse, ...]:
    courses = []
    for a, b in combinations(changes, 2):
        relations = tuple(
            (report.sample.id, link.relation, link.fragments)
            for report in reports
            for here in report.mutations
            if _same(here, a)
            for link in here.phase
            if names_change(link.with_, b)
        )
        if relations:
            courses.append(PhaseCourse((f"{a.gene} {a.short}", f"{b.gene} {b.short}"), relations))
    return tuple(courses)
