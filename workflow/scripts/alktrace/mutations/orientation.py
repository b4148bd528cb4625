"""Changes that come in one orientation only, while the wild type comes in both: artefacts of chemistry or of alignment.

Two orientations are looked at: that of the fragment (which strand its first mate reads; damage before the library was
made, such as oxidation, hits one of them) and that of the reads that cover the change (errors that depend on the bases
before them; reads bent onto another place). Fisher's exact test against the wild type at the same place: where all
molecules have one orientation, as in anchored PCR, nothing can stand out.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln

from . import phase
from .gene_map import DELETION, DIFFERENT, EQUAL, MATCH, SKIP
from .pileup import END_BASES
from .reads import REVERSE, SECOND_MATE, ReadTable

FILTER = "one_orientation"
ORIENTATION_P = 0.05  # of Fisher's test; of what noise leaves in the other orientation


def one_sided(
    reads: ReadTable, site: tuple[int, int], holds: np.ndarray, molecule: np.ndarray, error_rate: float
) -> bool:
    """Whether a change comes in one orientation only. `site`: genomic stretch that a read must cover to show it
    (0-based half-open); `holds` and `molecule` by template (`phase.Evidence`); `error_rate`: of the change by error
    alone."""
    sides = (_fragment_sides(reads, len(holds)), _read_sides(reads, site, len(holds)))
    return any(_stands_out(phase.molecules_holding(holds, side, molecule), error_rate) for side in sides)


def _fragment_sides(reads: ReadTable, templates: int) -> np.ndarray:
    """By template: 0 and 1 where the first mate, or the single read, is forward and reverse; -1 without reads."""
    side = np.full(templates, phase.UNKNOWN, np.int8)
    side[reads.template] = ((reads.flags & REVERSE) > 0) ^ ((reads.flags & SECOND_MATE) > 0)
    return side


def _read_sides(reads: ReadTable, site: tuple[int, int], templates: int) -> np.ndarray:
    """By template: 0 and 1 where only forward and only reverse reads cover the site; -1 where none or both do."""
    on_reference = np.isin(reads.cigar_op, (MATCH, EQUAL, DIFFERENT, DELETION, SKIP))
    lengths = np.concatenate(([0], np.cumsum(np.where(on_reference, reads.cigar_len, 0))))
    end = reads.position + lengths[reads.cigar_start[1:]] - lengths[reads.cigar_start[:-1]]
    covers = (reads.position + END_BASES <= site[0]) & (end - END_BASES >= site[1])
    seen = np.zeros((templates, 2), bool)
    seen[reads.template[covers], (reads.flags[covers] & REVERSE > 0).astype(np.int64)] = True
    return np.where(seen.sum(axis=1) == 1, seen[:, 1], phase.UNKNOWN).astype(np.int8)


def _stands_out(table: np.ndarray, error_rate: float) -> bool:
    """`table` is (2, 2): reference and changed molecules by orientation. The rarer orientation of the changed ones must
    hold no more than errors explain there, and Fisher's test (two-sided) must exclude chance."""
    changed = table[1]
    rare = int(np.argmin(changed))
    few, among = int(changed[rare]), int(table[:, rare].sum())
    by_error = 1.0 if few == 0 else float(betainc(few, among - few + 1, error_rate))
    return by_error > ORIENTATION_P and fisher(table) <= ORIENTATION_P


def fisher(table: np.ndarray) -> float:
    """Two-sided p-value of Fisher's exact test of a (2, 2) table: all tables that are no likelier than this one."""
    rows, columns, total = table.sum(axis=1), table.sum(axis=0), int(table.sum())
    corner = np.arange(max(0, int(columns[0] - rows[0])), min(int(columns[0]), int(rows[1])) + 1)
    others = [rows[1] - corner, columns[0] - corner, rows[0] - columns[0] + corner]
    log_p = -gammaln(corner + 1.0) - sum(gammaln(part + 1.0) for part in others)
    log_p += gammaln(np.concatenate((rows, columns)) + 1.0).sum() - gammaln(total + 1.0)
    own = log_p[int(table[1, 0]) - corner[0]]
    return float(min(1.0, np.exp(log_p[log_p <= own + 1e-7]).sum()))
