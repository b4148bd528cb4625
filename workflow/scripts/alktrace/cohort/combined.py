"""One patient, one test: the RNA and DNA samples of one time point interpreted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..interpret import bypass, context, inhibitors
from ..interpret.bypass import Tracks
from ..interpret.verdicts import Domain
from ..interpret.wording import tki_call
from ..knowledge.evidence import Knowledge
from ..knowledge.sentences import Said, saying
from ..model.combined import (
    COMBINED_VERSION,
    CombinedCall,
    CombinedFinding,
    CombinedReason,
    CombinedReport,
    CombinedVerdict,
)
from ..model.findings import TARGET, is_silent, label
from ..model.records import BypassEvent, FileRecord, Finding, Fusion, Mutation, Report, ScreenedCodon, Verdict
from ..model.vocabulary import Agreement, Assay, Call, Confidence, FindingKind, Kind, State, TrackKind
from ..model.words import named, percent, ranges
from .agreement import (
    assay_name,
    change_sight,
    fusion_sight,
    is_called,
    judge,
    judge_structure,
    track_key,
    track_sight,
    why_change_missed,
    why_fusion_missed,
)

TOGETHER = {  # sentences
    Agreement.BOTH: "agreement_both",
    Agreement.RNA_ONLY: "agreement_rna_only",
    Agreement.DNA_ONLY: "agreement_dna_only",
    Agreement.CONTRADICTING: "agreement_contradicting",
}
WITHOUT = {State.NOT_DETECTED: "combined_not_detected", State.NOT_ASSESSABLE: "combined_not_assessable"}
ABOUT = {
    "alk_rearrangement": "about_alk_rearrangement",
    "kinase_domain": "about_kinase_domain",
    "bypass": "about_bypass",
}
ORDER = {State.DETECTED: 0, State.NOT_DETECTED: 1, State.NOT_ASSESSABLE: 2}


def combine(reports: Sequence[Report], files: Mapping[str, FileRecord], knowledge: Knowledge) -> CombinedReport:
    """The combined report of samples of one patient and time point, of which at least one is RNA and one DNA. `files`
    are their report.json by sample."""
    reports = sorted(reports, key=lambda r: r.sample.assay is Assay.DNA)
    merged = _Merged(reports, knowledge)
    findings = [
        *_rearrangements(reports, knowledge),
        *_changes(reports, knowledge),
        *_tracks(reports, merged, knowledge),
    ]
    tki = _inhibitors(reports, merged, knowledge)
    verdicts = merged.verdicts(findings)
    return CombinedReport(
        schema_version=COMBINED_VERSION,
        patient=reports[0].sample.patient,
        timepoint=reports[0].sample.timepoint,
        samples=[r.sample for r in reports],
        reports={r.sample.id: files[r.sample.id] for r in reports},
        summary=_summary(findings, verdicts, tki, knowledge),
        verdicts=verdicts,
        findings=findings,
        reasons=_reasons(reports, merged, knowledge),
        tki=tki,
        not_assessed=merged.not_assessed(),
        notes=_notes(reports, knowledge),
    )


def _of(reports: Sequence[Report], assay: Assay) -> list[Report]:
    return [r for r in reports if r.sample.assay is assay]


# ---------------------------------------------------------------- findings
def _rearrangements(reports: Sequence[Report], knowledge: Knowledge) -> list[CombinedFinding]:
    """One finding a pair of genes; ALK first. A DNA rearrangement without a predicted transcript is one where nothing
    else of its gene was called."""
    pairs: dict[tuple[str, str], list[Fusion]] = {}
    for report in reports:
        for fusion in report.fusions:
            if is_called(fusion):
                pairs.setdefault((fusion.target, fusion.five_prime.gene or fusion.name), []).append(fusion)
    called = {target for target, _ in pairs}
    for report in reports:
        for fusion in report.fusions:
            unresolved = fusion.kind is Kind.UNRESOLVED_REARRANGEMENT and fusion.confidence is not Confidence.LOW
            if unresolved and fusion.target not in called:
                pairs.setdefault((fusion.target, fusion.event_id), []).append(fusion)
    found = [_rearrangement(target, fusions, reports, knowledge) for (target, _), fusions in pairs.items()]
    return sorted(found, key=lambda f: f.kind is not FindingKind.REARRANGEMENT)


def _rearrangement(
    target: str, fusions: Sequence[Fusion], reports: Sequence[Report], knowledge: Knowledge
) -> CombinedFinding:
    ids = {f.junction_id for f in fusions}
    own = {r.sample.id: [f for f in r.fusions if f.junction_id in ids] for r in reports}
    sights = [fusion_sight(own[r.sample.id], target, r, knowledge.sentences) for r in reports]
    predicted = [f for f in fusions if f.predicted]
    observed = [f for f in fusions if not f.predicted]
    if predicted and observed:
        judged = judge_structure(predicted, observed, knowledge.sentences)
    else:
        why = why_fusion_missed(fusions, sights, reports, knowledge.sentences)
        missing = next(s for s in sights if s.state is not State.DETECTED)
        explained = knowledge.sentences.say("combined_explain_fusion", text=missing.text)
        judged = judge(sights, why, explained, knowledge.sentences)
    shown = observed or predicted or list(fusions)
    return CombinedFinding(
        kind=FindingKind.REARRANGEMENT if target == TARGET else FindingKind.DRIVER_FUSION,
        gene=target,
        name=f"{shown[0].name} {' + '.join(dict.fromkeys(map(label, shown)))}",
        agreement=judged.agreement,
        text=judged.text,
        sights=sights,
        predicted=list(dict.fromkeys(map(label, predicted))),
        observed=list(dict.fromkeys(map(label, observed))),
    )


def _key(change: Mutation) -> tuple[str, int, str]:
    return change.gene, change.codon, change.hgvs_c


def _changes(reports: Sequence[Report], knowledge: Knowledge) -> list[CombinedFinding]:
    """Changes that alter the protein: of ALK first, then by gene and codon."""
    changes = {_key(m): m for r in reversed(reports) for m in r.mutations if not is_silent(m)}
    found = []
    for key in sorted(changes, key=lambda k: (k[0] != TARGET, k)):
        change = changes[key]
        sights = [change_sight(change, r, knowledge.sentences) for r in reports]
        why = None
        if len({s.assay for s in sights if s.state is State.DETECTED}) == 1:
            why = why_change_missed(change, sights, reports, knowledge.sentences)
        explained = knowledge.sentences.say("combined_explain_change")
        judged = judge(sights, why, explained, knowledge.sentences)
        found.append(
            CombinedFinding(
                kind=FindingKind.KINASE_CHANGE if change.gene == TARGET else FindingKind.OTHER_CHANGE,
                gene=change.gene,
                name=f"{change.gene} {change.short} ({change.hgvs_c})",
                agreement=judged.agreement,
                text=judged.text,
                sights=sights,
            )
        )
    return found


_KINDS = {TrackKind.EXON_SKIPPING: FindingKind.EXON_SKIPPING, TrackKind.AMPLIFICATION: FindingKind.COPY_NUMBER}


def _tracks(reports: Sequence[Report], merged: _Merged, knowledge: Knowledge) -> list[CombinedFinding]:
    """Exon skipping, copy number, and tracks without a called change; changes and fusions are findings of their own."""
    found = []
    changed = {m.gene for r in reports for m in r.mutations}
    for event in merged.events:
        unnamed = event.kind is TrackKind.MUTATION and event.gene not in changed
        if event.state is State.DETECTED and (event.kind in _KINDS or unnamed):
            sights = [track_sight(event, r, knowledge.sentences) for r in reports]
            explained = knowledge.sentences.say("combined_explain_change")
            judged = judge(sights, None, explained, knowledge.sentences)
            found.append(
                CombinedFinding(
                    kind=_KINDS.get(event.kind, FindingKind.OTHER_CHANGE),
                    gene=event.gene,
                    name=f"{event.gene} {event.event}",
                    agreement=judged.agreement,
                    text=judged.text,
                    sights=sights,
                )
            )
    return found


# ---------------------------------------------------------------- both assays as one
class _Merged:
    """What is known when either assay may answer: a state is that of the sample that says most; no number is joined."""

    def __init__(self, reports: Sequence[Report], knowledge: Knowledge):
        self._reports, self._knowledge = reports, knowledge
        seen = {f.five_prime.gene for r in _of(reports, Assay.RNA) for f in r.fusions if is_called(f)}
        self.fusions = [
            f
            for r in reports
            for f in r.fusions
            if is_called(f) and (r.sample.assay is Assay.RNA or f.five_prime.gene not in seen)
        ]
        self.alk = [f for f in self.fusions if f.target == TARGET]
        # RNA last and so first: its changes say whether they lie on the fusion.
        self.mutations = list({_key(m): m for r in reversed(reports) for m in r.mutations}.values())
        self.domain = Domain.of(_best_codons(reports))
        self.events = _best_events(reports)
        screened = [
            e for e in self.events if e.kind in (TrackKind.MUTATION, TrackKind.EXON_SKIPPING) and e.depth is not None
        ]
        self.tracks: Tracks = bypass.classify(self.events, screened, knowledge)

    def rearrangement(self) -> State:
        return min((r.verdict.alk_rearrangement.state for r in self._reports), key=ORDER.__getitem__)

    def blind_codons(self) -> list[int]:
        """Codons with reported resistance that no sample could read."""
        return self.domain.unreadable(inhibitors.all_resistance_codons(self._knowledge))

    def kinase(self) -> State:
        if any(r.verdict.kinase_domain.state is State.DETECTED for r in self._reports):
            return State.DETECTED
        return State.NOT_ASSESSABLE if self.blind_codons() or not self.domain.codons else State.NOT_DETECTED

    def verdicts(self, findings: Sequence[CombinedFinding]) -> list[CombinedVerdict]:
        by_kind: dict[str, tuple[State, tuple[FindingKind, ...]]] = {
            "alk_rearrangement": (self.rearrangement(), (FindingKind.REARRANGEMENT,)),
            "kinase_domain": (self.kinase(), (FindingKind.KINASE_CHANGE,)),
            "bypass": (
                bypass.judge(self.tracks).state,
                (
                    FindingKind.OTHER_CHANGE,
                    FindingKind.EXON_SKIPPING,
                    FindingKind.DRIVER_FUSION,
                    FindingKind.COPY_NUMBER,
                ),
            ),
        }
        return [
            self._verdict(about, state, [f for f in findings if f.kind in kinds])
            for about, (state, kinds) in by_kind.items()
        ]

    def _verdict(self, about: str, state: State, findings: Sequence[CombinedFinding]) -> CombinedVerdict:
        say = self._knowledge.sentences.say
        parts = [say(TOGETHER[f.agreement], name=f.name) for f in findings]
        if state is not State.DETECTED:
            for report in self._reports:
                finding: Finding = getattr(report.verdict, about)
                parts.append(say("combined_by_sample", assay=assay_name(report.sample.assay), text=finding.reason))
            if about == "kinase_domain" and state is State.NOT_DETECTED:
                parts.insert(0, say("combined_domain_read"))
        each = {
            assay: min((getattr(r.verdict, about).state for r in _of(self._reports, assay)), key=ORDER.__getitem__)
            for assay in Assay
        }
        return CombinedVerdict(
            about=about,  # type: ignore[arg-type]
            state=state,
            rna=each[Assay.RNA],
            dna=each[Assay.DNA],
            text=" ".join(parts) or say("combined_see_samples"),
        )

    def as_verdict(self) -> Verdict:
        """For the list of reasons, which asks for states."""
        states = (self.rearrangement(), self.kinase(), bypass.judge(self.tracks).state)
        rearrangement, kinase, ways = (Finding(state, "-", None) for state in states)
        return Verdict(rearrangement, kinase, ways, "-")

    def not_assessed(self) -> list[str]:
        """What no sample could assess."""
        say, said = self._knowledge.sentences.say, []
        if self.rearrangement() is State.NOT_ASSESSABLE:
            said.append(say("combined_blind_rearrangement"))
        blind = [number for number, codon in self.domain.codons.items() if codon.state is State.NOT_ASSESSABLE]
        if blind or not self.domain.codons:
            total = len(self.domain.codons)
            shown = ", ".join(ranges(blind)[:8]) or "all"
            said.append(say("combined_blind_codons", count=len(blind), total=total, codons=shown))
        tested = [*self.tracks.signalling, *self.tracks.drivers, *self.tracks.copies, *self.tracks.flags]
        missing = [e for e in tested if e.state is State.NOT_ASSESSABLE]
        if missing:
            said.append(say("combined_blind_tracks", count=len(missing), total=len(tested), events=named(missing, 8)))
        if self.tracks.outside:
            said.append(say("bypass_outside", events=named(self.tracks.outside)))
        if self.tracks.untested:
            said.append(say("bypass_not_tested", genes=", ".join(self.tracks.untested)))
        return said


def _best_codons(reports: Sequence[Report]) -> list[ScreenedCodon]:
    found: dict[int, ScreenedCodon] = {}
    for report in reports:
        for codon in report.screened:
            if codon.gene == TARGET and (
                codon.codon not in found or ORDER[codon.state] < ORDER[found[codon.codon].state]
            ):
                found[codon.codon] = codon
    return [found[number] for number in sorted(found)]


def _best_events(reports: Sequence[Report]) -> list[BypassEvent]:
    found: dict[tuple[str, TrackKind, str], BypassEvent] = {}
    for report in reports:
        for event in report.bypass:
            key = track_key(event)
            if key not in found or ORDER[event.state] < ORDER[found[key].state]:
                found[key] = event
    return list(found.values())


# ---------------------------------------------------------------- reasons, inhibitors, words
def _reasons(reports: Sequence[Report], merged: _Merged, knowledge: Knowledge) -> list[CombinedReason]:
    listed = context.failure_list(merged.fusions, merged.mutations, merged.as_verdict(), merged.tracks, knowledge)
    reasons = []
    for item in listed:
        texts = {r.sample.id: f.text for r in reports for f in r.failure_list if f.id == item.id}
        reasons.append(CombinedReason(
            id=item.id, label=item.label, state=item.state, word=item.word, texts=texts, references=item.references,
        ))  # fmt: skip
    return reasons


def _inhibitors(reports: Sequence[Report], merged: _Merged, knowledge: Knowledge) -> list[CombinedCall]:
    """Calls on the findings of both assays together, beside those of each alone."""

    def describe(change: Mutation) -> str:
        shares = [
            f"{percent(m.vaf)} of {assay_name(r.sample.assay)} fragments"
            for r in reports
            for m in r.mutations
            if _key(m) == _key(change)
        ]
        return f"{change.short} ({', '.join(shares)})"

    outcomes = inhibitors.matrix(
        merged.alk, merged.rearrangement(), merged.mutations, merged.domain, knowledge, describe
    )
    calls = []
    for outcome in outcomes:
        said = tuple(_without_limit(one) for one in outcome.because)
        whole = tki_call(
            inhibitors.DrugOutcome(outcome.drug, outcome.call, said, outcome.rows, outcome.approvals), knowledge
        )
        each = {assay: _call(_of(reports, assay), outcome.drug) for assay in Assay}
        calls.append(CombinedCall(
            drug=whole.drug, call=whole.call, rna=each[Assay.RNA], dna=each[Assay.DNA], because=whole.because,
            evidence=whole.evidence, references=whole.references,
        ))  # fmt: skip
    return calls


def _without_limit(said: Said) -> Said:
    """Limits of RNA and DNA are not joined to one."""
    return saying("combined_no_change") if said.key == "tki_unmutated_limit" else said


def _call(reports: Sequence[Report], drug: str) -> Call:
    """The least favourable call of the samples of one assay; unknown where the drug is not listed."""
    calls = [t.call for r in reports for t in r.tki if t.drug == drug]
    told = [c for c in calls if c is not Call.NOT_APPLICABLE]
    if not told:
        return calls[0] if calls else Call.UNKNOWN
    return max(told, key=inhibitors.FAVOUR.index)


def _summary(
    findings: Sequence[CombinedFinding],
    verdicts: Sequence[CombinedVerdict],
    tki: Sequence[CombinedCall],
    knowledge: Knowledge,
) -> str:
    say = knowledge.sentences.say
    parts = [say(TOGETHER[f.agreement], name=f.name) for f in findings]
    for verdict in verdicts:
        if verdict.state is not State.DETECTED:
            parts.append(say(WITHOUT[verdict.state], about=say(ABOUT[verdict.about])))
    resistant = [t.drug for t in tki if t.call is Call.RESISTANT]
    if resistant:
        parts.append(say("summary_resistant", drugs=", ".join(resistant)))
    if any(f.agreement is Agreement.CONTRADICTING for f in findings):
        parts.append(say("combined_contradiction_summary"))
    return " ".join(parts)


def _notes(reports: Sequence[Report], knowledge: Knowledge) -> list[str]:
    notes = [knowledge.sentences.say("combined_apart")]
    if not reports[0].sample.timepoint:
        notes.append(knowledge.sentences.say("combined_no_timepoint"))
    if any(len(_of(reports, assay)) > 1 for assay in Assay):
        notes.append(knowledge.sentences.say("combined_several"))
    return notes
