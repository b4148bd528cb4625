"""Alignment of the recruited reads: minimap2 `splice:sr` against the whole reference, sorted through pysam.

minimap2 comes from PATH when it is new enough (2.29 brought the preset; older releases take `splice:sr` for the
long-read preset without a word), else from the PyPI package `pyminimap2`, which runs in a process of its own because it
ends the process on some errors and gives no exit code.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pysam

from ..runtime.errors import InputError
from ..runtime.files import written_whole

LOG = logging.getLogger(__name__)
MIN_VERSION = (2, 29)
PRESET = "splice:sr"
PRESETS = {"rna": PRESET, "dna": "sr"}
MAX_INTRON = "250k"  # ALK intron 1 has 202 kb, just above minimap2's default of 200k
SECONDARY = "5"  # paralogues and pseudogenes must be seen beside the best alignment
BATCH = "50M"  # bases held in memory at a time; the result does not depend on it
PART = "250M"  # bases of the genome in one part of a split index: with the largest contig at most 500 Mb
_PYPI_MAIN = "import sys, pyminimap2; sys.stderr.write(pyminimap2.main(sys.argv[1:])[1])"
_PYPI_VERSION = "import pyminimap2; print(pyminimap2.main(['--version'])[0])"


def _version(command: Sequence[str]) -> str:
    """What a `--version` command prints, such as "2.31-r1302"; empty when it cannot run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _new_enough(version: str) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) >= MIN_VERSION


@cache
def _minimap2() -> tuple[tuple[str, ...], str]:
    """Command and version of the minimap2 in use."""
    found = shutil.which("minimap2")
    version = _version([found, "--version"]) if found else ""
    if found and _new_enough(version):
        return (found,), version
    if find_spec("pyminimap2"):
        return (sys.executable, "-c", _PYPI_MAIN), _version([sys.executable, "-c", _PYPI_VERSION])
    seen = f"version {version} is on PATH" if version else "none is on PATH"
    raise InputError(f"minimap2 2.29 or newer is needed and {seen}; install it or the PyPI package pyminimap2")


def aligner_version() -> str:
    """Name and version of the aligner in use, for the report's provenance: "minimap2 2.31-r1302"."""
    return f"minimap2 {_minimap2()[1]}"


def _run(arguments: Sequence[str], what: str) -> None:
    """Run minimap2. Raises InputError with its last line when it fails."""
    command, _ = _minimap2()
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, errors="replace", check=False)
    LOG.info("minimap2 %s", " ".join(arguments))
    for line in done.stderr.splitlines():
        LOG.info("minimap2: %s", line)
    # Only a finished run reports its time: pyminimap2 ends with code 0 on most errors.
    if done.returncode == 0 and "Real time:" in done.stderr:
        return
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("[M::")]
    reason = re.sub(r"\x1b\[[0-9;]*m", "", lines[-1]) if lines else f"exit code {done.returncode}"
    raise InputError(f"{what} failed: minimap2 says: {reason}")


def build_index(fasta: Path, mmi: Path, threads: int, *, split: bool = False) -> None:
    """Build the minimizer index of a FASTA for `align`, in parts that fit in less memory when `split`.

    Raises InputError when minimap2 cannot.
    """
    parts = ["-I", PART] if split else []
    with written_whole(mmi) as partial:
        _run(["-x", PRESET, *parts, "-t", str(threads), "-d", str(partial), str(fasta)], f"{fasta}: indexing")


@dataclass(frozen=True)
class Common:
    """What each way to align is told: whether reads are pairs, the sample's name, threads, assay (rna or dna)."""

    paired: bool
    sample: str
    threads: int
    assay: str = "rna"


def align_unsorted(
    fastq: Path, reference: Path, junctions: Path, sam: Path, common: Common, *, split: bool = False
) -> None:
    """Align recruited reads to `reference`, an index or a FASTA.

    `fastq` holds pairs one mate after the other (`paired`) or single reads, plain or gzip; an empty one gives a valid
    SAM without reads. `junctions` is BED12 of annotated introns (`reference.prepare_annotation`). Reads of unstranded
    libraries align right: both transcript strands are tried (minimap2 `-ub`, part of the preset). Split alignments keep
    all their bases (`-Y`), a few secondary ones are kept. `split` says that the index is in parts. Temporary files lie
    beside `sam`. Raises InputError when minimap2 fails.
    """
    # Which of several equal places is reported first goes by the read's length alone, not by its name too.
    options = ["-Y", "--no-hash-name", "--secondary=yes", "-N", SECONDARY, "-K", BATCH, "-t", str(common.threads)]
    options += ["-G", MAX_INTRON] if common.assay == "rna" else []
    if common.assay == "rna" and junctions.stat().st_size:
        options += ["-j", str(junctions)]
    if not common.paired:
        options.append("--frag=no")
    if split:
        options.append(f"--split-prefix={sam.parent}/part")
    group = ["-R", f"@RG\\tID:{common.sample}\\tSM:{common.sample}"]
    command = ["-ax", PRESETS[common.assay], *options, *group, "-o", str(sam), str(reference), str(fastq)]
    _run(command, f"sample {common.sample}: alignment")


def write_sorted(sam: Path, bam: Path, threads: int) -> None:
    """Sort a SAM by coordinate into `bam`, with `bam`.bai. Temporary files lie beside `sam`.

    The bytes depend on neither threads nor paths: the header names sample, contigs and aligner version only.
    """
    bam.parent.mkdir(parents=True, exist_ok=True)
    ordered, final, header = (sam.with_name(name) for name in ("sorted.bam", "final.bam", "header.sam"))
    pysam.sort("--no-PG", "-@", str(threads - 1), "-T", str(sam.with_name("part")), "-o", str(ordered), str(sam))
    header.write_text(_plain_header(ordered), encoding="utf-8")
    pysam.reheader("--no-PG", str(header), str(ordered), save_stdout=str(final))
    pysam.index(str(final))
    shutil.move(final, bam)
    shutil.move(f"{final}.bai", f"{bam}.bai")


def _plain_header(bam: Path) -> str:
    """Header text of a BAM without the aligner's command line, which holds paths and thread count."""
    with pysam.AlignmentFile(str(bam), check_sq=False) as handle:
        header = handle.header.to_dict()
    programs = [{key: p[key] for key in ("ID", "PN", "VN") if key in p} for p in header.get("PG", [])]
    header.pop("CO", None)
    return str(pysam.AlignmentHeader.from_dict({**header, "PG": programs}))
