"""What the absence or presence of an ALK junction means in DNA."""

from __future__ import annotations

from collections.abc import Iterable

from ..knowledge.sentences import Said, saying
from ..model.findings import TARGET, label
from ..model.records import DnaSearch, Fusion, FusionResult, RecruitStats, SearchedIntron
from ..model.vocabulary import Confidence, Kind, Specimen, State
from ..model.words import percent
from ..settings import InterpretSettings

LEAST_LOOKED_AT = 0.5  # of the main intron: most breakpoints must lie where the panel looked


def detected(found: Iterable[Fusion]) -> list[Said]:
    """What is to be said of kinase fusions predicted from breakpoints: predicted, and their allele fraction."""
    said = []
    for fusion in found:
        share = fusion.allele_fraction
        if fusion.predicted and share is not None:
            said.append(
                saying(
                    "alk_dna_predicted",
                    name=fusion.name,
                    label=label(fusion),
                    event=fusion.event_type,
                    fraction=percent(share.value),
                    low=percent(share.low),
                    high=percent(share.high),
                )
            )
    return said


def without_fusion(
    result: FusionResult,
    search: DnaSearch,
    stats: RecruitStats,
    settings: InterpretSettings,
    specimen: Specimen | None,
) -> tuple[State, tuple[Said, ...], float | None]:
    """A rearrangement that predicts no transcript is not assessable; none is not detected where the intron before the
    kinase was looked at deep enough."""
    unresolved = [
        f
        for f in result.fusions
        if f.target == TARGET and f.kind is Kind.UNRESOLVED_REARRANGEMENT and f.confidence is not Confidence.LOW
    ]
    if unresolved:
        names = "; ".join(dict.fromkeys(f.name for f in unresolved))
        return State.NOT_ASSESSABLE, (saying("alk_dna_unresolved", names=names),), None
    if stats.pairs_total == 0:
        return State.NOT_ASSESSABLE, (saying("alk_no_reads"),), None
    main = next((i for i in search.introns if i.intron == search.main_intron), None)
    if main is None or main.looked_at == 0:
        reason = saying("alk_dna_not_baited", intron=search.main_intron)
        return State.NOT_ASSESSABLE, (reason,), None
    if main.looked_at < LEAST_LOOKED_AT:
        reason = saying("alk_dna_partly_baited", intron=main.intron, share=percent(main.looked_at))
        return State.NOT_ASSESSABLE, (reason,), main.limit
    if main.limit is None or main.limit > settings.max_lod_vaf:
        fields = {"intron": main.intron, "depth": f"{main.depth:g}", "allowed": percent(settings.max_lod_vaf)}
        return State.NOT_ASSESSABLE, (saying("alk_dna_shallow", **fields),), main.limit
    said = [saying("alk_dna_not_detected", **_fields(main, search))]
    if specimen is Specimen.PLASMA:
        said.append(saying("alk_dna_plasma"))
    return State.NOT_DETECTED, tuple(said), main.limit


def _fields(main: SearchedIntron, search: DnaSearch) -> dict[str, object]:
    others = [i for i in search.introns if i is not main and i.looked_at]
    return {
        "limit": percent(main.limit),
        "intron": main.intron,
        "share": percent(main.looked_at),
        "depth": f"{main.depth:g}",
        "others": ", ".join(f"{i.intron} ({percent(i.looked_at)})" for i in others) or "none",
    }
