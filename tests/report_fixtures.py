"""Hand-made reports, stage records, reference and reads for the tests of the views.

The reference is random sequence with the real exon lengths and coding starts of EML4 and ALK, so that exon numbers,
frames and codon positions are the real ones while the bases are not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pysam
from msgspec.structs import replace

from alktrace.genome.fasta import Genome
from alktrace.genome.sequence import reverse_complement
from alktrace.genome.transcripts import Annotation, Transcript
from alktrace.model.records import (
    SCHEMA_VERSION,
    BypassEvent,
    ChangeKnowledge,
    CoverageBin,
    Evidence,
    FileRecord,
    Finding,
    Fusion,
    FusionKnowledge,
    FusionResult,
    Imbalance,
    JunctionEvidence,
    Locus,
    Mutation,
    OnFusion,
    PhaseFragments,
    PhaseLink,
    PileupRead,
    Provenance,
    Qc,
    Reference,
    Report,
    SampleInfo,
    ScreenedCodon,
    ScreenResult,
    SidePair,
    Support,
    TkiCall,
    VcfCall,
    Verdict,
    WorkflowVersion,
)
from alktrace.model.vocabulary import (
    Assay,
    Call,
    Carried,
    ChangeType,
    Confidence,
    EvidenceKind,
    Frame,
    Kind,
    Library,
    Match,
    Relation,
    State,
    TrackKind,
)
from alktrace.report.files import EVIDENCE, VIEWS
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
GAINOR = Reference("PMID:27432227", "Gainor 2016", "recalled")


@dataclass
class Case:
    """Files of one sample, ready for `views.write_views`."""

    report: Path
    fusions: Path
    screen: Path
    bam: Path
    fasta: Path
    annotation: Path

    def write_views(self, out: Path, knowledge: Path = KNOWLEDGE, **settings: object) -> None:
        """All views of the sample into `out`."""
        inputs = (self.report, self.fusions, self.screen, self.bam, self.fasta, self.annotation)
        shown = {"max_lod_vaf": 0.2, "evidence_view": False, **settings}
        files = {**VIEWS, **(EVIDENCE if shown["evidence_view"] else {})}
        write_views(*inputs, knowledge, {name: out / file for name, file in files.items()}, shown)


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
        kind=Kind.KINASE_FUSION,
        junction_id=f"J{len(insert)}",
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
        frame=Frame.IN_FRAME,
        premature_stop=False,
        kinase_domain_retained=True,
        tape_domain="none",
        sequence=coding,
        protein="M" * (len(coding) // 3),
        support=Support(17 if insert else 6, 4, 19 if insert else 7),
        confidence=Confidence.HIGH if insert else Confidence.MEDIUM,
        evidence_note="",
        knowledge=FusionKnowledge(
            match=Match.STRUCTURE,
            key=variant,
            length_class="short",
            reference="PMID:18593892",
            verified="page",
            conflict_note="Paper prints one symbol E6;A20 for both; V3a has no insert, V3b carries 33 extra bases",
        ),
    )
    sequence = left[-60:] + insert + right[:60]
    reads = [
        PileupRead(f"read{n}" if label is None else label, n * 3, sequence[n * 3 : n * 3 + 75], n % 2 == 1)
        for n in range(12)
    ]
    return fusion, JunctionEvidence(fusion.junction_id, sequence, 60, 60 + len(insert), reads, [r.name for r in reads])


def g1202r() -> Mutation:
    return Mutation(
        gene="ALK",
        transcript="NM_004304.5",
        hgvs_c="c.3604G>A",
        hgvs_p="p.(Gly1202Arg)",
        short="G1202R",
        codon=1202,
        type=ChangeType.SNV,
        depth=412,
        ref_fragments=349,
        alt_fragments=63,
        vaf=0.1529,
        vaf_low=0.1212,
        vaf_high=0.1909,
        p_value=1.2e-60,
        phase=[PhaseLink("ALK p.(Leu1196Met)", Relation.CIS, PhaseFragments(40, 1, 0, 300), 1e-9)],
        on_fusion=OnFusion(Carried.YES, 14, "14 fragments cover the junction and the codon"),
        knowledge=ChangeKnowledge(class_="resistance", reference="PMID:27432227", verified="recalled"),
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


def tki(call_for_resistant: Call) -> list[TkiCall]:
    calls = []
    for drug in DRUGS:
        if call_for_resistant == Call.NOT_APPLICABLE:
            calls.append(TkiCall(drug, Call.NOT_APPLICABLE, ["No ALK kinase fusion was detected."], [], []))
            continue
        call = call_for_resistant if drug in RESISTANT else Call.UNKNOWN
        evidence = [
            _evidence(EvidenceKind.CLINICAL, f"{call} reported", "PMID:28122866", "page"),
            _evidence(
                EvidenceKind.IN_VITRO,
                "IC50 381.6 nM",
                "PMID:27432227",
                "recalled",
            ),
        ]
        calls.append(TkiCall(drug, call, ["G1202R"], evidence, [GAINOR]))
    return calls


def _evidence(kind: EvidenceKind, text: str, reference: str, verified: str) -> Evidence:
    return Evidence(
        row=f"{kind}:G1202R",
        kind=kind,
        change="G1202R",
        call="reported_resistance",
        text=text,
        value=None,
        unit=None,
        reference=reference,
        verified=verified,
        level=None,
        disease="lung cancer",
        note="",
        conflict="",
    )


def bypass(state: State) -> list[BypassEvent]:
    reason = "" if state is State.NOT_DETECTED else "depth 0"
    depth = 350 if state is State.NOT_DETECTED else 0
    limit = 0.018 if depth else None
    rows = [
        ("EGFR", "L858R", TrackKind.MUTATION),
        ("EGFR", "T790M", TrackKind.MUTATION),
        ("KRAS", "G12", TrackKind.MUTATION),
        ("MET", "exon 14 skipping", TrackKind.EXON_SKIPPING),
        ("ROS1", "kinase fusion", TrackKind.FUSION),
        ("MET", "amplification", TrackKind.AMPLIFICATION),
    ]
    events = []
    for gene, event, kind in rows:
        hidden = kind == TrackKind.AMPLIFICATION
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
                [Reference("PMID:22235099", "Doebele 2012", "page")],
            )
        )
    return events


def qc(depth: int, imbalance: Imbalance) -> Qc:
    return Qc(
        pairs_total=52_345 if depth else 0,
        pairs_recruited=2_011 if depth else 0,
        paired=True,
        q30=0.943 if depth else None,
        read_length=100 if depth else None,
        duplicate_fraction=0.21 if depth else None,
        control_fragments=812 if depth else 0,
        control_by_gene={"GUSB": 812} if depth else {},
        adapter_trimmed=0,
        alk_imbalance=imbalance,
        error_rates={"C>T": 0.0011, "G>A": 0.0009, "A>C": 0.0002} if depth else {},
        call_alpha=2.1e-6,
        junction_limit=4.7 / 812 if depth else None,
        notes=[],
    )


def provenance() -> Provenance:
    return Provenance(
        workflow=WorkflowVersion("alktrace", "0.1.0"),
        settings={"aligner": "minimap2"},
        settings_sha256="0f3a",
        reference={"fasta": FileRecord("genome.fa", "cc33"), "gtf": FileRecord("genes.gtf", "dd44")},
        reads={"fq1": FileRecord("s_1.fq.gz", "aa11"), "fq2": FileRecord("s_2.fq.gz", "bb22")},
        tools={"minimap2": "2.30", "pysam": "0.24.1"},
        knowledge={"drugs.tsv": "ee55"},
    )


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
        schema_version=SCHEMA_VERSION,
        sample=SampleInfo("S1", patient, timepoint, Assay.RNA, Library.WTS),
        verdict=verdict,
        fusions=fusions,
        mutations=mutations,
        screened=codons,
        tki=tki(Call.RESISTANT if kind == "fusion" else Call.NOT_APPLICABLE),
        bypass=bypass(track),
        failure_list=[],
        direct_junctions=[],
        dismissed_junctions=[],
        qc=qc(depth, imbalance),
        provenance=provenance(),
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
    screen = ScreenResult(mutations, codons, report.bypass, vcf, report.qc.error_rates, report.qc.call_alpha, [])
    case = Case(
        folder / "report.json",
        folder / "fusions.json",
        folder / "mutations.json",
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
