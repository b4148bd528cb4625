"""What the machine does to a run: a full disk, no memory, endless input. Nothing half-written is left."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from alktrace.reference.gtf_models import read_models
from alktrace.runtime.errors import InputError
from alktrace.runtime.files import write_text

FULL = """
import resource, sys
from pathlib import Path
from alktrace.recruit.stage import recruit
from alktrace.recruit.target_file import ARRAYS, write_target_file
folder = Path(sys.argv[1])
sizes = {"filter": 256, "keys": 256, "values": 256, "span_keys": 256, "span_values": 256, "span_offsets": 1}
arrays = {name: bytes(width * sizes.get(name, 0)) for name, width in ARRAYS.items()}
write_target_file(folder / "t.bin", arrays, [], [])
kernels = __import__("alktrace.recruit.stage", fromlist=["x"]).load_recruiting_kernels()
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    out = folder / "out"
    recruit([(folder / "r.fq", None)], folder / "t.bin", out / "r.fq.gz", out / "s.json", keep_all=True)
except OSError as error:
    print("refused", error.errno)
"""


def test_full_disk_leaves_no_half_file(tmp_path: Path, root: Path) -> None:
    """The limit of file size stands for the full disk: the same error, of the same call."""
    import random

    rng = random.Random(1)
    reads = ("".join(rng.choices("ACGT", k=100)) for _ in range(20_000))
    (tmp_path / "r.fq").write_text("".join(f"@r{n}\n{bases}\n+\n{'I' * 100}\n" for n, bases in enumerate(reads)))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(root / "workflow" / "scripts"), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.startswith("refused"), done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file in the place of the folder")
    with pytest.raises(OSError):
        write_text(tmp_path / "results" / "report.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    """64 MB of one line, packed into 64 kB: as a file of 2 GB would be made."""
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(b"chr2\tx\texon" + b"A" * 64_000_000, 1))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"genes\.gtf\.gz: line 1 has more than \d+ characters; use a GTF"):
            read_models(path)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
