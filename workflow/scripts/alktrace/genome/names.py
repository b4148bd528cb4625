"""Names of a fusion by the nomenclature of the VICC (gene fusion specification), of the HGVS and of the ISCN."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from Bio.SeqUtils import seq3

from ..knowledge.table import read_table
from ..model.records import Fusion, FusionNames, Locus
from ..model.vocabulary import EventType, Frame
from ..runtime.paths import RESOURCES
from .bands import band_at
from .contigs import chromosome
from .transcripts import Annotation, Transcript

TRANSCRIPTS = RESOURCES / "transcripts.tsv"
ISCN = {EventType.INVERSION: "inv", EventType.DELETION: "del", EventType.DUPLICATION: "dup"}


@cache
def mane_transcripts(path: Path = TRANSCRIPTS) -> dict[str, str]:
    """RefSeq accession with version of each Ensembl transcript (without version) that the table states."""
    rows = read_table(path, ("ensembl", "refseq"))
    return {row["ensembl"].partition(".")[0]: row["refseq"] for row in rows if row["refseq"]}


def fusion_names(fusion: Fusion, annotation: Annotation, build: str) -> FusionNames:
    """All names of one junction; a name that cannot be made is empty. `build` is the genome build of its positions."""
    refseq = mane_transcripts()
    five, three = annotation.get(fusion.five_prime.gene or ""), annotation.get(fusion.three_prime.gene or "")
    return FusionNames(
        vicc(fusion, refseq),
        hgvs_r(fusion, five, three, refseq),
        hgvs_p(fusion, five, three, refseq),
        iscn(fusion, build),
    )


def vicc(fusion: Fusion, refseq: Mapping[str, str]) -> str:
    """`NM_019063.5(EML4):e.6::NM_004304.5(ALK):e.20`; bases between the exon parts are a linker of their own, deleted
    bases an offset from the exon's end or start, and a side outside genes is a position of its contig."""
    five = _side(fusion.five_prime, -fusion.deleted_bases.five_prime, refseq)
    three = _side(fusion.three_prime, fusion.deleted_bases.three_prime, refseq)
    return "::".join(part for part in (five, fusion.inserted_sequence, three) if part)


def _side(locus: Locus, offset: int, refseq: Mapping[str, str]) -> str:
    if locus.gene is None or locus.transcript is None or locus.exon is None:
        return f"{locus.contig}:g.{locus.position}({locus.strand})"
    shift = f"{offset:+d}" if offset else ""
    return f"{accession(locus.transcript, refseq)}({locus.gene}):e.{locus.exon}{shift}"


def accession(transcript: str, refseq: Mapping[str, str]) -> str:
    """The RefSeq accession that is stated for an Ensembl transcript, else the transcript itself."""
    return refseq.get(transcript.partition(".")[0], transcript)


def hgvs_r(fusion: Fusion, five: Transcript | None, three: Transcript | None, refseq: Mapping[str, str]) -> str:
    """`NM_019063.5:r.-263_667::NM_004304.5:r.3173_*445`: both parts from transcript start and to transcript end, the
    bases between them in small letters; positions in parentheses where the transcript is predicted from DNA. Empty
    where a side is in no coding transcript, or part of the insert is not known."""
    sides = _coding_sides(fusion, five, three)
    if sides is None:
        return ""
    five, last, three, first = sides
    left, right = ("(", ")") if fusion.predicted else ("", "")
    spans = ((five, 1, last), (three, first, three.length))
    before, after = (
        f"{accession(one.transcript_id, refseq)}:r.{left}{_coding(one, a)}_{_coding(one, b)}{right}"
        for one, a, b in spans
    )
    parts = [before, fusion.inserted_sequence.lower().replace("t", "u"), after]
    return "::".join(part for part in parts if part)


def hgvs_p(fusion: Fusion, five: Transcript | None, three: Transcript | None, refseq: Mapping[str, str]) -> str:
    """`NM_019063.5:p.(Met1_Cys222)::Leu::NM_004304.5:p.(Tyr1059_Pro1620)`: whole codons of either side, and what is
    read between them, as far as the first stop. The HGVS defines no form for fusion proteins; this one follows its form
    for RNA. Empty where the frame is not known or a side ends outside its coding sequence."""
    sides = _coding_sides(fusion, five, three)
    if sides is None or fusion.frame is Frame.UNDETERMINED or not fusion.protein:
        return ""
    five, last, three, first = sides
    end, start = five.to_coding(last), three.to_coding(first)
    if end is None or start is None or end < 3 or three.cds is None:
        return ""
    protein = fusion.protein.split("*")[0]
    kept = min(end // 3, len(protein))
    left = f"{accession(five.transcript_id, refseq)}:p.(Met1_{seq3(protein[kept - 1])}{kept})"
    size = (three.cds[1] - three.cds[0] + 1) // 3
    codon = (start + 4) // 3  # the first whole codon of the 3' side
    between = (end + len(fusion.inserted_sequence) + 3 * (codon - 1) + 1 - start) // 3 - end // 3
    if fusion.frame is not Frame.IN_FRAME or fusion.premature_stop or len(protein) <= kept + between:
        tail = protein[kept:]
        return f"{left}::{seq3(tail) if len(tail) <= 3 else f'({len(tail)} residues)'}Ter"
    last_residue = protein[min(kept + between + size - codon, len(protein) - 1)]
    right = (
        f"{accession(three.transcript_id, refseq)}"
        f":p.({seq3(protein[kept + between])}{codon}_{seq3(last_residue)}{size})"
    )
    middle = seq3(protein[kept : kept + between])
    return "::".join(part for part in (left, middle, right) if part)


def rna_change(hgvs_c: str) -> str:
    """The description at RNA level of a change that was read from RNA: `c.3604G>A` is `r.3604g>a`."""
    letters = str.maketrans("ACGT", "acgu")
    return f"r.{hgvs_c.removeprefix('c.').translate(letters)}"


def _coding_sides(
    fusion: Fusion, five: Transcript | None, three: Transcript | None
) -> tuple[Transcript, int, Transcript, int] | None:
    """Both transcripts with the last and the first kept transcript position, where both are coding and hold them."""
    if five is None or three is None or not (five.cds and three.cds) or not fusion.structure_complete:
        return None
    last, first = five.to_transcript(fusion.five_prime.position), three.to_transcript(fusion.three_prime.position)
    return None if last is None or first is None else (five, last, three, first)


def _coding(transcript: Transcript, position: int) -> str:
    """A transcript position counted from the start codon: -5 before it, *5 after the stop codon, which is none of
    the coding bases of `Transcript.cds` but counts as coding here."""
    assert transcript.cds is not None
    start, stop = transcript.cds[0], transcript.cds[1] + 3
    if position < start:
        return str(position - start)
    return f"*{position - stop}" if position > stop else str(position - start + 1)


def iscn(fusion: Fusion, build: str) -> str:
    """`inv(2)(p21p23)`, `t(2;10)(p23;p11)`: after the ISCN, from sequencing, so without a karyotype. Only for events
    seen in DNA whose bands the table holds; bands without sub-bands, as fusions of ALK are written."""
    sides = [(side.contig, side.position) for side in (fusion.five_prime, fusion.three_prime)]
    placed = [(chromosome(contig), position, band_at(contig, position, build)) for contig, position in sides]
    if fusion.event_type is None or not all(band for *_, band in placed):
        return ""
    if fusion.event_type is EventType.TRANSLOCATION:
        (first, _, band), (second, _, other) = sorted(placed, key=lambda one: _rank(one[0]))
        return f"t({first};{second})({band};{other})" if first != second else ""
    # The p arm before the q arm, and within an arm from the centromere outwards.
    ordered = sorted(placed, key=lambda one: (one[2][0], -one[1] if one[2][0] == "p" else one[1]))
    kind = ISCN.get(fusion.event_type)
    return f"{kind}({placed[0][0]})({ordered[0][2]}{ordered[1][2]})" if kind and placed[0][0] == placed[1][0] else ""


def _rank(name: str) -> tuple[bool, int]:
    """Sex chromosomes first, then by number."""
    return (name.isdigit(), int(name) if name.isdigit() else 0)
