"""Bypass events of report.json: the screen's, driver fusions, and rows of bypass.tsv that no run can assess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ..knowledge.evidence import Knowledge, Track, references, unique
from ..knowledge.sentences import Said, saying
from ..model.findings import TARGET, broken_kinases, kinase_fusions, label
from ..model.records import BypassEvent, CopyRatio, Fusion, FusionResult, RecruitStats, ScreenResult
from ..model.vocabulary import Assay, Confidence, Kind, State, TrackKind
from ..model.words import UNKNOWN, named, number, percent
from ..settings import InterpretSettings
from .outcome import Outcome

KINDS = tuple(TrackKind)
COPIES = {State.DETECTED: "copy_detected", State.NOT_DETECTED: "copy_not_detected"}  # sentences


def assemble(
    screen: ScreenResult,
    fusions: FusionResult,
    stats: RecruitStats,
    assay: str,
    knowledge: Knowledge,
    settings: InterpretSettings,
) -> list[BypassEvent]:
    """All tracks: those of the screen first, then fusion and amplification rows in table order, then mutation and
    exon-skipping rows whose gene was not screened. Rows of other kinds (expression, signalling) are no tracks."""
    events = [_with_references(event, knowledge) for event in screen.bypass]
    copies = {ratio.gene: ratio for ratio in screen.copy_ratios}
    have = {(event.gene, event.kind) for event in events}
    for row in knowledge.bypass:
        for gene in row.gene_names:
            if row.track_kind == TrackKind.FUSION and (gene, TrackKind.FUSION) not in have:
                events.append(_fusion_track(gene, fusions, stats, knowledge, settings))
                have.add((gene, TrackKind.FUSION))
            elif row.track_kind == TrackKind.AMPLIFICATION:
                events.append(_amplification(gene, row, assay, copies.get(gene), knowledge))
            elif row.kind in KINDS and (gene, row.kind) not in have:
                reason = knowledge.sentences.say("track_not_screened", gene=gene)
                events.append(_untested(gene, row, reason))
                have.add((gene, TrackKind(row.kind)))
    return events


@dataclass(frozen=True)
class Tracks:
    """The tracks by what they say. `events` are all of them in the order of the report."""

    events: list[BypassEvent]
    signalling: list[BypassEvent]  # bypass mutations and exon skipping of the test
    drivers: list[BypassEvent]  # kinase fusions of other genes
    flags: list[BypassEvent]  # co-mutations and genes of the small-cell flag: they do not decide
    copies: list[BypassEvent]  # amplification
    outside: list[BypassEvent]  # rows of genes that this run neither screened nor searched
    untested: list[str]  # genes of rows that no test of this kind sees (expression, signalling)


def classify(events: list[BypassEvent], screened: Sequence[BypassEvent], knowledge: Knowledge) -> Tracks:
    """Sort assembled tracks; `screened` are those of the screen."""
    covered = {(event.gene, event.kind) for event in screened}
    drivers, flags = _only_role(knowledge, "driver"), _only_role(knowledge, "co_mutation", "small_cell")
    tracks = Tracks(events, [], [], [], [], [], _unseen(knowledge))
    for event in events:
        if event.kind == TrackKind.AMPLIFICATION:
            tracks.copies.append(event)
        elif event.kind == TrackKind.FUSION and (event.gene in drivers or event.state is not State.NOT_ASSESSABLE):
            tracks.drivers.append(event)
        elif (event.gene, event.kind) not in covered:
            tracks.outside.append(event)
        elif event.gene in flags:
            tracks.flags.append(event)
        else:
            tracks.signalling.append(event)
    return tracks


def _only_role(knowledge: Knowledge, *roles: str) -> frozenset[str]:
    """Genes of the rows with one of `roles` (bypass, driver, on_target, co_mutation, small_cell) and no other role."""
    chosen = {gene for row in knowledge.bypass if row.role in roles for gene in row.gene_names}
    other = {gene for row in knowledge.bypass if row.role not in roles for gene in row.gene_names}
    return frozenset(chosen - other)


def _unseen(knowledge: Knowledge) -> list[str]:
    rows = [row for row in knowledge.bypass if row.kind not in KINDS and row.role == "bypass"]
    return list(dict.fromkeys(gene for row in rows for gene in row.gene_names))


# ---------------------------------------------------------------- verdict
def judge(tracks: Tracks) -> Outcome:
    """State of the bypass events and drivers of the test. The first sentence of the reason is that of the summary."""
    gained = [e for e in tracks.copies if e.state is State.DETECTED]
    # More copies of ALK are no way around it: they stand in the list of reasons.
    state, said, worst = _state([*tracks.signalling, *tracks.drivers, *(e for e in gained if e.gene != TARGET)])
    tail = []
    clear = [e for e in tracks.copies if e.state is State.NOT_DETECTED]
    blind = dict.fromkeys(e.gene for e in tracks.copies if e.state is State.NOT_ASSESSABLE)
    if clear:
        worst_ratio = max(e.limit_of_detection or 0.0 for e in clear)
        genes = ", ".join(e.gene for e in clear)
        tail.append(saying("bypass_no_gain", genes=genes, limit=number(worst_ratio)))
    if blind:
        tail.append(saying("bypass_no_copy_number", genes=", ".join(blind)))
    if tracks.outside:
        tail.append(saying("bypass_outside", events=named(tracks.outside)))
    if tracks.untested:
        tail.append(saying("bypass_not_tested", genes=", ".join(tracks.untested)))
    return Outcome(state, (said, *tail), worst)


def _state(tracks: Sequence[BypassEvent]) -> tuple[State, Said, float | None]:
    """State, sentence and worst VAF limit of the tracks that decide."""
    found = [e for e in tracks if e.state is State.DETECTED]
    blind = [e for e in tracks if e.state is State.NOT_ASSESSABLE]
    worst = _worst(tracks, TrackKind.MUTATION)
    if found:
        return State.DETECTED, saying("bypass_detected", events=named(found)), worst
    if blind or not tracks:
        fields = {"assessed": len(tracks) - len(blind), "total": len(tracks), "tracks": named(blind, 6) or UNKNOWN}
        return State.NOT_ASSESSABLE, saying("bypass_not_assessable", **fields), worst
    said = saying("bypass_not_detected", assessed=len(tracks), limit=limit_words(tracks))
    return State.NOT_DETECTED, said, worst


def _worst(tracks: Sequence[BypassEvent], kind: TrackKind) -> float | None:
    """The highest limit of the tracks of one kind that were not detected."""
    limits = [e.limit_of_detection for e in tracks if e.kind == kind and e.state is State.NOT_DETECTED]
    return max((limit for limit in limits if limit is not None), default=None)


def limit_words(tracks: Sequence[BypassEvent]) -> Said:
    """The worst limit of detection of tracks that were not detected: VAF, else that of fusions, else of copy ratios."""
    worst, fusions = _worst(tracks, TrackKind.MUTATION), _worst(tracks, TrackKind.FUSION)
    if worst is not None:
        return saying("bypass_limit", worst=percent(worst))
    if fusions is not None:
        return saying("bypass_fusion_limit", one_in=round(1 / fusions))
    ratio = _worst(tracks, TrackKind.AMPLIFICATION)
    if ratio is not None:
        return saying("bypass_copy_limit", ratio=number(ratio))
    return saying("bypass_no_limit")


# ---------------------------------------------------------------- one track
def _with_references(event: BypassEvent, knowledge: Knowledge) -> BypassEvent:
    """The event with its references as the report writes them: the screen's, else those of its gene's rows."""
    rows = [r for r in knowledge.bypass if event.gene in r.gene_names and r.kind == event.kind]
    own = event.references or [one for row in rows for one in references(row, note=row.meaning)]
    return replace(event, references=unique(own))


def _untested(gene: str, row: Track, reason: str) -> BypassEvent:
    event = row.region if row.kind == "exon_skipping" else f"{row.event_type}: {row.region}"
    sources = references(row, note=row.meaning)
    return BypassEvent(
        gene, event, TrackKind(row.kind), State.NOT_ASSESSABLE, None, None, None, reason, sources, row.id
    )


def _amplification(gene: str, row: Track, assay: str, copies: CopyRatio | None, knowledge: Knowledge) -> BypassEvent:
    """Copies of a gene; the limit is the smallest ratio that would have been called."""
    sources = references(row, note=row.meaning)
    state, depth, limit = State.NOT_ASSESSABLE, None, None
    if assay == Assay.RNA:
        said = saying("track_amplification_rna", region=row.region, how=row.rna_assessable)
    elif copies is None or copies.ratio is None:
        said = saying(copies.reason if copies else "copy_no_target", gene=gene)
    else:
        state, depth, limit = copies.state, copies.fragments, copies.limit
        said = saying(copies.reason or COPIES[copies.state], **_copy_fields(copies))
    reason = knowledge.sentences.word(said)
    return BypassEvent(
        gene, row.event_type, TrackKind.AMPLIFICATION, state, depth, None, limit, reason, sources, row.id
    )


def _copy_fields(copies: CopyRatio) -> dict[str, object]:
    against = saying("copy_against_normals", normals=copies.normals)
    return {
        "gene": copies.gene,
        "ratio": number(copies.ratio),
        "low": number(copies.low),
        "high": number(copies.high),
        "limit": number(copies.limit),
        "targets": copies.targets,
        "fragments": copies.fragments,
        "against": against if copies.normals else saying("copy_against_targets"),
    }


def _fusion_track(
    gene: str,
    fusions: FusionResult,
    stats: RecruitStats,
    knowledge: Knowledge,
    settings: InterpretSettings,
) -> BypassEvent:
    """Kinase fusions of one driver gene. The limit is in fusion fragments per control fragment."""
    say = knowledge.sentences.say
    rows = [r for r in knowledge.bypass if gene in r.gene_names and r.track_kind == TrackKind.FUSION]
    sources = [one for r in rows for one in references(r, note=r.meaning)]
    track = rows[0].id
    found = kinase_fusions(fusions.fusions, gene)
    own = [f for f in fusions.fusions if f.target == gene and f.kind == Kind.KINASE_FUSION]
    low = [f for f in own if f.confidence == Confidence.LOW]
    limit = fusions.junction_limit
    if found:
        fragments = sum(f.support.unique_fragments for f in found)
        reason = " ".join(say("track_fusion_found", **_fields(f)) for f in found)
        names = ", ".join(dict.fromkeys(f.name for f in found))
        return BypassEvent(
            gene, f"{names} fusion", TrackKind.FUSION, State.DETECTED, None, fragments, limit, reason, sources, track
        )
    count: int | None = 0
    state, said = State.NOT_DETECTED, [say("track_fusion_none", gene=gene)]
    if gene not in fusions.searched:
        state, count, limit, said = State.NOT_ASSESSABLE, None, None, [say("track_fusion_not_searched", gene=gene)]
    elif fusions.dna is not None:
        state, count, limit, said = State.NOT_ASSESSABLE, None, None, [say("track_fusion_none_dna", gene=gene)]
    elif stats.control_fragments < settings.min_control_fragments or limit is None:
        state = State.NOT_ASSESSABLE
        needed = max(settings.min_control_fragments, 1)
        said = [say("track_fusion_few_controls", controls=stats.control_fragments, needed=needed)]
    broken = broken_kinases(fusions.fusions, gene)
    if broken:
        state, count = State.NOT_ASSESSABLE, None
        said = [say("track_fusion_broken", gene=gene, **_fields(f)) for f in broken]
    said += [say("track_fusion_low", **_fields(f)) for f in low]
    return BypassEvent(
        gene, "kinase fusion", TrackKind.FUSION, state, None, count, limit, " ".join(said), sources, track
    )


def _fields(fusion: Fusion) -> dict[str, object]:
    return {
        "name": fusion.name,
        "label": label(fusion),
        "fragments": fusion.support.unique_fragments,
        "confidence": fusion.confidence,
    }
