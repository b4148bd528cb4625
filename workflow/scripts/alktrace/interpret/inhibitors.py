"""The inhibitor matrix: what is reported for each ALK inhibitor against the changes that were found.

Calls come from rows of tki_evidence.tsv and ba_f3_ic50.tsv. Rows whose `verified` is not "page" are shown, marked, and
never make a call. Clinical and literature rows decide first; in-vitro rows decide only where there are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from ..knowledge.evidence import IC50_COLUMN, NO_NUMBER, Knowledge, parts, references, unique
from ..knowledge.table import Row
from ..model.findings import alk_changes, change_name, functional, names_change
from ..model.records import Evidence, Finding, Fusion, Mutation, TkiCall
from ..model.vocabulary import Call, Carried, EvidenceKind, Relation, State
from ..model.words import percent
from .verdicts import Domain

UNMUTATED = "none"
CALLS: dict[str, Call] = {
    "reported_active": Call.SENSITIVE,
    "reported_intermediate": Call.INTERMEDIATE,
    "reported_resistance": Call.RESISTANT,
    **{grade: grade for grade in (Call.SENSITIVE, Call.INTERMEDIATE, Call.RESISTANT, Call.UNKNOWN)},  # of IC50 limits
}
FAVOUR = (Call.SENSITIVE, Call.INTERMEDIATE, Call.UNKNOWN, Call.RESISTANT)  # most to least favourable
_UNMUTATED_LINE = "(no mutation)"


@dataclass(frozen=True)
class Clone:
    """Changes on one molecule. `certain` is False when their phase is not known for every pair."""

    changes: tuple[Mutation, ...]
    certain: bool

    @property
    def names(self) -> frozenset[str]:
        return frozenset(change_name(m) for m in self.changes)

    @property
    def text(self) -> str:
        """ "G1202R (VAF 12.0%) + L1196M (VAF 11.8%)" """
        return " + ".join(f"{m.short} (VAF {percent(m.vaf)})" for m in self.changes)


@dataclass(frozen=True)
class Judged:
    """What rows say for one set of changes: a call, the template that explains it, and the rows themselves."""

    call: Call
    why: str
    rows: tuple[Row, ...]
    detail: str = ""
    inferred: bool = False  # every deciding row had its drug column inferred


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
def drug_rows(knowledge: Knowledge, drug: str) -> list[Row]:
    """All rows about one drug, Ba/F3 numbers turned into in-vitro rows. Clinical first, in vitro last."""
    rows = [row for row in knowledge.evidence if row["drug"] == drug]
    for line in knowledge.ic50:
        value = line.get(drug + IC50_COLUMN, "")
        if value in NO_NUMBER:
            continue
        change = UNMUTATED if line["cell_line"].endswith(_UNMUTATED_LINE) else line["cell_line"]
        rows.append(
            {
                "id": f"ba_f3:{line['cell_line']}:{drug}",
                "change": change,
                "drug": drug,
                "evidence_type": "in_vitro",
                "call": _graded(float(value), knowledge.thresholds),
                "value": value,
                "unit": "nM",
                "reference": line["reference"],
                "verified": line["verified"],
                "column_inferred": "no",
                "note": line["assay"],
                "conflict": "",
                "source": "",
            }
        )
    rank = {"clinical": 0, "literature": 1, "in_vitro": 2}
    return sorted(rows, key=lambda row: rank.get(row["evidence_type"], 3))


def _graded(value: float, thresholds: Sequence[Row]) -> str:
    """Call of a mean IC50 (nM): the first of the closed ranges, then the open one between them, that holds it."""
    closed = [r for r in thresholds if not (r["min_nm"] and r["max_nm"])]
    between = [r for r in thresholds if r["min_nm"] and r["max_nm"]]
    for row in [*closed, *between]:
        low, high = float(row["min_nm"] or "-inf"), float(row["max_nm"] or "inf")
        if low <= value <= high:
            return row["call"]
    return Call.UNKNOWN


def judge(rows: Iterable[Row]) -> Judged:
    """Call of the rows for one set of changes and one drug."""
    rows = tuple(rows)
    verified = [row for row in rows if row["verified"] == "page"]
    for kinds, why in ((("clinical", "literature"), ""), (("in_vitro",), "tki_in_vitro_only")):
        deciding = [row for row in verified if row["evidence_type"] in kinds]
        said = {CALLS[row["call"]] for row in deciding if row["call"] in CALLS}
        both = any(row["call"] == "both_reported" for row in deciding)
        inferred = all(row["column_inferred"] == "yes" for row in deciding)
        if len(said) > 1 or both:
            return Judged(Call.UNKNOWN, "tki_both_reported", rows, inferred=inferred)
        if said:
            return Judged(said.pop(), why, rows, inferred=inferred)
    return Judged(Call.UNKNOWN, "tki_recalled" if rows else "tki_no_row", rows)


def judge_set(names: frozenset[str], rows: Sequence[Row]) -> Judged:
    """Call for changes on one molecule: their own rows first; else resistant when any part is, otherwise unknown."""
    own = judge(row for row in rows if parts(row["change"]) == names)
    if len(names) == 1 or own.call != Call.UNKNOWN or own.why == "tki_both_reported":
        return own
    within = sorted({row["change"] for row in rows if parts(row["change"]) < names})
    judged = {change: judge(row for row in rows if row["change"] == change) for change in within}
    shown = own.rows + tuple(row for change in within for row in judged[change].rows)
    guilty = [change for change in within if judged[change].call == Call.RESISTANT]
    if guilty:
        inferred = all(judged[change].inferred for change in guilty)
        return Judged(Call.RESISTANT, "tki_part_resistant", shown, ", ".join(guilty), inferred)
    return Judged(Call.UNKNOWN, "tki_parts_not_resistant", shown)


def judge_clone(clone: Clone, rows: Sequence[Row]) -> Judged:
    """Call for one clone. Where the phase is not known, one molecule and separate molecules must agree."""
    together = judge_set(clone.names, rows)
    if clone.certain:
        return together
    apart = [judge_set(frozenset({name}), rows) for name in sorted(clone.names)]
    worst = max(apart, key=lambda j: FAVOUR.index(j.call))
    shown = together.rows + tuple(row for j in apart for row in j.rows if row not in together.rows)
    if worst.call == together.call:
        return Judged(together.call, together.why, shown, together.detail, together.inferred)
    return Judged(Call.UNKNOWN, "tki_phase_unknown", shown)


def resistance_codons(rows: Iterable[Row]) -> frozenset[int]:
    """Codons of the changes for which a row reports resistance, verified or not: the positions that matter."""
    against = [row for row in rows if row["call"] == "both_reported" or CALLS.get(row["call"]) == Call.RESISTANT]
    found = [re.match(r"[A-Z*](\d+)", name) for row in against for name in parts(row["change"])]
    return frozenset(int(hit.group(1)) for hit in found if hit)


def all_resistance_codons(knowledge: Knowledge) -> frozenset[int]:
    """Codons with reported resistance to any drug."""
    return frozenset(c for drug in all_drugs(knowledge) for c in resistance_codons(drug_rows(knowledge, drug)))


def all_drugs(knowledge: Knowledge) -> list[str]:
    """Every drug of the tables: drugs.tsv in its order, then others of the evidence."""
    return list(dict.fromkeys([r["drug"] for r in knowledge.drugs] + [r["drug"] for r in knowledge.evidence]))


# ---------------------------------------------------------------- matrix
def matrix(
    fusions: Sequence[Fusion],
    rearrangement: Finding,
    mutations: Sequence[Mutation],
    domain: Domain,
    knowledge: Knowledge,
) -> list[TkiCall]:
    """One call a drug. `fusions` are the detected ALK kinase fusions, `rearrangement` the verdict about them."""
    changes = sorted(alk_changes(mutations), key=lambda m: (m.codon, m.hgvs_c))
    found = clones(changes)
    names = frozenset(change_name(m) for m in changes)
    calls = []
    always = {row["drug"] for row in knowledge.drugs if row["always_shown"] == "yes"}
    for drug in all_drugs(knowledge):
        rows = drug_rows(knowledge, drug)
        if drug in always or any(parts(row["change"]) <= names for row in rows):
            calls.append(_Drug(drug, rows, domain, knowledge).call(fusions, rearrangement, found))
    return calls


@dataclass(frozen=True)
class _Drug:
    """One drug with its rows: turns findings into a TkiCall."""

    name: str
    rows: Sequence[Row]
    domain: Domain
    knowledge: Knowledge

    def call(self, fusions: Sequence[Fusion], rearrangement: Finding, found: Sequence[Clone]) -> TkiCall:
        if rearrangement.state is not State.DETECTED:
            why = "tki_no_fusion" if rearrangement.state is State.NOT_DETECTED else "tki_alk_not_assessable"
            return TkiCall(self.name, Call.NOT_APPLICABLE, [self._say(why)], [], [])
        wanted = resistance_codons(self.rows) or all_resistance_codons(self.knowledge)
        blind = self.domain.unreadable(wanted)
        call, because, rows = Call.UNKNOWN, list[str](), list[Row]()
        if found:
            call, because, rows = self._changed(found)
        elif not blind:
            call, because, rows = self._unmutated()
        if not any(functional(f) for f in fusions):
            call, because = Call.UNKNOWN, [self._say("tki_not_in_frame"), *because]
        if blind:
            call = call if call == Call.RESISTANT else Call.UNKNOWN
            fields = {"count": len(blind), "of": len(wanted), "codons": ", ".join(map(str, blind))}
            because.append(self._say("tki_blind", **fields))
        cited = [one for row in rows for one in references(row, row["source"])]
        return TkiCall(self.name, call, because, [self._evidence(row) for row in rows], unique(cited))

    def _unmutated(self) -> tuple[Call, list[str], list[Row]]:
        rows = [row for row in self.rows if row["change"] == UNMUTATED]
        clinical = [row for row in rows if row["evidence_type"] == "clinical"]
        judged = judge(clinical)
        limits = self.domain.limits()
        if judged.call != Call.UNKNOWN:
            said = [
                self._say("tki_unmutated", note=row["note"], figures=row["value"], **limits)
                for row in clinical
                if row["verified"] == "page"
            ]
            return judged.call, said, rows
        why = judged.why if judged.why == "tki_both_reported" else "tki_unmutated_no_row"
        return Call.UNKNOWN, [self._say(why, clone=UNMUTATED, **limits)], rows

    def _changed(self, found: Sequence[Clone]) -> tuple[Call, list[str], list[Row]]:
        judged = [judge_clone(clone, self.rows) for clone in found]
        call = max((j.call for j in judged), key=FAVOUR.index)
        because = [self._say("tki_clones")] if len(found) > 1 else []
        for clone, one in zip(found, judged, strict=True):
            fields = {"clone": clone.text, "parts": one.detail}
            if one.call != Call.UNKNOWN and one.why != "tki_part_resistant":
                because.append(self._say(f"tki_{one.call}", **fields))
            if one.why:
                because.append(self._say(one.why, **fields))
            if one.inferred:
                because.append(self._say("tki_inferred", **fields))
            conflicts = dict.fromkeys(row["conflict"] for row in one.rows if row["conflict"])
            because += [self._say("tki_conflict", conflict=conflict, **fields) for conflict in conflicts]
        because += self._on_fusion(found)
        rows = list({row["id"]: row for j in judged for row in j.rows}.values())
        return call, because, rows

    def _on_fusion(self, found: Sequence[Clone]) -> list[str]:
        """What is known about the changes being on the fusion transcript, where it is not a plain yes."""
        said = []
        for mutation in {m.hgvs_c: m for clone in found for m in clone.changes}.values():
            if mutation.on_fusion and mutation.on_fusion.state != Carried.YES:
                key = "tki_not_on_fusion" if mutation.on_fusion.state == Carried.NO else "tki_on_fusion_unknown"
                said.append(self._say(key, change=mutation.short, reason=mutation.on_fusion.reason))
        return said

    def _evidence(self, row: Row) -> Evidence:
        """A row as the report shows it, with its marks."""
        say = self.knowledge.sentences.say
        in_vitro_number = row["evidence_type"] == "in_vitro" and row["value"]
        key = "ic50" if in_vitro_number else "unmutated" if row["change"] == UNMUTATED else row["evidence_type"]
        text = say(
            f"evidence_{key}",
            change=row["change"],
            drug=self.name,
            call=say(f"word_{row['call']}"),
            value=row["value"],
            unit=row["unit"],
            figures=row["value"],
            note=row["note"],
        )
        marks = [say("mark_recalled")] if row["verified"] != "page" else []
        marks += [say("mark_inferred")] if row["column_inferred"] == "yes" else []
        return Evidence(
            row=row["id"],
            kind=EvidenceKind(row["evidence_type"]),
            change=row["change"],
            call=row["call"],
            text=f"{text} ({'; '.join(marks)})" if marks else text,
            value=float(row["value"]) if in_vitro_number else None,
            unit=row["unit"] or None,
            reference=row["reference"],
            verified=row["verified"],
            column_inferred=row["column_inferred"] == "yes",
            note=row["note"],
            conflict=row["conflict"],
        )

    def _say(self, key: str, **fields: Any) -> str:
        return self.knowledge.sentences.say(key, drug=self.name, **fields)
