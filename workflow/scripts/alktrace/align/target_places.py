"""Where reads of the targets may lie in an alignment of the whole genome: the genes and what is like them."""

from __future__ import annotations

from pathlib import Path

from ..genome.fasta import Genome
from ..genome.transcripts import Annotation
from ..genome.twobit import TwoBit
from ..knowledge.panel import read_panel
from ..runtime.files import write_text
from .search import locate

PIECE = 100  # bases of an exon that are looked for in the genome at a time
STEP = 50
BESIDE = 1_000  # bases kept beside each place


def write_target_places(genome: Path, annotation: Path, panel: Path, out: Path, threads: int) -> None:
    """Write BED3 of the stretches of the genome in which an aligner may have put reads of the panel's genes.

    These are the genes (controls too) and every place that a piece of their exons fits about as well: paralogues and
    pseudogenes. `genome` is the two-bit genome.
    """
    models, bases = Annotation.load(annotation), Genome(genome)
    genes = [models[row.gene] for row in read_panel(panel) if models.get(row.gene)]
    stretches = [(gene.contig, gene.start - BESIDE, gene.end + BESIDE) for gene in genes]
    pieces = []
    for gene in genes:
        for start, end in gene.exons:
            exon = bases.fetch(gene.contig, start - PIECE // 4, end + PIECE // 4)
            pieces += [exon[at : at + PIECE] for at in range(0, max(len(exon) - STEP, 1), STEP)]
    known = [piece for piece in dict.fromkeys(pieces) if set(piece) <= set("ACGT")]
    for places in locate(TwoBit(genome), known, threads):
        stretches += [(place.contig, place.start - BESIDE, place.end + BESIDE) for place in places]
    lines = (f"{contig}\t{start}\t{end}\n" for contig, start, end in _joined(stretches, bases.lengths))
    write_text(out, "".join(lines))


def _joined(stretches: list[tuple[str, int, int]], lengths: dict[str, int]) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for contig, start, end in sorted(stretches):
        start, end = max(start, 0), min(end, lengths[contig])
        if found and found[-1][0] == contig and start <= found[-1][2]:
            found[-1] = contig, found[-1][1], max(end, found[-1][2])
        else:
            found.append((contig, start, end))
    return found
