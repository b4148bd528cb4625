"""Which called changes sit on the same molecules, and whether the mutated molecules are the fusion's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from ..model.records import Fusion, FusionResult, Imbalance, OnFusion, PhaseFragments, PhaseLink
from ..model.vocabulary import Carried, Kind, Relation, State

REFERENCE, ALTERNATE, UNKNOWN = 0, 1, -1  # what a template holds at a called change; other contents are unknown
# Template switching joins two molecules now and then, and errors make a change look absent: at most this share.
MAX_SWITCHED = 0.05
PHASE_P = 0.01


@dataclass(frozen=True)
class Evidence:
    """What every template holds at one called change: REFERENCE, ALTERNATE or UNKNOWN, int8 (templates,)."""

    label: str
    holds: np.ndarray


def molecules_holding(first: np.ndarray, second: np.ndarray, molecule: np.ndarray) -> np.ndarray:
    """Molecules by what they hold at two changes: int (2, 2), [first, second], reference 0 and alternate 1.

    Copies of a molecule count once, with their most frequent content. `molecule` is -1 for templates that do not count.
    """
    both = (first >= 0) & (second >= 0) & (molecule >= 0)
    rows = np.column_stack((molecule[both], first[both], second[both]))
    unique, copies = np.unique(rows, axis=0, return_counts=True)
    if len(unique):
        order = np.lexsort((-copies, unique[:, 0]))
        leading = np.concatenate(([True], np.diff(unique[order, 0]) != 0))
        unique = unique[order][leading]
    table = np.zeros((2, 2), np.int64)
    np.add.at(table, (unique[:, 1], unique[:, 2]), 1)
    return table


def count_molecules(holds: np.ndarray, molecule: np.ndarray) -> tuple[int, int]:
    """(reference, alternate) molecules at one change; copies are brought together as in `molecules_holding`."""
    table = molecules_holding(holds, holds, molecule)
    return int(table[0, 0]), int(table[1, 1])


def _at_least(successes: int, trials: int, probability: float) -> float:
    """P(X >= successes), X binomial."""
    if successes <= 0:
        return 1.0
    return 0.0 if successes > trials else float(betainc(successes, trials - successes + 1, probability))


def relate(table: np.ndarray) -> tuple[Relation, float | None]:
    """(relation, p-value) of two changes from `molecules_holding`.

    Cis: more molecules with both than switching explains, among those with the rarer change (one-sided binomial test
    against MAX_SWITCHED). Trans: too few with both for changes that share their molecules (one-sided test against one
    half). Neither: undetermined.
    """
    cis, only_first, only_second = int(table[1, 1]), int(table[1, 0]), int(table[0, 1])
    carriers = cis + min(only_first, only_second)
    if carriers == 0:
        return Relation.UNDETERMINED, None
    p_cis = _at_least(cis, carriers, MAX_SWITCHED)
    p_trans = _at_least(carriers - cis, carriers, 0.5)  # one half: few with both are many without
    if p_cis <= PHASE_P:
        return Relation.CIS, p_cis
    if p_trans <= PHASE_P:
        return Relation.TRANS, p_trans
    return Relation.UNDETERMINED, min(p_cis, p_trans)


def link(own: Evidence, other: Evidence, molecule: np.ndarray) -> PhaseLink | None:
    """Phase of one change towards another; None when no molecule covers both."""
    table = molecules_holding(own.holds, other.holds, molecule)
    if table.sum() == 0:
        return None
    relation, p_value = relate(table)
    fragments = PhaseFragments(int(table[1, 1]), int(table[1, 0]), int(table[0, 1]), int(table[0, 0]))
    return PhaseLink(other.label, relation, fragments, p_value)


def fusion_molecules(result: FusionResult, gene: str) -> frozenset[str]:
    """Read names that are junction evidence of a kinase fusion of `gene`, and of no other junction of its event."""
    wanted = {f.junction_id for f in result.fusions if f.target == gene and f.kind == Kind.KINASE_FUSION}
    return frozenset(name for e in result.evidence if e.junction_id in wanted for name in e.fragment_names)


def on_fusion(
    fusions: list[Fusion],
    imbalance: Imbalance,
    direct: tuple[int, int],
    vaf: float,
    error_rate: float,
) -> OnFusion | None:
    """Whether the mutated molecules are the fusion's. None without a kinase fusion of the gene.

    `direct`: molecules covering junction and codon, (with the reference, with the change).
    """
    if not fusions:
        return None
    without, with_change = direct
    covering = without + with_change
    by_chance = error_rate + MAX_SWITCHED * vaf  # misread, or joined to a mutated molecule by template switching
    if with_change and _at_least(with_change, covering, by_chance) <= PHASE_P:
        return OnFusion(
            Carried.YES, covering, f"{with_change} of {covering} fragments that cover junction and codon carry it"
        )
    if covering and with_change == 0 and (1 - vaf) ** covering <= PHASE_P:
        return OnFusion(Carried.NO, covering, f"none of {covering} fragments that cover junction and codon carries it")
    if imbalance.state is State.DETECTED:
        return OnFusion(
            Carried.YES,
            covering,
            "by expression imbalance: the 5' part of the gene is hardly expressed, its kinase reads are the fusion's",
        )
    reason = (
        "no fragment covers junction and codon"
        if not covering
        else f"{with_change} of {covering} fragments that cover junction and codon carry it, which may be chance"
    )
    return OnFusion(
        Carried.UNDETERMINED, covering, f"{reason}, and expression imbalance does not exclude the wild-type gene"
    )
