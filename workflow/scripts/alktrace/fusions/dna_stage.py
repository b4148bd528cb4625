"""The fusion stage for DNA: evidence BAM of a panel in, rearrangements of the panel's kinase genes out.

Clipped reads give breakends; each is read as a consensus, grown with the mates through repeats, and placed where other
alignments of its fragments lie. No partner list. Junctions are counted against the unbroken gene in unique fragments.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pysam

from ..genome.bed import Stretches
from ..genome.domains import kinase_exons
from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..genome.transcripts import Annotation, Transcript
from ..inputs.umi import compile_umi
from ..knowledge.fusions import Tables, read_tables
from ..knowledge.panel import PanelGene, read_panel
from ..model.molecules import MoleculeRule
from ..model.records import (
    CoverageBin,
    DnaSearch,
    Fusion,
    FusionResult,
    Imbalance,
    JunctionEvidence,
    PileupRead,
    SearchedIntron,
)
from ..model.vocabulary import State
from ..settings import FusionSettings
from .dna_contigs import find_contigs, grow
from .dna_count import FLANK, MARGIN, JunctionSequence, count
from .dna_events import Found, grouped, keeps_five, same_place, to_fusions
from .dna_places import Placement, place, surely_placed
from .dna_reads import GeneWords, Mate, Scan, clips_elsewhere, depth, different, imperfect_near, load, scan
from .limit import poisson_limit
from .stage import MAX_PILEUP

LOG = logging.getLogger(__name__)
AROUND = 500  # bases beside a gene that belong to it
BESIDE = 150  # bases beside an exon that belong to it
LEAST_CLIPS = 2  # fragments that must leave the gene at one place
LEAST_DISTANCE = 1000  # shorter rearrangements inside a contig are insertions and deletions
POWER = 0.8  # share of the fragments over a breakpoint that show it, at the least
CONTIG_SHOWN = 150


def call_dna(
    bam: Path,
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    settings: FusionSettings,
    umi: str | None,
    targets_bed: Path | None,
) -> FusionResult:
    """Find, type and count the rearrangements of every panel gene with role target or driver that has DNA columns.

    `bam` is the coordinate-sorted, indexed evidence BAM; `umi` a regular expression with one group, searched in read
    names; `targets_bed` the baits, which say what was looked at.
    """
    genome, genes = Genome(fasta), Annotation.load(annotation)
    tables, baits = read_tables(knowledge), Stretches.read(targets_bed) if targets_bed else None
    rule = MoleculeRule(compile_umi(umi) if umi else None)
    rows = [r for r in read_panel(panel) if r.role in ("target", "driver") and r.dna_introns and genes.get(r.gene)]
    rows = [r for r in rows if r.role == "target" or baits is None or _is_baited(r, genes[r.gene], baits)]
    scans = {r.gene: _scan(bam, genes[r.gene], rule, genome) for r in rows}
    words = [GeneWords(genes[r.gene].contig, _stretches(r, genes[r.gene]), genome) for r in rows]
    for row, clips in zip(rows, clips_elsewhere(bam, words), strict=True):
        scans[row.gene].clips.extend(clips)
    contigs = {name: find_contigs(found.clips, LEAST_CLIPS, genome) for name, found in scans.items()}
    wanted = {name for found in scans.values() for name in found.odd}
    wanted |= {name for found in scans.values() for name in found.imperfect}
    wanted |= {name for found in contigs.values() for contig in found for name in contig.names}
    mates = load(bam, wanted)
    result = FusionResult([], [], Imbalance(None, None, None, None, State.NOT_ASSESSABLE, "DNA"), [], None, [])
    for row in rows:
        gene, own = genes[row.gene], scans[row.gene]
        places: list[Placement] = []
        for contig in contigs[row.gene]:
            reads = [mate.bases for name in sorted(contig.names) for mate in mates[name].values() if mate.bases]
            found = place(grow(contig, reads), mates, genome)
            if found is not None and not any(same_place(found, other) for other in places):
                places.append(found)
        more = imperfect_near(bam, (found.partner for found in places)) - mates.keys()
        mates.update(load(bam, more) if more else {})
        believed = _believed(places, mates, own, gene, rule, genome, settings, baits, result.notes)
        for fusion, junction in to_fusions(grouped(believed, gene), gene, genes, genome, tables, settings.min_support):
            result.fusions.append(fusion)
            result.evidence.append(_evidence(fusion, junction, gene, genome))
        result.searched.append(row.gene)
        if row.role == "target":
            _describe(result, row, gene, own, tables, baits, settings)
    return result


def _stretches(row: PanelGene, gene: Transcript) -> list[tuple[int, int]]:
    """The gene's parts that the panel table lists for DNA, exons with what a read may hold beside them."""
    exons = range(1, len(gene.exons) + 1) if row.dna_exons is None else row.dna_exons
    spans = [gene.exons[n - 1] for n in exons if n <= len(gene.exons)]
    spans += [gene.intron_span(n) for n in row.dna_introns if n < len(gene.exons)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted((start - BESIDE, end + BESIDE) for start, end in spans):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_baited(row: PanelGene, gene: Transcript, baits: Stretches) -> bool:
    return any(baits.share(gene.contig, *gene.intron_span(n)) > 0 for n in row.dna_introns if n < len(gene.exons))


def _scan(bam: Path, gene: Transcript, rule: MoleculeRule, genome: Genome) -> Scan:
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        if gene.contig not in handle.references:
            return Scan([], set(), Counter(), {})
    return scan(bam, gene.contig, gene.start - AROUND, gene.end + AROUND, rule, genome)


def _believed(
    places: list[Placement],
    mates: Mapping[str, Mapping[int, Mate]],
    own: Scan,
    gene: Transcript,
    rule: MoleculeRule,
    genome: Genome,
    settings: FusionSettings,
    baits: Stretches | None,
    notes: list[str],
) -> list[Found]:
    """Junctions that more than chance fragments show; why others are not is noted when they have enough fragments."""
    found = []
    spans = different(own.spans.elements())
    for junction in places:
        near = {name: reads for name, reads in mates.items() if _is_near(reads, junction)}
        counted = count(junction, near, spans, own.imperfect, rule, genome, baits)
        fragments = [mates[name] for name in sorted(counted.names)]
        sure = surely_placed(fragments, junction.target), surely_placed(fragments, junction.partner)
        reason = _dismissal(junction, gene, sure[0])
        ends = [{key[i] for key in counted.split | counted.spanning} for i in (0, 1)]
        shown = counted.unique >= settings.min_support and len(counted.split) >= 2 and min(map(len, ends)) >= 2
        if reason is None and shown:
            found.append(Found(junction, counted, sure))
        elif shown and reason:
            notes.append(f"{reason} ({counted.unique} fragments), not called")
    return found


def _is_near(reads: Mapping[int, Mate], junction: Placement) -> bool:
    return any(
        place.contig == end.contig and abs(place.start - end.position) <= FLANK
        for mate in reads.values()
        for place in mate.places
        for end in (junction.target, junction.partner)
    )


def _dismissal(junction: Placement, gene: Transcript, sure: int) -> str | None:
    """Why a junction is no rearrangement of the gene."""
    target, partner = junction.target, junction.partner
    where = f"{gene.gene}: {target.contig}:{target.position} joined to {partner.contig}:{partner.position}"
    inside = partner.contig == gene.contig and gene.start - AROUND <= partner.position <= gene.end + AROUND
    if inside:
        return f"{where}, both in {gene.gene}"
    if partner.contig == target.contig and abs(partner.position - target.position) < LEAST_DISTANCE:
        return f"{where}, an insertion or deletion"
    if sure < 2:
        return f"{where}, whose reads on the {gene.gene} side fit other places as well"
    return None


def _evidence(fusion: Fusion, junction: Found, gene: Transcript, genome: Genome) -> JunctionEvidence:
    """Reads across the junction on its sequence, 5' side first."""
    sequence = JunctionSequence(junction.place, genome)
    bases, left, right = sequence.bases, sequence.left, sequence.right
    turn = not keeps_five(gene, junction.place.target)
    shown = junction.counted.shown[:MAX_PILEUP]
    low = max(min((r.start for r in shown), default=left), left - CONTIG_SHOWN)
    high = min(max((r.end for r in shown), default=right), right + CONTIG_SHOWN)
    reads = []
    for r in shown:
        text, start = r.bases[max(low - r.start, 0) : high - r.start], max(r.start, low) - low
        if turn:
            text, start = reverse_complement(text), high - low - start - len(text)
        reads.append(PileupRead(r.name, start, text, r.reverse != turn))
    cut = (left - low, right - low) if not turn else (high - right, high - left)
    contig = reverse_complement(bases[low:high]) if turn else bases[low:high]
    reads.sort(key=lambda r: (r.offset, r.name))
    names = sorted({r.name for r in junction.counted.shown})
    return JunctionEvidence(fusion.junction_id, contig, cut[0], cut[1], reads, names)


def _describe(
    result: FusionResult,
    row: PanelGene,
    gene: Transcript,
    own: Scan,
    tables: Tables,
    baits: Stretches | None,
    settings: FusionSettings,
) -> None:
    """What was searched of the target, how deep, and the limit that follows."""
    unique = different(own.spans.elements())
    over = depth(unique, gene.start, gene.end, MARGIN)
    introns = []
    for number in row.dna_introns:
        if number >= len(gene.exons):
            continue
        start, end = gene.intron_span(number)
        here = over[start - gene.start : end - gene.start + 1]
        mask = baits.mask(gene.contig, start, end) if baits else here > 0
        looked = here[mask]
        middle = float(np.median(looked)) if len(looked) else 0.0
        low = float(np.quantile(looked, 0.1)) if len(looked) else 0.0
        limit = poisson_limit(settings.min_support) / (POWER * low) if low else None
        limit = float(f"{limit:.4g}") if limit is not None and limit < 1 else None
        introns.append(SearchedIntron(number, end - start + 1, round(float(mask.mean()), 4), middle, limit))
    main = max(kinase_exons(gene, tables.domains).start - 1, 1)
    result.dna = DnaSearch(
        introns, main, own.spans.total(), len(unique), dict(sorted(Counter(own.spans.values()).items()))
    )
    result.junction_limit = next((i.limit for i in introns if i.intron == main and i.looked_at > 0), None)
    result.exon_coverage = [
        CoverageBin(n, round(float(over[a - gene.start : b - gene.start + 1].mean()), 2))
        for n, (a, b) in enumerate(gene.exons, 1)
    ]
