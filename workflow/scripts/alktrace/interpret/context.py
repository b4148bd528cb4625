"""What the findings mean in context: variant associations, what IHC and FISH would show, and the one-look list of
reasons why an ALK inhibitor may fail. Pure functions over findings and tables; the result is part of report.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..knowledge.evidence import Knowledge, OtherTest, Study, cited, references, unique
from ..knowledge.sentences import Said, saying
from ..model.findings import TARGET, kinase_fusions
from ..model.records import BypassEvent, Fusion, Report, State
from ..model.words import UNKNOWN, named
from .bypass import Tracks, limit_words

TP53 = "TP53"
NAMED = 6  # tracks that are named in a list of those without a finding


def with_context(fusion: Fusion, knowledge: Knowledge) -> Fusion:
    """The fusion with `knowledge["context"]`: `length_class` (short | long | unknown), `sentences`, `other_tests` and
    `associations` (studies by topic, drug and line)."""
    if fusion.kind != "kinase_fusion" or fusion.target != TARGET:
        return fusion
    known = dict(fusion.knowledge or {})
    length = length_class(fusion, knowledge)
    tests = [row for row in knowledge.other_tests if row.kind == fusion.kind and row.frame == fusion.frame]
    fields = {"variant": fusion.variant or fusion.notation, "tape": tape_words(fusion.tape_domain)}
    said = {"short": [Said("context_short", fields)], "long": [Said("context_long", fields)]}.get(length, [])
    known["context"] = {
        "length_class": length,
        "sentences": [knowledge.sentences.word(one) for one in said],
        "other_tests": [_test(row, knowledge) for row in tests],
        "associations": associations(fusion.variant, knowledge) if fusion.variant else [],
    }
    return replace(fusion, knowledge=known)


def tape_words(tape: str | None) -> Said:
    """What is left of the TAPE domain."""
    keys = {"none": "tape_none", "partial": "tape_partial", "retained": "tape_retained"}
    return Said(keys.get(tape or "", "tape_unknown"))


def length_class(fusion: Fusion, knowledge: Knowledge) -> str:
    """short or long by what is left of the TAPE domain; unknown where no row says so."""
    rows = [row for row in knowledge.length_classes if row.tape_domain == fusion.tape_domain]
    return rows[0].length_class if rows else UNKNOWN


def _test(row: OtherTest, knowledge: Knowledge) -> dict[str, Any]:
    said = saying("context_tests", test=row.test, expected=row.expected, note=row.note)
    return {
        "row": row.id,
        "test": row.test,
        "expected": row.expected,
        "text": knowledge.sentences.word(said),
        "references": references(row),
    }


def about(subject: str, knowledge: Knowledge) -> list[Study]:
    """Studies of a variant label or gene, in table order."""
    return [row for row in knowledge.associations if subject in row.subject.split(";")]


def associations(subject: str, knowledge: Knowledge) -> list[dict[str, Any]]:
    """Published comparisons about a variant label or gene, `[{topic, studies: [...]}]` in table order.

    Studies stand side by side only where topic, drug and line of treatment are the same; drug and line are part of the
    topic's name.
    """
    topics: dict[str, list[dict[str, Any]]] = {}
    for row in about(subject, knowledge):
        line = {"first": "topic_line_first", "later": "topic_line_later"}.get(row.line)
        words = [row.topic, row.drug] + ([knowledge.sentences.say(line)] if line else [])
        topics.setdefault(", ".join(filter(None, words)), []).append(_study(row))
    return [{"topic": topic, "studies": studies} for topic, studies in topics.items()]


def _study(row: Study) -> dict[str, Any]:
    return {
        "row": row.id,
        "study": row.study,
        "comparison": row.comparison,
        "cohort_n": row.cohort_n,
        "figures": row.figures,
        "direction": row.direction,
        "effect": row.effect,
        "drug": row.drug,
        "line": row.line,
        "note": row.note,
        "reference": row.reference,
        "verified": row.verified,
    }


# ---------------------------------------------------------------- why an ALK inhibitor may fail
def failure_list(report: Report, tracks: Tracks, knowledge: Knowledge) -> list[dict[str, Any]]:
    """One-look list, each `{id, label, state, word, text, references, associations}`: short variant, kinase mutation,
    amplification, bypass, other driver, small-cell flag, TP53 co-mutation. What does not apply to the findings is no
    item. `word` stands for the state on the page where the state's own word would say too much; else it is None."""
    kinase = report.verdict.kinase_domain
    variant = _variant(report, knowledge)
    return [
        *([variant] if variant else []),
        _item("why_kinase_label", kinase.state, kinase.reason, _mutation_references(report), knowledge),
        _tracks("why_amplification_label", tracks.copies, knowledge),
        _tracks("why_bypass_label", tracks.signalling, knowledge),
        _tracks("why_driver_label", tracks.drivers, knowledge),
        _small_cell(tracks.flags, knowledge),
        _tp53([e for e in tracks.flags if e.gene == TP53], knowledge),
    ]


def _item(
    label: str,
    state: State,
    text: str,
    sources: Sequence[dict[str, Any]],
    knowledge: Knowledge,
    word: str | None = None,
) -> dict[str, Any]:
    """One item; `label` is the key of its label, "why_kinase_label" of item "kinase"."""
    return {
        "id": label.removeprefix("why_").removesuffix("_label"),
        "label": knowledge.sentences.say(label),
        "state": state,
        "word": word,
        "text": text,
        "references": unique(sources),
        "associations": [],
    }


def _mutation_references(report: Report) -> list[dict[str, Any]]:
    known = [m.knowledge for m in report.mutations if m.gene == TARGET and m.knowledge]
    return [one for k in known if "reference" in k and "verified" in k for one in cited(k["reference"], k["verified"])]


def _variant(report: Report, knowledge: Knowledge) -> dict[str, Any] | None:
    """Short variant: detected when any detected fusion is short. None where no detected fusion has a length class."""
    if report.verdict.alk_rearrangement.state is State.NOT_ASSESSABLE:
        text = knowledge.sentences.say("why_variant_not_assessable")
        return _item("why_variant_label", State.NOT_ASSESSABLE, text, [], knowledge)
    sized = [(f, length_class(f, knowledge)) for f in kinase_fusions(report.fusions)]
    short = [f for f, length in sized if length == "short"]
    shown = short or [f for f, length in sized if length == "long"]
    if not shown:
        return None
    rows = {row.id: row for f in shown for row in about(f.variant or "", knowledge) if row.verified == "page"}
    names = ", ".join(dict.fromkeys(f.variant or f.notation for f in shown))
    fields = {"variants": names, "tape": tape_words(shown[0].tape_domain)}
    said = Said("why_variant_detected", fields) if short else Said("why_variant_not_detected", fields)
    word = None
    if short:
        effects = {row.effect for row in rows.values() if row.effect}
        disagree = len(effects) > 1
        word = (
            knowledge.sentences.say("why_variant_disagree")
            if disagree
            else knowledge.sentences.say("why_variant_present")
        )
    return _item(
        "why_variant_label",
        State.DETECTED if short else State.NOT_DETECTED,
        knowledge.sentences.word(said),
        [one for row in rows.values() for one in references(row, row.study)],
        knowledge,
        word,
    )


def _tracks(label: str, events: Sequence[BypassEvent], knowledge: Knowledge) -> dict[str, Any]:
    """Detected when any track is; not detected when all are; otherwise not assessable."""
    found = [e for e in events if e.state is State.DETECTED]
    blind = [e for e in events if e.state is State.NOT_ASSESSABLE]
    shown = found or blind or list(events)
    if found:
        state, said = State.DETECTED, [saying("why_track_detected", events=named(found)), *_meanings(found, knowledge)]
    elif blind or not events:
        state, said = State.NOT_ASSESSABLE, [saying("why_track_not_assessable", events=named(blind, NAMED) or UNKNOWN)]
    else:
        fields = {"count": len(events), "events": named(events, NAMED), "limit": limit_words(events)}
        state, said = State.NOT_DETECTED, [Said("why_track_not_detected", fields)]
    text = knowledge.sentences.word(said)
    return _item(label, state, text, [r for e in shown for r in e.references], knowledge)


def _meanings(found: Sequence[BypassEvent], knowledge: Knowledge) -> list[Said]:
    """What the rows of the found events say; rows that nobody read at their source say nothing."""
    wanted = {event.track for event in found}
    rows = [row for row in knowledge.bypass if row.id in wanted and row.verified == "page"]
    meanings = dict.fromkeys(row.meaning for row in rows)
    return [saying("why_track_meaning", meaning="; ".join(meanings))] if meanings else []


def _small_cell(events: Sequence[BypassEvent], knowledge: Knowledge) -> dict[str, Any]:
    """The flag of several genes: detected when each is altered. Loss is not looked at, so it is never not detected."""
    rows = [row for row in knowledge.bypass if row.role == "small_cell"]
    both = [row for row in rows if len(row.gene_names) > 1]
    genes = list(dict.fromkeys(gene for row in both for gene in row.gene_names))
    altered = [gene for gene in genes if any(e.state is State.DETECTED for e in events if e.gene == gene)]
    fields = {
        "genes": " and ".join(genes) or UNKNOWN,
        "looked": "; ".join(_looked_at(gene, events) for gene in genes) or UNKNOWN,
        "found": named([e for e in events if e.state is State.DETECTED]) or "none",
    }
    state, said = State.NOT_ASSESSABLE, Said("why_small_cell_not_assessable", fields)
    if genes and altered == genes:
        state, said = State.DETECTED, Said("why_small_cell_detected", fields)
    sources = [one for row in rows for one in references(row, note=row.meaning)]
    meaning = [saying("why_track_meaning", meaning=row.meaning) for row in rows if row.verified == "page"]
    return _item("why_small_cell_label", state, knowledge.sentences.word([said, *meaning]), sources, knowledge)


def _looked_at(gene: str, events: Iterable[BypassEvent]) -> str:
    """ "TP53: missense mutation, truncating mutation" """
    return f"{gene}: {', '.join(dict.fromkeys(e.event for e in events if e.gene == gene)) or 'nothing'}"


def _tp53(events: Sequence[BypassEvent], knowledge: Knowledge) -> dict[str, Any]:
    """TP53: detected when altered; otherwise not assessable as a gene, since its loss is not looked at."""
    item = _tracks("why_tp53_label", events, knowledge)
    if item["state"] is not State.DETECTED:
        clear = [e for e in events if e.state is State.NOT_DETECTED]
        said = saying("why_tp53_not_assessable", events=named(events) or UNKNOWN)
        if events and len(clear) == len(events):
            said = saying("why_tp53_none_found", events=named(events), limit=limit_words(events))
        item |= {"state": State.NOT_ASSESSABLE, "text": knowledge.sentences.word(said)}
    return {**item, "associations": associations(TP53, knowledge)}
