"""The sample sheet: one row a sample, tab-separated, read as text and checked before anything runs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from ..runtime.errors import InputError
from .configuration import find_file
from .intervals import check_intervals
from .reads import check_reads
from .umi import UNUSED, compile_umi

log = logging.getLogger(__name__)
_PERIODIC = re.compile(r"(.+)\1{19,}$")  # what Snakemake takes for a rule that calls itself for ever
_MOST = 64_000_000  # bytes; a hundred thousand samples
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
    umi_unused: bool = False  # identifiers in the read names are known and left alone

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
    validator = Draft202012Validator(schema)
    samples: dict[str, Sample] = {}
    for number, row in rows:
        sample = _sample(f"{path}: row {number}", row, validator, folders)
        known = samples.get(sample.id)
        samples[sample.id] = _joined(f"{path}: row {number}", known, sample) if known else sample
    if not samples:
        raise InputError(f"{path}: holds no samples; add a row for each sample below the header")
    return list(samples.values())


def _rows(path: Path, schema: Mapping[str, Any]) -> list[tuple[int, dict[str, str]]]:
    try:
        if path.stat().st_size > _MOST:
            raise InputError(f"{path}: is larger than {_MOST // 1_000_000} MB; samples is to name a sample sheet")
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


def _sample(where: str, row: dict[str, str], validator: Draft202012Validator, folders: Sequence[Path]) -> Sample:
    schema: Any = validator.schema
    full = {name: row.get(name) or part.get("default", "") for name, part in schema["properties"].items()}
    for error in sorted(validator.iter_errors(full), key=lambda e: list(map(str, e.absolute_path))):
        column = str(error.absolute_path[0])
        hint = schema["properties"][column]["description"]
        raise InputError(f"{where}, column {column}: {full[column]!r} is not allowed; {hint}")
    if full["assay"] == "dna":
        if row.get("library") == "wts":
            raise InputError(f"{where}, column library: wts is RNA; a DNA sample is capture or amplicon")
        full["library"] = row.get("library") or "capture"
    if bool(full["fq1"]) == bool(full["bam"]):
        raise InputError(f"{where}, columns fq1 and bam: give either FASTQ or BAM, one of them")
    if full["targets"] and full["library"] == "wts":
        raise InputError(
            f"{where}, column targets: is not used for library wts; say capture or amplicon, or leave it empty"
        )
    if full["fq2"] and not full["fq1"]:
        raise InputError(f"{where}, column fq2: second mates without fq1; give the first mates as well")
    _check_umi(where, full["umi"])
    files = {
        name: find_file(f"{where}, column {name}", full[name], folders) if full[name] else None
        for name in ("fq1", "fq2", "bam", "targets")
    }
    if files["fq1"] and files["fq1"] == files["fq2"]:
        raise InputError(f"{where}, column fq2: is the same file as fq1; give the second mates, or nothing")
    if _PERIODIC.search(full["sample"]):
        raise InputError(f"{where}, column sample: the name repeats itself; Snakemake cannot work with it, shorten it")
    return Sample(
        full["sample"],
        full["patient"],
        full["timepoint"],
        full["assay"],
        full["library"],
        files["targets"],
        "" if full["umi"] == UNUSED else full["umi"],
        {column: full[column] for column in HEAD},
        (Unit(full["unit"], files["fq1"], files["fq2"], files["bam"]),),
        full["umi"] == UNUSED,
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


def check_content(path: Path, samples: Iterable[Sample], contigs: Callable[[], frozenset[str]]) -> None:
    """Compare the read files and the BED of each sample with what the sheet `path` says of it, before anything runs.
    `contigs` names those of the reference (see `intervals.contig_names`).

    A file that two samples share is refused where they are of different patients, else one warning. Raises InputError
    for what would give a wrong answer (`reads.check_reads`, `intervals.check_intervals`).
    """
    owners: dict[tuple[int, int], Sample] = {}
    for sample in samples:
        where = f"{path}: sample {sample.id}"
        for unit in sample.units:
            check_reads(where, unit.inputs, sample.umi, sample.umi_unused)
        if sample.targets:
            check_intervals(where, sample.targets, sample.library, contigs)
        for file in sample.inputs:
            stat = file.stat()
            _check_owner(where, file, sample, owners.setdefault((stat.st_dev, stat.st_ino), sample))


def _check_owner(where: str, file: Path, sample: Sample, owner: Sample) -> None:
    if owner is sample:
        return
    said = f"{where}: {file.name} is a file of sample {owner.id} too"
    if owner.patient != sample.patient:
        raise InputError(f"{said}, of another patient; give each sample its own reads")
    log.warning("%s; the two are one sample", said)


def _check_umi(where: str, pattern: str) -> None:
    if pattern and pattern != UNUSED:
        try:
            compile_umi(pattern)
        except ValueError as error:
            raise InputError(f"{where}, column umi: {pattern[:80]!r} {error}") from None
