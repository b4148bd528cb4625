"""Differences of two result folders in what a reader would act on (docs/compare.md).

`python -m alktrace.compare OLD NEW` prints one line a difference and exits 0 without any, 1 with some, 2 when an input
cannot be used. Reports are read as plain JSON, so that releases with different keys can be compared. Sentences,
identifiers and provenance are not compared.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import msgspec
from msgspec import UNSET

from .report.escape import percent
from .runtime.errors import InputError

Plain = dict[str, Any]

SCHEMAS = ("1", "2")  # major versions that can be read
SAME_NUMBER = 1e-6  # relative: nearer floats print the same in every view
FOLLOWS = math.inf  # what one fragment may change in a value that follows from counts compared elsewhere


class Section(NamedTuple):
    """Records of one kind in report.json (an array or one object) and what is compared in them.

    Fields are dotted paths in a record. `identity`: sets of fields that make two records the same one, tried in turn;
    `label` names a record in the output, `brief` says what is lost where one is missing. `exact` fields must be equal;
    one fragment more or less changes `counts` by 1, `fractions` by 1 / `depth`, and `follows` (p-values and the like)
    by anything. A section with `whole` compares every field but identifiers and sentences.
    """

    name: str
    path: str
    identity: tuple[tuple[str, ...], ...] = ((),)
    label: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    fractions: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    depth: str = "depth"
    whole: bool = False


def _sides(owner: str, *fields: str) -> tuple[str, ...]:
    """Fields of both sides; `owner` is the object that holds the two, if any."""
    return tuple(".".join(filter(None, (owner, side, f))) for side in ("five_prime", "three_prime") for f in fields)


PLACE = _sides("", "contig", "position", "strand")
EXONS = _sides("", "gene", "exon", "contig", "strand")

SECTIONS = (
    Section("sample", "sample", exact=("patient", "timepoint", "assay", "library")),
    *(
        Section(f"verdict {finding}", f"verdict.{finding}", exact=("state",), follows=("limit_of_detection",))
        for finding in ("alk_rearrangement", "kinase_domain", "bypass")
    ),
    Section(
        "fusion",
        "fusions",
        identity=((*PLACE, "inserted_sequence"), PLACE, EXONS),
        label=("name", "notation", *PLACE),
        brief=("kind", "confidence", "frame", "support.unique_fragments"),
        exact=(
            *("name", "kind", "event_type", "predicted", "target", "variant", "notation", "joined_with"),
            *_sides("", "gene", "transcript", "exon", "contig", "position", "strand"),
            *("inserted_sequence", "cryptic_exons", "untemplated_sequence", "microhomology", "structure_complete"),
            *_sides("retained_intron_bases", ""),
            *_sides("deleted_bases", ""),
            *("frame", "premature_stop", "kinase_domain_retained", "tape_domain", "sequence", "protein", "confidence"),
        ),
        counts=("support.split_fragments", "support.spanning_fragments", "support.unique_fragments"),
    ),
    Section(
        "mutation",
        "mutations",
        identity=(("gene", "hgvs_c"),),
        label=("gene", "hgvs_c"),
        brief=("short", "alt_fragments", "depth"),
        exact=("transcript", "hgvs_p", "short", "codon", "type", "on_fusion.state"),
        counts=("depth", "ref_fragments", "alt_fragments", "on_fusion.fragments"),
        fractions=("vaf", "vaf_low", "vaf_high"),
        follows=("p_value",),
    ),
    Section(
        "phase",
        "phase",
        identity=(("of", "with"),),
        label=("of", "with"),
        brief=("relation",),
        exact=("relation",),
        counts=tuple(f"fragments.{group}" for group in ("cis", "trans_a", "trans_b", "neither")),
        follows=("p_value",),
    ),
    Section(
        "screened",
        "screened",
        identity=(("gene", "codon"),),
        label=("gene", "codon"),
        brief=("state",),
        exact=("state",),
        counts=("depth", "alt_fragments"),
        fractions=("vaf_high", "limit_of_detection_vaf"),
    ),
    Section("inhibitor", "tki", identity=(("drug",),), label=("drug",), brief=("call",), exact=("call",)),
    Section(
        "bypass",
        "bypass",
        identity=(("gene", "event", "kind"),),
        label=("gene", "event", "kind"),
        brief=("state",),
        exact=("state",),
        counts=("depth", "alt_fragments"),
        fractions=("limit_of_detection",),
    ),
    Section("failure", "failure_list", identity=(("id",),), label=("id",), brief=("state",), exact=("state",)),
    Section(
        "direct_junction",
        "direct_junctions",
        identity=(("junction",),),
        label=("junction",),
        brief=("pairs",),
        counts=("pairs", "aligned_fragments"),
    ),
    Section(
        "dismissed",
        "dismissed_junctions",
        identity=(PLACE, ("name", "filter")),
        label=("name", *PLACE),
        brief=("filter",),
        whole=True,
    ),
    Section(
        "imbalance",
        "qc.alk_imbalance",
        exact=("state",),
        counts=("five_prime", "three_prime"),
        follows=("ratio", "p_value"),
    ),
    Section(
        "qc",
        "qc",
        counts=("pairs_total", "control_fragments"),
        follows=("junction_limit",),
    ),
)
REQUIRED = ("verdict", "fusions", "mutations", "screened", "tki", "bypass", "qc")
# Schema 1.x has none of these: not a difference to a report that has them.
SINCE_2 = ("dismissed_junctions", "event_type", "predicted", "cryptic_exons")
# Of summary.tsv: counts and what follows from them, which a tolerance leaves to the reports; and sentences.
COHORT_COUNTS = ("fragments", "vaf", "pairs_total", "control_fragments")
COHORT_SENTENCES = ("summary",)


class Tolerance(NamedTuple):
    """Numbers that follow from counts may differ by `percent` or by what `fragments` fragments change."""

    percent: float
    fragments: int


class Fact(NamedTuple):
    """A value to compare; `fragment` is what one fragment more or less changes in it, None where nothing may change."""

    value: Any
    fragment: float | None = None


ABSENT = Fact(UNSET)


class Item(NamedTuple):
    """One record: its keys to be found by (None: not by this one), its name, what it says in short, and its values."""

    keys: tuple[bytes | None, ...]
    label: str
    brief: str
    facts: dict[str, Fact]


class Content(NamedTuple):
    """What is compared of one report: its schema_version, and the items of each section that it has, by path."""

    schema: str
    sections: dict[str, list[Item]]


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """`old` or `new` is UNSET, and not in the JSON, where that report does not hold it."""

    sample: str
    what: str
    old: Any = UNSET
    new: Any = UNSET

    def line(self) -> str:
        return "\t".join(percent(text, "") for text in (self.sample, self.what, shown(self.old), shown(self.new)))


class Comparison(msgspec.Struct, frozen=True):
    """Differences sorted by sample and subject; `notes` say what could not be compared; `samples` are those in both."""

    differences: list[Difference]
    notes: list[str]
    samples: int


class Results(NamedTuple):
    """Report files by sample, and the cohort's table where there is one. `alone`: one report was named, no folder."""

    reports: dict[str, Path]
    cohort: Path | None
    alone: bool


# ---------------------------------------------------------------- values


def shown(value: Any) -> str:
    """A value in a line: text as it is, all else as JSON; "absent" where there is none."""
    if value is UNSET:
        return "absent"
    if isinstance(value, str) and value:
        return value
    return msgspec.json.encode(value).decode()


def look(record: Plain, path: str) -> Any:
    """The value at a dotted path, UNSET where the record has none. Raises InputError when a part is no object."""
    value: Any = record
    for key in path.split(".") if path else ():
        if value is None or value is UNSET:
            return UNSET
        if not isinstance(value, dict):
            raise InputError(f"{path}: an object is needed before {key}")
        value = value.get(key, UNSET)
    return value


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(old: Fact, new: Fact, tolerance: Tolerance | None = None) -> bool:
    """Whether two values say the same: equal, floats within SAME_NUMBER, numbers of fragments within the tolerance."""
    a, b = old.value, new.value
    if not (_is_number(a) and _is_number(b)):
        return type(a) is type(b) and bool(a == b)
    if a == b or (float in (type(a), type(b)) and math.isclose(a, b, rel_tol=SAME_NUMBER)):
        return True
    if tolerance is None or old.fragment is None or new.fragment is None:
        return False
    worth = max(old.fragment, new.fragment)
    if worth == FOLLOWS:
        return True
    return abs(a - b) <= max(tolerance.percent / 100 * max(abs(a), abs(b)), tolerance.fragments * worth)


# ---------------------------------------------------------------- one report


def read_report(path: Path) -> Content:
    """What is compared of a report.json. Raises InputError when it is no report of a known schema."""
    try:
        report = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as JSON ({error})") from error
    try:
        return content(report)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def content(report: Any) -> Content:
    """What is compared of a report given as plain JSON. Raises InputError as `read_report`."""
    version = report.get("schema_version") if isinstance(report, dict) else None
    if not isinstance(version, str) or version.split(".")[0] not in SCHEMAS:
        raise InputError(f"not a report of schema_version {' and '.join(f'{major}.x' for major in SCHEMAS)}")
    absent = [key for key in REQUIRED if key not in report]
    if absent:
        raise InputError(f"not a whole report, it has no {', '.join(absent)}")
    top = _arranged(report)
    has = (section for section in SECTIONS if look(top, section.path) is not UNSET)
    return Content(version, {s.path: [_item(record, s) for record in records(top, s.path)] for s in has})


def _arranged(report: Plain) -> Plain:
    """The report with what schema 1 keeps inside `qc` at the top, with `phase` as an array of its own, and with the
    other junctions of the same event named in each junction."""
    top = dict(report)
    for key in ("direct_junctions", "failure_list"):
        inside = look(report, f"qc.{key}")
        if key not in top and inside is not UNSET:
            top[key] = inside
    fusions, mutations = records(top, "fusions"), records(top, "mutations")
    top["fusions"] = [{**fusion, "joined_with": _joined_with(fusion, fusions)} for fusion in fusions]
    top["phase"] = [
        {"of": f"{mutation.get('gene')} {mutation.get('hgvs_c')}", **link}
        for mutation in mutations
        for link in records(mutation, "phase")
    ]
    return top


def _joined_with(fusion: Plain, fusions: list[Plain]) -> list[str]:
    """Names of the other junctions of its event: identifiers may change, who belongs together may not."""
    event = fusion.get("event_id")
    others = (f for f in fusions if f is not fusion and event is not None and f.get("event_id") == event)
    return sorted(f"{f.get('name')} {f.get('notation')}" for f in others)


def records(record: Plain, path: str) -> list[Plain]:
    """The objects at a path: those of an array, or the one that is there; none where it is missing or null. Raises
    InputError for anything else."""
    value = look(record, path)
    if value is UNSET or value is None:
        return []
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, dict) for entry in found):
        raise InputError(f"{path}: objects are needed")
    return found


def _item(record: Plain, section: Section) -> Item:
    label, brief = (
        gap.join(shown(v) for field in fields if (v := look(record, field)) is not UNSET)
        for gap, fields in ((" ", section.label), (", ", section.brief))
    )
    # A record that is the same in everything comes first: a report never differs from itself.
    keys = (msgspec.json.encode(record, order="sorted"), *(_key(record, fields) for fields in section.identity))
    facts = _whole(record) if section.whole else _facts(record, section)
    return Item(keys, label, brief or "present", facts)


def _key(record: Plain, fields: Sequence[str]) -> bytes | None:
    values = [look(record, field) for field in fields]
    return None if any(v is UNSET or v is None for v in values) else msgspec.json.encode(values)


def _facts(record: Plain, section: Section) -> dict[str, Fact]:
    depth = look(record, section.depth)
    part = 1 / depth if _is_number(depth) and depth > 0 else 0.0
    groups = (
        (section.exact, None),
        (section.counts, 1.0),
        (section.fractions, part),
        (section.follows, FOLLOWS),
    )
    return {field: Fact(look(record, field), worth) for fields, worth in groups for field in fields}


def _whole(record: Plain, before: str = "") -> dict[str, Fact]:
    """Every field but identifiers and sentences. Whole numbers are counts, unless they say where something is."""
    facts: dict[str, Fact] = {}
    for key, value in record.items():
        if key.endswith("_id") or key in ("text", "reason", "note"):
            continue
        if isinstance(value, dict):
            facts |= _whole(value, f"{before}{key}.")
        else:
            is_count = _is_number(value) and key not in ("position", "exon")
            facts[before + key] = Fact(value, 1.0 if is_count else None)
    return facts


# ---------------------------------------------------------------- two reports


def pairs(old: list[Item], new: list[Item]) -> Iterator[tuple[str, Item | None, Item | None]]:
    """Label and both sides of items that are the same one by their strictest common key, then of those of one side."""
    for tier in range(max((len(item.keys) for item in (*old, *new)), default=0)):
        waiting: dict[bytes, list[Item]] = {}
        for item in new:
            key = item.keys[tier]
            if key is not None:
                waiting.setdefault(key, []).append(item)
        lonely, taken = [], set()
        for item in old:
            candidates = waiting.get(item.keys[tier] or b"")
            if candidates:
                other = candidates.pop(0)
                taken.add(id(other))
                yield item.label, item, other
            else:
                lonely.append(item)
        old, new = lonely, [item for item in new if id(item) not in taken]
    yield from ((item.label, item, None) for item in old)
    yield from ((item.label, None, item) for item in new)


def compare_reports(
    sample: str, old: Content, new: Content, tolerance: Tolerance | None = None
) -> tuple[list[Difference], set[str]]:
    """Differences of two reports, and notes on what only one of two schemas has."""
    found: list[Difference] = []
    notes: set[str] = set()

    def is_of_schema(key: str, in_old: bool, in_new: bool) -> bool:
        """Whether a key stands in one report only because the other's schema does not have it; says so."""
        holding, lacking, schema = ("NEW", "OLD", old.schema) if in_new else ("OLD", "NEW", new.schema)
        if in_old == in_new or key not in SINCE_2 or schema.split(".")[0] != "1":
            return False
        notes.add(f"{key}: only in {holding}, not compared; {lacking} has schema {schema}")
        return True

    for section in SECTIONS:
        if is_of_schema(section.path, section.path in old.sections, section.path in new.sections):
            continue
        for label, a, b in pairs(*(side.sections.get(section.path, []) for side in (old, new))):
            what = f"{section.name} {label}".strip()
            if a is None or b is None:
                found.append(Difference(sample, what, a.brief if a else UNSET, b.brief if b else UNSET))
                continue
            for field in a.facts | b.facts:
                x, y = a.facts.get(field, ABSENT), b.facts.get(field, ABSENT)
                if not (same(x, y, tolerance) or is_of_schema(field, x.value is not UNSET, y.value is not UNSET)):
                    found.append(Difference(sample, f"{what} {field}", x.value, y.value))
    return found, notes


# ---------------------------------------------------------------- folders


def find_results(path: Path) -> Results:
    """The reports of a results folder, of the folder that holds `results`, of one sample folder or of one report.json.
    A sample is called as its folder. Raises InputError where there is none or it is not clear which are meant."""
    alone = path if path.is_file() else path / "report.json"
    if alone.is_file():
        return Results({Path(os.path.abspath(alone)).parent.name: alone}, None, True)
    found = [
        (folder, reports)
        for folder in (path, path / "results")
        if (reports := {report.parent.name: report for report in sorted(folder.glob("*/report.json"))})
    ]
    if not found:
        raise InputError(f"{path}: no report.json; name a results folder, its parent, a sample folder or a report.json")
    if len(found) > 1:
        raise InputError(f"{path}: reports here and in {path / 'results'}; name one of the two folders")
    folder, reports = found[0]
    cohort = folder / "cohort" / "summary.tsv"
    return Results(reports, cohort if cohort.is_file() else None, False)


def compare_results(old: Path, new: Path, tolerance: Tolerance | None = None) -> Comparison:
    """Differences of two result folders. Two single reports are compared whatever their samples are called. Raises
    InputError for an input that cannot be used."""
    before, after = find_results(old), find_results(new)
    found: list[Difference] = []
    notes: set[str] = set()
    later = after.reports
    if before.alone and after.alone and before.reports.keys() != later.keys():
        (name,), (other,) = before.reports, later
        notes.add(f"sample {name} of OLD is compared with {other} of NEW")
        later = {name: later[other]}
    for sample in before.reports.keys() | later.keys():
        if sample in before.reports and sample in later:
            pair = read_report(before.reports[sample]), read_report(later[sample])
            differences, remarks = compare_reports(sample, *pair, tolerance)
            found += differences
            notes |= remarks
        elif sample in later:
            found.append(Difference(sample, "sample", new="present"))
        else:
            found.append(Difference(sample, "sample", old="present"))
    if before.cohort and after.cohort:
        differences, remarks = compare_cohorts(read_cohort(before.cohort), read_cohort(after.cohort), tolerance)
        found += differences
        notes |= remarks
    found.sort(key=lambda d: (d.sample, d.what))
    return Comparison(found, sorted(notes), len(before.reports.keys() & later.keys()))


def read_cohort(path: Path) -> list[dict[str, str]]:
    """Rows of summary.tsv. Raises InputError when it is not a table with a column `sample` and as many cells a row as
    columns."""
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as a table ({error})") from error
    if not rows or "sample" not in rows[0]:
        raise InputError(f"{path}: no column sample; it is not the table of a cohort")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise InputError(f"{path}: row {number} has {len(row)} cells, the header {len(rows[0])}")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def compare_cohorts(
    old: list[dict[str, str]], new: list[dict[str, str]], tolerance: Tolerance | None = None
) -> tuple[list[Difference], set[str]]:
    """Differences of two cohort tables in the columns that both have."""
    columns, others = (set(rows[0]) if rows else set() for rows in (old, new))
    compared = (columns & others) - {"sample", *COHORT_SENTENCES, *(COHORT_COUNTS if tolerance else ())}
    notes = {f"summary.tsv: column {name} is only in {side}, not compared"
             for side, names in (("OLD", columns - others), ("NEW", others - columns)) if columns and others
             for name in names}  # fmt: skip
    found = []
    before, after = ({row["sample"]: row for row in rows} for rows in (old, new))
    for sample in before.keys() | after.keys():
        if sample not in before:
            found.append(Difference(sample, "cohort row", new="present"))
        elif sample not in after:
            found.append(Difference(sample, "cohort row", old="present"))
        else:
            pair = before[sample], after[sample]
            found += [
                Difference(sample, f"cohort {column}", *(row[column] for row in pair))
                for column in compared
                if len({row[column] for row in pair}) > 1
            ]
    return found, notes


# ---------------------------------------------------------------- command line


def _tolerance(text: str) -> Tolerance:
    percent_text, _, fragments = text.partition(",")
    try:
        found = Tolerance(float(percent_text), int(fragments))
    except ValueError:
        found = Tolerance(-1, -1)
    if not (0 <= found.percent <= 100 and found.fragments >= 0):
        raise argparse.ArgumentTypeError(f"{text}: not PERCENT,N such as 1,2 (1% or 2 fragments)")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alktrace.compare",
        description="List the differences of two result folders in what a reader would act on.",
        epilog="exit code: 0 no difference, 1 differences, 2 an input cannot be used",
    )
    for name in ("old", "new"):
        parser.add_argument(
            name, metavar=name.upper(), type=Path, help="results folder, its parent, a sample folder or a report.json"
        )
    parser.add_argument(
        "--counts-within",
        metavar="PERCENT,N",
        type=_tolerance,
        help="let counts and what follows from them differ by so much: 1,2 is 1%% or 2 fragments",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the differences; see `_parser` for arguments and exit codes."""
    options = _parser().parse_args(arguments)
    try:
        comparison = compare_results(options.old, options.new, options.counts_within)
    except InputError as error:
        print(percent(f"alktrace: {error}", ""), file=sys.stderr)
        return 2
    if options.json:
        _print([msgspec.json.format(msgspec.json.encode(comparison), indent=1).decode()])
    else:
        _print([difference.line() for difference in comparison.differences])
        for note in comparison.notes:
            print(percent(f"note: {note}", ""), file=sys.stderr)
        number = len(comparison.differences)
        print(f"samples compared: {comparison.samples}; differences: {number}", file=sys.stderr)
    return 1 if comparison.differences else 0


def _print(lines: Sequence[str]) -> None:
    """Lines to stdout; a reader that has seen enough (`| head`) does not change the exit code."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
