"""What must not change a report: how reads are ordered, named, oriented and split up, and how contigs are called."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alktrace.recruit import fastq
from alktrace.simulate import scenarios
from alktrace.simulate.genome import SyntheticGenome, build_genome, write_fasta, write_gtf
from alktrace.simulate.reads import ReadSettings
from whole_pipeline import Prepared

Record = list[str]
Report = dict[str, Any]
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def read(path: Path) -> list[Record]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [lines[i : i + 4] for i in range(0, len(lines), 4)]


def write(path: Path, records: Iterable[Record]) -> Path:
    path.write_bytes(gzip.compress("".join("\n".join(r) + "\n" for r in records).encode(), 1))
    return path


def renamed(records: list[Record], mate: int) -> list[Record]:
    """Other names, in another order by name, with the mate number behind a blank."""
    return [[f"@x{number * 7919 % 999_983} {mate}:N:0:A", *r[1:]] for number, r in enumerate(records)]


def numbered(records: list[Record], mate: int) -> list[Record]:
    return [[re.sub("/[12]$", f"/{mate}", r[0]), *r[1:]] for r in records]


def turned(record: Record) -> Record:
    return [record[0], record[1].translate(COMPLEMENT)[::-1], record[2], record[3][::-1]]


def told(report: Report) -> Report:
    """The report without the digests of what was read."""
    return {key: value for key, value in report.items() if key != "provenance"}


@dataclass(frozen=True)
class Sample:
    """V3a, V3b and G1202R in a background, and its report."""

    genome: SyntheticGenome
    prepared: Prepared
    folder: Path
    mates: tuple[list[Record], list[Record]]
    report: Report

    def again(self, work: Path, *mates: Iterable[Record], **options: Any) -> Report:
        work.mkdir()
        paths = [write(work / f"{number}.fq.gz", records) for number, records in enumerate(mates)]
        return self.prepared.report(paths, work / "out", **options)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("metamorphic")
    genome = build_genome()
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "genes.gtf")
    prepared = Prepared.of(folder / "reference", folder / "genome.fa", folder / "genes.gtf")
    molecules = scenarios.fusion_molecules(genome)
    entries = [
        entry
        for name, count in (("V3a", 300), ("V3b", 900))
        for entry in scenarios.with_alleles(genome, molecules[name], "ALK", [(["c.3604G>A"], 0.3)], count)
    ]
    library = scenarios.Scenario("sample", (*scenarios.background(genome, 6000), *entries))
    paths = [folder / f"{mate}.fq.gz" for mate in (1, 2)]
    scenarios.write(library, ReadSettings(duplicates=0.1), 5, paths)
    report = prepared.report(paths, folder / "out")
    assert report["verdict"]["alk_rearrangement"]["state"] == "detected"
    assert [m["short"] for m in report["mutations"]] == ["G1202R"]
    return Sample(genome, prepared, folder, (read(paths[0]), read(paths[1])), report)


@pytest.mark.parametrize("change", ["order", "names", "mates swapped", "small buffers", "two threads"])
def test_the_report_is_the_same(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    one, two = sample.mates
    options: dict[str, Any] = {}
    if change == "order":
        order = random.Random(1).sample(range(len(one)), len(one))
        one, two = [one[i] for i in order], [two[i] for i in order]
    elif change == "names":
        one, two = renamed(one, 1), renamed(two, 2)
    elif change == "mates swapped":
        one, two = numbered(two, 1), numbered(one, 2)
    elif change == "small buffers":
        monkeypatch.setattr(fastq, "BUFFER_SIZE", 1 << 12)
    else:
        options["threads"] = 2
    assert told(sample.again(tmp_path / "again", one, two, **options)) == told(sample.report)


def named_without_chr(text: str) -> str:
    return re.sub(r"\bchr(?=[0-9XYM])", "", text)


@pytest.mark.parametrize("change", ["without chr", "contigs in another order"])
def test_the_report_is_the_same_on_the_same_genome(sample: Sample, tmp_path: Path, change: str) -> None:
    fasta, gtf = ((sample.folder / name).read_text() for name in ("genome.fa", "genes.gtf"))
    if change == "without chr":
        fasta, gtf = named_without_chr(fasta), re.sub("^chr", "", gtf, flags=re.MULTILINE)
    else:
        fasta = "".join(f">{contig}" for contig in reversed(fasta.split(">")[1:]))
        gtf = "".join(sorted(gtf.splitlines(True), key=lambda row: row.split("\t")[0], reverse=True))
    (tmp_path / "genome.fa").write_text(fasta)
    (tmp_path / "genes.gtf").write_text(gtf)
    other = Prepared.of(tmp_path / "reference", tmp_path / "genome.fa", tmp_path / "genes.gtf")
    found = other.report([sample.folder / f"{mate}.fq.gz" for mate in (1, 2)], tmp_path / "out")
    expected = json.dumps(told(sample.report), sort_keys=True)
    assert json.loads(named_without_chr(json.dumps(told(found), sort_keys=True))) == json.loads(
        named_without_chr(expected)
    )


def states(report: Report) -> dict[str, str]:
    """Every state of a report by what it is about."""
    found = {name: report["verdict"][name]["state"] for name in ("alk_rearrangement", "kinase_domain", "bypass")}
    found |= {f"{c['gene']} {c['codon']}": c["state"] for c in report["screened"]}
    return found | {f"{e['gene']} {e['event']} {e['kind']}": e["state"] for e in report["bypass"]}


def findings(report: Report) -> set[str]:
    fusions = {f["notation"] for f in report["fusions"] if f["confidence"] != "low"}
    return fusions | {f"{m['gene']} {m['short']}" for m in report["mutations"]}


def test_single_reads_of_the_other_strand(sample: Sample, tmp_path: Path) -> None:
    """Reads are looked at more closely at their ends than between: a few may be recruited from one strand only."""
    one = sample.mates[0]
    before = sample.again(tmp_path / "before", one)
    after = sample.again(tmp_path / "after", map(turned, one))
    assert findings(after) == findings(before)
    a, b = states(before), states(after)
    assert a.keys() == b.keys()
    assert sum(a[what] != b[what] for what in a) <= 0.01 * len(a)
    counts = [report["qc"]["control_fragments"] for report in (before, after)]
    assert abs(counts[0] - counts[1]) <= 0.01 * counts[0]


def test_fewer_reads_never_assess_more(sample: Sample, tmp_path: Path) -> None:
    """The imbalance is left out: fewer reads of the 5' part may hide it."""
    one, two = sample.mates
    full = states(sample.report)
    for number, share in enumerate((0.5, 0.1, 0.01)):
        kept = [i for i in range(len(one)) if random.Random(i * 31 + 7).random() < share]
        less = sample.again(tmp_path / str(number), [one[i] for i in kept], [two[i] for i in kept])
        turned_negative = [
            what
            for what, state in states(less).items()
            if full[what] == "not_assessable" and state == "not_detected" and what != "alk_rearrangement"
        ]
        assert not turned_negative
        assert findings(less) <= findings(sample.report)
        if share == 0.01:
            assert less["verdict"]["alk_rearrangement"]["state"] != "not_detected"


def test_unrelated_reads_add_no_finding_and_the_next_sample_starts_anew(sample: Sample, tmp_path: Path) -> None:
    """Wild-type reads of the same genes, random sequence and one base over and over, beside the sample and alone."""
    others = scenarios.Scenario("others", scenarios.background(sample.genome, 3000))
    paths = [tmp_path / f"{mate}.fq.gz" for mate in (1, 2)]
    scenarios.write(others, ReadSettings(prefix="other"), 6, paths)
    rng = random.Random(9)
    noise = [
        ("".join(rng.choices("ACGT", k=100)) if number % 3 else "ACGTN"[number % 5] * 100) for number in range(600)
    ]
    more = [
        [[f"@noise{n}", bases, "+", "F" * 100] for n, bases in enumerate(noise)],
        [[f"@noise{n}", bases[::-1].translate(COMPLEMENT), "+", "F" * 100] for n, bases in enumerate(noise)],
    ]
    extra = [read(path) + added for path, added in zip(paths, more, strict=True)]
    both = sample.again(tmp_path / "both", *(own + new for own, new in zip(sample.mates, extra, strict=True)))
    assert findings(both) == findings(sample.report)
    alone = sample.again(tmp_path / "alone", *extra)
    assert not findings(alone)
    assert "detected" not in states(alone).values()
