"""The closed word lists of the records. A word that stands in none of them is no result."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The only three answers any finding may have."""

    DETECTED = "detected"
    NOT_DETECTED = "not_detected"
    NOT_ASSESSABLE = "not_assessable"


class Assay(StrEnum):
    """What was sequenced."""

    RNA = "rna"
    DNA = "dna"


class Library(StrEnum):
    """How the library was made: everything, captured by baits, or amplified from primers (anchored PCR too)."""

    WTS = "wts"
    CAPTURE = "capture"
    AMPLICON = "amplicon"


class Specimen(StrEnum):
    """What the nucleic acid was taken from."""

    TISSUE = "tissue"
    PLASMA = "plasma"
    CELL_LINE = "cell_line"
    OTHER = "other"


class BamReading(StrEnum):
    """How the reads were taken out of a BAM or CRAM: through its index, or all of it was read, and why."""

    INDEX = "index"
    NO_INDEX = "no_index"
    OLD_INDEX = "old_index"
    OTHER_GENOME = "other_genome"
    UNALIGNED = "unaligned"
    ALL_READS = "all_reads"


class Kind(StrEnum):
    """What a junction of a target gene is."""

    KINASE_FUSION = "kinase_fusion"
    RECIPROCAL = "reciprocal"
    DISRUPTING_EVENT = "disrupting_event"
    UNRESOLVED_REARRANGEMENT = "unresolved_rearrangement"


class EventType(StrEnum):
    """How the DNA was rejoined; `complex` where the junctions fit none of the simple events."""

    INVERSION = "inversion"
    TRANSLOCATION = "translocation"
    DELETION = "deletion"
    DUPLICATION = "duplication"
    INSERTION = "insertion"
    COMPLEX = "complex"


class Frame(StrEnum):
    """Reading frame across a junction."""

    IN_FRAME = "in_frame"
    OUT_OF_FRAME = "out_of_frame"
    UNDETERMINED = "undetermined"


class Confidence(StrEnum):
    """How well a junction is supported."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Match(StrEnum):
    """How a table row fits a junction: all of its structure, a partner's exons, an insert of the published length but
    of another source, the exons alone (the insert is not fully known), or the partner gene alone. Withheld: the exon
    numbers of this annotation are not the published ones."""

    STRUCTURE = "structure"
    JUNCTION = "junction"
    INSERT_LENGTH = "insert_length"
    EXONS = "exons"
    PARTNER = "partner"
    WITHHELD = "withheld"


class ChangeType(StrEnum):
    """Kind of a change of the coding sequence."""

    SNV = "snv"
    MNV = "mnv"
    INS = "ins"
    DEL = "del"
    DELINS = "delins"


class Relation(StrEnum):
    """Whether two changes lie on the same molecules."""

    CIS = "cis"
    TRANS = "trans"
    UNDETERMINED = "undetermined"


class Carried(StrEnum):
    """Whether the mutated molecules are the fusion's."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"


class TrackKind(StrEnum):
    """What a bypass track looks for."""

    MUTATION = "mutation"
    EXON_SKIPPING = "exon_skipping"
    FUSION = "fusion"
    AMPLIFICATION = "amplification"


class Call(StrEnum):
    """What is reported for an inhibitor. `conflicting`: sources that decide say different things."""

    SENSITIVE = "sensitive"
    INTERMEDIATE = "intermediate"
    RESISTANT = "resistant"
    CONFLICTING = "conflicting"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class EvidenceKind(StrEnum):
    """Where a statement about an inhibitor comes from."""

    CLINICAL = "clinical"
    LITERATURE = "literature"
    IN_VITRO = "in_vitro"


class Agreement(StrEnum):
    """What RNA and DNA of one patient say together. `rna_only` and `dna_only`: the other could not show it, or not
    surely; `contradicting`: the other looked and found something else or nothing."""

    BOTH = "both"
    RNA_ONLY = "rna_only"
    DNA_ONLY = "dna_only"
    CONTRADICTING = "contradicting"


class FindingKind(StrEnum):
    """What a finding of a patient is."""

    REARRANGEMENT = "rearrangement"
    KINASE_CHANGE = "kinase_change"
    OTHER_CHANGE = "other_change"
    EXON_SKIPPING = "exon_skipping"
    DRIVER_FUSION = "driver_fusion"
    COPY_NUMBER = "copy_number"


class Unit(StrEnum):
    """What a number of a sample is a share of. Numbers of two units are never joined."""

    PER_CONTROL = "fusion fragments per control fragment"
    ALLELE_FRACTION = "allele fraction in DNA"
    RNA_SHARE = "share of RNA fragments"
    DNA_SHARE = "share of DNA fragments"
    COPY_RATIO = "copy ratio"
