"""The configuration: defaults from the schema, one line for each mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from alktrace.inputs.configuration import complete, find_file, load_schema
from alktrace.runtime.errors import InputError
from alktrace.settings import MAX_LOD_VAF, MIN_CONTROL_FRAGMENTS, MIN_SUPPORT

ROOT = Path(__file__).parents[3]
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
LEAST: dict[str, Any] = {"samples": "s.tsv", "reference": {"fasta": "g.fa", "gtf": "g.gtf"}}


def test_defaults() -> None:
    full = complete(LEAST, SCHEMA)
    assert full["recruit"] is True
    assert full["thresholds"] == {
        "min_support": MIN_SUPPORT, "min_control_fragments": MIN_CONTROL_FRAGMENTS, "max_lod_vaf": MAX_LOD_VAF
    }  # fmt: skip
    assert "recruit" not in LEAST


def test_given_values_win() -> None:
    reference = {**LEAST["reference"], "index": "whole"}
    given = {**LEAST, "reference": reference, "recruit": False, "thresholds": {"min_support": 2}}
    full = complete(given, SCHEMA)
    assert full["recruit"] is False
    assert full["thresholds"]["min_support"] == 2
    assert full["thresholds"]["max_lod_vaf"] == 0.2


def test_example_holds_the_defaults() -> None:
    example = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    required = {"samples": example["samples"], "reference": {k: example["reference"][k] for k in ("fasta", "gtf")}}
    assert complete(example, SCHEMA) == example == complete(required, SCHEMA)


def keys(schema: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, part in schema["properties"].items():
        found += keys(part, f"{prefix}{key}.") if "properties" in part else [prefix + key]
    return found


def test_every_key_is_described_in_schema_and_manual() -> None:
    manual = (ROOT / "config" / "README.md").read_text()
    for key in keys(SCHEMA):
        assert f"| `{key}` |" in manual


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sample": "x"}, "unknown key sample; known are samples, reference"),
        ({"thresholds": {"min_suport": 2}}, "unknown key thresholds.min_suport"),
        ({"thresholds": {"min_support": 0}}, "key thresholds.min_support: 0 is less than"),
        ({"thresholds": {"max_lod_vaf": "high"}}, "key thresholds.max_lod_vaf: 'high' is not of type 'number'"),
        ({"thresholds": None}, "key thresholds: None is not of type 'object'"),
        ({"recruit": False}, "recruit off aligns every read and needs reference.index whole or split"),
        ({"aligner": "bwa"}, "key aligner: 'bwa' is not one of"),
        ({"reference": {"fasta": "g.fa"}}, "key reference.gtf is missing"),
        ({"reference": "g.fa"}, "key reference: 'g.fa' is not of type 'object'"),
        ({"samples": ""}, "key samples"),
    ],
)
def test_mistake_is_one_clear_line(change: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        complete({**LEAST, **change}, SCHEMA)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_top_level_key() -> None:
    with pytest.raises(InputError, match="key samples is missing"):
        complete({"reference": LEAST["reference"]}, SCHEMA)


def test_find_file(tmp_path: Path) -> None:
    file, odd = tmp_path / "b" / "x.fq", tmp_path / "b" / "{x}.fq"
    file.parent.mkdir()
    file.write_text("")
    odd.write_text("")
    assert find_file("here", "x.fq", [tmp_path / "a", tmp_path / "b"]) == file
    assert find_file("here", str(file), [tmp_path / "a"]) == file
    with pytest.raises(InputError, match="here: no such file: b"):
        find_file("here", "b", [tmp_path])
    with pytest.raises(InputError, match="here: Snakemake cannot read a path with curly brackets"):
        find_file("here", "{x}.fq", [file.parent])


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ({}, "reference.fasta is missing"),
        ({"fasta": "x"}, "reference.gtf is missing"),
        ({"build": "GRCh38"}, "reference.release is missing"),
        ({"build": "GRCh38", "release": 47, "fasta": "x", "gtf": "y"}, "not both"),
        ({"build": "GRCh36", "release": 47}, "reference.build"),
    ],
)
def test_a_reference_is_files_or_a_build(reference: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        complete({"samples": "s.tsv", "reference": reference}, SCHEMA)
