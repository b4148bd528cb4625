"""The three verdicts of a report, decided and not yet in words, each `detected`, `not_detected` or `not_assessable`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from ..knowledge.evidence import Knowledge, parts
from ..knowledge.sentences import Said, saying
from ..model.findings import TARGET, alk_changes, change_name, is_silent, junction_is, kinase_fusions, label
from ..model.records import Fusion, FusionResult, Mutation, RecruitStats, ScreenedCodon
from ..model.vocabulary import Call, Confidence, Frame, Kind, Specimen, State
from ..model.words import percent
from ..settings import InterpretSettings
from . import dna
from .outcome import Outcome


def rearrangement(
    result: FusionResult, stats: RecruitStats, settings: InterpretSettings, specimen: Specimen | None = None
) -> Outcome:
    """State of the ALK rearrangement; `summary` adds what else was seen of ALK."""
    found = kinase_fusions(result.fusions)
    side = _side_findings(result.fusions)
    if not found:
        if result.dna is not None:
            state, reasons, limit = dna.without_fusion(result, result.dna, stats, settings, specimen)
            return Outcome(state, reasons, limit, tuple(side))
        state, said, limit = _without_fusion(result, stats, settings)
        return Outcome(state, said, limit, (*side, *_direct_only(result.fusions, stats)))
    said_of = [*map(_detected, found), *dna.detected(found), *_warnings(found)]
    if result.imbalance.state is State.DETECTED:
        side = [saying("alk_imbalance_too", **_sides(result)), *side]
    return Outcome(State.DETECTED, tuple(said_of), result.junction_limit, tuple(side))


def _without_fusion(
    result: FusionResult, stats: RecruitStats, settings: InterpretSettings
) -> tuple[State, tuple[Said, ...], float | None]:
    """Not detected where the controls carry it, else not assessable with the reason."""
    limit = result.junction_limit
    if result.imbalance.state is State.DETECTED:
        return State.NOT_ASSESSABLE, (saying("alk_imbalance_only", **_sides(result)),), None
    if stats.pairs_total == 0:
        return State.NOT_ASSESSABLE, (saying("alk_no_reads"),), None
    controls = stats.control_fragments
    holes = [Said(obstacle.key, dict(obstacle.fields)) for obstacle in result.obstacles]
    if controls < settings.min_control_fragments or (limit is None and not holes):
        needed = max(settings.min_control_fragments, 1)
        holes.insert(0, saying("alk_few_controls", controls=controls, needed=needed))
    elif holes:
        holes.insert(0, saying("alk_not_proven"))
    if holes or limit is None:
        return State.NOT_ASSESSABLE, tuple(holes), limit
    return State.NOT_DETECTED, (saying("alk_not_detected", one_in=round(1 / limit), controls=controls),), limit


def _sides(result: FusionResult) -> dict[str, object]:
    return {"three_prime": result.imbalance.three_prime, "five_prime": result.imbalance.five_prime}


def _direct_only(fusions: Sequence[Fusion], stats: RecruitStats) -> list[Said]:
    """Catalogued junctions of the raw reads that no aligned junction matches."""
    return [
        saying("alk_direct_only", junction=name, pairs=pairs)
        for name, pairs in sorted(stats.direct_junctions.items())
        if pairs and not any(junction_is(name, fusion) for fusion in fusions)
    ]


def _detected(fusion: Fusion) -> Said:
    return saying(
        "alk_detected",
        name=fusion.name,
        label=label(fusion),
        frame="reading frame undetermined" if fusion.frame == Frame.UNDETERMINED else fusion.frame.replace("_", " "),
        confidence=fusion.confidence,
        fragments=fusion.support.unique_fragments,
    )


def _warnings(fusions: Iterable[Fusion]) -> list[Said]:
    """What keeps detected fusions from being read as a functional kinase."""
    said = []
    for fusion in fusions:
        names = {"name": fusion.name, "label": label(fusion)}
        if fusion.frame == Frame.OUT_OF_FRAME:
            said.append(saying("alk_out_of_frame", **names))
        elif fusion.frame != Frame.IN_FRAME:
            said.append(saying("alk_frame_undetermined", **names))
        elif fusion.premature_stop:
            said.append(saying("alk_stop", **names))
        if fusion.kinase_domain_retained is False:
            said.append(saying("alk_domain_lost", **names))
        if not fusion.structure_complete:
            said.append(saying("alk_structure_incomplete", **names))
    return said


def _side_findings(fusions: Iterable[Fusion]) -> list[Said]:
    """Junctions of ALK that are named but never make it detected."""
    said = []
    for fusion in fusions:
        if fusion.target != TARGET:
            continue
        names = {"name": fusion.name, "label": label(fusion), "fragments": fusion.support.unique_fragments}
        if fusion.confidence == Confidence.LOW:
            said.append(saying("alk_low_confidence", **names))
        elif fusion.kind == Kind.DISRUPTING_EVENT:
            said.append(saying("alk_disrupting", **names))
        elif fusion.kind == Kind.UNRESOLVED_REARRANGEMENT:
            said.append(saying("alk_unresolved", **names))
        elif fusion.kind == Kind.RECIPROCAL:
            said.append(saying("alk_reciprocal", **names))
    return [one for at, one in enumerate(said) if one not in said[:at]]


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
    names = [row.mutation for row in knowledge.changes] + [row.change for row in knowledge.evidence]
    return frozenset(part for name in names for part in parts(name))


def describe(mutation: Mutation, knowledge: Knowledge) -> str:
    """ "G1202R (resistance; 63 of 412 fragments, VAF 15.3%)", with the class of the change's row."""
    rows = [row for row in knowledge.changes if row.mutation == change_name(mutation) and row.verified == "page"]
    known = rows[0].change_class if rows else ""
    counts = f"{mutation.alt_fragments} of {mutation.depth} fragments, VAF {percent(mutation.vaf)}"
    return f"{mutation.short} ({known}; {counts})" if known else f"{mutation.short} ({counts})"


def kinase_domain(
    mutations: Sequence[Mutation],
    domain: Domain,
    wanted: frozenset[int],
    knowledge: Knowledge,
    wild_type_only: bool,
) -> Outcome:
    """State of the kinase domain. `wanted` are the codons with reported resistance; `wild_type_only` says that the
    sample is good RNA without an ALK fusion, so that only wild-type ALK could have been read."""
    listed = listed_changes(knowledge)
    changes = alk_changes(mutations)
    known = [m for m in changes if change_name(m) in listed]
    others = [m for m in changes if change_name(m) not in listed]
    silent = [m for m in mutations if m.gene == TARGET and is_silent(m)]
    blind = domain.unreadable(wanted)
    also = []
    if others:
        also.append(saying("kinase_unknown_change", changes="; ".join(describe(m, knowledge) for m in others)))
    if silent:
        names = "; ".join(f"{m.hgvs_c} {m.hgvs_p}" for m in silent)
        also.append(saying("kinase_silent_change", changes=names))
    if known:
        said = [saying("kinase_detected", changes="; ".join(describe(m, knowledge) for m in known))]
        if domain.worst is not None:
            said.append(saying("kinase_limits", **domain.limits()))
        if blind:
            said.append(saying("kinase_also_blind", **_blind_fields(blind, wanted)))
        return Outcome(State.DETECTED, (*said, *also), domain.worst)
    reason = _not_assessable(domain, blind, wanted, wild_type_only)
    if reason:
        return Outcome(State.NOT_ASSESSABLE, (reason, *also), domain.worst)
    clear = saying("kinase_not_detected", **domain.limits())
    return Outcome(State.NOT_DETECTED, (clear, *also), domain.worst)


def _not_assessable(domain: Domain, blind: list[int], wanted: frozenset[int], wild_type_only: bool) -> Said | None:
    """Why the domain cannot be assessed; None when it can."""
    if not domain.codons:
        return saying("kinase_no_codons")
    fields = {"depth": f"{domain.depth:g}", "blind": len(domain.blind), "total": len(domain.codons)}
    whole = len(domain.blind) == len(domain.codons)
    if not whole and not blind:
        return None
    deepest = max(c.depth for c in domain.codons.values())
    if wild_type_only:
        return saying("kinase_hardly_expressed", **fields) if deepest else saying("kinase_not_expressed")
    if deepest == 0:
        return saying("kinase_depth_zero")
    if whole:
        return saying("kinase_too_shallow", **fields)
    return saying("kinase_blind_positions", **_blind_fields(blind, wanted))


def _blind_fields(blind: list[int], wanted: frozenset[int]) -> dict[str, object]:
    return {"count": len(blind), "of": len(wanted), "codons": ", ".join(map(str, blind))}


# ---------------------------------------------------------------- inhibitors
class DrugCall(Protocol):
    """A drug and its call."""

    @property
    def drug(self) -> str: ...
    @property
    def call(self) -> Call: ...


def resistance_sentences(calls: Iterable[DrugCall]) -> list[Said]:
    """The inhibitors facing reported resistance, those on which sources conflict, and those without a call."""
    by_call: dict[Call, list[str]] = {}
    for call in calls:
        by_call.setdefault(call.call, []).append(call.drug)
    said = []
    if Call.RESISTANT in by_call:
        said.append(saying("summary_resistant", drugs=", ".join(by_call[Call.RESISTANT])))
    if Call.CONFLICTING in by_call:
        said.append(saying("summary_conflicting", drugs=", ".join(by_call[Call.CONFLICTING])))
    if Call.UNKNOWN in by_call:
        said.append(saying("summary_unknown", drugs=", ".join(by_call[Call.UNKNOWN])))
    return said
