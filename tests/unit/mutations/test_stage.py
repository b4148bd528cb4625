"""The screen of whole samples: simulated reads, aligned with minimap2."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pysam
import pytest

from alktrace.align.minimap2 import build_index
from alktrace.align.stage import align_reads
from alktrace.knowledge.hotspots import read_screen_set
from alktrace.model.records import FusionResult, JunctionEvidence, ScreenResult
from alktrace.model.vocabulary import State
from alktrace.mutations import phase
from alktrace.mutations.stage import screen_sample
from alktrace.reference.genome import prepare_annotation
from alktrace.runtime.serialise import read_json, write_json
from alktrace.settings import ScreenSettings
from alktrace.simulate import transcripts
from alktrace.simulate.reads import ReadSettings
from interpret_cases import fusion
from screen_cases import IMBALANCE, KNOWLEDGE, NO_FUSIONS, PANEL, Bench

PLAIN = ReadSettings()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.build(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def mutated(bench: Bench) -> tuple[Path, ScreenResult]:
    """G1202R at 10% beside the silent polymorphism at 50%."""
    library = bench.mixture("ALK", ["c.3604G>A"], 0.1, 9000)
    library += bench.mixture("ALK", ["c.3375C>A"], 1.0, 9000)
    bam = Path(shutil.copy(bench.align(library, PLAIN), bench.folder / "mutated.bam"))
    pysam.index(str(bam))
    return bam, bench.screen(bam)


def test_a_mutation_is_called_with_its_names_and_counts(mutated: tuple[Path, ScreenResult]) -> None:
    (mutation,) = mutated[1].mutations
    assert (mutation.gene, mutation.transcript, mutation.short) == ("ALK", "NM_004304.5", "G1202R")
    assert (mutation.hgvs_c, mutation.hgvs_p, mutation.type) == ("c.3604G>A", "p.(Gly1202Arg)", "snv")
    assert 350 < mutation.depth < 650
    assert mutation.ref_fragments + mutation.alt_fragments <= mutation.depth
    assert mutation.vaf == mutation.alt_fragments / mutation.depth == pytest.approx(0.05, abs=0.025)
    assert mutation.vaf_low < mutation.vaf < mutation.vaf_high
    assert mutation.p_value <= mutated[1].call_alpha
    assert mutation.knowledge is not None and mutation.knowledge.reference == "PMID:27432227"
    assert mutation.on_fusion is None


def test_depth_is_that_of_a_plain_count(mutated: tuple[Path, ScreenResult], bench: Bench) -> None:
    """Pairs whose trusted bases cover the codon, counted with pysam alone."""
    transcript = bench.annotation["ALK"]
    sites = {site - 1 for site in transcript.codon_genome_positions(1202)}
    names = set()
    with pysam.AlignmentFile(str(mutated[0])) as handle:
        for read in handle.fetch(transcript.contig, min(sites), max(sites) + 1):
            pairs = read.get_aligned_pairs(matches_only=True)[5:-5]
            if sites <= {place for _, place in pairs}:
                names.add(read.query_name)
    (row,) = (s for s in mutated[1].screened if (s.gene, s.codon) == ("ALK", 1202))
    assert row.depth == pytest.approx(len(names), rel=0.1)  # doubtful bases and mates that disagree are left out


def test_the_silent_polymorphism_is_filtered_and_no_finding(mutated: tuple[Path, ScreenResult]) -> None:
    filtered = {v.hgvs_c: v for v in mutated[1].vcf if v.filter}
    assert filtered["c.3375C>A"].filter == ["silent", "polymorphism"]
    (row,) = (s for s in mutated[1].screened if (s.gene, s.codon) == ("ALK", 1125))
    assert row.state is State.NOT_DETECTED


def test_every_codon_of_the_set_has_a_row(mutated: tuple[Path, ScreenResult]) -> None:
    rows = [(s.gene, s.codon) for s in mutated[1].screened]
    assert rows == list(read_screen_set(KNOWLEDGE).by_codon)
    for row in mutated[1].screened:
        assert (row.limit_of_detection_vaf is None) == (row.depth == 0) == (row.vaf_high is None)
        if row.depth == 0:
            assert (row.state, row.reason) == (State.NOT_ASSESSABLE, "no fragment reads this codon")
        if row.gene == "ALK":
            assert row.state is (State.DETECTED if row.codon == 1202 else State.NOT_DETECTED)
            assert row.limit_of_detection_vaf is not None and row.limit_of_detection_vaf < 0.05


def test_split_codons_have_the_depth_of_their_neighbours(mutated: tuple[Path, ScreenResult]) -> None:
    depth = {s.codon: s.depth for s in mutated[1].screened if s.gene == "ALK"}
    for codon in (1120, 1172, 1248, 1279, 1313, 1358):
        assert depth[codon] > 0.7 * (depth[codon - 4] + depth[codon + 4]) / 2


def test_limits_beside_a_splice_allow_for_clipped_reads(mutated: tuple[Path, ScreenResult]) -> None:
    rows = {s.codon: s for s in mutated[1].screened if s.gene == "ALK"}
    inner = {s.depth: s.limit_of_detection_vaf for n, s in rows.items() if 1180 < n < 1240}
    compared = 0
    for codon in (1120, 1172, 1248, 1279, 1313, 1358):
        limit, same_depth = rows[codon].limit_of_detection_vaf, inner.get(rows[codon].depth)
        if same_depth is not None:
            assert limit is not None and limit > same_depth
            compared += 1
    assert compared


def test_vcf_records_match_the_reference(mutated: tuple[Path, ScreenResult], bench: Bench) -> None:
    with pysam.FastaFile(str(bench.folder / "genome.fa")) as fasta:
        for call in mutated[1].vcf:
            assert fasta.fetch(call.contig, call.pos - 1, call.pos - 1 + len(call.ref)).upper() == call.ref


def test_same_input_same_record(mutated: tuple[Path, ScreenResult], bench: Bench, tmp_path: Path) -> None:
    write_json(mutated[1], tmp_path / "a.json")
    write_json(bench.screen(mutated[0]), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_json(tmp_path / "a.json", ScreenResult) == mutated[1]


def test_reads_elsewhere_in_a_screened_gene_change_nothing(bench: Bench) -> None:
    """Recruiting keeps the pairs over listed exons only; the noise, and with it every state, must not depend on it."""
    library = [(transcripts.wild_type(bench.genome, gene), 3000) for gene in ("EGFR", "MET")]
    everything = Path(shutil.copy(bench.align(library, replace(PLAIN, error_rate=0.004)), bench.folder / "all.bam"))
    pysam.index(str(everything))
    listed = {"EGFR": range(18, 22), "MET": range(13, 16)}
    kept, names = set(), set()
    with pysam.AlignmentFile(str(everything)) as handle:
        for gene, exons in listed.items():
            transcript = bench.annotation[gene]
            for exon in exons:
                start, end = transcript.exons[exon - 1]
                kept |= {read.query_name for read in handle.fetch(transcript.contig, start - 1, end)}
    with pysam.AlignmentFile(str(everything)) as handle:
        part = pysam.AlignmentFile(str(bench.folder / "part.bam"), "wb", template=handle)
        for read in handle.fetch(until_eof=True):
            names.add(read.query_name)
            if read.query_name in kept:
                part.write(read)
        part.close()
    pysam.index(str(bench.folder / "part.bam"))
    assert 100 < len(kept) < 0.5 * len(names)
    assert bench.screen(bench.folder / "part.bam") == bench.screen(everything)


def test_a_change_of_one_orientation_is_filtered_and_said(mutated: tuple[Path, ScreenResult], bench: Bench) -> None:
    """G1202R without its molecules that a forward read covers."""
    site = bench.annotation["ALK"].codon_genome_positions(1202)[0]
    dropped = set()
    with pysam.AlignmentFile(str(mutated[0])) as handle:
        for read in handle.fetch(bench.annotation["ALK"].contig, site - 1, site):
            base = {r: read.query_sequence[q] for q, r in read.get_aligned_pairs(matches_only=True)}.get(site - 1)
            if base == "T" and not read.is_reverse:
                dropped.add(read.query_name)
    sided = str(bench.folder / "sided.bam")
    with pysam.AlignmentFile(str(mutated[0])) as handle, pysam.AlignmentFile(sided, "wb", template=handle) as part:
        for read in handle.fetch(until_eof=True):
            if read.query_name not in dropped:
                part.write(read)
    result = bench.screen(bench.folder / "sided.bam")
    assert result.mutations == []
    assert [v.filter for v in result.vcf if v.hgvs_c == "c.3604G>A"] == [["one_orientation"]]
    (row,) = (s for s in result.screened if (s.gene, s.codon) == ("ALK", 1202))
    assert row.state is State.NOT_DETECTED and "G1202R in" in row.reason and "(one_orientation)" in row.reason


def test_on_fusion_from_junction_reads(mutated: tuple[Path, ScreenResult], bench: Bench) -> None:
    transcript = bench.annotation["ALK"]
    site = transcript.codon_genome_positions(1202)[0]
    carriers = set()
    with pysam.AlignmentFile(str(mutated[0])) as handle:
        for read in handle.fetch(transcript.contig, site - 1, site):
            bases = {r: q for q, r in read.get_aligned_pairs(matches_only=True)[5:-5]}
            if site - 1 in bases and read.query_sequence[bases[site - 1]] == "T":
                carriers.add(read.query_name)
    fused = fusion()
    evidence = JunctionEvidence(fused.junction_id, "", 0, 0, [], sorted(carriers))
    fusions = FusionResult([fused], [evidence], IMBALANCE, [], None, [])
    (mutation,) = bench.screen(mutated[0], fusions).mutations
    assert mutation.on_fusion is not None
    assert mutation.on_fusion.state == "yes"
    assert mutation.on_fusion.fragments >= 0.8 * len(carriers)


# ---------------------------------------------------------------- indels


EXPECTED_INDELS = [
    # gene, change made, c. name reported, p. name, type, event or table row
    ("ALK", "c.3451_3453dup", "c.3451_3453dup", "p.(Thr1151dup)", "ins", "T1151ins"),
    ("EGFR", "c.2235_2249del", "c.2235_2249del", "p.(Glu746_Ala750del)", "del", "exon 19 deletion"),
    ("ERBB2", "c.2313_2324dup", "c.2313_2324dup", "p.(Tyr772_Ala775dup)", "ins", "exon 20 insertion"),
    ("ALK", "c.3604_3606del", "c.3605_3607del", "p.(Gly1202del)", "del", "G1202del"),
    ("EGFR", "c.2240_2257del", "c.2240_2257del", "p.(Leu747_Pro753delinsSer)", "del", "exon 19 deletion"),
    ("EGFR", "c.2253_2276del", "c.2253_2276del", "p.(Ser752_Ile759del)", "del", "exon 19 deletion"),
    ("EGFR", "c.2237_2255delinsT", "c.2237_2255delinsT", "p.(Glu746_Ser752delinsVal)", "delins", "exon 19 deletion"),
    ("EGFR", "c.2310_2311insGGT", "c.2310_2311insGGT", "p.(Asp770_Asn771insGly)", "ins", "exon 20 insertion"),
    ("ALK", "c.3603_3605del", "c.3603_3605del", "p.(Gly1202del)", "del", "G1202del"),  # in a run of G, no slip
    # Reads that begin inside this insertion look like c.2311_2313dup.
    ("EGFR", "c.2308_2309insCCAGCGTGGACA", "c.2308_2309insCCAGCGTGGACA", "p.(Asp770delinsAlaSerValAspAsn)", "ins",
     "exon 20 insertion"),
]  # fmt: skip


@pytest.mark.parametrize("rows", [EXPECTED_INDELS[0:3], EXPECTED_INDELS[3:5], *([row] for row in EXPECTED_INDELS[5:])])
@pytest.mark.parametrize("length", [75, 150])
def test_indels_are_found_and_named(bench: Bench, rows: list[tuple[str, ...]], length: int) -> None:
    library = [entry for row in rows for entry in bench.mixture(row[0], [row[1]], 0.15, 4000)]
    result = bench.screen(bench.align(library, replace(PLAIN, read_length=length)))
    found = {m.hgvs_c: m for m in result.mutations}
    assert sorted(found) == sorted(row[2] for row in rows)
    for gene, _, coding, protein, kind, knowledge in rows:
        mutation = found[coding]
        assert (mutation.gene, mutation.hgvs_p, mutation.type) == (gene, protein, kind)
        assert mutation.vaf == pytest.approx(0.15, abs=0.12)
        assert mutation.knowledge is not None
        assert knowledge in (mutation.knowledge.mutation, mutation.knowledge.event)
        events = {(b.gene, b.event): b for b in result.bypass}
        if gene != "ALK":
            assert events[gene, knowledge].state is State.DETECTED
            assert events[gene, knowledge].alt_fragments == mutation.alt_fragments


@pytest.mark.parametrize(("change", "short"), [("c.3466_3467delinsAC", "C1156T"), ("c.3466_3468delinsATG", "C1156M")])
def test_changed_bases_of_a_codon_are_one_change(bench: Bench, change: str, short: str) -> None:
    result = bench.screen(bench.align(bench.mixture("ALK", [change], 0.2, 9000), PLAIN))
    assert [(m.short, m.type, m.hgvs_c) for m in result.mutations] == [(short, "mnv", change)]
    assert len(result.vcf) == 1  # no second record from an aligner that opens a gap there


@pytest.mark.parametrize(("paired", "length"), [(True, 100), (False, 75), (False, 150)])
def test_exon_skipping_is_a_junction(bench: Bench, paired: bool, length: int) -> None:
    """Aligners clip or bend reads over a splice they do not know: these must count as often as the usual ones."""
    plain = transcripts.wild_type(bench.genome, "MET")
    skipped = transcripts.exon_skipping(bench.genome, "MET", [14])
    settings = replace(PLAIN, paired=paired, read_length=length)
    for library, state in (([(plain, 9000)], State.NOT_DETECTED), ([(plain, 6750), (skipped, 2250)], State.DETECTED)):
        result = bench.screen(bench.align(library, settings))
        (track,) = (b for b in result.bypass if b.kind == "exon_skipping")
        assert (track.gene, track.event, track.state) == ("MET", "exon 14 skipping", state)
        assert track.depth is not None and track.depth > 50
        assert track.limit_of_detection is not None and track.limit_of_detection < 0.2
        if state is State.DETECTED:
            assert track.alt_fragments == pytest.approx(0.25 * track.depth, abs=4 * (track.depth * 0.1875) ** 0.5)


# ---------------------------------------------------------------- phase


@pytest.mark.parametrize("relation", ["cis", "trans"])
def test_phase_of_two_changes(bench: Bench, relation: str) -> None:
    first, second = "c.3604G>A", "c.3586C>A"  # G1202R, L1196M
    sets = [[first, second]] if relation == "cis" else [[first], [second]]
    plain = transcripts.wild_type(bench.genome, "ALK")
    carriers = [(transcripts.with_changes(bench.genome, plain, "ALK", one), 1000) for one in sets]
    result = bench.screen(bench.align([(plain, 20_000 - 1000 * len(sets)), *carriers], PLAIN))
    assert [m.short for m in result.mutations] == ["L1196M", "G1202R"]
    for mutation, other in zip(result.mutations, ("p.(Gly1202Arg)", "p.(Leu1196Met)"), strict=True):
        (link,) = mutation.phase
        assert (link.with_, link.relation) == (f"ALK {other}", relation)
        assert link.p_value is not None and link.p_value <= phase.PHASE_P


# ---------------------------------------------------------------- what cannot be assessed


def test_a_sample_without_reads_is_not_assessable(bench: Bench, tmp_path: Path) -> None:
    empty = tmp_path / "empty.bam"
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": bench.annotation["ALK"].contig, "LN": 10}]}
    pysam.AlignmentFile(str(empty), "wb", header=header).close()
    result = bench.screen(empty)
    assert result.mutations == [] and result.vcf == []
    assert {s.state for s in result.screened} == {State.NOT_ASSESSABLE}
    assert {b.state for b in result.bypass} == {State.NOT_ASSESSABLE}
    assert all(s.limit_of_detection_vaf is None for s in result.screened)
    write_json(result, tmp_path / "mutations.json")


def test_deep_single_reads_keep_their_fractions_and_say_what_limits_the_depth(bench: Bench) -> None:
    """Single reads are told apart by start and strand only: most of a deep sample share theirs with others."""
    library = [(transcripts.wild_type(bench.genome, "KRAS"), 90_000)]
    changed = transcripts.with_changes(bench.genome, library[0][0], "KRAS", ["c.34G>T"])
    result = bench.screen(bench.align([*library, (changed, 10_000)], replace(PLAIN, paired=False)))
    (mutation,) = result.mutations
    assert (mutation.short, mutation.depth <= 200) == ("G12C", True)
    assert mutation.vaf_low < 0.1 < mutation.vaf_high
    deleted = bench.screen(
        bench.align(bench.mixture("EGFR", ["c.2235_2249del"], 0.1, 90_000), replace(PLAIN, paired=False))
    )
    (deletion,) = deleted.mutations
    assert deletion.vaf_low < 0.1 < deletion.vaf_high  # an indel moves no end that tells reads apart
    assert any("share their ends" in note for note in result.notes)


def test_a_gene_that_is_missing_is_said(bench: Bench, mutated: tuple[Path, ScreenResult], tmp_path: Path) -> None:
    lines = (bench.folder / "annotation.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "annotation.tsv").write_text("".join(line for line in lines if not line.startswith("RB1\t")))
    result = screen_sample(
        mutated[0], bench.folder / "genome.fa", tmp_path / "annotation.tsv", PANEL, KNOWLEDGE, NO_FUSIONS,
        ScreenSettings(), None, "wts", None,
    )  # fmt: skip
    assert {s.state for s in result.screened if s.gene == "RB1"} == {State.NOT_ASSESSABLE}
    assert any(note.startswith("RB1:") for note in result.notes)
    assert [m.short for m in result.mutations] == ["G1202R"]


def test_a_track_says_what_share_of_it_was_screened(bench: Bench) -> None:
    bam = bench.align([(transcripts.wild_type(bench.genome, "RB1"), 8000)], PLAIN)
    whole = bench.screen(bam)
    blind = frozenset(("RB1", codon) for codon in (500, 501, 700))
    states = {s.codon: s for s in bench.screen(bam, blind=blind).screened if s.gene == "RB1"}
    assert {n for n, s in states.items() if s.state is State.NOT_ASSESSABLE} >= {500, 501, 700}
    assert "repeated elsewhere" in states[500].reason and states[500].depth > 0
    (track,) = (b for b in bench.screen(bam, blind=blind).bypass if b.gene == "RB1")
    seen = sum(s.state is State.NOT_DETECTED for s in states.values())
    assert track.state is State.NOT_ASSESSABLE
    assert f"no change at {seen} of 928 codons (limit of detection up to " in track.reason
    assert "500-501, 700" in track.reason
    (before,) = (b for b in whole.bypass if b.gene == "RB1")
    missed = [s.codon for s in whole.screened if s.gene == "RB1" and s.state is State.NOT_ASSESSABLE]
    assert (before.state is State.NOT_ASSESSABLE) == bool(missed)


def test_a_wrong_reference_residue_is_not_assessable(
    bench: Bench, mutated: tuple[Path, ScreenResult], tmp_path: Path
) -> None:
    for name in ("hotspots.tsv", "bypass.tsv", "domains.tsv", "alk_kinase_mutations.tsv", "polymorphisms.tsv"):
        shutil.copy(KNOWLEDGE / name, tmp_path / name)
    with (tmp_path / "hotspots.tsv").open("a") as table:
        table.write("ALK\t1400\t29\tW1400R\t\tkinase_domain\tW1400R\tunknown\trecalled\t\n")
    result = bench.screen(mutated[0], knowledge=tmp_path)
    (row,) = (s for s in result.screened if s.codon == 1400 and s.gene == "ALK")
    assert row.state is State.NOT_ASSESSABLE and "the table expects W" in row.reason


def test_primers_of_an_amplicon_library_are_not_screened(
    bench: Bench, mutated: tuple[Path, ScreenResult], tmp_path: Path
) -> None:
    transcript = bench.annotation["ALK"]
    site = transcript.codon_genome_positions(1202)[1]
    bed = tmp_path / "primers.bed"
    bed.write_text(f"{transcript.contig}\t{site - 12}\t{site + 12}\tALK_23\tprimer\n")
    result = bench.screen(mutated[0], library="amplicon", targets_bed=bed)
    assert result.mutations == []
    assert any("reads, not molecules" in note for note in result.notes)


# ---------------------------------------------------------------- noise and real reads


@pytest.mark.parametrize(("length", "error", "paired"), [(75, 0.005, True), (100, 0.002, False), (150, 0.001, True)])
def test_no_false_call_from_reads(bench: Bench, length: int, error: float, paired: bool) -> None:
    settings = ReadSettings(read_length=length, error_rate=error, paired=paired, duplicates=0.2)
    library = [(transcripts.wild_type(bench.genome, gene), 3000) for gene in ("ALK", "EGFR", "TP53", "MET")]
    result = bench.screen(bench.align(library, settings))
    assert result.mutations == []
    assert not [b.event for b in result.bypass if b.state is State.DETECTED]


@pytest.mark.slow
def test_real_anchored_pcr_reads_give_no_mutation(shared: Path, tmp_path: Path) -> None:
    real = shared / "real"
    with gzip.open(real / "grch38_chr2_sparse.fa.gz") as source, (tmp_path / "genome.fa").open("wb") as target:
        shutil.copyfileobj(source, target)
    prepare_annotation(
        tmp_path / "genome.fa", real / "grch38_chr2_sparse.gtf.gz", PANEL, tmp_path / "annotation.tsv",
        tmp_path / "junctions.bed",
    )  # fmt: skip
    build_index(tmp_path / "genome.fa", tmp_path / "genome.mmi", 2)
    with (tmp_path / "reads.fq").open("wb") as output:
        mates = [gzip.decompress((real / f"amp_v3_R{mate}.fastq.gz").read_bytes()).splitlines() for mate in (1, 2)]
        rows = np.stack([np.array(lines, dtype=object).reshape(-1, 4) for lines in mates], 1).reshape(-1)
        output.write(b"\n".join(rows.tolist()) + b"\n")
    bam = tmp_path / "reads.bam"
    mmi, junctions = tmp_path / "genome.mmi", tmp_path / "junctions.bed"
    reference = {"index": mmi, "junctions": junctions}
    align_reads(tmp_path / "reads.fq", reference, bam, way="whole", paired=True, sample="amp", threads=2)
    result = screen_sample(
        bam, tmp_path / "genome.fa", tmp_path / "annotation.tsv", PANEL, KNOWLEDGE, NO_FUSIONS, ScreenSettings(),
        "::umi:([ACGTN+]+)", "amplicon", None,
    )  # fmt: skip
    assert result.mutations == []
    assert {v.hgvs_c: v.filter for v in result.vcf}["c.3375C>A"] == ["silent", "polymorphism"]
