"""Interpretation: findings of all stages and the knowledge tables put together as report.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from ..genome.names import fusion_names
from ..genome.transcripts import Annotation
from ..knowledge.evidence import Knowledge
from ..knowledge.sentences import Said, Sentences, saying
from ..model.findings import junction_is, kinase_fusions
from ..model.records import (
    SCHEMA_VERSION,
    DirectJunction,
    DismissedJunction,
    Fusion,
    FusionResult,
    Provenance,
    Qc,
    RecruitStats,
    Report,
    SampleInfo,
    ScreenResult,
    Verdict,
)
from ..model.vocabulary import Assay, BamReading, Library, State
from ..settings import InterpretSettings
from . import bypass, context, inhibitors, verdicts
from .verdicts import Domain
from .wording import tki_call, with_tiers


def build_report(
    sample: SampleInfo,
    stats: RecruitStats,
    fusions: FusionResult,
    screen: ScreenResult,
    knowledge: Path,
    settings: InterpretSettings,
    provenance: Provenance,
    annotation: Annotation,
) -> Report:
    """The whole report of one sample. `knowledge` is the folder of tables, `provenance` goes into the report as it is,
    `annotation` holds the transcripts that names of fusions refer to.

    Raises InputError when a table is missing or malformed.
    """
    tables = Knowledge.load(knowledge)
    domain = Domain.of(screen.screened)
    rearrangement = verdicts.rearrangement(fusions, stats, settings, sample.specimen)
    found = kinase_fusions(fusions.fusions)
    whole_transcripts = sample.assay == Assay.RNA and sample.library != Library.AMPLICON
    wild_type_only = whole_transcripts and rearrangement.state is State.NOT_DETECTED
    wanted = inhibitors.all_resistance_codons(tables)
    kinase = verdicts.kinase_domain(screen.mutations, domain, wanted, tables, wild_type_only)
    events = bypass.assemble(screen, fusions, stats, sample.assay, tables, settings)
    tracks = bypass.classify(events, screen.bypass, tables)
    ways = bypass.judge(tracks)
    drugs = inhibitors.matrix(found, rearrangement.state, screen.mutations, domain, tables)
    resistance = verdicts.resistance_sentences(drugs)
    summary = [*rearrangement.said, *rearrangement.summary, *kinase.said, *resistance, ways.said[0]]
    verdict = Verdict(
        rearrangement.finding(tables.sentences),
        kinase.finding(tables.sentences),
        ways.finding(tables.sentences),
        tables.sentences.word(summary),
    )
    return Report(
        schema_version=SCHEMA_VERSION,
        sample=sample,
        verdict=verdict,
        fusions=[
            replace(context.with_context(f, tables), names=fusion_names(f, annotation, provenance.genome_build))
            for f in fusions.fusions
        ],
        mutations=screen.mutations,
        screened=screen.screened,
        tki=[tki_call(drug, tables) for drug in drugs],
        bypass=[with_tiers(event, tables) for event in events],
        failure_list=context.failure_list(fusions.fusions, screen.mutations, verdict, tracks, tables),
        direct_junctions=direct_junctions(stats.direct_junctions, fusions.fusions, tables.sentences),
        dismissed_junctions=[_with_reason(j, tables.sentences) for j in fusions.dismissed],
        qc=quality(stats, fusions, screen, tables.sentences),
        provenance=provenance,
    )


# sentence of each filter of the fusion stage
DISMISSED = {
    "no_partner": "dismissed_no_partner",
    "artefact_of_another": "dismissed_artefact_of_another",
    "no_fragment": "dismissed_no_fragment",
    "same_gene": "dismissed_same_gene",
    "read_through": "dismissed_read_through",
    "unspliced_form": "dismissed_unspliced_form",
    "few_fragments": "dismissed_few_fragments",
}


def _with_reason(junction: DismissedJunction, sentences: Sentences) -> DismissedJunction:
    return replace(junction, reason=sentences.word(Said(DISMISSED[junction.filter])))


def quality(stats: RecruitStats, fusions: FusionResult, screen: ScreenResult, sentences: Sentences) -> Qc:
    """The `qc` block. Fractions are 0-1, `read_length` is the commonest one, `error_rates` are per base."""
    lengths = stats.read_length_counts
    return Qc(
        pairs_total=stats.pairs_total,
        pairs_recruited=stats.pairs_recruited,
        paired=stats.paired,
        q30=_ratio(stats.q30_bases, stats.bases_total),
        read_length=max(lengths, key=lambda n: (lengths[n], n)) if lengths else None,
        duplicate_fraction=stats.duplicate_fraction,
        control_fragments=stats.control_fragments,
        control_by_gene=dict(sorted(stats.control_by_gene.items())),
        adapter_trimmed=stats.adapter_trimmed,
        alk_imbalance=fusions.imbalance,
        error_rates=dict(sorted(screen.error_rates.items())),
        call_alpha=screen.call_alpha,
        junction_limit=fusions.junction_limit,
        notes=[*_bam_notes(stats, sentences), *fusions.notes, *screen.notes],
        dna=fusions.dna,
        bams=stats.bams,
        copy_ratios=screen.copy_ratios,
        copy_targets=screen.copy_targets,
        fingerprint=screen.fingerprint,
    )


def _bam_notes(stats: RecruitStats, sentences: Sentences) -> list[str]:
    """What a BAM or CRAM lost on the way, and that not all of it was read."""
    notes = []
    for bam in stats.bams:
        if bam.reading is BamReading.INDEX:
            notes.append(sentences.say("bam_through_index", file=bam.file))
        if bam.left_out:
            key = "bam_single_left_out" if stats.paired else "bam_second_mates_left_out"
            notes.append(
                sentences.say(key, file=bam.file, count=bam.left_out, pairs=bam.pairs, single=bam.single_reads)
            )
        if bam.lost_mates:
            notes.append(sentences.say("bam_lost_mates", file=bam.file, count=bam.lost_mates))
        if bam.repeated_names:
            notes.append(sentences.say("bam_repeated_names", file=bam.file, count=bam.repeated_names))
        if bam.without_bases:
            notes.append(sentences.say("bam_without_bases", file=bam.file, count=bam.without_bases))
    return notes


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def direct_junctions(seen: Mapping[str, int], fusions: list[Fusion], sentences: Sentences) -> list[DirectJunction]:
    """The independent scan of the raw reads beside the aligned evidence: catalogued junctions with any pair."""
    rows = []
    for junction, pairs in sorted(seen.items()):
        if pairs:
            aligned = [f for f in fusions if junction_is(junction, f)]
            fragments = sum(f.support.unique_fragments for f in aligned)
            said = saying("direct_not_aligned", junction=junction, pairs=pairs)
            if aligned:
                said = saying("direct_confirmed", junction=junction, pairs=pairs, fragments=fragments)
            text = sentences.word(said)
            rows.append(DirectJunction(junction, pairs, fragments, text))
    return rows
