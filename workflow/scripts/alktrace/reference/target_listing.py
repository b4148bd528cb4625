"""targets.tsv: the surviving k-mers of each gene, screened codon and junction."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from ..genome.domains import kinase_exons
from ..genome.fasta import Genome
from ..genome.transcripts import Transcript
from ..knowledge.fusions import Domain, kinase_domain
from ..knowledge.hotspots import Event
from ..recruit.kernels.layout import K
from ..runtime.errors import InputError
from ..runtime.files import write_text
from .junctions import CataloguedJunction
from .target_kmers import Codes, _Gene
from .target_table import kmer_codes

# ---------------------------------------------------------------- listing
Row = tuple[str, str, str, int, int, str]


def _gene_rows(genes: list[_Gene], absent: list[tuple[str, str]]) -> list[Row]:
    """K-mers are counted on both strands, as they are stored."""
    found = [("gene", g.panel.gene, g.panel.role, len(g.codes), int(g.kept.sum()), "") for g in genes]
    return found + [("gene", gene, "", 0, 0, note) for gene, note in absent]


def _codon_rows(genes: list[_Gene], genome: Genome, events: Iterable[Event], domains: Iterable[Domain]) -> list[Row]:
    rows: list[Row] = []
    for gene in sorted(genes, key=lambda g: g.panel.gene):
        transcript = gene.transcript
        codons = {codon for event in events if event.gene == gene.panel.gene for codon in event.codons}
        if gene.panel.role == "target":
            codons |= _kinase_codons(transcript, domains)
        spliced, kept = genome.spliced(transcript) if codons else "", set(gene.codes[gene.kept].tolist())
        for codon in sorted(codon for codon in codons if codon <= transcript.codons):
            begin = transcript.codon_start(codon) - 1  # 0-based
            around = kmer_codes(spliced[max(begin - K + 1, 0) : begin + 2 + K]).tolist()
            rows.append(("codon", transcript.gene, str(codon), len(around), sum(c in kept for c in around), ""))
    return rows


def _kinase_codons(gene: Transcript, domains: Iterable[Domain]) -> set[int]:
    """Codons from the exon in which the kinase domain begins, where fusions join, to the domain's end."""
    domain, exons = kinase_domain(gene.gene, domains), kinase_exons(gene, domains)
    if domain is None or not exons:
        return set()
    return set(range(gene.codon_at(gene.exon_start(exons.start) + 2), domain.last + 1))


def _junction_rows(catalogue: list[CataloguedJunction], before: list[Codes], after: list[Codes]) -> list[Row]:
    rows = zip(catalogue, before, after, strict=True)
    return [("junction", f"{j.five_gene}::{j.three_gene}", j.name, len(b), len(a), j.note) for j, b, a in rows]


def _write_listing(rows: list[Row], path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\")
    writer.writerow(("kind", "gene", "item", "kmers", "surviving", "note"))
    writer.writerows(rows)
    write_text(path, text.getvalue())


REASON = "all its k-mers are repeated elsewhere in the genome, so its reads are not recruited"


def blind_codons(listing: Path) -> frozenset[tuple[str, int]]:
    """Gene and codon of each row of kind codon, in the table of `targets.build_targets`, that no k-mer survives in.

    Raises InputError when the table is not one.
    """
    with listing.open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        try:
            codons = (r for r in rows if r["kind"] == "codon" and int(r["surviving"]) == 0)
            return frozenset((r["gene"], int(r["item"])) for r in codons)
        except (KeyError, ValueError):
            raise InputError(f"{listing}: not a table of targets; delete it and run again") from None
