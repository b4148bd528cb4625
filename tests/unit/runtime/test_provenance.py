"""Provenance: what shapes a result and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from alktrace import __version__
from alktrace.model.records import FileRecord, Provenance, WorkflowVersion
from alktrace.runtime.provenance import build_provenance, file_records


def test_file_records_hold_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.fq").write_bytes(b"@r\nA\n+\nI\n")
    (record,) = file_records({"fq1": tmp_path / "a.fq"}).values()
    assert record == FileRecord("a.fq", hashlib.sha256(b"@r\nA\n+\nI\n").hexdigest())


def test_digest_follows_the_settings_and_not_their_order(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("a\n")

    def build(settings: dict[str, int]) -> Provenance:
        return build_provenance(settings, {}, {}, "minimap2 2.31", [table])

    one, same, other = build({"a": 1, "b": 2}), build({"b": 2, "a": 1}), build({"a": 1, "b": 3})
    assert one.settings_sha256 == same.settings_sha256 != other.settings_sha256
    assert one.workflow == WorkflowVersion("alktrace", __version__)
    assert str(tmp_path) not in msgspec.json.encode(one).decode()
