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

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from ..runtime.errors import InputError

End = Hashable  # where a mate's first sequenced base lies; None for a mate that is missing or has no place


@dataclass(frozen=True)
class MoleculeRule:
    """How copies are told from molecules in one library. `ligated`: the mate (0 or 1) whose end is the ligated one;
    asked for in amplicon libraries with identifiers only."""

    umi: re.Pattern[str] | None = None
    amplicon: bool = False
    ligated: int | None = None

    @classmethod
    def of(cls, umi: str | None, library: str) -> MoleculeRule:
        """The rule of a row of the sheet: `umi` is a regular expression with one group, searched in the read name."""
        return cls(re.compile(umi) if umi else None, library == "amplicon")

    @property
    def counts_reads(self) -> bool:
        """Whether nothing tells copies, so that reads are counted."""
        return self.amplicon and self.umi is None

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
        return found.group(1)

    def place(self, ends: tuple[End, End]) -> Hashable:
        """What of a fragment's ends (first mate, second mate) its copies share."""
        if self.amplicon and self.umi is not None:
            return None if self.ligated is None else ends[self.ligated]
        return ends


def molecules(ends: Mapping[str, tuple[End, End]], rule: MoleculeRule) -> dict[str, int]:
    """Number of the molecule of each fragment, from its name and ends (first mate, second mate).

    Copies share a number; numbers follow the order of the names. Raises InputError for a name without identifier.
    """
    if rule.counts_reads:
        return {name: number for number, name in enumerate(ends)}
    groups: dict[Hashable, dict[str, list[str]]] = {}
    for name, both in ends.items():
        groups.setdefault(rule.place(both), {}).setdefault(rule.identifier(name), []).append(name)
    found: dict[str, tuple[Hashable, str]] = {}
    for place, identifiers in groups.items():
        origin = merged_identifiers({identifier: len(names) for identifier, names in identifiers.items()})
        found.update((name, (place, origin[i])) for i, names in identifiers.items() for name in names)
    numbers: dict[tuple[Hashable, str], int] = {}
    return {name: numbers.setdefault(found[name], len(numbers)) for name in ends}


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
