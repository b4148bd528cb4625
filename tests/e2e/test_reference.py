"""`reference: {build, release}`: the workflow fetches genome and annotation itself, from a server on this machine."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


def publish(demo_run: Path, folder: Path) -> None:
    """The demo's reference under the names of a GENCODE release."""
    names = {
        "genome.fa": "GRCh38.primary_assembly.genome.fa.gz",
        "genes.gtf": "gencode.v47.primary_assembly.annotation.gtf.gz",
    }
    (folder / "release_47").mkdir(parents=True)
    sums = ""
    for source, name in names.items():
        packed = gzip.compress((demo_run / source).read_bytes(), 1, mtime=0)
        (folder / "release_47" / name).write_bytes(packed)
        sums += f"{hashlib.md5(packed).hexdigest()}  {name}\n"
    (folder / "release_47" / "MD5SUMS").write_text(sums)


def test_a_published_build_is_fetched_checked_and_used(demo_run: Path, tmp_path: Path, run_workflow: Run) -> None:
    publish(demo_run, tmp_path / "site")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "site"))
    reads = "\t".join(str(demo_run / "fastq" / f"demo_poor_R{mate}.fastq.gz") for mate in (1, 2))
    (tmp_path / "samples.tsv").write_text(f"sample\tassay\tfq1\tfq2\npoor\trna\t{reads}\n")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        reference = {"build": "GRCh38", "release": 47, "mirror": address, "cache": str(tmp_path / "cache")}
        (tmp_path / "my.yaml").write_text(yaml.safe_dump({"samples": "samples.tsv", "reference": reference}))
        done = run_workflow(tmp_path / "out", tmp_path / "my.yaml", "work/poor/recruit.json")
        server.shutdown()
    assert done.returncode == 0, done.stdout[-3000:]
    record = (tmp_path / "out" / "work" / "reference" / "reference.json").read_text()
    assert "GRCh38.primary_assembly.genome.fa.gz" in record
    assert len(list((tmp_path / "cache" / "downloads" / "GRCh38-47").glob("*.gz"))) == 2
    # Another run with the same cache needs no server.
    again = run_workflow(tmp_path / "again", tmp_path / "my.yaml", "work/poor/recruit.json")
    assert again.returncode == 0, again.stdout[-3000:]
