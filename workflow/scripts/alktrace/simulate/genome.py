"""A small synthetic genome with a GENCODE-style annotation.

Exon counts, exon lengths and coding starts come from resources/demo; ALK exons 20-28 have their real sequence, hotspot
codons their real residue, everything else is random. All random draws of one gene depend on the seed and its name
alone, so a new gene leaves the others as they are. Sequences are upper case; positions are 1-based and inclusive.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from ..genome.sequence import reverse_complement
from ..genome.transcripts import Transcript
from ..runtime.files import write_text
from . import tables
from .tables import FixedCodons, FixedExon, GeneRow, JunctionRow

SEED = 20180
STOPS = ("TAA", "TAG", "TGA")
REPEAT_LENGTH = 300
REPEAT_SPACING = (
    800  # bases of intron for each copy of the repeat: a third of long introns is repeat, as in EML4 and ALK
)
PARALOGUE = "ZZPARA1"  # copies exons 18-29 of ALK behind three exons of its own
PARALOGUE_OWN_EXONS = 3
PARALOGUE_IDENTITY = 0.88
PSEUDOGENE = "ZZNPM1P1"  # spliced copy of NPM1
PSEUDOGENE_IDENTITY = 0.98
MICROEXON = ("EML4", 6, 188, 220)  # exon 6b lies in intron 6, 1-based offsets
_BASES = np.frombuffer(b"ACGT", dtype=np.uint8)


@dataclass
class GeneSequence:
    """Exons and introns of one gene, transcript sense; changed in place while the genome is built."""

    row: GeneRow
    exons: list[bytearray]
    introns: list[bytearray]

    @property
    def transcript(self) -> str:
        return b"".join(self.exons).decode()

    @property
    def unspliced(self) -> str:
        parts = [bytes(self.exons[0])]
        for intron, exon in zip(self.introns, self.exons[1:], strict=True):
            parts += [bytes(intron), bytes(exon)]
        return b"".join(parts).decode()


@dataclass(frozen=True)
class SyntheticGenome:
    """Contigs, and per gene the reference transcript, its spliced and unspliced sequence and its introns (transcript
    sense). `expression` is the relative depth of the gene in a background library."""

    contigs: dict[str, str]
    transcripts: dict[str, Transcript]
    second_transcripts: tuple[Transcript, ...]
    spliced: dict[str, str]
    introns: dict[str, tuple[str, ...]]
    unspliced: dict[str, str]
    expression: dict[str, float]
    seed: int = SEED

    def exon(self, gene: str, number: int) -> str:
        """Sequence of one exon, transcript sense."""
        transcript = self.transcripts[gene]
        return self.spliced[gene][transcript.exon_start(number) - 1 : transcript.exon_end(number)]


def _random(rng: Generator, length: int) -> bytearray:
    return bytearray(_BASES[rng.integers(0, 4, length)].tobytes())


def _rng(seed: int, name: str) -> Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


# ---------------------------------------------------------------- exons
def _fixed_bases(row: GeneRow, codons: Iterable[FixedCodons], exons: Iterable[FixedExon]) -> dict[int, int]:
    """0-based transcript offset -> base, for every base that may not be random."""
    fixed: dict[int, int] = {}
    starts = [0, *np.cumsum(row.exons).tolist()]
    for exon in exons:
        if exon.gene == row.gene:
            fixed.update(enumerate(exon.bases.encode(), starts[exon.exon - 1]))
    if row.coding_start is None or row.coding_length is None:
        return fixed
    for codon in codons:
        if codon.gene == row.gene:
            fixed.update(enumerate(codon.bases.encode(), row.coding_start - 1 + 3 * (codon.first_codon - 1)))
    fixed.update(enumerate(b"ATG", row.coding_start - 1))
    fixed.update(enumerate(b"TGA", row.coding_start - 1 + row.coding_length - 3))
    return fixed


def _open_frame(sequence: bytearray, first: int, end: int, fixed: Mapping[int, int]) -> None:
    """Replace stop codons in sequence[first:end] (0-based, whole codons) by changing a base that is not fixed."""
    for start in range(first, end - 2, 3):
        if bytes(sequence[start : start + 3]).decode() not in STOPS:
            continue
        for offset, base in ((0, b"C"), (2, b"C"), (1, b"C")):  # CAA CAG CGA; TAC TGC; TCA
            if start + offset not in fixed:
                sequence[start + offset] = base[0]
                break


def _exons(row: GeneRow, fixed: Mapping[int, int], rng: Generator) -> list[bytearray]:
    sequence = _random(rng, sum(row.exons))
    for offset, base in fixed.items():
        sequence[offset] = base
    if row.coding_start is not None and row.coding_length is not None:
        _open_frame(sequence, row.coding_start - 1, row.coding_start - 1 + row.coding_length - 3, fixed)
    return _cut(sequence, row.exons)


def _cut(sequence: bytearray, lengths: Iterable[int]) -> list[bytearray]:
    parts, start = [], 0
    for length in lengths:
        parts.append(sequence[start : start + length])
        start += length
    return parts


def _diverged(sequence: bytes, identity: float, rng: Generator) -> bytearray:
    """A copy with random substitutions."""
    codes = np.frombuffer(sequence, dtype=np.uint8).copy()
    changed = rng.random(len(codes)) > identity
    order = np.searchsorted(_BASES, codes[changed])
    codes[changed] = _BASES[(order + rng.integers(1, 4, int(changed.sum()))) % 4]
    return bytearray(codes.tobytes())


# ---------------------------------------------------------------- introns
def _introns(row: GeneRow, exons: Iterable[FixedExon], repeat: bytes, rng: Generator) -> list[bytearray]:
    introns = []
    for given in row.introns:
        intron = _random(rng, given or int(rng.integers(250, 900)))
        _write_repeats(intron, repeat, rng)
        intron[:6] = b"GTAAGT"
        intron[-12:] = b"TTTCTTTCTCAG"
        introns.append(intron)
    for exon in exons:
        if exon.gene == row.gene and exon.exon > 1:
            introns[exon.exon - 2][-len(exon.before) :] = exon.before.encode()
        if exon.gene == row.gene and exon.exon <= len(introns):
            introns[exon.exon - 1][: len(exon.after)] = exon.after.encode()
    return introns


def _write_repeats(intron: bytearray, repeat: bytes, rng: Generator) -> None:
    """One copy of the repeat for every REPEAT_SPACING bases of an intron, at least one, by turns either way round; none
    in the bases beside the exons, which fusion transcripts may retain."""
    inner = len(intron) - 240 - 140
    copies = max(inner // REPEAT_SPACING, 1)
    for number in range(copies):
        first = 240 + inner * number // copies
        last = 140 + inner * (copies - number - 1) // copies
        turned = (copies > 1 and number % 2 == 1) or (copies == 1 and rng.random() < 0.5)
        _write_repeat(intron, repeat, rng, first, last, turned)


def _write_repeat(
    target: bytearray, repeat: bytes, rng: Generator, keep_first: int, keep_last: int, turned: bool
) -> None:
    """Write one diverged copy of the repeat over a random stretch; nothing when it does not fit."""
    room = len(target) - keep_first - keep_last - len(repeat)
    if room < 0:
        return
    copy = bytes(_diverged(repeat, 1 - rng.uniform(0.10, 0.15), rng))
    if turned:
        copy = reverse_complement(copy.decode()).encode()
    start = keep_first + int(rng.integers(0, room + 1))
    target[start : start + len(copy)] = copy


def repeat_consensus(seed: int) -> str:
    """The repeat that all copies diverged from, as Alu elements did: a poly-A tail at its end."""
    return (bytes(_random(_rng(seed, "repeat"), REPEAT_LENGTH - 20)) + b"A" * 20).decode()


def _write_microexon(gene: GeneSequence, rng: Generator) -> None:
    """Exon 6b of EML4: 33 bases, open in the frame of exon 6, between AG and GT. It begins and ends with a base that
    neither EML4 intron 6 (G) nor ALK intron 19 (G) shows there, so none of it can pass for retained intron."""
    _, intron, first, last = MICROEXON
    bases = _random(rng, last - first + 1)
    bases[0], bases[-1] = b"C"[0], b"A"[0]
    row = gene.row
    assert row.coding_start is not None
    phase = (sum(row.exons[:intron]) - row.coding_start + 1) % 3
    _open_frame(bases, -phase % 3, len(bases), {0: bases[0], len(bases) - 1: bases[-1]})
    gene.introns[intron - 1][first - 7 : last + 6] = b"TTCTAG" + bytes(bases) + b"GTAAGT"


# ---------------------------------------------------------------- junctions
def _settle_junctions(genes: Mapping[str, GeneSequence], junctions: Iterable[JunctionRow]) -> None:
    """Intron stretches that fusion transcripts retain hold no stop in the frame of their exon, and no base there fits
    the other side by chance, so that each junction has one reading only."""
    for junction in junctions:
        five, three = genes[junction.five_gene], genes[junction.three_gene]
        if junction.five_retained:
            intron = five.introns[junction.five_exon - 1]
            _open_frame(intron, -_phase(five.row, junction.five_exon) % 3, junction.five_retained, {0: 71, 1: 84})
    for junction in junctions:
        five, three = genes[junction.five_gene], genes[junction.three_gene]
        if junction.five_deleted:
            exon = five.exons[junction.five_exon - 1]
            _avoid(exon, -junction.five_deleted, three.exons[junction.three_exon - 1][junction.three_deleted])
        if not junction.three_retained:
            continue
        intron = three.introns[junction.three_exon - 2]
        behind = five.introns[junction.five_exon - 1]
        first = len(intron) - junction.three_retained
        if junction.inserted or junction.five_retained:
            before = junction.inserted.encode() or bytes(behind[: junction.five_retained])
            _avoid(intron, first - 1, before[-1])
        if not junction.inserted:
            _avoid(intron, first, behind[junction.five_retained])
    for junction in junctions:
        if junction.three_retained:
            three = genes[junction.three_gene]
            intron = three.introns[junction.three_exon - 2]
            frame = (len(intron) - _phase(three.row, junction.three_exon - 1)) % 3
            start = len(intron) - junction.three_retained
            kept = {i: intron[i] for i in range(len(intron) - 15, len(intron))}
            _open_frame(intron, start + (frame - start) % 3, len(intron), kept)


def _phase(row: GeneRow, exon: int) -> int:
    """Coding bases up to the end of an exon, modulo 3."""
    assert row.coding_start is not None
    return (sum(row.exons[:exon]) - row.coding_start + 1) % 3


def _avoid(sequence: bytearray, offset: int, base: int) -> None:
    if sequence[offset] == base:
        sequence[offset] = b"C"[0] if base != b"C"[0] else b"T"[0]


# ---------------------------------------------------------------- genome
def build_genome(folder: Path = tables.FOLDER, seed: int = SEED) -> SyntheticGenome:
    """Build contigs and gene models from the tables of `folder`. The same seed gives the same bases."""
    rows = tables.read_genes(folder)
    codons, fixed_exons = tables.read_codons(folder), tables.read_fixed_exons(folder)
    junctions = tables.read_junctions(folder)
    repeat = repeat_consensus(seed).encode()
    genes: dict[str, GeneSequence] = {}
    for row in rows:
        rng = _rng(seed, row.gene)
        exons = _exons(row, _fixed_bases(row, codons, fixed_exons), rng)
        genes[row.gene] = GeneSequence(row, exons, _introns(row, fixed_exons, repeat, rng))
    _write_microexon(genes["EML4"], _rng(seed, "microexon"))
    _settle_junctions(genes, junctions)
    _copy_paralogue(genes["ALK"], genes[PARALOGUE], _rng(seed, "paralogue"))
    genes[PSEUDOGENE].exons = [
        _diverged(genes["NPM1"].transcript.encode(), PSEUDOGENE_IDENTITY, _rng(seed, "pseudogene"))
    ]
    return _assemble(genes, repeat, seed)


def _copy_paralogue(source: GeneSequence, paralogue: GeneSequence, rng: Generator) -> None:
    """The paralogue's last exons become diverged copies of the source's last exons, its frame kept open."""
    row = paralogue.row
    assert row.coding_start is not None and row.coding_length is not None
    copied = len(row.exons) - PARALOGUE_OWN_EXONS
    for index in range(1, copied + 1):
        paralogue.exons[-index] = _diverged(bytes(source.exons[-index]), PARALOGUE_IDENTITY, rng)
    sequence = bytearray(paralogue.transcript.encode())
    stop = row.coding_start - 1 + row.coding_length - 3
    sequence[stop : stop + 3] = b"TGA"
    _open_frame(sequence, row.coding_start - 1, stop, {})
    paralogue.exons = _cut(sequence, row.exons)


def _assemble(genes: Mapping[str, GeneSequence], repeat: bytes, seed: int) -> SyntheticGenome:
    """Lay the genes of each contig out in table order with random sequence and repeats between them."""
    contigs: dict[str, bytearray] = {}
    transcripts: dict[str, Transcript] = {}
    second: list[Transcript] = []
    for number, gene in enumerate(genes.values(), 1):
        row = gene.row
        contig = contigs.setdefault(row.contig, bytearray())
        contig += _between(repeat, _rng(seed, f"before {row.gene}"))
        transcripts[row.gene] = _transcript(gene, number, len(contig))
        if row.skipped_exons:
            second.append(_second_transcript(transcripts[row.gene], row.skipped_exons))
        body = gene.unspliced
        contig += (body if row.strand == "+" else reverse_complement(body)).encode()
    for name, contig in contigs.items():
        contig += _between(repeat, _rng(seed, f"end of {name}"))
    return SyntheticGenome(
        contigs={name: bases.decode() for name, bases in contigs.items()},
        transcripts=transcripts,
        second_transcripts=tuple(second),
        spliced={name: gene.transcript for name, gene in genes.items()},
        introns={name: tuple(i.decode() for i in gene.introns) for name, gene in genes.items()},
        unspliced={name: gene.unspliced for name, gene in genes.items()},
        expression={name: gene.row.expression for name, gene in genes.items()},
        seed=seed,
    )


def _between(repeat: bytes, rng: Generator) -> bytearray:
    bases = _random(rng, int(rng.integers(4000, 9000)))
    half = len(bases) // 2
    left, right = bases[:half], bases[half:]
    for part in (left, right):
        _write_repeat(part, repeat, rng, 200, 200, turned=rng.random() < 0.5)
    return left + right


def _transcript(gene: GeneSequence, number: int, offset: int) -> Transcript:
    """Gene model of a gene whose body begins behind `offset` bases of its contig."""
    row, length = gene.row, len(gene.unspliced)
    spans, start = [], 1
    for index, exon in enumerate(gene.exons):
        end = start + len(exon) - 1
        spans.append((start, end) if row.strand == "+" else (length - end + 1, length - start + 1))
        start = end + 1 + (len(gene.introns[index]) if index < len(gene.introns) else 0)
    cds = None
    if row.coding_start is not None and row.coding_length is not None:
        cds = (row.coding_start, row.coding_start + row.coding_length - 4)
    return Transcript(
        gene=row.gene,
        gene_id=f"ENSG0990000{number:04d}.1",
        gene_type=row.gene_type,
        transcript_id=row.transcript,
        contig=row.contig,
        strand=row.strand,
        exons=tuple((a + offset, b + offset) for a, b in spans),
        cds=cds,
    )


def _second_transcript(stated: Transcript, skipped: tuple[int, ...]) -> Transcript:
    exons = tuple(span for number, span in enumerate(stated.exons, 1) if number not in skipped)
    return Transcript(
        gene=stated.gene,
        gene_id=stated.gene_id,
        gene_type=stated.gene_type,
        transcript_id=stated.gene_id.replace("ENSG", "ENST").replace(".1", ".2"),
        contig=stated.contig,
        strand=stated.strand,
        exons=exons,
        cds=None,
    )


# ---------------------------------------------------------------- files
def write_fasta(genome: SyntheticGenome, path: Path, width: int = 60) -> None:
    """Write the contigs as FASTA."""
    lines = []
    for name, bases in genome.contigs.items():
        lines.append(f">{name}\n")
        lines += [f"{bases[i : i + width]}\n" for i in range(0, len(bases), width)]
    write_text(path, "".join(lines))


def write_gtf(genome: SyntheticGenome, path: Path) -> None:
    """Write the annotation as a GENCODE-style GTF: gene, transcript, exon, CDS, start_codon and stop_codon lines."""
    second = {t.gene: t for t in genome.second_transcripts}
    lines = ["##description: synthetic genome for demonstration and tests\n", "##format: gtf\n"]
    for transcript in genome.transcripts.values():
        lines.append(_line(transcript, "gene", transcript.start, transcript.end, ".", _gene_attributes(transcript)))
        tags = ("basic", "MANE_Select", "Ensembl_canonical") if transcript.cds else ("basic", "Ensembl_canonical")
        lines += _transcript_lines(transcript, tags, transcript.gene_type, 1)
        if transcript.gene in second:
            lines += _transcript_lines(second[transcript.gene], ("basic",), "protein_coding_CDS_not_defined", 2)
    write_text(path, "".join(lines))


def _gene_attributes(t: Transcript) -> str:
    return f'gene_id "{t.gene_id}"; gene_type "{t.gene_type}"; gene_name "{t.gene}"; level 2;'


def _line(t: Transcript, feature: str, start: int, end: int, phase: str, attributes: str) -> str:
    return "\t".join((t.contig, "HAVANA", feature, str(start), str(end), ".", t.strand, phase, attributes)) + "\n"


def _transcript_lines(t: Transcript, tags: tuple[str, ...], transcript_type: str, number: int) -> list[str]:
    common = (
        f'gene_id "{t.gene_id}"; transcript_id "{t.transcript_id}"; gene_type "{t.gene_type}"; gene_name "{t.gene}";'
        f' transcript_type "{transcript_type}"; transcript_name "{t.gene}-20{number}";'
    )
    tail = " level 2; " + " ".join(f'tag "{tag}";' for tag in tags)
    lines = [_line(t, "transcript", t.start, t.end, ".", common + tail)]
    for exon, (start, end) in enumerate(t.exons, 1):
        attributes = f"{common} exon_number {exon};{tail}"
        lines.append(_line(t, "exon", start, end, ".", attributes))
        lines += [_line(t, *part, attributes) for part in _coding_parts(t, exon)]
    return lines


def _coding_parts(t: Transcript, exon: int) -> list[tuple[str, int, int, str]]:
    """(feature, start, end, phase) of the CDS, start codon and stop codon bases inside an exon."""
    if t.cds is None:
        return []
    first, last = t.cds
    parts = []
    for feature, start, stop in (
        ("CDS", first, last),
        ("start_codon", first, first + 2),
        ("stop_codon", last + 1, last + 3),
    ):
        begin, end = max(start, t.exon_start(exon)), min(stop, t.exon_end(exon))
        if begin <= end:
            low, high = sorted((t.to_genome(begin), t.to_genome(end)))
            parts.append((feature, low, high, str((start - begin) % 3)))
    return parts
