"""What a user gets wrong first: one line each, and Snakemake is not started."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alktrace import __main__ as command


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "my.yaml").write_text("samples: samples.tsv\n")
    return tmp_path / "my.yaml"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "configuration cannot be read (No such file or directory)"),
        (b"samples: [\n", "line 2: not YAML"),
        (b"\xff\xfe\x00", "configuration cannot be read (not UTF-8 text)"),
        (b"- a\n- b\n", "holds no keys"),
        (b"", "holds no keys"),
    ],
)
def test_configuration(tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes | None, said: str) -> None:
    path = tmp_path / "odd.yaml"
    if content is not None:
        path.write_bytes(content)
    assert command.main(["run", str(path), "--directory", str(tmp_path / "out")]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"alktrace: {path}")
    assert said in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["/proc/alktrace", "file/results"])
def test_folder_that_cannot_be_written(
    tmp_path: Path, config: Path, capfd: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / "file").write_text("")
    assert command.main(["run", str(config), "--directory", str(tmp_path / folder)]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert "results cannot be written there" in line


def test_words_go_to_snakemake(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    def take(words: list[str]) -> None:
        seen.append(words)
        raise SystemExit(3)

    monkeypatch.setattr("snakemake.cli.main", take)
    monkeypatch.setattr("sys.argv", [])
    monkeypatch.setenv("PWD", os.getcwd())
    assert command.main(["run", str(config), "-d", str(tmp_path), "--dry-run"]) == 3
    assert command.main(["run", str(config), "--cores=3"]) == 3
    assert seen[0][-3:] == ["--dry-run", "--cores", "all"]
    assert seen[1].count("--cores") == 0
    assert seen[1][-1] == "--cores=3"


def test_interrupted_while_it_starts(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def stop(words: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("snakemake.cli.main", stop)
    monkeypatch.setattr("sys.argv", [])
    assert command.main(["run", str(config), "-d", str(tmp_path)]) == 130
    assert capfd.readouterr().err.strip() == "alktrace: stopped; the same command goes on where it was"
