"""Records handed from stage to stage, and the records of report.json.

Every stage writes one of these as JSON (`serialise.py`) and the next stage reads it back typed. Positions are 1-based
and inclusive unless a field says otherwise; "fragment" is one original molecule (by UMI, else by both fragment ends).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The only three answers any finding may have."""

    DETECTED = "detected"
    NOT_DETECTED = "not_detected"
    NOT_ASSESSABLE = "not_assessable"


# ---------------------------------------------------------------- recruit
@dataclass
class RecruitStats:
    """Counters of one pass over the FASTQ. For single-end input a "pair" is one read."""

    paired: bool
    pairs_total: int
    pairs_recruited: int
    bases_total: int
    q30_bases: int
    qualities_sampled: int  # bases whose quality was read (qualities are sampled, not all read)
    read_length_counts: dict[int, int]  # read length -> reads
    duplicate_fraction: float | None  # estimate from sampled pairs; None without pairs
    control_pairs: int  # pairs of control genes (counted, not kept)
    control_fragments: int  # unique ones (estimate by linear counting of both fragment ends)
    control_by_gene: dict[str, int]
    direct_junctions: dict[str, int]  # catalogued junction id -> pairs with its exact k-mers (independent scan)
    adapter_trimmed: int  # recruited reads cut for adapter read-through


# ---------------------------------------------------------------- fusions
@dataclass
class Locus:
    """One side of a junction. `position` is the last exonic base (5' side) or first exonic base (3' side)."""

    gene: str | None
    transcript: str | None
    exon: int | None
    contig: str
    position: int  # 1-based
    strand: str  # "+" or "-": strand of the transcript


@dataclass
class SidePair:
    five_prime: int
    three_prime: int


@dataclass
class Support:
    split_fragments: int
    spanning_fragments: int
    unique_fragments: int


@dataclass
class PileupRead:
    """A supporting read drawn under the junction; `offset` is the 0-based contig column of its first base."""

    name: str
    offset: int
    bases: str
    reverse: bool


@dataclass
class CrypticExon:
    """An inserted piece that lies inside an intron of a gene, or (`intron` None) in an exon; 1-based, inclusive."""

    gene: str
    intron: int | None
    contig: str
    start: int
    end: int


@dataclass
class Fusion:
    """One junction, named structure first, label second (fields of report.json `fusions[]`)."""

    name: str  # "EML4::ALK"
    kind: str  # kinase_fusion | reciprocal | disrupting_event
    event_id: str
    variant: str | None
    notation: str
    five_prime: Locus
    three_prime: Locus
    inserted_sequence: str  # all bases between the two exon parts, transcript sense
    retained_intron_bases: SidePair
    untemplated_sequence: str
    microhomology: int
    deleted_bases: SidePair
    structure_complete: bool
    frame: str  # in_frame | out_of_frame | undetermined
    premature_stop: bool | None
    kinase_domain_retained: bool | None
    tape_domain: str | None  # EML4 only: none | partial | retained (from the variant table or exon rule), else None
    sequence: str  # fusion cDNA, transcript sense, 5' coding start to 3' stop where known
    protein: str
    support: Support
    confidence: str  # high | medium | low
    evidence_note: str
    knowledge: dict[str, Any] | None = None  # row of the variant or partner table: reference, verified, notes
    target: str = "ALK"  # panel gene the junction belongs to
    cryptic_exons: list[CrypticExon] = field(default_factory=list)


@dataclass
class DismissedJunction:
    """A candidate that was seen and not called: fields of report.json `dismissed_junctions[]`."""

    name: str  # "EML4::ALK"; "unknown::ALK" where nothing names the other side
    target: str
    notation: str  # empty where the other side is unknown
    filter: str  # name of the filter that dropped it
    explained: bool  # whether the filter says where its fragments come from
    into: bool  # the target is the 3' part
    five_prime: Locus | None
    three_prime: Locus | None
    support: Support
    sequence: str  # across the junction
    reason: str = ""


@dataclass
class JunctionEvidence:
    """What the HTML report draws for one fusion (not part of report.json)."""

    event_id: str
    contig: str  # assembled sequence across the junction, transcript sense
    left_end: int  # 0-based exclusive end of the 5' exon part in `contig`
    right_start: int  # 0-based start of the 3' exon part in `contig`
    reads: list[PileupRead]
    fragment_names: list[str]  # read names of the unique split fragments (one a fragment), sorted


@dataclass
class Imbalance:
    """5'/3' expression imbalance of a target gene around its kinase exons."""

    five_prime: int | None
    three_prime: int | None
    ratio: float | None
    p_value: float | None
    state: State
    reason: str = ""


@dataclass
class CoverageBin:
    """Mean unique-fragment depth of one exon of the target transcript."""

    exon: int
    depth: float


@dataclass
class Obstacle:
    """Why "not detected" is not proven: key of the sentence that says it, and what is filled in."""

    key: str
    fields: dict[str, Any]


@dataclass
class FusionResult:
    """Output of the fusion stage (work/{sample}/fusions.json)."""

    fusions: list[Fusion]
    evidence: list[JunctionEvidence]
    imbalance: Imbalance  # of ALK
    exon_coverage: list[CoverageBin]  # of ALK
    junction_limit: float | None  # fusion fragments per control fragment; None without controls
    notes: list[str]  # e.g. read-through junctions seen and not called
    searched: list[str] = field(default_factory=list)  # genes whose fusions were searched: in panel and annotation
    dismissed: list[DismissedJunction] = field(default_factory=list)  # seen and not called
    obstacles: list[Obstacle] = field(default_factory=list)  # to a negative verdict on ALK


# ---------------------------------------------------------------- mutations
@dataclass
class PhaseLink:
    with_: str = field(metadata={"json": "with"})  # hgvs_p or hgvs_c of the other change, prefixed by gene
    relation: str  # cis | trans | undetermined
    fragments: dict[str, int]  # cis, trans_a, trans_b, neither
    p_value: float | None = None


@dataclass
class OnFusion:
    state: str  # yes | no | undetermined
    fragments: int  # fragments covering both junction and codon
    reason: str


@dataclass
class Mutation:
    """One called change (fields of report.json `mutations[]`)."""

    gene: str
    transcript: str
    hgvs_c: str  # without transcript: "c.3604G>A"
    hgvs_p: str  # "p.(Gly1202Arg)"
    short: str  # "G1202R"
    codon: int
    type: str  # snv | mnv | ins | del | delins
    depth: int
    ref_fragments: int
    alt_fragments: int
    vaf: float
    vaf_low: float
    vaf_high: float
    p_value: float
    phase: list[PhaseLink]
    on_fusion: OnFusion | None
    knowledge: dict[str, Any] | None


@dataclass
class VcfCall:
    """One record for mutations.vcf: passed and filtered calls alike. `pos` 1-based, ref/alt on the + strand."""

    contig: str
    pos: int
    ref: str
    alt: str
    filter: list[str]  # empty = PASS
    gene: str
    hgvs_c: str
    hgvs_p: str
    depth: int
    alt_fragments: int
    vaf: float
    p_value: float
    note: str = ""


@dataclass
class ScreenedCodon:
    """One screened codon (fields of report.json `screened[]`)."""

    gene: str
    codon: int
    depth: int
    alt_fragments: int
    vaf_high: float | None
    limit_of_detection_vaf: float | None
    state: State
    reason: str


@dataclass
class BypassEvent:
    """One bypass track of resources/knowledge/bypass.tsv (fields of report.json `bypass[]`)."""

    gene: str
    event: str
    kind: str  # mutation | exon_skipping | fusion | amplification
    state: State
    depth: int | None
    alt_fragments: int | None
    limit_of_detection: float | None
    reason: str
    references: list[dict[str, Any]]


@dataclass
class ScreenResult:
    """Output of the mutation stage (work/{sample}/screen.json)."""

    mutations: list[Mutation]
    screened: list[ScreenedCodon]
    bypass: list[BypassEvent]
    vcf: list[VcfCall]
    error_rates: dict[str, float]  # substitution type, sense of the transcript ("C>T") -> rate per base
    call_alpha: float  # p-value threshold of one call
    notes: list[str]


# ---------------------------------------------------------------- interpretation
@dataclass
class Finding:
    """One of the three verdicts."""

    state: State
    reason: str
    limit_of_detection: float | None


@dataclass
class Verdict:
    alk_rearrangement: Finding
    kinase_domain: Finding
    bypass: Finding
    summary: str


@dataclass
class TkiCall:
    """What is reported for one inhibitor against what was found (fields of report.json `tki[]`)."""

    drug: str
    call: str  # sensitive | intermediate | resistant | unknown | not_applicable
    because: list[str]
    evidence: list[dict[str, Any]]
    references: list[dict[str, Any]]


@dataclass
class SampleInfo:
    id: str
    patient: str
    timepoint: str
    assay: str
    library: str


@dataclass
class Report:
    """report.json, whole."""

    schema_version: str
    sample: SampleInfo
    verdict: Verdict
    fusions: list[Fusion]
    mutations: list[Mutation]
    screened: list[ScreenedCodon]
    tki: list[TkiCall]
    bypass: list[BypassEvent]
    qc: dict[str, Any]
    provenance: dict[str, Any]
    dismissed_junctions: list[DismissedJunction] = field(default_factory=list)
