"""Compile what a sample needs before the first sample does: samples need not wait, nor all compile the same at once.

Compiled code is kept for the machine (`jit`); where it is there already this costs a second. The screen compiles its
functions for the arguments they are called with, so a few made-up reads are screened.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pysam

from .align.words import load_search_kernels
from .genome.fasta import Genome
from .genome.transcripts import Annotation
from .model.records import FusionResult, Imbalance
from .model.vocabulary import State
from .mutations.stage import screen_sample
from .recruit.stage import load_recruiting_kernels
from .settings import ScreenSettings

_LENGTH, _INSERTION, _COPIES = 80, "ACG", 10


def precompile(genome: Path, annotation: Path, panel: Path, knowledge: Path) -> None:
    """Compile recruiter, search and mutation screen; the files are those of `screen.screen_sample`."""
    load_recruiting_kernels()
    load_search_kernels()
    nothing = FusionResult([], [], Imbalance(None, None, None, None, State.NOT_ASSESSABLE), [], None, [])
    with TemporaryDirectory() as folder:
        bam = Path(folder) / "reads.bam"
        _write_reads(bam, Genome(genome), Annotation.load(annotation))
        screen_sample(bam, genome, annotation, panel, knowledge, nothing, ScreenSettings(), None, "wts", None)


def _write_reads(path: Path, genome: Genome, models: Annotation) -> None:
    """Reads of every exon of ALK that is long enough, each beginning elsewhere, some with the same insertion."""
    alk, middle = models["ALK"], _LENGTH // 2
    header = pysam.AlignmentHeader.from_references(list(genome.lengths), list(genome.lengths.values()))
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for first, last in sorted(alk.exons):
            if last - first < _LENGTH + _COPIES:
                continue
            for number in range(_COPIES):
                bases = genome.fetch(alk.contig, first + number, first + number + _LENGTH - 1)
                at = middle - number
                changed = bases[:at] + _INSERTION + bases[at:], f"{at}M{len(_INSERTION)}I{_LENGTH - at}M"
                for sequence, cigar in ((bases, f"{_LENGTH}M"), changed):
                    read = pysam.AlignedSegment(header)
                    read.query_name = f"{first}-{number}-{cigar}"
                    read.reference_id, read.reference_start = header.get_tid(alk.contig), first + number - 1
                    read.cigarstring, read.mapping_quality = cigar, 60
                    read.query_sequence = sequence
                    read.query_qualities = pysam.qualitystring_to_array("I" * len(sequence))
                    out.write(read)
    pysam.index(str(path))
