"""The inhibitor matrix: what is reported for each ALK inhibitor against the changes that were found.

Calls come from rows of tki_evidence.tsv. Rows whose `verified` is not "page" never make a call. Where verified rows
disagree, whatever their kind, the call is `conflicting` and both sides are kept. Approvals stand apart: they make a
call only for a fusion without a kinase-domain change of which no trial row is held. This module decides; `wording.py`
words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from ..knowledge.evidence import UNMUTATED, Approval, Evidence, Knowledge, parts
from ..knowledge.sentences import Said, saying
from ..model.findings import TARGET, alk_changes, change_name, functional, names_change
from ..model.records import Fusion, Mutation
from ..model.vocabulary import Call, Carried, Relation, State
from ..model.words import percent
from .verdicts import Domain

CALLS = {
    "reported_active": Call.SENSITIVE,
    "reported_intermediate": Call.INTERMEDIATE,
    "reported_resistance": Call.RESISTANT,
    "both_reported": Call.CONFLICTING,
}
FAVOUR = (Call.SENSITIVE, Call.INTERMEDIATE, Call.UNKNOWN, Call.CONFLICTING, Call.RESISTANT)  # most to least favourable
SAID = {  # the sentence that states a call for one clone
    Call.SENSITIVE: "tki_sensitive",
    Call.INTERMEDIATE: "tki_intermediate",
    Call.CONFLICTING: "tki_conflicting",
    Call.RESISTANT: "tki_resistant",
}
KINDS = ("clinical", "literature", "in_vitro")
DISEASE = "lung cancer"


@dataclass(frozen=True)
class Clone:
    """Changes on one molecule. `certain` is False when their phase is not known for every pair."""

    changes: tuple[Mutation, ...]
    certain: bool

    @property
    def names(self) -> frozenset[str]:
        return frozenset(change_name(m) for m in self.changes)

    def words(self, describe: Callable[[Mutation], str]) -> str:
        """ "G1202R (VAF 12.0%) + L1196M (VAF 11.8%)" """
        return " + ".join(map(describe, self.changes))


@dataclass(frozen=True)
class Judged:
    """What rows say for one set of changes: a call, why in a sentence of its own (None where the call says it), and the
    rows themselves."""

    call: Call
    why: str | None
    rows: tuple[Evidence, ...]
    detail: str = ""


@dataclass(frozen=True)
class DrugOutcome:
    """What is decided about one drug, not yet in words."""

    drug: str
    call: Call
    because: tuple[Said, ...]
    rows: tuple[Evidence, ...] = ()
    approvals: tuple[Approval, ...] = ()


def with_share(change: Mutation) -> str:
    """A change of one sample with its share."""
    return f"{change.short} (VAF {percent(change.vaf)})"


# ---------------------------------------------------------------- clones
def clones(mutations: Sequence[Mutation]) -> list[Clone]:
    """Clones that the phase of the changes allows.

    A clone is a largest set of changes without a trans pair. Within a clone in cis, a change whose VAF interval lies
    above that of the rest is also a clone by itself: the molecules that carry only it.
    """
    pairs = combinations(range(len(mutations)), 2)
    relation = {(a, b): _relation(mutations[a], mutations[b]) for a, b in pairs}
    near: dict[int, set[int]] = {i: set() for i in range(len(mutations))}
    for (a, b), how in relation.items():
        if how != Relation.TRANS:
            near[a].add(b)
            near[b].add(a)
    found: list[Clone] = []
    for clique in sorted(sorted(c) for c in _cliques(near)):
        members = tuple(mutations[i] for i in clique)
        certain = all(relation[pair] == Relation.CIS for pair in combinations(clique, 2))
        found.append(Clone(members, certain))
        if certain:
            found += [Clone(ancestor, True) for ancestor in _ancestors(members)]
    return list({tuple(m.hgvs_c for m in c.changes): c for c in found}.values())


def _cliques(near: dict[int, set[int]]) -> list[set[int]]:
    """Maximal cliques of a graph (Bron and Kerbosch 1973, with pivot)."""
    cliques: list[set[int]] = []

    def grow(chosen: set[int], open_: set[int], done: set[int]) -> None:
        if not open_ and not done:
            if chosen:
                cliques.append(chosen)
            return
        pivot = max(open_ | done, key=lambda v: len(near[v] & open_))
        for vertex in sorted(open_ - near[pivot]):
            grow(chosen | {vertex}, open_ & near[vertex], done & near[vertex])
            open_ = open_ - {vertex}
            done = done | {vertex}

    grow(set(), set(near), set())
    return cliques


def _ancestors(members: tuple[Mutation, ...]) -> list[tuple[Mutation, ...]]:
    """Leading subsets, by VAF, whose every interval lies above those of the remaining changes."""
    ordered = sorted(members, key=lambda m: (-m.vaf, m.codon, m.hgvs_c))
    return [
        tuple(sorted(ordered[:n], key=lambda m: (m.codon, m.hgvs_c)))
        for n in range(1, len(ordered))
        if min(m.vaf_low for m in ordered[:n]) > max(m.vaf_high for m in ordered[n:])
    ]


def _relation(a: Mutation, b: Mutation) -> Relation:
    """cis, trans or undetermined, from the phase links of either change."""
    for one, other in ((a, b), (b, a)):
        for link in one.phase:
            if names_change(link.with_, other):
                return link.relation
    return Relation.UNDETERMINED


# ---------------------------------------------------------------- rows
def drug_rows(knowledge: Knowledge, drug: str) -> list[Evidence]:
    """All rows about one drug: clinical first, in vitro last."""
    rows = [row for row in knowledge.evidence if row.drug == drug]
    return sorted(rows, key=lambda row: KINDS.index(row.evidence_type))


def drug_approvals(knowledge: Knowledge, drug: str) -> tuple[Approval, ...]:
    """Indications of the drug for ALK-positive lung cancer, in table order."""
    rows = [row for row in knowledge.approvals if row.drug == drug and row.disease == DISEASE]
    return tuple(row for row in rows if TARGET in row.genes.split(";") and row.verified == "page")


def judge(rows: Iterable[Evidence]) -> Judged:
    """Call of the rows for one set of changes and one drug."""
    rows = tuple(rows)
    deciding = [row for row in rows if row.verified == "page"]
    said = {CALLS[row.call] for row in deciding}
    if len(said) > 1 or Call.CONFLICTING in said:
        return Judged(Call.CONFLICTING, None, rows)
    if said:
        only_in_vitro = all(row.evidence_type == "in_vitro" for row in deciding)
        return Judged(said.pop(), "tki_in_vitro_only" if only_in_vitro else None, rows)
    return Judged(Call.UNKNOWN, "tki_recalled" if rows else "tki_no_row", rows)


def judge_set(names: frozenset[str], rows: Sequence[Evidence]) -> Judged:
    """Call for changes on one molecule: their own rows first; else resistant when any part is, otherwise unknown."""
    own = judge(row for row in rows if parts(row.change) == names)
    if len(names) == 1 or own.call != Call.UNKNOWN:
        return own
    within = sorted({row.change for row in rows if parts(row.change) < names})
    judged = {change: judge(row for row in rows if row.change == change) for change in within}
    shown = own.rows + tuple(row for change in within for row in judged[change].rows)
    guilty = [change for change in within if judged[change].call == Call.RESISTANT]
    if guilty:
        return Judged(Call.RESISTANT, "tki_part_resistant", shown, ", ".join(guilty))
    return Judged(Call.UNKNOWN, "tki_parts_not_resistant", shown)


def judge_clone(clone: Clone, rows: Sequence[Evidence]) -> Judged:
    """Call for one clone. Where the phase is not known, one molecule and separate molecules must agree."""
    together = judge_set(clone.names, rows)
    if clone.certain:
        return together
    apart = [judge_set(frozenset({name}), rows) for name in sorted(clone.names)]
    worst = max(apart, key=lambda j: FAVOUR.index(j.call))
    shown = together.rows + tuple(row for j in apart for row in j.rows if row not in together.rows)
    if worst.call == together.call:
        return Judged(together.call, together.why, shown, together.detail)
    return Judged(Call.UNKNOWN, "tki_phase_unknown", shown)


def resistance_codons(rows: Iterable[Evidence]) -> frozenset[int]:
    """Codons of the changes for which a row reports resistance, verified or not: the positions that matter."""
    against = [row for row in rows if CALLS[row.call] in (Call.RESISTANT, Call.CONFLICTING)]
    found = [re.match(r"[A-Z*](\d+)", name) for row in against for name in parts(row.change)]
    return frozenset(int(hit.group(1)) for hit in found if hit)


def all_resistance_codons(knowledge: Knowledge) -> frozenset[int]:
    """Codons with reported resistance to any drug."""
    return frozenset(c for drug in all_drugs(knowledge) for c in resistance_codons(drug_rows(knowledge, drug)))


def all_drugs(knowledge: Knowledge) -> list[str]:
    """Every drug of the tables: drugs.tsv in its order, then others of the evidence."""
    return list(dict.fromkeys([r.drug for r in knowledge.drugs] + [r.drug for r in knowledge.evidence]))


# ---------------------------------------------------------------- matrix
def matrix(
    fusions: Sequence[Fusion],
    rearrangement: State,
    mutations: Sequence[Mutation],
    domain: Domain,
    knowledge: Knowledge,
    describe: Callable[[Mutation], str] = with_share,
) -> list[DrugOutcome]:
    """One outcome a drug. `fusions` are the detected ALK kinase fusions, `rearrangement` the state of ALK's verdict,
    `describe` names a change with its share."""
    changes = sorted(alk_changes(mutations), key=lambda m: (m.codon, m.hgvs_c))
    found = clones(changes)
    names = frozenset(change_name(m) for m in changes)
    outcomes = []
    always = {row.drug for row in knowledge.drugs if row.always_shown == "yes"}
    for drug in all_drugs(knowledge):
        rows = drug_rows(knowledge, drug)
        if drug in always or any(parts(row.change) <= names and row.verified == "page" for row in rows):
            outcomes.append(_Drug(drug, rows, domain, knowledge, describe).outcome(fusions, rearrangement, found))
    return outcomes


@dataclass(frozen=True)
class _Drug:
    """One drug with its rows: turns findings into an outcome."""

    name: str
    rows: Sequence[Evidence]
    domain: Domain
    knowledge: Knowledge
    describe: Callable[[Mutation], str]

    def outcome(self, fusions: Sequence[Fusion], rearrangement: State, found: Sequence[Clone]) -> DrugOutcome:
        if rearrangement is State.NOT_DETECTED:
            return DrugOutcome(self.name, Call.NOT_APPLICABLE, (saying("tki_no_fusion", drug=self.name),))
        if rearrangement is State.NOT_ASSESSABLE:
            return DrugOutcome(self.name, Call.NOT_APPLICABLE, (saying("tki_alk_not_assessable", drug=self.name),))
        wanted = resistance_codons(self.rows) or all_resistance_codons(self.knowledge)
        blind = self.domain.unreadable(wanted)
        call, because, rows = Call.UNKNOWN, list[Said](), list[Evidence]()
        if found:
            call, because, rows = self._changed(found)
        elif not blind:
            call, because, rows = self._unmutated()
        if not any(functional(f) for f in fusions):
            call, because = Call.UNKNOWN, [saying("tki_not_in_frame", drug=self.name), *because]
        if blind:
            call = call if call in (Call.RESISTANT, Call.CONFLICTING) else Call.UNKNOWN
            codons = ", ".join(map(str, blind))
            because.append(saying("tki_blind", drug=self.name, count=len(blind), of=len(wanted), codons=codons))
        return DrugOutcome(self.name, call, tuple(because), tuple(rows), drug_approvals(self.knowledge, self.name))

    def _unmutated(self) -> tuple[Call, list[Said], list[Evidence]]:
        rows = [row for row in self.rows if row.change == UNMUTATED]
        clinical = [row for row in rows if row.evidence_type == "clinical" and row.verified == "page"]
        because = [saying("tki_unmutated_limit", **self.domain.limits())]
        if clinical:
            trials = [row for row in clinical if row.statement]
            because += [saying("tki_trial", statement=row.statement, figures=row.value) for row in trials]
            if not trials:
                because.append(saying("tki_unmutated_clinical", drug=self.name))
            return judge(clinical).call, because, rows
        if drug_approvals(self.knowledge, self.name):
            return Call.SENSITIVE, [*because, saying("tki_unmutated_approved", drug=self.name)], rows
        return Call.UNKNOWN, [*because, saying("tki_unmutated_no_row", drug=self.name)], rows

    def _changed(self, found: Sequence[Clone]) -> tuple[Call, list[Said], list[Evidence]]:
        judged = [judge_clone(clone, self.rows) for clone in found]
        call = max((j.call for j in judged), key=FAVOUR.index)
        because = [saying("tki_clones")] if len(found) > 1 else []
        for clone, one in zip(found, judged, strict=True):
            fields = {"clone": clone.words(self.describe), "drug": self.name, "parts": one.detail}
            if one.call in SAID and one.why != "tki_part_resistant":
                because.append(Said(SAID[one.call], fields))
            if one.why:
                because.append(Said(one.why, fields))
        because += self._on_fusion(found)
        rows = list({row.id: row for j in judged for row in j.rows}.values())
        return call, because, rows

    def _on_fusion(self, found: Sequence[Clone]) -> list[Said]:
        """What is known about the changes being on the fusion transcript, where it is not a plain yes."""
        said = []
        for mutation in {m.hgvs_c: m for clone in found for m in clone.changes}.values():
            where = mutation.on_fusion
            if where and where.state == Carried.NO:
                said.append(saying("tki_not_on_fusion", change=mutation.short, reason=where.reason))
            elif where and where.state == Carried.UNDETERMINED:
                said.append(saying("tki_on_fusion_unknown", change=mutation.short, reason=where.reason))
        return said
