"""The three verdicts of a report and their summary, each `detected`, `not_detected` or `not_assessable`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ..knowledge.evidence import Knowledge, parts
from ..knowledge.sentences import Sentences
from ..model.findings import TARGET, alk_changes, change_name, is_silent, junction_is, kinase_fusions, label
from ..model.records import Finding, Fusion, FusionResult, Mutation, RecruitStats, ScreenedCodon, TkiCall
from ..model.vocabulary import Call, Confidence, Frame, Kind, State
from ..model.words import number, percent
from ..settings import InterpretSettings


def rearrangement(
    result: FusionResult, stats: RecruitStats, settings: InterpretSettings, sentences: Sentences
) -> tuple[Finding, list[str]]:
    """State of the ALK rearrangement, and the sentences of the summary about it."""
    found = kinase_fusions(result.fusions)
    side = _side_findings(result.fusions, sentences)
    if not found:
        finding = _without_fusion(result, stats, settings, sentences)
        return finding, [finding.reason, *side, *_direct_only(result.fusions, stats, sentences)]
    said = [_detected(f, sentences) for f in found] + _warnings(found, sentences)
    imbalance = []
    if result.imbalance.state is State.DETECTED:
        imbalance.append(sentences.say("alk_imbalance_too", **_sides(result)))
    return Finding(State.DETECTED, " ".join(said), result.junction_limit), [*said, *imbalance, *side]


def _without_fusion(
    result: FusionResult, stats: RecruitStats, settings: InterpretSettings, sentences: Sentences
) -> Finding:
    """Not detected where the controls carry it, else not assessable with the reason."""
    limit = result.junction_limit
    if result.imbalance.state is State.DETECTED:
        return Finding(State.NOT_ASSESSABLE, sentences.say("alk_imbalance_only", **_sides(result)), None)
    if stats.pairs_total == 0:
        return Finding(State.NOT_ASSESSABLE, sentences.say("alk_no_reads"), None)
    if result.obstacles:
        reasons = [sentences.say(obstacle.key, **obstacle.fields) for obstacle in result.obstacles]
        return Finding(State.NOT_ASSESSABLE, " ".join([sentences.say("alk_not_proven"), *reasons]), None)
    if stats.control_fragments < settings.min_control_fragments or limit is None:
        needed = max(settings.min_control_fragments, 1)
        reason = sentences.say("alk_few_controls", controls=stats.control_fragments, needed=needed)
        return Finding(State.NOT_ASSESSABLE, reason, limit)
    reason = sentences.say(
        "alk_not_detected", limit=number(limit), one_in=round(1 / limit), controls=stats.control_fragments
    )
    return Finding(State.NOT_DETECTED, reason, limit)


def _sides(result: FusionResult) -> dict[str, object]:
    return {"three_prime": result.imbalance.three_prime, "five_prime": result.imbalance.five_prime}


def _direct_only(fusions: Sequence[Fusion], stats: RecruitStats, sentences: Sentences) -> list[str]:
    """Catalogued junctions of the raw reads that no aligned junction matches."""
    return [
        sentences.say("alk_direct_only", junction=name, pairs=pairs)
        for name, pairs in sorted(stats.direct_junctions.items())
        if pairs and not any(junction_is(name, fusion) for fusion in fusions)
    ]


def _detected(fusion: Fusion, sentences: Sentences) -> str:
    return sentences.say(
        "alk_detected",
        name=fusion.name,
        label=label(fusion),
        frame="reading frame undetermined" if fusion.frame == Frame.UNDETERMINED else fusion.frame.replace("_", " "),
        confidence=fusion.confidence,
        fragments=fusion.support.unique_fragments,
    )


def _warnings(fusions: Iterable[Fusion], sentences: Sentences) -> list[str]:
    """What keeps detected fusions from being read as a functional kinase."""
    said = []
    for fusion in fusions:
        names = {"name": fusion.name, "label": label(fusion)}
        if fusion.frame == Frame.OUT_OF_FRAME:
            said.append(sentences.say("alk_out_of_frame", **names))
        elif fusion.frame != Frame.IN_FRAME:
            said.append(sentences.say("alk_frame_undetermined", **names))
        elif fusion.premature_stop:
            said.append(sentences.say("alk_stop", **names))
        if fusion.kinase_domain_retained is False:
            said.append(sentences.say("alk_domain_lost", **names))
        if not fusion.structure_complete:
            said.append(sentences.say("alk_structure_incomplete", **names))
    return said


def _side_findings(fusions: Iterable[Fusion], sentences: Sentences) -> list[str]:
    """Junctions of ALK that are named but never make it detected."""
    said = []
    for fusion in fusions:
        if fusion.target != TARGET:
            continue
        names = {"name": fusion.name, "label": label(fusion), "fragments": fusion.support.unique_fragments}
        if fusion.confidence == Confidence.LOW:
            said.append(sentences.say("alk_low_confidence", **names))
        elif fusion.kind == Kind.DISRUPTING_EVENT:
            said.append(sentences.say("alk_disrupting", **names))
        elif fusion.kind == Kind.RECIPROCAL:
            said.append(sentences.say("alk_reciprocal", **names))
    return list(dict.fromkeys(said))


# ---------------------------------------------------------------- kinase domain
@dataclass(frozen=True)
class Domain:
    """The screened codons of ALK at a glance. Limits are VAFs over the assessable codons, None without any."""

    codons: dict[int, ScreenedCodon]
    blind: frozenset[int]
    depth: float
    worst: float | None
    median: float | None

    @classmethod
    def of(cls, screened: Iterable[ScreenedCodon]) -> Domain:
        codons = {c.codon: c for c in screened if c.gene == TARGET}
        blind = frozenset(n for n, c in codons.items() if c.state is State.NOT_ASSESSABLE)
        limits = [
            c.limit_of_detection_vaf
            for n, c in codons.items()
            if n not in blind and c.limit_of_detection_vaf is not None
        ]
        depth = median(c.depth for c in codons.values()) if codons else 0
        return cls(codons, blind, depth, max(limits, default=None), median(limits) if limits else None)

    def unreadable(self, wanted: Iterable[int]) -> list[int]:
        """Those of the `wanted` codons that are not assessable or were not screened."""
        return sorted(n for n in wanted if n not in self.codons or n in self.blind)

    def limits(self) -> dict[str, object]:
        """Fields of the sentences that state the limit of detection."""
        return {
            "worst": percent(self.worst),
            "median": percent(self.median),
            "assessed": len(self.codons) - len(self.blind),
            "total": len(self.codons),
        }


def listed_changes(knowledge: Knowledge) -> frozenset[str]:
    """Single changes that have a row in a table: as a change of its own or as part of a compound."""
    names = [row["mutation"] for row in knowledge.changes] + [row["change"] for row in knowledge.evidence]
    return frozenset(part for name in names for part in parts(name))


def describe(mutation: Mutation, knowledge: Knowledge) -> str:
    """ "G1202R (resistance; 63 of 412 fragments, VAF 15.3%)", with the class of the change's row."""
    known = next((row["class"] for row in knowledge.changes if row["mutation"] == change_name(mutation)), "")
    counts = f"{mutation.alt_fragments} of {mutation.depth} fragments, VAF {percent(mutation.vaf)}"
    return f"{mutation.short} ({known}; {counts})" if known else f"{mutation.short} ({counts})"


def kinase_domain(
    mutations: Sequence[Mutation],
    domain: Domain,
    wanted: frozenset[int],
    knowledge: Knowledge,
    wild_type_only: bool,
) -> Finding:
    """State of the kinase domain. `wanted` are the codons with reported resistance; `wild_type_only` says that the
    sample is good RNA without an ALK fusion, so that only wild-type ALK could have been read."""
    sentences = knowledge.sentences
    listed = listed_changes(knowledge)
    changes = alk_changes(mutations)
    known = [m for m in changes if change_name(m) in listed]
    others = [m for m in changes if change_name(m) not in listed]
    silent = [m for m in mutations if m.gene == TARGET and is_silent(m)]
    blind = domain.unreadable(wanted)
    also = []
    if others:
        also.append(sentences.say("kinase_unknown_change", changes="; ".join(describe(m, knowledge) for m in others)))
    if silent:
        names = "; ".join(f"{m.hgvs_c} {m.hgvs_p}" for m in silent)
        also.append(sentences.say("kinase_silent_change", changes=names))
    if known:
        said = [sentences.say("kinase_detected", changes="; ".join(describe(m, knowledge) for m in known))]
        if domain.worst is not None:
            said.append(sentences.say("kinase_limits", **domain.limits()))
        if blind:
            said.append(sentences.say("kinase_also_blind", **_blind_fields(blind, wanted)))
        return Finding(State.DETECTED, " ".join(said + also), domain.worst)
    reason = _not_assessable(domain, blind, wanted, sentences, wild_type_only)
    if reason:
        return Finding(State.NOT_ASSESSABLE, " ".join([reason, *also]), domain.worst)
    clear = sentences.say("kinase_not_detected", **domain.limits())
    return Finding(State.NOT_DETECTED, " ".join([clear, *also]), domain.worst)


def _not_assessable(
    domain: Domain, blind: list[int], wanted: frozenset[int], sentences: Sentences, wild_type_only: bool
) -> str | None:
    """Why the domain cannot be assessed; None when it can."""
    if not domain.codons:
        return sentences.say("kinase_no_codons")
    fields = {"depth": f"{domain.depth:g}", "blind": len(domain.blind), "total": len(domain.codons)}
    whole = len(domain.blind) == len(domain.codons)
    if not whole and not blind:
        return None
    deepest = max(c.depth for c in domain.codons.values())
    if wild_type_only:
        return sentences.say("kinase_hardly_expressed" if deepest else "kinase_not_expressed", **fields)
    if deepest == 0:
        return sentences.say("kinase_depth_zero")
    if whole:
        return sentences.say("kinase_too_shallow", **fields)
    return sentences.say("kinase_blind_positions", **_blind_fields(blind, wanted))


def _blind_fields(blind: list[int], wanted: frozenset[int]) -> dict[str, object]:
    return {"count": len(blind), "of": len(wanted), "codons": ", ".join(map(str, blind))}


# ---------------------------------------------------------------- inhibitors
def resistance_sentences(calls: Iterable[TkiCall], sentences: Sentences) -> list[str]:
    """The inhibitors facing reported resistance, and those without a call."""
    by_call: dict[Call, list[str]] = {}
    for call in calls:
        by_call.setdefault(call.call, []).append(call.drug)
    said = []
    if Call.RESISTANT in by_call:
        said.append(sentences.say("summary_resistant", drugs=", ".join(by_call[Call.RESISTANT])))
    if Call.UNKNOWN in by_call:
        said.append(sentences.say("summary_unknown", drugs=", ".join(by_call[Call.UNKNOWN])))
    return said
