"""Normal samples: finished reports, sorted by what they can be compared with."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alktrace.inputs.normals import read_normal, sort_normals
from alktrace.model.records import Report
from alktrace.runtime.errors import InputError
from alktrace.runtime.serialise import write_json
from interpret_cases import fusion, report


def _normal(folder: Path, name: str, made: Report | None = None) -> Path:
    made = made or report([])
    info = msgspec.structs.replace(made.sample, id=name)
    write_json(msgspec.structs.replace(made, sample=info), folder / f"{name}.json")
    return folder / f"{name}.json"


def test_normals_are_sorted_by_assay_and_library(tmp_path: Path) -> None:
    paths = [_normal(tmp_path, name) for name in ("N1", "N2")]
    assert sort_normals(paths, []) == {("rna", "wts"): paths}
    assert read_normal(paths[1]).sample.id == "N2"


def test_a_sample_with_an_alk_fusion_is_no_normal(tmp_path: Path) -> None:
    path = _normal(tmp_path, "N1", report([fusion()]))
    with pytest.raises(InputError, match=r"N1\.json: no normal sample.*ALK rearrangement: detected"):
        sort_normals([path], [])


def test_what_is_no_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InputError, match=r"x\.json: not a report\.json of this version"):
        sort_normals([tmp_path / "x.json"], [])


def test_a_sample_counts_once_and_never_for_its_own_run(tmp_path: Path) -> None:
    path = _normal(tmp_path, "N1")
    twice = tmp_path / "copy.json"
    twice.write_bytes(path.read_bytes())
    with pytest.raises(InputError, match="both of sample N1"):
        sort_normals([path, twice], [])
    with pytest.raises(InputError, match="made by this run"):
        sort_normals([path], [path])
