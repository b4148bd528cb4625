"""The mutation stage of one sample: from evidence BAM to `ScreenResult`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..inputs.umi import molecule_rule
from ..knowledge.hotspots import Event
from ..model.records import BypassEvent, FusionResult, GenomicChange, Mutation, ScreenResult, VcfCall
from ..model.vocabulary import Assay, ChangeType, Kind, Library
from ..settings import ScreenSettings
from . import calls, changes, phase, splice_sites, states
from .calls import GeneScreen
from .changes import Change, IndelSearch
from .inputs import Sample, read_inputs
from .noise import NoiseModel, clopper_pearson, fit, join_cells
from .pileup import pile_up, split_codons
from .reads import SampleReads, read_bam
from .states import Thresholds

MANY_LEFT_OUT = 0.3  # share of fragments with the ends of another one from which this is said


@dataclass
class GeneChanges:
    """Everything that stands out of the noise in one gene. `molecule` is that of each template (-1: none here)."""

    screen: GeneScreen
    found: list[Change]
    molecule: np.ndarray

    @property
    def called(self) -> list[Change]:
        return [change for change in self.found if not change.filters]


def screen_sample(
    bam: Path,
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    fusions: FusionResult,
    settings: ScreenSettings,
    umi: str | None,
    library: str,
    targets_bed: Path | None,
    blind: frozenset[tuple[str, int]] = frozenset(),
    assay: str = Assay.RNA,
) -> ScreenResult:
    """Screen every codon and event of the knowledge tables in one sample.

    `bam`: evidence BAM of the whole reference. `annotation`: table of `Annotation.save`. `knowledge`: folder with
    hotspots.tsv, alk_kinase_mutations.tsv, polymorphisms.tsv. `fusions`: result of the fusion stage. `umi`: regular
    expression with one group, searched in the read name. `library`: wts | capture | amplicon. `targets_bed`: BED
    (0-based) whose rows named or marked primer are no mutation evidence. `blind`: gene and codon of those whose reads
    were not recruited (`alktrace.blind`). `assay`: rna | dna; DNA reads the parts of a codon that an intron splits on
    different fragments, so that each part is screened by itself. Raises InputError on bad input.
    """
    sample = read_inputs(fasta, annotation, panel, knowledge, fusions, settings, targets_bed, blind)
    reads = read_bam(
        bam, sample.spans(), settings.min_base_quality, settings.min_mapping_quality, molecule_rule(umi, library),
        phase.fusion_molecules(fusions, "ALK"),
    )  # fmt: skip
    screens = _pile_up(sample, reads, assay == Assay.RNA)
    parts = {} if assay == Assay.RNA else {s.gene: _pile_up_parts(sample, s, reads) for s in screens}
    searches = [changes.search_indels(s, reads.genes[s.gene], sample.tables) for s in screens]
    windows = {} if assay == Assay.RNA else _splice_windows(sample, reads)
    more = sum(splice_sites.tests(window) for window in windows.values())
    limits = _learn(sample, screens, [part for both in parts.values() for part in both], searches, more)
    genes = [
        _gene_changes(sample, [s, *parts.get(s.gene, [])], search, reads, limits)
        for s, search in zip(screens, searches, strict=True)
    ]
    called = [change for gene in genes for change in gene.called]
    found = [change for gene in genes for change in gene.found]
    screened = states.screened_codons({s.gene: s for s in screens}, parts, found, sample, limits)
    by_gene = {gene.screen.gene: gene for gene in genes}
    events = states.skipping_events(sample)
    skipping = []
    splice_records = []
    for event in events:
        if assay == Assay.RNA:
            skipping.append(_skipping(event, by_gene.get(event.gene), reads, sample, limits))
            continue
        track, records = _splice_sites(event, windows.get(event.gene), by_gene.get(event.gene), reads, sample, limits)
        skipping.append(track)
        splice_records += records
    return ScreenResult(
        mutations=[m for gene in genes for m in _mutations(gene, sample, reads, limits.substitutions)],
        screened=screened,
        bypass=states.mutation_events(sample, screened, called) + skipping,
        vcf=[record for gene in genes for change in gene.found for record in _records(change, gene.screen)]
        + splice_records,
        error_rates=limits.substitutions.report(),
        call_alpha=limits.alpha,
        notes=_notes(sample, reads, library, umi),
    )


def _pile_up(sample: Sample, reads: SampleReads, spliced: bool) -> list[GeneScreen]:
    """Codon counts of the screened genes, in table order."""
    screens = []
    for gene, transcript in sample.transcripts.items():
        codons = sample.codons(gene)
        pileup = pile_up(reads.genes[gene], transcript, sample.genome, sample.masked(gene), codons)
        if not spliced:  # the rare short intron that a read spans is left to the parts
            for codon in split_codons(transcript, codons):
                pileup.counts[codon - 1], pileup.needed[codon - 1] = 0, 0
        screens.append(calls.prepare(gene, pileup, codons, sample.tables, spliced=spliced))
    return screens


def _pile_up_parts(sample: Sample, screen: GeneScreen, reads: SampleReads) -> list[GeneScreen]:
    """Counts of the codons that introns split, by the part before and behind the intron."""
    gene, transcript = screen.gene, screen.pileup.transcript
    split = split_codons(transcript, screen.codons)
    screens = []
    for part in (0, 1) if split else ():
        needed = {codon: bits[part] for codon, bits in split.items()}
        pileup = pile_up(reads.genes[gene], transcript, sample.genome, sample.masked(gene), [], needed)
        screens.append(calls.prepare(gene, pileup, list(split), sample.tables, part, spliced=False))
    return screens


def _learn(
    sample: Sample, screens: list[GeneScreen], parts: list[GeneScreen], searches: list[IndelSearch], more: int
) -> Thresholds:
    """Noise of the sample and the threshold of one call: the family's false-call rate shared by all tests made, `more`
    beside those of codons and events."""
    tests = more + calls.hypotheses([*screens, *parts], sample.tables) + len(states.skipping_events(sample))
    alpha = float(f"{sample.settings.family_false_call_rate / max(tests, 1):.4g}")
    model = fit(join_cells([calls.noise_cells(screen) for screen in [*screens, *parts]]), alpha)
    return Thresholds(model, changes.fit_indel_noise(screens, searches, sample.tables, model), alpha)


def _gene_changes(
    sample: Sample, views: list[GeneScreen], search: IndelSearch, reads: SampleReads, limits: Thresholds
) -> GeneChanges:
    """`views`: the gene's codons, and the parts of those that are read in parts."""
    screen = views[0]
    table = reads.genes[screen.gene]
    molecule = np.full(reads.templates, -1, np.int64)
    molecule[table.template] = table.molecule
    gaps = changes.indel_changes(
        screen, search, table, molecule, limits.indels, limits.alpha, sample.tables, sample.genome
    )
    codons = []
    for view in views:
        found = calls.call_codons(view, limits.substitutions, limits.alpha, sample.tables)
        masked = sample.masked(screen.gene)
        codons += changes.codon_changes(view, found, table, masked, reads.templates, sample.genome)
    together = changes.without_indel_edges(codons, gaps) + gaps
    if reads.are_molecules:  # copies of one molecule share their orientation, so they prove nothing
        together = changes.without_one_sided(together, table, molecule)
    return GeneChanges(screen, sorted(together, key=lambda c: (c.first_codon, c.hgvs_c)), molecule)


def _skipping(
    event: Event, gene: GeneChanges | None, reads: SampleReads, sample: Sample, limits: Thresholds
) -> BypassEvent:
    if gene is None:
        return states.blind_track(event, "gene is not in annotation and panel")
    return states.skipping_track(
        event, gene.screen.pileup, reads.genes[event.gene], gene.molecule, sample.settings.max_lod_vaf, limits
    )


def _splice_windows(sample: Sample, reads: SampleReads) -> dict[str, splice_sites.SpliceWindow]:
    """By gene, the exon whose skipping DNA can predict."""
    windows = {}
    for event in states.skipping_events(sample):
        transcript = sample.transcripts.get(event.gene)
        if transcript is None:
            continue
        masked = sample.masked(event.gene)
        window = splice_sites.splice_window(event, transcript, reads.genes[event.gene], sample.genome, masked)
        if window is not None:
            windows[event.gene] = window
    return windows


def _splice_sites(
    event: Event, window: splice_sites.SpliceWindow | None, gene: GeneChanges | None, reads: SampleReads,
    sample: Sample, limits: Thresholds,
) -> tuple[BypassEvent, list[VcfCall]]:  # fmt: skip
    """The event as DNA predicts it, and the VCF records of its changes."""
    if gene is None or window is None:
        why = "gene is not in annotation and panel" if gene is None else "the stated transcript has no such exon"
        return states.blind_track(event, why), []
    noise = limits.substitutions, limits.indels, limits.alpha
    table, masked = reads.genes[event.gene], sample.masked(event.gene)
    seen = splice_sites.screen(window, table, masked, gene.molecule, sample.genome, noise, reads.are_molecules)
    contig = window.pileup.transcript.contig
    records = [splice_sites.record(change, event.gene, contig) for change in seen.found]
    return states.splice_track(event, seen, sample.settings.max_lod_vaf), records


def _mutations(gene: GeneChanges, sample: Sample, reads: SampleReads, model: NoiseModel) -> list[Mutation]:
    """Calls of one gene with phase and fusion link."""
    kinase_fusions = [
        f for f in sample.fusions.fusions if f.target == gene.screen.gene and f.kind == Kind.KINASE_FUSION
    ]
    evidence = [phase.Evidence(change.label, change.holds) for change in gene.called]
    mutations = []
    for change, own in zip(gene.called, evidence, strict=True):
        mutation = _mutation(change, sample)
        links = (phase.link(own, other, gene.molecule) for other in evidence if other is not own)
        mutation.phase = [one for one in links if one is not None]
        mutation.on_fusion = phase.on_fusion(
            kinase_fusions, sample.fusions.imbalance, _direct(own, gene.molecule, reads), mutation.vaf, model.misread
        )
        mutations.append(mutation)
    return mutations


def _direct(own: phase.Evidence, molecule: np.ndarray, reads: SampleReads) -> tuple[int, int]:
    """Molecules that are junction evidence and cover the change: (with the reference, with the change)."""
    chosen = np.array(sorted(reads.fusion_templates), np.int64)
    if not len(chosen):
        return 0, 0
    return phase.count_molecules(own.holds[chosen], molecule[chosen])


def _mutation(change: Change, sample: Sample) -> Mutation:
    low, high = clopper_pearson(change.alt_fragments, change.depth)
    return Mutation(
        gene=change.gene,
        transcript=sample.stated[change.gene],
        hgvs_c=change.hgvs_c,
        hgvs_p=change.hgvs_p,
        short=change.short,
        codon=change.first_codon,
        type=ChangeType(change.type),
        depth=change.depth,
        ref_fragments=change.ref_fragments,
        alt_fragments=change.alt_fragments,
        vaf=change.alt_fragments / change.depth,
        vaf_low=low,
        vaf_high=high,
        p_value=change.p_value,
        phase=[],
        on_fusion=None,
        knowledge=changes.knowledge(change, sample.tables),
        genomic=[GenomicChange(sample.transcripts[change.gene].contig, *one) for one in change.records],
    )


def _records(change: Change, screen: GeneScreen) -> list[VcfCall]:
    """VCF records of a change; one that an intron splits gives two."""
    note = "one change of a codon that an intron splits, in two records" if len(change.records) > 1 else ""
    return [
        VcfCall(
            contig=screen.pileup.transcript.contig,
            pos=position,
            ref=reference,
            alt=alternate,
            filter=list(change.filters),
            gene=change.gene,
            hgvs_c=change.hgvs_c,
            hgvs_p=change.hgvs_p,
            depth=change.depth,
            alt_fragments=change.alt_fragments,
            vaf=change.alt_fragments / change.depth,
            p_value=change.p_value,
            note=note,
        )
        for position, reference, alternate in change.records
    ]


def _notes(sample: Sample, reads: SampleReads, library: str, umi: str | None) -> list[str]:
    notes = [
        f"{gene}: not screened, annotation or panel lacks it"
        for gene in sample.tables.genes
        if gene not in sample.transcripts
    ]
    if library == Library.AMPLICON and not umi:
        notes.append("amplicon library without molecular identifiers: counts are reads, not molecules")
    if reads.left_out >= MANY_LEFT_OUT:
        notes.append(
            f"{reads.left_out:.0%} of the aligned fragments share their ends with another one; without molecular "
            "identifiers one of each counts, so depth cannot rise much further with more sequencing"
        )
    if library == "amplicon" and not sample.primers:
        notes.append("amplicon library without primer intervals (column targets): bases of primers count as evidence")
    return notes
