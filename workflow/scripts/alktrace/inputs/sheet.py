"""The sample sheet: one row a sample, tab-separated, read as text and checked before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ..runtime.errors import InputError
from .configuration import find_file

HEAD = (
    *("specimen", "site", "collected", "received", "diagnosis", "tumour_content", "prior_tki"),
    *("accession", "laboratory", "operator"),
)


@dataclass(frozen=True)
class Unit:
    """Reads of one lane or run: either `fq1` (with `fq2` for pairs) or `bam`. `name` is "" where the sheet has none."""

    name: str
    fq1: Path | None
    fq2: Path | None
    bam: Path | None

    @property
    def inputs(self) -> dict[str, Path]:
        """The read files by column, first mates first."""
        files = {"fq1": self.fq1, "fq2": self.fq2, "bam": self.bam}
        return {column: path for column, path in files.items() if path is not None}


@dataclass(frozen=True)
class Sample:
    """One sample: a row, or the rows of its units in their order. An empty cell is None or ""."""

    id: str
    patient: str
    timepoint: str
    assay: str
    library: str
    targets: Path | None
    umi: str
    head: Mapping[str, str]  # the columns `HEAD`, for the head of the report
    units: tuple[Unit, ...]

    @property
    def inputs(self) -> list[Path]:
        """The read files, unit by unit, first mates first."""
        return [path for unit in self.units for path in unit.inputs.values()]


def read_sheet(path: Path, schema: Mapping[str, Any], folders: Sequence[Path]) -> list[Sample]:
    """Read and check a sample sheet, samples in file order; rows that differ in `unit` are lanes of one sample.

    `schema` describes one row (a cell is text); its properties are the columns. Relative paths are looked up in
    `folders`, in their order. Raises InputError naming row (the header is row 1) and column.
    """
    rows = _rows(path, schema)
    samples: dict[str, Sample] = {}
    for number, row in rows:
        sample = _sample(f"{path}: row {number}", row, schema, folders)
        known = samples.get(sample.id)
        samples[sample.id] = _joined(f"{path}: row {number}", known, sample) if known else sample
    if not samples:
        raise InputError(f"{path}: holds no samples; add a row for each sample below the header")
    return list(samples.values())


def _rows(path: Path, schema: Mapping[str, Any]) -> list[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise InputError(f"{path}: sample sheet cannot be read ({reason}); set samples in the configuration") from None
    lines = [line.rstrip("\r").split("\t") for line in text.split("\n")]
    header = [name.strip() for name in lines[0]]
    _check_header(path, header, schema)
    rows = []
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise InputError(
                f"{path}: row {number} has {len(cells)} cells, the header {len(header)}; remove the surplus"
            )
        values = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
        rows.append((number, dict(zip(header, values, strict=True))))
    return rows


def _check_header(path: Path, header: list[str], schema: Mapping[str, Any]) -> None:
    known, required = list(schema["properties"]), schema["required"]
    for name in header:
        if name not in known:
            raise InputError(f"{path}: row 1: unknown column '{name}'; known are {', '.join(known)} (tab-separated)")
        if header.count(name) > 1:
            raise InputError(f"{path}: row 1: column '{name}' is there twice; keep one")
    missing = [name for name in required if name not in header]
    if missing:
        raise InputError(f"{path}: row 1: column '{missing[0]}' is missing; add it (tab-separated)")


def _sample(where: str, row: dict[str, str], schema: Mapping[str, Any], folders: Sequence[Path]) -> Sample:
    full = {name: row.get(name) or part.get("default", "") for name, part in schema["properties"].items()}
    for error in sorted(Draft202012Validator(schema).iter_errors(full), key=lambda e: list(map(str, e.absolute_path))):
        column = str(error.absolute_path[0])
        hint = schema["properties"][column]["description"]
        raise InputError(f"{where}, column {column}: {full[column]!r} is not allowed; {hint}")
    if full["assay"] == "dna":
        if row.get("library") == "wts":
            raise InputError(f"{where}, column library: wts is RNA; a DNA sample is capture or amplicon")
        full["library"] = row.get("library") or "capture"
    if bool(full["fq1"]) == bool(full["bam"]):
        raise InputError(f"{where}, columns fq1 and bam: give either FASTQ or BAM, one of them")
    if full["fq2"] and not full["fq1"]:
        raise InputError(f"{where}, column fq2: second mates without fq1; give the first mates as well")
    _check_umi(where, full["umi"])
    files = {
        name: find_file(f"{where}, column {name}", full[name], folders) if full[name] else None
        for name in ("fq1", "fq2", "bam", "targets")
    }
    if files["fq1"] and files["fq1"] == files["fq2"]:
        raise InputError(f"{where}, column fq2: is the same file as fq1; give the second mates, or nothing")
    return Sample(
        full["sample"],
        full["patient"],
        full["timepoint"],
        full["assay"],
        full["library"],
        files["targets"],
        full["umi"],
        {column: full[column] for column in HEAD},
        (Unit(full["unit"], files["fq1"], files["fq2"], files["bam"]),),
    )


def _joined(where: str, sample: Sample, more: Sample) -> Sample:
    """A sample with the unit of another row. Raises InputError when the rows are not units of one sample."""
    (unit,) = more.units
    if unit.name in {known.name for known in sample.units}:
        raise InputError(
            f"{where}, column sample: '{sample.id}' is there twice; give each row its name, or each lane of one sample"
            " its name in column unit"
        )
    for field in fields(Sample):
        if field.name != "units" and getattr(sample, field.name) != getattr(more, field.name):
            column = field.name
            if column == "head":
                column = next(name for name in HEAD if sample.head[name] != more.head[name])
            raise InputError(f"{where}, column {column}: differs between the units of '{sample.id}'; make it equal")
    twice = set(sample.inputs) & set(more.inputs)
    if twice:
        raise InputError(f"{where}: {min(twice)} belongs to two units of '{sample.id}'; each has its own files")
    if bool(unit.fq2) != bool(sample.units[0].fq2):
        raise InputError(f"{where}, column fq2: some units of '{sample.id}' are pairs, some not; make them two samples")
    return replace(sample, units=(*sample.units, unit))


def _check_umi(where: str, pattern: str) -> None:
    if not pattern:
        return
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise InputError(f"{where}, column umi: {pattern!r} is not a regular expression ({error})") from None
    if groups != 1:
        raise InputError(
            f"{where}, column umi: {pattern!r} has {groups} groups; put one pair of brackets round the UMI"
        )
