"""Sequences as text: complement, and which stretches of bases say anything."""

from __future__ import annotations

from operator import ne

import numpy as np
from numpy.typing import NDArray

_COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")
_NO_BASES = {ord(c): "N" for c in map(chr, range(128)) if c not in "ACGT"}

NO_BASE = 255
BASE_CODES = bytes("ACGT".find(chr(i).upper()) if chr(i) in "ACGTacgt" else NO_BASE for i in range(256))


def base_codes(sequence: str) -> NDArray[np.uint8]:
    """Codes of bases, uint8 (bases,): A C G T = 0-3 in either case, NO_BASE for anything else."""
    return np.frombuffer(sequence.encode().translate(BASE_CODES), np.uint8)


def reverse_complement(sequence: str) -> str:
    """Reverse complement of an ACGTN string, case kept."""
    return sequence.translate(_COMPLEMENT)[::-1]


def plain_bases(sequence: str) -> str:
    """Upper case, with N for everything that is not one base: IUPAC codes are no evidence of any."""
    return sequence.upper().translate(_NO_BASES)


_WORD = 3
_WORDS_LOOKED_AT = 30


def mismatches(a: str, b: str) -> int:
    """Positions at which two strings of one length differ; an unknown base (N) differs from nothing."""
    if a == b:
        return 0
    differ: int = sum(map(ne, a, b))
    if "N" in a or "N" in b:
        differ -= sum(x != y and "N" in (x, y) for x, y in zip(a, b, strict=False))
    return differ


def known_bases(part: str) -> int:
    """Bases of a stretch that are not N."""
    return len(part) - part.count("N")


def is_informative(part: str) -> bool:
    """Is a stretch more than a repeat of one, two or a few bases?

    Poly-A tails, the poly-G of empty sequencing cycles and filler in a partial reference match each other anywhere. At
    least half of the three-base words (of the first 30) must differ: 12 random bases have 9 or 10 different ones, a
    homopolymer with one error at most 4. Words with an unknown base say nothing.
    """
    words = [part[i : i + _WORD] for i in range(min(len(part) - _WORD + 1, _WORDS_LOOKED_AT))]
    return 2 * len({w for w in words if "N" not in w}) >= len(words) > 0
