"""Where the protein domains of the tables lie on a gene's transcript."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from ..knowledge.fusions import Domain, kinase_domain
from .transcripts import Transcript


def kinase_exons(gene: Transcript, domains: Iterable[Domain]) -> range:
    """Exons of the gene that hold its kinase domain, by the codons of the domain table; empty without a row, and for a
    transcript too short to hold it."""
    domain = kinase_domain(gene.gene, domains)
    span = gene.codon_span(domain.first, domain.last) if domain else None
    if span is None:
        return range(0)
    first, last = (bisect_left(gene.exon_ends, position) + 1 for position in span)
    return range(first, last + 1)
