"""The mutation stage of one sample: from evidence BAM to `ScreenResult`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..annotation import Annotation, Genome, Transcript
from ..errors import InputError
from ..models import (
    BypassEvent,
    FusionResult,
    Mutation,
    ScreenedCodon,
    ScreenResult,
    State,
    VcfCall,
)
from ..panel import PanelGene, read_panel
from . import calls, names, phase
from .calls import CodonCall, GeneScreen
from .noise import NoiseModel, clopper_pearson, fit, join_cells, substitution_cells
from .pileup import observe, pile_up
from .reads import SampleReads, Span, read_bam
from .settings import ScreenSettings
from .tables import EXON_SKIPPING, KINASE_DOMAIN, Event, ScreenSet, read_screen_set

ALPHA_WITHOUT_TESTS = 1.0  # nothing covered, nothing tested: the family rate needs no sharing


@dataclass
class Sample:
    """Inputs of one sample, read once."""

    genome: Genome
    tables: ScreenSet
    transcripts: dict[str, Transcript]  # screened genes the annotation has
    stated: dict[str, str]  # gene -> transcript name for HGVS
    primers: dict[str, list[tuple[int, int]]]  # contig -> primer stretches, 0-based half-open
    fusions: FusionResult
    settings: ScreenSettings

    def masked(self, gene: str) -> list[tuple[int, int]]:
        return self.primers.get(self.transcripts[gene].contig, [])


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
) -> ScreenResult:
    """See `alktrace.screen.screen_sample`."""
    sample = _sample(fasta, annotation, panel, knowledge, fusions, settings, targets_bed)
    evidence = phase.fusion_molecules(sample.fusions, "ALK")
    reads = read_bam(
        bam, _spans(sample.transcripts), settings.min_base_quality, settings.min_mapping_quality, umi,
        library == "amplicon", evidence,
    )  # fmt: skip
    screens = [
        GeneScreen(gene, pile_up(reads.genes[gene], t, sample.genome, sample.masked(gene), reads.by_identifier), codons)
        for gene, t in sample.transcripts.items()
        if (codons := _codons(gene, t, sample.tables))
    ]
    tests = calls.hypotheses(screens, sample.tables)
    alpha = settings.family_false_call_rate / tests if tests else ALPHA_WITHOUT_TESTS
    model = fit(join_cells([substitution_cells(s.pileup.counts, s.pileup.codons) for s in screens]), alpha)
    for screen in screens:
        screen.calls = calls.call_codons(screen, model, alpha, sample.tables)
    mutations = [m for screen in screens for m in _mutations(screen, sample, reads, model)]
    screened = _screened(screens, sample, model, alpha)
    return ScreenResult(
        mutations=mutations,
        screened=screened,
        bypass=_bypass(sample, screened, mutations),
        vcf=[record for screen in screens for call in screen.calls for record in _records(call, screen, sample)],
        error_rates=model.report(),
        call_alpha=float(f"{alpha:.4g}"),
        notes=_notes(sample, library, umi),
    )


# ---------------------------------------------------------------- inputs


def _sample(
    fasta: Path,
    annotation: Path,
    panel: Path,
    knowledge: Path,
    fusions: FusionResult,
    settings: ScreenSettings,
    targets_bed: Path | None,
) -> Sample:
    tables = read_screen_set(knowledge)
    models = Annotation.load(annotation)
    rows: dict[str, PanelGene] = {row.gene: row for row in read_panel(panel)}
    transcripts = {g: t for g in tables.genes if g in rows and (t := models.get(g)) is not None and t.cds is not None}
    stated = {g: names.stated_name(t, rows[g].transcript, rows[g].refseq) for g, t in transcripts.items()}
    primers = read_primers(targets_bed) if targets_bed else {}
    return Sample(Genome(fasta), tables, transcripts, stated, primers, fusions, settings)


def read_primers(bed: Path) -> dict[str, list[tuple[int, int]]]:
    """Primer stretches of a BED by contig, 0-based half-open: rows with the word primer in a column behind the third.

    Raises InputError naming the line that is not BED.
    """
    primers: dict[str, list[tuple[int, int]]] = {}
    try:
        lines = bed.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{bed}: cannot be read as BED ({error}); correct column targets of the sample sheet"
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        columns = line.split("\t")
        if (
            len(columns) < 3
            or not columns[1].isdigit()
            or not columns[2].isdigit()
            or int(columns[1]) >= int(columns[2])
        ):
            raise InputError(f"{bed}: line {number}: a BED line is contig, start, end (start below end), tab-separated")
        if any("primer" in column.lower() for column in columns[3:]):
            primers.setdefault(columns[0], []).append((int(columns[1]), int(columns[2])))
    return primers


def _spans(transcripts: dict[str, Transcript]) -> dict[str, Span]:
    return {gene: Span(t.contig, t.start - 1, t.end) for gene, t in transcripts.items()}


def _codons(gene: str, transcript: Transcript, tables: ScreenSet) -> list[int]:
    """Screened codons that the transcript has."""
    assert transcript.cds is not None
    last = (transcript.cds[1] - transcript.cds[0] + 1) // 3
    return [codon for g, codon in tables.by_codon if g == gene and codon <= last]


# ---------------------------------------------------------------- calls


def _mutations(screen: GeneScreen, sample: Sample, reads: SampleReads, model: NoiseModel) -> list[Mutation]:
    """Unfiltered calls of one gene with phase and fusion link."""
    passed = [call for call in screen.calls if not call.filters]
    if not passed:
        return []
    codons = sorted({call.codon for call in passed})
    table = reads.genes[screen.gene]
    seen = observe(table, screen.pileup, sample.masked(screen.gene), codons, reads.templates)
    molecule = np.full(reads.templates, -1, np.int64)
    molecule[table.template] = table.molecule
    evidence = [_evidence(call, seen[:, codons.index(call.codon)], screen.gene) for call in passed]
    kinase_fusions = [f for f in sample.fusions.fusions if f.target == screen.gene and f.kind == "kinase_fusion"]
    mutations = []
    for call, own in zip(passed, evidence, strict=True):
        mutation = _mutation(call, sample)
        links = (phase.link(own, other, molecule, reads.by_identifier) for other in evidence if other is not own)
        mutation.phase = [one for one in links if one is not None]
        direct = _direct(own, molecule, reads)
        mutation.on_fusion = phase.on_fusion(
            kinase_fusions, sample.fusions.imbalance, direct, mutation.vaf, model.misread
        )
        mutations.append(mutation)
    return mutations


def _evidence(call: CodonCall, seen: np.ndarray, gene: str) -> phase.Evidence:
    """What each template holds at a call. Any other content of the codon counts as the reference."""
    holds = np.full(len(seen), phase.UNKNOWN, np.int8)
    holds[seen >= 0] = phase.REFERENCE
    holds[seen == call.content] = phase.ALTERNATE
    return phase.Evidence(f"{gene} {names.protein_substitution(call.codon, call.reference, call.alternate)[0]}", holds)


def _direct(own: phase.Evidence, molecule: np.ndarray, reads: SampleReads) -> tuple[int, int]:
    """Molecules that are junction evidence and cover the change: (with the reference, with the change)."""
    chosen = np.array(sorted(reads.fusion_templates), np.int64)
    chosen = chosen[own.holds[chosen] >= 0]
    rows = np.unique(np.column_stack((molecule[chosen], own.holds[chosen])), axis=0)
    return int((rows[:, 1] == phase.REFERENCE).sum()), int((rows[:, 1] == phase.ALTERNATE).sum())


def _mutation(call: CodonCall, sample: Sample) -> Mutation:
    hgvs_p, short = names.protein_substitution(call.codon, call.reference, call.alternate)
    low, high = clopper_pearson(call.alt_fragments, call.depth)
    changed = sum(a != b for a, b in zip(call.reference, call.alternate, strict=True))
    return Mutation(
        gene=call.gene,
        transcript=sample.stated[call.gene],
        hgvs_c=names.coding_substitution(call.codon, call.reference, call.alternate),
        hgvs_p=hgvs_p,
        short=short,
        codon=call.codon,
        type="snv" if changed == 1 else "mnv",
        depth=call.depth,
        ref_fragments=call.ref_fragments,
        alt_fragments=call.alt_fragments,
        vaf=call.alt_fragments / call.depth,
        vaf_low=low,
        vaf_high=high,
        p_value=call.p_value,
        phase=[],
        on_fusion=None,
        knowledge=_knowledge(call, short, sample.tables),
    )


def _knowledge(call: CodonCall, short: str, tables: ScreenSet) -> dict[str, str] | None:
    """Table row of a change: the ALK table, else the hotspot row that screens for it."""
    if call.gene == "ALK":
        return tables.alk_changes.get(short)
    for event in tables.by_codon.get((call.gene, call.codon), ()):
        if event.reports_substitution(call.codon, short[0], short[-1]):
            return {"event": event.event, **event.source()}
    return None


def _records(call: CodonCall, screen: GeneScreen, sample: Sample) -> list[VcfCall]:
    transcript = screen.pileup.transcript
    template = VcfCall(
        contig=transcript.contig,
        pos=0,
        ref="",
        alt="",
        filter=list(call.filters),
        gene=call.gene,
        hgvs_c=names.coding_substitution(call.codon, call.reference, call.alternate),
        hgvs_p=names.protein_substitution(call.codon, call.reference, call.alternate)[0],
        depth=call.depth,
        alt_fragments=call.alt_fragments,
        vaf=call.alt_fragments / call.depth,
        p_value=call.p_value,
    )
    parts = names.substitution_records(transcript, sample.genome, call.codon, call.reference, call.alternate)
    note = "one change of a codon that an intron splits, in two records" if len(parts) > 1 else ""
    return [replace(template, pos=pos, ref=ref, alt=alt, note=note) for pos, ref, alt in parts]


# ---------------------------------------------------------------- screened codons


def _screened(screens: list[GeneScreen], sample: Sample, model: NoiseModel, alpha: float) -> list[ScreenedCodon]:
    """One row for every codon of the screened set, in table order."""
    by_gene = {screen.gene: screen for screen in screens}
    limits = {g: calls.substitution_limits(s, model, alpha, sample.tables) for g, s in by_gene.items()}
    rows = []
    for gene, codon in sample.tables.by_codon:
        screen = by_gene.get(gene)
        if screen is None or codon not in limits[gene] and codon not in screen.codons:
            where = "the annotation" if gene not in sample.transcripts else "the stated transcript"
            what = (
                f"{gene} is not in the annotation or panel"
                if gene not in sample.transcripts
                else f"no codon {codon} in {where}"
            )
            rows.append(ScreenedCodon(gene, codon, 0, 0, None, None, State.NOT_ASSESSABLE, what))
            continue
        rows.append(_screened_codon(screen, codon, limits[gene].get(codon), sample))
    return rows


def _screened_codon(screen: GeneScreen, codon: int, limit: float | None, sample: Sample) -> ScreenedCodon:
    contents = screen.pileup.counts[codon - 1].sum(axis=1)
    depth = int(contents.sum())
    found = [c for c in screen.calls if c.codon == codon and not c.filters]
    alt = max((c.alt_fragments for c in found), default=_most_frequent_change(screen, codon, sample.tables))
    high = clopper_pearson(alt, depth)[1] if depth else None
    mismatch = _wrong_residue(screen, codon, sample.tables)
    state, reason = State.NOT_DETECTED, ""
    if found:
        state = State.DETECTED
        reason = ", ".join(names.protein_substitution(c.codon, c.reference, c.alternate)[1] for c in found)
    elif depth == 0:
        state, reason = State.NOT_ASSESSABLE, "no fragment reads this codon"
    elif mismatch:
        state, reason = State.NOT_ASSESSABLE, mismatch
    elif limit is not None and limit > sample.settings.max_lod_vaf:
        state = State.NOT_ASSESSABLE
        reason = f"limit of detection {limit:.0%} is above {sample.settings.max_lod_vaf:.0%} at {depth} fragments"
    return ScreenedCodon(screen.gene, codon, depth, alt, high, None if depth == 0 else limit, state, reason)


def _most_frequent_change(screen: GeneScreen, codon: int, tables: ScreenSet) -> int:
    """Molecules of the reported single substitution seen most often."""
    contents = screen.pileup.counts[codon - 1].sum(axis=1)
    code = int(screen.pileup.codons[codon - 1])
    wanted = calls.screened_substitutions(screen.gene, screen.pileup, codon, tables)
    return max((int(contents[calls.NEIGHBOUR[code, j]]) for j in wanted), default=0)


def _wrong_residue(screen: GeneScreen, codon: int, tables: ScreenSet) -> str:
    """Why a codon's table rows do not fit the transcript in use; empty when they do."""
    residue = names.translate_codon(screen.pileup.reference_codon(codon))
    expected = {e.expected_residue(codon) for e in tables.by_codon[screen.gene, codon]} - {None}
    if expected and residue not in expected:
        names_expected = "/".join(sorted(str(r) for r in expected))
        transcript = screen.pileup.transcript.transcript_id
        return f"residue {codon} of {transcript} is {residue}, the table expects {names_expected}"
    return ""


# ---------------------------------------------------------------- hotspot events


def _bypass(sample: Sample, screened: list[ScreenedCodon], mutations: list[Mutation]) -> list[BypassEvent]:
    """One row for each mutation event of hotspots.tsv outside ALK's kinase domain, in table order."""
    events: dict[tuple[str, str], list[Event]] = {}
    for event in sample.tables.events:
        if event.kind not in (KINASE_DOMAIN, EXON_SKIPPING):
            events.setdefault((event.gene, event.event), []).append(event)
    return [_mutation_event(rows, screened, mutations) for rows in events.values()]


def _mutation_event(rows: list[Event], screened: list[ScreenedCodon], mutations: list[Mutation]) -> BypassEvent:
    codons = {codon for row in rows for codon in row.codons}
    own = [s for s in screened if s.gene == rows[0].gene and s.codon in codons]
    found = [m for m in mutations if m.gene == rows[0].gene and _belongs(m, rows)]
    limits = [s.limit_of_detection_vaf for s in own]
    limit = None if None in limits or not limits else max(x for x in limits if x is not None)
    blind = [s for s in own if s.state is State.NOT_ASSESSABLE]
    if found:
        state, reason = State.DETECTED, ", ".join(m.short for m in found)
    elif blind:
        state = State.NOT_ASSESSABLE
        reason = (
            blind[0].reason if len(own) == 1 else f"{len(blind)} of {len(own)} codons not assessable: {blind[0].reason}"
        )
    else:
        state, reason = State.NOT_DETECTED, ""
    alt = max((m.alt_fragments for m in found), default=max((s.alt_fragments for s in own), default=0))
    sources = list({(r.reference, r.verified, r.note): r.source() for r in rows}.values())
    depth = min((s.depth for s in own), default=0)
    return BypassEvent(rows[0].gene, rows[0].event, rows[0].kind, state, depth, alt, limit, reason, list(sources))


def _belongs(mutation: Mutation, rows: Iterable[Event]) -> bool:
    return any(row.reports_substitution(mutation.codon, mutation.short[0], mutation.short[-1]) for row in rows)


def _notes(sample: Sample, library: str, umi: str | None) -> list[str]:
    notes = [
        f"{gene}: not screened, the annotation or panel lacks it"
        for gene in sample.tables.genes
        if gene not in sample.transcripts
    ]
    if library == "amplicon" and not umi:
        notes.append("amplicon library without molecular identifiers: counts are reads, not molecules")
    return notes
