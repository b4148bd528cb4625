"""Which transcript of a gene is stated: the one that exon numbers, codons and published names refer to.

The rules, first that fits: the transcript that `resources/transcripts.tsv` names; one with the same exons; the exons of
that table where the annotation has the gene at its place on GRCh38; the MANE Select tag; Ensembl canonical; the longest
coding sequence. Transcripts that the annotation calls incomplete or non-coding come last, ties go to the smallest id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..genome.fasta import Genome
from ..genome.transcripts import CANONICAL, COORDINATES, LONGEST, MANE, PIN, SAME_EXONS, Transcript
from ..knowledge.transcripts import ReferenceTranscript, bare
from .coding import fault, without_stop
from .gtf_models import Model

_LEAST_INTRONS = 2  # introns of a gene at the place that the table says: the annotation is of GRCh38 there
_RULES = (PIN, SAME_EXONS, COORDINATES, MANE, CANONICAL, LONGEST)


def stated_transcripts(
    models: Iterable[Model],
    table: Mapping[str, ReferenceTranscript],
    pins: Mapping[str, str],
    contigs: Mapping[str, int],
    genome: Genome | None,
) -> list[Transcript]:
    """One transcript a gene. `table` holds the reference transcripts by symbol, `pins` other accessions by symbol,
    `contigs` the lengths of the contigs of `models`. With a `genome`, coding sequences are looked at.

    A gene of the table or of `pins` that the annotation has at several places is taken from where its coding sequence
    translates, then where the best rule applies, then from the longest contig; its other places are left out.
    """
    stated: list[Transcript] = []
    named: dict[str, list[Transcript]] = {}
    for gene, group in _by_gene(list(models), table).items():
        symbol = gene[0]
        chosen = choose(group, table.get(symbol), pins.get(symbol))
        others = {span for model in group for span in model.exons} - set(chosen.exons)
        chosen = replace(chosen, other_exons=tuple(sorted(others)))
        chosen = without_stop(chosen, genome) if genome else chosen
        (named.setdefault(symbol, []) if symbol in table or symbol in pins else stated).append(chosen)
    return stated + [_best_place(places, contigs, genome) for places in named.values()]


def _best_place(places: list[Transcript], contigs: Mapping[str, int], genome: Genome | None) -> Transcript:
    def rank(t: Transcript) -> tuple[object, ...]:
        wrong = genome is not None and fault(t, genome) is not None
        return wrong, _RULES.index(t.rule), -contigs[t.contig], t.contig, t.start

    return min(places, key=rank) if len(places) > 1 else places[0]


def _by_gene(models: list[Model], table: Mapping[str, ReferenceTranscript]) -> dict[tuple[str, str, str], list[Model]]:
    """Models by (symbol, gene_id, contig). Old symbols become those of the table; where the annotation has no symbols,
    the gene is known by the accession of its transcript."""
    symbols = {model.gene for model in models}
    renamed = {old: row.gene for row in table.values() for old in row.synonyms if row.gene not in symbols}
    owners = {accession: row.gene for row in table.values() for accession in row.accessions}
    genes: dict[tuple[str, str, str], list[Model]] = {}
    unnamed: dict[tuple[str, str], str] = {}
    for model in models:
        if not model.named and (owner := owners.get(bare(model.transcript_id))):
            unnamed[model.gene_id, model.contig] = owner
    for model in models:
        symbol = model.gene if model.named else unnamed.get((model.gene_id, model.contig), model.gene)
        model.gene = renamed.get(symbol, symbol)
        genes.setdefault((model.gene, model.gene_id, model.contig), []).append(model)
    return genes


def choose(models: list[Model], row: ReferenceTranscript | None, pin: str | None) -> Transcript:
    """The reference transcript of one gene, with its rule; `row` is the gene's row of the table, `pin` another
    accession that is looked for first."""
    accessions = {bare(pin)} if pin else set()
    accessions |= row.accessions if row else set()
    ranked = sorted((model for model in models), key=_rank)
    by_name = [model for model in ranked if bare(model.transcript_id) in accessions]
    if by_name and (row is None or len(by_name[0].exons) == len(row.exons)):
        return replace(by_name[0].transcript(), rule=PIN)
    if row is not None:
        for model in ranked:
            if _same_exons(model.transcript(), _as_transcript(row, model)):
                return replace(model.transcript(), rule=SAME_EXONS)
        if _introns(row.exons) and len(_introns(row.exons) & _all_introns(models, row)) >= _LEAST_INTRONS:
            return replace(_as_transcript(row, ranked[0]), rule=COORDINATES)
    best = by_name[0] if by_name else ranked[0]
    rule = MANE if "MANE_Select" in best.tags else CANONICAL if "Ensembl_canonical" in best.tags else LONGEST
    return replace(best.transcript(), rule=rule)


def _rank(model: Model) -> tuple[object, ...]:
    return (
        "MANE_Select" not in model.tags,
        not model.complete,
        "Ensembl_canonical" not in model.tags,
        -sum(end - start + 1 for start, end in model.cds),
        -sum(end - start + 1 for start, end in model.exons),
        model.transcript_id,
    )


def _as_transcript(row: ReferenceTranscript, model: Model) -> Transcript:
    """The row of the table at its coordinates, on the contig of `model`."""
    return Transcript(
        model.gene, model.gene_id, model.gene_type, row.ensembl, model.contig, row.strand, row.exons, row.cds
    )


def _same_exons(one: Transcript, other: Transcript) -> bool:
    """Do exon numbers and codons mean the same in both? Inner exons have the same lengths, the first and the last the
    same coding bases; untranslated ends may differ, and a coding sequence may count its stop codon in."""
    if one.cds is None or other.cds is None or len(one.exons) != len(other.exons):
        return False
    inner = [[end - start for start, end in transcript.exons[1:-1]] for transcript in (one, other)]
    first = [transcript.exon_ends[0] - transcript.cds[0] for transcript in (one, other) if transcript.cds]
    length = [transcript.cds[1] - transcript.cds[0] for transcript in (one, other) if transcript.cds]
    single = len(one.exons) == 1
    return inner[0] == inner[1] and (single or first[0] == first[1]) and length[0] - length[1] in (0, 3)


def _introns(exons: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    ordered = sorted(exons)
    return {(a[1], b[0]) for a, b in zip(ordered, ordered[1:], strict=False)}


def _all_introns(models: Iterable[Model], row: ReferenceTranscript) -> set[tuple[int, int]]:
    return set().union(*(_introns(model.exons) for model in models if model.strand == row.strand))
