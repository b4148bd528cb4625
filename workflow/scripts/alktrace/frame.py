"""Reading frame, sequence and protein of a fusion, and the domains it keeps.

The frame follows from coding lengths: the bases from the 5' gene's start codon to the end of the insert must leave the
3' gene's codons in phase (for ALK exon 20, c.3173: 1 modulo 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from Bio.Seq import Seq

from .annotation import Genome, Transcript

if TYPE_CHECKING:
    from .structure import Structure
    from .variants import Domain

IN_FRAME, OUT_OF_FRAME, UNDETERMINED = "in_frame", "out_of_frame", "undetermined"


@dataclass(frozen=True)
class Product:
    """What a fusion transcript encodes.

    `sequence`: fusion cDNA from the 5' start codon to the 3' stop codon (from or to the transcript's end where a gene
    is not coding there), reference exons with the observed insert. `protein`: one-letter residues up to the first stop,
    empty if the frame is undetermined. `premature_stop`: a stop before the 3' gene's own; None if undetermined.
    """

    frame: str
    sequence: str
    protein: str
    premature_stop: bool | None


def five_end(structure: Structure) -> int:
    """Transcript position of the last exonic base of the 5' part."""
    return structure.five.exon_end(structure.five_exon) - structure.five_deleted


def three_start(structure: Structure) -> int:
    """Transcript position of the first exonic base of the 3' part."""
    return structure.three.exon_start(structure.three_exon) + structure.three_deleted


def frame(structure: Structure) -> str:
    """in_frame, out_of_frame, or undetermined if the junction is outside either gene's coding sequence.

    A 3' part that begins in its 5' untranslated region is read through it, so the bases before the start codon count.
    """
    five, three = structure.five.cds, structure.three.cds
    if five is None or three is None or not five[0] <= five_end(structure) <= five[1]:
        return UNDETERMINED
    if three_start(structure) > three[1]:
        return UNDETERMINED
    coding_length = five_end(structure) - five[0] + 1 + len(structure.inserted)
    return OUT_OF_FRAME if (coding_length - (three_start(structure) - three[0])) % 3 else IN_FRAME


def product(structure: Structure, genome: Genome) -> Product:
    """Frame, cDNA and protein of a fusion."""
    state = frame(structure)
    five, three = genome.spliced(structure.five), genome.spliced(structure.three)
    begin = _start_codon(structure.five, five_end(structure))
    stop = structure.three.cds[1] + 3 if structure.three.cds else len(three)
    sequence = five[begin - 1 : five_end(structure)] + structure.inserted
    sequence += three[three_start(structure) - 1 : max(stop, three_start(structure))]
    if state == UNDETERMINED:
        return Product(state, sequence, "", None)
    protein, stopped, _ = _translate(sequence).partition("*")
    return Product(state, sequence, protein, bool(stopped) and 3 * len(protein) + 3 < len(sequence))


def _start_codon(transcript: Transcript, end: int) -> int:
    """First base of the coding sequence if it begins before `end`, else of the transcript."""
    return transcript.cds[0] if transcript.cds and transcript.cds[0] <= end else 1


def _translate(sequence: str) -> str:
    return str(Seq(sequence[: len(sequence) // 3 * 3]).translate())


def kinase_domain_retained(structure: Structure, target: str, domains: Iterable[Domain]) -> bool | None:
    """Whether the transcript holds all bases of the target's kinase codons, whatever the frame.

    None if the target is not part of the junction, has no kinase row in `domains`, or its transcript lacks the codons.
    """
    for domain in domains:
        if domain.gene == target and domain.domain == "kinase":
            return _holds_codons(structure, target, domain.first, domain.last)
    return None


def _holds_codons(structure: Structure, target: str, first: int, last: int) -> bool | None:
    transcript = structure.three if structure.three.gene == target else structure.five
    if transcript.gene != target or transcript.cds is None:
        return None
    first_base, last_base = transcript.cds[0] + 3 * (first - 1), transcript.cds[0] + 3 * last - 1
    if last_base > transcript.cds[1]:
        return None
    return three_start(structure) <= first_base if transcript is structure.three else five_end(structure) >= last_base


def tape_domain(structure: Structure, domains: Iterable[Domain]) -> str | None:
    """How much of the 5' gene's TAPE domain is left (none, partial, retained) by its last exon; None without a row."""
    for domain in domains:
        same_gene = domain.gene == structure.five.gene and domain.domain == "TAPE"
        if same_gene and domain.first <= structure.five_exon <= domain.last:
            return domain.state
    return None
