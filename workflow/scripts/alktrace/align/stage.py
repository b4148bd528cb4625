"""The alignment stage: recruited reads in, the evidence BAM in genome coordinates out."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from ..genome.transcripts import Annotation
from ..genome.twobit import TwoBit
from ..knowledge.panel import read_panel
from . import minimap2
from .kernels.layout import WORDS
from .loci import grown, loci, target_loci
from .search import search
from .small_reference import SmallReference
from .words import ReadWords, TargetWords, load_search_kernels, read_fragments

log = logging.getLogger(__name__)


def align_by_search(
    fastq: Path,
    genome: Path,
    annotation: Path,
    junctions: Path,
    panel: Path,
    bam: Path,
    *,
    paired: bool,
    sample: str,
    threads: int,
) -> None:
    """Search the genome for the places the reads could belong to, and align to these (minimap2, one run).

    `genome` is the .2bit file, `annotation` the stated transcripts, `junctions` BED12 of all annotated introns, `panel` the gene
    panel; the other arguments and the result are those of `minimap2.align`.
    """
    with TemporaryDirectory(dir=fastq.parent, prefix="align-") as folder:
        bases, introns, aligned, lifted = (Path(folder) / name for name in ("loci.fa", "introns.bed", "loci.sam", "reads.sam"))
        packed = TwoBit(genome)
        small = find_loci(fastq, packed, Annotation.load(annotation), panel, paired=paired, threads=threads)
        small.write_fasta(packed, bases)
        small.write_junctions(junctions, introns)
        minimap2.align_unsorted(fastq, bases, introns, aligned, paired=paired, sample=sample, threads=threads)
        small.lift(aligned, lifted)
        minimap2.write_sorted(lifted, bam, threads)


def find_loci(
    fastq: Path, genome: TwoBit, models: Annotation, panel: Path, *, paired: bool, threads: int
) -> SmallReference:
    """The sample's own reference: the targets, and where else the reads could belong, grown to genes."""
    kernels = load_search_kernels()
    targets = target_loci(read_panel(panel), models)
    words = ReadWords(kernels, TargetWords(kernels, genome, targets))
    read_fragments(words, fastq, 2 if paired else 1)
    placements = search(kernels, genome, words, threads)
    found = loci(placements, words, list(genome.contigs))
    small = SmallReference.of(grown(found, targets, models), genome)
    log.info(
        "%d reads searched, %d words; set aside as repeated: %d words, %d placements; %d loci, %d sequences",
        words.count, int(words.state[WORDS]), placements.repeated_words, placements.left_out, len(found), len(small.sequences),
    )  # fmt: skip
    return small
