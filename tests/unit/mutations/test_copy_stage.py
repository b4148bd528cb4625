"""Copy ratios from reads: a simulated panel with one gained gene, aligned as the workflow does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alktrace.knowledge.panel import read_panel
from alktrace.model.vocabulary import State
from alktrace.mutations.copy_stage import copy_number
from alktrace.mutations.unique import unique_fragments
from alktrace.runtime.serialise import write_json
from alktrace.simulate import panel
from alktrace.simulate.panel import Gain, PanelSample, PanelSettings
from dna_pipeline import PANEL, DnaPanel
from interpret_cases import report


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> DnaPanel:
    """Baits over the exons of every panel gene that the simulated genome has."""
    made = DnaPanel.build(tmp_path_factory.mktemp("panel"))
    rows = [r for r in read_panel(PANEL) if r.role == "bypass" and r.gene in made.genome.transcripts]
    exons = {r.gene: r.dna_exons or range(1, len(made.genome.transcripts[r.gene].exons) + 1) for r in rows}
    baits = panel.standard_design(made.genome, exons)
    panel.write_baits(baits, made.folder / "baits.bed")
    return replace(made, baits=baits)


@pytest.mark.parametrize(("gene", "umi_length"), [("MET", 8), ("MYC", 0)])
def test_gained_gene_of_a_panel(design: DnaPanel, tmp_path: Path, gene: str, umi_length: int) -> None:
    settings = PanelSettings(depth=150, umi_length=umi_length)
    bam = design.evidence(PanelSample("s", gains=(Gain(gene, 6.0),)), settings, 3, tmp_path)
    umi = "::umi:([ACGTN]+)" if umi_length else None
    reference = (design.folder / "genome.2bit", design.folder / "annotation.tsv", PANEL)
    found = unique_fragments(bam, umi, "capture")
    ratios, targets = copy_number(found, *reference, "capture", design.folder / "baits.bed", [])
    by_gene = {one.gene: one for one in ratios}
    own = by_gene[gene]
    assert own.low is not None and own.high is not None and own.low <= 6.0 <= own.high
    assert [one.gene for one in ratios if one.state is State.DETECTED] == [gene]
    assert {t.gene for t in targets} >= {"ALK", "EML4", "TP53", "KIT"}
    normal = report(assay="dna", library="capture")
    normal.qc.copy_targets = targets
    write_json(normal, tmp_path / "normal.json")
    against, _ = copy_number(found, *reference, "capture", design.folder / "baits.bed", [tmp_path / "normal.json"] * 3)
    same = next(one for one in against if one.gene == gene)
    assert (same.normals, same.ratio, same.state) == (3, 1.0, State.NOT_DETECTED)
