"""Reading frame, sequence and protein of a fusion, and the domains it keeps.

The frame follows from coding lengths: the bases from the 5' gene's start codon to the end of the insert must leave the
3' gene's codons in phase (for ALK exon 20, c.3173: 1 modulo 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from Bio.Seq import Seq

from ..genome.fasta import Genome
from ..genome.transcripts import Transcript
from ..knowledge.fusions import Domain, kinase_domain
from ..model.vocabulary import Frame

if TYPE_CHECKING:
    from .junction import Structure

IN_FRAME, OUT_OF_FRAME, UNDETERMINED = Frame.IN_FRAME, Frame.OUT_OF_FRAME, Frame.UNDETERMINED


@dataclass(frozen=True)
class Product:
    """What a fusion transcript encodes.

    `sequence`: fusion cDNA from the 5' start codon to the 3' stop codon (from or to the transcript's end where a gene
    is not coding there), reference exons with the observed inserts. `protein`: one-letter residues up to the first
    stop, empty if the frame is undetermined. `premature_stop`: a stop before the last gene's own; None if undetermined.
    """

    sequence: str
    protein: str
    premature_stop: bool | None


@dataclass(frozen=True)
class Part:
    """Bases first..last (transcript positions, 1-based) of one gene in a fusion transcript."""

    transcript: Transcript
    first: int
    last: int


def five_end(structure: Structure) -> int:
    """Transcript position of the last exonic base of the 5' part."""
    return structure.five.exon_end(structure.five_exon) - structure.five_deleted


def three_start(structure: Structure) -> int:
    """Transcript position of the first exonic base of the 3' part."""
    return structure.three.exon_start(structure.three_exon) + structure.three_deleted


def frame(structure: Structure) -> Frame:
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


def parts(chain: Sequence[Structure]) -> list[Part]:
    """Parts of a transcript with the junctions `chain`, 5' to 3'; the 3' gene of each is the 5' gene of the next."""
    found = [Part(chain[0].five, 1, five_end(chain[0]))]
    for structure, following in zip_longest(chain, chain[1:]):
        last = five_end(following) if following else structure.three.length
        found.append(Part(structure.three, three_start(structure), last))
    return found


def product(chain: Sequence[Structure], genome: Genome) -> Product:
    """cDNA and protein of the transcript with the junctions `chain`, in order."""
    pieces = parts(chain)
    bases = [genome.spliced(part.transcript)[part.first - 1 : part.last] for part in pieces]
    head, tail = pieces[0], pieces[-1]
    if head.transcript.cds and head.transcript.cds[0] <= head.last:
        bases[0] = bases[0][head.transcript.cds[0] - 1 :]
    if tail.transcript.cds:
        bases[-1] = bases[-1][: max(tail.transcript.cds[1] + 3 - tail.first + 1, 0)]
    inserts = [structure.inserted for structure in chain]
    sequence = "".join(a + b for a, b in zip_longest(bases, inserts, fillvalue=""))
    if any(frame(structure) == UNDETERMINED for structure in chain):
        return Product(sequence, "", None)
    protein, stopped, _ = _translate(sequence).partition("*")
    return Product(sequence, protein, bool(stopped) and 3 * len(protein) + 3 < len(sequence))


def _translate(sequence: str) -> str:
    return str(Seq(sequence[: len(sequence) // 3 * 3]).translate())


def kinase_domain_retained(chain: Sequence[Structure], target: str, domains: Iterable[Domain]) -> bool | None:
    """Whether the transcript holds all bases of the target's kinase codons, whatever the frame.

    None if the target is not part of it, has no kinase row in `domains`, or its reference transcript lacks the codons.
    """
    mine = [part for part in parts(chain) if part.transcript.gene == target]
    domain = kinase_domain(target, domains)
    span = mine[0].transcript.codon_span(domain.first, domain.last) if domain and mine else None
    return None if span is None else any(part.first <= span[0] and part.last >= span[1] for part in mine)


def tape_domain(structure: Structure, domains: Iterable[Domain]) -> str | None:
    """How much of the 5' gene's TAPE domain is left (none, partial, retained) by its last exon; None without a row."""
    for domain in domains:
        same_gene = domain.gene == structure.five.gene and domain.domain == "TAPE"
        if same_gene and domain.first <= structure.five_exon <= domain.last:
            return domain.state
    return None
