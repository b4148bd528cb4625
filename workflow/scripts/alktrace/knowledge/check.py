"""All tables at once, and whether their exons and codons lie on the transcripts that they count on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ..model.vocabulary import Assay
from .evidence import Knowledge
from .fusions import Tables, read_tables
from .hotspots import Event, change_codons, read_events, read_polymorphisms
from .panel import PanelGene, read_panel
from .table import fault
from .transcripts import ReferenceTranscript, read_transcripts

_JUNCTION = re.compile(r"junction (\d+)-(\d+)")
Transcripts = dict[str, ReferenceTranscript]


def check_tables(resources: Path) -> None:
    """Read every table of `resources` as the stages do and compare them with transcripts.tsv.

    Raises InputError naming table, row and column of the first fault: among others an exon, an intron or a codon beyond
    the gene's reference transcript. Genes without one there say nothing.
    """
    folder = resources / "knowledge"
    transcripts = read_transcripts(resources / "transcripts.tsv")
    _check_panel(resources / "panel.tsv", read_panel(resources / "panel.tsv"), transcripts)
    tables = read_tables(folder)
    _check_domains(folder / "domains.tsv", tables, transcripts)
    _check_fusions(folder, tables, transcripts)
    _check_events(folder / "hotspots.tsv", read_events(folder), transcripts)
    _check_changes(folder, Knowledge.load(folder), transcripts)


def _exon(path: Path, row: int, column: str, gene: ReferenceTranscript | None, numbers: Iterable[int]) -> None:
    beyond = [number for number in numbers if gene and number > len(gene.exons)]
    if gene and beyond:
        fault(path, row, column, f"exon {beyond[0]} of {gene.gene}: {gene.ensembl} has {len(gene.exons)} exons")


def _codon(path: Path, row: int, column: str, gene: ReferenceTranscript | None, numbers: Iterable[int]) -> None:
    beyond = [number for number in numbers if gene and number > gene.codons]
    if gene and beyond:
        fault(path, row, column, f"codon {beyond[0]} of {gene.gene}: {gene.ensembl} has {gene.codons} codons")


def _check_panel(path: Path, panel: Iterable[PanelGene], transcripts: Transcripts) -> None:
    for row, gene in enumerate(panel, 2):
        known = transcripts.get(gene.gene)
        for assay in Assay:
            _exon(path, row, f"{assay}_exons", known, gene.exons(assay) or ())
            # Intron n follows exon n: the last exon has none.
            introns = gene.introns(assay)
            if known and introns and max(introns) >= len(known.exons):
                last = f"the last intron of {known.ensembl} is {len(known.exons) - 1}"
                fault(path, row, f"{assay}_introns", f"intron {max(introns)} of {gene.gene}: {last}")


def _check_domains(path: Path, tables: Tables, transcripts: Transcripts) -> None:
    for row, domain in enumerate(tables.domains, 2):
        check = _codon if domain.unit == "codon" else _exon
        check(path, row, "last", transcripts.get(domain.gene), [domain.last])


def _check_fusions(folder: Path, tables: Tables, transcripts: Transcripts) -> None:
    path = folder / "eml4_alk_variants.tsv"
    for row, variant in enumerate(tables.variants, 2):
        _exon(path, row, "five_exon", transcripts.get(variant.five_gene), [variant.five_exon])
        _exon(path, row, "three_exon", transcripts.get(variant.three_gene), [variant.three_exon])
    path = folder / "alk_partners.tsv"
    for row, partner in enumerate(tables.partners, 2):
        for column, gene in (("partner_exon", partner.gene), ("alk_exon", "ALK")):
            numbers = [int(part) for part in getattr(partner, column).split("-") if part.isdigit()]
            _exon(path, row, column, transcripts.get(gene), numbers)


def _check_events(path: Path, events: Iterable[Event], transcripts: Transcripts) -> None:
    for row, event in enumerate(events, 2):
        known = transcripts.get(event.gene)
        _codon(path, row, "codons", known, event.codons)
        _exon(path, row, "exon", known, map(int, re.findall(r"\d+", event.exon)))
        joined = [int(number) for change in event.changes for pair in _JUNCTION.findall(change) for number in pair]
        _exon(path, row, "changes", known, joined)


def _check_changes(folder: Path, tables: Knowledge, transcripts: Transcripts) -> None:
    alk, path = transcripts.get("ALK"), folder / "alk_kinase_mutations.tsv"
    for row, change in enumerate(tables.changes, 2):
        _codon(path, row, "mutation", alk, change_codons(change.mutation))
        _exon(path, row, "exon_NM_004304", alk, map(int, re.findall(r"\d+", change.exon_NM_004304)))
    path = folder / "polymorphisms.tsv"
    for row, common in enumerate(read_polymorphisms(folder), 2):
        _codon(path, row, "codon", transcripts.get(common.gene), [common.codon])
