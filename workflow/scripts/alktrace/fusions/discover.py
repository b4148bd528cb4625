"""From seeds to exact junctions: grow contigs, find the partner gene, resolve the structure, count the fragments."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from ..genome.fragments import Alignment, Fragment
from ..genome.sequence import is_informative
from ..genome.transcripts import Annotation, Transcript
from ..structure.junction import Anchor, Structure
from ..structure.resolve import resolve, resolve_locus
from .contigs import ReadPool, Seed, grow, seeds_of, without_adapters
from .count import split_placement
from .junction import Junction, Search, Unplaced
from .mates import linked_genes
from .placement import JunctionReference
from .reads import inside, is_clipped
from .second_look import is_filled

LOG = logging.getLogger(__name__)
SAMPLE = 3000  # fragments looked at in one round of discovery; deeper samples repeat themselves
MAX_ROUNDS = 5
MAX_CONTIGS = 300  # contigs grown per round and direction
MAX_PARTNERS = 12
MAX_TRIES = 3  # contigs grown from one way out of the target before it is given up
MIN_LINKS = 2  # fragments with a mate in a gene that make it a candidate
MAX_ALTERNATIVES = 40  # exons of other transcripts looked at for one partner
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
    far explains, until a round finds nothing new. The sample depends on the bases alone, clipped fragments come first.
    """
    rest = sorted(search.fragments.values(), key=_draw)
    found: dict[tuple[object, ...], Junction] = {}
    for _ in range(MAX_ROUNDS):
        new = {j.key: j for j in _junctions_of(search, rest[:SAMPLE]) if j.key not in found}
        found.update(new)
        rest = rest[SAMPLE:]
        if not new or not rest:
            break
        rest = [f for f in rest if not any(split_placement(j.reference, f) for j in new.values())]
    return list(found.values())


def _draw(fragment: Fragment) -> tuple[bool, int, str, str]:
    bases = "".join(read.sequence for read in fragment.reads)
    return not is_clipped(fragment), crc32(bases.encode()), bases, fragment.name


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
    links = linked_genes(search, fragments, into)
    found: dict[tuple[object, ...], Junction] = {}
    vain: Counter[tuple[object, ...]] = Counter()  # ways out of the target that led to no partner
    failed: dict[tuple[object, ...], Unplaced] = {}
    tried = 0
    for seed in seeds:
        way = (seed.target_border, seed.next_bases)
        if vain[way] >= MAX_TRIES or any(_explains(j.reference, seed) for j in found.values()):
            continue
        leaving = pool.leaving(seed)
        if len(leaving) < 2 and not _is_linked(search, seed, links):
            vain[way] += 1
            continue
        tried += 1
        if tried > MAX_CONTIGS:
            LOG.warning("%s: more than %d contigs in a round; the rest is left", search.gene.gene, MAX_CONTIGS)
            break
        contig = grow(seed, pool)
        foreign = _foreign_part(contig, seed.target_length, into)
        junction = _resolve(search, contig, foreign, pool.sharing(foreign) | {seed.name}, links, into)
        if junction is None:
            vain[way] += 1
            failed.setdefault(way, Unplaced(contig, seed.target_length, into, frozenset(leaving)))
        else:
            found.setdefault(junction.key, junction)
    search.unplaced += failed.values()
    return list(found.values())


def place(
    search: Search, unplaced: Unplaced, genes: list[Transcript], anchors: Sequence[Anchor] = ()
) -> Junction | None:
    """A junction of a contig that its own reads did not place, with one of the `genes` that share words with it, or
    else at one of the `anchors`, places of the genome that it fits."""
    foreign = _foreign_part(unplaced.contig, unplaced.target_length, unplaced.into)
    junction = _resolve(search, unplaced.contig, foreign, set(unplaced.names), {}, unplaced.into, genes, anchors)
    if junction is not None and not junction.partner.gene:
        where = junction.partner.contig, junction.partner.start
        junction.also_fits += tuple(f"{a.contig}:{a.start}" for a in anchors if not _holds(a, *where))
    return junction


def _holds(anchor: Anchor, contig: str, position: int) -> bool:
    return anchor.contig == contig and anchor.start <= position <= anchor.end


def _is_linked(search: Search, seed: Seed, links: Mapping[str, tuple[Transcript, set[str]]]) -> bool:
    """Do mates of other fragments lie in a gene that this one read may lead to?"""
    foreign = _foreign_part(seed.sequence, seed.target_length, seed.into)
    touched = {t.gene_id for t in _partners(search, {seed.name})}
    touched |= {t.gene_id for t in _border_partners(search, foreign, seed.into)}
    return any(len(links[gene][1] - {seed.name}) >= MIN_LINKS for gene in touched & links.keys())


def _explains(reference: JunctionReference, seed: Seed) -> bool:
    """Does a known junction already account for a seed read, base by base?"""
    placement = reference.place_bases(seed.sequence, gaps=False)
    if placement is None:
        return False
    return placement.column < reference.breakpoint < placement.end


def _foreign_part(contig: str, target_length: int, into: bool) -> str:
    """The bases of a contig beyond the target, and a few of the target: the first foreign ones may fit it by chance."""
    foreign = len(contig) - target_length
    return contig[: foreign + 8] if into else contig[max(0, target_length - 8) :]


def _resolve(
    search: Search,
    contig: str,
    foreign: str,
    names: set[str],
    links: Mapping[str, tuple[Transcript, set[str]]],
    into: bool,
    offered: Sequence[Transcript] = (),
    anchors: Sequence[Anchor] = (),
) -> Junction | None:
    """Best partner of a contig, None where no gene or locus explains the foreign part.

    Candidates are the gene itself and the genes that the fragments' other alignments touch; where none fits, genes with
    an exon border in the foreign part, genes of mates, and those `offered`; then places outside genes, `anchors` last.
    """
    ranked = _ranked(search, contig, foreign, [search.gene, *_partners(search, names)], into)
    if all(s.five.gene_id == s.three.gene_id for _, s in ranked):
        more = {t.gene_id: t for t in (*_border_partners(search, foreign, into), *_of_mates(links), *offered)}
        ranked += _ranked(search, contig, foreign, [more[k] for k in sorted(more)], into)
    best = _best(ranked, into)
    if best is None or (_is_unreached(best[0], into) and not _is_joined(search, best[0], links, into)):
        locus = _locus(search, contig, [*_aligned_places(search, names), *anchors], into)
        if locus is None or not _is_anchored(locus, contig, into):
            return None
        best = locus, ()
    structure, rivals = best
    reference = JunctionReference(structure, contig, search.genome, into)
    return Junction(structure, contig, reference, into, also_fits=rivals)


def _best(ranked: list[tuple[int, Structure]], into: bool) -> tuple[Structure, tuple[str, ...]] | None:
    """The structure that explains most bases, and the genes that explain them equally well."""
    if not ranked:
        return None
    best_score = max(score for score, _ in ranked)
    near = sorted((_preference(s, into), n, s) for n, (score, s) in enumerate(ranked) if score >= best_score - _TIE)
    preference, _, best = near[0]
    if best.five.gene_id == best.three.gene_id:
        return best, ()
    rivals = {
        _partner(s, into).gene
        for other, _, s in near[1:]
        if other[:4] == preference[:4] and not _same_place(_partner(s, into), _partner(best, into))
    }
    return best, tuple(sorted(rivals))


def _of_mates(links: Mapping[str, tuple[Transcript, set[str]]]) -> list[Transcript]:
    ranked = sorted(links, key=lambda gene: (-len(links[gene][1]), gene))
    return [links[gene][0] for gene in ranked if len(links[gene][1]) >= MIN_LINKS][:MAX_PARTNERS]


def _is_unreached(structure: Structure, into: bool) -> bool:
    """Does the contig end in an intron of the partner, no exon of it seen?"""
    return bool(structure.five_unread if into else structure.three_unread)


def _is_joined(
    search: Search, structure: Structure, links: Mapping[str, tuple[Transcript, set[str]]], into: bool
) -> bool:
    """Do reads join an intron of a gene, in which a contig ends, to the gene's exons?

    Either reads cover every base up to the exon, or mates lie in the exons. Else the intron may hold another gene, or
    an exon that the annotation lacks, and the place is named instead.
    """
    gene = _partner(structure, into)
    return len(links[gene.gene_id][1]) >= MIN_LINKS if gene.gene_id in links else is_filled(structure, search.bam)


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


def _ranked(
    search: Search, contig: str, foreign: str, partners: Sequence[Transcript], into: bool
) -> list[tuple[int, Structure]]:
    """Structures of a contig with each partner that shows enough bases on both sides, with their scores.

    Where the reference transcript leaves something open, the gene's other exons are tried for themselves.
    """
    ranked = []
    for partner in partners:
        found = _structure(search, contig, partner, into)
        if found is None or _is_unreached(found, into) or found.untemplated:
            others = [_structure(search, contig, exon, into) for exon in _other_exons(search, partner, foreign)]
            whole = [s for s in others if s and not s.untemplated and not _deleted(s, into)]
            ranked += [(_score(s, into), s) for s in whole]
        if found is not None:
            ranked.append((_score(found, into), found))
    return [(score, s) for score, s in ranked if _is_anchored(s, contig, into)]


def _structure(search: Search, contig: str, partner: Transcript, into: bool) -> Structure | None:
    five, three = (partner, search.gene) if into else (search.gene, partner)
    structure = resolve(contig, five, three, search.genome)
    if structure is None or _partner_match(structure, into) < MIN_PARTNER_MATCH:
        return None
    return None if _is_unspliced_gene(structure) else structure


def _is_unspliced_gene(structure: Structure) -> bool:
    """Is a "junction" of a gene with itself only one exon and the next, or the intron between?"""
    s = structure
    following = s.three_exon - s.five_exon in (0, 1) and not (s.five_deleted or s.three_deleted)
    return s.five.gene_id == s.three.gene_id and (s.reference_filled or following)


def _score(structure: Structure, into: bool) -> int:
    return _partner_match(structure, into) - _MISMATCH_COST * structure.mismatches


def _deleted(structure: Structure, into: bool) -> int:
    return structure.five_deleted if into else structure.three_deleted


def _other_exons(search: Search, partner: Transcript, foreign: str) -> list[Transcript]:
    """Exons of the partner's other transcripts that share a word with the foreign part, each for itself."""
    words = [foreign[i : i + LOCUS_WORD] for i in range(0, len(foreign) - LOCUS_WORD + 1, 4)]
    found = []
    for start, end in partner.other_exons:
        bases = search.genome.fetch_stranded(partner.contig, start, end, partner.strand)
        if len(bases) >= MIN_PARTNER_MATCH and any(word in bases for word in words):
            found.append(replace(partner, exons=((start, end),), cds=None, stated=False, other_exons=()))
    return found[:MAX_ALTERNATIVES]


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


def _preference(structure: Structure, into: bool) -> tuple[bool, bool, bool, bool, int, str, int]:
    """Sort key among equally good partners: the gene itself, a complete exon end that the contig reaches, stated exons,
    coding genes, fewer mismatches, id."""
    partner = _partner(structure, into)
    broken = _deleted(structure, into) > 0 or (len(partner.exons) == 1 and partner.stated) or structure.reference_filled
    alone = structure.five.gene_id != structure.three.gene_id
    return (
        alone,
        broken,
        not partner.stated,
        partner.cds is None and partner.stated,
        structure.mismatches,
        partner.gene_id,
        partner.start,
    )


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
    votes: Counter[str] = Counter()
    genes: dict[str, Transcript] = {}
    for alignment in _partner_alignments(search, names):
        touched = {
            t.gene_id: t
            for start, end in alignment.blocks
            for t in search.annotation.overlapping(alignment.contig, start, end)
            if t.gene_id != search.gene.gene_id
        }
        votes.update(touched.keys())
        genes.update(touched)
    ordered = sorted(votes, key=lambda g: (-votes[g], genes[g].cds is None, g))
    return [genes[g] for g in ordered[:MAX_PARTNERS]]


def _aligned_places(search: Search, names: set[str]) -> list[Anchor]:
    """Stretches around the other alignments of fragments, best first, in either sense."""
    primary = [a for a in _partner_alignments(search, names) if a.primary and not inside(a, search.gene)]
    anchors = {
        Anchor(a.contig, max(1, a.start - LOCUS_MARGIN), a.end + LOCUS_MARGIN, strand): None
        for a in sorted(primary, key=lambda a: (-a.mapping_quality, a.contig, a.start, a.end))[:MAX_PARTNERS]
        for strand in "+-"
    }
    return list(anchors)


def _locus(search: Search, contig: str, anchors: Sequence[Anchor], into: bool) -> Structure | None:
    """Structure with a partner outside every gene, in the first of the stretches that holds it."""
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
    return any(position in exon for gene in genes for exon in (*gene.exons, *gene.other_exons))
