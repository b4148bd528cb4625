"""Samples of one patient compared by their inherited variants, on simulated genotypes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alktrace.cohort.identity import identities, identity_table
from alktrace.cohort.stage import write_cohort
from alktrace.knowledge.sentences import read_sentences
from alktrace.model.records import CallableStretch, Fingerprint, GenotypeSite, Report
from alktrace.runtime.serialise import write_json
from interpret_cases import KNOWLEDGE, report
from markup import Page

SENTENCES = read_sentences(KNOWLEDGE)
SPACING = 1000


def person(seed: int, sites: int) -> list[int]:
    """Copies of the alternative base at each common variant."""
    rng = np.random.default_rng(seed)
    frequency = np.random.default_rng(7).uniform(0.1, 0.5, sites)
    return [int(n) for n in rng.binomial(2, frequency)]


def sample(name: str, copies: list[int | None], assay: str = "dna", alt: str = "T") -> Report:
    """A report with these genotypes; None: not deep enough."""
    sites, plain = [], []
    for number, count in enumerate(copies):
        position = SPACING * (number + 1)
        if count:
            sites.append(
                GenotypeSite(
                    contig="chr2", position=position, ref="C" if alt == "T" else "A", alt=alt, copies=count, depth=100,
                    alt_fragments=50 * count,
                )
            )  # fmt: skip
        elif count == 0:
            plain.append(CallableStretch(contig="chr2", start=position - 10, end=position + 10))
    made = report(assay=assay, sample=name)
    made.qc.fingerprint = Fingerprint(sites=sites, callable=plain)
    return made


def silent(copies: list[int], seed: int) -> list[int | None]:
    """As RNA shows it: one in seven heterozygous sites from one allele alone, a third of all not expressed."""
    rng = np.random.default_rng(seed)
    shown = [int(rng.choice([0, 2])) if c == 1 and rng.random() < 1 / 7 else c for c in copies]
    return [None if rng.random() < 1 / 3 else c for c in shown]


def verdict(one: Report, two: Report) -> str:
    (pair,) = identities([one, two], SENTENCES)
    return pair.verdict


@pytest.mark.parametrize("seed", range(20))
def test_dna_of_one_person_fits_and_of_two_does_not(seed: int) -> None:
    own, stranger = person(seed, 40), person(seed + 1000, 40)
    assert verdict(sample("a", list(own)), sample("b", list(own))) == "match"
    assert verdict(sample("a", list(own)), sample("b", list(stranger))) == "mismatch"


def test_rna_of_one_person_is_never_called_a_stranger() -> None:
    verdicts = []
    for seed in range(40):
        own, stranger = person(seed, 60), person(seed + 1000, 60)
        assert verdict(sample("a", list(own)), sample("b", silent(own, seed), "rna")) != "mismatch"
        verdicts.append(verdict(sample("a", list(own)), sample("b", silent(stranger, seed), "rna")))
    assert verdicts.count("mismatch") >= 36
    assert "match" not in verdicts


def test_somatic_change_does_not_make_a_stranger() -> None:
    """A heterozygous-looking mutation and a site with lost copies at progression."""
    own = person(3, 40)
    later: list[int | None] = [*own[:-2], 1 if own[-2] == 0 else None, None]
    assert verdict(sample("a", list(own)), sample("b", later)) == "match"


def test_few_variants_tell_nothing() -> None:
    assert verdict(sample("a", [1, 2, 1]), sample("b", [1, 2, 1])) == "too_few"
    assert verdict(sample("a", []), sample("b", [])) == "too_few"
    bare = report(sample="c")
    assert verdict(sample("a", [1] * 20), bare) == "too_few"


def test_editing_of_rna_is_no_stranger() -> None:
    edited, plain = sample("a", [1] * 30, "rna", alt="G"), sample("b", [0] * 30, "dna", alt="G")
    assert verdict(edited, plain) == "too_few"


def test_only_samples_of_one_patient_are_compared_and_a_stranger_is_named(tmp_path: Path) -> None:
    reports = [sample("a", list(person(1, 40))), sample("b", list(person(2, 40))), sample("c", list(person(3, 40)))]
    reports[2].sample.patient = "P2"
    paths = [tmp_path / r.sample.id / "report.json" for r in reports]
    for path, one in zip(paths, reports, strict=True):
        write_json(one, path)
    write_cohort(paths, tmp_path / "cohort")
    table = (tmp_path / "cohort" / "identity.tsv").read_text()
    assert table == identity_table(identities(reports, SENTENCES))
    assert [row.split("\t")[1:4] for row in table.splitlines()[1:]] == [["a", "b", "mismatch"]]
    (page,) = (tmp_path / "cohort" / "patients").glob("*.html")
    for text in (page.read_text(), (tmp_path / "cohort" / "index.html").read_text()):
        assert "a and b do not fit one person" in Page(text).text
