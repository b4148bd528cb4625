"""The fusion stage: evidence BAM in, typed junctions out.

Split alignments and clips that reach a target gene seed contigs; contigs are grown through the junction and matched
against the spliced transcripts of the genes their fragments touch; every fragment is counted against the junction
sequence and its unrearranged alternatives. No partner list is used. `call_fusions` is the entry.
"""

from __future__ import annotations

import logging
from pathlib import Path
from zlib import crc32

from ..genome.domains import kinase_exons
from ..genome.fasta import Genome
from ..genome.fragments import load_fragments
from ..genome.transcripts import Annotation
from ..inputs.umi import molecule_rule
from ..knowledge.fusions import Tables, read_tables
from ..knowledge.panel import read_panel
from ..model.findings import junction_id
from ..model.molecules import molecules
from ..model.records import (
    DismissedJunction,
    Fusion,
    FusionResult,
    JunctionEvidence,
    Locus,
    PileupRead,
    RecruitStats,
    Support,
)
from ..settings import FusionSettings
from ..structure.junction import Anchor
from ..structure.notation import notation
from ..structure.record import locus, pair_name, to_fusion
from .classify import Classified, classify
from .consensus import lone_bases
from .count import count_spanning, count_split
from .discover import LOCUS_MARGIN, find_junctions, place
from .exon_places import genes_sharing_words
from .filters import NO_PARTNER, Dismissed, Seen, apply_filters, fold_artefacts
from .genome_places import genome_places
from .imbalance import exon_depth, known_exons, measure_imbalance
from .junction import Junction, Search, Unplaced, settle
from .limit import Shape, junction_limit
from .mates import uncrossed
from .obstacles import obstacles
from .reads import survey
from .second_look import confirm_complete, names_near
from .word_index import ExonBorders, TargetIndex

LOG = logging.getLogger(__name__)
MAX_PILEUP = 60
MAX_UNPLACED = 20  # contigs that lead nowhere, listed for one gene


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
    blind: frozenset[tuple[str, int]] = frozenset(),
) -> FusionResult:
    """Find, type and count the rearrangements of every panel gene with role target or driver.

    `bam` is the coordinate-sorted, indexed evidence BAM; `umi` a regular expression with one group, searched in read
    names; `blind`: gene and codon of those without a k-mer of their own. Raises InputError for a read name that
    `umi` does not match.
    """
    genome, genes = Genome(fasta), Annotation.load(annotation)
    tables = read_tables(knowledge)
    rows = [r for r in read_panel(panel) if r.role in ("target", "driver") and genes.get(r.gene)]
    searched = [(genes[r.gene], TargetIndex(genes[r.gene], r.rna_introns, genome)) for r in rows]
    target = next(gene for (gene, _), row in zip(searched, rows, strict=True) if row.role == "target")
    seen = survey(bam, searched, target, molecule_rule(umi, library), genes)
    blocks = seen.target.blocks(seen.rule)
    first_kinase_exon = kinase_exons(target, tables.domains).start
    known, shape = known_exons(target, genome), Shape.of(recruit_stats, seen.lengths)
    imbalance = measure_imbalance(blocks, target, known, first_kinase_exon, library)
    fragments = load_fragments(bam, set().union(*seen.names))
    borders = ExonBorders(genes, genome, ends=True), ExonBorders(genes, genome, ends=False)
    searches = [
        Search(
            gene,
            index,
            genes,
            genome,
            {n: fragments[n] for n in sorted(names & fragments.keys())},
            seen.rule,
            bam,
            *borders,
        )
        for (gene, index), names in zip(searched, seen.names, strict=True)
    ]
    result = FusionResult(
        [], [], imbalance, exon_depth(blocks, target),
        junction_limit(recruit_stats, settings, shape),
        [], [gene.gene for gene, _ in searched],
    )  # fmt: skip
    found = [find_junctions(search) for search in searches]
    _place_the_rest(searches, found, fasta)
    for search, junctions in zip(searches, found, strict=True):
        called, dismissed = _gene_events(search, junctions, tables, settings)
        for classified in called:
            fusion = _fusion(classified, search.gene.gene, genome, tables)
            result.fusions.append(fusion)
            result.evidence.append(_evidence(classified, fusion))
        result.dismissed += [_record(d, search, tables) for d in dismissed]
    result.obstacles = obstacles(
        result, target, first_kinase_exon, known, blind, shape, recruit_stats, settings
    )  # fmt: skip
    return result


def _place_the_rest(searches: list[Search], found: list[list[Junction]], genome: Path) -> None:
    """Place contigs that their own reads did not place: by the words of all annotated exons, then in all the genome."""
    waiting = [(n, contig) for n, search in enumerate(searches) for contig in search.unplaced]
    parts = [contig.foreign for _, contig in waiting]
    offered = genes_sharing_words(parts, searches[0].annotation, searches[0].genome)
    rest = []
    for (number, contig), genes in zip(waiting, offered, strict=True):
        if not (genes and _take(searches[number], found[number], contig, place(searches[number], contig, genes))):
            rest.append((number, contig))
    for (number, contig), places in zip(rest, genome_places(genome, [c.foreign for _, c in rest]), strict=True):
        search = searches[number]
        near = [g for p in places for g in search.annotation.overlapping(p.contig, p.start + 1, p.end)]
        genes = list({g.gene_id: g for g in near if g.gene_id != search.gene.gene_id}.values())
        anchors = [
            Anchor(p.contig, max(1, p.start - LOCUS_MARGIN), p.end + LOCUS_MARGIN, "-" if p.reverse else "+")
            for p in places
        ]
        if places:
            _take(search, found[number], contig, place(search, contig, genes, anchors))


def _take(search: Search, junctions: list[Junction], contig: Unplaced, junction: Junction | None) -> bool:
    """Add the junction of a contig that is placed now, if it is new."""
    if junction is None:
        return False
    search.unplaced.remove(contig)
    if all(junction.key != other.key for other in junctions):
        junctions.append(junction)
    return True


def _gene_events(
    search: Search, junctions: list[Junction], tables: Tables, settings: FusionSettings
) -> tuple[list[Classified], list[Dismissed]]:
    """The called junctions of one gene, and what was seen and not called."""
    missing = names_near(search.bam, junctions) - search.fragments.keys()
    search.fragments.update(load_fragments(search.bam, missing) if missing else {})
    count_split(junctions, search.fragments, search.rule)
    junctions, folded = fold_artefacts([j for j in junctions if j.counted.split])
    for junction in junctions:
        settle(junction, search.fragments, search.rule)
    taken = {name for j in junctions for name in j.counted.placements}
    rest = [f for name, f in search.fragments.items() if name not in taken]
    spanning = count_spanning(junctions, rest, search)
    junctions += uncrossed(search, [f for f in rest if f.name not in spanning], junctions, settings)
    for junction in junctions:
        confirm_complete(junction, search.bam)
        junction.lone_bases = lone_bases(junction, search.fragments)
    kept, dropped = apply_filters(Seen(junctions, search.annotation, tables.pairs))
    accounted = {name for j in junctions for name in (*j.counted.placements, *j.counted.mates)}
    unplaced = [
        Dismissed(NO_PARTNER, False, contig=contig)
        for contig in sorted(search.unplaced, key=lambda c: (-len(c.names), c.contig))
        if len(contig.names - accounted) >= 2
    ]
    called = classify(kept, kinase_exons(search.gene, tables.domains), settings.min_support, search.gene.gene)
    return called, [*dropped, *folded, *unplaced[:MAX_UNPLACED]]


def _record(dismissed: Dismissed, search: Search, tables: Tables) -> DismissedJunction:
    """A dropped candidate as it is reported."""
    gene, junction = search.gene, dismissed.junction
    if junction is None:
        assert dismissed.contig is not None
        return _unplaced(dismissed.contig, dismissed, search)
    s, counted = junction.structure, junction.counted
    five, three = locus(s, five=True), locus(s, five=False)
    return DismissedJunction(
        junction_id=junction_id(gene.gene, five, three, s.inserted),
        name=pair_name(s),
        target=gene.gene,
        notation=notation(s, tables.letters, junction.complete),
        filter=dismissed.filter,
        explained=dismissed.explained,
        five_prime=five,
        three_prime=three,
        support=Support(len(counted.split), len(counted.spanning), counted.unique),
        sequence=junction.reference.core(MAX_PILEUP),
    )


def _unplaced(contig: Unplaced, dismissed: Dismissed, search: Search) -> DismissedJunction:
    ends = {name: search.fragments[name].ends() for name in sorted(contig.names)}
    count = len(set(molecules(ends, search.rule).values()))
    gene = search.gene
    exon = _border_exon(search, contig)
    here = None if exon is None else Locus(
        gene.gene, gene.transcript_id, exon, gene.contig,
        gene.first_base(exon) if contig.into else gene.last_base(exon), gene.strand,
    )  # fmt: skip
    return DismissedJunction(
        junction_id="U" + format(crc32(contig.contig.encode()), "08x"),
        name=f"unknown::{gene.gene}" if contig.into else f"{gene.gene}::unknown",
        target=gene.gene,
        notation="",
        filter=dismissed.filter,
        explained=dismissed.explained,
        five_prime=None if contig.into else here,
        three_prime=here if contig.into else None,
        support=Support(count, 0, count),
        sequence=contig.contig,
    )


def _border_exon(search: Search, contig: Unplaced) -> int | None:
    """Exon of the target at the end of its part of the contig, None in introns."""
    part = contig.contig[len(contig.foreign) :] if contig.into else contig.contig[: contig.target_length]
    match = search.index.find(part)
    span = search.index.transcript_span(match) if match else None
    if span is None:
        return None
    return search.gene.exon_at(search.gene.to_genome(span[0] if contig.into else span[1]))


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


def _evidence(classified: Classified, fusion: Fusion) -> JunctionEvidence:
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
        reads=[PileupRead(n, c - start, placements[n].bases, placements[n].reverse) for c, n in shown],
        fragment_names=names,
        read_pairs=len(placements),
    )
