"""References fetched from a server on this machine that breaks, cuts and lies."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alktrace.reference import download as module
from alktrace.reference.download import download, source
from alktrace.runtime.errors import InputError
from alktrace.runtime.paths import RESOURCES

ROW = {"fasta": "a/genome.fa.gz", "gtf": "a/genes.gtf.gz", "checksums": "a/MD5SUMS"}
CONTENT = {"/a/genome.fa.gz": bytes(range(256)) * 3000, "/a/genes.gtf.gz": b"genes" * 30_000}


class Server(ThreadingHTTPServer):
    """Serves CONTENT. `faults` are answers that go wrong, by path and in their order: "cut", "broken" or "wrong"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        sums = [f"{hashlib.md5(data).hexdigest()}  {Path(name).name}" for name, data in CONTENT.items()]
        self.content = {**CONTENT, "/a/MD5SUMS": ("\n".join(sums) + "\n").encode()}

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        faults = self.server.faults.get(self.path, [])
        fault = faults.pop(0) if faults else ""
        data = self.server.content.get(self.path)
        if fault == "broken" or data is None:
            self.send_error(503 if data else 404)
            return
        if fault == "wrong":
            data = bytes(len(data))
        start = int(match[1]) if (match := re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start : start + 50_000] if fault == "cut" else data[start:])
        self.close_connection = True

    def log_message(self, format: str, *words: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(module, "WAIT", 0.0)
    monkeypatch.setattr(module, "CHUNK", 10_000)
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def is_whole(found: dict[str, Path]) -> bool:
    return all(path.read_bytes() == CONTENT[f"/a/{path.name}"] for path in found.values())


def test_fetched_once_and_then_found(server: Server, tmp_path: Path) -> None:
    assert is_whole(download(ROW, server.base, tmp_path))
    asked = len(server.asked)
    assert is_whole(download(ROW, server.base, tmp_path))
    assert len(server.asked) == asked


def test_goes_on_where_it_was_cut_or_broken(server: Server, tmp_path: Path) -> None:
    server.faults = {"/a/genome.fa.gz": ["cut", "broken", "cut"]}
    assert is_whole(download(ROW, server.base, tmp_path))
    ranges = [asked for path, asked in server.asked if path == "/a/genome.fa.gz"]
    assert ranges == ["", "bytes=50000-", "bytes=50000-", "bytes=100000-"]


def test_a_later_run_goes_on(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".genome.fa.gz.part").write_bytes(CONTENT["/a/genome.fa.gz"][:1234])
    assert is_whole(download(ROW, server.base, tmp_path))
    assert ("/a/genome.fa.gz", "bytes=1234-") in server.asked


def test_a_wrong_sum_is_fetched_anew_from_the_start(server: Server, tmp_path: Path) -> None:
    server.faults = {"/a/genome.fa.gz": ["wrong"]}
    assert is_whole(download(ROW, server.base, tmp_path))
    assert [asked for path, asked in server.asked if path == "/a/genome.fa.gz"] == ["", ""]


@pytest.mark.parametrize(("fault", "said"), [("wrong", "its MD5 sum is"), ("broken", "503"), ("cut", "whole")])
def test_what_stays_wrong_is_one_line_and_no_file(server: Server, tmp_path: Path, fault: str, said: str) -> None:
    server.faults = {"/a/genes.gtf.gz": [fault] * (1 if fault == "cut" else 9)}
    if fault == "cut":
        server.faults["/a/genes.gtf.gz"] += ["broken"] * 9
    with pytest.raises(InputError, match=said) as error:
        download(ROW, server.base, tmp_path)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "genes.gtf.gz").exists()


def test_a_file_without_a_published_sum_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no checksum of other\.fa\.gz is published"):
        download({**ROW, "fasta": "a/other.fa.gz"}, server.base, tmp_path)
    with pytest.raises(InputError, match="cannot be fetched"):
        download({**ROW, "checksums": "a/NOTHING"}, server.base, tmp_path / "2")


@pytest.mark.parametrize("build", ["GRCh38", "GRCh37", "T2T-CHM13"])
def test_every_build_has_its_files(build: str) -> None:
    row = source(RESOURCES / "reference_sources.tsv", build, "47")
    assert row["base"].startswith("https://")
    assert row["fasta"].endswith(".fa.gz")
    assert row["gtf"].endswith(".gtf.gz")
    assert "{" not in "".join(row.values())


def test_unknown_build() -> None:
    with pytest.raises(InputError, match=r"reference\.build: hg18 is not one of GRCh38"):
        source(RESOURCES / "reference_sources.tsv", "hg18", "1")
