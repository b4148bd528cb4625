"""Where a result comes from: versions, settings and checksums, without time, place or path."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .. import __version__
from ..model.records import AnnotationRecord, FileRecord, Provenance, WorkflowVersion

_LIBRARY = Path(__file__).resolve().parents[1]
PACKAGES = ("biopython", "isal", "numba", "numpy", "pysam", "scipy")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def program_digest() -> str:
    """SHA-256 of the library's own files: another one is another program."""
    files = sorted(path for path in _LIBRARY.rglob("*.py"))
    return hashlib.sha256("".join(f"{p.relative_to(_LIBRARY)} {file_digest(p)}\n" for p in files).encode()).hexdigest()


def file_records(files: Mapping[str, Path]) -> dict[str, FileRecord]:
    """Name without folder and SHA-256 of each file, by its role."""
    return {role: FileRecord(path.name, file_digest(path)) for role, path in files.items()}


def build_provenance(
    settings: Mapping[str, Any],
    reference: Mapping[str, FileRecord],
    reads: Mapping[str, FileRecord],
    aligner: str,
    knowledge: Sequence[Path],
    annotation: AnnotationRecord | None = None,
) -> Provenance:
    """The `provenance` object of report.json.

    `settings` are the configuration and sheet values that shape the result, `reference` and `reads` are
    `file_records`, `aligner` is name and version, `knowledge` the tables in use,
    `annotation` the record of `prepare_annotation`: genome build, reference transcripts, genes that do not fit.
    """
    canonical = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return Provenance(
        workflow=WorkflowVersion("alktrace", __version__),
        settings=dict(settings),
        settings_sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        reference=dict(reference),
        reads=dict(reads),
        tools={
            "aligner": aligner,
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        knowledge={path.name: file_digest(path) for path in sorted(knowledge)},
        genome_build=annotation.genome_build if annotation else "unknown",
        transcripts=annotation.transcripts if annotation else {},
        not_assessable=annotation.not_assessable if annotation else {},
    )
