"""The synthetic genome keeps the facts it is built from."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from Bio.Seq import Seq

from alktrace.genome.fasta import Genome
from alktrace.genome.transcripts import Annotation
from alktrace.reference.gtf import read_gtf
from alktrace.simulate import genome as simulated
from alktrace.simulate import tables
from alktrace.simulate.genome import SyntheticGenome

KINASE_START, KINASE_END = 1116, 1392

# Coding length of EML4 at the end of an exon.
EML4_CODING = {2: 208, 3: 338, 6: 667, 13: 1489, 14: 1641, 15: 1767, 17: 1967, 18: 2056, 20: 2242, 21: 2341}
HOTSPOTS = [
    *(
        ("EGFR", c, r, e)
        for c, r, e in ((719, "G", 18), (746, "E", 19), (747, "L", 19), (748, "R", 19), (749, "E", 19))
    ),
    *(("EGFR", c, r, 20) for c, r in ((768, "S"), (790, "T"), (797, "C"))),
    *(("EGFR", c, "L", 21) for c in (858, 861)),
    *((g, c, r, e) for g in ("KRAS", "NRAS") for c, r, e in ((12, "G", 2), (13, "G", 2), (61, "Q", 3))),
    ("BRAF", 600, "V", 15),
    ("MET", 1010, "D", 14),
    *(("PIK3CA", c, r, e) for c, r, e in ((542, "E", 10), (545, "E", 10), (1047, "H", 21))),
    *(("ERBB2", c, r, 20) for c, r in ((775, "A"), (776, "G"), (777, "V"))),
    *(("MAP2K1", c, r, e) for c, r, e in ((57, "K", 2), (121, "C", 3), (124, "P", 3))),
    *(("ALK", c, r, 23) for c, r in ((1174, "F"), (1196, "L"), (1202, "G"), (1203, "D"))),
    *(
        ("ALK", c, r, e)
        for c, r, e in ((1151, "T", 22), (1171, "I", 22), (1245, "F", 24), (1269, "G", 25), (1275, "R", 25))
    ),
]


@pytest.fixture(scope="module")
def genome() -> SyntheticGenome:
    return simulated.build_genome()


@pytest.fixture(scope="module")
def read_back(genome: SyntheticGenome, tmp_path_factory: pytest.TempPathFactory) -> tuple[Genome, Annotation]:
    folder = tmp_path_factory.mktemp("genome")
    simulated.write_fasta(genome, folder / "genome.fa")
    simulated.write_gtf(genome, folder / "genes.gtf")
    fasta = Genome(folder / "genome.fa")
    return fasta, read_gtf(folder / "genes.gtf", {}, fasta.lengths)[0]


def protein(genome: SyntheticGenome, gene: str) -> str:
    """Translation with the stop codon as *."""
    cds = genome.transcripts[gene].cds
    assert cds is not None
    return str(Seq(genome.spliced[gene][cds[0] - 1 : cds[1] + 3]).translate())


def test_files_give_back_the_same_genes(genome: SyntheticGenome, read_back: tuple[Genome, Annotation]) -> None:
    fasta, annotation = read_back
    assert {t.gene for t in annotation.transcripts} == set(genome.transcripts)
    for gene, transcript in genome.transcripts.items():
        assert annotation[gene] == transcript
        assert fasta.spliced(annotation[gene]) == genome.spliced[gene]


def test_coding_sequences_are_open(genome: SyntheticGenome) -> None:
    for gene, transcript in genome.transcripts.items():
        if transcript.cds is not None:
            residues = protein(genome, gene)
            assert residues[0] == "M" and residues.index("*") == len(residues) - 1, gene


def test_introns_begin_with_gt_and_end_with_ag(genome: SyntheticGenome) -> None:
    for gene, introns in genome.introns.items():
        for number, intron in enumerate(introns, 1):
            assert (intron[:2], intron[-2:]) == ("GT", "AG"), (gene, number)


def test_exon_lengths_are_the_published_ones(genome: SyntheticGenome, shared: Path) -> None:
    lengths: dict[str, list[int]] = {}
    with (shared / "facts" / "exons_grch38.tsv").open() as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            lengths.setdefault(row["gene"], []).append(int(row["end"]) - int(row["start"]) + 1)
    for gene in ("ALK", "EML4", "KIF5B", "KLC1", "TFG", "NPM1", "KRAS", "BRAF", "TP53", "ROS1", "RET"):
        assert [end - start + 1 for start, end in genome.transcripts[gene].exons] == lengths[gene]


def test_coding_starts(genome: SyntheticGenome) -> None:
    eml4, alk = genome.transcripts["EML4"], genome.transcripts["ALK"]
    assert {exon: eml4.to_coding(eml4.exon_end(exon)) for exon in EML4_CODING} == EML4_CODING
    assert alk.to_coding(alk.exon_start(20)) == 3173
    for gene, exon in (("KIF5B", 24), ("KLC1", 9), ("TFG", 3), ("NPM1", 4)):
        transcript = genome.transcripts[gene]
        coding = transcript.to_coding(transcript.exon_end(exon))
        assert coding is not None and coding % 3 == 1, gene


@pytest.mark.parametrize(("gene", "codon", "residue", "exon"), HOTSPOTS)
def test_hotspots(genome: SyntheticGenome, gene: str, codon: int, residue: str, exon: int) -> None:
    assert protein(genome, gene)[codon - 1] == residue
    transcript = genome.transcripts[gene]
    assert transcript.exon_at(transcript.codon_genome_positions(codon)[0]) == exon


def test_every_fixed_codon_lies_in_its_exon(genome: SyntheticGenome) -> None:
    for row in tables.read_codons():
        transcript = genome.transcripts[row.gene]
        assert transcript.exon_at(transcript.codon_genome_positions(row.first_codon)[0]) == row.exon, row
        assert transcript.cds is not None
        start = transcript.cds[0] - 1 + 3 * (row.first_codon - 1)
        assert genome.spliced[row.gene][start : start + len(row.bases)] == row.bases


def test_met_exon_14(genome: SyntheticGenome) -> None:
    met = genome.transcripts["MET"]
    assert met.exon_end(14) - met.exon_start(14) + 1 == 141
    assert met.to_coding(met.exon_end(14)) == 3028


def test_alk_kinase_exons_are_real(genome: SyntheticGenome) -> None:
    for fixed in tables.read_fixed_exons():
        assert genome.exon("ALK", fixed.exon) == fixed.bases
        assert genome.introns["ALK"][fixed.exon - 2].endswith(fixed.before)
        assert genome.introns["ALK"][fixed.exon - 1].startswith(fixed.after)
    domain = protein(genome, "ALK")[KINASE_START - 1 : KINASE_END]
    assert (
        domain.startswith("ITLIRGLGHGAFGEVYEGQV") and "LELMAGGDLKSFLRE" in domain and "IGDFGMARDIYRASYYRKGG" in domain
    )


def test_place_of_alk(genome: SyntheticGenome) -> None:
    alk, eml4 = genome.transcripts["ALK"], genome.transcripts["EML4"]
    assert (alk.strand, eml4.strand, alk.contig) == ("-", "+", eml4.contig)
    assert [len(genome.introns["ALK"][n - 1]) for n in (18, 19, 20)] == [1356, 1932, 734]
    neighbours = [t for t in genome.transcripts.values() if t.contig == alk.contig]
    index = neighbours.index(alk)
    assert [neighbours[index - 1].strand, neighbours[index + 1].strand] == ["-", "-"]


def test_microexon(genome: SyntheticGenome) -> None:
    intron = genome.introns["EML4"][5]
    assert (intron[185:187], intron[220:222]) == ("AG", "GT")
    codons = genome.exon("EML4", 6)[-1:] + intron[187:219]  # 667 coding bases end with the first base of a codon
    assert "*" not in str(Seq(codons).translate())


def test_relatives_of_the_targets(genome: SyntheticGenome) -> None:
    copy, source = genome.transcripts["ZZPARA1"], genome.transcripts["ALK"]
    like = identity(
        genome.spliced["ZZPARA1"][copy.exon_start(4) - 1 :], genome.spliced["ALK"][source.exon_start(18) - 1 :]
    )
    assert 0.85 <= like <= 0.90 and copy.contig != source.contig
    pseudogene = genome.transcripts["ZZNPM1P1"]
    assert 0.97 <= identity(genome.spliced["ZZNPM1P1"], genome.spliced["NPM1"]) <= 0.99
    assert (len(pseudogene.exons), pseudogene.gene_type, pseudogene.cds) == (1, "processed_pseudogene", None)


def identity(a: str, b: str) -> float:
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def test_repeats_are_spread(genome: SyntheticGenome) -> None:
    """12-mers of ALK intron 19 include some that occur far more often than chance."""
    intron = genome.introns["ALK"][18]
    counts = dict.fromkeys((intron[i : i + 12] for i in range(len(intron) - 11)), 0)
    for contig in genome.contigs.values():
        for strand in (contig, str(Seq(contig).reverse_complement())):
            for word in (strand[i : i + 12] for i in range(len(strand) - 11)):
                if word in counts:
                    counts[word] += 1
    assert sum(n > 15 for n in counts.values()) > 30


def test_same_seed_same_genome(genome: SyntheticGenome) -> None:
    assert simulated.build_genome() == genome
    assert simulated.build_genome(seed=1).contigs != genome.contigs


def test_gtf_lines(genome: SyntheticGenome, tmp_path: Path) -> None:
    simulated.write_gtf(genome, tmp_path / "genes.gtf")
    rows = [line.split("\t") for line in (tmp_path / "genes.gtf").read_text().splitlines() if not line.startswith("#")]
    assert all(len(row) == 9 for row in rows)
    stops = [row for row in rows if row[2] == "stop_codon" and 'gene_name "ALK"' in row[8]]
    assert sum(int(r[4]) - int(r[3]) + 1 for r in stops) == 3
    alk = [r for r in rows if r[2] == "CDS" and 'gene_name "ALK"' in r[8]]
    lengths = [int(r[4]) - int(r[3]) + 1 for r in alk]
    phases = [-total % 3 for total in itertools.accumulate([0, *lengths[:-1]])]
    assert [int(r[7]) for r in alk] == phases
