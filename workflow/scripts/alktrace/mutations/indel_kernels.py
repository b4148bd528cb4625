"""Compiled part of the indel search: candidates from gaps and clips, and reads compared with both sequences."""

from __future__ import annotations

import numpy as np

from ..runtime.compiled import njit
from .gene_map import DELETION, DOUBTFUL, INSERTION, SKIP, SOFT_CLIP, UNALIGNED, lay_out

MAX_DELETION, MAX_INSERTION = 75, 36
MAX_DELINS_INSERTION = 12  # bases inserted where a clip shows both
MIN_CLIP = 10  # bases behind the change that a clip must match
SHORTEST_CLIP = 5  # clips below this are not looked at: with bases taken back they may still reach MIN_CLIP
MAX_BACK = 5  # aligned bases given back to a clip: aligners run on into a deletion
MIN_FLANK = 5  # aligned bases on both sides of a gap
MERGE_DISTANCE = 10  # gaps of one read closer than this are one change
BESIDE = 5  # mismatches this close to a gap are part of the change
MAX_GAPS = 4  # changes taken from one read
SEARCH_MARGIN = 100  # clips this far outside of the searched stretch may belong to a change in it
ANCHOR = 8  # aligned bases on one side of a change from which a read is compared
COMPARED = 60  # bases compared at most
MIN_REACH = 4  # bases on either side of the change's first place: both sequences are counted at one point
MIN_DIFFERENCE = 3  # mismatches by which one sequence must fit better


@njit(nogil=True, cache=True)
def _mismatches(base, q, reference, t, length, limit):  # type: ignore[no-untyped-def]
    """Mismatches of base[q:q + length] with reference[t:...]; doubtful bases match; stops above `limit`."""
    wrong = 0
    for j in range(length):
        if base[q + j] < DOUBTFUL and base[q + j] != reference[t + j]:
            wrong += 1
            if wrong > limit:
                break
    return wrong


@njit(nogil=True, cache=True)
def _continues(base, q, n, reference, t, right):  # type: ignore[no-untyped-def]
    """Whether a clip simply runs on along the transcript: the aligner gave up at a splice or an error."""
    room = min(n, len(reference) - t) if right else min(n, t)
    if room <= 0:
        return False
    start, place = (q, t) if right else (q + n - room, t - room)
    return _mismatches(base, start, reference, place, room, n) <= max(1, room // 8)


@njit(nogil=True, cache=True)
def _rescue(base, q, n, reference, t, right):  # type: ignore[no-untyped-def]
    """Explain a clip by an indel. `right`: clip base[q:q + n] follows transcript base t - 1; else it ends at base t.

    Returns (bases taken back from the alignment, deleted, inserted); deleted = inserted = 0 where nothing fits.
    """
    best, found = 100, (0, 0, 0)
    if _continues(base, q, n, reference, t, right):
        return found
    for back in range(MAX_BACK + 1):
        for deleted in range(MAX_DELETION + 1):
            for inserted in range((MAX_DELINS_INSERTION if deleted else MAX_INSERTION) + 1):
                rest = n + back - inserted
                if deleted + inserted == 0 or rest < MIN_CLIP + (2 if deleted and inserted else 0):
                    continue
                low = t - back + deleted if right else t + back - deleted - rest
                if low < 0 or low + rest > len(reference):
                    continue
                allowed = 1 if rest >= 16 else 0
                wrong = _mismatches(base, q - back + inserted if right else q, reference, low, rest, allowed)
                cost = 4 * wrong + 2 * (deleted > 0) + 2 * (inserted > 0) + (back > 0)
                if wrong <= allowed and cost < best:
                    best, found = cost, (back, deleted, inserted)
    return found


@njit(nogil=True, cache=True)
def _near_one_exon(exon, start, end):  # type: ignore[no-untyped-def]
    """Whether the change spans at most one splice: where bases next to a splice are deleted, aligners may insert the
    rest of the exon and move the splice. What is not in one exon after trimming is dropped later."""
    return end < len(exon) and exon[end] - exon[start - 1] <= 1


@njit(nogil=True, cache=True)
def _write(rows, used, r, start, end, base, q, length):  # type: ignore[no-untyped-def]
    """Append a candidate; returns 0 when a base of the insertion is unknown or the change is too long, else 1."""
    if length > MAX_INSERTION or end - start > MAX_DELETION:
        return 0
    for j in range(length):
        if base[q + j] == 255:
            return 0
    rows[used, 0], rows[used, 1], rows[used, 2], rows[used, 3] = r, start, end, length
    for j in range(length):
        rows[used, 4 + j] = base[q + j] & 3
    return 1


@njit(nogil=True, cache=True)
def _next_aligned(place, q):  # type: ignore[no-untyped-def]
    """First aligned query base behind q; there must be one."""
    q += 1
    while place[q] == UNALIGNED:
        q += 1
    return q


@njit(nogil=True, cache=True)
def _whole_gap(place, left, right, tail):  # type: ignore[no-untyped-def]
    """Right flank of a change that begins behind query base `left`: further gaps nearby belong to it."""
    ahead = right
    while ahead < tail and ahead < right + MERGE_DISTANCE:
        beyond = _next_aligned(place, ahead)
        if place[ahead] < 0 or place[beyond] < 0:
            break
        if beyond > ahead + 1 or place[beyond] != place[ahead] + 1:
            right = beyond
        ahead = beyond
    return right


@njit(nogil=True, cache=True)
def _flank(place, base, q, step, end, reference):  # type: ignore[no-untyped-def]
    """Flank of a gap, query base q, moved in direction `step` over mismatches beside it, short of `end`."""
    j = 0
    while j < BESIDE and q + step * j != end:
        at = q + step * j
        if place[at] >= 0 and base[at] < DOUBTFUL and base[at] != reference[place[at]]:
            q, j = at + step, 0
        else:
            j += 1
    return q


@njit(nogil=True, cache=True)
def _gaps(rows, used, r, place, base, head, tail, gene, exon, first, last):  # type: ignore[no-untyped-def]
    """Candidates from the gaps of one read between its aligned bases `head` and `tail`; returns their number."""
    made, q = 0, head
    while q < tail and made < MAX_GAPS:
        after = _next_aligned(place, q)
        plain = after == q + 1 and place[after] == place[q] + 1
        if plain or place[q] < 0 or place[after] < 0:
            q = after
            continue
        right = _whole_gap(place, q, after, tail)
        left = _flank(place, base, q, -1, head, gene.reference)
        right = _flank(place, base, right, 1, tail, gene.reference)
        q = right
        start, end = place[left] + 1, place[right]
        whole = place[left] >= 0 and place[right] >= 0 and end >= start
        anchored = left - head + 1 >= MIN_FLANK and tail - right + 1 >= MIN_FLANK
        if whole and anchored and end > first and start < last and _near_one_exon(exon, start, end):
            made += _write(rows, used + made, r, start, end, base, left + 1, right - left - 1)
    return made


@njit(nogil=True, cache=True)
def _clips(rows, used, r, place, base, head, tail, n, gene, exon, first, last):  # type: ignore[no-untyped-def]
    """Candidates from both clips of one read; returns their number."""
    made = 0
    for right in (True, False):
        length = n - 1 - tail if right else head
        t = place[tail] + 1 if right else place[head]
        if length < SHORTEST_CLIP or t <= 0 or t < first - SEARCH_MARGIN or t >= last + SEARCH_MARGIN:
            continue
        back, deleted, inserted = _rescue(base, tail + 1 if right else 0, length, gene.reference, t, right)
        start = t - back if right else t + back - deleted
        if deleted + inserted == 0 or start < 1 or start + deleted <= first or start >= last:
            continue
        if _near_one_exon(exon, start, start + deleted):
            at = tail + 1 - back if right else head + back - inserted
            made += _write(rows, used + made, r, start, start + deleted, base, at, inserted)
    return made


@njit(nogil=True, cache=True)
def _has_gap(reads, r):  # type: ignore[no-untyped-def]
    """Whether a read's alignment leaves anything to look at."""
    for k in range(reads.cigar_start[r], reads.cigar_start[r + 1]):
        op = reads.cigar_op[k]
        if op in (INSERTION, DELETION, SKIP) or op == SOFT_CLIP and reads.cigar_len[k] >= SHORTEST_CLIP:
            return True
    return False


@njit(nogil=True, cache=True)
def search_kernel(reads, gene, exon, first, last, longest):  # type: ignore[no-untyped-def]
    """Rows (read, start, end, inserted length, inserted bases...) of candidate changes that touch transcript places
    first..last (half-open). `exon`: exon number by transcript place."""
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    rows = np.zeros((1024, 4 + MAX_INSERTION), np.int32)
    used = 0
    for r in range(len(reads.position)):
        if not _has_gap(reads, r):
            continue
        n = lay_out(reads, r, gene, place, base)
        head, tail = 0, n - 1
        while head < n and place[head] == UNALIGNED:
            head += 1
        while tail >= 0 and place[tail] == UNALIGNED:
            tail -= 1
        if head > tail:
            continue
        if used + MAX_GAPS + 2 > len(rows):
            more = np.zeros((2 * len(rows), 4 + MAX_INSERTION), np.int32)
            for i in range(used):
                for j in range(4 + MAX_INSERTION):
                    more[i, j] = rows[i, j]
            rows = more
        used += _gaps(rows, used, r, place, base, head, tail, gene, exon, first, last)
        used += _clips(rows, used, r, place, base, head, tail, n, gene, exon, first, last)
    return rows[:used]


@njit(nogil=True, cache=True)
def _anchors(place, n, start, end):  # type: ignore[no-untyped-def]
    """Longest run of a read on either side of a change: (length, last query base) left, (length, first) right."""
    left, left_q, right, right_q = 0, 0, 0, 0
    run, before = 0, 0
    for q in range(n):
        t = place[q]
        side = 0 if t < 0 or start <= t < end else (1 if t < start else 2)
        run = 0 if side == 0 else (run + 1 if side == before and t == place[q - 1] + 1 else 1)
        before = side
        if side == 1 and run > left:
            left, left_q = run, q
        if side == 2 and run > right:
            right, right_q = run, q - run + 1
    return left, left_q, right, right_q


@njit(nogil=True, cache=True)
def compare_kernel(reads, gene, start, end, inserted, votes, longest):  # type: ignore[no-untyped-def]
    """Fill `votes` (templates, 3): reads that fit the reference, reads that fit the change, and reads that fit it but
    may not reach beyond it, which another change with the same end may explain as well."""
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    size, gained = len(gene.reference), len(inserted)
    for r in range(len(reads.position)):
        n = lay_out(reads, r, gene, place, base)
        left, left_q, right, right_q = _anchors(place, n, start, end)
        if max(left, right) < ANCHOR:
            continue
        rightwards = left >= right
        step = 1 if rightwards else -1
        origin = left_q + start - place[left_q] if rightwards else right_q - 1 - (place[right_q] - end)
        wrong_reference, wrong_change, compared = 0, 0, 0
        for j in range(COMPARED):
            q = origin + step * j
            t = start + j if rightwards else end - 1 - j
            beyond = end + j - gained if rightwards else start - 1 - (j - gained)
            if q < 0 or q >= n or t < 0 or t >= size or beyond >= size or (j >= gained and beyond < 0):
                break
            if base[q] >= DOUBTFUL:
                continue
            expected = gene.reference[beyond] if j >= gained else inserted[j if rightwards else gained - 1 - j]
            compared += 1
            wrong_reference += base[q] != gene.reference[t]
            wrong_change += base[q] != expected
        reach_reference = n - origin if rightwards else origin + 1 - (end - start)
        reach_change = n - origin if rightwards else origin + 1 - gained
        tolerated = 1 + compared // 10
        if wrong_change <= tolerated and wrong_reference >= wrong_change + MIN_DIFFERENCE:
            votes[reads.template[r], 1] += reach_change >= MIN_REACH
            votes[reads.template[r], 2] += 1
        elif wrong_reference <= tolerated and wrong_change >= wrong_reference + MIN_DIFFERENCE:
            votes[reads.template[r], 0] += reach_reference >= MIN_REACH
