"""What the findings mean in context: variant associations, what IHC and FISH would show, and the one-look list of
reasons why an ALK inhibitor may fail. Pure functions over findings and tables; the result is part of report.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..knowledge.evidence import Knowledge, references, unique
from ..knowledge.table import Row
from ..model.findings import TARGET, kinase_fusions
from ..model.records import BypassEvent, Fusion, Report, State
from ..model.words import UNKNOWN, named
from .bypass import Tracks, genes_of, limit_words

TP53 = "TP53"
NAMED = 6  # tracks that are named in a list of those without a finding
_CHANGE = re.compile(r"\b[A-Z]\d+|exon \d+ \w+")  # "L858" of L858R, "exon 19 deletion"


def with_context(fusion: Fusion, knowledge: Knowledge) -> Fusion:
    """The fusion with `knowledge["context"]`: `length_class` (short | long | unknown), `sentences`, `other_tests` and
    `associations` (studies by topic, side by side)."""
    if fusion.kind != "kinase_fusion" or fusion.target != TARGET:
        return fusion
    known = dict(fusion.knowledge or {})
    length = length_class(fusion, knowledge)
    tests = [row for row in knowledge.other_tests if row["kind"] == fusion.kind and row["frame"] == fusion.frame]
    named_as = fusion.variant or fusion.notation
    sentences = []
    if length != UNKNOWN:
        sentences.append(knowledge.sentences.say(f"context_{length}", variant=named_as, tape=fusion.tape_domain))
    known["context"] = {
        "length_class": length,
        "sentences": sentences,
        "other_tests": [_test(row, knowledge) for row in tests],
        "associations": associations(fusion.variant, knowledge) if fusion.variant else [],
    }
    return replace(fusion, knowledge=known)


def length_class(fusion: Fusion, knowledge: Knowledge) -> str:
    """short or long by what is left of the TAPE domain; unknown where no row says so."""
    rows = [row for row in knowledge.length_classes if row["tape_domain"] == fusion.tape_domain]
    return rows[0]["length_class"] if rows else UNKNOWN


def _test(row: Row, knowledge: Knowledge) -> dict[str, Any]:
    say = knowledge.sentences.say
    text = say("context_tests", test=row["test"], expected=row["expected"], note=row["note"])
    return {
        "row": row["id"],
        "test": row["test"],
        "expected": row["expected"],
        "text": text,
        "references": references(row),
    }


def associations(subject: str, knowledge: Knowledge) -> list[dict[str, Any]]:
    """Published comparisons about a variant label or gene: `[{topic, studies: [...]}]` in table order."""
    topics: dict[str, list[dict[str, Any]]] = {}
    by_id = {row["id"]: row for row in knowledge.associations}
    for row in knowledge.associations:
        if subject in row["subject"].split(";"):
            topics.setdefault(row["topic"], []).append(_study(row, by_id, knowledge))
    return [{"topic": topic, "studies": studies} for topic, studies in topics.items()]


def _study(row: Row, by_id: dict[str, Row], knowledge: Knowledge) -> dict[str, Any]:
    against = [by_id[i]["study"] for i in row["contradicted_by_ids"].split(";") if i in by_id]
    say = knowledge.sentences.say
    contradicted = say("context_contradicted", studies=", ".join(dict.fromkeys(against))) if against else ""
    kept = ("study", "comparison", "cohort_n", "figures", "direction", "note")
    mark = say("mark_recalled") if row["verified"] != "page" else ""
    return {
        "row": row["id"],
        **{column: row[column] for column in kept},
        "contradicted_by": contradicted,
        "mark": mark,
        "reference": row["reference"],
        "verified": row["verified"],
    }


# ---------------------------------------------------------------- why an ALK inhibitor may fail
def failure_list(report: Report, tracks: Tracks, knowledge: Knowledge) -> list[dict[str, Any]]:
    """One-look list, each `{id, label, state, text, references, associations}`: short variant, kinase mutation,
    amplification, bypass, other driver, small-cell flag, TP53 co-mutation."""
    kinase = report.verdict.kinase_domain
    return [
        _variant(report, knowledge),
        _item("kinase", kinase.state, kinase.reason, _mutation_references(report), knowledge),
        _tracks("amplification", tracks.copies, knowledge),
        _tracks("bypass", tracks.signalling, knowledge),
        _tracks("driver", tracks.drivers, knowledge),
        _small_cell(tracks.flags, knowledge),
        {
            **_tracks("tp53", [e for e in tracks.flags if e.gene == TP53], knowledge),
            "associations": associations(TP53, knowledge),
        },
    ]


def _item(key: str, state: State, text: str, cited: Sequence[dict[str, Any]], knowledge: Knowledge) -> dict[str, Any]:
    return {
        "id": key,
        "label": knowledge.sentences.say(f"why_{key}_label"),
        "state": state,
        "text": text,
        "references": unique(cited),
        "associations": [],
    }


def _mutation_references(report: Report) -> list[dict[str, Any]]:
    known = [m.knowledge for m in report.mutations if m.gene == TARGET and m.knowledge]
    return [cited for k in known if "reference" in k and "verified" in k for cited in references(k)]


def _variant(report: Report, knowledge: Knowledge) -> dict[str, Any]:
    """Short variant: detected when any detected fusion is short."""
    sized = [(f, length_class(f, knowledge)) for f in kinase_fusions(report.fusions)]
    short = [f for f, length in sized if length == "short"]
    shown = short or [f for f, length in sized if length == "long"]
    state = State.DETECTED if short else State.NOT_DETECTED if shown else State.NOT_ASSESSABLE
    missed = report.verdict.alk_rearrangement.state is State.NOT_ASSESSABLE
    text = knowledge.sentences.say(
        f"why_variant_{state}" if shown or missed else "why_variant_not_applicable",
        variants=", ".join(dict.fromkeys(f.variant or f.notation for f in shown)),
        tape=", ".join(dict.fromkeys(f.tape_domain or UNKNOWN for f in shown)),
    )
    rows = [row for f in shown for row in knowledge.associations if f.variant in row["subject"].split(";")]
    return _item("variant", state, text, [c for row in rows for c in references(row, row["study"])], knowledge)


def _tracks(key: str, events: Sequence[BypassEvent], knowledge: Knowledge) -> dict[str, Any]:
    """Detected when any track is; not detected when all are; otherwise not assessable."""
    found = [e for e in events if e.state is State.DETECTED]
    blind = [e for e in events if e.state is State.NOT_ASSESSABLE]
    state, shown = State.NOT_DETECTED, list(events)
    if found:
        state, shown = State.DETECTED, found
    elif blind or not events:
        state, shown = State.NOT_ASSESSABLE, blind
    say = knowledge.sentences.say
    text = say(
        f"why_track_{state}",
        events=named(shown, None if found else NAMED) or UNKNOWN,
        count=len(shown),
        limit=limit_words(shown, knowledge.sentences),
    )
    meanings = dict.fromkeys(_meaning(row, knowledge) for row in knowledge.bypass if any(_about(row, e) for e in found))
    if meanings:
        text += " " + say("why_track_meaning", meaning="; ".join(meanings))
    return _item(key, state, text, [r for e in shown for r in e.references], knowledge)


def _meaning(row: Row, knowledge: Knowledge) -> str:
    """What the row says, with its mark where nobody read it on a source page."""
    mark = "" if row["verified"] == "page" else f" ({knowledge.sentences.say('mark_recalled')})"
    return row["meaning"] + mark


def _about(row: Row, event: BypassEvent) -> bool:
    """Whether a row of bypass.tsv is about the event: of its gene and kind, not about other changes only, and not about
    two genes together."""
    if event.gene not in genes_of(row) or row["kind"] != event.kind or row["role"] == "small_cell":
        return False
    change = _CHANGE.match(event.event)
    special = event.kind == "mutation" and _CHANGE.search(row["region"]) is not None
    return not special or (change[0] if change else event.event) in row["region"]


def _small_cell(events: Iterable[BypassEvent], knowledge: Knowledge) -> dict[str, Any]:
    """The two-gene flag: every gene of the small-cell row must be altered."""
    rows = [row for row in knowledge.bypass if row["role"] == "small_cell"]
    pair = next((row for row in rows if len(genes_of(row)) > 1), None)
    if pair is None:
        return _item("small_cell", State.NOT_ASSESSABLE, UNKNOWN, [], knowledge)
    states = {gene: _gene_state(gene, events) for gene in genes_of(pair)}
    state = State.DETECTED
    if State.NOT_ASSESSABLE in states.values():
        state = State.NOT_ASSESSABLE
    elif State.NOT_DETECTED in states.values():
        state = State.NOT_DETECTED
    words = {gene.lower(): value.replace("_", " ") for gene, value in states.items()}
    text = knowledge.sentences.say(
        f"why_small_cell_{state}", meaning=_meaning(pair, knowledge), note=pair["note"], **words
    )
    return _item(
        "small_cell", state, text, [c for row in rows for c in references(row, note=row["meaning"])], knowledge
    )


def _gene_state(gene: str, events: Iterable[BypassEvent]) -> State:
    """State of a gene's mutation tracks together."""
    states = [e.state for e in events if e.gene == gene and e.kind == "mutation"]
    if State.DETECTED in states:
        return State.DETECTED
    return State.NOT_ASSESSABLE if State.NOT_ASSESSABLE in states or not states else State.NOT_DETECTED
