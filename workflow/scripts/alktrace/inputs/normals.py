"""Normal samples of the configuration: finished reports whose noise and coverage others are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..model.records import Report
from ..model.vocabulary import State
from ..runtime.errors import InputError
from ..runtime.serialise import read_json


def read_normal(path: Path) -> Report:
    """The report of one normal sample.

    Raises InputError when the file is no report.json of this version, or reports an ALK rearrangement or a change of
    ALK: such a sample is no normal.
    """
    try:
        report = read_json(path, Report)
    except InputError:
        raise InputError(
            f"configuration: key normals: {path}: not a report.json of this version of alktrace; make it anew with it"
        ) from None
    verdict = report.verdict
    for what, finding in (("ALK rearrangement", verdict.alk_rearrangement), ("kinase domain", verdict.kinase_domain)):
        if finding.state is State.DETECTED:
            raise InputError(
                f"configuration: key normals: {path}: no normal sample, its report says of the {what}: detected; "
                "remove it from the list"
            )
    return report


def sort_normals(paths: Iterable[Path], made: Iterable[Path]) -> dict[tuple[str, str], list[Path]]:
    """Normals by (assay, library), in the order of the list. `made`: reports of this run.

    Raises InputError as `read_normal`, for a sample that is listed twice, and for a report that this run makes itself:
    its samples would wait for each other.
    """
    own = {path.resolve() for path in made}
    sorted_paths: dict[tuple[str, str], list[Path]] = {}
    seen: dict[str, Path] = {}
    for path in paths:
        if path.resolve() in own:
            raise InputError(
                f"configuration: key normals: {path} is made by this run; run its sample with a sheet of its own first"
            )
        sample = read_normal(path).sample
        if sample.id in seen:
            raise InputError(
                f"configuration: key normals: {seen[sample.id]} and {path} are both of sample {sample.id}; keep one"
            )
        seen[sample.id] = path
        sorted_paths.setdefault((str(sample.assay), str(sample.library)), []).append(path)
    return sorted_paths
