"""Outcomes of the interpretation in words: the one place where decisions become text of report.json."""

from __future__ import annotations

from msgspec.structs import replace

from ..knowledge import evidence as tables
from ..knowledge.evidence import UNMUTATED, Figure, Knowledge, references, unique
from ..knowledge.sentences import Sentences, saying
from ..model.findings import TARGET, detected_name
from ..model.records import Approval, BypassEvent, Evidence, Tier, TkiCall
from ..model.vocabulary import Call, EvidenceKind, State, TrackKind
from ..model.words import day
from .inhibitors import DrugOutcome

FUSION = "fusion"  # the alteration of tiers.tsv
REPORTED = {
    "reported_active": "word_reported_active",
    "reported_intermediate": "word_reported_intermediate",
    "reported_resistance": "word_reported_resistance",
    "both_reported": "word_both_reported",
}


def tki_call(outcome: DrugOutcome, knowledge: Knowledge) -> TkiCall:
    """One entry of `tki[]`."""
    cited = [one for row in outcome.rows for one in references(row, row.source)]
    return TkiCall(
        outcome.drug,
        outcome.call,
        [knowledge.sentences.word(said) for said in outcome.because],
        [evidence(row, knowledge) for row in outcome.rows],
        unique(cited),
        [approval(row, knowledge.sentences) for row in outcome.approvals],
        [] if outcome.call is Call.NOT_APPLICABLE else tiers(TARGET, FUSION, knowledge, outcome.drug),
    )


def evidence(row: tables.Evidence, knowledge: Knowledge) -> Evidence:
    """One row of tki_evidence.tsv as the report shows it; `row` is its id, `kind` and `level` how strong it is."""
    say = knowledge.sentences.say
    figures = [figure for figure in knowledge.figures_of(row.id) if figure.unit]
    if row.statement:
        text = say("evidence_trial", statement=row.statement, figures=row.value)
    else:
        change = say("evidence_unmutated") if row.change == UNMUTATED else row.change
        text = say("evidence_row", change=change, call=say(REPORTED[row.call]), drug=row.drug)
    about = [say("evidence_level", level=row.level)] if row.level else []
    if row.disease and row.disease != "lung cancer":
        about.append(say("evidence_disease", disease=row.disease))
    about += [_figure(figure, knowledge.sentences) for figure in figures]
    return Evidence(
        row=row.id,
        kind=EvidenceKind(row.evidence_type),
        level=row.level or None,
        change=row.change,
        call=row.call,
        text=f"{text} ({'; '.join(about)})" if about else text,
        value=figures[0].ic50 if figures else None,
        unit=figures[0].unit if figures else None,
        disease=row.disease,
        reference=row.reference,
        verified=row.verified,
        note=row.note,
        conflict=row.conflict,
    )


def _figure(figure: Figure, sentences: Sentences) -> str:
    fold = sentences.say("figure_fold", fold=figure.fold) if figure.fold else ""
    value = f"{figure.ic50:g}"
    return sentences.say("figure_ic50", value=value, unit=figure.unit, model=figure.model, fold=fold)


def approval(row: tables.Approval, sentences: Sentences) -> Approval:
    """One indication; `as_of` is the state of the table."""
    said = saying("approval", agency=row.agency, setting=row.setting, date=day(row.date), brand=row.brand)
    return Approval(
        agency=row.agency,
        brand=row.brand,
        setting=row.setting,
        date=row.date,
        text=sentences.word(said),
        reference=row.reference,
        url=row.url,
        verified=row.verified,
        as_of=row.as_of,
    )


def tiers(gene: str, alteration: str, knowledge: Knowledge, drug: str | None = None) -> list[Tier]:
    """Tiers of an alteration, of all drugs or of one."""
    return [
        Tier(
            system=row.system,
            tier=row.tier,
            text=knowledge.sentences.say(
                "tier", system=row.system, tier=row.tier, drugs=", ".join(row.drug_names), disease=row.disease
            ),
            reference=row.reference,
            url=row.source_url,
            verified=row.verified,
        )
        for row in knowledge.tiers
        if (row.gene, row.alteration) == (gene, alteration) and (drug is None or drug in row.drug_names)
    ]


def with_tiers(event: BypassEvent, knowledge: Knowledge) -> BypassEvent:
    """A detected event outside ALK with the tiers of what was found."""
    if event.state is not State.DETECTED:
        return event
    found = FUSION if event.kind is TrackKind.FUSION else detected_name(event).removeprefix(f"{event.gene} ")
    return replace(event, tiers=tiers(event.gene, found, knowledge))
