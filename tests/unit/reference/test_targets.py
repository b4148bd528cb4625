"""Target k-mers of a small made-up reference: what is in, what masking drops, what the listing says."""

from __future__ import annotations

import csv
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.genome.twobit import TwoBit, write_twobit
from alktrace.knowledge.evidence import Track
from alktrace.knowledge.fusions import Domain, Partner, Tables, Variant, read_tables
from alktrace.knowledge.hotspots import HotspotRow
from alktrace.recruit.kernels.layout import CONTROL_MASK, KEEP, K
from alktrace.reference.junctions import read_catalogue
from alktrace.reference.target_kmers import chance_limit, low_complexity
from alktrace.reference.target_table import kmer_codes, reverse_complement_codes
from alktrace.reference.targets import build_targets
from alktrace.runtime.errors import InputError
from tables import write_rows

PANEL = "gene\trole\ttranscript\trefseq\trna_exons\trna_introns\tdna_exons\tdna_introns\tnote\n"


class Small:
    """Two genes of four exons (ALK on the - strand, EML4 on the + strand), a control, and a repeat."""

    def __init__(self, folder: Path, width: int = 60):
        rng = random.Random(1)
        self.folder = folder
        bases = ["".join(rng.choices("ACGT", k=20_000)), "".join(rng.choices("ACGT", k=8000))]
        self.repeat = "".join(rng.choices("ACGT", k=60))
        for start in range(500, 20 * 160 + 500, 160):
            bases[1] = bases[1][:start] + self.repeat + bases[1][start + 60 :]
        exons = tuple((a, a + 149) for a in (9001, 7001, 5001, 3001))
        self.alk = Transcript("ALK", "G1", "protein_coding", "T1", "chr1", "-", exons, (21, 500))
        forward = tuple((a, a + 119) for a in (12001, 13001, 14001, 15001))
        self.eml4 = Transcript("EML4", "G2", "protein_coding", "T2", "chr1", "+", forward, (11, 400))
        self.control = Transcript("CTRL", "G3", "protein_coding", "T3", "chr1", "+", ((17001, 17400),), (1, 300))
        bases[0] = bases[0][:7049] + self.repeat + bases[0][7109:]  # inside exon 2 of ALK
        self.contigs = dict(zip(("chr1", "chr2"), bases, strict=True))
        self.fasta = folder / "genome.fa"
        text = "".join(f">{n} x\n" + "".join(f"{b[i : i + width]}\n" for i in range(0, len(b), width))
                       for n, b in self.contigs.items())  # fmt: skip
        self.fasta.write_text(text)
        Annotation([self.alk, self.eml4, self.control]).save(folder / "annotation.tsv")
        self.panel("ALK\ttarget\t\t\tall\t2\t\t\t\nCTRL\tcontrol\t\t\tall\t\t\t\t\nGONE\tbypass\t\t\tall\t\t\t\t\n")
        self.variants()
        self.partners()
        domain = {"gene": "ALK", "domain": "kinase", "unit": "codon", "first": 60, "last": 80}
        write_rows(folder / "domains.tsv", Domain, domain)
        write_rows(folder / "bypass.tsv", Track)
        write_rows(folder / "hotspots.tsv", HotspotRow, {"gene": "ALK", "codons": "30-31,70"})

    def panel(self, rows: str) -> None:
        (self.folder / "panel.tsv").write_text(PANEL + rows)

    def variants(self, *rows: str) -> None:
        columns = (
            "key", "five_gene", "five_exon", "five_deleted", "three_gene", "three_exon", "three_deleted",
            "inserted_bases", "insert_source", "insert_note", "callable", "alias_of",
        )  # fmt: skip
        given = (dict(zip(columns, row.split(" "), strict=False)) for row in rows)
        write_rows(self.folder / "eml4_alk_variants.tsv", Variant, *given)

    def partners(self, *rows: dict[str, str]) -> None:
        write_rows(self.folder / "alk_partners.tsv", Partner, *rows)

    @property
    def tables(self) -> Tables:
        return read_tables(self.folder)

    def build(self) -> tuple[dict[int, int], list[dict[str, str]]]:
        """Surviving k-mers with their values, and the listing."""
        files = [self.folder / "annotation.tsv", self.folder / "panel.tsv", self.folder]
        out, table = self.folder / "targets.bin", self.folder / "targets.tsv"
        saved: dict[str, np.ndarray] = {}
        packed = self.folder / "genome.2bit"
        write_twobit(self.fasta, packed)
        build_targets(packed, *files, out, table)
        saved = read_arrays(out)
        values = {int(k): int(v) for k, v in zip(saved["keys"], saved["values"], strict=True) if k}
        with table.open() as handle:
            return values, list(csv.DictReader(handle, delimiter="\t"))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    import ctypes

    from alktrace.recruit.target_file import ARRAYS, TargetFile

    table = TargetFile(path)
    kinds = {2: np.uint16, 4: np.uint32, 8: np.uint64}
    return {
        name: np.frombuffer(ctypes.string_at(table.address[name], width * table.size[name]), dtype=kinds[width])
        for name, width in ARRAYS.items()
    }


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def codes(sequence: str) -> set[int]:
    found = kmer_codes(sequence)
    return set(found.tolist()) | set(reverse_complement_codes(found).tolist())


def test_codes_and_their_reverse_complement() -> None:
    sequence = "ACGTTGCAAGGTCATTCGGA"
    assert kmer_codes("ACTG" + "A" * 12).tolist() == [0 | 1 << 2 | 2 << 4 | 3 << 6]
    reverse = kmer_codes(reverse_complement(sequence))[::-1]
    assert reverse_complement_codes(kmer_codes(sequence)).tolist() == reverse.tolist()
    assert kmer_codes("ACGT").tolist() == []


def test_exons_flanks_introns_and_splices_are_in(small: Small) -> None:
    values, _ = small.build()
    genome = Genome(small.fasta)
    inside = [
        genome.fetch_stranded("chr1", 9001 - 20, 9150 + 20, "-"),  # exon 1 with its flanks
        genome.fetch_stranded("chr1", *small.alk.intron_span(2), "-"),
        genome.spliced(small.alk)[140:160],  # exons 1 and 2 spliced
    ]
    assert all(values.get(c) == KEEP for part in inside for c in codes(part))
    assert not [c for c in codes(genome.fetch("chr1", 3400, 4900)) if c in values]
    control = genome.spliced(small.control)
    assert {values[c] & CONTROL_MASK for c in codes(control)} == {1}
    assert not any(values[c] & KEEP for c in codes(control))


def test_repeats_are_masked_and_listed(small: Small) -> None:
    values, listing = small.build()
    assert not [c for c in codes(small.repeat) if c in values]
    around = Genome(small.fasta).fetch("chr1", 7001, 7050)
    assert all(c in values for c in codes(around[:40]))
    gene = next(r for r in listing if r["kind"] == "gene" and r["gene"] == "ALK")
    lost = int(gene["kmers"]) - int(gene["surviving"])
    assert 2 * (60 - K + 1) <= lost <= 2 * (60 - K + 3)  # a base beside the repeat may agree by chance
    codon = {r["item"]: int(r["surviving"]) for r in listing if r["kind"] == "codon"}
    # exon 2 is 7001-7150 on the - strand: its transcript bases 151-300; the repeat is 7050-7109, transcript 192-251
    assert (codon["30"], codon["70"]) == (18, 0)
    assert "31" in codon
    assert [r["note"] for r in listing if r["gene"] == "GONE"] == ["is not in the annotation"]


def test_paralogue_is_kept_and_own_copies_do_not_count(small: Small, tmp_path: Path) -> None:
    exon = small.contigs["chr1"][9000:9150]
    for copies, expected in ((5, True), (6, False)):
        text = small.fasta.read_text() + "".join(f">copy{i}\n{exon.lower()}\n" for i in range(copies))
        other = Small(tmp_path / str(copies)) if (tmp_path / str(copies)).mkdir() is None else small
        other.fasta.write_text(text)
        values, _ = other.build()
        assert all((c in values) == expected for c in codes(exon))


def test_low_complexity_is_dropped() -> None:
    simple = ["A" * 16, "AC" * 8, "ACG" * 5 + "A", "ACGT" * 4]
    assert all(low_complexity(kmer_codes(s)).all() for s in simple)
    assert not low_complexity(kmer_codes("ACGTTGCAAGGTCATT")).any()


def test_chance_limit() -> None:
    assert chance_limit(0) == 0
    assert chance_limit(1_000_000) == 1
    assert chance_limit(3_100_000_000) == 10


def test_bases_behind_the_stop_codon(small: Small) -> None:
    utr = Genome(small.fasta).spliced(small.alk)[530:600]
    for role, expected in (("target", True), ("driver", False)):
        small.panel(f"ALK\t{role}\t\t\t2-4\t\t\t\t\n" + ("" if role == "target" else "CTRL\ttarget\t\t\tall\t\t\t\t\n"))
        values, _ = small.build()
        assert any(c in values for c in codes(utr)) is expected
        assert any(c in values for c in codes(Genome(small.fasta).spliced(small.alk)[460:503]))


def test_reads_over_the_edge_of_a_run_of_exons_are_seen(small: Small) -> None:
    small.panel("ALK\ttarget\t\t\t2-3\t\t\t\t\n")
    values, _ = small.build()
    spliced = Genome(small.fasta).spliced(small.alk)
    assert all(c in values for c in codes(spliced[150 - 20 : 190]) | codes(spliced[400 : 450 + 20]))
    assert not any(c in values for c in codes(spliced[80:120]) | codes(spliced[480:520]))


def test_catalogued_junctions(small: Small) -> None:
    small.variants(
        "V1 EML4 2 0 ALK 3 0 0   yes",
        "V2 EML4 2 5 ALK 3 7 0   yes",
        "V3 EML4 3 0 ALK 3 0 9 five_intron:4;three_intron:5  yes",
        "V4 EML4 1 0 ALK 2 0 7 unknown  yes",
        "V5 EML4 9 0 ALK 2 0 0   yes",
        "V6 EML4 1 0 ALK 2 0 0   alias V1",
    )
    small.partners(
        {"gene": "OLD", "aliases": "EML4", "partner_exon": "3", "alk_exon": "4", "kind": "kinase_fusion"},
        {"gene": "NONE", "partner_exon": "1", "alk_exon": "3", "kind": "kinase_fusion"},
    )
    genome, models = Genome(small.fasta), Annotation([small.alk, small.eml4])
    found = {j.name: j for j in read_catalogue(small.tables, models, genome)}
    eml4, alk = genome.spliced(small.eml4), genome.spliced(small.alk)
    assert (found["V1"].five, found["V1"].three) == (eml4[180:240], alk[300:360])
    assert (found["V2"].five, found["V2"].three) == (eml4[175:235], alk[307:367])
    five, three = genome.fetch("chr1", 14121, 14124), genome.fetch_stranded("chr1", 5151, 5155, "-")
    assert (found["V3"].five, found["V3"].three) == (eml4[304:360] + five, three + alk[300:355])
    assert found["V4"].note == "the sequence of the insert is not published"
    assert found["V5"].note == "T2 of EML4 has no exon 9"
    assert "V6" not in found
    assert found["OLD 3 ALK 4"].five == eml4[300:360]
    assert found["NONE 1 ALK 3"].note == "NONE is not in the annotation"

    values, listing = small.build()
    junction = eml4[180:240] + alk[300:360]
    recruiting = [junction[i : i + K] for i in range(60 - K + 2, 60)]
    assert all(values.get(int(kmer_codes(k)[0])) == KEEP for k in recruiting)
    assert not any(c in values for c in codes(junction[:60]))
    end = small.eml4.exons[1][1]
    assert not any(c in values for c in codes(genome.fetch("chr1", end - 30, end + 30)))  # unspliced EML4
    rows = {r["item"]: r for r in listing if r["kind"] == "junction"}
    assert (rows["V1"]["gene"], rows["V1"]["surviving"]) == ("EML4::ALK", rows["V1"]["kmers"])
    assert 15 <= int(rows["V1"]["kmers"]) <= 28  # those that either gene itself holds are left out
    assert (rows["V4"]["kmers"], rows["V4"]["note"]) == ("0", "the sequence of the insert is not published")


def test_cryptic_exon(small: Small) -> None:
    row = "V EML4 2 0 ALK 3 0 12 five_cryptic_exon:12 NOTE yes"
    small.variants(row)
    table = small.folder / "eml4_alk_variants.tsv"
    table.write_text(table.read_text().replace("NOTE", "bases +100 to +111 of EML4 intron 2"))
    genome, models = Genome(small.fasta), Annotation([small.alk, small.eml4])
    (junction,) = read_catalogue(small.tables, models, genome)
    assert junction.five[-12:] == genome.fetch("chr1", 13120 + 100, 13120 + 111)
    small.variants(row)
    with pytest.raises(InputError, match="row 2, column insert_note: .*does not say where the cryptic exon lies"):
        read_catalogue(small.tables, models, genome)


def test_genome_counts_at_part_borders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alktrace.reference import masking
    from alktrace.reference.target_table import hash_filter, hash_table

    monkeypatch.setattr(masking, "_PART", 1000)
    small = Small(tmp_path)
    small.fasta.write_text(small.fasta.read_text().replace(small.repeat[:20], "N" * 5 + small.repeat[5:20].lower(), 3))
    genome = Genome(small.fasta)
    contigs = [genome.fetch(c, 1, n) for c, n in genome.lengths.items()]
    known = [part for bases in contigs for part in bases.replace("N", " ").split()]
    expected = Counter(int(c) for part in known for c in kmer_codes(part).tolist())
    wanted = np.unique(kmer_codes(small.repeat * 2 + small.contigs["chr1"][5000:6000])).astype(np.uint32)
    keys, _ = hash_table(wanted, np.zeros(len(wanted), dtype=np.uint16))
    write_twobit(small.fasta, tmp_path / "genome.2bit")
    counts, bases = masking.count_in_genome(TwoBit(tmp_path / "genome.2bit"), hash_filter(wanted), keys)
    assert bases == sum(len(b) - b.count("N") for b in contigs)
    assert {int(k): int(n) for k, n in zip(keys, counts, strict=True) if k} == {
        int(c): expected[int(c)] for c in wanted
    }


def test_same_bytes_for_any_number_of_threads(small: Small) -> None:
    files = [small.folder / "annotation.tsv", small.folder / "panel.tsv", small.folder]
    written = set()
    packed = small.folder / "genome.2bit"
    write_twobit(small.fasta, packed)
    for threads in (1, 2):
        build_targets(packed, *files, small.folder / "t.bin", small.folder / "t.tsv", threads=threads)
        written.add((small.folder / "t.bin").read_bytes() + (small.folder / "t.tsv").read_bytes())
    assert len(written) == 1
