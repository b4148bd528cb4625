"""Names of a fusion by the nomenclature of the VICC (gene fusion specification) and of the HGVS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..genome.transcripts import Transcript
from ..knowledge.table import read_table
from ..model.records import Fusion, Locus
from ..runtime.paths import RESOURCES

TRANSCRIPTS = RESOURCES / "transcripts.tsv"


def mane_transcripts(path: Path = TRANSCRIPTS) -> dict[str, str]:
    """RefSeq accession with version of each Ensembl transcript (without version) that the table states."""
    rows = read_table(path, ("ensembl", "refseq"))
    return {row["ensembl"].partition(".")[0]: row["refseq"] for row in rows if row["refseq"]}


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
    return f"{_accession(locus.transcript, refseq)}({locus.gene}):e.{locus.exon}{shift}"


def _accession(transcript: str, refseq: Mapping[str, str]) -> str:
    return refseq.get(transcript.partition(".")[0], transcript)


def hgvs_r(fusion: Fusion, five: Transcript | None, three: Transcript | None, refseq: Mapping[str, str]) -> str:
    """`NM_019063.5:r.-263_667::NM_004304.5:r.3173_*445`: both parts from transcript start and to transcript end, the
    bases between them in small letters. Empty where a side is in no coding transcript, or part of the insert is not
    known."""
    if five is None or three is None or not (five.cds and three.cds) or not fusion.structure_complete:
        return ""
    last, first = five.to_transcript(fusion.five_prime.position), three.to_transcript(fusion.three_prime.position)
    if last is None or first is None:
        return ""
    parts = [
        f"{_accession(five.transcript_id, refseq)}:r.{_coding(five, 1)}_{_coding(five, last)}",
        fusion.inserted_sequence.lower().replace("t", "u"),
        f"{_accession(three.transcript_id, refseq)}:r.{_coding(three, first)}_{_coding(three, three.length)}",
    ]
    return "::".join(part for part in parts if part)


def _coding(transcript: Transcript, position: int) -> str:
    """A transcript position counted from the start codon: -5 before it, *5 after the stop codon, which is none of
    the coding bases of `Transcript.cds` but counts as coding here."""
    assert transcript.cds is not None
    start, stop = transcript.cds[0], transcript.cds[1] + 3
    if position < start:
        return str(position - start)
    return f"*{position - stop}" if position > stop else str(position - start + 1)
