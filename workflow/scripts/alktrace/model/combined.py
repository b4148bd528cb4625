"""Records of combined.json: what the RNA and the DNA of one patient and time point say together."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from .records import (
    Count,
    Evidence,
    FileRecord,
    Number,
    Record,
    Reference,
    SampleInfo,
    SampleName,
)
from .vocabulary import Agreement, Assay, Call, FindingKind, State, Unit

COMBINED_VERSION: Literal["1.0"] = "1.0"


class Sight(Record, kw_only=True):
    """What one sample says of a finding. `value`, `low`, `high` and `limit` are in `unit`; shares of RNA and of DNA are
    of different things and are never joined."""

    sample: SampleName
    assay: Assay
    state: State
    text: Annotated[str, Meta(min_length=1)]
    unit: Unit
    value: Number | None = None
    low: Annotated[Number | None, Meta(description="95% interval")] = None
    high: Annotated[Number | None, Meta(description="95% interval")] = None
    limit: Annotated[Number | None, Meta(description="limit of detection")] = None
    fragments: Count | None = None
    depth: Count | None = None


class CombinedFinding(Record, kw_only=True):
    """One finding that at least one sample shows, with what every sample says of it."""

    kind: FindingKind
    gene: str
    name: str
    agreement: Agreement
    text: Annotated[str, Meta(min_length=1, description="why it is called so")]
    sights: Annotated[list[Sight], Meta(min_length=2)]
    predicted: Annotated[list[str], Meta(description="transcripts predicted from DNA breakpoints")] = []
    observed: Annotated[list[str], Meta(description="transcripts seen in RNA")] = []


class CombinedVerdict(Record, kw_only=True):
    """One question, answered by both assays together and by each."""

    about: Literal["alk_rearrangement", "kinase_domain", "bypass"]
    state: Annotated[
        State, Meta(description="detected if either shows it; not detected only if what was looked for is")
    ]
    rna: State
    dna: State
    text: Annotated[str, Meta(min_length=1)]


class CombinedReason(Record, kw_only=True):
    """One reason why an ALK inhibitor may fail, with what each sample says of it."""

    id: str
    label: str
    state: State
    word: Annotated[str | None, Meta(description="stands for the state where its own word would say too much")]
    texts: Annotated[dict[SampleName, str], Meta(description="sample -> what it says")]
    references: list[Reference]


class CombinedCall(Record, kw_only=True):
    """What is reported for one inhibitor against the findings of both assays together, and against each alone."""

    drug: str
    call: Call
    rna: Call
    dna: Call
    because: list[str]
    evidence: list[Evidence]
    references: list[Reference]


class CombinedReport(Record, kw_only=True):
    """Everything that RNA and DNA of one patient and time point say together. It rests on the samples' report.json,
    named with their digests in `reports`; it adds no measurement."""

    schema_version: Literal["1.0"]
    patient: Annotated[str, Meta(min_length=1)]
    timepoint: str
    samples: Annotated[list[SampleInfo], Meta(min_length=2)]
    reports: dict[SampleName, FileRecord]
    summary: Annotated[str, Meta(min_length=1)]
    verdicts: list[CombinedVerdict]
    findings: list[CombinedFinding]
    reasons: Annotated[list[CombinedReason], Meta(description="why an ALK inhibitor may fail")]
    tki: list[CombinedCall]
    not_assessed: Annotated[list[str], Meta(description="what no sample could assess, in words")]
    notes: list[str]
