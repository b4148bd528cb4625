"""The alignment stage: recruited reads in, the evidence BAM in genome coordinates out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from ..genome.transcripts import Annotation
from ..genome.twobit import TwoBit
from ..knowledge.panel import read_panel
from ..runtime.scratch import scratch_folder
from . import minimap2
from .kernels.layout import FRAGMENTS
from .loci import grown, loci, target_loci
from .minimap2 import Common
from .search import search
from .small_reference import SmallReference
from .star import align_star, star_version
from .words import ReadWords, TargetWords, load_search_kernels, read_fragments

log = logging.getLogger(__name__)


def align_reads(
    fastq: Path,
    reference: Mapping[str, Path],
    bam: Path,
    *,
    way: str,
    paired: bool,
    sample: str,
    threads: int,
    assay: str = "rna",
) -> str:
    """Align recruited reads and write `bam` with `bam`.bai, sorted, with the genome's header; returns the aligner's
    name.

    `way` "search": the genome is searched for the places the reads could belong to, and these are aligned to, in one
    run of minimap2; `reference` holds genome (.2bit), annotation (reference transcripts), panel and junctions (BED12 of
    all annotated introns). "whole" and "split": minimap2 with an index of the whole genome, in one or in parts;
    `reference` holds index and junctions. "star": STAR with its index. `fastq` as for `minimap2.align_unsorted`.
    Temporary files live beside it.
    Raises InputError when a file is damaged or the aligner fails.
    """
    with scratch_folder(fastq, "align") as folder:
        sam = folder / "reads.sam"
        common = Common(paired, sample, threads, assay)
        if way == "search":
            _search_and_align(fastq, reference, sam, common)
        elif way == "star":
            align_star(fastq, reference["index"], sam, common)
        else:
            minimap2.align_unsorted(
                fastq, reference["index"], reference["junctions"], sam, common, split=way == "split"
            )
        minimap2.write_sorted(sam, bam, threads)
    return star_version() if way == "star" else minimap2.aligner_version()


def _search_and_align(fastq: Path, reference: Mapping[str, Path], sam: Path, common: Common) -> None:
    bases, introns, aligned = (sam.with_name(name) for name in ("loci.fa", "introns.bed", "loci.sam"))
    genome, models = TwoBit(reference["genome"]), Annotation.load(reference["annotation"])
    small = find_loci(fastq, genome, models, reference["panel"], paired=common.paired, threads=common.threads)
    small.write_fasta(genome, bases)
    small.write_junctions(reference["junctions"], introns)
    minimap2.align_unsorted(fastq, bases, introns, aligned, common)
    small.lift(aligned, sam)


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
    log.info("%d reads of %d fragments searched", words.count, int(words.state[FRAGMENTS]))
    log.info("set aside as repeated: %d words, %d placements", placements.repeated_words, placements.left_out)
    log.info("%d loci, %d sequences to align to", len(found), len(small.sequences))
    return small
