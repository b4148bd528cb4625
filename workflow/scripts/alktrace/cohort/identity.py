"""Whether samples of one patient are of one person, by the inherited variants that both could show.

Each variant that one sample shows and the other could have shown weighs by how probable the two genotypes are together
in one person and in two (Hardy-Weinberg proportions at `FREQUENCY`). A verdict needs odds of `ODDS`; below, there are
too few variants to tell. In RNA one of two alleles may be silent, so that a heterozygous person may look homozygous.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import combinations
from math import log

from ..knowledge.sentences import Sentences
from ..model.records import Fingerprint, ReportFindings
from ..model.vocabulary import Assay
from ..report.escape import cell

FREQUENCY = 0.3  # of the rarer allele: common variants are most of what two persons may differ in
ODDS = 1000.0
SAME = {  # probability of equal genotypes, of one allele apart and of two, in one person
    Assay.DNA: (0.96, 0.035, 0.005),
    Assay.RNA: (0.80, 0.18, 0.02),
}
EDITED = {("A", "G"), ("T", "C")}  # what RNA editing looks like, on either strand


@dataclass(frozen=True)
class Identity:
    """Two samples of one patient; the fields are the columns of identity.tsv. `verdict`: match, mismatch or too_few;
    `sites` variants that one shows and both could, of which `equal` have the same genotype."""

    patient: str
    sample: str
    other: str
    verdict: str
    sites: int
    equal: int
    text: str


def identities(reports: Sequence[ReportFindings], sentences: Sentences) -> list[Identity]:
    """All pairs of samples of each patient, in the order of the sheet. An empty patient is nobody."""
    found = []
    for one, two in combinations(reports, 2):
        if one.sample.patient and one.sample.patient == two.sample.patient:
            found.append(_compared(one, two, sentences))
    return found


def _compared(one: ReportFindings, two: ReportFindings, sentences: Sentences) -> Identity:
    distances = _distances(one, two)
    rna = Assay.RNA in (one.sample.assay, two.sample.assay)
    weights = [log(a / b) for a, b in zip(SAME[Assay.RNA if rna else Assay.DNA], _two_persons(), strict=True)]
    score = sum(weights[distance] for distance in distances)
    verdict, key = "too_few", "identity_too_few"
    if score >= log(ODDS):
        verdict, key = "match", "identity_match"
    elif score <= -log(ODDS):
        verdict, key = "mismatch", "identity_mismatch"
    fields_of = {
        "sample": one.sample.id,
        "other": two.sample.id,
        "sites": len(distances),
        "equal": distances.count(0),
    }
    text = sentences.say(key, **fields_of)
    return Identity(one.sample.patient, one.sample.id, two.sample.id, verdict, len(distances), distances.count(0), text)


def _two_persons() -> tuple[float, float, float]:
    """Probability that two persons, at least one of whom has the variant, are equal, one or two alleles apart."""
    p, q = FREQUENCY, 1 - FREQUENCY
    none, one, both = q * q, 2 * p * q, p * p
    shown = 1 - none * none
    return (one * one + both * both) / shown, 2 * one * (none + both) / shown, 2 * none * both / shown


def _distances(one: ReportFindings, two: ReportFindings) -> list[int]:
    """Alleles by which the samples differ at each variant that one shows and the other shows or could have shown."""
    first, second = one.qc.fingerprint, two.qc.fingerprint
    if first is None or second is None:
        return []
    tables = [{(s.contig, s.position, s.alt): s.copies for s in side.sites} for side in (first, second)]
    plain = [_callable(side) for side in (first, second)]
    assays = one.sample.assay, two.sample.assay
    bases = {(s.contig, s.position, s.alt): s.ref for side in (first, second) for s in side.sites}
    distances = []
    for key in sorted({**tables[0], **tables[1]}):
        copies = [
            table.get(key, 0 if any(a <= key[1] <= b for a, b in reference.get(key[0], ())) else None)
            for table, reference in zip(tables, plain, strict=True)
        ]
        if copies[0] is None or copies[1] is None or _may_be_edited(key, bases[key], copies, assays):
            continue
        distances.append(abs(copies[0] - copies[1]))
    return distances


def _may_be_edited(
    key: tuple[str, int, str], ref: str, copies: Sequence[int | None], assays: tuple[Assay, Assay]
) -> bool:
    """Whether only RNA shows it, and it is a change that the editing of RNA makes."""
    return (ref, key[2]) in EDITED and any(
        copies[side] == 1 and copies[1 - side] == 0 and assays[side] is Assay.RNA and assays[1 - side] is Assay.DNA
        for side in (0, 1)
    )


def _callable(side: Fingerprint) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for stretch in side.callable:
        found.setdefault(stretch.contig, []).append((stretch.start, stretch.end))
    return found


def identity_table(rows: Iterable[Identity]) -> str:
    """identity.tsv: its head alone where no patient has two samples."""
    lines = ["\t".join(field.name for field in fields(Identity))]
    lines += ["\t".join(cell(value) for value in astuple(row)) for row in rows]
    return "\n".join(lines) + "\n"
