"""The sample sheet: one row a sample, tab-separated, read as text and checked before anything runs."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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


@dataclass(frozen=True)
class Sample:
    """One row. Either `fq1` (with `fq2` for pairs) or `bam` is given; an empty cell is None or ""."""

    id: str
    patient: str
    timepoint: str
    assay: str
    fq1: Path | None
    fq2: Path | None
    bam: Path | None
    library: str
    targets: Path | None
    umi: str
    specimen: str = ""
    site: str = ""
    collected: str = ""
    received: str = ""
    diagnosis: str = ""
    tumour_content: str = ""
    prior_tki: str = ""
    accession: str = ""
    laboratory: str = ""
    operator: str = ""

    @property
    def inputs(self) -> list[Path]:
        """The read files, first mates first."""
        return [path for path in (self.fq1, self.fq2, self.bam) if path is not None]


def read_sheet(path: Path, schema: Mapping[str, Any], folders: Sequence[Path]) -> list[Sample]:
    """Read and check a sample sheet, rows in file order.

    `schema` describes one row (a cell is text); its properties are the columns. Relative paths are looked up in
    `folders`, in their order. Raises InputError naming row (the header is row 1) and column.
    """
    rows = _rows(path, schema)
    samples: dict[str, Sample] = {}
    for number, row in rows:
        sample = _sample(f"{path}: row {number}", row, schema, folders)
        if sample.id in samples:
            raise InputError(
                f"{path}: row {number}, column sample: '{sample.id}' is there twice; give each row its name"
            )
        samples[sample.id] = sample
    if not samples:
        raise InputError(f"{path}: holds no samples; add a row for each sample below the header")
    _check_shared_files(path, dict(zip((number for number, _ in rows), samples.values(), strict=True)))
    return list(samples.values())


def check_content(path: Path, samples: Sequence[Sample]) -> None:
    """Compare the read files and the BED of each sample with its row of the sheet `path`, before anything runs.

    Raises InputError for what would give a wrong answer (`reads.check_reads`, `intervals.check_intervals`).
    """
    for sample in samples:
        where = f"{path}: sample {sample.id}"
        files = {"fq1": sample.fq1, "fq2": sample.fq2, "bam": sample.bam}
        check_reads(where, files, "" if sample.umi == UNUSED else sample.umi, sample.umi == UNUSED)
        if sample.targets:
            check_intervals(where, sample.targets, sample.library)


def _check_shared_files(path: Path, rows: Mapping[int, Sample]) -> None:
    """A file that stands in two rows: refused where the rows are of different patients, else one warning."""
    seen: dict[tuple[int, int], tuple[int, Sample]] = {}
    for number, sample in rows.items():
        for file in sample.inputs:
            stat = file.stat()
            other, first = seen.setdefault((stat.st_dev, stat.st_ino), (number, sample))
            if other == number:
                continue
            said = (
                f"{path}: row {number}: {file.name} of sample {sample.id} is a file of sample {first.id} (row {other})"
            )
            if sample.patient != first.patient:
                raise InputError(f"{said} of another patient; give each sample its own reads")
            log.warning("%s too; the two samples are one", said)


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
        raise InputError(f"{where}, column assay: DNA samples are not supported in this version; remove the row")
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
    if _PERIODIC.search(full["sample"]):
        raise InputError(f"{where}, column sample: the name repeats itself; Snakemake cannot work with it, shorten it")
    _check_number(where, "tumour_content", full["tumour_content"])
    cells: dict[str, Any] = {field.name: full.get(field.name, "") for field in fields(Sample)}
    return Sample(**{**cells, **files, "id": full["sample"]})


def _check_number(where: str, column: str, text: str) -> None:
    if text and not (re.fullmatch(r"[0-9]{1,3}(\.[0-9]+)?", text) and float(text) <= 100):
        raise InputError(f"{where}, column {column}: {text!r} is not allowed; a percentage from 0 to 100, or nothing")


def _check_umi(where: str, pattern: str) -> None:
    if pattern and pattern != UNUSED:
        try:
            compile_umi(pattern)
        except ValueError as error:
            raise InputError(f"{where}, column umi: {pattern[:80]!r} {error}") from None
