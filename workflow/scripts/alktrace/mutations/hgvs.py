"""HGVS names of changes and their VCF records. Protein names are predictions: `p.(Gly1202Arg)`.

Rules: HGVS nomenclature (den Dunnen et al., Hum Mutat 2016;37:564): substitution, deletion, duplication, insertion,
delins, frameshift; the most 3' place; a change is not moved out of its exon.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.SeqUtils import seq3

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..genome.transcripts import COORDINATES, SAME_EXONS, Transcript
from .indels import Indel, exon_of, shifted_right


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
    """Transcript name for HGVS: the panel's RefSeq name where the transcript in use is the panel's pin, or has its
    exons."""
    same = bool(pin) and transcript.transcript_id.split(".")[0] == pin.split(".")[0]
    same = same or transcript.rule in (SAME_EXONS, COORDINATES)
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


@dataclass(frozen=True)
class ProteinChange:
    """Effect of an indel. `first` and `last` are the residues it touches (1-based)."""

    hgvs_p: str
    short: str
    first: int
    last: int


def _translate(coding: str) -> str:
    """Residues up to and including the first stop."""
    residues = []
    for i in range(0, len(coding) - 2, 3):
        residues.append(translate_codon(coding[i : i + 3]))
        if residues[-1] == "*":
            break
    return "".join(residues)


def protein_indel(transcript: Transcript, sequence: str, indel: Indel) -> ProteinChange:
    """Effect of an indel inside the coding sequence; `sequence` is the spliced transcript."""
    assert transcript.cds is not None
    begin = transcript.cds[0] - 1
    old = _translate(sequence[begin:])
    new = _translate(sequence[begin : indel.start] + indel.inserted + sequence[indel.end :])
    i = 0
    while i < min(len(old), len(new)) and old[i] == new[i]:
        i += 1
    if indel.net % 3:
        return _frameshift(old, new, min(i, len(old) - 1))
    j, k = len(old), len(new)
    if new.endswith("*") and old.endswith("*"):
        while j > i and k > i and old[j - 1] == new[k - 1]:
            j, k = j - 1, k - 1
    return _inframe(old, i, j, new[i:k])


def _frameshift(old: str, new: str, i: int) -> ProteinChange:
    residue = three_letters(old[i]) + str(i + 1)
    if i >= len(new):
        return ProteinChange(f"p.({residue}fs)", f"{old[i]}{i + 1}fs", i + 1, i + 1)
    if new[i] == "*":
        return ProteinChange(f"p.({residue}Ter)", f"{old[i]}{i + 1}*", i + 1, i + 1)
    stop = str(len(new) - i) if new.endswith("*") else "?"
    return ProteinChange(f"p.({residue}{three_letters(new[i])}fsTer{stop})", f"{old[i]}{i + 1}fs", i + 1, i + 1)


def _inframe(old: str, i: int, j: int, gained: str) -> ProteinChange:
    """old[i:j] replaced by `gained`, already trimmed and at its most 3' place."""
    if i == j and gained and old[i - len(gained) : i] == gained:
        return _ranged(old, i - len(gained), i, "dup")
    if i == j:
        left, right = three_letters(old[i - 1]) + str(i), three_letters(old[i]) + str(i + 1)
        inserted = "".join(map(three_letters, gained))
        return ProteinChange(
            f"p.({left}_{right}ins{inserted})", f"{old[i - 1]}{i}_{old[i]}{i + 1}ins{gained}", i, i + 1
        )
    if "*" in gained and gained.startswith("*"):
        return ProteinChange(f"p.({three_letters(old[i])}{i + 1}Ter)", f"{old[i]}{i + 1}*", i + 1, j)
    if j - i == 1 and len(gained) == 1:
        name = f"p.({three_letters(old[i])}{j}{three_letters(gained)})"
        return ProteinChange(name, f"{old[i]}{j}{gained}", j, j)
    return _ranged(old, i, j, "delins" + gained if gained else "del")


def _ranged(old: str, i: int, j: int, what: str) -> ProteinChange:
    kind = "delins" if what.startswith("delins") else what
    gained = what[len(kind) :]
    first, last = f"{old[i]}{i + 1}", f"{old[j - 1]}{j}"
    short = f"{first}{what}" if j - i == 1 else f"{first}_{last}{what}"
    first, last = three_letters(old[i]) + str(i + 1), three_letters(old[j - 1]) + str(j)
    tail = kind + "".join(map(three_letters, gained))
    return ProteinChange(f"p.({first}{tail})" if j - i == 1 else f"p.({first}_{last}{tail})", short, i + 1, j)


def coding_indel(transcript: Transcript, sequence: str, indel: Indel) -> str:
    """c. name of an indel inside the coding sequence, at its most 3' place within the exon."""
    assert transcript.cds is not None
    _, highest = exon_of(transcript, indel.start, indel.end)
    moved = shifted_right(sequence, indel, highest)
    offset = transcript.cds[0] - 1
    start, end = moved.start - offset, moved.end - offset  # 0-based half-open in the coding sequence
    size = len(moved.inserted)
    if size and start == end:
        if sequence[moved.start - size : moved.start] == moved.inserted:
            return f"c.{_span(start - size + 1, start)}dup"
        return f"c.{start}_{start + 1}ins{moved.inserted}"
    return f"c.{_span(start + 1, end)}del" + (f"ins{moved.inserted}" if size else "")


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}_{last}"


def indel_type(indel: Indel) -> str:
    """ins | del | delins."""
    if indel.inserted and indel.end > indel.start:
        return "delins"
    return "ins" if indel.inserted else "del"


def indel_record(transcript: Transcript, genome: Genome, sequence: str, indel: Indel) -> tuple[int, str, str]:
    """VCF (position, ref, alt) on the + strand, leftmost (Tan et al., Bioinformatics 2015;31:2202)."""
    removed, gained = sequence[indel.start : indel.end], indel.inserted
    if not transcript.forward:
        removed, gained = reverse_complement(removed), reverse_complement(gained)
    if removed:
        position = transcript.to_genome(indel.start + 1 if transcript.forward else indel.end)
    else:
        before = transcript.to_genome(indel.start)
        position = before + 1 if transcript.forward else before
    while True:
        if removed and gained and removed[-1] == gained[-1]:
            removed, gained = removed[:-1], gained[:-1]
        elif not removed or not gained:
            position -= 1
            base = genome.fetch(transcript.contig, position, position)
            removed, gained = base + removed, base + gained
        else:
            return position, removed, gained
