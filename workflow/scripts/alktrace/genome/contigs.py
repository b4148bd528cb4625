"""Contigs of a genome: alternative sequences of the same loci, and the build that the lengths tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from ..knowledge.table import read_table

UNKNOWN = "unknown"
# Alternate loci and patches as UCSC, Ensembl, GENCODE (GenBank) and RefSeq call them. A second copy of a locus takes
# away half of its reads. GenBank and RefSeq names do not tell them from unplaced scaffolds, which go with them.
_ALTERNATE = re.compile(
    r"chr\w+_(alt|fix)|(CHR_)?(HSCHR|HG)\w+(_CTG\w*|_PATCH|_FIX|_HSTEST)\S*|N[TW]_\d+(\.\d+)?|(GL|K[INQVZ]|ML|JH)\d{6}\.\d+",
    re.IGNORECASE,
)


def alternates(names: Collection[str]) -> set[str]:
    """Contigs that are alternative or unplaced sequences by their names; none if all are."""
    found = {name for name in names if _ALTERNATE.fullmatch(name)}
    return found if len(found) < len(names) else set()


def genome_build(lengths: Mapping[str, int], table: Path) -> str:
    """The build of `table` (columns build, contig, length) that holds the lengths of most chromosomes; "unknown" when
    fewer than half of the named chromosomes fit any."""
    known: dict[tuple[str, int], set[str]] = {}
    for row in read_table(table, ("build", "contig", "length")):
        known.setdefault((row["contig"], int(row["length"])), set()).add(row["build"])
    chromosomes = {contig for contig, _ in known}
    named = {name: chromosome(name) for name in lengths}
    votes = Counter(build for name, chrom in named.items() for build in known.get((chrom, lengths[name]), ()))
    present = sum(chromosome in chromosomes for chromosome in named.values())
    best = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return best[0][0] if best and 2 * best[0][1] >= present else UNKNOWN


def chromosome(name: str) -> str:
    """chr2, 2 and NC_000002.12 are "2"."""
    refseq = re.fullmatch(r"NC_0000(\d\d)\.\d+", name)
    if refseq:
        number = int(refseq[1])
        return {23: "X", 24: "Y"}.get(number, str(number))
    return name.removeprefix("chr")


def same_contigs(others: Mapping[str, int], own: Mapping[str, int]) -> dict[str, str]:
    """Names of another file's contigs -> the reference's, both given with lengths, whatever the naming.

    Equal length and the same chromosome by name ("2", "chr2", "NC_000002.12"), else the only contigs of that length.
    """
    by_name = {(chromosome(name), length): name for name, length in own.items()}
    by_length: dict[int, list[str]] = {}
    for name, length in own.items():
        by_length.setdefault(length, []).append(name)
    theirs = Counter(others.values())
    found = {}
    for name, length in others.items():
        same = name if own.get(name) == length else by_name.get((chromosome(name), length))
        if same is None and theirs[length] == 1 and len(by_length.get(length, ())) == 1:
            (same,) = by_length[length]
        if same is not None:
            found[name] = same
    return found
