"""From seeds to exact junctions: grow contigs, find the partner gene, resolve the structure, count the fragments."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import pysam

from ..annotation import Annotation, Genome, Transcript
from ..structure import Anchor, Structure, resolve, resolve_locus
from .assemble import ReadPool, Seed, grow, seeds_of, without_adapters
from .bases import is_informative
from .exon_borders import ExonBorders
from .genotype import BEYOND, MIN_ANCHOR, Counted, JunctionReference, Placement, explained_elsewhere
from .reads import Alignment, Fragment, Read, inside
from .target_index import TargetIndex

LOG = logging.getLogger(__name__)

SAMPLE = 3000  # fragments looked at in one round of discovery; deeper samples repeat themselves
MAX_ROUNDS = 5
MAX_CONTIGS = 300  # contigs grown per round and direction
SPAN_WINDOW = 600  # transcript bases between mates on either side of a junction
MAX_PARTNERS = 12
GOOD_SIDE = 30  # bases of a side beyond which a seed is no better
MIN_PARTNER_MATCH = 14  # bases of the partner a contig must show
MIN_LONE_MATCH = 20  # bases of the target in a mate that no aligner placed
MIN_WHOLE_MATCH, MIN_BROKEN_MATCH = 12, 20  # bases of a side that ends at an exon border, and inside an exon
MAX_LOCUS_INSERT = 20  # untemplated bases next to a place outside genes; more would explain anything
LOCUS_WORD = 14  # an exact word that contig and place must share
LOCUS_MARGIN = 400  # bases around a read's alignment in which a breakpoint outside genes is sought
_MISMATCH_COST = 3
_TIE = 4  # partners whose scores differ by no more are told apart by exon ends, not by single bases


@dataclass
class Junction:
    """One resolved junction of a target gene and its support. `into`: the target is the 3' part."""

    structure: Structure
    contig: str
    reference: JunctionReference
    into: bool
    counted: Counted = field(default_factory=lambda: Counted({}, {}, {}))
    also_fits: tuple[str, ...] = ()  # other genes that explain the partner side equally well
    complete: bool = True

    @property
    def partner(self) -> Transcript:
        return self.structure.five if self.into else self.structure.three

    @property
    def key(self) -> tuple[object, ...]:
        s = self.structure
        return (
            s.five.gene_id, s.five_exon, s.five_deleted, s.inserted, s.three_deleted, s.three_exon, s.three.gene_id,
        )  # fmt: skip


@dataclass
class Search:
    """What discovery needs to know of one target gene."""

    gene: Transcript
    index: TargetIndex
    annotation: Annotation
    genome: Genome
    fragments: dict[str, Fragment]
    exon_ends: ExonBorders  # for partners on the 5' side
    exon_starts: ExonBorders  # for partners on the 3' side


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


# ---------------------------------------------------------------- counting


def count_split(junctions: list[Junction], fragments: dict[str, Fragment]) -> None:
    """Give every fragment to the junction it fits best and fill `counted.split`.

    A fragment that fits two junctions equally well goes to the one with more fragments of its own.
    """
    fits: dict[str, list[tuple[int, int, Placement]]] = {}
    for name, fragment in fragments.items():
        for number, junction in enumerate(junctions):
            placement = _split_placement(junction.reference, fragment)
            if placement is not None:
                fits.setdefault(name, []).append((placement.differences + placement.gapped, number, placement))
    own: Counter[int] = Counter()
    for found in fits.values():
        best = min(f[0] for f in found)
        numbers = [f[1] for f in found if f[0] == best]
        if len(numbers) == 1:
            own[numbers[0]] += 1
    for name in sorted(fits):
        best = min(f[0] for f in fits[name])
        number, placement = min(
            ((n, p) for d, n, p in fits[name] if d == best), key=lambda item: (-own[item[0]], item[0])
        )
        counted = junctions[number].counted
        counted.placements[name] = placement
        counted.split.setdefault(_molecule(fragments[name], junctions[number].reference), name)


def _split_placement(reference: JunctionReference, fragment: Fragment) -> Placement | None:
    best: Placement | None = None
    for read in fragment.reads:
        placement = reference.place(read)
        if placement is None or not reference.is_split(placement):
            continue
        if explained_elsewhere(read, placement, reference.structure):
            continue
        if best is None or placement.differences < best.differences:
            best = placement
    return best


def _molecule(fragment: Fragment, reference: JunctionReference) -> tuple[object, ...]:
    """Key of the original molecule: UMI, else both ends, on the junction's own sequence where a mate lies on it."""
    if fragment.umi is not None:
        return ("umi", fragment.umi)
    ends: list[tuple[object, ...]] = []
    for read in fragment.reads:
        placement = reference.place(read)
        if placement is not None:
            ends.append(("junction", placement.end if placement.reverse else placement.column, placement.reverse))
        elif read.primary is not None:
            ends.append(("genome", *read.primary.five_prime))
        else:
            ends.append(("unplaced", 0, False))
    if len(ends) == 1:
        ends.append(("length", len(fragment.reads[0].sequence), False))
    return ("ends", *sorted(ends, key=repr))


def count_spanning(junctions: list[Junction], fragments: Iterable[Fragment], search: Search) -> set[str]:
    """Fill `counted.spanning`: mates on either side of a junction, neither across it. Returns the fragments' names.

    Where a gene pair has several junctions, spanning fragments cannot tell them apart and go to the best supported one.
    """
    best: dict[tuple[str, bool], Junction] = {}
    for junction in sorted(junctions, key=lambda j: (-len(j.counted.split), repr(j.key))):
        best.setdefault((junction.partner.gene_id, junction.into), junction)
    names = set()
    for fragment in fragments:
        for junction in best.values():
            if len(fragment.reads) == 2 and _spans(junction, fragment, search):
                junction.counted.spanning.setdefault(fragment.end_key(), fragment.name)
                names.add(fragment.name)
                break
    return names


def _spans(junction: Junction, fragment: Fragment, search: Search) -> bool:
    if junction.complete and junction.reference.spanned_by(fragment.reads):
        return True
    s = junction.structure
    span = facing_mates(fragment, s.five, s.three, search)
    if span is None:
        return False
    five_limit = s.five.exon_end(s.five_exon) - s.five_deleted
    three_limit = s.three.exon_start(s.three_exon) + s.three_deleted
    near = five_limit - span[0] + span[1] - three_limit <= SPAN_WINDOW
    return near and span[0] <= five_limit + BEYOND and span[1] >= three_limit - BEYOND


def facing_mates(fragment: Fragment, five: Transcript, three: Transcript, search: Search) -> tuple[int, int] | None:
    """Last transcript position of the mate on `five` and first of the mate on `three`, if they face each other."""
    if len(fragment.reads) != 2:
        return None
    for a, b in (fragment.reads, fragment.reads[::-1]):
        left, right = _sense_span(a, five, True, search), _sense_span(b, three, False, search)
        if left and right:
            return left[1], right[0]
    return None


def _sense_span(read: Read, gene: Transcript, forward: bool, search: Search) -> tuple[int, int] | None:
    """First and last transcript position of a read on the gene's exons, if it runs in the given sense.

    A read with several equally good places counts for each; one that no aligner placed is placed by its longest
    exact-word match with the target.
    """
    if read.primary is None:
        return _matched_span(read, gene, forward, search)
    for alignment in read.alignments:
        if inside(alignment, gene) and (alignment.reverse == gene.forward) != forward:
            positions = [p for block in alignment.blocks for x in block if (p := gene.to_transcript(x)) is not None]
            if positions:
                return min(positions), max(positions)
    return None


def _matched_span(read: Read, gene: Transcript, forward: bool, search: Search) -> tuple[int, int] | None:
    match = search.index.find(read.sense(not forward)) if gene.gene_id == search.gene.gene_id else None
    return search.index.transcript_span(match) if match and match.length >= MIN_LONE_MATCH else None


def confirm_complete(junction: Junction, bam: Path) -> None:
    """Mark a junction incomplete unless reads join an insert that was filled from the reference to its exon.

    The contig then ends in an intron; the insert is known only if reads run from that intron into the exon.
    """
    s = junction.structure
    if not s.reference_filled:
        return
    gene, exon = (s.three, s.three_exon) if junction.into else (s.five, s.five_exon)
    border = gene.first_base(exon) if junction.into else gene.last_base(exon)
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        junction.complete = any(
            start + 1 <= border - MIN_ANCHOR and end >= border + MIN_ANCHOR
            for record in handle.fetch(gene.contig, border - 1, border)
            for start, end in record.get_blocks()
        )


def names_near(bam: Path, junctions: list[Junction], window: int = 15) -> set[str]:
    """Fragments with an imperfect alignment within `window` bases of a breakpoint that fit a junction better."""
    names: set[str] = set()
    with pysam.AlignmentFile(str(bam), "rb") as handle:
        for junction in junctions:
            for contig, position in _positions(junction):
                for record in handle.fetch(contig, max(0, position - 1 - window), position + window):
                    name = str(record.query_name)
                    if name not in names and _is_imperfect(record) and _fits(record, junction.reference):
                        names.add(name)
    return names


def _is_imperfect(record: pysam.AlignedSegment) -> bool:
    """Does the alignment differ from the reference, so that a junction may explain the read better?"""
    operations = record.cigartuples or []
    return any(op in (1, 2, 4) for op, _ in operations) or not record.has_tag("NM") or bool(record.get_tag("NM"))


def _fits(record: pysam.AlignedSegment, reference: JunctionReference) -> bool:
    placement = reference.place(Read("", 1, record.query_sequence or ""))
    return placement is not None and reference.is_split(placement)


def _positions(junction: Junction) -> list[tuple[str, int]]:
    s = junction.structure
    five = s.five.to_genome(s.five.exon_end(s.five_exon) - s.five_deleted)
    three = s.three.to_genome(s.three.exon_start(s.three_exon) + s.three_deleted)
    return [(s.five.contig, five), (s.three.contig, three)]
