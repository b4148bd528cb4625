"""Stage records made by hand for the tests of the interpretation."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import msgspec
from msgspec.structs import replace

from alktrace.genome.transcripts import Annotation
from alktrace.interpret.stage import build_report
from alktrace.knowledge.hotspots import read_events
from alktrace.model.records import (
    AlleleFraction,
    BypassEvent,
    ChangeKnowledge,
    CopyRatio,
    DnaSearch,
    Fusion,
    FusionKnowledge,
    FusionResult,
    Imbalance,
    Locus,
    Mutation,
    OnFusion,
    PhaseFragments,
    PhaseLink,
    Provenance,
    RecruitStats,
    Reference,
    Report,
    SampleInfo,
    ScreenedCodon,
    ScreenResult,
    SearchedIntron,
    SidePair,
    Support,
    TkiCall,
    WorkflowVersion,
)
from alktrace.model.vocabulary import (
    Assay,
    ChangeType,
    Confidence,
    EventType,
    Frame,
    Kind,
    Library,
    Match,
    Relation,
    Specimen,
    State,
    TrackKind,
)
from alktrace.runtime.paths import SCHEMAS
from alktrace.settings import InterpretSettings

DOMAIN = range(1116, 1393)
KNOWLEDGE = Path(__file__).resolve().parents[1] / "resources" / "knowledge"
SETTINGS = InterpretSettings(min_control_fragments=100)
SEARCHED = ["ALK", "ROS1", "RET", "NTRK1", "NTRK2", "NTRK3"]
THREE = {"A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile", "K": "Lys"}
THREE |= {"L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln", "R": "Arg", "S": "Ser", "T": "Thr", "V": "Val"}
THREE |= {"W": "Trp", "Y": "Tyr"}


PROVENANCE = Provenance(
    workflow=WorkflowVersion("alktrace", "0"),
    settings={},
    settings_sha256="",
    reference={},
    reads={},
    tools={},
    knowledge={},
)


def stats(pairs: int = 50_000, controls: int = 812) -> RecruitStats:
    if not pairs:
        return RecruitStats(True, 0, 0, 0, 0, {}, None, 0, 0, {}, {}, 0)
    bases = pairs * 200
    by_gene = {"GUSB": controls}
    return RecruitStats(True, pairs, 900, bases, bases, {100: pairs * 2}, 0.2, controls, controls, by_gene, {}, 0)


def fusion(
    variant: str | None = "V1",
    notation: str = "E13;A20",
    frame: str = "in_frame",
    confidence: str = "high",
    kind: str = "kinase_fusion",
    target: str = "ALK",
    partner: str = "EML4",
    tape: str | None = "partial",
    premature_stop: bool | None = False,
    kinase_domain_retained: bool | None = True,
    fragments: int = 20,
) -> Fusion:
    return Fusion(
        name=f"{partner}::{target}",
        kind=Kind(kind),
        junction_id=f"{partner}::{target}:{notation}",
        event_id=f"{partner}::{target}:{notation}",
        variant=variant,
        notation=notation,
        five_prime=Locus(partner, "T1", 13, "chr2", 1000, "+"),
        three_prime=Locus(target, "T2", 20, "chr2", 2000, "-"),
        inserted_sequence="",
        retained_intron_bases=SidePair(0, 0),
        untemplated_sequence="",
        microhomology=0,
        deleted_bases=SidePair(0, 0),
        structure_complete=True,
        frame=Frame(frame),
        premature_stop=premature_stop,
        kinase_domain_retained=kinase_domain_retained,
        tape_domain=tape,
        sequence="ACGT",
        protein="T",
        support=Support(fragments, 1, fragments + 1),
        confidence=Confidence(confidence),
        evidence_note="",
        knowledge=FusionKnowledge(match=Match.PARTNER, reference="PMID:17625570", verified="page"),
        target=target,
    )


def fusion_result(
    fusions: Sequence[Fusion] = (), limit: float | None = 6.296 / 812, imbalanced: bool = False
) -> FusionResult:
    state = State.DETECTED if imbalanced else State.NOT_DETECTED
    imbalance = Imbalance(4, 240, 60.0, 1e-9, state) if imbalanced else Imbalance(10, 11, 1.1, 0.5, state)
    return FusionResult(list(fusions), [], imbalance, [], limit, [], list(SEARCHED))


def mutation(
    short: str,
    vaf: float = 0.12,
    trans: Sequence[str] = (),
    cis: Sequence[str] = (),
    depth: int = 1000,
    on_fusion: OnFusion | None = None,
    gene: str = "ALK",
) -> Mutation:
    """A called change; `cis` and `trans` name the other changes it is linked with."""
    match = re.match(r"([A-Z])(\d+)([A-Z]|ins|del|=)$", short)
    assert match
    old, codon, new = match.groups()
    protein = f"p.({THREE[old]}{codon}{THREE.get(new, new)})"
    both, apart = PhaseFragments(40, 0, 0, 0), PhaseFragments(0, 40, 0, 0)
    phase = [PhaseLink(f"ALK {protein_of(other)}", Relation.CIS, both, 1e-6) for other in cis]
    phase += [PhaseLink(f"ALK {protein_of(other)}", Relation.TRANS, apart, 1e-6) for other in trans]
    count = round(vaf * depth)
    known = ChangeKnowledge(
        mutation=short, class_="silent" if new == "=" else "resistance", reference="PMID:27432227", verified="page"
    )
    coding = f"c.{3 * int(codon)}{old}>{new}"
    return Mutation(
        gene, "NM_004304.5", coding, protein, short, int(codon), ChangeType.SNV, depth, depth - count, count,
        vaf, 0.9 * vaf, 1.1 * vaf, 1e-20, phase, on_fusion, known,
    )  # fmt: skip


def protein_of(short: str) -> str:
    return f"p.({THREE[short[0]]}{short[1:-1]}{THREE[short[-1]]})"


def codons(depth: int = 1000, blind: Sequence[int] = (), changed: Sequence[Mutation] = ()) -> list[ScreenedCodon]:
    """The ALK kinase domain at one depth; `blind` codons have depth 0."""
    found = {m.codon: m.alt_fragments for m in changed if m.gene == "ALK"}
    rows = []
    for codon in DOMAIN:
        here = 0 if codon in blind else depth
        limit = min(1.0, 6.3 / here) if here else None
        state = State.NOT_ASSESSABLE if limit is None or limit > 0.2 else State.NOT_DETECTED
        if codon in found:
            state = State.DETECTED
        high = min(1.0, 3.7 / here) if here else None
        rows.append(
            ScreenedCodon("ALK", codon, here, found.get(codon, 0), high, limit, state, "" if here else "depth 0")
        )
    return rows


def track(gene: str, event: str, state: State = State.NOT_DETECTED, kind: str = "mutation") -> BypassEvent:
    limit = 0.01 if state is not State.NOT_ASSESSABLE else None
    sources = [Reference(f"PMID:{number}", "", "page", "hotspot") for number in (22235099, 22277784)]
    ids = {e.track for e in read_events(KNOWLEDGE) if e.gene == gene and (e.event == event or event == "hotspot")}
    return BypassEvent(gene, event, TrackKind(kind), state, 500, 0, limit, "", sources, min(ids, default=""))


SCREENED_GENES = ("EGFR", "KIT", "KRAS", "NRAS", "BRAF", "MAP2K1", "PIK3CA", "ERBB2", "TP53", "RB1")


def tracks(**states: State) -> list[BypassEvent]:
    """One track a screened gene, not detected unless said otherwise."""
    events = [track(gene, "hotspot", states.get(gene, State.NOT_DETECTED)) for gene in SCREENED_GENES]
    return [*events, track("MET", "exon 14 skipping", states.get("MET", State.NOT_DETECTED), "exon_skipping")]


def screen(
    mutations: Sequence[Mutation] = (),
    screened: Sequence[ScreenedCodon] | None = None,
    bypass: Sequence[BypassEvent] | None = None,
) -> ScreenResult:
    rows = codons(changed=mutations) if screened is None else screened
    events = tracks() if bypass is None else bypass
    return ScreenResult(list(mutations), list(rows), list(events), [], {"C>T": 0.001}, 1e-6, [])


def report(
    fusions: Sequence[Fusion] | None = None,
    mutations: Sequence[Mutation] = (),
    knowledge: Path = KNOWLEDGE,
    counters: RecruitStats | None = None,
    result: FusionResult | None = None,
    screened: Sequence[ScreenedCodon] | None = None,
    bypass: Sequence[BypassEvent] | None = None,
    assay: str = "rna",
    library: str = "wts",
    sample: str = "S1",
    timepoint: str = "baseline",
    copies: Sequence[CopyRatio] = (),
) -> Report:
    """A report of one V1 fusion unless `fusions` or `result` say otherwise."""
    found = result or fusion_result([fusion()] if fusions is None else fusions)
    info = SampleInfo(sample, "P1", timepoint, Assay(assay), Library(library))
    counts = counters or stats()
    result_of_screen = screen(mutations, screened, bypass)
    result_of_screen.copy_ratios = list(copies)
    return build_report(info, counts, found, result_of_screen, knowledge, SETTINGS, PROVENANCE, Annotation([]))


def call(of: Report, drug: str) -> TkiCall:
    return next(t for t in of.tki if t.drug == drug)


def fits(made: Report) -> None:
    """Fail unless the report fits its types and its JSON Schema."""
    plain = msgspec.to_builtins(made)
    msgspec.convert(plain, Report)
    jsonschema.validate(plain, json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8")))


# ---------------------------------------------------------------- DNA of the same patient
SHARE = AlleleFraction(0.2, 0.15, 0.25, 60, 240)


def predicted(variant: str | None = "V1", notation: str = "E13;A20", exon: int = 13) -> Fusion:
    made = fusion(variant, notation)
    five = replace(made.five_prime, exon=exon)
    return replace(
        made, junction_id="DNA", predicted=True, event_type=EventType.INVERSION, allele_fraction=SHARE, five_prime=five
    )


def dna_result(*fusions: Fusion, limit: float | None = 0.01) -> FusionResult:
    introns = [SearchedIntron(19, 1932, 0.8, 400.0, limit)]
    blank = Imbalance(None, None, None, None, State.NOT_ASSESSABLE, "DNA")
    return FusionResult(
        list(fusions), [], blank, [], limit, [], ["ALK"], dna=DnaSearch(introns, 19, 900, 500, {1: 500})
    )


def dna(*fusions: Fusion, limit: float | None = 0.01, specimen: Specimen = Specimen.TISSUE, **more: object) -> Report:
    made = report(result=dna_result(*fusions, limit=limit), assay="dna", library="capture", sample="D1", **more)  # type: ignore[arg-type]
    made.sample.specimen = specimen
    return made
