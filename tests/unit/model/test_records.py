"""The records of report.json and the schema that is made from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from alktrace.model.records import Report, ReportFindings
from alktrace.model.schema import combined_schema, report_schema
from alktrace.report import json_file
from alktrace.runtime.errors import InputError
from alktrace.runtime.paths import SCHEMAS
from alktrace.runtime.serialise import read_json, write_json
from interpret_cases import fusion, mutation, report

SCHEMA = (SCHEMAS / "report.schema.json").read_text(encoding="utf-8")
INTERFACE = {
    *("schema_version", "sample", "verdict", "fusions", "mutations", "screened", "tki", "bypass", "failure_list"),
    *("direct_junctions", "dismissed_junctions", "qc", "provenance"),
}
V3A = fusion("V3a", "E6;A20", tape="none")


def plain() -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(report([V3A], mutations=[mutation("G1202R")]))
    return made


def test_schema_is_the_one_made_from_the_types() -> None:
    assert report_schema() == SCHEMA, "run: make docs"
    assert combined_schema() == (SCHEMAS / "combined.schema.json").read_text(encoding="utf-8"), "run: make docs"


def test_report_comes_back_whole_and_has_every_key_of_the_interface(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    found = report([V3A], mutations=[mutation("G1202R")])
    write_json(found, path)
    assert read_json(path, Report) == found
    assert json_file.main([str(path)]) == 0
    written = json.loads(path.read_text(encoding="utf-8"))
    assert set(written) == INTERFACE
    assert written["schema_version"] == "2.0"
    assert {"failure_list", "direct_junctions"}.isdisjoint(written["qc"])
    findings = read_json(path, ReportFindings)
    assert findings.verdict == found.verdict
    assert not isinstance(findings, Report)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("schema_version",), "1.0"),
        (("verdict", "bypass", "state"), "likely"),
        (("verdict", "bypass", "reason"), ""),
        (("verdict", "extra"), 1),
        (("fusions", 0, "confidence"), "certain"),
        (("fusions", 0, "kind"), "fusion"),
        (("fusions", 0, "inserted_sequence"), "acgt"),
        (("fusions", 0, "five_prime", "position"), 0),
        (("fusions", 0, "five_prime", "strand"), "."),
        (("mutations", 0, "vaf"), 1.5),
        (("mutations", 0, "type"), "sub"),
        (("tki", 0, "call"), "maybe"),
        (("tki", 0, "because"), []),
        (("screened", 0, "depth"), -1),
        (("sample", "id"), "a b"),
        (("qc", "q30"), "0.9"),
        (("qc", "failure_list"), []),
    ],
)
def test_types_and_schema_refuse_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: tuple[Any, ...], value: object
) -> None:
    whole = plain()
    jsonschema.validate(whole, json.loads(SCHEMA))
    at: Any = whole
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, json.loads(SCHEMA))
    path = tmp_path / "report.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    with pytest.raises(InputError, match="not a Report record"):
        read_json(path, Report)
    assert json_file.main([str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_key_of_a_record_is_wanted() -> None:
    for key in INTERFACE:
        whole = plain()
        del whole[key]
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(whole, Report)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(whole, json.loads(SCHEMA))


def test_report_that_does_not_fit_its_type_is_not_written(tmp_path: Path) -> None:
    found = report([V3A])
    found.sample.assay = "protein"  # type: ignore[assignment]
    with pytest.raises(msgspec.ValidationError, match="protein"):
        write_json(found, tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_json(report([V3A], mutations=[mutation("G1202R")]), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
