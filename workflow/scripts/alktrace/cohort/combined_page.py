"""The page of one patient's RNA and DNA: the four answers first, then every finding with what each assay says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model.combined import CombinedReport, CombinedVerdict
from ..model.vocabulary import Agreement, Call, FindingKind, State
from ..model.words import CALL_WORDS, STATE_WORDS
from ..report.templates import environment, style

AGREEMENT_WORDS = {
    Agreement.BOTH: "RNA and DNA",
    Agreement.RNA_ONLY: "RNA only",
    Agreement.DNA_ONLY: "DNA only",
    Agreement.CONTRADICTING: "≠ contradicting",
}
QUESTIONS = {
    "alk_rearrangement": "ALK fusion, and which variant?",
    "kinase_domain": "Resistance mutation in the ALK kinase domain?",
    "bypass": "Bypass or another driver?",
}
KINDS = {"alk_rearrangement": (FindingKind.REARRANGEMENT,), "kinase_domain": (FindingKind.KINASE_CHANGE,)}


@dataclass(frozen=True)
class Card:
    """One answer; `each` holds the state of each assay."""

    question: str
    state: State | None
    headline: str
    each: tuple[tuple[str, State], ...]
    lines: tuple[str, ...]


def combined_page(report: CombinedReport, stem: str, over_time: str | None, warnings: Sequence[str] = ()) -> str:
    """The page's text; `stem` names its JSON, `over_time` the patient's page over time, `warnings` stand first."""
    return (
        environment()
        .get_template("combined.html.j2")
        .render(
            report=report,
            stem=stem,
            over_time=over_time,
            warnings=warnings,
            cards=[*(_verdict(v, report) for v in report.verdicts), _resistance(report)],
            assays={s.id: s.assay for s in report.samples},
            style=style(),
            state_words=STATE_WORDS,
            call_words=CALL_WORDS,
            agreement_words=AGREEMENT_WORDS,
        )
    )


def _verdict(verdict: CombinedVerdict, report: CombinedReport) -> Card:
    others = {kind for kind in FindingKind if not any(kind in kinds for kinds in KINDS.values())}
    wanted = KINDS.get(verdict.about, others)
    found = [f for f in report.findings if f.kind in wanted]
    headline = "; ".join(f.name for f in found)
    lines = [f"{f.name}: RNA and DNA contradict each other" for f in found if f.agreement is Agreement.CONTRADICTING]
    if verdict.about == "bypass":
        copies = next((r for r in report.reasons if r.id == "amplification"), None)
        lines += [f"{copies.label}: {STATE_WORDS[copies.state]}"] if copies else []
    each = (("RNA", verdict.rna), ("DNA", verdict.dna))
    return Card(QUESTIONS[verdict.about], verdict.state, headline, each, tuple(lines))


def _resistance(report: CombinedReport) -> Card:
    def drugs(*calls: Call) -> list[str]:
        return [t.drug for t in report.tki if t.call in calls]

    resistant = drugs(Call.RESISTANT)
    applies = len(drugs(Call.NOT_APPLICABLE)) < len(report.tki)
    headline = ", ".join(resistant) or ("none by reported evidence on ALK changes" if applies else "not applicable")
    lines = _lines(
        ("Sources disagree", drugs(Call.CONFLICTING)),
        ("Activity reported", drugs(Call.SENSITIVE, Call.INTERMEDIATE)),
        ("Unknown", drugs(Call.UNKNOWN)),
    )
    return Card("Which inhibitors face resistance?", None, headline, (), lines)


def _lines(*named: tuple[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{words}: {', '.join(items)}" for words, items in named if items)
