"""Bands of chromosomes (resources/cytobands.tsv): GRCh38, 850 bands to a haploid set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..knowledge.table import Verified, read_rows
from ..runtime.paths import RESOURCES
from .contigs import chromosome

TABLE = RESOURCES / "cytobands.tsv"
BUILD = "GRCh38"


@dataclass(frozen=True)
class Band:
    """One band: `start`, `end` 1-based and inclusive; `band` with its arm ("p23.2"); `stain` by Giemsa, as in UCSC's
    table (gneg, gpos25 to gpos100, acen the centromere, gvar, stalk)."""

    build: str
    chromosome: str
    start: int
    end: int
    band: str
    stain: str
    reference: str
    verified: Verified


@cache
def read_bands(path: Path = TABLE) -> dict[str, tuple[Band, ...]]:
    """Bands of each chromosome in ascending order; chromosomes are called "2" and "X"."""
    found: dict[str, list[Band]] = {}
    for band in read_rows(path, Band):
        found.setdefault(band.chromosome, []).append(band)
    return {name: tuple(bands) for name, bands in found.items()}


def bands_of(contig: str, build: str) -> tuple[Band, ...]:
    """The bands of a contig; none where the genome is another build, or not known to be this one."""
    return read_bands().get(chromosome(contig), ()) if BUILD in build else ()


def band_at(contig: str, position: int, build: str) -> str:
    """The band of a position, without its sub-band: "p23". Empty where no table tells."""
    held = (band.band for band in bands_of(contig, build) if band.start <= position <= band.end)
    return next(held, "").partition(".")[0]
