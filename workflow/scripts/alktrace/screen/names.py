"""HGVS names of substitutions and their VCF records. Protein names are predictions: `p.(Gly1202Arg)`."""

from __future__ import annotations

from functools import lru_cache

from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.SeqUtils import seq3

from ..annotation import Genome, Transcript, reverse_complement


@lru_cache(maxsize=1)
def _genetic_code() -> dict[str, str]:
    table = unambiguous_dna_by_id[1]
    return {**table.forward_table, **dict.fromkeys(table.stop_codons, "*")}


def translate_codon(codon: str) -> str:
    """One-letter residue, "*" for a stop, "X" where a base is unknown."""
    return _genetic_code().get(codon, "X")


def three_letters(residue: str) -> str:
    """Three-letter residue as HGVS writes it ("Ter" for a stop, "Xaa" for unknown)."""
    return str(seq3(residue, custom_map={"*": "Ter"}))


def coding_substitution(codon: int, reference: str, alternate: str) -> str:
    """c. name of a codon change: one base as `c.3604G>A`, more as one `delins` over the changed bases."""
    changed = [i for i in range(3) if reference[i] != alternate[i]]
    first, last = changed[0], changed[-1]
    start = 3 * (codon - 1) + 1 + first
    if first == last:
        return f"c.{start}{reference[first]}>{alternate[first]}"
    return f"c.{start}_{start + last - first}delins{alternate[first : last + 1]}"


def protein_substitution(codon: int, reference: str, alternate: str) -> tuple[str, str]:
    """(HGVS p. name, short name) of a codon change: ("p.(Gly1202Arg)", "G1202R")."""
    old, new = translate_codon(reference), translate_codon(alternate)
    if codon == 1:
        return "p.(Met1?)", "M1?"
    change = "=" if old == new else three_letters(new)
    return f"p.({three_letters(old)}{codon}{change})", f"{old}{codon}{new}"


def stated_name(transcript: Transcript, pin: str, refseq: str) -> str:
    """Transcript name for HGVS: the panel's RefSeq name where the panel's pin is the transcript in use."""
    same = bool(pin) and transcript.transcript_id.split(".")[0] == pin.split(".")[0]
    return refseq if refseq and same else transcript.transcript_id


def substitution_records(
    transcript: Transcript, genome: Genome, codon: int, reference: str, alternate: str
) -> list[tuple[int, str, str]]:
    """VCF (position, ref, alt) on the + strand. Bases apart on the genome (an intron between) give a record each."""
    sites = [
        (place, reference[i], alternate[i])
        for i, place in enumerate(transcript.codon_genome_positions(codon))
        if reference[i] != alternate[i]
    ]
    if not transcript.forward:
        sites = [(place, reverse_complement(ref), reverse_complement(alt)) for place, ref, alt in reversed(sites)]
    records: list[tuple[int, str, str]] = []
    for place, ref, alt in sites:
        if records and place - (records[-1][0] + len(records[-1][1])) <= 1:
            start, old, new = records.pop()
            between = genome.fetch(transcript.contig, start + len(old), place - 1)
            records.append((start, old + between + ref, new + between + alt))
        else:
            records.append((place, ref, alt))
    return records
