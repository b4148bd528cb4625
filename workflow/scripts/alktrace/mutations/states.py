"""The states: one row for every screened codon, one for every hotspot event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from ..knowledge.evidence import references, unique
from ..knowledge.hotspots import EXON_SKIPPING, KINASE_DOMAIN, Event
from ..model.records import BypassEvent, Reference, ScreenedCodon
from ..model.vocabulary import State, TrackKind
from ..model.words import ranges
from ..reference import target_listing
from . import calls, exon_skipping, hgvs, phase
from .calls import CodonLimit, GeneScreen
from .changes import Change, reported_by
from .indel_noise import IndelNoise
from .inputs import Sample
from .noise import (
    MIN_ALT_FRAGMENTS,
    NoiseModel,
    clopper_pearson,
    critical_counts,
    detection_limits,
    p_values,
)
from .pileup import GenePileup
from .reads import ReadTable
from .splice_sites import SpliceScreen
from .substitutions import NEIGHBOUR

NO_FINDING = {
    "silent",
    "polymorphism",
    "not_screened",
    "part_of_indel",
}  # filters of changes that would not be reported
OUTSIDE = "outside the targets of the panel"
MOST_STRETCHES = 8  # of codons named in one reason; `screened` has them all


@dataclass(frozen=True)
class Thresholds:
    """What decides a state: the noise of the sample and the p-value threshold of one call."""

    substitutions: NoiseModel
    indels: IndelNoise
    alpha: float


def screened_codons(
    screens: dict[str, GeneScreen],
    parts: dict[str, list[GeneScreen]],
    changes: list[Change],
    sample: Sample,
    limits: Thresholds,
) -> list[ScreenedCodon]:
    """One row for every codon of the screened set, in table order. `parts`: screens of codons that are read in parts;
    `changes`: all that stand out, filtered ones too."""
    by_gene = {gene: _codon_limits(screen, sample, limits) for gene, screen in screens.items()}
    in_parts = {
        gene: [(screen, _codon_limits(screen, sample, limits)) for screen in both] for gene, both in parts.items()
    }
    found: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        for codon in range(change.first_codon, change.last_codon + 1):
            found.setdefault((change.gene, codon), []).append(change)
    rows = []
    for gene, codon in sample.tables.by_codon:
        screen = screens.get(gene)
        if screen is None or codon > len(screen.pileup.codons):
            why = (
                "gene is not in annotation and panel"
                if screen is None
                else "the reference transcript has no such codon"
            )
            rows.append(ScreenedCodon(gene, codon, 0, 0, None, None, State.NOT_ASSESSABLE, why))
        else:
            here = found.get((gene, codon), [])
            own = [part for part in in_parts.get(gene, []) if codon in part[0].wanted]
            row = _screened_codon(screen, codon, by_gene[gene].get(codon), here, sample)
            rows.append(
                _joined([_screened_codon(s, codon, x.get(codon), here, sample) for s, x in own]) if own else row
            )
    return rows


def _codon_limits(screen: GeneScreen, sample: Sample, limits: Thresholds) -> dict[int, CodonLimit]:
    """Limit of detection of each covered codon: the worst of its reported single substitutions; where no single
    substitution is reported, that of insertions and deletions."""
    bound = sample.settings.max_lod_vaf
    worst = calls.substitution_limits(screen, limits.substitutions, limits.alpha, sample.tables, bound)
    depth = screen.pileup.counts.sum(axis=(1, 2))
    rest = [codon for codon in screen.codons if codon not in worst and depth[codon - 1] > 0]
    depths = np.array([depth[codon - 1] for codon in rest], np.int64)
    gaps = limits.indels.limits(depths, limits.alpha, limits.substitutions.misread)
    return {**worst, **{c: CodonLimit(1.0 if np.isnan(x) else float(x)) for c, x in zip(rest, gaps, strict=True)}}


def _screened_codon(
    screen: GeneScreen, codon: int, limit: CodonLimit | None, found: list[Change], sample: Sample
) -> ScreenedCodon:
    """A called indel leaves the codon unread on its molecules: the depth is then that of the indel. A change that was
    taken for an artefact is said in the reason."""
    artefacts = [c for c in found if c.filters and not set(c.filters) & NO_FINDING]
    found = [c for c in found if not c.filters]
    read = int(screen.pileup.counts[codon - 1].sum())
    depth = max([read, *(c.depth for c in found)])
    alternate = max((c.alt_fragments for c in found), default=_most_frequent(screen, codon))
    high = clopper_pearson(alternate, depth)[1] if depth else None
    vaf = None if limit is None else limit.vaf
    if found:
        state, reason = State.DETECTED, ", ".join(c.short for c in found)
        vaf = 1.0 if vaf is None else vaf
    else:
        state, reason = _state(screen, codon, depth, limit, sample)
        said = [
            f"{c.short} in {c.alt_fragments} of {c.depth} fragments is filtered ({', '.join(c.filters)})"
            for c in artefacts
        ]
        reason = "; ".join(filter(None, [reason, *said]))
    return ScreenedCodon(screen.gene, codon, depth, alternate, high, vaf, state, reason)


def _joined(rows: list[ScreenedCodon]) -> ScreenedCodon:
    """Row of a codon that is read in two parts: as weak as the weaker one, with what either was worth."""
    worst = max(rows, key=lambda row: (row.limit_of_detection_vaf is None, row.limit_of_detection_vaf or 0.0))
    states = {row.state for row in rows}
    state = next(s for s in (State.DETECTED, State.NOT_ASSESSABLE, State.NOT_DETECTED) if s in states)
    said = []
    for name, row in zip(("before", "behind"), rows, strict=True):
        limit = "" if row.limit_of_detection_vaf is None else f", limit of detection {row.limit_of_detection_vaf:.1%}"
        said.append(f"bases {name} the intron: {row.depth} fragments{limit}")
    reasons = dict.fromkeys(row.reason for row in rows if row.reason)
    return replace(
        worst,
        alt_fragments=max(row.alt_fragments for row in rows),
        state=state,
        reason="; ".join([*reasons, f"split between exons, read in parts ({'; '.join(said)})"]),
    )


def _state(screen: GeneScreen, codon: int, depth: int, limit: CodonLimit | None, sample: Sample) -> tuple[State, str]:
    """State and reason of a codon without a call."""
    residue = hgvs.translate_codon(screen.pileup.reference_codon(codon))
    expected = {e.expected_residue(codon) for e in sample.tables.by_codon[screen.gene, codon]} - {None}
    if (screen.gene, codon) in sample.outside:
        return State.NOT_ASSESSABLE, OUTSIDE
    if (screen.gene, codon) in sample.blind:
        return State.NOT_ASSESSABLE, target_listing.REASON
    if depth == 0 or limit is None:
        return State.NOT_ASSESSABLE, "no fragment reads this codon"
    if "X" in residue:
        return State.NOT_ASSESSABLE, "the reference has an unknown base here"
    if expected and residue not in expected:
        wanted = "/".join(sorted(str(r) for r in expected))
        transcript = screen.pileup.transcript.transcript_id
        return State.NOT_ASSESSABLE, f"residue {codon} of {transcript} is {residue}, the table expects {wanted}"
    hidden = f"{limit.pattern} hides {', '.join(limit.hidden)} up to {limit.hidden_vaf:.1%}" if limit.hidden else ""
    if limit.decisive:
        return State.NOT_ASSESSABLE, f"{hidden}; no other change of the codon was found"
    if limit.vaf > sample.settings.max_lod_vaf:
        bound = sample.settings.max_lod_vaf
        return State.NOT_ASSESSABLE, f"limit of detection {limit.vaf:.1%} is above {bound:.1%} at {depth} fragments"
    return State.NOT_DETECTED, hidden


def _most_frequent(screen: GeneScreen, codon: int) -> int:
    """Molecules of the reported single substitution seen most often."""
    contents = screen.pileup.counts[codon - 1].sum(axis=1)
    code = int(screen.pileup.codons[codon - 1])
    return max((int(contents[NEIGHBOUR[code, j]]) for j in screen.wanted[codon]), default=0)


# ---------------------------------------------------------------- hotspot events
def mutation_events(sample: Sample, screened: list[ScreenedCodon], called: list[Change]) -> list[BypassEvent]:
    """One row for each mutation event of hotspots.tsv, in table order; rows with one gene and event name are one."""
    events: dict[tuple[str, str], list[Event]] = {}
    for event in sample.tables.events:
        if event.kind not in (KINASE_DOMAIN, EXON_SKIPPING):
            events.setdefault((event.gene, event.event), []).append(event)
    return [_mutation_event(rows, screened, called) for rows in events.values()]


def _mutation_event(rows: list[Event], screened: list[ScreenedCodon], called: list[Change]) -> BypassEvent:
    codons = {codon for row in rows for codon in row.codons}
    own = [s for s in screened if s.gene == rows[0].gene and s.codon in codons]
    found = [c for c in called if c.gene == rows[0].gene and any(reported_by(c, row) for row in rows)]
    limits = [s.limit_of_detection_vaf for s in own]
    limit = None if None in limits or not limits else max(x for x in limits if x is not None)
    state, reason = State.NOT_DETECTED, ""
    if found:
        state, reason = State.DETECTED, ", ".join(c.short for c in found)
    elif any(s.state is State.NOT_ASSESSABLE for s in own):
        state, reason = State.NOT_ASSESSABLE, _why_blind(own)
    # Counts of the most frequent change found; else the least depth, and what no call of another event explains.
    explained = {n for c in called if c.gene == rows[0].gene for n in range(c.first_codon, c.last_codon + 1)}
    depth = min((s.depth for s in own), default=0)
    alternate = max((s.alt_fragments for s in own if s.codon not in explained), default=0)
    if found:
        most = max(found, key=lambda change: change.alt_fragments)
        depth, alternate = most.depth, most.alt_fragments
    return _track(rows, state, depth, alternate, limit, reason)


def _why_blind(own: list[ScreenedCodon]) -> str:
    """What was screened of an event without a finding, and which codons were not."""
    missed = [s for s in own if s.state is State.NOT_ASSESSABLE]
    seen = [s for s in own if s.state is not State.NOT_ASSESSABLE]
    if not seen:
        reasons = {s.reason for s in missed}
        none = f"none of {len(own)} codons can be assessed: " if len(own) > 1 else ""
        return none + missed[0].reason + ("" if len(reasons) == 1 else f" (codon {missed[0].codon})")
    worst = max(s.limit_of_detection_vaf or 0.0 for s in seen)
    stretches = ranges(s.codon for s in missed)
    rest = len(stretches) - MOST_STRETCHES
    return (
        f"no change at {len(seen)} of {len(own)} codons (limit of detection up to {worst:.1%}); "
        f"not assessable: {', '.join(stretches[:MOST_STRETCHES])}" + (f" and {rest} more stretches" if rest > 0 else "")
    )


def skipping_events(sample: Sample) -> list[Event]:
    """Rows of hotspots.tsv that are exon skipping."""
    return [event for event in sample.tables.events if event.kind == EXON_SKIPPING]


def skipping_track(
    event: Event, pileup: GenePileup, reads: ReadTable, molecule: np.ndarray, max_lod_vaf: float, limits: Thresholds
) -> BypassEvent:
    """Exon skipping: molecules spliced past the exon among all that are spliced from the exon before it."""
    transcript = pileup.transcript
    first, last = exon_skipping.skipped_junction(event)
    if last > len(transcript.exons):
        return blind_track(event, f"{transcript.transcript_id} has no exon {last}")
    holds = exon_skipping.junction_votes(reads, pileup, first, last, len(molecule))
    normal, skipped = phase.count_molecules(holds, molecule)
    depth = normal + skipped
    if depth == 0:
        return blind_track(event, f"no fragment is spliced from exon {first}")
    n, rate, sigma = (
        np.array([depth]),
        np.array([exon_skipping.SKIPPING_RATE]),
        np.array([exon_skipping.SKIPPING_SIGMA]),
    )
    p_value = float(p_values(np.array([skipped]), n, rate, sigma)[0])
    critical = critical_counts(n, rate, sigma, None, limits.alpha, MIN_ALT_FRAGMENTS)
    limit = float(detection_limits(critical, n, 0.0)[0])
    state, reason = State.NOT_DETECTED, ""
    if skipped >= MIN_ALT_FRAGMENTS and p_value <= limits.alpha:
        state, reason = State.DETECTED, f"{skipped} of {depth} fragments join exon {first} to exon {last}"
    elif limit > max_lod_vaf:
        state = State.NOT_ASSESSABLE
        reason = f"limit of detection {limit:.1%} is above {max_lod_vaf:.1%} at {depth} fragments"
    return _track([event], state, depth, skipped, limit, reason)


def splice_track(event: Event, seen: SpliceScreen, max_lod_vaf: float) -> BypassEvent:
    """Exon skipping as DNA predicts it, from changes of the exon's splice sites."""
    called = [change for change in seen.found if not change.filters]
    depth, alternate, state = seen.depth, 0, State.NOT_DETECTED
    reason = "DNA: the splice sites are unchanged; skipping for another reason is not seen"
    if called:
        most = max(called, key=lambda change: change.alt_fragments)
        depth, alternate, state = most.depth, most.alt_fragments, State.DETECTED
        names = ", ".join(f"{c.name} in {c.alt_fragments} of {c.depth} fragments" for c in called)
        reason = f"predicted from DNA: {names} destroys a splice site; RNA shows whether the exon is skipped"
    elif seen.limit is None:
        state, reason = State.NOT_ASSESSABLE, "no fragment reads the splice sites"
    elif seen.limit > max_lod_vaf:
        state = State.NOT_ASSESSABLE
        reason = f"limit of detection {seen.limit:.1%} is above {max_lod_vaf:.1%} at {depth} fragments"
    return _track([event], state, depth, alternate, seen.limit, reason)


def blind_track(event: Event, reason: str) -> BypassEvent:
    """A hotspot event that cannot be looked at."""
    return _track([event], State.NOT_ASSESSABLE, 0, 0, None, reason)


def _sources(rows: list[Event]) -> list[Reference]:
    """References of the rows, each once."""
    return unique(one for row in rows for one in references(row, note=row.note))


def _track(
    rows: list[Event], state: State, depth: int, alternate: int, limit: float | None, reason: str
) -> BypassEvent:
    """What is said of one event, of which `rows` are the rows of hotspots.tsv."""
    first = rows[0]
    kind, sources = TrackKind(first.kind), _sources(rows)
    return BypassEvent(first.gene, first.event, kind, state, depth, alternate, limit, reason, sources, first.track)
