"""Target k-mers of a reference: panel genes and catalogued junctions, masked against the whole genome.

A k-mer of a panel gene is dropped when it occurs more than `limit` times elsewhere, that is outside the gene's own
locus, or when it is of low complexity. The limit follows from chance: in a genome of G bases a random 16-mer is
expected 2 G / 4^16 times on both strands (1.4 for 3.1 Gb). `limit` is the count that chance exceeds once in a million
k-mers, plus `_COPIES` for paralogues and pseudogenes: their reads must be recruited, because alignment against the
whole genome tells them apart, while interspersed repeats (Alu: a million copies) are far above any such limit. K-mers
of control genes are only counted, so ten times as many copies are let through.
"""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import jit
from .annotation import Annotation, Genome, Transcript
from .catalogue import CataloguedJunction, read_catalogue
from .layout import KEEP, SPAN, K
from .panel import PanelGene, parse_numbers, read_panel
from .serialise import write_text
from .target_table import (
    TargetTable,
    encode,
    hash_filter,
    hash_table,
    reverse_complement_codes,
    span_table,
)

_STOP = 3  # bases of the stop codon
_FLANK = 24  # bases beside an exon, in the intron or in the next exon of the transcript
_CHANCE = 1e-6  # share of k-mers that masking may lose to chance
_COPIES = 4  # occurrences elsewhere that are let through beyond chance
_CONTROL_FACTOR = 10
_LEAST_WORDS = 5  # different 3-mers in a k-mer: fewer is a homopolymer or a short tandem repeat
_KINASE_DOMAIN = ("ALK", range(1116, 1393))  # codons whose surviving k-mers are always listed

Codes = NDArray[np.uint64]


@dataclass
class _Gene:
    """K-mers of one panel gene (both strands, sorted, unique)."""

    panel: PanelGene
    transcript: Transcript
    codes: Codes
    own: NDArray[np.int64]  # occurrences of each code inside the gene's locus, both strands
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))


def build_targets(
    fasta: Path,
    annotation: Path,
    panel: Path,
    variants: Path,
    partners: Path,
    out: Path,
    table: Path,
    hotspots: Path | None = None,
    threads: int = 2,
) -> None:
    """Build the target table of a reference (`out`, see `target_table`) and the list of what masking left (`table`).

    `annotation` is `Annotation.save`'s table, `panel` the gene panel, `variants` and `partners` the published
    junctions, `hotspots` a table with columns gene and codons (`12-13,61`). Columns of `table`: kind (gene, codon,
    junction), gene, item, kmers, surviving, note; a codon's k-mers are those of the spliced transcript that touch it.
    Panel genes without gene model are noted and left out. Raises InputError for unreadable input.
    """
    jit.set_cache_dir()
    from .masking import count_in_genome

    models, genome = Annotation.load(annotation), Genome(fasta)
    rows = read_panel(panel)
    genes = [_gene(row, models[row.gene], genome) for row in rows if models.get(row.gene)]
    catalogue = read_catalogue(variants, partners, models, genome)
    normal = _NormalCodes(models, genome)
    recruiting = [_recruiting_codes(junction, normal) for junction in catalogue]
    every = _both_strands(np.concatenate([g.codes for g in genes] + recruiting))
    every = every[every != 0]
    words = hash_filter(every.astype(np.uint32))
    keys, slots = _slots(every)
    counts, bases = count_in_genome(fasta, words, keys, threads)
    elsewhere = _Elsewhere(every, counts[slots].astype(np.int64))
    limit = chance_limit(bases) + _COPIES
    for gene in genes:
        allowed = limit * (_CONTROL_FACTOR if gene.panel.role == "control" else 1)
        gene.kept = (elsewhere.of(gene.codes) - gene.own <= allowed) & ~low_complexity(gene.codes)
    surviving = [c[(elsewhere.of(c) <= limit) & ~low_complexity(c)] for c in recruiting]
    controls = [g.panel.gene for g in genes if g.panel.role == "control"]
    _table(genes, surviving, controls, catalogue, models, genome).save(out)
    listing = [(r.gene, "is not in the annotation") for r in rows if not models.get(r.gene)]
    lines = _gene_rows(genes, listing) + _codon_rows(genes, genome, hotspots)
    _write_listing(lines + _junction_rows(catalogue, recruiting, surviving), table)


def chance_limit(bases: int) -> int:
    """Occurrences of a random 16-mer in so many bases, both strands, that chance exceeds once in 1e6 (Poisson)."""
    expected = 2 * bases / 4**K
    count, term = 0, math.exp(-expected)
    tail = 1 - term
    while tail > _CHANCE:
        count += 1
        term *= expected / count
        tail -= term
    return count


def low_complexity(codes: Codes) -> NDArray[np.bool_]:
    """Whether a k-mer holds fewer than five different 3-mers (homopolymers, tandem repeats of up to four bases)."""
    words = np.stack([(codes >> np.uint64(2 * i)) & np.uint64(63) for i in range(K - 2)], axis=1)
    words.sort(axis=1)
    different: NDArray[np.bool_] = 1 + (words[:, 1:] != words[:, :-1]).sum(axis=1) < _LEAST_WORDS
    return different


@dataclass
class _Elsewhere:
    """Occurrences in the genome on both strands, by code."""

    codes: Codes  # sorted
    forward: NDArray[np.int64]

    def of(self, codes: Codes) -> NDArray[np.int64]:
        """A palindrome is its own reverse complement and occurs on both strands at one place."""
        reverse = reverse_complement_codes(codes)
        return self._forward(codes) + np.where(reverse == codes, 0, self._forward(reverse))

    def _forward(self, codes: Codes) -> NDArray[np.int64]:
        at = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[at] == codes, self.forward[at], 0)


def _both_strands(codes: Codes) -> Codes:
    return np.unique(np.concatenate([codes, reverse_complement_codes(codes)]))


def _gene(row: PanelGene, transcript: Transcript, genome: Genome) -> _Gene:
    codes = _both_strands(np.concatenate([_encode_bases(s) for s in _target_sequences(row, transcript, genome)]))
    locus = _encode_bases(genome.fetch(transcript.contig, transcript.start, transcript.end))
    found = locus[np.isin(locus, codes)]
    values, counts = np.unique(found, return_counts=True)
    return _Gene(
        row, transcript, codes, _Elsewhere(values, counts).of(codes) if len(values) else np.zeros(len(codes), int)
    )


def _target_sequences(row: PanelGene, transcript: Transcript, genome: Genome) -> Iterator[str]:
    """Spliced runs of the panel's exons, each exon, and the panel's introns; runs and exons with flanks.

    A read over a codon at the edge of a run has at least 23 bases of run and flank, so it is seen.
    """
    number, last = len(transcript.exons), _last_base(row, transcript)
    wanted = row.rna_exons or range(1, number + 1)
    exons = [n for n in wanted if n <= number and transcript.exon_start(n) <= last]
    for n in exons:
        start, end = transcript.exons[n - 1]
        beyond = max(transcript.exon_end(n) - last, 0)
        span = (start, end - beyond) if transcript.forward else (start + beyond, end)
        yield genome.fetch_stranded(transcript.contig, span[0] - _FLANK, span[1] + _FLANK, transcript.strand)
    spliced = genome.spliced(transcript)
    firsts = [n for n in exons if n - 1 not in exons]
    finals = [n for n in exons if n + 1 not in exons]
    for first, final in zip(firsts, finals, strict=True):
        end = min(transcript.exon_end(final), last) + _FLANK
        yield spliced[max(transcript.exon_start(first) - 1 - _FLANK, 0) : end]
    for n in row.rna_introns:
        if n < number:
            yield genome.fetch_stranded(transcript.contig, *transcript.intron_span(n), transcript.strand)


def _last_base(row: PanelGene, transcript: Transcript) -> int:
    """Last transcript position that is wanted: of drivers and bypass genes the end of the stop codon.

    No junction or codon lies behind it, and these regions are long (NTRK3: 16 kb).
    """
    if row.role not in ("driver", "bypass") or transcript.cds is None:
        return transcript.length
    return transcript.cds[1] + _STOP


def _encode_bases(sequence: str) -> Codes:
    """Codes of the k-mers that hold A, C, G and T only."""
    return np.concatenate([encode(part) for part in _known(sequence)] or [np.zeros(0, dtype=np.uint64)])


def _known(sequence: str) -> list[str]:
    return [part for part in sequence.translate(_UNKNOWN).split() if len(part) >= K]


_UNKNOWN = {c: " " for c in range(256) if chr(c) not in "ACGT"}


class _NormalCodes:
    """K-mers of a gene, unspliced and normally spliced, in transcript sense; sorted."""

    def __init__(self, models: Annotation, genome: Genome):
        self._models, self._genome = models, genome
        self._known: dict[str, Codes] = {}

    def of(self, gene: str) -> Codes:
        if gene not in self._known:
            transcript = self._models[gene]
            locus = transcript.contig, transcript.start, transcript.end, transcript.strand
            sequences = self._genome.spliced(transcript), self._genome.fetch_stranded(*locus)
            self._known[gene] = np.unique(np.concatenate([_encode_bases(s) for s in sequences]))
        return self._known[gene]


def _recruiting_codes(junction: CataloguedJunction, normal: _NormalCodes) -> Codes:
    """K-mers across a junction, both strands, without those its two genes hold: all their reads would be kept."""
    codes = [_encode_bases(kmer) for kmer in junction.recruiting_kmers()]
    if not codes:
        return np.zeros(0, dtype=np.uint64)
    found = np.unique(np.concatenate(codes))
    for gene in (junction.five_gene, junction.three_gene):
        found = np.setdiff1d(found, normal.of(gene), assume_unique=True)
    return _both_strands(found)


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
            codes = np.concatenate([encode(s, SPAN) for s in exact])
            both = np.unique(np.concatenate([codes, reverse_complement_codes(codes, SPAN)]))
            for code in both.tolist():
                members[code].append(number)
    rows = sorted(set(map(tuple, members.values())))
    index = {row: i for i, row in enumerate(rows)}
    codes = np.array(sorted(members), dtype=np.uint64)
    keys, values = span_table(codes, np.array([index[tuple(members[c])] for c in codes.tolist()], dtype=np.uint32))
    offsets = np.cumsum([0, *map(len, rows)]).astype(np.uint32)
    return (keys, values, offsets, np.array([j for row in rows for j in row], dtype=np.uint32)), names


# ---------------------------------------------------------------- listing

Row = tuple[str, str, str, int, int, str]


def _gene_rows(genes: list[_Gene], absent: list[tuple[str, str]]) -> list[Row]:
    """K-mers are counted on both strands, as they are stored."""
    found = [("gene", g.panel.gene, g.panel.role, len(g.codes), int(g.kept.sum()), "") for g in genes]
    return found + [("gene", gene, "", 0, 0, note) for gene, note in absent]


def _codon_rows(genes: list[_Gene], genome: Genome, hotspots: Path | None) -> list[Row]:
    rows: list[Row] = []
    by_name = {g.panel.gene: g for g in genes}
    for name, codons in sorted(_screened(hotspots).items()):
        gene = by_name.get(name)
        if gene is None or gene.transcript.cds is None:
            continue
        spliced, first = genome.spliced(gene.transcript), gene.transcript.cds[0]
        kept = set(gene.codes[gene.kept].tolist())
        for codon in sorted(codons):
            begin = first + 3 * (codon - 1) - 1  # 0-based
            around = encode(spliced[max(begin - K + 1, 0) : begin + 2 + K]).tolist()
            rows.append(("codon", name, str(codon), len(around), sum(c in kept for c in around), ""))
    return rows


def _screened(hotspots: Path | None) -> dict[str, set[int]]:
    """Codons to list, by gene."""
    codons: dict[str, set[int]] = defaultdict(set)
    codons[_KINASE_DOMAIN[0]].update(_KINASE_DOMAIN[1])
    if hotspots:
        with hotspots.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                codons[row["gene"]].update(parse_numbers(row["codons"]))
    return codons


def _junction_rows(catalogue: list[CataloguedJunction], before: list[Codes], after: list[Codes]) -> list[Row]:
    rows = zip(catalogue, before, after, strict=True)
    return [("junction", f"{j.five_gene}::{j.three_gene}", j.name, len(b), len(a), j.note) for j, b, a in rows]


def _write_listing(rows: list[Row], path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\")
    writer.writerow(("kind", "gene", "item", "kmers", "surviving", "note"))
    writer.writerows(rows)
    write_text(path, text.getvalue())
