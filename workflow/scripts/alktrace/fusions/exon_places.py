"""Genes that share words with a sequence: all annotated exons are streamed past the words, so no index is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ..genome.fasta import Genome
from ..genome.sequence import is_informative
from ..genome.transcripts import Annotation, Transcript

WORD = 16  # 2 bits a base: one 32-bit code
MIN_WORDS = 5  # words a gene must share: 20 bases in a row
MOST_GENES = 8  # a sequence that more genes hold is a repeat
_BATCH = 1 << 22  # bases looked at together
_CODES = np.full(256, 4, np.uint8)
for _code, _base in enumerate(b"ACGT"):
    _CODES[_base] = _code
Codes = npt.NDArray[np.uint32]


def genes_sharing_words(parts: Sequence[str], annotation: Annotation, genome: Genome) -> list[list[Transcript]]:
    """For each part (transcript sense) the genes with an annotated exon that shares MIN_WORDS words with it, best
    first; none where more than MOST_GENES do."""
    owners: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        if is_informative(part):
            for code in set(_words(part.encode())[0].tolist()):
                owners.setdefault(code, []).append(number)
    if not owners:
        return [[] for _ in parts]
    wanted = np.array(sorted(owners), np.uint32)
    votes: list[dict[str, set[int]]] = [{} for _ in parts]
    genes: dict[str, Transcript] = {}
    for batch in _batches(annotation, genome):
        bases = b"N".join(exon for _, exon in batch)
        codes, offsets = _words(bases)
        hits = np.flatnonzero(_among(codes, wanted))
        ends = np.cumsum([len(exon) + 1 for _, exon in batch])
        for hit in hits.tolist():
            gene = batch[int(np.searchsorted(ends, offsets[hit], side="right"))][0]
            genes[gene.gene_id] = gene
            for number in owners[int(codes[hit])]:
                votes[number].setdefault(gene.gene_id, set()).add(int(codes[hit]))
    return [_chosen(found, genes) for found in votes]


def _chosen(votes: dict[str, set[int]], genes: dict[str, Transcript]) -> list[Transcript]:
    ranked = sorted((g for g in votes if len(votes[g]) >= MIN_WORDS), key=lambda g: (-len(votes[g]), g))
    return [genes[g] for g in ranked] if len(ranked) <= MOST_GENES else []


def _among(codes: Codes, wanted: Codes) -> npt.NDArray[np.bool_]:
    """Which codes are wanted: a table of their low 20 bits spares most look-ups."""
    table = np.zeros(1 << 20, np.bool_)
    table[wanted & 0xFFFFF] = True
    found: npt.NDArray[np.bool_] = table[codes & 0xFFFFF]
    found[found] = np.isin(codes[found], wanted)
    return found


def _batches(annotation: Annotation, genome: Genome) -> Iterator[list[tuple[Transcript, bytes]]]:
    """Every gene's spliced reference transcript and its other exons, transcript sense, some million bases at a time."""
    batch: list[tuple[Transcript, bytes]] = []
    size = 0
    for gene in annotation.transcripts:
        stated = "".join(genome.fetch_stranded(gene.contig, a, b, gene.strand) for a, b in gene.exons)
        others = (genome.fetch_stranded(gene.contig, a, b, gene.strand) for a, b in gene.other_exons)
        for exon in (stated, *others):
            batch.append((gene, exon.encode()))
            size += len(exon)
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _words(bases: bytes) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Codes of all words without N, and where they start."""
    codes = _CODES[np.frombuffer(bases, np.uint8)]
    count = len(codes) - WORD + 1
    if count <= 0:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    words: npt.NDArray[np.uint32] = np.zeros(count, np.uint32)
    for i in range(WORD):
        words = (words << np.uint32(2)) | (codes[i : i + count] & 3).astype(np.uint32)
    unknown = np.concatenate(([0], np.cumsum(codes > 3)))
    good = np.flatnonzero(unknown[WORD:] == unknown[:-WORD])
    return words[good], good
