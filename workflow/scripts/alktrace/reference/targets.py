"""Target k-mers of a reference: panel genes and catalogued junctions, masked against the whole genome.

A k-mer of a panel gene is dropped when it occurs more than `limit` times elsewhere, that is outside the gene's own
locus, or when it is of low complexity. The limit follows from chance: in a genome of G bases a random 16-mer is
expected 2 G / 4^16 times on both strands (1.4 for 3.1 Gb). `limit` is the count that chance exceeds once in a million
k-mers, plus `_COPIES` for paralogues and pseudogenes: their reads must be recruited, because alignment against the
whole genome tells them apart, while interspersed repeats (Alu: a million copies) are far above any such limit. K-mers
of control genes are only counted, so ten times as many copies are let through.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..genome.twobit import TwoBit
from ..knowledge.fusions import read_tables
from ..knowledge.hotspots import read_events
from ..knowledge.panel import read_panel
from ..recruit.kernels.layout import KEEP, SPAN
from ..runtime import jit
from .junctions import CataloguedJunction, read_catalogue
from .target_kmers import (
    Codes,
    _both_strands,
    _Elsewhere,
    _Gene,
    _gene,
    _NormalCodes,
    _recruiting_codes,
    chance_limit,
    low_complexity,
)
from .target_listing import _codon_rows, _gene_rows, _junction_rows, _write_listing
from .target_table import TargetTable, hash_filter, hash_table, kmer_codes, reverse_complement_codes, span_table

_COPIES = 4  # occurrences elsewhere that are let through beyond chance
_CONTROL_FACTOR = 10


def build_targets(
    genome: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    out: Path,
    table: Path,
    threads: int = 2,
    assay: str = "rna",
) -> None:
    """Build the target table of a reference (`out`, see `target_table`) and the list of what masking left (`table`).

    `genome` is the .2bit file, `annotation` `Annotation.save`'s table, `panel` the gene panel, `knowledge` the folder
    of the published junctions, domains, hotspots and bypass events. Columns of `table`: kind (gene, codon, junction),
    gene, item, kmers, surviving, note; a codon's k-mers are those of the spliced transcript that touch it. Panel genes
    without gene model are noted and left out. For `assay` dna exons and introns are those of the panel's DNA columns,
    nothing is spliced and no transcript junction is looked for. Raises InputError for unreadable input.
    """
    jit.set_cache_dir()
    from .masking import count_in_genome

    models, bases = Annotation.load(annotation), Genome(genome)
    rows, tables = read_panel(panel), read_tables(knowledge)
    genes = [_gene(row, models[row.gene], bases, assay) for row in rows if models.get(row.gene)]
    catalogue = read_catalogue(tables, models, bases) if assay == "rna" else []
    normal = _NormalCodes(models, bases)
    recruiting = [_recruiting_codes(junction, normal) for junction in catalogue]
    every = _both_strands(np.concatenate([g.codes for g in genes] + recruiting))
    every = every[every != 0]
    words = hash_filter(every.astype(np.uint32))
    keys, slots = _slots(every)
    counts, known = count_in_genome(TwoBit(genome), words, keys, threads)
    elsewhere = _Elsewhere(every, counts[slots].astype(np.int64))
    limit = chance_limit(known) + _COPIES
    for gene in genes:
        allowed = limit * (_CONTROL_FACTOR if gene.panel.role == "control" else 1)
        gene.kept = (elsewhere.of(gene.codes) - gene.own <= allowed) & ~low_complexity(gene.codes)
    surviving = [c[(elsewhere.of(c) <= limit) & ~low_complexity(c)] for c in recruiting]
    controls = [g.panel.gene for g in genes if g.panel.role == "control"]
    _table(genes, surviving, controls, catalogue, models, bases).save(out)
    listing = [(r.gene, "is not in the annotation") for r in rows if not models.get(r.gene)]
    lines = _gene_rows(genes, listing) + _codon_rows(genes, bases, read_events(knowledge), tables.domains)
    _write_listing(lines + _junction_rows(catalogue, recruiting, surviving), table)


def _slots(codes: Codes) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Hash table of the codes and the slot of each."""
    keys, _ = hash_table(codes.astype(np.uint32), np.zeros(len(codes), dtype=np.uint16))
    filled = np.flatnonzero(keys)
    order = np.argsort(keys[filled])
    return keys, filled[order]


def _table(
    genes: list[_Gene],
    junctions: list[Codes],
    controls: list[str],
    catalogue: list[CataloguedJunction],
    models: Annotation,
    genome: Genome,
) -> TargetTable:
    values: dict[int, int] = defaultdict(int)
    for gene in genes:
        value = controls.index(gene.panel.gene) + 1 if gene.panel.role == "control" else KEEP
        for code in gene.codes[gene.kept].tolist():
            values[code] = _joined(values[code], value)
    for code in np.concatenate(junctions).tolist() if junctions else []:
        values[code] |= KEEP
    values.pop(0, None)
    codes = np.array(sorted(values), dtype=np.uint32)
    keys, payload = hash_table(codes, np.array([values[c] for c in codes.tolist()], dtype=np.uint16))
    spans, names = _spans(catalogue, models, genome)
    return TargetTable(hash_filter(codes), keys, payload, *spans, controls, names)


def _joined(old: int, new: int) -> int:
    """Value of a k-mer of two genes: either recruits; of two control genes neither is counted."""
    return old | new if not old or KEEP in (old, new) else old & KEEP


def _spans(
    catalogue: list[CataloguedJunction], models: Annotation, genome: Genome
) -> tuple[tuple[Codes, NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]], list[str]]:
    """Arrays of the direct scan (see `TargetTable`): k-mer -> the junctions that hold it."""
    names = [j.name for j in catalogue if j.five]
    members: dict[int, list[int]] = defaultdict(list)
    for number, junction in enumerate(j for j in catalogue if j.five):
        spliced = [genome.spliced(models[g]) for g in (junction.five_gene, junction.three_gene)]
        exact = [
            s for s in junction.span_kmers() if not any(s in normal for normal in spliced) and set(s) <= set("ACGT")
        ]
        if exact:
            codes = np.concatenate([kmer_codes(s, SPAN) for s in exact])
            both = np.unique(np.concatenate([codes, reverse_complement_codes(codes, SPAN)]))
            for code in both.tolist():
                members[code].append(number)
    rows = sorted(set(map(tuple, members.values())))
    index = {row: i for i, row in enumerate(rows)}
    codes = np.array(sorted(members), dtype=np.uint64)
    keys, values = span_table(codes, np.array([index[tuple(members[c])] for c in codes.tolist()], dtype=np.uint32))
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.uint32)
    return (keys, values, offsets, np.array([j for row in rows for j in row], dtype=np.uint32)), names
