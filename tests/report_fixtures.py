"""Hand-made reports, stage records, reference and reads for the tests of the views.

The reference is random sequence with the real exon lengths and coding starts of EML4 and ALK, so that exon numbers,
frames and codon positions are the real ones while the bases are not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pysam

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.model.records import (
    BypassEvent,
    CoverageBin,
    Finding,
    Fusion,
    FusionResult,
    Imbalance,
    JunctionEvidence,
    Locus,
    Mutation,
    OnFusion,
    PhaseLink,
    PileupRead,
    Report,
    SampleInfo,
    ScreenedCodon,
    ScreenResult,
    SidePair,
    State,
    Support,
    TkiCall,
    VcfCall,
    Verdict,
)
from alktrace.report.stage import write_views
from alktrace.runtime import serialise

KNOWLEDGE = Path(__file__).parents[1] / "resources" / "knowledge"
HOSTILE = "<script>alert(1)</script>"
HOSTILE_CONTIG = 'chr2<b>"x"</b>'
EML4_EXONS = (
    287,
    183,
    130,
    174,
    129,
    26,
    124,
    150,
    70,
    111,
    96,
    135,
    136,
    152,
    126,
    132,
    68,
    89,
    98,
    88,
    99,
    131,
    2815,
)
ALK_EXONS = (
    *(1574, 120, 165, 202, 128, 132, 132, 101, 170, 95, 129, 163, 151, 132, 145, 183, 99, 153, 105),
    *(187, 91, 65, 130, 98, 93, 102, 135, 91, 1149),
)
INTRON = 200
MICROEXON = "".join(random.Random(33).choices("CGT", k=33))
DRUGS = ("crizotinib", "ceritinib", "alectinib", "brigatinib", "lorlatinib", "ensartinib", "entrectinib")
RESISTANT = ("crizotinib", "ceritinib", "alectinib", "brigatinib")
GAINOR = {"id": "PMID:27432227", "title": "Gainor 2016", "verified": "recalled"}
CHOI = {"id": "PMID:18593892", "title": "Choi 2008", "verified": "page"}


@dataclass
class Case:
    """Files of one sample, ready for `views.write_views`."""

    report: Path
    fusions: Path
    screen: Path
    bam: Path
    fasta: Path
    annotation: Path

    def write_views(self, out: Path, knowledge: Path = KNOWLEDGE, **settings: Any) -> None:
        """All views of the sample into `out`."""
        inputs = (self.report, self.fusions, self.screen, self.bam, self.fasta, self.annotation)
        write_views(*inputs, knowledge, out, {"max_lod_vaf": 0.2, "evidence_view": False, **settings})


def _transcript(
    gene: str, name: str, contig: str, strand: str, start: int, lengths: tuple[int, ...], cds: tuple[int, int]
) -> Transcript:
    spans, at = [], start
    for length in lengths if strand == "+" else lengths[::-1]:
        spans.append((at, at + length - 1))
        at += length + INTRON
    ordered = tuple(spans if strand == "+" else spans[::-1])
    return Transcript(gene, f"G_{gene}", "protein_coding", name, contig, strand, ordered, cds)


def transcripts(contig: str = "chr2") -> tuple[Transcript, Transcript]:
    """EML4 on the + strand and ALK on the - strand of one small contig."""
    alk_start = sum(ALK_EXONS[:19]) + 1 - 3172
    alk = _transcript("ALK", "ENST00000389048.7", contig, "-", 1001, ALK_EXONS, (alk_start, alk_start + 1620 * 3 - 1))
    eml4_start = EML4_EXONS[0] - 24
    eml4 = _transcript(
        "EML4", "ENST00000318522.10", contig, "+", 21001, EML4_EXONS, (eml4_start, eml4_start + 981 * 3 - 1)
    )
    return eml4, alk


def write_reference(folder: Path, contig: str = "chr2") -> tuple[Path, Path]:
    """FASTA (indexed) and annotation table; coding sequences have no stop codon inside."""
    generator = random.Random(7)
    bases = generator.choices("ACGT", k=40_000)
    for transcript in transcripts(contig):
        assert transcript.cds
        first, last = transcript.cds
        codons = generator.choices(("GCT", "CTG", "AAG", "GAC", "TCC", "GGA", "ATC", "CGT"), k=(last - first + 1) // 3)
        for position, base in enumerate("".join(codons), first):
            at = transcript.to_genome(position)
            bases[at - 1] = base if transcript.forward else reverse_complement(base)
    fasta, annotation = folder / "genome.fa", folder / "annotation.tsv"
    fasta.write_text(f">{contig}\n{''.join(bases)}\n>chrUn_1\n{'ACGT' * 100}\n", encoding="utf-8")
    pysam.faidx(str(fasta))
    Annotation(transcripts(contig)).save(annotation)
    return fasta, annotation


def eml4_alk(
    fasta: Path, variant: str, insert: str, contig: str = "chr2", label: str | None = None
) -> tuple[Fusion, JunctionEvidence]:
    """EML4 exon 6 to ALK exon 20 with `insert` between, and the reads drawn for it."""
    eml4, alk = transcripts(contig)
    genome = Genome(fasta)
    left = genome.spliced(eml4)[: eml4.exon_end(6)]
    right = genome.spliced(alk)[alk.exon_start(20) - 1 :]
    assert eml4.cds and alk.cds
    coding = left[eml4.cds[0] - 1 :] + insert + right[: alk.cds[1] + 3 - alk.exon_start(20) + 1]
    event = f"EML4::ALK:{eml4.last_base(6)}:{alk.first_base(20)}:{len(insert)}"
    fusion = Fusion(
        name="EML4::ALK",
        kind="kinase_fusion",
        event_id=event,
        variant=variant,
        notation="E6;ins33A20" if insert else "E6;A20",
        five_prime=Locus("EML4", eml4.transcript_id, 6, contig, eml4.last_base(6), "+"),
        three_prime=Locus("ALK", alk.transcript_id, 20, contig, alk.first_base(20), "-"),
        inserted_sequence=insert,
        retained_intron_bases=SidePair(0, 0),
        untemplated_sequence="",
        microhomology=0,
        deleted_bases=SidePair(0, 0),
        structure_complete=True,
        frame="in_frame",
        premature_stop=False,
        kinase_domain_retained=True,
        tape_domain="none",
        sequence=coding,
        protein="M" * (len(coding) // 3),
        support=Support(17 if insert else 6, 4, 19 if insert else 7),
        confidence="high" if insert else "medium",
        evidence_note="",
        knowledge={
            "variant": variant,
            "length_class": "short",
            "reference": "PMID:18593892",
            "verified": "page",
            "conflict_note": "Paper prints one symbol E6;A20 for both; V3a has no insert, V3b carries 33 extra bases",
        },
    )
    sequence = left[-60:] + insert + right[:60]
    reads = [
        PileupRead(f"read{n}" if label is None else label, n * 3, sequence[n * 3 : n * 3 + 75], n % 2 == 1)
        for n in range(12)
    ]
    return fusion, JunctionEvidence(event, sequence, 60, 60 + len(insert), reads, [r.name for r in reads])


def g1202r() -> Mutation:
    return Mutation(
        gene="ALK",
        transcript="NM_004304.5",
        hgvs_c="c.3604G>A",
        hgvs_p="p.(Gly1202Arg)",
        short="G1202R",
        codon=1202,
        type="snv",
        depth=412,
        ref_fragments=349,
        alt_fragments=63,
        vaf=0.1529,
        vaf_low=0.1212,
        vaf_high=0.1909,
        p_value=1.2e-60,
        phase=[PhaseLink("ALK p.(Leu1196Met)", "cis", {"cis": 40, "trans_a": 1, "trans_b": 0, "neither": 300}, 1e-9)],
        on_fusion=OnFusion("yes", 14, "14 fragments cover the junction and the codon"),
        knowledge={"class": "resistance", "reference": "PMID:27432227", "verified": "recalled", "note": ""},
    )


def screened(depth: int) -> list[ScreenedCodon]:
    codons = []
    for codon in range(1116, 1393):
        here = max(depth - abs(codon - 1200), 0) if depth else 0
        limit = min(1.0, 6.3 / here) if here else None
        state = State.NOT_ASSESSABLE if limit is None or limit > 0.2 else State.NOT_DETECTED
        reason = "" if state is State.NOT_DETECTED else f"depth {here}: the limit of detection is above 20%"
        alternate = 0
        if codon == 1202 and depth:
            state, alternate = State.DETECTED, 63
        codons.append(ScreenedCodon("ALK", codon, here, alternate, 3 / here if here else None, limit, state, reason))
    return codons


def tki(call_for_resistant: str) -> list[TkiCall]:
    calls = []
    for drug in DRUGS:
        if call_for_resistant == "not_applicable":
            calls.append(TkiCall(drug, "not_applicable", ["No ALK kinase fusion was detected."], [], []))
            continue
        call = call_for_resistant if drug in RESISTANT else "unknown"
        evidence: list[dict[str, Any]] = [
            {
                "kind": "clinical",
                "change": "G1202R",
                "text": f"{call} reported",
                "reference": "PMID:28122866",
                "verified": "page",
            },
            {
                "kind": "in_vitro",
                "change": "G1202R",
                "text": "IC50 381.6 nM (transcribed, not verified against the publication)",
                "reference": "PMID:27432227",
                "verified": "recalled",
            },
        ]
        calls.append(TkiCall(drug, call, ["G1202R"], evidence, [GAINOR]))
    return calls


def bypass(state: State) -> list[BypassEvent]:
    reason = "" if state is State.NOT_DETECTED else "depth 0"
    depth = 350 if state is State.NOT_DETECTED else 0
    limit = 0.018 if depth else None
    rows = [
        ("EGFR", "L858R", "mutation"),
        ("EGFR", "T790M", "mutation"),
        ("KRAS", "G12", "mutation"),
        ("MET", "exon 14 skipping", "exon_skipping"),
        ("ROS1", "kinase fusion", "fusion"),
        ("MET", "amplification", "amplification"),
    ]
    events = []
    for gene, event, kind in rows:
        hidden = kind == "amplification"
        events.append(
            BypassEvent(
                gene,
                event,
                kind,
                State.NOT_ASSESSABLE if hidden else state,
                None if hidden else depth,
                None if hidden else 0,
                None if hidden else limit,
                "RNA does not show copy number" if hidden else reason,
                [{"id": "PMID:22235099", "title": "Doebele 2012", "verified": "page"}],
            )
        )
    return events


def qc(depth: int) -> dict[str, Any]:
    return {
        "pairs_total": 52_345 if depth else 0,
        "pairs_recruited": 2_011 if depth else 0,
        "q30": 0.943 if depth else None,
        "read_length": 100 if depth else None,
        "duplicate_fraction": 0.21 if depth else None,
        "control_fragments": 812 if depth else 0,
        "alk_imbalance": {
            "five_prime": 4 if depth else 0,
            "three_prime": 240 if depth else 0,
            "ratio": 60.0 if depth else None,
            "p_value": 1e-50 if depth else None,
            "state": "detected" if depth else "not_assessable",
        },
        "error_rates": {"C>T": 0.0011, "G>A": 0.0009, "A>C": 0.0002} if depth else {},
        "call_alpha": 2.1e-6,
    }


def provenance() -> dict[str, Any]:
    return {
        "workflow_version": "0.1.0",
        "config_digest": "sha256:0f3a",
        "inputs": {"fq1": "sha256:aa11", "fq2": "sha256:bb22", "fasta": "sha256:cc33", "gtf": "sha256:dd44"},
        "tools": {"minimap2": "2.30", "pysam": "0.24.1"},
    }


def build(
    folder: Path,
    kind: str,
    patient: str = "P01",
    timepoint: str = "baseline",
    contig: str = "chr2",
    label: str | None = None,
) -> tuple[Case, Report]:
    """Write one sample's files. `kind`: fusion | negative | empty."""
    folder.mkdir(parents=True, exist_ok=True)
    fasta, annotation = write_reference(folder, contig)
    depth = 0 if kind == "empty" else 400
    fusions: list[Fusion] = []
    evidence: list[JunctionEvidence] = []
    if kind == "fusion":
        for variant, insert in (("V3b", MICROEXON), ("V3a", "")):
            fusion, drawn = eml4_alk(fasta, variant, insert, contig, label)
            fusions.append(fusion)
            evidence.append(drawn)
    if label is not None:
        fusions = [replace(f, name=f"{label}::ALK", five_prime=replace(f.five_prime, gene=label)) for f in fusions]
    mutations = [g1202r()] if kind == "fusion" else []
    codons = screened(depth)
    if kind == "negative":
        codons = [replace(c, state=State.NOT_DETECTED, alt_fragments=0) if c.codon == 1202 else c for c in codons]
    state = {"fusion": State.DETECTED, "negative": State.NOT_DETECTED, "empty": State.NOT_ASSESSABLE}[kind]
    track = State.NOT_ASSESSABLE if kind == "empty" else State.NOT_DETECTED
    verdict = {
        "fusion": Verdict(
            Finding(State.DETECTED, "EML4::ALK V3b and V3a, in frame, high confidence", None),
            Finding(State.DETECTED, "G1202R, 63 of 412 fragments (15%)", 0.016),
            Finding(State.NOT_DETECTED, "no bypass event among 5 assessed; 1 not assessable", 0.018),
            "EML4::ALK V3b and V3a (E6;ins33A20, E6;A20) with ALK G1202R.",
        ),
        "negative": Verdict(
            Finding(State.NOT_DETECTED, "no ALK kinase fusion", 0.0058),
            Finding(State.NOT_DETECTED, "no change called in 277 codons", 0.02),
            Finding(State.NOT_DETECTED, "no bypass event among 5 assessed; 1 not assessable", 0.018),
            "No ALK rearrangement was detected.",
        ),
        "empty": Verdict(
            Finding(State.NOT_ASSESSABLE, "no control fragments: 0 of at least 100", None),
            Finding(State.NOT_ASSESSABLE, "no read covers the kinase domain", None),
            Finding(State.NOT_ASSESSABLE, "no read covers a bypass hotspot", None),
            "The sample could not be assessed: it holds no usable reads.",
        ),
    }[kind]
    imbalance = Imbalance(4, 240, 60.0, 1e-50, state, "") if depth else Imbalance(0, 0, None, None, state, "no reads")
    report = Report(
        "1.0",
        SampleInfo("S1", patient, timepoint, "rna", "wts"),
        verdict,
        fusions,
        mutations,
        codons,
        tki("resistant" if kind == "fusion" else "not_applicable"),
        bypass(track),
        qc(depth),
        provenance(),
    )
    _, alk = transcripts(contig)
    vcf = []
    if kind == "fusion":
        a, _, _ = alk.codon_genome_positions(1202)
        reference = Genome(fasta).fetch(contig, a, a)
        other = next(b for b in "ACGT" if b != reference)
        vcf = [
            VcfCall(contig, a, reference, other, [], "ALK", "c.3604G>A", "p.(Gly1202Arg)", 412, 63, 0.1529, 1.2e-60),
            VcfCall(
                contig,
                a - 1,
                Genome(fasta).fetch(contig, a - 1, a - 1),
                "<DEL>" if label else "A" if Genome(fasta).fetch(contig, a - 1, a - 1) != "A" else "C",
                ["ffpe"],
                "ALK",
                "c.3605G>A",
                "p.(Gly1202Glu)",
                410,
                3,
                0.0073,
                1e-4,
                "C>T at low VAF; one strand",
            ),
        ]
        if label:
            vcf.pop()
    result = FusionResult(
        fusions,
        evidence,
        imbalance,
        [CoverageBin(n, 0.0 if not depth else 240.0 if n >= 20 and kind == "fusion" else 4.0) for n in range(1, 30)],
        4.7 / 812 if depth else None,
        [] if depth else ["no reads were recruited"],
    )
    screen = ScreenResult(mutations, codons, report.bypass, vcf, report.qc["error_rates"], report.qc["call_alpha"], [])
    case = Case(
        folder / "report.json",
        folder / "fusions.json",
        folder / "screen.json",
        folder / "evidence.bam",
        fasta,
        annotation,
    )
    serialise.write_json(report, case.report)
    serialise.write_json(result, case.fusions)
    serialise.write_json(screen, case.screen)
    write_bam(case.bam, fasta, alk if kind == "fusion" else None, label)
    return case, report


def write_bam(path: Path, fasta: Path, alk: Transcript | None, label: str | None) -> None:
    """Twenty reads over ALK exon 23 (codon 1202), or none."""
    genome = Genome(fasta)
    header = {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": n, "LN": length} for n, length in genome.lengths.items()],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        if alk is not None:
            start = alk.exons[22][0]
            for number in range(20):
                read = pysam.AlignedSegment(handle.header)
                read.query_name = label or f"read{number}"
                read.query_sequence = genome.fetch(alk.contig, start + number, start + number + 74)
                read.flag, read.reference_id, read.reference_start = 0, 0, start + number - 1
                read.cigartuples, read.mapping_quality = [(0, 75)], 60
                read.query_qualities = pysam.qualitystring_to_array("I" * 75)
                handle.write(read)
    pysam.index(str(path))
