"""A small reference and reads with known alignments for the tests of the mutation screen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam

from alktrace.align.minimap2 import build_index
from alktrace.align.stage import align_reads
from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.model.records import FusionResult, Imbalance, ScreenResult
from alktrace.model.vocabulary import State
from alktrace.mutations.stage import screen_sample
from alktrace.settings import ScreenSettings
from alktrace.simulate import reads as simulated
from alktrace.simulate import transcripts
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf

ROOT = Path(__file__).resolve().parents[1]
PANEL, KNOWLEDGE = ROOT / "resources" / "panel.tsv", ROOT / "resources" / "knowledge"
IMBALANCE = Imbalance(None, None, None, None, State.NOT_ASSESSABLE)
NO_FUSIONS = FusionResult([], [], IMBALANCE, [], None, [])


def small_transcript(strand: str, lengths: tuple[int, ...] = (50, 64, 61, 80), intron: int = 90) -> Transcript:
    """A coding transcript of short exons; its reading frame starts at its fifth base, and exons split codons."""
    exons, at = [], 201
    for length in lengths:
        exons.append((at, at + length - 1))
        at += length + intron
    ordered = tuple(exons if strand == "+" else reversed(exons))
    coding = (sum(lengths) - 8) // 3 * 3
    return Transcript("GENE", "G1", "protein_coding", "T1.1", "chr1", strand, ordered, (5, 4 + coding))


def write_small_genome(folder: Path, seed: int = 3) -> Genome:
    """One contig of random bases."""
    rng = random.Random(seed)
    path = folder / "small.fa"
    path.write_text(">chr1\n" + "".join(rng.choice("ACGT") for _ in range(2000)) + "\n")
    pysam.faidx(str(path))
    return Genome(path)


@dataclass
class BamWriter:
    """Reads placed base by base on a transcript; written sorted."""

    transcript: Transcript
    path: Path
    reads: list[pysam.AlignedSegment] = field(default_factory=list)

    def header(self) -> pysam.AlignmentHeader:
        return pysam.AlignmentHeader.from_dict(
            {"HD": {"VN": "1.6"}, "SQ": [{"SN": self.transcript.contig, "LN": 2000}]}
        )

    def add(
        self,
        name: str,
        place: int,
        bases: str,
        mate: int = 0,
        quality: int = 37,
        reverse: bool = False,
        mapping_quality: int = 60,
        clip: tuple[str, str] = ("", ""),
    ) -> None:
        """`bases` aligned from 0-based transcript place on, in transcript sense; `clip`: bases soft-clipped before and
        behind, in transcript sense. `mate` 0 is single-end; 1 and 2 are mates."""
        sites = [self.transcript.to_genome(place + i + 1) for i in range(len(bases))]
        sequence, before, behind = bases, *clip
        if not self.transcript.forward:
            sites.reverse()
            sequence = reverse_complement(bases)
            before, behind = reverse_complement(clip[1]), reverse_complement(clip[0])
        cigar: list[tuple[int, int]] = [(4, len(before))] if before else []
        run = 1
        for left, right in zip(sites, sites[1:], strict=False):
            if right == left + 1:
                run += 1
            else:
                cigar += [(0, run), (3, right - left - 1)]
                run = 1
        cigar.append((0, run))
        if behind:
            cigar.append((4, len(behind)))
        read = pysam.AlignedSegment(self.header())
        read.query_name = name
        read.query_sequence = before + sequence + behind
        read.query_qualities = pysam.qualitystring_to_array(chr(33 + quality) * len(read.query_sequence))
        read.reference_id, read.reference_start, read.mapping_quality = 0, sites[0] - 1, mapping_quality
        read.cigartuples = cigar
        read.flag = (16 if reverse else 0) | ({0: 0, 1: 0x1 | 0x40, 2: 0x1 | 0x80}[mate])
        self.reads.append(read)

    def write(self) -> Path:
        with pysam.AlignmentFile(str(self.path), "wb", header=self.header()) as handle:
            for read in sorted(self.reads, key=lambda r: r.reference_start):
                handle.write(read)
        pysam.index(str(self.path))
        return self.path


@dataclass(frozen=True)
class Bench:
    """The synthetic genome on disk, indexed, to align and screen simulated libraries."""

    folder: Path
    genome: SyntheticGenome
    annotation: Annotation

    @classmethod
    def build(cls, folder: Path) -> Bench:
        from alktrace.reference.genome import prepare_annotation

        genome = build_genome()
        write_fasta(genome, folder / "genome.fa")
        write_gtf(genome, folder / "genes.gtf")
        prepare_annotation(
            folder / "genome.fa", folder / "genes.gtf", PANEL, folder / "annotation.tsv", folder / "junctions.bed"
        )
        build_index(folder / "genome.fa", folder / "genome.mmi", 1)
        return cls(folder, genome, Annotation.load(folder / "annotation.tsv"))

    def align(
        self, library: list[tuple[transcripts.Molecule, int]], settings: simulated.ReadSettings, seed: int = 1
    ) -> Path:
        """Simulate `library` and align it."""
        rng = np.random.default_rng(seed)
        fragments = simulated.library_fragments(library, settings, rng)
        fastq, bam = self.folder / "reads.fq", self.folder / "reads.bam"
        with fastq.open("wb") as handle:
            for block in simulated.read_blocks([m for m, _ in library], fragments, settings, rng):
                mates = [np.array(text.split(b"\n")[:-1], dtype=object).reshape(-1, 4) for text in block]
                handle.write(b"\n".join(np.stack(mates, 1).reshape(-1).tolist()) + b"\n")
        mmi, junctions = self.folder / "genome.mmi", self.folder / "junctions.bed"
        reference = {"index": mmi, "junctions": junctions}
        align_reads(fastq, reference, bam, way="whole", paired=settings.paired, sample="sample", threads=1)
        return bam

    def screen(
        self,
        bam: Path,
        fusions: FusionResult = NO_FUSIONS,
        umi: str | None = None,
        library: str = "wts",
        targets_bed: Path | None = None,
        knowledge: Path = KNOWLEDGE,
        blind: frozenset[tuple[str, int]] = frozenset(),
    ) -> ScreenResult:
        fasta, annotation = self.folder / "genome.fa", self.folder / "annotation.tsv"
        return screen_sample(
            bam, fasta, annotation, PANEL, knowledge, fusions, ScreenSettings(), umi, library, targets_bed, blind
        )

    def mixture(
        self, gene: str, changes: list[str], vaf: float, fragments: int
    ) -> list[tuple[transcripts.Molecule, int]]:
        """A library of one gene, a share `vaf` of it with all `changes` on one molecule."""
        plain = transcripts.wild_type(self.genome, gene)
        mutated = transcripts.with_changes(self.genome, plain, gene, changes)
        carriers = round(fragments * vaf)
        return [(plain, fragments - carriers), (mutated, carriers)]
