"""Interpretation: findings of all stages and the knowledge tables put together as report.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..knowledge.evidence import Knowledge
from ..knowledge.sentences import Sentences
from ..model.findings import junction_is, kinase_fusions
from ..model.records import (
    DismissedJunction,
    Fusion,
    FusionResult,
    RecruitStats,
    Report,
    SampleInfo,
    ScreenResult,
    State,
    Verdict,
)
from ..settings import InterpretSettings
from . import bypass, context, inhibitors, verdicts
from .verdicts import Domain

SCHEMA_VERSION = "1.0"


def build_report(
    sample: SampleInfo,
    stats: RecruitStats,
    fusions: FusionResult,
    screen: ScreenResult,
    knowledge: Path,
    settings: InterpretSettings,
    provenance: Mapping[str, Any],
) -> Report:
    """The whole report of one sample. `knowledge` is the folder of tables, `provenance` goes into the report as it is.

    Raises InputError when a table is missing or malformed.
    """
    tables = Knowledge.load(knowledge)
    domain = Domain.of(screen.screened)
    rearrangement, said = verdicts.rearrangement(fusions, stats, settings, tables.sentences)
    found = kinase_fusions(fusions.fusions)
    whole_transcripts = sample.assay == "rna" and sample.library != "amplicon"
    wild_type_only = whole_transcripts and rearrangement.state is State.NOT_DETECTED
    wanted = inhibitors.all_resistance_codons(tables)
    kinase = verdicts.kinase_domain(screen.mutations, domain, wanted, tables, wild_type_only)
    events = bypass.assemble(screen.bypass, fusions, stats, sample.assay, tables, settings)
    tracks = bypass.classify(events, screen.bypass, tables)
    bypass_finding, bypass_said = bypass.judge(tracks, tables.sentences)
    calls = inhibitors.matrix(found, rearrangement, screen.mutations, domain, tables)
    drugs = verdicts.resistance_sentences(calls, tables.sentences)
    report = Report(
        SCHEMA_VERSION,
        sample,
        Verdict(rearrangement, kinase, bypass_finding, " ".join([*said, kinase.reason, *drugs, bypass_said])),
        [context.with_context(f, tables) for f in fusions.fusions],
        screen.mutations,
        screen.screened,
        calls,
        events,
        quality(stats, fusions, screen, tables.sentences),
        dict(provenance),
        [_with_reason(junction, tables.sentences) for junction in fusions.dismissed],
    )
    report.qc["failure_list"] = context.failure_list(report, tracks, tables)
    return report


def _with_reason(junction: DismissedJunction, sentences: Sentences) -> DismissedJunction:
    return replace(junction, reason=sentences.say(f"dismissed_{junction.filter}", name=junction.name))


def quality(stats: RecruitStats, fusions: FusionResult, screen: ScreenResult, sentences: Sentences) -> dict[str, Any]:
    """The `qc` block. Fractions are 0-1, `read_length` is the commonest one, `error_rates` are per base."""
    lengths = stats.read_length_counts
    imbalance = fusions.imbalance
    return {
        "pairs_total": stats.pairs_total,
        "pairs_recruited": stats.pairs_recruited,
        "paired": stats.paired,
        "q30": _ratio(stats.q30_bases, stats.qualities_sampled),
        "read_length": max(lengths, key=lambda n: (lengths[n], n)) if lengths else None,
        "duplicate_fraction": stats.duplicate_fraction,
        "control_fragments": stats.control_fragments,
        "control_by_gene": dict(sorted(stats.control_by_gene.items())),
        "adapter_trimmed": stats.adapter_trimmed,
        "alk_imbalance": {
            "five_prime": imbalance.five_prime,
            "three_prime": imbalance.three_prime,
            "ratio": imbalance.ratio,
            "p_value": imbalance.p_value,
            "state": imbalance.state,
            "reason": imbalance.reason,
        },
        "error_rates": dict(sorted(screen.error_rates.items())),
        "call_alpha": screen.call_alpha,
        "junction_limit": fusions.junction_limit,
        "direct_junctions": direct_junctions(stats.direct_junctions, fusions.fusions, sentences),
        "notes": [*fusions.notes, *screen.notes],
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def direct_junctions(seen: Mapping[str, int], fusions: list[Fusion], sentences: Sentences) -> list[dict[str, Any]]:
    """The independent scan of the raw reads beside the aligned evidence: catalogued junctions with any pair."""
    rows = []
    for junction, pairs in sorted(seen.items()):
        if pairs:
            aligned = [f for f in fusions if junction_is(junction, f)]
            fragments = sum(f.support.unique_fragments for f in aligned)
            key = "direct_confirmed" if aligned else "direct_not_aligned"
            text = sentences.say(key, junction=junction, pairs=pairs, fragments=fragments)
            rows.append({"junction": junction, "pairs": pairs, "aligned_fragments": fragments, "text": text})
    return rows
