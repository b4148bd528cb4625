"""Expected results against reports: the summary table of a laboratory's validation.

`python -m alktrace.validate EXPECTED.tsv RESULTS [--out summary.tsv]` reads a tab-separated sheet with the columns
sample, finding and expected, and optionally level (any text, such as the dilution) and min_vaf, max_vaf; it compares
each row with RESULTS/{sample}/report.json. Findings are written as

    alk_rearrangement | kinase_domain | bypass            a verdict; expected is a state
    fusion EML4::ALK E6;A20      (or its variant: V3a)    expected is detected or not_detected
    mutation ALK G1202R                                   expected is detected or not_detected
    inhibitor lorlatinib                                  expected is the call

The table has one line a row and one line a level and kind of finding: agreed, disagreed, not assessable, and the share
that agrees of those that could be assessed, with a 95% interval (Clopper and Pearson). Exit code 1 if any row
disagrees, 2 for input that cannot be read. Docs: docs/validation.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.special import betaincinv

from .knowledge.table import read_table
from .model.findings import is_silent
from .model.records import Report
from .model.vocabulary import Call, Confidence, State
from .runtime.errors import InputError
from .runtime.files import write_text
from .runtime.serialise import read_json

VERDICTS = ("alk_rearrangement", "kinase_domain", "bypass")
AGREE, DISAGREE, NOT_ASSESSABLE, MISSING = "agree", "disagree", "not_assessable", "no_report"


@dataclass(frozen=True)
class Expected:
    """One row of the sheet. `kind` is the first word of the finding, `name` the rest."""

    sample: str
    kind: str
    name: str
    expected: str
    level: str
    min_vaf: float | None
    max_vaf: float | None


@dataclass(frozen=True)
class Outcome:
    """What the report says about one expected finding; `vaf` of a mutation that was called."""

    row: Expected
    observed: str
    vaf: float | None
    result: str


def read_expected(path: Path) -> list[Expected]:
    """Rows of the sheet. Raises InputError with row and column of what is wrong."""
    rows = read_table(path, ("sample", "finding", "expected"))
    return [_expected(f"{path}: row {number}", row) for number, row in enumerate(rows, 2)]


def _expected(where: str, row: dict[str, str]) -> Expected:
    kind, _, name = row["finding"].strip().partition(" ")
    words = {
        **dict.fromkeys(VERDICTS, tuple(State)),
        "fusion": (State.DETECTED, State.NOT_DETECTED),
        "mutation": (State.DETECTED, State.NOT_DETECTED),
        "inhibitor": tuple(Call),
    }
    if kind not in words or bool(name.strip()) == (kind in VERDICTS):
        raise InputError(
            f"{where}, column finding: '{row['finding']}' is none of {', '.join(VERDICTS)}, 'fusion NAME LABEL', "
            "'mutation GENE CHANGE', 'inhibitor DRUG'"
        )
    if row["expected"] not in words[kind]:
        raise InputError(f"{where}, column expected: '{row['expected']}' is none of {', '.join(words[kind])}")
    bounds = (_bound(where, column, row.get(column, "")) for column in ("min_vaf", "max_vaf"))
    return Expected(row["sample"], kind, name.strip(), row["expected"], row.get("level", ""), *bounds)


def _bound(where: str, column: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(f"{where}, column {column}: '{text}' is no number from 0 to 1")
    return value


def judge(row: Expected, report: Report) -> Outcome:
    """Compare one expected finding with the report."""
    vaf = None
    if row.kind in VERDICTS:
        observed = str(getattr(report.verdict, row.kind).state)
    elif row.kind == "inhibitor":
        observed = next((str(call.call) for call in report.tki if call.drug == row.name), "not in the report")
    elif row.kind == "fusion":
        observed = _fusion_state(row.name, report)
    else:
        observed, vaf = _mutation_state(row.name, report)
    if observed == State.NOT_ASSESSABLE and row.expected != State.NOT_ASSESSABLE:
        return Outcome(row, observed, vaf, NOT_ASSESSABLE)
    inside = vaf is None or ((row.min_vaf or 0.0) <= vaf <= (1.0 if row.max_vaf is None else row.max_vaf))
    return Outcome(row, observed, vaf, AGREE if observed == row.expected and inside else DISAGREE)


def _fusion_state(name: str, report: Report) -> str:
    """Detected at medium or high confidence; absent only as far as the rearrangement verdict says so."""
    genes, _, label = name.partition(" ")
    for fusion in report.fusions:
        fits = not label.strip() or label.strip() in (fusion.variant, fusion.notation)
        if fusion.name == genes and fits and fusion.confidence != Confidence.LOW:
            return State.DETECTED
    blind = report.verdict.alk_rearrangement.state is State.NOT_ASSESSABLE
    return State.NOT_ASSESSABLE if blind else State.NOT_DETECTED


def _mutation_state(name: str, report: Report) -> tuple[str, float | None]:
    """Detected, or not detected where the change's codon was screened."""
    gene, _, change = name.partition(" ")
    for found in report.mutations:
        if found.gene == gene and change in (found.short, found.hgvs_p, found.hgvs_c) and not is_silent(found):
            return State.DETECTED, found.vaf
    digits = "".join(filter(str.isdigit, change))
    codon = next((c for c in report.screened if c.gene == gene and str(c.codon) == digits), None)
    seen = codon is not None and codon.state is not State.NOT_ASSESSABLE
    return (State.NOT_DETECTED if seen else State.NOT_ASSESSABLE), None


def compare(rows: Iterable[Expected], results: Path) -> list[Outcome]:
    """All rows, in the order of the sheet. A sample without report is `no_report`. Raises InputError for a bad one."""
    reports: dict[str, Report | None] = {}
    outcomes = []
    for row in rows:
        if row.sample not in reports:
            path = results / row.sample / "report.json"
            reports[row.sample] = read_json(path, Report) if path.is_file() else None
        report = reports[row.sample]
        outcomes.append(Outcome(row, MISSING, None, MISSING) if report is None else judge(row, report))
    return outcomes


def interval(agreed: int, of: int) -> tuple[float, float]:
    """95% interval of a share (Clopper and Pearson 1934)."""
    low = 0.0 if agreed == 0 else float(betaincinv(agreed, of - agreed + 1, 0.025))
    high = 1.0 if agreed == of else float(betaincinv(agreed + 1, of - agreed, 0.975))
    return low, high


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table: one line an expected finding, then, after an empty line, one line a kind, expectation and level."""
    lines = ["sample\tfinding\tlevel\texpected\tobserved\tvaf\tresult"]
    for one in outcomes:
        finding = f"{one.row.kind} {one.row.name}".strip()
        vaf = "" if one.vaf is None else f"{one.vaf:.4f}"
        lines.append(
            "\t".join((one.row.sample, finding, one.row.level, one.row.expected, one.observed, vaf, one.result))
        )
    lines += ["", "kind\texpected\tlevel\tagree\tdisagree\tnot_assessable\tno_report\tshare\tlow\thigh"]
    for group in dict.fromkeys((o.row.kind, o.row.expected, o.row.level) for o in outcomes):
        results = [o.result for o in outcomes if (o.row.kind, o.row.expected, o.row.level) == group]
        counts = [results.count(word) for word in (AGREE, DISAGREE, NOT_ASSESSABLE, MISSING)]
        assessed = counts[0] + counts[1]
        share = ["", "", ""]
        if assessed:
            share = [f"{value:.4f}" for value in (counts[0] / assessed, *interval(counts[0], assessed))]
        lines.append("\t".join((*group, *map(str, counts), *share)))
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m alktrace.validate", description=__doc__.split("\n")[0])
    parser.add_argument("expected", type=Path, help="sheet of expected results")
    parser.add_argument("results", type=Path, help="folder with {sample}/report.json")
    parser.add_argument("--out", type=Path, help="file for the table; standard output without it")
    given = parser.parse_args(arguments)
    try:
        outcomes = compare(read_expected(given.expected), given.results)
        table = summary(outcomes)
        if given.out:
            write_text(given.out, table)
        else:
            sys.stdout.write(table)
    except (InputError, OSError) as error:
        print(f"alktrace.validate: {error}", file=sys.stderr)
        return 2
    return 1 if any(outcome.result in (DISAGREE, MISSING) for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
