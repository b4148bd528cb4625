"""Exon skipping in RNA: molecules whose splice joins the exons on either side of the skipped one."""

from __future__ import annotations

import re

import numpy as np
from numba import njit

from ..errors import InputError
from .layout import SKIP, gene_map, lay_out, longest_read
from .pileup import MIN_SPLICE_ANCHOR, GenePileup
from .reads import ReadTable
from .tables import Event

# Share of molecules that skip an exon by chance or mis-splicing: a stated assumption, not learned from one sample.
SKIPPING_RATE, SKIPPING_SHAPE = 1e-3, 1.0


def skipped_junction(event: Event) -> tuple[int, int]:
    """Exon numbers joined by the skipping: "junction 13-15" gives (13, 15)."""
    for change in event.changes:
        found = re.fullmatch(r"junction (\d+)-(\d+)", change)
        if found and int(found[2]) > int(found[1]) + 1:
            return int(found[1]), int(found[2])
    raise InputError(f"hotspots.tsv: {event.gene} {event.event}: column changes must read like 'junction 13-15'")


def junction_votes(reads: ReadTable, pileup: GenePileup, first: int, last: int, templates: int) -> np.ndarray:
    """What each template shows behind exon `first`: 0 spliced to the next exon, 1 to exon `last`, -1 neither; int8."""
    transcript = pileup.transcript
    votes = np.zeros((templates, 2), np.int32)
    acceptors = np.array([transcript.exon_start(first + 1) - 1, transcript.exon_start(last) - 1])
    gene = gene_map(transcript, pileup.sequence, [])
    _count(reads, gene, transcript.exon_end(first) - 1, acceptors, votes, longest_read(reads))
    holds = np.full(templates, -1, np.int8)
    holds[(votes[:, 0] > 0) & (votes[:, 1] == 0)] = 0
    holds[(votes[:, 1] > 0) & (votes[:, 0] == 0)] = 1
    return holds


@njit(nogil=True, cache=True)
def _count(reads, gene, donor, acceptors, votes, longest):  # type: ignore[no-untyped-def]
    """Fill `votes` (templates, 2): reads spliced from transcript place `donor` to either of the two `acceptors`."""
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    for r in range(len(reads.position)):
        spliced = False
        for k in range(reads.cigar_start[r], reads.cigar_start[r + 1]):
            spliced = spliced or reads.cigar_op[k] == SKIP
        if not spliced:
            continue
        n = lay_out(reads, r, gene, place, base)
        for q in range(MIN_SPLICE_ANCHOR - 1, n - MIN_SPLICE_ANCHOR):
            if place[q] != donor or place[q - MIN_SPLICE_ANCHOR + 1] < 0 or place[q + MIN_SPLICE_ANCHOR] < 0:
                continue
            for which in range(2):
                if place[q + 1] == acceptors[which]:
                    votes[reads.template[r], which] += 1
