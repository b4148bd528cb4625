"""Records handed from stage to stage, and the records of report.json, of which the report's JSON Schema is made.

Every stage writes one of these as JSON (`runtime/serialise.py`) and the next stage reads it back typed. Positions are
1-based and inclusive unless a field says otherwise; "fragment" is one original molecule (by UMI, else by both fragment
ends). Words of closed lists stand in `vocabulary.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from .vocabulary import (
    Assay,
    BamReading,
    Call,
    Carried,
    ChangeType,
    Confidence,
    EventType,
    EvidenceKind,
    Frame,
    Kind,
    Library,
    Match,
    Relation,
    Specimen,
    State,
    TrackKind,
)

SCHEMA_VERSION: Literal["2.0"] = "2.0"

Count = Annotated[int, Meta(ge=0)]
Position = Annotated[int, Meta(ge=1)]
Number = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Bases = Annotated[str, Meta(pattern="^[ACGTN]*$")]
Strand = Annotated[str, Meta(pattern="^[+-]$", description="strand of the transcript")]
SampleName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Scalar = str | int | float | bool | None


class Record(Struct, forbid_unknown_fields=True, gc=False):
    """What all records share: a key that no field knows is an error. Records hold no cycles."""


# ---------------------------------------------------------------- recruit
class BamInput(Record, kw_only=True):
    """What was taken out of a BAM or CRAM given as input."""

    file: str
    reading: BamReading
    records: Annotated[Count | None, Meta(description="alignments in the file as its index counts them")]
    pairs: Count
    single_reads: Annotated[Count, Meta(description="reads that are none of a pair")]
    lost_mates: Annotated[Count, Meta(description="of these, reads whose mate is not in the file")]
    repeated_names: Annotated[Count, Meta(description="names that several pairs or reads bear")]
    without_bases: Count
    left_out: Annotated[Count, Meta(description="single reads, or pairs but for their first mates, that are not used")]


class RecruitStats(Record):
    """Counters of one pass over the FASTQ. For single-end input a "pair" is one read."""

    paired: bool
    pairs_total: Count
    pairs_recruited: Count
    bases_total: Count
    q30_bases: Count
    read_length_counts: dict[int, int]  # read length -> reads
    duplicate_fraction: float | None  # estimate from sampled pairs; None without pairs
    control_pairs: Count  # pairs of control genes (counted, not kept)
    control_fragments: Count  # unique ones (estimate by linear counting of both fragment ends)
    control_by_gene: dict[str, int]
    direct_junctions: dict[str, int]  # catalogued junction id -> pairs with its exact k-mers (independent scan)
    adapter_trimmed: Count  # recruited reads cut for adapter read-through
    bams: list[BamInput] = []


# ---------------------------------------------------------------- what is cited
class Reference(Record):
    """A publication behind a statement, as a table row cites it."""

    id: str  # "PMID:27432227"
    title: str = ""
    verified: Annotated[str, Meta(description="page: read on the source page; recalled: not")] = "unknown"
    note: str = ""


class Alias(Record):
    """Another published name of the same transcript."""

    name: str
    note: str
    reference: str
    verified: str


class FusionKnowledge(Record, kw_only=True, omit_defaults=True):
    """The row of the variant or partner table behind a junction; an empty field is left out."""

    match: Annotated[Match, Meta(description="how the row fits the junction")]
    reference: str
    verified: str
    key: Annotated[str, Meta(description="key of the variant's row")] = ""
    gene: Annotated[str, Meta(description="partner gene of the partner's row")] = ""
    junction: Annotated[str, Meta(description="published junction of the partner's row")] = ""
    kind: str = ""
    callable: Annotated[str, Meta(description="yes; flag: named with a warning; no: never named")] = ""
    candidates: Annotated[list[str], Meta(description="names that cannot be told apart")] = []
    also_called: list[Alias] = []
    published_notation: str = ""
    case_report_label: str = ""
    case_report_junction: str = ""
    insert_note: str = ""
    tape_note: str = ""
    length_class: str = ""
    approx_frequency: str = ""
    disease_context: str = ""
    year: str = ""
    conflict_note: Annotated[str, Meta(description="what the row contradicts")] = ""
    not_page_read: Annotated[str, Meta(description="columns that nobody read on the source page")] = ""
    source_url: str = ""


class ChangeKnowledge(Record, kw_only=True, omit_defaults=True):
    """The table row of a change: of the ALK table, else the hotspot row that screens for it."""

    reference: str
    verified: str
    mutation: Annotated[str, Meta(description="name in the ALK table")] = ""
    event: Annotated[str, Meta(description="name of the hotspot row")] = ""
    class_: str = field(name="class", default="")
    clinical_evidence: str = ""
    structural_location: str = ""
    conflict_note: str = ""
    note: str = ""
    not_page_read: str = ""
    source_url: str = ""


class Study(Record, kw_only=True):
    """One published comparison."""

    row: str
    study: str
    comparison: str
    cohort_n: str
    figures: str
    direction: str
    effect: Annotated[str, Meta(description="worse, no_difference, better or empty")]
    drug: str
    line: Annotated[str, Meta(description="line of treatment: first, later, not stated or empty")]
    note: str
    reference: str
    verified: str


class Topic(Record):
    """Published comparisons about one question, drug and line of treatment, also those that disagree."""

    topic: str
    studies: list[Study]


class OtherTest(Record):
    """What another test would be expected to show."""

    row: str
    test: str
    expected: str
    text: str
    references: list[Reference]


class FusionContext(Record):
    """What the tables say about a kinase fusion of ALK."""

    length_class: Annotated[str, Meta(description="short, long or unknown")]
    sentences: list[str]
    other_tests: list[OtherTest]
    associations: list[Topic]


# ---------------------------------------------------------------- fusions
class Locus(Record):
    """One side of a junction."""

    gene: str | None
    transcript: str | None
    exon: Position | None
    contig: str
    position: Annotated[
        int, Meta(ge=1, description="1-based; last exonic base of the 5' partner, first exonic base of the 3' partner")
    ]
    strand: Strand


class SidePair(Record):
    """A count for each side."""

    five_prime: Count
    three_prime: Count


class Support(Record):
    """Unique fragments: with a read across the junction, with one mate on either side, and both together."""

    split_fragments: Count
    spanning_fragments: Count
    unique_fragments: Count


class AlleleFraction(Record):
    """Share of fragments at a DNA breakpoint that show the junction, with its 95% interval, and both counts."""

    value: Fraction
    low: Fraction
    high: Fraction
    junction_fragments: Count
    unbroken_fragments: Count


class CrypticExon(Record):
    """An inserted piece that lies inside an intron, as EML4 exon 6b."""

    gene: str
    intron: Annotated[Position | None, Meta(description="null where the piece lies in an exon of the gene")]
    contig: str
    start: Position
    end: Position


class PileupRead(Record):
    """A supporting read drawn under the junction; `offset` is the 0-based contig column of its first base."""

    name: str
    offset: int
    bases: str
    reverse: bool


class FusionNames(Record):
    """What nomenclatures call a junction; empty where a name cannot be made."""

    vicc: Annotated[str, Meta(description="NM_019063.5(EML4):e.6::NM_004304.5(ALK):e.20")]
    hgvs_r: Annotated[str, Meta(description="NM_019063.5:r.-263_667::NM_004304.5:r.3173_*445")]
    hgvs_p: Annotated[str, Meta(description="the fusion protein, in the form of the HGVS for RNA")]
    iscn: Annotated[str, Meta(description="inv(2)(p21p23), for events seen in DNA")]


class Fusion(Record, kw_only=True):
    """One junction, named structure first, label second."""

    name: Annotated[str, Meta(description="5' gene :: 3' gene")]
    kind: Kind
    event_type: Annotated[EventType | None, Meta(description="how the DNA was rejoined; null for RNA")] = None
    junction_id: Annotated[str, Meta(description="names the junction in every file and in every sample")]
    event_id: Annotated[str, Meta(description="joins the junctions of one event")]
    predicted: Annotated[bool, Meta(description="transcript predicted from a DNA breakpoint")] = False
    variant: Annotated[str | None, Meta(description="published label; null where none is published")]
    notation: Annotated[str, Meta(description="E6;A20, E14;ins11del49A20, ZZNOV1e4;ins7A20")]
    five_prime: Locus
    three_prime: Locus
    inserted_sequence: Annotated[Bases, Meta(description="all bases between the two exon parts, transcript sense")]
    retained_intron_bases: Annotated[
        SidePair,
        Meta(description="bases running on from the 5' exon into its intron; intron bases running into the 3' exon"),
    ]
    cryptic_exons: list[CrypticExon] = []
    untemplated_sequence: Annotated[Bases, Meta(description="inserted bases that nothing else explains")]
    microhomology: Annotated[int, Meta(ge=0, description="bases by which the junction can be shifted")]
    deleted_bases: Annotated[SidePair, Meta(description="bases missing from either exon")]
    structure_complete: Annotated[bool, Meta(description="false when no read or reference covers part of the insert")]
    frame: Frame
    premature_stop: bool | None
    kinase_domain_retained: Annotated[
        bool | None, Meta(description="the transcript holds the exons of the kinase domain, whatever the frame")
    ]
    tape_domain: Annotated[str | None, Meta(description="EML4 only: none, partial or retained")]
    sequence: Annotated[str, Meta(description="fusion cDNA, transcript sense")]
    protein: Annotated[str, Meta(description="its translation")]
    support: Support
    confidence: Confidence
    evidence_note: str
    knowledge: FusionKnowledge | None = None
    context: FusionContext | None = None
    target: Annotated[str, Meta(description="panel gene the junction belongs to")] = "ALK"
    allele_fraction: Annotated[AlleleFraction | None, Meta(description="of the rearrangement, from DNA")] = None
    names: FusionNames | None = None


class DismissedJunction(Record, kw_only=True):
    """A candidate that was seen and not called; `filter` is the name of the filter that dropped it."""

    junction_id: str
    name: Annotated[str, Meta(description="unknown::ALK where nothing names the other side")]
    notation: Annotated[str, Meta(description="empty where the other side is unknown")]
    target: str
    five_prime: Locus | None
    three_prime: Locus | None
    support: Support
    filter: str
    explained: Annotated[bool, Meta(description="the filter says where its fragments come from")]
    sequence: Annotated[Bases, Meta(description="across the junction")]
    reason: str = ""


class JunctionEvidence(Record):
    """What the page draws for one junction (not part of report.json)."""

    junction_id: str
    contig: str  # assembled sequence across the junction, transcript sense
    left_end: int  # 0-based exclusive end of the 5' exon part in `contig`
    right_start: int  # 0-based start of the 3' exon part in `contig`
    reads: list[PileupRead]
    fragment_names: list[str]  # read names of the unique split fragments (one a fragment), sorted
    read_pairs: int = 0  # read pairs (single end: reads) of these fragments, copies included; 0 where not counted


class Imbalance(Record):
    """5'/3' expression imbalance of a target gene around its kinase exons."""

    five_prime: Count | None
    three_prime: Count | None
    ratio: Number | None
    p_value: Fraction | None
    state: State
    reason: str = ""


class CoverageBin(Record):
    """Mean unique-fragment depth of one exon of the target transcript."""

    exon: Position
    depth: Number


class Obstacle(Record):
    """Why "not detected" is not proven: key of the sentence that says it, and what is filled in."""

    key: str
    fields: dict[str, Scalar]


class SearchedIntron(Record):
    """How well one intron of the target was searched for DNA breakpoints."""

    intron: Position
    bases: Count
    looked_at: Annotated[
        Fraction, Meta(description="share of its bases inside the targets, or covered without targets")
    ]
    depth: Annotated[
        Number, Meta(description="unique fragments over a breakpoint there, median of the bases looked at")
    ]
    limit: Annotated[
        Fraction | None, Meta(description="allele fraction found with 95% probability at nine in ten of these bases")
    ]


class DnaSearch(Record):
    """What a DNA sample was searched for and how deep."""

    introns: Annotated[list[SearchedIntron], Meta(description="of ALK")]
    main_intron: Annotated[Position, Meta(description="before the kinase: most breakpoints lie there")]
    read_pairs: Annotated[int, Meta(ge=0, description="over the span of ALK")]
    unique_fragments: Count
    family_sizes: Annotated[dict[int, int], Meta(description="read pairs of a fragment -> fragments")]


class FusionResult(Record):
    """Output of the fusion stage (work/{sample}/fusions.json)."""

    fusions: list[Fusion]
    evidence: list[JunctionEvidence]
    imbalance: Imbalance  # of ALK
    exon_coverage: list[CoverageBin]  # of ALK
    junction_limit: float | None  # fusion fragments per control fragment; None without controls
    notes: list[str]  # e.g. read-through junctions seen and not called
    searched: list[str] = []  # genes whose fusions were searched: in panel and annotation
    dismissed: list[DismissedJunction] = []  # seen and not called
    obstacles: list[Obstacle] = []  # to a negative verdict on ALK
    dna: DnaSearch | None = None  # of DNA samples


# ---------------------------------------------------------------- mutations
class PhaseFragments(Record):
    """Molecules that cover both changes: with both, with this one only, with the other one only, with neither."""

    cis: Count
    trans_a: Count
    trans_b: Count
    neither: Count


class PhaseLink(Record):
    """Whether another called change lies on the same molecules."""

    with_: str = field(name="with")  # gene and hgvs_p or hgvs_c of the other change
    relation: Relation
    fragments: PhaseFragments
    p_value: Fraction | None = None


class OnFusion(Record):
    """Whether the mutated molecules are the fusion's."""

    state: Carried
    fragments: Annotated[int, Meta(ge=0, description="fragments covering both junction and codon")]
    reason: str


class GenomicChange(Record):
    """A change on the + strand of the genome, as a VCF writes it: `position` 1-based."""

    contig: str
    position: Position
    ref: Bases
    alt: Bases


class Mutation(Record):
    """One called change."""

    gene: str
    transcript: str
    hgvs_c: Annotated[str, Meta(description="without transcript: c.3604G>A")]
    hgvs_p: Annotated[str, Meta(description="p.(Gly1202Arg)")]
    short: Annotated[str, Meta(description="G1202R")]
    codon: Position
    type: ChangeType
    depth: Annotated[int, Meta(ge=0, description="unique fragments that read the codon")]
    ref_fragments: Count
    alt_fragments: Count
    vaf: Fraction
    vaf_low: Annotated[float, Meta(ge=0, le=1, description="95% interval")]
    vaf_high: Annotated[float, Meta(ge=0, le=1, description="95% interval")]
    p_value: Annotated[
        float, Meta(ge=0, le=1, description="raw, under the error model; the threshold is qc.call_alpha")
    ]
    phase: list[PhaseLink]
    on_fusion: OnFusion | None
    knowledge: ChangeKnowledge | None
    genomic: Annotated[list[GenomicChange], Meta(description="two where an intron splits the codon")] = []


class VcfCall(Record):
    """One record for mutations.vcf: passed and filtered calls alike. `pos` 1-based, ref/alt on the + strand."""

    contig: str
    pos: Position
    ref: str
    alt: str
    filter: list[str]  # empty = PASS
    gene: str
    hgvs_c: str
    hgvs_p: str
    depth: Count
    alt_fragments: Count
    vaf: Fraction
    p_value: Fraction
    note: str = ""


class ScreenedCodon(Record):
    """One screened codon."""

    gene: str
    codon: Position
    depth: Count
    alt_fragments: Count
    vaf_high: Fraction | None
    limit_of_detection_vaf: Annotated[
        Fraction | None, Meta(description="worst over the codon's amino-acid changes; null at depth 0")
    ]
    state: State
    reason: str


class Tier(Record):
    """A tier of a guideline that a source assigned to an alteration."""

    system: str
    tier: str
    text: str
    reference: str
    url: str
    verified: str


class BypassEvent(Record):
    """One bypass track of resources/knowledge/bypass.tsv."""

    gene: str
    event: str
    kind: TrackKind
    state: State
    depth: Count | None
    alt_fragments: Count | None
    limit_of_detection: Annotated[
        Number | None,
        Meta(description="VAF; fusion tracks: fusion fragments per control fragment; amplification: copy ratio"),
    ]
    reason: str
    references: list[Reference]
    track: Annotated[str, Meta(description="id of its row of bypass.tsv")] = ""
    tiers: Annotated[list[Tier], Meta(description="of a detected event")] = []


class CopyTarget(Record, kw_only=True):
    """Coverage of one target of a DNA panel in unique fragments; compared with that of normal samples by its place."""

    gene: str
    contig: str
    start: Position
    end: Position
    gc: Annotated[Fraction, Meta(description="of the bases around its middle")]
    baited: Annotated[Fraction, Meta(description="share of these bases inside baits")]
    fragments: Annotated[int, Meta(ge=0, description="unique fragments that touch it")]
    depth: Annotated[float, Meta(ge=0, description="mean number of unique fragments over a base")]


class CopyRatio(Record, kw_only=True):
    """Copies of a gene against the other genes of the panel, 1 where nothing is gained, in the tube: not corrected for
    tumour content. `limit` is the smallest ratio that is called in 95 of 100 such samples."""

    gene: str
    state: State
    ratio: Number | None
    low: Annotated[Number | None, Meta(description="95% interval")]
    high: Annotated[Number | None, Meta(description="95% interval")]
    limit: Number | None
    targets: Count
    fragments: Count
    normals: Annotated[int, Meta(ge=0, description="normal samples compared with; 0: the sample's other targets")]
    reason: Annotated[str, Meta(description="key of the sentence that says why it is not assessable")] = ""


class GenotypeSite(Record, kw_only=True):
    """An inherited variant as the sample shows it, on the + strand: `copies` 1 heterozygous, 2 homozygous."""

    contig: str
    position: Position
    ref: Bases
    alt: Bases
    copies: Annotated[int, Meta(ge=1, le=2)]
    depth: Count
    alt_fragments: Count


class CallableStretch(Record, kw_only=True):
    """Bases that are deep enough and the reference's."""

    contig: str
    start: Position
    end: Position


class Fingerprint(Record, kw_only=True):
    """Variants and plain stretches by which samples of one person know each other."""

    sites: list[GenotypeSite]
    callable: list[CallableStretch]


class ScreenResult(Record):
    """Output of the mutation stage (work/{sample}/mutations.json)."""

    mutations: list[Mutation]
    screened: list[ScreenedCodon]
    bypass: list[BypassEvent]
    vcf: list[VcfCall]
    error_rates: dict[str, float]  # substitution type, sense of the transcript ("C>T") -> rate per base
    call_alpha: float  # p-value threshold of one call
    notes: list[str]
    copy_ratios: list[CopyRatio] = []  # of DNA
    copy_targets: list[CopyTarget] = []  # of DNA
    fingerprint: Fingerprint | None = None  # of samples with a patient


# ---------------------------------------------------------------- interpretation
class Finding(Record):
    """One of the three verdicts."""

    state: State
    reason: Annotated[str, Meta(min_length=1, description="in words")]
    limit_of_detection: Annotated[
        Number | None,
        Meta(
            description="rearrangement: fusion fragments per control fragment; kinase domain and bypass: worst VAF;"
            " null where there is none",
        ),
    ]


class Verdict(Record):
    """The three verdicts and the summary of the report."""

    alk_rearrangement: Finding
    kinase_domain: Finding
    bypass: Finding
    summary: Annotated[str, Meta(min_length=1)]


class Evidence(Record, kw_only=True):
    """One table row about an inhibitor, as the report shows it; `row` is its id."""

    row: str
    kind: EvidenceKind
    change: str
    call: str
    text: str
    value: Number | None
    unit: str | None
    level: Annotated[str | None, Meta(description="of the CIViC record, A to E; null where the row rests on none")]
    disease: Annotated[str, Meta(description="tumours of the report, empty for cell lines")]
    reference: str
    verified: str
    note: str
    conflict: Annotated[str, Meta(description="what the row contradicts")]


class Approval(Record, kw_only=True):
    """One indication of a label, for ALK-positive lung cancer; `as_of` is the state of the table."""

    agency: str
    brand: str
    setting: str
    date: str
    text: str
    reference: str
    url: str
    verified: str
    as_of: str


class TkiCall(Record):
    """What is reported for one inhibitor against what was found."""

    drug: str
    call: Call
    because: Annotated[list[str], Meta(min_length=1, description="sentences that explain the call")]
    evidence: list[Evidence]
    references: list[Reference]
    approvals: list[Approval] = []
    tiers: Annotated[list[Tier], Meta(description="of the fusion with this drug")] = []


class Failure(Record):
    """One reason why an ALK inhibitor may fail, and whether it was found."""

    id: str
    label: str
    state: State
    text: str
    references: list[Reference]
    associations: list[Topic] = []
    word: Annotated[str | None, Meta(description="stands for the state where its own word would say too much")] = None


class DirectJunction(Record):
    """The independent scan of the raw reads for one catalogued junction, beside the aligned evidence."""

    junction: str
    pairs: Count
    aligned_fragments: Count
    text: str


class SampleInfo(Record):
    """The sample as the sheet names it; what the sheet leaves empty is empty."""

    id: SampleName
    patient: str
    timepoint: str
    assay: Assay
    library: Library
    specimen: Specimen | None = None
    site: str = ""
    collected: str = ""
    received: str = ""
    diagnosis: str = ""
    tumour_content: Annotated[Percent | None, Meta(description="per cent")] = None
    prior_tki: str = ""
    accession: str = ""
    laboratory: str = ""
    operator: str = ""


class Qc(Record, kw_only=True):
    """Counts and fractions of the sample."""

    pairs_total: Count
    pairs_recruited: Count
    paired: bool
    q30: Fraction | None
    read_length: Annotated[Count | None, Meta(description="commonest read length")]
    duplicate_fraction: Fraction | None
    control_fragments: Annotated[int, Meta(ge=0, description="unique fragments of the control genes")]
    control_by_gene: dict[str, Count]
    adapter_trimmed: Count
    alk_imbalance: Imbalance
    error_rates: Annotated[
        dict[str, Fraction], Meta(description="substitution type in transcript sense -> rate per base")
    ]
    call_alpha: Fraction
    junction_limit: Annotated[
        Number | None,
        Meta(description="RNA: fusion fragments per control fragment; DNA: allele fraction; null where none is given"),
    ]
    notes: list[str]
    dna: DnaSearch | None = None
    copy_ratios: Annotated[list[CopyRatio], Meta(description="of DNA panels")] = []
    copy_targets: Annotated[
        list[CopyTarget], Meta(description="of DNA panels; what normal samples give to others")
    ] = []
    bams: Annotated[list[BamInput], Meta(description="of samples given as BAM or CRAM")] = []
    fingerprint: Annotated[Fingerprint | None, Meta(description="of samples with a patient; not in exports")] = None


class FileRecord(Record):
    """A file by its name without folder and the SHA-256 of its bytes."""

    file: str
    sha256: str


class AnnotationRecord(Record, kw_only=True):
    """Genome build, gene -> reference transcript with its rule, panel gene -> why it does not fit."""

    genome_build: str
    transcripts: dict[str, str]
    not_assessable: dict[str, str]


class WorkflowVersion(Record):
    name: str
    version: str


class Provenance(Record, kw_only=True):
    """Where the result comes from; no time, host or path."""

    workflow: WorkflowVersion
    settings: dict[str, Scalar | dict[str, Scalar] | list[Scalar]]
    settings_sha256: str
    reference: dict[str, FileRecord]
    reads: dict[str, FileRecord]
    tools: Annotated[dict[str, str], Meta(description="tool -> version")]
    knowledge: Annotated[dict[str, str], Meta(description="table -> SHA-256")]
    genome_build: Annotated[str, Meta(description="by the lengths of the contigs, else by the exons")] = "unknown"
    transcripts: Annotated[dict[str, str], Meta(description="gene -> reference transcript and its rule")] = {}
    not_assessable: Annotated[dict[str, str], Meta(description="panel gene -> why it does not fit")] = {}


class ReportFindings(Struct, kw_only=True, gc=False):
    """The report without its codons, which are most of report.json and which only changes over time ask for."""

    schema_version: Literal["2.0"]
    sample: SampleInfo
    verdict: Verdict
    fusions: list[Fusion]
    mutations: list[Mutation]
    tki: list[TkiCall]
    bypass: list[BypassEvent]
    failure_list: Annotated[list[Failure], Meta(description="why an ALK inhibitor may fail, at one look")]
    direct_junctions: list[DirectJunction]
    dismissed_junctions: Annotated[list[DismissedJunction], Meta(description="seen and not called")]
    qc: Qc
    provenance: Provenance


class Report(ReportFindings, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Everything alktrace says about one sample. Positions are 1-based; a fragment is one original molecule."""

    screened: list[ScreenedCodon]
