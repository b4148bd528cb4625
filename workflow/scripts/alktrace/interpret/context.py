"""What the findings mean in context: variant associations, what IHC and FISH would show, and the one-look list of
reasons why an ALK inhibitor may fail. Pure functions over findings and tables; the result is part of report.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..knowledge.evidence import Knowledge, references, unique
from ..knowledge.table import Row
from ..model.findings import TARGET, kinase_fusions
from ..model.records import (
    BypassEvent,
    Failure,
    Fusion,
    FusionContext,
    Mutation,
    OtherTest,
    Reference,
    Study,
    Topic,
    Verdict,
)
from ..model.vocabulary import Kind, State, TrackKind
from ..model.words import UNKNOWN, named
from .bypass import Tracks, genes_of, limit_words

TP53 = "TP53"
NAMED = 6  # tracks that are named in a list of those without a finding
_CHANGE = re.compile(r"\b[A-Z]\d+|exon \d+ \w+")  # "L858" of L858R, "exon 19 deletion"


def with_context(fusion: Fusion, knowledge: Knowledge) -> Fusion:
    """The fusion with its `context`; only kinase fusions of ALK have one."""
    if fusion.kind != Kind.KINASE_FUSION or fusion.target != TARGET:
        return fusion
    length = length_class(fusion, knowledge)
    tests = [row for row in knowledge.other_tests if row["kind"] == fusion.kind and row["frame"] == fusion.frame]
    named_as = fusion.variant or fusion.notation
    sentences = []
    if length != UNKNOWN:
        sentences.append(knowledge.sentences.say(f"context_{length}", variant=named_as, tape=fusion.tape_domain))
    context = FusionContext(
        length,
        sentences,
        [_test(row, knowledge) for row in tests],
        associations(fusion.variant, knowledge) if fusion.variant else [],
    )
    return replace(fusion, context=context)


def length_class(fusion: Fusion, knowledge: Knowledge) -> str:
    """short or long by what is left of the TAPE domain; unknown where no row says so."""
    rows = [row for row in knowledge.length_classes if row["tape_domain"] == fusion.tape_domain]
    return rows[0]["length_class"] if rows else UNKNOWN


def _test(row: Row, knowledge: Knowledge) -> OtherTest:
    say = knowledge.sentences.say
    text = say("context_tests", test=row["test"], expected=row["expected"], note=row["note"])
    return OtherTest(row["id"], row["test"], row["expected"], text, references(row))


def associations(subject: str, knowledge: Knowledge) -> list[Topic]:
    """Published comparisons about a variant label or gene, in table order."""
    topics: dict[str, list[Study]] = {}
    by_id = {row["id"]: row for row in knowledge.associations}
    for row in knowledge.associations:
        if subject in row["subject"].split(";"):
            topics.setdefault(row["topic"], []).append(_study(row, by_id, knowledge))
    return [Topic(topic, studies) for topic, studies in topics.items()]


def _study(row: Row, by_id: dict[str, Row], knowledge: Knowledge) -> Study:
    against = [by_id[i]["study"] for i in row["contradicted_by_ids"].split(";") if i in by_id]
    say = knowledge.sentences.say
    contradicted = say("context_contradicted", studies=", ".join(dict.fromkeys(against))) if against else ""
    mark = say("mark_recalled") if row["verified"] != "page" else ""
    return Study(
        row=row["id"],
        study=row["study"],
        comparison=row["comparison"],
        cohort_n=row["cohort_n"],
        figures=row["figures"],
        direction=row["direction"],
        note=row["note"],
        contradicted_by=contradicted,
        mark=mark,
        reference=row["reference"],
        verified=row["verified"],
    )


# ---------------------------------------------------------------- why an ALK inhibitor may fail
def failure_list(
    fusions: Sequence[Fusion], mutations: Sequence[Mutation], verdict: Verdict, tracks: Tracks, knowledge: Knowledge
) -> list[Failure]:
    """One-look list: short variant, kinase mutation, amplification, bypass, other driver, small-cell flag, TP53
    co-mutation."""
    kinase = verdict.kinase_domain
    tp53 = _tracks("tp53", [e for e in tracks.flags if e.gene == TP53], knowledge)
    return [
        _variant(fusions, verdict, knowledge),
        _item("kinase", kinase.state, kinase.reason, _mutation_references(mutations), knowledge),
        _tracks("amplification", tracks.copies, knowledge),
        _tracks("bypass", tracks.signalling, knowledge),
        _tracks("driver", tracks.drivers, knowledge),
        _small_cell(tracks.flags, knowledge),
        replace(tp53, associations=associations(TP53, knowledge)),
    ]


def _item(key: str, state: State, text: str, cited: Sequence[Reference], knowledge: Knowledge) -> Failure:
    return Failure(key, knowledge.sentences.say(f"why_{key}_label"), state, text, unique(cited))


def _mutation_references(mutations: Sequence[Mutation]) -> list[Reference]:
    known = [m.knowledge for m in mutations if m.gene == TARGET and m.knowledge]
    return [cited for k in known for cited in references({"reference": k.reference, "verified": k.verified})]


def _variant(fusions: Sequence[Fusion], verdict: Verdict, knowledge: Knowledge) -> Failure:
    """Short variant: detected when any detected fusion is short."""
    sized = [(f, length_class(f, knowledge)) for f in kinase_fusions(fusions)]
    short = [f for f, length in sized if length == "short"]
    shown = short or [f for f, length in sized if length == "long"]
    state = State.DETECTED if short else State.NOT_DETECTED if shown else State.NOT_ASSESSABLE
    missed = verdict.alk_rearrangement.state is State.NOT_ASSESSABLE
    text = knowledge.sentences.say(
        f"why_variant_{state}" if shown or missed else "why_variant_not_applicable",
        variants=", ".join(dict.fromkeys(f.variant or f.notation for f in shown)),
        tape=", ".join(dict.fromkeys(f.tape_domain or UNKNOWN for f in shown)),
    )
    rows = [row for f in shown for row in knowledge.associations if f.variant in row["subject"].split(";")]
    return _item("variant", state, text, [c for row in rows for c in references(row, row["study"])], knowledge)


def _tracks(key: str, events: Sequence[BypassEvent], knowledge: Knowledge) -> Failure:
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
    special = event.kind == TrackKind.MUTATION and _CHANGE.search(row["region"]) is not None
    return not special or (change[0] if change else event.event) in row["region"]


def _small_cell(events: Iterable[BypassEvent], knowledge: Knowledge) -> Failure:
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
    states = [e.state for e in events if e.gene == gene and e.kind == TrackKind.MUTATION]
    if State.DETECTED in states:
        return State.DETECTED
    return State.NOT_ASSESSABLE if State.NOT_ASSESSABLE in states or not states else State.NOT_DETECTED
