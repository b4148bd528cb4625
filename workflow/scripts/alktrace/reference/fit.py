"""Panel genes that the annotation cannot answer for: other sequence, other exons, or no room for their domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation, Transcript
from ..knowledge.fusions import Domain
from ..knowledge.panel import PanelGene
from ..knowledge.transcripts import ReferenceTranscript
from ..runtime.errors import InputError
from .coding import fault

TARGET = "ALK"
_NAMED = 5  # genes named in a message


def unfit_genes(
    models: Annotation,
    panel: Sequence[PanelGene],
    table: Mapping[str, ReferenceTranscript],
    domains: Iterable[Domain],
    genome: Genome,
    gtf: Path,
) -> dict[str, str]:
    """Gene -> reason, for panel genes of the annotation that must not be assessed.

    Raises InputError when it is ALK, and when most panel genes do not fit the sequence: the files do not belong
    together then.
    """
    rows = [(gene, transcript) for gene in panel if (transcript := models.get(gene.gene)) is not None]
    faults = {gene.gene: reason for gene, t in rows if t.cds and (reason := fault(t, genome)) is not None}
    coding = sum(t.cds is not None for _, t in rows)
    if TARGET in faults or 2 * len(faults) > coding:
        raise InputError(_mismatch(gtf, faults, coding))
    kinases = [d for d in domains if d.domain == "kinase" and d.unit == "codon"]
    reasons = {gene: f"{models[gene].transcript_id} does not fit the FASTA: {why}" for gene, why in faults.items()}
    for gene, transcript in rows:
        reason = _numbers(gene, transcript, table.get(gene.gene)) or _domain(transcript, kinases)
        if reason:
            reasons.setdefault(gene.gene, reason)
    if TARGET in reasons:
        raise InputError(f"{gtf}: ALK: {reasons[TARGET]}; use a GTF that has this transcript")
    return reasons


def _mismatch(gtf: Path, faults: Mapping[str, str], coding: int) -> str:
    first = TARGET if TARGET in faults else next(iter(faults))
    genes = [first, *(gene for gene in faults if gene != first)]
    more = f" and {len(genes) - _NAMED} more" if len(genes) > _NAMED else ""
    return (
        f"{gtf}: the coding sequences of {len(genes)} of {coding} panel genes do not fit the FASTA"
        f" ({', '.join(genes[:_NAMED])}{more}; {first}: {faults[first]}); use the GTF made for this FASTA, of the same"
        " genome build"
    )


def _numbers(gene: PanelGene, transcript: Transcript, row: ReferenceTranscript | None) -> str | None:
    """Exon numbers of the panel are those of the reference transcript: do they mean the same here?"""
    looked_at = (gene.rna_exons, gene.rna_introns, gene.dna_exons, gene.dna_introns)
    bound = gene.role == "target" or (gene.role != "partner" and any(numbers for numbers in looked_at))
    if row is None or not bound or (transcript.numbered and len(transcript.exons) == len(row.exons)):
        return None
    return (
        f"{transcript.transcript_id} ({transcript.rule}) has {len(transcript.exons)} exons, the panel's numbers are"
        f" those of {row.ensembl}{f' ({row.refseq})' if row.refseq else ''} with {len(row.exons)}"
    )


def _domain(transcript: Transcript, kinases: Sequence[Domain]) -> str | None:
    codons = transcript.codons
    for domain in kinases:
        if domain.gene == transcript.gene and domain.last > codons:
            return f"{transcript.transcript_id} has {codons} codons, its kinase domain is numbered up to {domain.last}"
    return None
