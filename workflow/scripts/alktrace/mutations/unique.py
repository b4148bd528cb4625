"""The different fragments of an evidence BAM: where they lie, and one read pair for each."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..genome.fragments import FragmentEnds, read_records
from ..inputs.umi import molecule_rule
from .reads import draw, one_of_each

Positions = NDArray[np.int64]
LONGEST = 1200  # bases of a fragment; what lies farther apart is no fragment
UNIQUE_QUALITY = 20  # mapping quality from which a place is taken as the only one


@dataclass(frozen=True)
class UniqueFragments:
    """`places`: first and last position (1-based inclusive) of each fragment that lies in one piece, by contig;
    `names`: of the read pair that stands for each; `by_ends`: whether ends alone told copies from fragments."""

    places: dict[str, tuple[Positions, Positions]]
    names: frozenset[str]
    by_ends: bool


def unique_fragments(bam: Path, umi: str | None, library: str) -> UniqueFragments:
    """One pass over the BAM. What stands for a molecule is chosen by the bases of its reads, not by their names."""
    ends = FragmentEnds(molecule_rule(umi, library))
    columns: dict[str, tuple[array[int], array[int], array[int]]] = {}
    draws: list[int] = []
    for read in read_records(bam):
        template = ends.add(read)
        if template == len(draws):
            draws.append(0)
        if not read.is_supplementary:
            draws[template] = (draws[template] + draw(read)) % (1 << 64)
        if read.is_unmapped or read.is_supplementary or read.mapping_quality < UNIQUE_QUALITY:
            continue
        column = columns.setdefault(str(read.reference_name), (array("q"), array("q"), array("q")))
        for values, value in zip(column, (template, read.reference_start + 1, read.reference_end), strict=True):
            values.append(value)
    molecule_of = ends.molecules()
    return UniqueFragments(
        {contig: _places(column, molecule_of) for contig, column in columns.items()},
        _names_of(list(ends.names), draws, molecule_of),
        umi is None,
    )


def _places(
    column: tuple[array[int], array[int], array[int]], molecule_of: NDArray[np.int64]
) -> tuple[Positions, Positions]:
    templates, first, last = (np.array(values, dtype=np.int64) for values in column)
    molecules, index = np.unique(molecule_of[templates], return_inverse=True)
    starts: Positions = np.full(len(molecules), np.iinfo(np.int64).max)
    ends: Positions = np.zeros(len(molecules), np.int64)
    np.minimum.at(starts, index, first)
    np.maximum.at(ends, index, last)
    whole = ends - starts < LONGEST
    return starts[whole], ends[whole]


def _names_of(names: list[str], draws: list[int], molecule_of: NDArray[np.int64]) -> frozenset[str]:
    return frozenset(names[at] for at in one_of_each(molecule_of, np.array(draws, np.uint64)))
