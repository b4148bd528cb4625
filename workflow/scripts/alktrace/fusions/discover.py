"""From seeds to exact junctions: grow contigs, find the partner gene, resolve the structure, count the fragments."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from zlib import crc32

from ..genome.sequence import is_informative
from ..genome.transcripts import Annotation, Transcript
from ..structure.junction import Anchor, Structure
from ..structure.resolve import resolve, resolve_locus
from .contigs import ReadPool, Seed, grow, seeds_of, without_adapters
from .count import _split_placement
from .junction import Junction, Search
from .placement import JunctionReference
from .reads import Alignment, Fragment, inside

LOG = logging.getLogger(__name__)
SAMPLE = 3000  # fragments looked at in one round of discovery; deeper samples repeat themselves
MAX_ROUNDS = 5
MAX_CONTIGS = 300  # contigs grown per round and direction
MAX_PARTNERS = 12
GOOD_SIDE = 30  # bases of a side beyond which a seed is no better
MIN_PARTNER_MATCH = 14  # bases of the partner a contig must show
MIN_WHOLE_MATCH, MIN_BROKEN_MATCH = 12, 20  # bases of a side that ends at an exon border, and inside an exon
MAX_LOCUS_INSERT = 20  # untemplated bases next to a place outside genes; more would explain anything
LOCUS_WORD = 14  # an exact word that contig and place must share
LOCUS_MARGIN = 400  # bases around a read's alignment in which a breakpoint outside genes is sought
_MISMATCH_COST = 3
_TIE = 4  # partners whose scores differ by no more are told apart by exon ends, not by single bases


def find_junctions(search: Search) -> list[Junction]:
    """All junctions of the gene that at least one contig resolves, not yet counted.

    Deep samples are looked at in rounds: a sample of the fragments, then a sample of those that no junction found so
    far explains, until a round finds nothing new. The sample depends on read names alone, clipped fragments come first.
    """
    rest = sorted(search.fragments.values(), key=lambda f: (not f.is_clipped, crc32(f.name.encode()), f.name))
    found: dict[tuple[object, ...], Junction] = {}
    for _ in range(MAX_ROUNDS):
        new = {j.key: j for j in _junctions_of(search, rest[:SAMPLE]) if j.key not in found}
        found.update(new)
        rest = rest[SAMPLE:]
        if not new or not rest:
            break
        rest = [f for f in rest if not any(_split_placement(j.reference, f) for j in new.values())]
    return list(found.values())


def _junctions_of(search: Search, fragments: list[Fragment]) -> list[Junction]:
    seeds = [s for f in fragments for s in seeds_of(f, search.gene, search.index)]
    junctions: list[Junction] = []
    for into in (True, False):
        mine = sorted(
            without_adapters([s for s in seeds if s.into == into]),
            key=lambda s: (-min(s.foreign_length, s.target_length, GOOD_SIDE), -s.foreign_length, s.sequence, s.name),
        )
        junctions += _resolve_seeds(search, fragments, mine, into)
    return junctions


def _resolve_seeds(search: Search, fragments: list[Fragment], seeds: list[Seed], into: bool) -> list[Junction]:
    if not seeds:
        return []
    pool = ReadPool(fragments, flip=not into)
    found: dict[tuple[object, ...], Junction] = {}
    vain: set[tuple[object, ...]] = set()  # ways out of the target that led to no partner
    tried = 0
    for seed in seeds:
        way = (seed.target_border, seed.next_bases)
        if way in vain or any(_explains(j.reference, seed) for j in found.values()):
            continue
        if not _is_promising(search, pool, seed):
            vain.add(way)
            continue
        tried += 1
        if tried > MAX_CONTIGS:
            LOG.warning("%s: more than %d contigs in a round; the rest is left", search.gene.gene, MAX_CONTIGS)
            break
        contig = grow(seed, pool)
        names = pool.sharing(_foreign_part(contig, seed)) | {seed.name}
        junction = _resolve(search, contig, _foreign_part(contig, seed), names, into)
        if junction is None:
            vain.add(way)
        else:
            found.setdefault(junction.key, junction)
    return list(found.values())


def _is_promising(search: Search, pool: ReadPool, seed: Seed) -> bool:
    """Does a second fragment leave the target here (no chimera, no error), and does anything say where to?"""
    if len(pool.sharing(seed.border)) < 2:
        return False
    foreign = _foreign_part(seed.sequence, seed)
    alignments = _partner_alignments(search, pool.sharing(foreign))
    return next(alignments, None) is not None or bool(_border_partners(search, foreign, seed.into))


def _explains(reference: JunctionReference, seed: Seed) -> bool:
    """Does a known junction already account for a seed read, base by base?"""
    placement = reference.place_bases(seed.sequence, gaps=False)
    if placement is None:
        return False
    return placement.column < reference.breakpoint < placement.end


def _foreign_part(contig: str, seed: Seed) -> str:
    """The bases of a contig beyond the target, and a few of the target so that short parts still hold a word."""
    foreign = len(contig) - seed.target_length
    return contig[: foreign + 8] if seed.into else contig[max(0, seed.target_length - 8) :]


def _resolve(search: Search, contig: str, foreign: str, names: set[str], into: bool) -> Junction | None:
    """Best partner of a contig, None where no gene or locus explains the foreign part.

    Candidates are the genes that the fragments' other alignments touch; where none fits, genes with an exon border in
    the foreign part, then places outside genes.
    """
    ranked = _ranked(search, contig, _partners(search, names), into)
    if not ranked:
        ranked = _ranked(search, contig, _border_partners(search, foreign, into), into)
    if not ranked:
        locus = _locus(search, contig, names, into)
        if locus is None:
            return None
        ranked.append((_partner_match(locus, into), locus))
    ranked = [(score, s) for score, s in ranked if _is_anchored(s, contig, into)]
    if not ranked:
        return None
    best_score = max(score for score, _ in ranked)
    near = sorted((_preference(s, into), n, s) for n, (score, s) in enumerate(ranked) if score >= best_score - _TIE)
    best = near[0][2]
    rivals = tuple(
        sorted(
            {
                _partner(s, into).gene
                for preference, _, s in near[1:]
                if preference[:2] == near[0][0][:2] and not _same_place(_partner(s, into), _partner(best, into))
            }
        )
    )
    return Junction(best, contig, JunctionReference(best, contig, search.genome, into), into, also_fits=rivals)


def _is_anchored(structure: Structure, contig: str, into: bool) -> bool:
    """Does each side show enough bases, and varied ones, not to be a chance match? A side that ends inside an exon must
    show more."""
    left = contig[: structure.left_end + structure.five_retained][::-1]
    right = contig[structure.right_start - structure.three_retained :]
    if not (is_informative(left) and is_informative(right)):
        return False
    five = structure.five_matched >= (MIN_BROKEN_MATCH if structure.five_deleted else MIN_WHOLE_MATCH)
    three = structure.three_matched >= (MIN_BROKEN_MATCH if structure.three_deleted else MIN_WHOLE_MATCH)
    loose = len(structure.untemplated) > MAX_LOCUS_INSERT and not _partner(structure, into).gene
    return five and three and not loose


def _ranked(search: Search, contig: str, partners: list[Transcript], into: bool) -> list[tuple[int, Structure]]:
    """Structures of a contig with each partner that shows enough bases, with their scores."""
    ranked = []
    for partner in partners:
        five, three = (partner, search.gene) if into else (search.gene, partner)
        structure = resolve(contig, five, three, search.genome)
        if structure and _partner_match(structure, into) >= MIN_PARTNER_MATCH:
            ranked.append((_partner_match(structure, into) - _MISMATCH_COST * structure.mismatches, structure))
    return ranked


def _border_partners(search: Search, foreign: str, into: bool) -> list[Transcript]:
    borders = search.exon_ends if into else search.exon_starts
    found = [t for t in borders.transcripts(foreign) if t.gene_id != search.gene.gene_id]
    return found if len(found) <= MAX_PARTNERS else []


def _same_place(a: Transcript, b: Transcript) -> bool:
    """Overlapping genes, such as annotated read-through genes, share exons and are no second place."""
    return a.contig == b.contig and a.start <= b.end and b.start <= a.end


def _partner(structure: Structure, into: bool) -> Transcript:
    return structure.five if into else structure.three


def _partner_match(structure: Structure, into: bool) -> int:
    return structure.five_matched if into else structure.three_matched


def _preference(structure: Structure, into: bool) -> tuple[bool, bool, int, str]:
    """Sort key among equally good partners: a complete exon end first, then coding genes, fewer mismatches, id."""
    partner = _partner(structure, into)
    deleted = structure.five_deleted if into else structure.three_deleted
    return deleted > 0 or len(partner.exons) == 1, partner.cds is None, structure.mismatches, partner.gene_id


def _partner_alignments(search: Search, names: Iterable[str]) -> Iterator[Alignment]:
    return (
        a
        for name in sorted(names)
        for r in search.fragments[name].reads
        for a in r.alignments
        if not inside(a, search.gene) or a.start < search.gene.start or a.end > search.gene.end
    )


def _partners(search: Search, names: set[str]) -> list[Transcript]:
    """Genes that the fragments' other alignments touch, most often touched first."""
    votes: Counter[Transcript] = Counter()
    for alignment in _partner_alignments(search, names):
        touched = {
            t
            for start, end in alignment.blocks
            for t in search.annotation.overlapping(alignment.contig, start, end)
            if t.gene_id != search.gene.gene_id
        }
        votes.update(touched)
    ordered = sorted(votes.items(), key=lambda item: (-item[1], item[0].cds is None, item[0].gene_id))
    return [t for t, _ in ordered[:MAX_PARTNERS]]


def _locus(search: Search, contig: str, names: set[str], into: bool) -> Structure | None:
    """Structure with a partner outside every gene, placed where the fragments' other alignments lie."""
    primary = [a for a in _partner_alignments(search, names) if a.primary and not inside(a, search.gene)]
    anchors = {
        Anchor(a.contig, max(1, a.start - LOCUS_MARGIN), a.end + LOCUS_MARGIN, strand): None
        for a in sorted(primary, key=lambda a: (-a.mapping_quality, a.contig, a.start, a.end))[:MAX_PARTNERS]
        for strand in "+-"
    }
    for anchor in anchors:
        region = search.genome.fetch_stranded(anchor.contig, anchor.start, anchor.end, anchor.strand)
        if not any(contig[i : i + LOCUS_WORD] in region for i in range(0, len(contig) - LOCUS_WORD + 1, LOCUS_WORD)):
            continue
        five, three = (anchor, search.gene) if into else (search.gene, anchor)
        structure = resolve_locus(contig, five, three, search.genome)
        if structure is None or _partner_match(structure, into) < MIN_PARTNER_MATCH:
            continue
        if not _is_exon_border(_partner(structure, into), into, search.annotation):
            return structure
    return None


def _is_exon_border(locus: Transcript, at_end: bool, annotation: Annotation) -> bool:
    """Does a nameless place end where an annotated exon does?

    It is then spliced RNA of that gene turned round, joined to the target when the cDNA was made: splice sites do not
    work backwards.
    """
    position = locus.last_base(1) if at_end else locus.first_base(1)
    genes = annotation.overlapping(locus.contig, position, position)
    return any(position in exon for gene in genes for exon in gene.exons)
