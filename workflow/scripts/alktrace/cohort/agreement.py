"""What RNA and DNA of one patient say of one finding: the sight of each sample, and whether they agree.

Shares of RNA and of DNA are of different things: RNA is weighted by expression (wild-type ALK is silent in lung, so
that a change on the fusion may fill all of its RNA), DNA is diluted by every copy in the tube. They are never joined.
That one assay did not see what the other saw contradicts it only when this cannot explain the absence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..knowledge.sentences import Sentences
from ..model.combined import Sight
from ..model.findings import TARGET, fusion_label, is_silent, kinase_fusions, label
from ..model.records import BypassEvent, Fusion, Mutation, Report
from ..model.vocabulary import (
    Agreement,
    Assay,
    Carried,
    Confidence,
    Frame,
    Kind,
    Specimen,
    State,
    TrackKind,
    Unit,
)
from ..model.words import number, per_thousand, percent
from .compare import fusion_sighting, mutation_sighting

MARGIN = 5.0  # times by which a share may differ between RNA and DNA without contradiction


@dataclass(frozen=True)
class Judged:
    """An agreement and the sentence that says why."""

    agreement: Agreement
    text: str


def assay_name(assay: Assay) -> str:
    return assay.upper()


def other(assay: Assay) -> Assay:
    return Assay.DNA if assay is Assay.RNA else Assay.RNA


# ---------------------------------------------------------------- what one sample says
def change_sight(change: Mutation, report: Report, say: Sentences) -> Sight:
    """One change in one sample, by its codon."""
    seen = mutation_sighting(change, report)
    codon = next((c for c in report.screened if (c.gene, c.codon) == (change.gene, change.codon)), None)
    fields = {"short": change.short, "codon": f"{change.gene} {change.codon}", "limit": percent(seen.limit)}
    if seen.state is State.DETECTED:
        counts = {"alt": seen.fragments, "depth": seen.depth, "share": percent(seen.value)}
        span = {"low": percent(seen.low), "high": percent(seen.high)}
        text = say.say("sight_change", short=change.short, **counts, **span)
    elif seen.state is State.NOT_DETECTED:
        text = say.say("sight_no_change", **fields, depth=seen.depth)
    elif codon is None:
        text = say.say("sight_not_screened", **fields)
    else:
        reason = codon.reason if codon.state is State.NOT_ASSESSABLE else say.say("reason_other_change")
        text = say.say("sight_codon_blind", **fields, reason=reason or say.say("reason_no_limit"))
    unit = Unit.RNA_SHARE if report.sample.assay is Assay.RNA else Unit.DNA_SHARE
    return Sight(
        sample=report.sample.id, assay=report.sample.assay, state=seen.state, text=text, unit=unit, value=seen.value,
        low=seen.low, high=seen.high if seen.state is State.DETECTED else None, limit=seen.limit,
        fragments=seen.fragments, depth=seen.depth,
    )  # fmt: skip


def fusion_sight(fusions: Sequence[Fusion], gene: str, report: Report, say: Sentences) -> Sight:
    """A rearrangement of `gene` in one sample; `fusions` are those of its junctions that the sample called."""
    dna = report.sample.assay is Assay.DNA
    unit = Unit.ALLELE_FRACTION if dna else Unit.PER_CONTROL
    sample, assay = report.sample.id, report.sample.assay
    if not fusions:
        state, text, limit = _without_fusion(gene, report, say)
        return Sight(sample=sample, assay=assay, unit=unit, state=state, text=text, limit=limit)
    best = max(fusions, key=lambda f: f.support.unique_fragments)
    seen = fusion_sighting(best, report)
    fields = {
        "labels": " + ".join(dict.fromkeys(map(label, fusions))),
        "frame": "frame undetermined" if best.frame is Frame.UNDETERMINED else best.frame.replace("_", " "),
        "fragments": sum(f.support.unique_fragments for f in fusions),
        "confidence": best.confidence,
        "event": best.event_type or "rearrangement",
        "value": percent(seen.value) if dna else per_thousand(seen.value),
        "low": percent(seen.low) if dna else per_thousand(seen.low),
        "high": percent(seen.high) if dna else per_thousand(seen.high),
    }
    text = say.say("sight_fusion_dna" if dna else "sight_fusion_rna", **fields)
    return Sight(
        sample=sample, assay=assay, unit=unit, state=State.DETECTED, text=text,
        value=seen.value, low=seen.low, high=seen.high, limit=seen.limit, fragments=best.support.unique_fragments,
        depth=None,
    )  # fmt: skip


def _without_fusion(gene: str, report: Report, say: Sentences) -> tuple[State, str, float | None]:
    """State, reason and limit of a sample that called no such rearrangement of `gene`."""
    if gene != TARGET:
        track = next((b for b in report.bypass if (b.gene, b.kind) == (gene, TrackKind.FUSION)), None)
        if track is None:
            return State.NOT_ASSESSABLE, say.say("track_fusion_not_searched", gene=gene), None
        state = State.NOT_DETECTED if track.state is State.DETECTED else track.state
        return state, track.reason or say.say("track_fusion_none", gene=gene), track.limit_of_detection
    verdict = report.verdict.alk_rearrangement
    low = [f for f in report.fusions if f.target == TARGET and f.confidence is Confidence.LOW]
    if verdict.state is State.DETECTED:
        names = ", ".join(dict.fromkeys(map(fusion_label, kinase_fusions(report.fusions))))
        return State.NOT_DETECTED, say.say("sight_other_fusion", names=names), None
    if low:
        names = ", ".join(dict.fromkeys(map(fusion_label, low)))
        return State.NOT_ASSESSABLE, say.say("sight_low_fusion", names=names), None
    return verdict.state, verdict.reason, verdict.limit_of_detection


def track_sight(track: BypassEvent, report: Report, say: Sentences) -> Sight:
    """A bypass track in one sample; `track` is any sample's event of it."""
    own = next((b for b in report.bypass if track_key(b) == track_key(track)), None)
    unit = Unit.RNA_SHARE if report.sample.assay is Assay.RNA else Unit.DNA_SHARE
    if track.kind is TrackKind.AMPLIFICATION:
        unit = Unit.COPY_RATIO
    sample, assay = report.sample.id, report.sample.assay
    if own is None:
        text = say.say("track_not_screened", gene=track.gene)
        return Sight(sample=sample, assay=assay, unit=unit, state=State.NOT_ASSESSABLE, text=text)
    limit = own.limit_of_detection
    shown = number(limit) if unit is Unit.COPY_RATIO else percent(limit)
    text = own.reason or say.say("sight_no_track", event=f"{own.gene} {own.event}", limit=shown)
    return Sight(
        sample=sample, assay=assay, unit=unit, state=own.state, text=text, limit=limit,
        fragments=own.alt_fragments, depth=own.depth,
    )  # fmt: skip


def track_key(event: BypassEvent) -> tuple[str, TrackKind, str]:
    """What names a track in every sample: the event of a fusion or an amplification may be worded by what was found."""
    return event.gene, event.kind, event.event if event.kind is TrackKind.MUTATION else ""


# ---------------------------------------------------------------- agreement
def judge(sights: Sequence[Sight], why: str | None, explained: str, say: Sentences) -> Judged:
    """The agreement of the sights of one finding. `why`: reason why the assay that did not see it may have missed it,
    None when it would have seen it; `explained`: what else may explain a contradiction."""
    shown = {s.assay for s in sights if s.state is State.DETECTED}
    if len(shown) > 1:
        return Judged(Agreement.BOTH, say.say("combined_both"))
    (assay,) = shown
    blind = best(s for s in sights if s.assay is not assay)
    names = {"shown": assay_name(assay), "other": assay_name(other(assay))}
    only = Agreement.RNA_ONLY if assay is Assay.RNA else Agreement.DNA_ONLY
    if blind.state is State.NOT_ASSESSABLE:
        return Judged(only, say.say("combined_one", **names, why=blind.text))
    if why is not None:
        return Judged(only, say.say("combined_unsure", **names, why=why))
    return Judged(Agreement.CONTRADICTING, say.say("combined_contradicting", **names, explained=explained))


def best(sights: Iterable[Sight]) -> Sight:
    """The sample of an assay that says most: what was looked for and not found before what could not be assessed, the
    lower limit first."""
    order = {State.DETECTED: 0, State.NOT_DETECTED: 1, State.NOT_ASSESSABLE: 2}
    return min(sights, key=lambda s: (order[s.state], s.limit is None, s.limit or 0.0))


def why_change_missed(
    change: Mutation, sights: Sequence[Sight], reports: Sequence[Report], say: Sentences
) -> str | None:
    """Why an assay may have missed a change that the other shows; None where it would have shown it."""
    found = max((s for s in sights if s.state is State.DETECTED), key=lambda s: s.low or 0.0)
    missing = best(s for s in sights if s.assay is not found.assay)
    report = next(r for r in reports if r.sample.id == missing.sample)
    if missing.state is State.NOT_ASSESSABLE:
        return None
    if without_tumour_dna(report):
        return say.say("combined_why_plasma")
    if missing.assay is Assay.RNA and is_truncating(change):
        return say.say("combined_why_degraded")
    low = found.low or 0.0
    if found.assay is Assay.RNA and change.gene == TARGET and not _is_off_fusion(change):
        shares = [f.allele_fraction.low for f in kinase_fusions(report.fusions) if f.allele_fraction]
        if not shares:
            return say.say("combined_why_no_fraction")
        low *= max(shares)
    if missing.limit is None or missing.limit * MARGIN >= low:
        return say.say("combined_why_limit", limit=percent(missing.limit), low=percent(found.low), margin=f"{MARGIN:g}")
    return None


def _is_off_fusion(change: Mutation) -> bool:
    return change.on_fusion is not None and change.on_fusion.state is Carried.NO


def is_truncating(change: Mutation) -> bool:
    """Whether the change ends the protein early, so that its transcript may be degraded."""
    return any(mark in change.hgvs_p for mark in ("Ter", "fs", "*"))


def without_tumour_dna(report: Report) -> bool:
    """Whether nothing shows that the sample holds tumour DNA: plasma without any finding."""
    plasma = report.sample.specimen is Specimen.PLASMA
    found = any(not is_silent(m) for m in report.mutations) or any(
        f.confidence is not Confidence.LOW for f in report.fusions
    )
    return plasma and not found


# ---------------------------------------------------------------- predicted against observed
def is_called(fusion: Fusion) -> bool:
    return fusion.kind is Kind.KINASE_FUSION and fusion.confidence is not Confidence.LOW


def follows(observed: Fusion, predicted: Fusion) -> bool | None:
    """Whether a transcript can come from a predicted one by leaving out exons beside the junction; exons beyond a
    breakpoint are lost to it. None where an exon is not known."""
    sides = (observed.five_prime, predicted.five_prime, observed.three_prime, predicted.three_prime)
    exons = [side.exon for side in sides]
    if None in exons:
        return None
    five, five_most, three, three_first = (int(e) for e in exons if e is not None)
    return five <= five_most and three >= three_first


def judge_structure(predicted: Sequence[Fusion], observed: Sequence[Fusion], say: Sentences) -> Judged:
    """Transcripts predicted from DNA against those that RNA shows, of one pair of genes."""
    fields = {"predicted": " + ".join(dict.fromkeys(map(label, predicted)))}
    strange = [o for o in observed if all(follows(o, p) is False for p in predicted)]
    if strange:
        fields["observed"] = " + ".join(dict.fromkeys(map(label, strange)))
        return Judged(Agreement.CONTRADICTING, say.say("combined_structure_differs", **fields))
    fields["observed"] = " + ".join(dict.fromkeys(map(label, observed)))
    if {o.notation for o in observed} == {p.notation for p in predicted}:
        return Judged(Agreement.BOTH, say.say("combined_structure_same", **fields))
    if {_exons(o) for o in observed} <= {_exons(p) for p in predicted}:
        return Judged(Agreement.BOTH, say.say("combined_structure_forms", **fields))
    return Judged(Agreement.BOTH, say.say("combined_structure_spliced", **fields))


def _exons(fusion: Fusion) -> tuple[int | None, int | None]:
    return fusion.five_prime.exon, fusion.three_prime.exon


def why_fusion_missed(
    found: Sequence[Fusion], sights: Sequence[Sight], reports: Sequence[Report], say: Sentences
) -> str | None:
    """Why an assay may have missed a rearrangement that the other shows; None where it would have shown it."""
    assay = next(s.assay for s in sights if s.state is State.DETECTED)
    missing = best(s for s in sights if s.assay is not assay)
    report = next(r for r in reports if r.sample.id == missing.sample)
    if without_tumour_dna(report):
        return say.say("combined_why_plasma")
    content = report.sample.tumour_content
    if assay is Assay.RNA and content is not None and missing.limit is not None and missing.limit >= content / 200:
        fields = {"content": f"{content:g}", "expected": percent(content / 200), "limit": percent(missing.limit)}
        return say.say("combined_why_content", **fields)
    if assay is Assay.DNA and all(f.frame is Frame.OUT_OF_FRAME or f.premature_stop for f in found):
        return say.say("combined_why_degraded")
    return None
