"""The four answers at the top of the page, taken from the report's states and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..model.findings import detected_name, functional, fusion_label, is_silent, kinase_fusions
from ..model.records import BypassEvent, Mutation, Report
from ..model.vocabulary import Call, Relation, State
from ..model.words import STATE_WORDS, ranges, share


@dataclass(frozen=True)
class Answer:
    """One card: `state` picks word, icon and colour; None for a card that lists instead of judging."""

    question: str
    state: State | None
    headline: str
    lines: tuple[str, ...]


def answers(report: Report) -> list[Answer]:
    return [_fusion(report), _mutation(report), _unassessed(report), _inhibitors(report)]


def _fusion(report: Report) -> Answer:
    finding = report.verdict.alk_rearrangement
    lines = [finding.reason] if finding.reason else []
    named = kinase_fusions(report.fusions)
    if finding.state is State.DETECTED:
        headline = "; ".join(fusion_label(f) for f in named)
        if all(functional(f) and f.structure_complete for f in named):
            lines = [
                f"{f.notation}: {f.frame.replace('_', ' ')}, {f.confidence} confidence, "
                f"{f.support.unique_fragments} fragments"
                for f in named
            ]
    else:
        headline = STATE_WORDS[finding.state]
    others = [f for f in report.fusions if f.target == "ALK" and f not in named]
    lines += [f"Also found: {fusion_label(f)}, {f.kind.replace('_', ' ')}, {f.confidence} confidence" for f in others]
    return Answer("ALK fusion, and which variant?", finding.state, headline, tuple(lines))


def _mutation(report: Report) -> Answer:
    finding = report.verdict.kinase_domain
    headline = STATE_WORDS[finding.state]
    lines = [finding.reason] if finding.reason else []
    if finding.state is State.DETECTED:
        changes = [m for m in report.mutations if m.gene == "ALK" and not is_silent(m)]
        headline = ", ".join(m.short for m in [m for m in changes if m.knowledge] or changes)
        short = {f"{m.gene} {m.hgvs_p}": m.short for m in report.mutations}
        lines = [_change(m, short) for m in changes]
    return Answer("Resistance mutation in the ALK kinase domain?", finding.state, headline, tuple(lines))


def _change(change: Mutation, short: Mapping[str, str]) -> str:
    """One change with its share and its phase; `short` are short names by those of the phase links."""
    row = change.knowledge
    known = "unknown significance"
    if row and (row.mutation or row.class_):
        known = (row.class_ if row.verified == "page" else "") or "listed"
    said = f"{change.short} ({known}): {share(change.vaf)} of {change.depth:,} fragments"
    for relation, words in ((Relation.CIS, "on the same fragments as"), (Relation.TRANS, "on other fragments than")):
        others = [short.get(link.with_, link.with_) for link in change.phase if link.relation is relation]
        said += f", {words} {', '.join(others)}" if others else ""
    return said


def _unassessed(report: Report) -> Answer:
    """Verdicts, codons and tracks that are not assessable; why stands beside each verdict."""
    verdict = report.verdict
    named = (("ALK rearrangement", verdict.alk_rearrangement), ("ALK kinase domain", verdict.kinase_domain))
    missing = [name for name, finding in named if finding.state is State.NOT_ASSESSABLE]
    lines = []
    codons = [c for c in report.screened if c.gene == "ALK"]
    blind = [c for c in codons if c.state is State.NOT_ASSESSABLE]
    if blind:
        missing.append(f"{len(blind)} of {len(codons)} ALK codons")
        lines.append(f"ALK codons: {_some(ranges(c.codon for c in blind))}")
    tested = [b for b in report.bypass if not is_outside(b)]
    tracks = [f"{b.gene} {b.event}" for b in tested if b.state is State.NOT_ASSESSABLE]
    if tracks:
        missing.append(f"{len(tracks)} of {len(tested)} bypass events")
        lines.append(f"Bypass events: {_some(tracks)}")
    outside = [f"{b.gene} {b.event.partition(':')[0]}" for b in report.bypass if is_outside(b)]
    if outside:
        lines.append(f"Never by this test: {', '.join(outside)}")
    headline = "; ".join(missing) or "nothing that this test covers"
    return Answer("What could not be assessed?", State.NOT_ASSESSABLE if missing else None, headline, tuple(lines))


def is_outside(track: BypassEvent) -> bool:
    """Whether no sample of this kind could show the track: nothing was counted for it."""
    return track.state is State.NOT_ASSESSABLE and track.alt_fragments is None and track.depth is None


def _inhibitors(report: Report) -> Answer:
    def drugs(call: Call) -> list[str]:
        return [t.drug for t in report.tki if t.call is call]

    resistant = drugs(Call.RESISTANT)
    if report.tki and len(drugs(Call.NOT_APPLICABLE)) == len(report.tki):
        because = STATE_WORDS[report.verdict.alk_rearrangement.state]
        return Answer("Which inhibitors face resistance?", None, "not applicable", (f"ALK kinase fusion: {because}.",))
    bypass = [detected_name(b) for b in report.bypass if b.state is State.DETECTED]
    lines = tuple(
        f"{words}: {', '.join(found)}"
        for words, found in (
            ("Sources disagree", drugs(Call.CONFLICTING)),
            ("Intermediate activity reported", drugs(Call.INTERMEDIATE)),
            ("Activity reported", drugs(Call.SENSITIVE)),
            ("Unknown", drugs(Call.UNKNOWN)),
            ("Found outside ALK, not part of these calls", bypass),
        )
        if found
    )
    if resistant:
        headline = ", ".join(resistant)
    elif len(drugs(Call.UNKNOWN)) == len(report.tki):
        headline = "unknown"
    else:
        headline = "none by reported evidence on ALK changes"
    return Answer("Which inhibitors face resistance?", None, headline, lines)


def _some(items: Sequence[str], most: int = 8) -> str:
    """At most `most` items, with the number of the others."""
    rest = len(items) - most
    return ", ".join(items[:most]) + (f" and {rest} more" if rest > 0 else "")
