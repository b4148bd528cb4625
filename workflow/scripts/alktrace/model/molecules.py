"""What a molecule is, for every stage that counts.

A molecule is one original fragment of the library. Its copies are told by what does not change when it is copied: the
places where the mates' own 5' bases lie (clipped bases included, in mate order; for reads laid on a junction or spliced
sequence, on that sequence) and, in libraries with them, the unique molecular identifier in the read name.

- With identifiers: the same identifier and the same ends. Among molecules with equal ends, an identifier that differs
  in one base from one at least twice as frequent is its sequencing error (the directional method of UMI-tools, Smith
  2017, DOI:10.1101/gr.209601.116).
- Amplicon with identifiers: the identifier and the ligated end alone, since nested primers give one molecule two primer
  ends. The ligated mate is the one whose ends differ more in the sample; without one, the identifier alone.
- Without identifiers: the same ends; of a single read its 5' end and length.
- Amplicon without identifiers: ends mean nothing, every pair counts and is called a read.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..runtime.errors import InputError

End = Hashable  # where a mate's first sequenced base lies; None for a mate that is missing or has no position
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class MoleculeRule:
    """How copies are told from molecules in one library. `umi`: a compiled expression with one group, searched in the
    read name (`inputs.umi.molecule_rule`). `ligated`: the mate (0 or 1) whose end is the ligated one; asked for in
    amplicon libraries with identifiers only."""

    umi: Any = None
    amplicon: bool = False
    ligated: int | None = None

    @property
    def counts_reads(self) -> bool:
        """Whether nothing tells copies, so that reads are counted."""
        return self.amplicon and self.umi is None

    @property
    def asks_for_ligated(self) -> bool:
        """Whether the ligated mate has to be found in the sample (`with_ends`)."""
        return self.amplicon and self.umi is not None

    def with_ends(self, first: int, second: int) -> MoleculeRule:
        """The rule of a sample in which the first mates have `first` different ends and the second mates `second`."""
        return replace(self, ligated=None if first == second or not (first and second) else int(second > first))

    def identifier(self, name: str) -> str:
        """The identifier in a read name, empty in libraries without. Raises InputError for a name without one."""
        if self.umi is None:
            return ""
        found = self.umi.search(name)
        if found is None:
            raise InputError(
                f"read name {name[:80]!r} does not match the umi pattern {self.umi.pattern!r}; correct the sample sheet"
            )
        return str(found.group(1))


def molecules(ends: Mapping[str, tuple[End, End]], rule: MoleculeRule) -> dict[str, int]:
    """Number of the molecule of each fragment, from its name and ends (first mate, second mate).

    Copies share a number; numbers follow the order of the names. Raises InputError for a name without identifier.
    """
    codes: dict[End, int] = {}
    first, second = ([codes.setdefault(both[mate], len(codes)) for both in ends.values()] for mate in (0, 1))
    texts: dict[str, int] = {}
    tags = [texts.setdefault(rule.identifier(name), len(texts)) for name in ends]
    columns = [np.array(column, np.int64) for column in (first, second, tags)]
    found = number_molecules(columns[0], columns[1], columns[2], list(texts), rule).tolist()
    numbers: dict[int, int] = {}
    return {name: numbers.setdefault(number, len(numbers)) for name, number in zip(ends, found, strict=True)}


def number_molecules(
    first: Integers, second: Integers, tags: Integers, texts: Sequence[str], rule: MoleculeRule
) -> Integers:
    """Number of the molecule of each fragment, int64 (fragments,), in the order of ends and identifiers.

    `first`, `second`: a number for the end of each mate; `tags`: which of the identifiers `texts` the fragment has; all
    int64 (fragments,).
    """
    if rule.counts_reads:
        return np.arange(len(first), dtype=np.int64)
    if rule.asks_for_ligated:
        place = np.zeros(len(first), np.int64) if rule.ligated is None else _groups((first, second)[rule.ligated])
    else:
        place = _groups(second, first)
    if rule.umi is None:
        return place
    pair = _groups(tags, place)
    copies = np.bincount(pair)
    member = np.zeros(len(copies), np.int64)
    member[pair] = np.arange(len(pair))
    places, tag = place[member], tags[member]
    for group in np.split(np.arange(len(copies)), np.flatnonzero(np.diff(places)) + 1):
        if len(group) > 1:
            number = {texts[tag[i]]: int(i) for i in group}
            origin = merged_identifiers({text: int(copies[i]) for text, i in number.items()})
            tag[group] = tag[[number[origin[text]] for text in number]]
    return _groups(tag[pair], place)


def _groups(*columns: Integers) -> Integers:
    """Number of each row among the different rows, in their order (last column first)."""
    order = np.lexsort(columns)
    new = np.zeros(len(order), bool)
    for column in columns:
        new[1:] |= np.diff(column[order]) != 0
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(new)
    return number


def merged_identifiers(counts: Mapping[str, int]) -> dict[str, str]:
    """Each identifier with the one it is a sequencing error of (itself if none), among fragments with equal ends.

    Directional: a is an error of b when they differ in one base and b has at least 2 * count(a) - 1 copies.
    """
    origin: dict[str, str] = {}
    ranked = sorted(counts, key=lambda i: (-counts[i], i))
    if len(ranked) == 1:
        return {ranked[0]: ranked[0]}
    for identifier in ranked:
        if identifier in origin:
            continue
        origin[identifier], waiting = identifier, [identifier]
        while waiting:
            parent = waiting.pop()
            for near in _neighbours(parent):
                if near in counts and near not in origin and counts[parent] >= 2 * counts[near] - 1:
                    origin[near] = identifier
                    waiting.append(near)
    return origin


def _neighbours(identifier: str) -> Iterable[str]:
    """Identifiers one base away."""
    for i, base in enumerate(identifier):
        for other in "ACGNT":
            if other != base:
                yield identifier[:i] + other + identifier[i + 1 :]
