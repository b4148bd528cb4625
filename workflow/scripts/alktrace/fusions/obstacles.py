"""What stands in the way of "not detected": a negative is a proof, and these are the holes in it."""

from __future__ import annotations

from collections.abc import Iterable

from ..genome.transcripts import Transcript
from ..model.findings import broken_kinases, junction_is, label
from ..model.records import FusionResult, Obstacle, RecruitStats
from ..settings import FusionSettings
from .limit import SEED_ANCHOR, Shape

BLIND_SHARE = 0.5  # of an exon's codons without k-mers from which on its reads are not recruited reliably


def obstacles(
    result: FusionResult,
    target: Transcript,
    breakpoint_exon: int,
    known: frozenset[int],
    blind: frozenset[tuple[str, int]],
    shape: Shape,
    stats: RecruitStats,
    settings: FusionSettings,
) -> list[Obstacle]:
    """All reasons why the absence of a fusion of the target gene proves nothing, by the key of their sentence.

    `known`: exons whose sequence the reference has; `blind`: (gene, codon) without a k-mer of its own; exons are looked
    at from the one that holds the usual breakpoint to the next.
    """
    exons = [n for n in (breakpoint_exon, breakpoint_exon + 1) if 1 <= n <= len(target.exons)]
    found = [Obstacle("alk_exon_unknown", {"exon": n}) for n in exons if n not in known]
    found += [Obstacle("alk_exon_masked", {"exon": n}) for n in exons if n in known and _is_blind(target, n, blind)]
    if 0 < shape.read_length < 2 * SEED_ANCHOR:
        found.append(Obstacle("alk_short_reads", {"length": shape.read_length, "needed": 2 * SEED_ANCHOR}))
    return [*found, *_unexplained(result, target.gene, stats, settings)]


def _is_blind(gene: Transcript, exon: int, blind: frozenset[tuple[str, int]]) -> bool:
    """Do most codons that begin in an exon have no k-mer of their own?"""
    if gene.cds is None:
        return True
    first = gene.codon_at(max(gene.exon_start(exon), gene.cds[0]) + 2)
    codons = range(first, gene.codon_at(min(gene.exon_end(exon), gene.cds[1])) + 1)
    return sum((gene.gene, codon) in blind for codon in codons) > BLIND_SHARE * len(codons)


def _unexplained(
    result: FusionResult, target: str, stats: RecruitStats, settings: FusionSettings
) -> Iterable[Obstacle]:
    """Evidence of a junction with the support of a call that nothing accounts for, or that leaves the kinase open."""
    for fusion in broken_kinases(result.fusions, target):
        fragments = fusion.support.unique_fragments
        yield Obstacle("alk_broken_kinase", {"name": fusion.name, "label": label(fusion), "fragments": fragments})
    for fusion in result.fusions:
        if fusion.target == target and fusion.confidence == "low":
            fragments = fusion.support.unique_fragments
            if fragments >= settings.min_support:
                yield Obstacle("alk_unexplained_junction", {"name": fusion.name, "fragments": fragments})
    for dropped in result.dismissed:
        fragments = dropped.support.unique_fragments
        if dropped.target == target and not dropped.explained and fragments >= settings.min_support:
            yield Obstacle("alk_unexplained_junction", {"name": dropped.name, "fragments": fragments})
    for junction, pairs in sorted(stats.direct_junctions.items()):
        mine = not any(junction_is(junction, fusion) for fusion in result.fusions)
        if mine and pairs >= settings.min_support and _is_of(junction, target):
            yield Obstacle("alk_unexplained_scan", {"junction": junction, "pairs": pairs})


def _is_of(junction: str, target: str) -> bool:
    """Whether a catalogued junction is one of the target: a variant key ("V1"), or genes and exons."""
    words = junction.split()
    return len(words) != 4 or target in words
