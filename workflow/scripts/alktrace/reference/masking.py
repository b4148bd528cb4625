"""How often target k-mers occur in the genome: one pass over the two-bit genome (numba, nogil)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..genome.twobit import Contig, TwoBit
from ..recruit.kernels.bits import hashed, may_hold
from ..recruit.kernels.layout import K
from ..runtime.compiled import njit, uint32, uint64

_PART = 1 << 24  # bases a task


@njit(nogil=True, cache=True)
def _count(packed, first, last, filter_, filter_shift, keys, shift, counts):  # type: ignore[no-untyped-def]
    """Count the k-mers that lie whole in the bases first..last (half-open) of a packed contig."""
    code = uint64(0)
    end = uint64(len(keys) - 1)
    for i in range(last - first):
        at = uint64(first) + uint64(i)
        base = (uint64(packed[at >> uint64(2)]) >> (uint64(6) - uint64(2) * (at & uint64(3)))) & uint64(3)
        # the recruiter's code of a base: A 0, C 1, T 2, G 3, the first base lowest
        base ^= (~base & uint64(1)) << uint64(1)
        code = (code >> uint64(2)) | (base << uint64(2 * K - 2))
        if i < K - 1:
            continue
        if may_hold(filter_, filter_shift, code):
            slot = hashed(code) >> shift
            while keys[slot] != uint32(0) and keys[slot] != uint32(code):
                slot = (slot + uint64(1)) & end
            if keys[slot] == uint32(code):
                counts[slot] += uint32(1)


def count_in_genome(
    genome: TwoBit, filter_: NDArray[np.uint64], keys: NDArray[np.uint32], threads: int = 2
) -> tuple[NDArray[np.uint32], int]:
    """Occurrences of each key on the + strand of the genome (per table slot), and the number of known bases."""
    shifts = np.uint64(64 - int(np.log2(len(filter_)))), np.uint64(64 - int(np.log2(len(keys))))
    tables = [np.zeros(len(keys), dtype=np.uint32) for _ in range(threads)]
    parts = [(contig, *part) for contig in genome.contigs.values() for part in _parts(contig)]

    def work(thread: int) -> None:
        for contig, first, last in parts[thread::threads]:
            _count(contig.packed, first, last, filter_, shifts[0], keys, shifts[1], tables[thread])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    unknown = sum(int((contig.ends - contig.starts).sum()) for contig in genome.contigs.values())
    return np.sum(tables, axis=0, dtype=np.uint32), sum(genome.lengths.values()) - unknown


def _parts(contig: Contig) -> Iterator[tuple[int, int]]:
    """Stretches of known bases that overlap by what no k-mer fits into."""
    edges = zip([0, *contig.ends.tolist()], [*contig.starts.tolist(), contig.length], strict=True)
    for start, end in edges:
        for first in range(start, end - K + 1, _PART):
            yield first, min(first + _PART + K - 1, end)
