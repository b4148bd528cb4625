"""`findings.tsv`, what was found and the verdicts on one screen, and `codons.tsv`, every screened codon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..genome.transcripts import Annotation
from ..model.findings import detected_name, fusion_label
from ..model.records import Fusion, Mutation, Report
from ..model.vocabulary import Confidence, State
from .escape import cell
from .names import hgvs_r, vicc
from .tsv import place


class Row(NamedTuple):
    """One row of findings.tsv. `build`: file name of the genome that positions refer to."""

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


def findings_tsv(report: Report, annotation: Annotation, refseq: Mapping[str, str]) -> str:
    """Text of findings.tsv: a header line with the columns of `Row`, verdicts, junctions, changes, detected bypass
    events, inhibitors."""
    lines = ["\t".join(Row._fields)]
    lines.extend("\t".join(cell(v) for v in row) for row in _rows(report, annotation, refseq))
    return "\n".join(lines) + "\n"


def _rows(report: Report, annotation: Annotation, refseq: Mapping[str, str]) -> Iterator[Row]:
    build = genome_name(report)
    for name in ("alk_rearrangement", "kinase_domain", "bypass"):
        finding = getattr(report.verdict, name)
        yield Row("verdict", name, finding.state, finding.limit_of_detection, detail=finding.reason)
    for fusion in report.fusions:
        yield _fusion(fusion, annotation, refseq, build)
    for change in report.mutations:
        yield _mutation(change)
    for event in report.bypass:
        if event.state is State.DETECTED:
            counts = (event.limit_of_detection, event.alt_fragments, event.depth)
            yield Row("bypass", detected_name(event), event.state, *counts, detail=event.reason)
    for call in report.tki:
        yield Row("inhibitor", call.drug, call.call, detail=" ".join(call.because))


def _fusion(fusion: Fusion, annotation: Annotation, refseq: Mapping[str, str], build: str) -> Row:
    five, three = (annotation.get(side.gene or "") for side in (fusion.five_prime, fusion.three_prime))
    return Row(
        "fusion",
        fusion_label(fusion),
        State.DETECTED if fusion.confidence != Confidence.LOW else "low_confidence",
        fragments=fusion.support.unique_fragments,
        vicc=vicc(fusion, refseq),
        hgvs=hgvs_r(fusion, five, three, refseq),
        position=f"{place(fusion.five_prime)}; {place(fusion.three_prime)}",
        build=build,
        detail=f"{fusion.notation}; {fusion.kind}; {fusion.frame}; {fusion.confidence}; {fusion.junction_id}",
    )


def _mutation(change: Mutation) -> Row:
    return Row(
        "mutation",
        f"{change.gene} {change.short}",
        State.DETECTED,
        fragments=change.alt_fragments,
        depth=change.depth,
        vaf=change.vaf,
        hgvs=f"{change.transcript}:{change.hgvs_c} {change.hgvs_p}",
        detail="; ".join(f"{link.relation} with {link.with_}" for link in change.phase),
    )


def genome_name(report: Report) -> str:
    """File name of the genome that all positions refer to; "unknown" where the report does not say."""
    fasta = report.provenance.reference.get("fasta")
    return fasta.file if fasta else "unknown"


def codons_tsv(report: Report) -> str:
    """Text of codons.tsv: a header line with `CODON_COLUMNS`, one row a screened codon in the order of the report."""
    lines = ["\t".join(CODON_COLUMNS)]
    lines.extend("\t".join(cell(getattr(codon, name)) for name in CODON_COLUMNS) for codon in report.screened)
    return "\n".join(lines) + "\n"
