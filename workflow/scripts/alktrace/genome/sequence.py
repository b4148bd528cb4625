"""Sequences as text: complement, and which stretches of bases say anything."""

from __future__ import annotations

from operator import ne

_COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")


def reverse_complement(sequence: str) -> str:
    """Reverse complement of an ACGTN string, case kept."""
    return sequence.translate(_COMPLEMENT)[::-1]


_WORD = 3
_WORDS_LOOKED_AT = 30


def mismatches(a: str, b: str) -> int:
    """Positions at which two strings of one length differ."""
    return 0 if a == b else sum(map(ne, a, b))


def is_informative(part: str) -> bool:
    """Is a stretch more than a repeat of one, two or a few bases?

    Poly-A tails, the poly-G of empty sequencing cycles and filler in a partial reference match each other anywhere. At
    least half of the three-base words (of the first 30) must differ: 12 random bases have 9 or 10 different ones, a
    homopolymer with one error at most 4.
    """
    words = [part[i : i + _WORD] for i in range(min(len(part) - _WORD + 1, _WORDS_LOOKED_AT))]
    return 2 * len(set(words)) >= len(words) > 0
