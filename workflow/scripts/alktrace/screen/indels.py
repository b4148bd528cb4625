"""Insertions and deletions, also where the aligner has clipped them.

1. Search: every read is laid out in the sense of the transcript. Gaps of its alignment inside an exon, and clips that
   continue behind a deletion or insertion of the transcript, give candidates. Gaps close together are one change.
2. Count: each read near a candidate is compared without gaps with the reference and with the changed sequence, from its
   longest stretch on one side of the change. It counts for the sequence it fits clearly better, else not at all, so
   that aligned, clipped and mismatched reads of one change all count and both sequences are treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from ..annotation import Transcript
from .pileup import GenePileup, encode, transcript_map
from .reads import ReadTable

MAX_DELETION, MAX_INSERTION = 75, 36
MIN_CLIP = 10  # bases behind the change that a clip must match
MERGE_DISTANCE = 10  # gaps of one read closer than this are one change
BESIDE = 5  # mismatches this close to a gap are part of the change
ANCHOR = 8  # aligned bases on one side of a change from which a read is compared
COMPARED = 60  # bases compared at most
MIN_REACH = 4  # bases on either side of the change's first place: both sequences are counted at one point
MIN_DIFFERENCE = 3  # mismatches by which one sequence must fit better
HOMOPOLYMER = 5  # a run of this length slips in sequencing


@dataclass(frozen=True, order=True)
class Indel:
    """Bases start..end (0-based half-open, spliced transcript) replaced by `inserted`, at its leftmost place there."""

    start: int
    end: int
    inserted: str

    @property
    def net(self) -> int:
        return len(self.inserted) - (self.end - self.start)


def normalise(sequence: str, start: int, end: int, inserted: str, lowest: int) -> Indel | None:
    """Trim what the change shares with the reference and move it left within its exon, which starts at `lowest`.

    An insertion stays behind the exon's first base, so that its place tells its exon. None when nothing changes.
    """
    while start < end and inserted and sequence[end - 1] == inserted[-1]:
        end, inserted = end - 1, inserted[:-1]
    while start < end and inserted and sequence[start] == inserted[0]:
        start, inserted = start + 1, inserted[1:]
    if start == end and not inserted:
        return None
    if start == end or not inserted:
        limit = lowest + (start == end)
        while start > limit and sequence[start - 1] == (inserted[-1] if inserted else sequence[end - 1]):
            inserted = inserted[-1:] + inserted[:-1]
            start, end = start - 1, end - 1
    return Indel(start, end, inserted)


def shifted_right(sequence: str, indel: Indel, highest: int) -> Indel:
    """The same change at its rightmost place (HGVS 3' rule), not beyond `highest` (0-based, exclusive)."""
    start, end, inserted = indel.start, indel.end, indel.inserted
    if start != end and inserted:
        return indel
    while end < highest and sequence[end] == (inserted[0] if inserted else sequence[start]):
        inserted = inserted[1:] + inserted[:1]
        start, end = start + 1, end + 1
    return Indel(start, end, inserted)


def exon_bounds(transcript: Transcript, at: int) -> tuple[int, int]:
    """0-based half-open transcript stretch of the exon that holds base `at`."""
    low = 0
    for high in transcript.exon_ends:
        if at < high:
            return low, high
        low = high
    raise ValueError(f"{transcript.transcript_id} has no base {at + 1}")


def exon_of(transcript: Transcript, start: int, end: int) -> tuple[int, int]:
    """Stretch of the exon that a change lies in: that of its first base, or of the base before an insertion."""
    return exon_bounds(transcript, start if end > start else max(start - 1, 0))


def inside_exon(transcript: Transcript, sequence: str, start: int, inserted: str) -> tuple[int, str] | None:
    """An insertion exactly between two exons, moved by one base into the exon it repeats; None where it repeats
    neither (bases kept or lost by splicing). Other insertions are returned as they are."""
    if start not in transcript.exon_ends or not inserted:
        return start, inserted
    if inserted[0] == sequence[start]:
        return start + 1, inserted[1:] + inserted[0]
    if inserted[-1] == sequence[start - 1]:
        return start - 1, inserted[-1] + inserted[:-1]
    return None


def in_homopolymer(sequence: str, indel: Indel) -> bool:
    """Whether the change only lengthens or shortens a run of at least HOMOPOLYMER equal bases."""
    changed = set(indel.inserted or sequence[indel.start : indel.end])
    if len(changed) != 1 or (indel.inserted and indel.end > indel.start):
        return False
    base = changed.pop()
    low, high = indel.start, indel.end
    while low > 0 and sequence[low - 1] == base:
        low -= 1
    while high < len(sequence) and sequence[high] == base:
        high += 1
    return high - low >= HOMOPOLYMER


def search(reads: ReadTable, pileup: GenePileup, first: int, last: int) -> dict[Indel, int]:
    """Candidate indels that touch transcript bases first..last (0-based half-open), with the molecules that show them
    outright."""
    transcript = pileup.transcript
    bounds = np.zeros(len(pileup.sequence), np.int32)
    for end in transcript.exon_ends[:-1]:
        bounds[end:] += 1
    found = _search(
        reads.position, reads.base_start, reads.bases, reads.cigar_start, reads.cigar_op, reads.cigar_len,
        transcript_map(transcript, []), transcript.start - 1, transcript.forward, encode(pileup.sequence), bounds,
        first, last, longest_read(reads),
    )  # fmt: skip
    support: dict[Indel, set[int]] = {}
    cache: dict[tuple[int, int, str], Indel | None] = {}
    for row in found:
        read, start, end, length = (int(value) for value in row[:4])
        inserted = "".join("ACGT"[code] for code in row[4 : 4 + length])
        key = (start, end, inserted)
        if key not in cache:
            cache[key] = _placed(transcript, pileup.sequence, start, end, inserted)
        indel = cache[key]
        if indel is not None:
            support.setdefault(indel, set()).add(int(reads.molecule[read]))
    return {indel: len(support[indel]) for indel in sorted(support)}


def _placed(transcript: Transcript, sequence: str, start: int, end: int, inserted: str) -> Indel | None:
    """The candidate in normal form; None where it is no indel of one exon (bases kept or lost by splicing)."""
    trimmed = normalise(sequence, start, end, inserted, end)
    if trimmed is None:
        return None
    start, end, inserted = trimmed.start, trimmed.end, trimmed.inserted
    if start == end:
        moved = inside_exon(transcript, sequence, start, inserted)
        if moved is None:
            return None
        start, inserted = moved
        end = start
    lowest, highest = exon_of(transcript, start, end)
    placed = normalise(sequence, start, end, inserted, lowest)
    if placed is None or (placed.end > placed.start and (placed.start == lowest or placed.end >= highest)):
        return None
    return placed


def count(reads: ReadTable, pileup: GenePileup, indel: Indel, templates: int) -> np.ndarray:
    """What each template holds at an indel: 0 reference, 1 the indel, -1 neither or both; int8 (templates,)."""
    transcript = pileup.transcript
    votes = np.zeros((templates, 2), np.int32)
    _compare(
        reads.position, reads.template, reads.base_start, reads.bases, reads.cigar_start, reads.cigar_op,
        reads.cigar_len, transcript_map(transcript, []), transcript.start - 1, transcript.forward,
        encode(pileup.sequence), indel.start, indel.end, encode(indel.inserted), votes, longest_read(reads),
    )  # fmt: skip
    holds = np.full(templates, -1, np.int8)
    holds[(votes[:, 0] > 0) & (votes[:, 1] == 0)] = 0
    holds[(votes[:, 1] > 0) & (votes[:, 0] == 0)] = 1
    return holds


def longest_read(reads: ReadTable) -> int:
    """Bases of the longest read, 0 without reads."""
    return int(np.diff(reads.base_start).max(initial=0))


@njit(nogil=True, cache=True)
def _lay_out(r, position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward, place, base):  # type: ignore[no-untyped-def]
    """Read r in the sense of the transcript, by query base: `place` (transcript index, -1 unaligned, -2 outside) and
    `base` (0-3, 4 more where its quality is below the limit, 255 unknown). Returns the read's length."""
    total = base_start[r + 1] - base_start[r]
    for q in range(total):
        packed = bases[base_start[r] + q]
        code = 255
        if packed != 255:
            code = (packed & 3 if forward else 3 - (packed & 3)) + (4 if packed < 4 else 0)
        base[q if forward else total - 1 - q] = code
    query, at = 0, position[r] - origin
    for k in range(cigar_start[r], cigar_start[r + 1]):
        op, length = cigar_op[k], cigar_len[k]
        if op == 0 or op == 7 or op == 8:
            for j in range(length):
                t = -2
                if 0 <= at + j < len(index) and index[at + j] >= 0:
                    t = index[at + j]
                q = query + j
                place[q if forward else total - 1 - q] = t
            query += length
            at += length
        elif op == 1 or op == 4:
            for j in range(length):
                q = query + j
                place[q if forward else total - 1 - q] = -1
            query += length
        elif op == 2 or op == 3:
            at += length
    return total


@njit(nogil=True, cache=True)
def _mismatches(base, q, reference, t, length, limit):  # type: ignore[no-untyped-def]
    """Mismatches of base[q:q + length] with reference[t:...]; doubtful bases match; stops above `limit`."""
    wrong = 0
    for j in range(length):
        if base[q + j] < 4 and base[q + j] != reference[t + j]:
            wrong += 1
            if wrong > limit:
                break
    return wrong


@njit(nogil=True, cache=True)
def _rescue(base, q, n, reference, t, right):  # type: ignore[no-untyped-def]
    """Explain a clip by an indel. `right`: clip base[q:q + n] follows transcript base t - 1; else it ends at base t.

    Returns (bases taken back from the alignment, deleted, inserted), deleted = inserted = 0 where nothing fits or the
    clip simply continues on the transcript.
    """
    size = len(reference)
    room = min(n, size - t) if right else min(n, t)
    if room > 0:
        start = q if right else q + n - room
        if _mismatches(base, start, reference, t if right else t - room, room, n) <= max(1, room // 8):
            return 0, 0, 0
    best, found = 100, (0, 0, 0)
    for back in range(6):
        for deleted in range(MAX_DELETION + 1):
            for inserted in range((12 if deleted else MAX_INSERTION) + 1):
                rest = n + back - inserted
                if deleted + inserted == 0 or rest < MIN_CLIP + (2 if deleted and inserted else 0):
                    continue
                low = t - back + deleted if right else t + back - deleted - rest
                if low < 0 or low + rest > size:
                    continue
                allowed = 1 if rest >= 16 else 0
                at = q - back + inserted if right else q
                wrong = _mismatches(base, at, reference, low, rest, allowed)
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
def _search(position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward, reference, exon,
            first, last, longest):  # type: ignore[no-untyped-def]  # fmt: skip
    """Rows (read, start, end, inserted length, inserted bases...) of candidate changes."""
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    rows = np.zeros((1024, 4 + MAX_INSERTION), np.int64)
    used = 0
    for r in range(len(position)):
        gap = False
        for k in range(cigar_start[r], cigar_start[r + 1]):
            op = cigar_op[k]
            gap = gap or op == 1 or op == 2 or op == 3 or (op == 4 and cigar_len[k] >= MIN_CLIP - 5)
        if not gap:
            continue
        n = _lay_out(r, position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward, place,
                     base)  # fmt: skip
        if used + 8 > len(rows):
            more = np.zeros((2 * len(rows), 4 + MAX_INSERTION), np.int64)
            more[:used] = rows[:used]
            rows = more
        head, tail = 0, n - 1
        while head < n and place[head] == -1:
            head += 1
        while tail >= 0 and place[tail] == -1:
            tail -= 1
        if head > tail:
            continue
        made = 0
        q = head
        while q < tail and made < 4:
            after = q + 1
            while place[after] == -1:
                after += 1
            if place[q] < 0 or place[after] < 0 or (after == q + 1 and place[after] == place[q] + 1):
                q = after
                continue
            left, right = q, after
            ahead = right
            while ahead < tail and ahead < right + MERGE_DISTANCE:  # further gaps nearby belong to the same change
                beyond = ahead + 1
                while place[beyond] == -1:
                    beyond += 1
                if place[ahead] < 0 or place[beyond] < 0:
                    break
                if beyond > ahead + 1 or place[beyond] != place[ahead] + 1:
                    right = beyond
                ahead = beyond
            for _ in range(3):  # mismatches beside the gap belong to it
                for j in range(BESIDE):
                    if (
                        left - j > head
                        and place[left - j] >= 0
                        and base[left - j] < 4
                        and (base[left - j] != reference[place[left - j]])
                    ):
                        left -= j + 1
                        break
                for j in range(BESIDE):
                    if (
                        right + j < tail
                        and place[right + j] >= 0
                        and base[right + j] < 4
                        and (base[right + j] != reference[place[right + j]])
                    ):
                        right += j + 1
                        break
            start, end = place[left] + 1, place[right]
            whole = left >= head and right <= tail and place[left] >= 0 and place[right] >= 0 and end >= start
            anchored = left - head + 1 >= 5 and tail - right + 1 >= 5
            if whole and anchored and end > first and start < last and _near_one_exon(exon, start, end):
                added = _write(rows, used, r, start, end, base, left + 1, right - left - 1)
                used += added
                made += added
            q = max(right, q + 1)
        if n - 1 - tail >= MIN_CLIP - 5 and place[tail] >= 0 and first - 100 <= place[tail] < last + 100:
            back, deleted, inserted = _rescue(base, tail + 1, n - 1 - tail, reference, place[tail] + 1, True)
            start = place[tail] + 1 - back
            if (
                deleted + inserted
                and start + deleted > first
                and start < last
                and (_near_one_exon(exon, start, start + deleted))
            ):
                used += _write(rows, used, r, start, start + deleted, base, tail + 1 - back, inserted)
        if head >= MIN_CLIP - 5 and place[head] >= 0 and first - 100 <= place[head] < last + 100:
            back, deleted, inserted = _rescue(base, 0, head, reference, place[head], False)
            end = place[head] + back
            if deleted + inserted and end > first and end - deleted < last and _near_one_exon(exon, end - deleted, end):
                used += _write(rows, used, r, end - deleted, end, base, head + back - inserted, inserted)
    return rows[:used]


@njit(nogil=True, cache=True)
def _compare(position, template, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward,
             reference, start, end, inserted, votes, longest):  # type: ignore[no-untyped-def]  # fmt: skip
    """Fill `votes` (templates, 2): reads that fit the reference, reads that fit the change."""
    place, base = np.zeros(longest, np.int64), np.zeros(longest, np.uint8)
    size = len(reference)
    for r in range(len(position)):
        n = _lay_out(r, position, base_start, bases, cigar_start, cigar_op, cigar_len, index, origin, forward, place,
                     base)  # fmt: skip
        left_length, left_q, right_length, right_q = 0, 0, 0, 0
        run, run_from = 0, 0
        for q in range(n + 1):
            joined = q < n and place[q] >= 0 and (run == 0 or place[q] == place[q - 1] + 1)
            inside = joined and (place[q] < start or place[q] >= end)
            if inside and run and (place[q] >= end) != (place[q - 1] >= end):
                inside = False
            if inside:
                if run == 0:
                    run_from = q
                run += 1
                continue
            if run:
                if place[run_from] < start:
                    if run > left_length:
                        left_length, left_q = run, run_from + run - 1
                elif run > right_length:
                    right_length, right_q = run, run_from
            run = 0
            if q < n and place[q] >= 0 and (place[q] < start or place[q] >= end):
                run, run_from = 1, q
        if max(left_length, right_length) < ANCHOR:
            continue
        wrong_reference, wrong_change, compared = 0, 0, 0
        if left_length >= right_length:
            t, q = place[left_q] + 1, left_q + 1
            for j in range(min(n - q, start - t + COMPARED)):
                at = t + j
                if at < start:
                    continue
                if at >= size:
                    break
                beyond = at - start - len(inserted)
                expected = inserted[at - start] if beyond < 0 else reference[min(end + beyond, size - 1)]
                if base[q + j] < 4:
                    compared += 1
                    wrong_reference += base[q + j] != reference[at]
                    wrong_change += base[q + j] != expected
        else:
            t, q = place[right_q] - 1, right_q - 1
            for j in range(min(q + 1, t - end + 1 + COMPARED)):
                at = t - j
                if at >= end:
                    continue
                if at < 0:
                    break
                beyond = end - 1 - at - len(inserted)
                expected = (
                    inserted[len(inserted) - 1 - (end - 1 - at)]
                    if beyond < 0
                    else reference[max(start - 1 - beyond, 0)]
                )
                if base[q - j] < 4:
                    compared += 1
                    wrong_reference += base[q - j] != reference[at]
                    wrong_change += base[q - j] != expected
        if left_length >= right_length:  # bases of the read behind place `start` or before it, in either sequence
            reach_reference = reach_change = n - left_q - 1 - (start - place[left_q] - 1)
        else:
            reach_reference = right_q - (place[right_q] - start)
            reach_change = right_q - (place[right_q] - end) - len(inserted)
        tolerated = 1 + compared // 10
        if wrong_change <= tolerated and wrong_reference >= wrong_change + MIN_DIFFERENCE:
            votes[template[r], 1] += reach_change >= MIN_REACH
        elif wrong_reference <= tolerated and wrong_change >= wrong_reference + MIN_DIFFERENCE:
            votes[template[r], 0] += reach_reference >= MIN_REACH
