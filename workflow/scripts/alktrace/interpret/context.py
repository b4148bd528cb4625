"""What the findings mean in context: variant associations, what IHC and FISH would show, and the one-look list of
reasons why an ALK inhibitor may fail. Pure functions over findings and tables; the result is part of report.json."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..knowledge import evidence as tables
from ..knowledge.evidence import Knowledge, cited, references, unique
from ..knowledge.sentences import Said, saying
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
from ..model.vocabulary import Kind, State
from ..model.words import UNKNOWN, named
from .bypass import Tracks, limit_words

TP53 = "TP53"
NAMED = 6  # tracks that are named in a list of those without a finding


def with_context(fusion: Fusion, knowledge: Knowledge) -> Fusion:
    """The fusion with its `context`; only kinase fusions of ALK have one."""
    if fusion.kind != Kind.KINASE_FUSION or fusion.target != TARGET:
        return fusion
    length = length_class(fusion, knowledge)
    tests = [row for row in knowledge.other_tests if row.kind == fusion.kind and row.frame == fusion.frame]
    fields = {"variant": fusion.variant or fusion.notation, "tape": tape_words(fusion.tape_domain)}
    said = {"short": [Said("context_short", fields)], "long": [Said("context_long", fields)]}.get(length, [])
    context = FusionContext(
        length,
        [knowledge.sentences.word(one) for one in said],
        [_test(row, knowledge) for row in tests],
        associations(fusion.variant, knowledge) if fusion.variant else [],
    )
    return replace(fusion, context=context)


def tape_words(tape: str | None) -> Said:
    """What is left of the TAPE domain."""
    keys = {"none": "tape_none", "partial": "tape_partial", "retained": "tape_retained"}
    return Said(keys.get(tape or "", "tape_unknown"))


def length_class(fusion: Fusion, knowledge: Knowledge) -> str:
    """short or long by what is left of the TAPE domain; unknown where no row says so."""
    rows = [row for row in knowledge.length_classes if row.tape_domain == fusion.tape_domain]
    return rows[0].length_class if rows else UNKNOWN


def _test(row: tables.OtherTest, knowledge: Knowledge) -> OtherTest:
    said = saying("context_tests", test=row.test, expected=row.expected, note=row.note)
    return OtherTest(row.id, row.test, row.expected, knowledge.sentences.word(said), references(row))


def about(subject: str, knowledge: Knowledge) -> list[tables.Study]:
    """Studies of a variant label or gene, in table order."""
    return [row for row in knowledge.associations if subject in row.subject.split(";")]


def associations(subject: str, knowledge: Knowledge) -> list[Topic]:
    """Published comparisons about a variant label or gene, in table order.

    Studies stand side by side only where topic, drug and line of treatment are the same; drug and line are part of the
    topic's name.
    """
    topics: dict[str, list[Study]] = {}
    for row in about(subject, knowledge):
        line = {"first": "topic_line_first", "later": "topic_line_later"}.get(row.line)
        words = [row.topic, row.drug] + ([knowledge.sentences.say(line)] if line else [])
        topics.setdefault(", ".join(filter(None, words)), []).append(_study(row))
    return [Topic(topic, studies) for topic, studies in topics.items()]


def _study(row: tables.Study) -> Study:
    return Study(
        row=row.id,
        study=row.study,
        comparison=row.comparison,
        cohort_n=row.cohort_n,
        figures=row.figures,
        direction=row.direction,
        effect=row.effect,
        drug=row.drug,
        line=row.line,
        note=row.note,
        reference=row.reference,
        verified=row.verified,
    )


# ---------------------------------------------------------------- why an ALK inhibitor may fail
def failure_list(
    fusions: Sequence[Fusion], mutations: Sequence[Mutation], verdict: Verdict, tracks: Tracks, knowledge: Knowledge
) -> list[Failure]:
    """One-look list: short variant, kinase mutation, amplification, bypass, other driver, small-cell flag, TP53
    co-mutation. What does not apply to the findings is no item."""
    kinase = verdict.kinase_domain
    variant = _variant(fusions, verdict, knowledge)
    return [
        *([variant] if variant else []),
        _item("why_kinase_label", kinase.state, kinase.reason, _mutation_references(mutations), knowledge),
        _tracks("why_amplification_label", tracks.copies, knowledge),
        _tracks("why_bypass_label", tracks.signalling, knowledge),
        _tracks("why_driver_label", tracks.drivers, knowledge),
        _small_cell(tracks.flags, knowledge),
        _tp53([e for e in tracks.flags if e.gene == TP53], knowledge),
    ]


def _item(label: str, state: State, text: str, sources: Sequence[Reference], knowledge: Knowledge) -> Failure:
    """One item; `label` is the key of its label, "why_kinase_label" of item "kinase"."""
    name = label.removeprefix("why_").removesuffix("_label")
    return Failure(name, knowledge.sentences.say(label), state, text, unique(sources))


def _mutation_references(mutations: Sequence[Mutation]) -> list[Reference]:
    known = [m.knowledge for m in mutations if m.gene == TARGET and m.knowledge]
    return [one for k in known for one in cited(k.reference, k.verified)]


def _variant(fusions: Sequence[Fusion], verdict: Verdict, knowledge: Knowledge) -> Failure | None:
    """Short variant: detected when any detected fusion is short. None where no detected fusion has a length class.

    A short variant is a fact with disputed meaning, so a neutral word stands for its state.
    """
    if verdict.alk_rearrangement.state is State.NOT_ASSESSABLE:
        text = knowledge.sentences.say("why_variant_not_assessable")
        return _item("why_variant_label", State.NOT_ASSESSABLE, text, [], knowledge)
    sized = [(f, length_class(f, knowledge)) for f in kinase_fusions(fusions)]
    short = [f for f, length in sized if length == "short"]
    shown = short or [f for f, length in sized if length == "long"]
    if not shown:
        return None
    rows = {row.id: row for f in shown for row in about(f.variant or "", knowledge) if row.verified == "page"}
    names = ", ".join(dict.fromkeys(f.variant or f.notation for f in shown))
    fields = {"variants": names, "tape": tape_words(shown[0].tape_domain)}
    sources = [one for row in rows.values() for one in references(row, row.study)]
    if not short:
        text = knowledge.sentences.word(Said("why_variant_not_detected", fields))
        return _item("why_variant_label", State.NOT_DETECTED, text, sources, knowledge)
    text = knowledge.sentences.word(Said("why_variant_detected", fields))
    effects = {row.effect for row in rows.values() if row.effect}
    word = saying("why_variant_disagree") if len(effects) > 1 else saying("why_variant_present")
    item = _item("why_variant_label", State.DETECTED, text, sources, knowledge)
    return replace(item, word=knowledge.sentences.word(word))


def _tracks(label: str, events: Sequence[BypassEvent], knowledge: Knowledge) -> Failure:
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


def _small_cell(events: Sequence[BypassEvent], knowledge: Knowledge) -> Failure:
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


def _tp53(events: Sequence[BypassEvent], knowledge: Knowledge) -> Failure:
    """TP53: detected when altered; otherwise not assessable as a gene, since its loss is not looked at."""
    item = _tracks("why_tp53_label", events, knowledge)
    if item.state is not State.DETECTED:
        clear = [e for e in events if e.state is State.NOT_DETECTED]
        said = saying("why_tp53_not_assessable", events=named(events) or UNKNOWN)
        if events and len(clear) == len(events):
            said = saying("why_tp53_none_found", events=named(events), limit=limit_words(events))
        item = replace(item, state=State.NOT_ASSESSABLE, text=knowledge.sentences.word(said))
    return replace(item, associations=associations(TP53, knowledge))
