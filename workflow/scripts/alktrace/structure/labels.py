"""Published names of fusions: the tables `eml4_alk_variants.tsv`, `alk_partners.tsv` and `domains.tsv`.

A label is looked up from the structure (exons, deleted bases, length and source of the insert), never the other way
round. Rows with callable `no` and structures without a published name get no label, but their row is still reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..knowledge.fusions import Partner, Tables, Variant, pieces, symbols
from ..model.records import Alias, FusionKnowledge
from ..model.vocabulary import Kind, Match

if TYPE_CHECKING:
    from .junction import Structure


@dataclass(frozen=True)
class Label:
    """`variant`: the published name, if any. `knowledge`: the table row behind it, with `match` saying how it fits."""

    variant: str | None
    knowledge: FusionKnowledge | None


def label(structure: Structure, tables: Tables, structure_complete: bool = True) -> Label:
    """The published name of a structure and the table row behind it.

    `knowledge.match` is `structure` (all of it), `junction` (a partner's exons), `insert_length` (the insert has the
    published length but another source: no label), `exons` (the insert is not fully known: `candidates` lists the names
    of these exons), `partner` (the gene is known, this junction is not) or `withheld` (exon numbers are not those of
    the reference transcript, so no row can be compared).
    """
    if reason := _not_comparable(structure, tables):
        return Label(None, reason)
    stated = structure.five.stated and structure.three.stated
    same_exons = [row for row in tables.variants if stated and _same_exons(structure, row)]
    if not structure_complete:
        return Label(None, _candidates(same_exons) or _partner(structure, tables.partners))
    same_size = [row for row in same_exons if row.callable != "alias" and _same_size(structure, row)]
    for row in same_size:
        if _same_source(structure, row):
            name = row.variant if row.callable != "no" else ""
            return Label(name or None, _variant(row, Match.STRUCTURE, _aliases(row, tables.variants)))
    for row in same_size:
        return Label(None, _variant(row, Match.INSERT_LENGTH))
    return Label(None, _partner(structure, tables.partners))


def _not_comparable(structure: Structure, tables: Tables) -> FusionKnowledge | None:
    """Why the exons cannot be compared with the tables', None when they can or when no row is about these genes."""
    other = next((t for t in (structure.five, structure.three) if not t.numbered), None)
    genes = {structure.five.gene, structure.three.gene}
    rows: list[Variant | Partner] = [row for row in tables.variants if {row.five_gene, row.three_gene} == genes]
    rows += [row for row in tables.partners if not symbols(row).isdisjoint(genes)]
    if other is None or not rows:
        return None
    return FusionKnowledge(
        match=Match.WITHHELD,
        conflict_note=f"no published name is given: the annotation has no transcript of {other.gene} with the"
        f" reference exons, and the exon numbers are those of {other.transcript_id} ({other.rule})",
        reference=rows[0].reference,
        verified=rows[0].verified,
    )


def _same_exons(structure: Structure, row: Variant) -> bool:
    return (structure.five.gene, structure.five_exon, structure.three.gene, structure.three_exon) == (
        row.five_gene,
        row.five_exon,
        row.three_gene,
        row.three_exon,
    )


def _same_size(structure: Structure, row: Variant) -> bool:
    """Whether the same bases are missing and as many inserted. Bases that both sides share may stand on either: the
    published border may lie anywhere within the microhomology."""
    shift = row.five_deleted - structure.five_deleted
    return (
        len(structure.inserted) == row.inserted_bases
        and shift == structure.three_deleted - row.three_deleted
        and abs(shift) <= structure.microhomology
    )


def _same_source(structure: Structure, row: Variant) -> bool:
    """Whether the insert comes from where the table says.

    The border between two introns may shift by the microhomology; a wrong base may leave a tenth of it unexplained.
    """
    if row.insert_source in ("", "unknown"):
        return True
    sizes = pieces(row)
    slack = max(structure.microhomology, row.inserted_bases // 10)
    return (
        abs(_cryptic(structure) + len(structure.untemplated) - sizes.get("five_cryptic_exon", 0)) <= slack
        and abs(structure.five_retained - sizes.get("five_intron", 0)) <= slack
        and abs(structure.three_retained - sizes.get("three_intron", 0)) <= slack
    )


def _cryptic(structure: Structure) -> int:
    """Inserted bases that lie in the 5' gene, away from its stated exons."""
    return sum(p.length for p in structure.cryptic if p.transcript.gene_id == structure.five.gene_id)


def _aliases(row: Variant, variants: Iterable[Variant]) -> list[Alias]:
    return [
        Alias(other.variant, other.conflict_note, other.reference, other.verified)
        for other in variants
        if other.alias_of == row.key
    ]


def _candidates(rows: list[Variant]) -> FusionKnowledge | None:
    named = [row for row in rows if row.variant and row.callable in ("yes", "flag")]
    if not named:
        return None
    return FusionKnowledge(
        match=Match.EXONS,
        candidates=[row.key for row in named],
        conflict_note="the insert is not fully known, so these names cannot be told apart",
        reference="; ".join(dict.fromkeys(row.reference for row in named)),
        verified="page" if all(row.verified == "page" for row in named) else "recalled",
    )


def _partner(structure: Structure, partners: Iterable[Partner]) -> FusionKnowledge | None:
    """The row of this junction, else the first of this partner, either way round."""
    rows = [row for row in partners if not symbols(row).isdisjoint((structure.five.gene, structure.three.gene))]
    for row in rows:
        if _is_junction(structure, row):
            return _known_partner(row, Match.JUNCTION)
    return _known_partner(rows[0], Match.PARTNER) if rows else None


def _is_junction(structure: Structure, row: Partner) -> bool:
    if structure.inserted or structure.five_deleted or structure.three_deleted:
        return False
    if structure.five.gene in symbols(row):
        exons = (row.partner_exon.split("-")[0], row.alk_exon.split("-")[0])
    elif row.kind == Kind.DISRUPTING_EVENT:
        exons = (row.alk_exon.split("-")[-1], row.partner_exon.split("-")[-1])
    else:
        return False
    return exons == (str(structure.five_exon), str(structure.three_exon))


def _variant(row: Variant, match: Match, also_called: Sequence[Alias] = ()) -> FusionKnowledge:
    return FusionKnowledge(
        match=match,
        key=row.key,
        callable=row.callable,
        also_called=list(also_called),
        published_notation=row.published_notation,
        case_report_label=row.case_report_label,
        case_report_junction=row.case_report_junction,
        insert_note=row.insert_note,
        tape_note=row.tape_note,
        length_class=row.length_class,
        approx_frequency=row.approx_frequency,
        year=row.first_report_year,
        conflict_note=row.conflict_note,
        reference=row.reference,
        verified=row.verified,
        not_page_read=row.not_page_read,
        source_url=row.source_url,
    )


def _known_partner(row: Partner, match: Match) -> FusionKnowledge:
    return FusionKnowledge(
        match=match,
        gene=row.gene,
        junction=row.junction,
        kind=row.kind,
        case_report_label=row.case_report_label,
        disease_context=row.disease_context,
        year=row.year,
        conflict_note=row.conflict_note,
        reference=row.reference,
        verified=row.verified,
        not_page_read=row.not_page_read,
        source_url=row.source_url,
    )
