"""Codon and indel calls of one gene under one roof: named, filtered, with what each template holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from ..genome.fasta import Genome
from ..knowledge.hotspots import Event, ScreenSet
from ..model.records import ChangeKnowledge
from . import hgvs, indel_noise, indels, orientation, phase
from .calls import CodonCall, GeneScreen, screens_indels
from .indel_noise import IndelNoise, Seen
from .indels import Indel
from .noise import MIN_ALT_FRAGMENTS, NoiseModel
from .pileup import observe
from .reads import ReadTable

_TABLE_INDEL = re.compile(r"([A-Z])(\d+)(ins|del)")
PART_OF_INDEL = 0.5  # a codon change this often on molecules of a neighbouring indel is the indel's edge


@dataclass(frozen=True)
class Change:
    """One change that stands out of the noise. `filters` is empty for a call; codons first..last are touched;
    `records` are VCF (position, ref, alt); `holds` as in `phase.Evidence`; `fits`: templates that the change explains,
    also where they do not reach beyond it."""

    gene: str
    first_codon: int
    last_codon: int
    hgvs_c: str
    hgvs_p: str
    short: str
    type: str
    net: int  # coding bases gained
    depth: int
    ref_fragments: int
    alt_fragments: int
    p_value: float
    error_rate: float  # of this change, by error alone
    filters: tuple[str, ...]
    records: tuple[tuple[int, str, str], ...]
    holds: np.ndarray
    fits: np.ndarray

    @property
    def label(self) -> str:
        return f"{self.gene} {self.hgvs_p}"


@dataclass
class IndelSearch:
    """Candidate indels of one gene with the molecules that show them outright."""

    found: dict[Indel, int]
    codon_molecules: int


def search_indels(screen: GeneScreen, reads: ReadTable, tables: ScreenSet) -> IndelSearch:
    """Search the stretch of the codons that are screened for indels."""
    codons = [codon for codon in screen.codons if screens_indels(screen.gene, codon, tables)]
    span = screen.pileup.transcript.codon_span(codons[0], codons[-1]) if codons else None
    if span is None or len(reads.position) == 0:
        return IndelSearch({}, 0)
    found = {i: n for i, n in indels.search(reads, screen.pileup, span[0] - 1, span[1]).items() if _coding(screen, i)}
    return IndelSearch(found, int(screen.pileup.counts[[codon - 1 for codon in codons]].sum()))


def _coding(screen: GeneScreen, indel: Indel) -> bool:
    """Whether a candidate lies in the coding sequence and is no change of one codon's bases, which codon counts see."""
    cds = screen.pileup.transcript.cds
    first, last = _codons_at(screen, indel)
    return (
        cds is not None and cds[0] - 1 < indel.start and indel.end < cds[1] and not (indel.net == 0 and first == last)
    )


def _informs(screen: GeneScreen, indel: Indel, tables: ScreenSet) -> bool:
    """Whether an indel touches a codon screened for indels. Others are no measure of the noise: whether their reads are
    there depends on recruiting."""
    first, last = _codons_at(screen, indel)
    touched = (codon for codon in range(first, last + 1) if codon in screen.wanted)
    return any(screens_indels(screen.gene, codon, tables) for codon in touched)


def fit_indel_noise(
    screens: list[GeneScreen], searches: list[IndelSearch], tables: ScreenSet, model: NoiseModel
) -> IndelNoise:
    """Indel rates of the sample, from the screened codons of all genes."""
    seen = [
        Seen(indel.net > 0, indels.in_homopolymer(s.pileup.sequence, indel), molecules, _depth_at(s, indel))
        for s, search in zip(screens, searches, strict=True)
        for indel, molecules in search.found.items()
        if _informs(s, indel, tables)
    ]
    return indel_noise.fit(seen, sum(search.codon_molecules for search in searches), model)


def _depth_at(screen: GeneScreen, indel: Indel) -> int:
    first, last = _codons_at(screen, indel)
    return int(screen.pileup.counts[first - 1 : last].sum(axis=(1, 2)).max(initial=1))


def _codons_at(screen: GeneScreen, indel: Indel) -> tuple[int, int]:
    codon_at = screen.pileup.transcript.codon_at
    first = min(indel.start, max(indel.end - 1, indel.start - 1))
    return codon_at(first + 1), codon_at(max(indel.end - 1, indel.start) + 1)


def indel_changes(
    screen: GeneScreen, search: IndelSearch, reads: ReadTable, molecule: np.ndarray, noise: IndelNoise, alpha: float,
    tables: ScreenSet, genome: Genome,
) -> list[Change]:  # fmt: skip
    """Indels that noise does not explain, filtered ones included. `molecule` is that of each template (-1: none)."""
    by_support = []
    for indel, shown in search.found.items():
        if shown < MIN_ALT_FRAGMENTS:
            continue
        holds, fits = indels.count(reads, screen.pileup, indel, len(molecule))
        reference, alternate = phase.count_molecules(holds, molecule)
        depth = reference + alternate
        if alternate < MIN_ALT_FRAGMENTS:
            continue
        p_value = noise.p_value(indel.net > 0, alternate, depth)
        if p_value <= alpha:
            error = (p_value, noise.rates[indel.net > 0])
            change = _indel_change(screen, indel, (reference, alternate), error, (holds, fits), tables, genome)
            by_support.append((-shown, -alternate, indel, change))
    return _best_of_each_site([entry[-1] for entry in sorted(by_support, key=lambda entry: entry[:3])])


def _indel_change(
    screen: GeneScreen, indel: Indel, counts: tuple[int, int], error: tuple[float, float],
    read: tuple[np.ndarray, np.ndarray],
    tables: ScreenSet, genome: Genome,
) -> Change:  # fmt: skip
    transcript, sequence = screen.pileup.transcript, screen.pileup.sequence
    effect = hgvs.protein_indel(transcript, sequence, indel)
    filters = []
    if indels.in_homopolymer(sequence, indel):
        filters.append("homopolymer")
    if not tables.reports_indel(screen.gene, effect.first, effect.last, indel.net):
        filters.append("not_screened")
    return Change(
        gene=screen.gene,
        first_codon=effect.first,
        last_codon=effect.last,
        hgvs_c=hgvs.coding_indel(transcript, sequence, indel),
        hgvs_p=effect.hgvs_p,
        short=effect.short,
        type=hgvs.indel_type(indel),
        net=indel.net,
        depth=sum(counts),
        ref_fragments=counts[0],
        alt_fragments=counts[1],
        p_value=error[0],
        error_rate=error[1],
        filters=tuple(filters),
        records=(hgvs.indel_record(transcript, genome, sequence, indel),),
        holds=read[0],
        fits=read[1],
    )


def _best_of_each_site(changes: list[Change]) -> list[Change]:
    """Indels that explain the same molecules at overlapping codons are readings of one change: the first, best
    supported, is kept, unless a later one explains its molecules and it does not explain those of the later one."""
    kept: list[Change] = []
    for change in changes:
        if not any(_explains(k, change) for k in kept):
            kept = [*(k for k in kept if not _explains(change, k)), change]
    return sorted(kept, key=lambda c: (c.first_codon, c.hgvs_c))


def _explains(indel: Change, other: Change) -> bool:
    """Whether most molecules of a change at or beside the codons of an indel fit the indel as well."""
    alternate = other.holds == phase.ALTERNATE
    return (
        indel.first_codon - 3 <= other.last_codon
        and other.first_codon <= indel.last_codon + 3
        and int((alternate & indel.fits).sum()) > PART_OF_INDEL * int(alternate.sum())
    )


def codon_changes(
    screen: GeneScreen, found: list[CodonCall], reads: ReadTable, masked: list[tuple[int, int]], templates: int,
    genome: Genome,
) -> list[Change]:  # fmt: skip
    """Codon calls, named, with what each template holds. Any other content of the codon counts as the reference."""
    codons = sorted({call.codon for call in found})
    seen = observe(reads, screen.pileup, masked, codons, templates) if codons else np.empty((templates, 0), np.int8)
    changes = []
    for call in found:
        content = seen[:, codons.index(call.codon)]
        holds = np.where(
            content < 0, phase.UNKNOWN, np.where(content == call.content, phase.ALTERNATE, phase.REFERENCE)
        )
        changes.append(_codon_change(screen, call, holds.astype(np.int8), genome))
    return changes


def _codon_change(screen: GeneScreen, call: CodonCall, holds: np.ndarray, genome: Genome) -> Change:
    hgvs_p, short = hgvs.protein_substitution(call.codon, call.reference, call.alternate)
    changed = sum(a != b for a, b in zip(call.reference, call.alternate, strict=True))
    records = hgvs.substitution_records(screen.pileup.transcript, genome, call.codon, call.reference, call.alternate)
    return Change(
        gene=call.gene,
        first_codon=call.codon,
        last_codon=call.codon,
        hgvs_c=hgvs.coding_substitution(call.codon, call.reference, call.alternate),
        hgvs_p=hgvs_p,
        short=short,
        type="snv" if changed == 1 else "mnv",
        net=0,
        depth=call.depth,
        ref_fragments=call.ref_fragments,
        alt_fragments=call.alt_fragments,
        p_value=call.p_value,
        error_rate=call.error_rate,
        filters=call.filters,
        records=tuple(records),
        holds=holds,
        fits=holds == phase.ALTERNATE,
    )


def without_one_sided(found: list[Change], reads: ReadTable, molecule: np.ndarray) -> list[Change]:
    """Changes that come in one orientation only, while the reference comes in both, are filtered."""
    return [
        replace(change, filters=(*change.filters, orientation.FILTER))
        if orientation.one_sided(reads, _site(change), change.holds, molecule, change.error_rate)
        else change
        for change in found
    ]


def _site(change: Change) -> tuple[int, int]:
    """Genomic stretch of a change, 0-based half-open."""
    first = min(position for position, _, _ in change.records) - 1
    return first, max(position - 1 + len(reference) for position, reference, _ in change.records)


def without_indel_edges(substitutions: list[Change], gaps: list[Change]) -> list[Change]:
    """Codon changes that are only the edge of a called indel, misaligned, get the filter `part_of_indel`."""
    called = [gap for gap in gaps if not gap.filters]
    return [
        replace(change, filters=(*change.filters, "part_of_indel"))
        if any(_explains(gap, change) for gap in called)
        else change
        for change in substitutions
    ]


def knowledge(change: Change, tables: ScreenSet) -> ChangeKnowledge | None:
    """Table row of a change: the ALK table, else the hotspot row that screens for it."""
    if change.gene == "ALK":
        row = tables.alk_changes.get(change.short) or _table_indel(change, tables)
        return _listed(row) if row else None
    for event in tables.events:
        if event.gene == change.gene and reported_by(change, event):
            return ChangeKnowledge(
                event=event.event, reference=event.reference, verified=event.verified, note=event.note
            )
    return None


def _listed(row: dict[str, str]) -> ChangeKnowledge:
    """A row of the ALK table; columns that the record does not have stay in the table."""
    names = {field.encode_name for field in msgspec.structs.fields(ChangeKnowledge)}
    return msgspec.convert({key: value for key, value in row.items() if key in names}, ChangeKnowledge)


def reported_by(change: Change, event: Event) -> bool:
    """Whether a hotspot row screens for the change."""
    if change.type in ("snv", "mnv"):
        return event.reports_substitution(change.first_codon, change.short[0], change.short[-1])
    return event.reports_indel(change.first_codon, change.last_codon, change.net)


def _table_indel(change: Change, tables: ScreenSet) -> dict[str, str] | None:
    """Row such as T1151ins or G1202del: an in-frame insertion or duplication at the residue, or its deletion."""
    if change.net % 3 or change.type not in ("ins", "del"):
        return None
    for name, row in tables.alk_changes.items():
        found = _TABLE_INDEL.fullmatch(name)
        if found is None or found[3] != change.type:
            continue
        residue = int(found[2])
        exact = change.first_codon == change.last_codon == residue
        if (change.first_codon <= residue <= change.last_codon) if change.type == "ins" else exact:
            return row
    return None
