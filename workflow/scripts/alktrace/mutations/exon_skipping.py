"""Exon skipping in RNA: molecules that run from the exon before the skipped one into the exon behind it."""

from __future__ import annotations

import re

import numpy as np

from ..knowledge.hotspots import Event
from ..runtime.compiled import njit
from ..runtime.errors import InputError
from .gene_map import DOUBTFUL, gene_map, lay_out, longest_read
from .indel_kernels import COMPARED, MIN_DIFFERENCE
from .pileup import MIN_SPLICE_ANCHOR, GenePileup
from .reads import ReadTable

# Share of molecules that skip an exon by chance or mis-splicing: a stated assumption, not learned from one sample.
SKIPPING_RATE, SKIPPING_SIGMA = 1e-3, 0.6


def skipped_junction(event: Event) -> tuple[int, int]:
    """Exon numbers joined by the skipping: "junction 13-15" gives (13, 15)."""
    for change in event.changes:
        found = re.fullmatch(r"junction (\d+)-(\d+)", change)
        if found and int(found[2]) > int(found[1]) + 1:
            return int(found[1]), int(found[2])
    raise InputError(f"hotspots.tsv: {event.gene} {event.event}: column changes must read like 'junction 13-15'")


def junction_votes(reads: ReadTable, pileup: GenePileup, first: int, last: int, templates: int) -> np.ndarray:
    """What each template shows behind exon `first`: 0 the next exon, 1 exon `last`, -1 neither or both; int8."""
    transcript = pileup.transcript
    votes = np.zeros((templates, 2), np.int32)
    acceptors = np.array([transcript.exon_start(first + 1) - 1, transcript.exon_start(last) - 1])
    gene = gene_map(transcript, pileup.sequence, [])
    _count(reads, gene, transcript.exon_end(first), acceptors, votes, longest_read(reads))
    holds = np.full(templates, -1, np.int8)
    holds[(votes[:, 0] > 0) & (votes[:, 1] == 0)] = 0
    holds[(votes[:, 1] > 0) & (votes[:, 0] == 0)] = 1
    return holds


@njit(nogil=True, cache=True)
def _count(reads, gene, end, acceptors, votes, longest):  # type: ignore[no-untyped-def]
    """Fill `votes` (templates, 2): reads that run from the exon that ends at transcript place `end` (0-based,
    exclusive) on into either of the two `acceptors`.

    Bases behind the exon are compared, not their alignment: aligners know the usual splice and clip the other one, or
    force its bases into the intron.
    """
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    wrong = np.zeros(2, np.int64)
    for r in range(len(reads.position)):
        n = lay_out(reads, r, gene, place, base)
        run, last_q = _longest_run(place, n, end)
        if run < MIN_SPLICE_ANCHOR:
            continue
        origin = last_q + end - place[last_q]
        wrong[:] = 0
        compared = 0
        for q in range(origin, min(n, origin + COMPARED)):
            at = q - origin
            if acceptors[1] + at >= len(gene.reference):
                break
            if base[q] >= DOUBTFUL:
                continue
            compared += 1
            for which in range(2):
                wrong[which] += base[q] != gene.reference[acceptors[which] + at]
        for which in range(2):
            fits = wrong[which] <= compared // 10 and wrong[1 - which] >= wrong[which] + MIN_DIFFERENCE
            if compared >= MIN_SPLICE_ANCHOR and fits:
                votes[reads.template[r], which] += 1


@njit(nogil=True, cache=True)
def _longest_run(place, n, end):  # type: ignore[no-untyped-def]
    """(length, last query base) of a read's longest stretch of consecutive transcript places below `end`."""
    best, best_q, run = 0, 0, 0
    for q in range(n):
        if not 0 <= place[q] < end:
            run = 0
            continue
        run = run + 1 if run and place[q] == place[q - 1] + 1 else 1
        if run > best:
            best, best_q = run, q
    return best, best_q
