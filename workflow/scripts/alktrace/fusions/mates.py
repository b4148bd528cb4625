"""Which genes the mates of a target's fragments lie in, and which of them no junction links yet."""

from __future__ import annotations

from collections.abc import Iterable

from ..genome.fragments import Fragment, Read
from ..genome.transcripts import Transcript
from ..model.molecules import molecules
from ..settings import FusionSettings
from ..structure.junction import Structure
from .count import SPAN_WINDOW, count_spanning, facing_mates
from .junction import Junction, Search
from .placement import JunctionReference
from .reads import SPARE, inside, unexplained
from .word_index import TargetIndex


def uncrossed(
    search: Search, fragments: list[Fragment], junctions: list[Junction], settings: FusionSettings
) -> list[Junction]:
    """Gene pairs linked by mates alone, where no read crosses the junction: exons from the mates nearest to it.

    A fragment that links the gene to several others (a pseudogene, overlapping genes) counts for the one with most
    links.
    """
    known = {(j.partner.gene_id, j.into) for j in junctions}
    links: dict[tuple[str, bool], dict[str, tuple[Fragment, int, int]]] = {}
    partners: dict[str, Transcript] = {}
    for fragment in fragments:
        if _one_gene_explains(fragment, search.gene, search.index):
            continue  # its other places are a paralogue's
        for partner in _touched(fragment, search):
            if _one_gene_explains(fragment, partner, search.words_of(partner)):
                continue  # a fragment of the paralogue, one mate of which lies on the gene as well
            partners[partner.gene_id] = partner
            for into in (True, False):
                five, three = (partner, search.gene) if into else (search.gene, partner)
                span = facing_mates(fragment, five, three, search)
                if span and (partner.gene_id, into) not in known:
                    links.setdefault((partner.gene_id, into), {})[fragment.name] = (fragment, *span)
    found, used = [], set[str]()
    for gene_id, into in sorted(links, key=lambda k: (-len(links[k]), partners[k[0]].cds is None, k)):
        mine = [link for name, link in links[gene_id, into].items() if name not in used]
        junction = _linked(search, partners[gene_id], into, mine, settings) if mine else None
        if junction is not None:
            used |= links[gene_id, into].keys()
            count_spanning([junction], [f for f, _, _ in mine], search)
            found.append(junction)
    return found


def _one_gene_explains(fragment: Fragment, gene: Transcript, index: TargetIndex) -> bool:
    """Does one gene explain each mate of a fragment about as well as the mate's own alignment does?"""
    return all(_explains(read, gene, index) for read in fragment.reads)


def _explains(read: Read, gene: Transcript, index: TargetIndex) -> bool:
    if any(inside(a, gene) for a in read.alignments):
        best = min(map(unexplained, read.alignments))
        if any(inside(a, gene) and unexplained(a) <= best + SPARE for a in read.alignments):
            return True
    if read.primary is None:
        return False
    wrong = min((index.differences(read.sense(turned)) for turned in (False, True)), default=len(read.sequence))
    return wrong <= unexplained(read.primary) + SPARE


def linked_genes(search: Search, fragments: Iterable[Fragment], into: bool) -> dict[str, tuple[Transcript, set[str]]]:
    """Genes that mates of the gene's fragments lie in, facing it: gene id -> (transcript, names of the fragments)."""
    links: dict[str, tuple[Transcript, set[str]]] = {}
    for fragment in fragments:
        if len(fragment.reads) != 2 or _one_gene_explains(fragment, search.gene, search.index):
            continue
        for partner in _touched(fragment, search):
            five, three = (partner, search.gene) if into else (search.gene, partner)
            if facing_mates(fragment, five, three, search):
                links.setdefault(partner.gene_id, (partner, set()))[1].add(fragment.name)
    return links


def _touched(fragment: Fragment, search: Search) -> list[Transcript]:
    """Other genes that the fragment's alignments, secondary ones included, touch."""
    touched = {
        t.gene_id: t
        for r in fragment.reads
        for a in r.alignments
        for start, end in a.blocks
        for t in search.annotation.overlapping(a.contig, start, end)
        if t.gene_id != search.gene.gene_id
    }
    return [touched[k] for k in sorted(touched)]


def _linked(
    search: Search, partner: Transcript, into: bool, found: list[tuple[Fragment, int, int]], settings: FusionSettings
) -> Junction | None:
    """A junction placed at the exon borders next to the linking mates, if enough of them agree on one place."""
    five, three = (partner, search.gene) if into else (search.gene, partner)
    five_at, three_at = max(f for _, f, _ in found), min(t for _, _, t in found)
    near = [x for x in found if five_at - x[1] + x[2] - three_at <= SPAN_WINDOW]
    apart = set(molecules({f.name: f.ends() for f, _, _ in near}, search.rule).values())
    if len(apart) < settings.min_support or len(near) * 2 < len(found):
        return None
    five_exon = five.exon_at(five.to_genome(five_at)) or 1
    three_exon = three.exon_at(three.to_genome(three_at)) or 1
    structure = Structure(
        five=five, three=three, five_exon=five_exon, three_exon=three_exon, five_deleted=0, three_deleted=0,
        inserted="", five_retained=0, three_retained=0, untemplated="", microhomology=0, left_end=0, right_start=0,
        five_matched=0, three_matched=0, mismatches=0,
    )  # fmt: skip
    reference = JunctionReference(structure, "", search.genome, into)
    return Junction(structure, "", reference, into, complete=False)
