"""`findings.tsv`, what was found and the verdicts on one screen, and `codons.tsv`, every screened codon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..genome.bands import BUILD
from ..genome.names import rna_change
from ..model.findings import detected_name, fusion_label
from ..model.records import Fusion, Mutation, Report
from ..model.vocabulary import Assay, Confidence, State
from ..model.words import UNKNOWN
from .escape import cell
from .tsv import place


class Row(NamedTuple):
    """One row of findings.tsv. `build`: genome build of the positions, else the genome's file name."""

    section: str
    finding: str
    state: str
    limit_of_detection: float | None = None
    fragments: int | None = None
    depth: int | None = None
    vaf: float | None = None
    vicc: str = ""
    hgvs: str = ""
    position: str = ""
    build: str = ""
    detail: str = ""


CODON_COLUMNS = ("gene", "codon", "state", "depth", "alt_fragments", "vaf_high", "limit_of_detection_vaf", "reason")


def findings_tsv(report: Report) -> str:
    """Text of findings.tsv: a header line with the columns of `Row`, verdicts, junctions, changes, detected bypass
    events, inhibitors."""
    lines = ["\t".join(Row._fields)]
    lines.extend("\t".join(cell(v) for v in row) for row in _rows(report))
    return "\n".join(lines) + "\n"


def _rows(report: Report) -> Iterator[Row]:
    build = genome_name(report)
    for name in ("alk_rearrangement", "kinase_domain", "bypass"):
        finding = getattr(report.verdict, name)
        yield Row("verdict", name, finding.state, finding.limit_of_detection, detail=finding.reason)
    for fusion in report.fusions:
        yield _fusion(fusion, build)
    for change in report.mutations:
        yield _mutation(change, report.sample.assay, build)
    for event in report.bypass:
        if event.state is State.DETECTED:
            counts = (event.limit_of_detection, event.alt_fragments, event.depth)
            yield Row("bypass", detected_name(event), event.state, *counts, detail=event.reason)
    for call in report.tki:
        yield Row("inhibitor", call.drug, call.call, detail=" ".join(call.because))


def _fusion(fusion: Fusion, build: str) -> Row:
    names = fusion.names
    return Row(
        "fusion",
        fusion_label(fusion),
        State.DETECTED if fusion.confidence != Confidence.LOW else "low_confidence",
        fragments=fusion.support.unique_fragments,
        vicc=names.vicc if names else "",
        hgvs=" ".join(filter(None, (names.hgvs_r, names.hgvs_p))) if names else "",
        position=f"{place(fusion.five_prime)}; {place(fusion.three_prime)}",
        build=build,
        detail=f"{fusion.notation}; {fusion.kind}; {fusion.frame}; {fusion.confidence}; {fusion.junction_id}",
    )


def _mutation(change: Mutation, assay: Assay, build: str) -> Row:
    coding = rna_change(change.hgvs_c) if assay is Assay.RNA else ""
    return Row(
        "mutation",
        f"{change.gene} {change.short}",
        State.DETECTED,
        fragments=change.alt_fragments,
        depth=change.depth,
        vaf=change.vaf,
        hgvs=" ".join(filter(None, (f"{change.transcript}:{change.hgvs_c}", coding, change.hgvs_p))),
        position="; ".join(f"{one.contig}:{one.position} {one.ref}>{one.alt}" for one in change.genomic),
        build=build,
        detail="; ".join(f"{link.relation} with {link.with_}" for link in change.phase),
    )


def genome_name(report: Report) -> str:
    """The genome build that all positions refer to; where it is not known, the file name of the genome."""
    build = report.provenance.genome_build
    fasta = report.provenance.reference.get("fasta")
    if BUILD in build:  # by the lengths of the contigs or by the exons
        return BUILD
    return build if build != UNKNOWN or fasta is None else fasta.file


def codons_tsv(report: Report) -> str:
    """Text of codons.tsv: a header line with `CODON_COLUMNS`, one row a screened codon in the order of the report."""
    lines = ["\t".join(CODON_COLUMNS)]
    lines.extend("\t".join(cell(getattr(codon, name)) for name in CODON_COLUMNS) for codon in report.screened)
    return "\n".join(lines) + "\n"
