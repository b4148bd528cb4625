"""Short notation of a fusion structure, as the ALK literature writes it: `E13;A20`, `E14;ins11del49A20`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..genome.transcripts import Transcript

if TYPE_CHECKING:
    from .junction import Structure


def notation(structure: Structure, letters: Mapping[str, str], read: bool = True) -> str:
    """Both exons with what is deleted or inserted between them.

    Grammar: 5' exon, `delN` if it lacks its end; `;insN` for intron bases behind the 5' exon and untemplated bases;
    `;` and `insN` for intron bases before the 3' exon or `delN` if that exon lacks its start; 3' exon. An exon is the
    gene's letter in `letters` and the exon number, or symbol, `e` and number for genes without a letter; a locus
    outside genes is written contig:position, an exon that the reference transcript lacks gene(contig:position). What
    lies between exons that no read joins (`read` False) is `?`.
    """
    if not read:
        five, three = structure.five, structure.three
        return (
            f"{_exon(five, structure.five_exon, letters, True)};?;{_exon(three, structure.three_exon, letters, False)}"
        )
    left = _exon(structure.five, structure.five_exon, letters, last=True) + _count("del", structure.five_deleted)
    middle = _count("ins", len(structure.inserted) - structure.three_retained)
    right = _count("ins", structure.three_retained) + _count("del", structure.three_deleted)
    right += _exon(structure.three, structure.three_exon, letters, last=False)
    if middle and not structure.three_retained:
        return f"{left};{middle}{right}"
    return ";".join(filter(None, (left, middle, right)))


def _count(word: str, bases: int) -> str:
    return f"{word}{bases}" if bases else ""


def _exon(transcript: Transcript, exon: int, letters: Mapping[str, str], last: bool) -> str:
    place = f"{transcript.contig}:{transcript.last_base(exon) if last else transcript.first_base(exon)}"
    if not transcript.gene:
        return place
    if not transcript.stated:
        return f"{transcript.gene}({place})"
    return f"{letters.get(transcript.gene) or transcript.gene + 'e'}{exon}"
