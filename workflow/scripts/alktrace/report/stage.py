"""Views of a report: HTML page, flat table, VCF and BEDPE. Nothing here adds a finding to report.json."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..model.records import FusionResult, Report, ScreenResult
from ..runtime.serialise import read_json
from .bedpe import fusions_bedpe
from .evidence_page import evidence_page
from .findings import codons_tsv, findings_tsv
from .page import render_page
from .tsv import report_tsv
from .vcf import write_fusions_vcf, write_mutations_vcf

FILES = ("report.html", "report.tsv", "findings.tsv", "codons.tsv", "fusions.vcf", "fusions.bedpe", "mutations.vcf")
EVIDENCE = "evidence.html"


def write_views(
    report: Path,
    fusions: Path,
    screen: Path,
    bam: Path,
    fasta: Path,
    annotation: Path,
    knowledge: Path,
    out: Path,
    settings: Mapping[str, Any],
) -> None:
    """Write `FILES`, and `EVIDENCE` if `settings` wants it, into the folder `out`: all of them, or none.

    `report` is report.json, `fusions` and `screen` the stage records (`FusionResult`, `ScreenResult`), `bam` the
    evidence BAM, `annotation` the table of stated transcripts, `knowledge` the folder of tables, `settings` holds
    `max_lod_vaf` and `evidence_view`. Raises InputError when a record cannot be read or does not fit the FASTA.
    """
    findings = read_json(report, Report)
    fusion_result = read_json(fusions, FusionResult)
    screen_result = read_json(screen, ScreenResult)
    genome = Genome(fasta)
    genes = Annotation.load(annotation)
    pages = {"report.html": render_page(findings, fusion_result, screen_result, genes, bam, knowledge, settings)}
    if settings["evidence_view"]:
        pages[EVIDENCE] = evidence_page(findings, bam, genome, genes)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".views.") as name:
        folder = Path(name)
        for file, page in pages.items():
            (folder / file).write_text(page, encoding="utf-8", newline="\n")
        (folder / "report.tsv").write_text(report_tsv(findings), encoding="utf-8", newline="\n")
        (folder / "findings.tsv").write_text(findings_tsv(findings), encoding="utf-8", newline="\n")
        (folder / "codons.tsv").write_text(codons_tsv(findings), encoding="utf-8", newline="\n")
        (folder / "fusions.bedpe").write_text(fusions_bedpe(findings.fusions), encoding="utf-8", newline="\n")
        write_fusions_vcf(findings.fusions, genome, folder / "fusions.vcf")
        write_mutations_vcf(screen_result.vcf, genome, folder / "mutations.vcf")
        for file in sorted({*FILES, *pages}):
            os.replace(folder / file, out / file)
