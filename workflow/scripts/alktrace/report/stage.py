"""Views of a report: HTML page, flat table, VCF and BEDPE. Nothing here adds a finding to report.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..model.records import FusionResult, Report, ScreenResult
from ..runtime.files import written_whole
from ..runtime.serialise import read_json
from .bedpe import fusions_bedpe
from .evidence_page import evidence_page
from .findings import codons_tsv, findings_tsv
from .page import render_page
from .tsv import report_tsv
from .vcf import write_fusions_vcf, write_mutations_vcf


def write_views(
    report: Path,
    fusions: Path,
    screen: Path,
    bam: Path,
    fasta: Path,
    annotation: Path,
    knowledge: Path,
    out: Mapping[str, Path],
    settings: Mapping[str, Any],
) -> None:
    """Write each view to its path in `out` (names: `files.VIEWS`, `files.EVIDENCE`): all of them, or none.

    `report` is report.json, `fusions` and `screen` the stage records (`FusionResult`, `ScreenResult`), `bam` the
    evidence BAM, `annotation` the table of reference transcripts, `knowledge` the folder of tables, `settings` holds
    `max_lod_vaf` and `evidence_view`. Raises InputError when a record cannot be read or does not fit the FASTA.
    """
    findings = read_json(report, Report)
    fusion_result = read_json(fusions, FusionResult)
    screened = read_json(screen, ScreenResult)
    genome, genes = Genome(fasta), Annotation.load(annotation)
    views: dict[str, Callable[[], str]] = {
        "html": lambda: render_page(findings, fusion_result, screened, genes, bam, knowledge, settings),
        "evidence": lambda: evidence_page(findings, bam, genome, genes),
        "tsv": lambda: report_tsv(findings),
        "findings": lambda: findings_tsv(findings),
        "codons": lambda: codons_tsv(findings),
        "fusions_bedpe": lambda: fusions_bedpe(findings.fusions),
    }
    files: dict[str, Callable[[Path], None]] = {
        "fusions_vcf": lambda path: write_fusions_vcf(findings.fusions, genome, path),
        "mutations_vcf": lambda path: write_mutations_vcf(screened.vcf, genome, path),
    }
    with ExitStack() as whole:
        for name, path in out.items():
            partial = whole.enter_context(written_whole(path))
            if name in files:
                files[name](partial)
            else:
                partial.write_text(views[name](), encoding="utf-8", newline="\n")
