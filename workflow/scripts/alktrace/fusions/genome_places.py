"""Where in the whole genome an assembled sequence lies that the reads' own alignments did not place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..align.search import Place, locate
from ..genome.twobit import TwoBit

__all__ = ["Place", "genome_places"]
MOST_PLACES = 8  # a sequence that fits in more places is a repeat


def genome_places(genome: Path, parts: Sequence[str], threads: int = 1) -> list[list[Place]]:
    """For each sequence the places of the genome that it fits about equally well, best first; none for a repeat.

    `genome` is the .2bit file that the workflow makes, which is streamed once past the words of all parts; with another
    file there is no search and no place.
    """
    if not parts or genome.suffix != ".2bit":
        return [[] for _ in parts]
    found = locate(TwoBit(genome), parts, threads)
    return [places if len(places) <= MOST_PLACES else [] for places in found]
