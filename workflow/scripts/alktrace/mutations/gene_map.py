"""Reads on a transcript: how the compiled code sees a gene, and one read laid out in the sense of its transcript."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..genome.sequence import base_codes
from ..genome.transcripts import Transcript
from ..runtime.compiled import njit
from .reads import Int32, ReadTable, Uint8

# Numbers the compiled code knows: CIGAR operations, and places of a base that is not on the transcript.
MATCH, INSERTION, SKIP, SOFT_CLIP, EQUAL, DIFFERENT, DELETION = 0, 1, 3, 4, 7, 8, 2
UNALIGNED, OUTSIDE = -1, -2
DOUBTFUL = 4  # added to a base code whose quality is below the limit
LOWEST_QUALITY = 4  # packed bases below this have no quality


class GeneMap(NamedTuple):
    """A gene for compiled code. `places[g]`: 0-based transcript place of genomic base origin + g (0-based), -1 in
    introns and masked stretches; `reference`: base codes of the spliced transcript; `coding`: place of the first coding
    base."""

    places: Int32
    origin: int
    forward: bool
    reference: Uint8
    coding: int


def gene_map(transcript: Transcript, sequence: str, masked: list[tuple[int, int]]) -> GeneMap:
    """Map of a coding transcript with its spliced `sequence`; `masked` stretches (genomic, 0-based half-open) read as
    introns. Raises ValueError without a coding sequence."""
    if transcript.cds is None:
        raise ValueError(f"{transcript.transcript_id} has no coding sequence")
    index = np.full(transcript.end - transcript.start + 1, -1, np.int32)
    at = 0
    for start, end in transcript.exons:
        length = end - start + 1
        numbers = np.arange(at, at + length, dtype=np.int32)
        index[start - transcript.start : end - transcript.start + 1] = numbers if transcript.forward else numbers[::-1]
        at += length
    for start, end in masked:
        low, high = start - (transcript.start - 1), end - (transcript.start - 1)
        index[max(low, 0) : max(high, 0)] = -1
    return GeneMap(index, transcript.start - 1, transcript.forward, base_codes(sequence), transcript.cds[0] - 1)


def longest_read(reads: ReadTable) -> int:
    """Bases of the longest read, 0 without reads."""
    return int(np.diff(reads.base_start).max(initial=0))


@njit(nogil=True, cache=True)
def lay_out(reads, r, gene, place, base):  # type: ignore[no-untyped-def]
    """Read r in the sense of the transcript, by query base: `place` (transcript place, UNALIGNED or OUTSIDE) and `base`
    (0-3, DOUBTFUL added where its quality is low, 255 unknown). Returns the read's length."""
    offset = reads.base_start[r]
    total = reads.base_start[r + 1] - offset
    query, at = 0, reads.position[r] - gene.origin
    for k in range(reads.cigar_start[r], reads.cigar_start[r + 1]):
        op, length = reads.cigar_op[k], reads.cigar_len[k]
        aligned = op in (MATCH, EQUAL, DIFFERENT)
        if aligned or op in (INSERTION, SOFT_CLIP):
            for j in range(length):
                q = query + j if gene.forward else total - 1 - query - j
                packed = reads.bases[offset + query + j]
                code = 255
                if packed != 255:
                    code = packed & 3 if gene.forward else 3 - (packed & 3)
                    code += DOUBTFUL if packed < LOWEST_QUALITY else 0
                base[q] = code
                t = UNALIGNED
                if aligned:
                    inside = 0 <= at + j < len(gene.places) and gene.places[at + j] >= 0
                    t = gene.places[at + j] if inside else OUTSIDE
                place[q] = t
            query += length
        if aligned or op in (DELETION, SKIP):
            at += length
    return total
