"""`fusions.vcf` (breakend pairs) and `mutations.vcf`, written with pysam. Coordinates are 1-based as VCF demands."""

from __future__ import annotations

import math
from pathlib import Path

import pysam

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..model.records import Fusion, Locus, VcfCall
from ..model.vocabulary import Confidence, Kind
from ..runtime.errors import InputError
from . import escape

_FUSION_INFO = (
    ("SVTYPE", 1, "String", "Type of structural variant: BND"),
    ("MATEID", 1, "String", "ID of the other breakend of the junction"),
    ("EVENT", 1, "String", "Event that the junction belongs to"),
    ("FUSION", 1, "String", "5' and 3' gene, joined by ::"),
    ("KIND", 1, "String", f"One of {', '.join(Kind)}"),
    ("SIDE", 1, "String", "Partner at this breakend: five_prime or three_prime"),
    ("GENE", 1, "String", "Gene at this breakend"),
    ("TRANSCRIPT", 1, "String", "Transcript that EXON refers to"),
    ("EXON", 1, "Integer", "Exon at this breakend"),
    ("STRAND", 1, "String", "Strand of the transcript at this breakend"),
    ("VARIANT", 1, "String", "Published name of the variant"),
    ("NOTATION", 1, "String", "Structure of the junction"),
    ("FRAME", 1, "String", "Reading frame: in_frame, out_of_frame or undetermined"),
    ("CONFIDENCE", 1, "String", "high, medium or low"),
    ("INSSEQ", 1, "String", "All bases between the exon parts, sense of the transcript"),
    ("HOMLEN", 1, "Integer", "Bases by which the junction can be shifted"),
    ("SPLIT", 1, "Integer", "Unique fragments with a read across the junction"),
    ("SPANNING", 1, "Integer", "Unique fragments with one mate on either side"),
    ("FRAGMENTS", 1, "Integer", "Unique supporting fragments"),
)
_MUTATION_INFO = (
    ("GENE", 1, "String", "Gene"),
    ("HGVSC", 1, "String", "Change of the coding sequence"),
    ("HGVSP", 1, "String", "Predicted change of the protein"),
    ("DP", 1, "Integer", "Unique fragments covering the position"),
    ("AO", 1, "Integer", "Unique fragments with the change"),
    ("VAF", 1, "Float", "Share of fragments with the change"),
    ("LOG10P", 1, "Float", "log10 of the p-value under the error model of the sample; absent where the p-value is 0"),
    ("NOTE", 1, "String", "Remark of the screening step"),
)


def write_fusions_vcf(fusions: list[Fusion], genome: Genome, path: Path) -> None:
    """Two BND records a junction, the 5' side first, in the report's order, to `path`.

    POS is the last exonic base of the 5' partner or the first exonic base of the 3' partner; the bases between them
    stand in ALT beside the reference base. Junctions of low confidence have FILTER `low_confidence`. Text that VCF does
    not allow is percent-encoded. Raises InputError when a position is not in the FASTA.
    """
    header = _header(genome, _FUSION_INFO)
    header.filters.add("low_confidence", None, None, "Confidence of the junction is low")
    with pysam.VariantFile(str(path), "w", header=header) as handle:
        for fusion in fusions:
            for side in ("five_prime", "three_prime"):
                handle.write(_breakend(handle.header, genome, fusion, side))


def _breakend(header: pysam.VariantHeader, genome: Genome, fusion: Fusion, side: str) -> pysam.VariantRecord:
    five = side == "five_prime"
    here, there = (fusion.five_prime, fusion.three_prime) if five else (fusion.three_prime, fusion.five_prime)
    base = _reference_base(genome, here)
    identifiers = (f"{fusion.junction_id}_1", f"{fusion.junction_id}_2")
    values: dict[str, object] = {
        "SVTYPE": "BND",
        "MATEID": identifiers[1 if five else 0],
        "EVENT": fusion.event_id,
        "FUSION": fusion.name,
        "KIND": fusion.kind,
        "SIDE": side,
        "GENE": here.gene,
        "TRANSCRIPT": here.transcript,
        "EXON": here.exon,
        "STRAND": here.strand,
        "VARIANT": fusion.variant,
        "NOTATION": fusion.notation,
        "FRAME": fusion.frame,
        "CONFIDENCE": fusion.confidence,
        "INSSEQ": fusion.inserted_sequence,
        "HOMLEN": fusion.microhomology,
        "SPLIT": fusion.support.split_fragments,
        "SPANNING": fusion.support.spanning_fragments,
        "FRAGMENTS": fusion.support.unique_fragments,
    }
    record = header.new_record(
        contig=escape.contig(here.contig),
        start=here.position - 1,
        id=identifiers[0 if five else 1],
        alleles=(base, breakend_allele(base, fusion.inserted_sequence, here, there, five)),
        filter="low_confidence" if fusion.confidence == Confidence.LOW else "PASS",
    )
    _set_info(record, values)
    return record


def breakend_allele(base: str, inserted: str, here: Locus, there: Locus, five_prime: bool) -> str:
    """ALT of one breakend (VCF 4.3, section 5.4).

    `base` is the reference base at `here`, `inserted` the bases between the partners in transcript sense, `five_prime`
    whether `here` is the 5' partner. A 5' partner keeps what lies upstream of its position, a 3' partner what lies
    downstream; on the - strand that is the other way round on the reference. The bracket opens to the side that the
    mate keeps.
    """
    keeps_left = five_prime == (here.strand == "+")
    mate_keeps_right = five_prime == (there.strand == "+")
    bracket = "[" if mate_keeps_right else "]"
    mate = f"{bracket}{escape.contig(there.contig)}:{there.position}{bracket}"
    bases = inserted if here.strand == "+" else reverse_complement(inserted)
    return f"{base}{bases}{mate}" if keeps_left else f"{mate}{bases}{base}"


def write_mutations_vcf(calls: list[VcfCall], genome: Genome, path: Path) -> None:
    """Passed and filtered calls, sorted by contig (FASTA order), position and allele, to `path`.

    Raises InputError when a position is not in the FASTA or its base is not the call's reference allele.
    """
    header = _header(genome, _MUTATION_INFO)
    for name in sorted({name for call in calls for name in call.filter}):
        header.filters.add(_filter_name(name), None, None, f"Filtered: {_description(name)}")
    order = {name: rank for rank, name in enumerate(genome.lengths)}
    with pysam.VariantFile(str(path), "w", header=header) as handle:
        for call in sorted(calls, key=lambda c: (order.get(c.contig, len(order)), c.pos, c.ref, c.alt)):
            handle.write(_mutation(handle.header, genome, call))


def _mutation(header: pysam.VariantHeader, genome: Genome, call: VcfCall) -> pysam.VariantRecord:
    end = call.pos + len(call.ref) - 1
    if not _inside(genome, call.contig, call.pos) or genome.fetch(call.contig, call.pos, end) != call.ref.upper():
        raise InputError(
            f"{call.contig}:{call.pos}: the FASTA does not have {call.ref} here;"
            " use the FASTA that the reads were aligned to"
        )
    record = header.new_record(
        contig=escape.contig(call.contig),
        start=call.pos - 1,
        alleles=(call.ref, call.alt),
        filter=[_filter_name(name) for name in call.filter] or ["PASS"],
    )
    values: dict[str, object] = {
        "GENE": call.gene,
        "HGVSC": call.hgvs_c,
        "HGVSP": call.hgvs_p,
        "DP": call.depth,
        "AO": call.alt_fragments,
        "VAF": call.vaf,
        "LOG10P": math.log10(call.p_value) if call.p_value > 0 else None,
        "NOTE": call.note,
    }
    _set_info(record, values)
    return record


def _header(genome: Genome, fields: tuple[tuple[str, int, str, str], ...]) -> pysam.VariantHeader:
    header = pysam.VariantHeader()
    for name, length in genome.lengths.items():
        header.contigs.add(escape.contig(name), length=length)
    for key, number, kind, description in fields:
        header.info.add(key, number, kind, description)
    return header


def _set_info(record: pysam.VariantRecord, values: dict[str, object]) -> None:
    """Set INFO fields; unknown (None or empty) ones are left out."""
    for key, value in values.items():
        if value is not None and value != "":
            record.info[key] = escape.info(value) if isinstance(value, str) else value


def _reference_base(genome: Genome, locus: Locus) -> str:
    if not _inside(genome, locus.contig, locus.position):
        raise InputError(
            f"{locus.contig}:{locus.position}: not in the FASTA; use the FASTA that the reads were aligned to"
        )
    base = genome.fetch(locus.contig, locus.position, locus.position)
    return base if base in "ACGT" else "N"  # VCF allows no other ambiguity code


def _inside(genome: Genome, contig: str, position: int) -> bool:
    return 1 <= position <= genome.lengths.get(contig, 0)


def _filter_name(name: str) -> str:
    return escape.percent(name, ' ;=,:"<>%')


def _description(name: str) -> str:
    return escape.percent(name, '"\\').replace("_", " ")
