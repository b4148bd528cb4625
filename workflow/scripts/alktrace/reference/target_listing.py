"""targets.tsv: the surviving k-mers of each gene, screened codon and junction."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path

from ..genome.fasta import Genome
from ..knowledge.panel import parse_numbers
from ..recruit.kernels.layout import K
from ..runtime.errors import InputError
from ..runtime.files import write_text
from .junctions import CataloguedJunction
from .target_kmers import Codes, _Gene
from .target_table import encode

# codons whose surviving k-mers are always listed: from exon 20, where fusions join, to the end of the kinase domain
_KINASE_DOMAIN = ("ALK", range(1058, 1393))
# ---------------------------------------------------------------- listing
Row = tuple[str, str, str, int, int, str]


def _gene_rows(genes: list[_Gene], absent: list[tuple[str, str]]) -> list[Row]:
    """K-mers are counted on both strands, as they are stored."""
    found = [("gene", g.panel.gene, g.panel.role, len(g.codes), int(g.kept.sum()), "") for g in genes]
    return found + [("gene", gene, "", 0, 0, note) for gene, note in absent]


def _codon_rows(genes: list[_Gene], genome: Genome, hotspots: Path | None) -> list[Row]:
    rows: list[Row] = []
    by_name = {g.panel.gene: g for g in genes}
    for name, codons in sorted(_screened(hotspots).items()):
        gene = by_name.get(name)
        if gene is None or gene.transcript.cds is None:
            continue
        spliced, first = genome.spliced(gene.transcript), gene.transcript.cds[0]
        kept = set(gene.codes[gene.kept].tolist())
        for codon in sorted(codons):
            begin = first + 3 * (codon - 1) - 1  # 0-based
            around = encode(spliced[max(begin - K + 1, 0) : begin + 2 + K]).tolist()
            rows.append(("codon", name, str(codon), len(around), sum(c in kept for c in around), ""))
    return rows


def _screened(hotspots: Path | None) -> dict[str, set[int]]:
    """Codons to list, by gene."""
    codons: dict[str, set[int]] = defaultdict(set)
    codons[_KINASE_DOMAIN[0]].update(_KINASE_DOMAIN[1])
    if hotspots:
        with hotspots.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                codons[row["gene"]].update(parse_numbers(row["codons"]))
    return codons


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
