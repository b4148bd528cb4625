"""The fusion stage: evidence BAM in, typed junctions out.

Split alignments and clips that reach a target gene seed contigs; contigs are grown through the junction and matched
against the spliced transcripts of the genes their fragments touch; every fragment is counted against the junction
sequence and its unrearranged alternatives. No partner list is used. `call_fusions` is the entry.
"""

from __future__ import annotations

import logging
from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..inputs.umi import compile_umi
from ..knowledge.fusions import Tables, read_tables
from ..knowledge.panel import read_panel
from ..model.records import Fusion, FusionResult, JunctionEvidence, PileupRead, RecruitStats, Support
from ..settings import FusionSettings
from ..structure.record import to_fusion
from .classify import Classified, classify, is_unspliced_form, kinase_exons, merge_artefacts, read_through
from .count import count_spanning, count_split
from .discover import find_junctions
from .imbalance import exon_depth, fragment_blocks, known_exons, measure_imbalance
from .junction import Junction, Search
from .mates import _uncrossed
from .reads import MoleculeKey, candidate_names, load_fragments
from .second_look import confirm_complete, names_near
from .word_index import ExonBorders, TargetIndex

LOG = logging.getLogger(__name__)
MAX_PILEUP = 60
# junction support L at which P(Poisson(L) >= m) = 0.95, by m
POISSON_95 = {1: 2.996, 2: 4.744, 3: 6.296, 4: 7.754, 5: 9.154}


def call_fusions(
    bam: Path,
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    recruit_stats: RecruitStats,
    settings: FusionSettings,
    umi: str | None,
    library: str,
) -> FusionResult:
    """Find, type and count the rearrangements of every panel gene with role target or driver.

    `bam` is the coordinate-sorted, indexed evidence BAM; `umi` a regular expression with one group, searched in read
    names.
    """
    genome, genes = Genome(fasta), Annotation.load(annotation)
    tables = read_tables(knowledge)
    rows = [r for r in read_panel(panel) if r.role in ("target", "driver") and genes.get(r.gene)]
    searched = [(genes[r.gene], TargetIndex(genes[r.gene], r.rna_introns, genome)) for r in rows]
    names = candidate_names(bam, searched)
    key = MoleculeKey(compile_umi(umi) if umi else None, count_reads=library == "amplicon" and not umi)
    target = next(gene for (gene, _), row in zip(searched, rows, strict=True) if row.role == "target")
    blocks = fragment_blocks(bam, target)
    first_kinase_exon = kinase_exons(target, tables.domains).start
    imbalance = measure_imbalance(blocks, target, known_exons(target, genome), first_kinase_exon, library)
    coverage = exon_depth(blocks, target)
    fusions: list[Fusion] = []
    evidence: list[JunctionEvidence] = []
    notes: list[str] = []
    fragments = load_fragments(bam, set().union(*names), key)
    borders = ExonBorders(genes, genome, ends=True), ExonBorders(genes, genome, ends=False)
    for (gene, index), found in zip(searched, names, strict=True):
        mine = {name: fragments[name] for name in sorted(found)}
        search = Search(gene, index, genes, genome, mine, *borders)
        for classified in _gene_events(search, bam, key, tables, settings, notes):
            fusion = _fusion(classified, gene.gene, genome, tables)
            fusions.append(fusion)
            evidence.append(_evidence(classified, fusion, search))
    return FusionResult(
        fusions,
        evidence,
        imbalance,
        coverage,
        _junction_limit(recruit_stats, settings),
        notes,
        [gene.gene for gene, _ in searched],
    )


def _junction_limit(stats: RecruitStats, settings: FusionSettings) -> float | None:
    """Fusion fragments per control fragment that would have been found with 95% probability."""
    if stats.control_fragments == 0:
        return None
    return float(f"{POISSON_95[settings.min_support] / stats.control_fragments:.4g}")


def _gene_events(
    search: Search,
    bam: Path,
    key: MoleculeKey,
    tables: Tables,
    settings: FusionSettings,
    notes: list[str],
) -> list[Classified]:
    junctions = find_junctions(search)
    missing = names_near(bam, junctions) - search.fragments.keys()
    search.fragments.update(load_fragments(bam, missing, key) if missing else {})
    count_split(junctions, search.fragments)
    junctions = merge_artefacts([j for j in junctions if j.counted.split])
    taken = {name for j in junctions for name in j.counted.placements}
    rest = [f for name, f in search.fragments.items() if name not in taken]
    spanning = count_spanning(junctions, rest, search)
    junctions += _uncrossed(search, [f for f in rest if f.name not in spanning], junctions, settings)
    for junction in junctions:
        confirm_complete(junction, bam)
    kept = []
    for junction in junctions:
        reason = _dismissal(junction, junctions, search.annotation)
        if reason is None:
            kept.append(junction)
        elif junction.counted.unique >= settings.min_support:
            notes.append(reason)
    called = classify(kept, kinase_exons(search.gene, tables.domains), settings.min_support, search.gene.gene)
    return [c for c in called if _is_shown(c.junction)]


def _is_shown(junction: Junction) -> bool:
    """Is there more than one chimeric molecule: two fragments across the junction, or three in all?"""
    return len(junction.counted.split) >= 2 or junction.counted.unique >= 3


def _dismissal(junction: Junction, junctions: list[Junction], annotation: Annotation) -> str | None:
    """Why a junction is no rearrangement of its own, None if it may be one."""
    s = junction.structure
    seen = f"{junction.counted.unique} fragments"
    if s.five.gene_id == s.three.gene_id:
        return f"{s.five.gene}: exon {s.five_exon} joined to exon {s.three_exon} of the same gene, not a fusion"
    if read_through(s.five, s.three, s.five_exon, s.three_exon, annotation):
        return (
            f"{s.five.gene} exon {s.five_exon} joined to its neighbour {s.three.gene} exon {s.three_exon}"
            f" ({seen}): read-through transcription, not called"
        )
    if any(is_unspliced_form(junction, other) for other in junctions):
        return (
            f"{s.five.gene} exon {s.five_exon} to {s.three.gene} exon {s.three_exon}: unspliced RNA with intron bases"
            f" of both genes ({seen}), counted with no junction"
        )
    return None


def _fusion(classified: Classified, target: str, genome: Genome, tables: Tables) -> Fusion:
    junction = classified.junction
    counted = junction.counted
    support = Support(len(counted.split), len(counted.spanning), counted.unique)
    return to_fusion(
        junction.structure,
        kind=classified.kind,
        event_id=classified.event_id,
        target=target,
        support=support,
        confidence=classified.confidence,
        structure_complete=junction.complete,
        evidence_note="; ".join(classified.notes),
        genome=genome,
        tables=tables,
        chain=[j.structure for j in classified.chain],
    )


def _evidence(classified: Classified, fusion: Fusion, search: Search) -> JunctionEvidence:
    """Reads under the junction, leftmost first, on the sequence cut to what they cover."""
    junction = classified.junction
    reference, placements = junction.reference, junction.counted.placements
    names = sorted(junction.counted.split.values())
    shown = sorted((placements[n].column, n) for n in names)[:MAX_PILEUP]
    start = max(0, min((c for c, _ in shown), default=reference.left_end - 40))
    right = max((placements[n].end for _, n in shown), default=reference.right_start + 40)
    return JunctionEvidence(
        junction_id=fusion.junction_id,
        contig=reference.sequence[start:right],
        left_end=reference.left_end - start,
        right_start=reference.right_start - start,
        reads=[
            PileupRead(n, c - start, placements[n].bases, placements[n].reverse)
            for c, n in shown
            if not placements[n].gapped
        ],
        fragment_names=names,
    )
