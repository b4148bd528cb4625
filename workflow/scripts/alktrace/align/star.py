"""Alignment with STAR to an index of the whole genome: the third way, for laboratories that have validated it.

STAR reads plain text only, so genome, annotation and reads are unpacked beside what it makes.
"""

from __future__ import annotations

import gzip
import logging
import math
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..genome.twobit import TwoBit
from ..runtime.errors import InputError
from .minimap2 import Common

LOG = logging.getLogger(__name__)

# Chimeric alignments as Arriba's manual asks for them (Uhrig et al., Genome Res 2021;31:448), clipped bases kept.
_CHIMERIC = (
    "--chimSegmentMin 10 --chimOutType WithinBAM SoftClip --chimJunctionOverhangMin 10 --chimScoreMin 1 "
    "--chimScoreDropMax 30 --chimScoreJunctionNonGTAG 0 --chimScoreSeparation 1 --chimSegmentReadGapMax 3 "
    "--alignSJstitchMismatchNmax 5 -1 5 5 --outFilterMultimapNmax 50 --peOverlapNbasesMin 10 "
    "--alignSplicedMateMapLminOverLmate 0.5"
)
_NO_INTRONS = "--alignIntronMax 1 --alignMatesGapMax 2000"


def star_version() -> str:
    """Name and version: "STAR 2.7.10b". Raises InputError when it is not on PATH."""
    found = shutil.which("STAR")
    if found is None:
        raise InputError("STAR is not on PATH and aligner star was asked for; install it (Debian: rna-star)")
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return f"STAR {done.stdout.strip()}"


def build_star_index(genome: Path, gtf: Path, out: Path, threads: int) -> None:
    """Index the genome (.2bit) with the introns of the GTF (plain or gzip) into folder `out`.

    Sizes for small genomes and many contigs follow STAR's manual. Raises InputError when STAR cannot.
    """
    packed = TwoBit(genome)
    total = sum(packed.lengths.values())
    words = min(14, int(math.log2(total) / 2 - 1))
    bins = min(18, int(math.log2(max(total / len(packed.lengths), 150))))
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix="star-") as folder:
        fasta, introns, made = (Path(folder) / name for name in ("genome.fa", "genes.gtf", "index"))
        with fasta.open("w", encoding="ascii", errors="surrogateescape") as target:
            for name, length in packed.lengths.items():
                target.write(f">{name}\n")
                for start in range(0, length, 1 << 20):
                    target.write(packed.fetch(name, start, start + (1 << 20)) + "\n")
        with _opened(gtf) as source, introns.open("wb") as plain:
            shutil.copyfileobj(source, plain)
        command = ["--runMode", "genomeGenerate", "--genomeDir", str(made), "--genomeFastaFiles", str(fasta)]
        command += [
            "--sjdbGTFfile",
            str(introns),
            "--genomeSAindexNbases",
            str(words),
            "--genomeChrBinNbits",
            str(bins),
        ]
        _run([*command, "--runThreadN", str(threads)], Path(folder), f"{genome}: indexing")
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(made, out)


def align_star(fastq: Path, index: Path, bam: Path, common: Common) -> None:
    """Align recruited reads, as for `minimap2.align_unsorted`, into an unsorted `bam`; one thread, so that the order of
    reads is always the same. Temporary files lie beside `bam`."""
    mates = [bam.with_name(f"mate{number}.fq") for number in ((1, 2) if common.paired else (1,))]
    _split(fastq, mates)
    if not any(mate.stat().st_size for mate in mates):
        _write_empty(index, bam, common.sample)
        return
    command = ["--genomeDir", str(index), "--readFilesIn", *map(str, mates), "--outSAMtype", "BAM", "Unsorted"]
    command += ["--outSAMunmapped", "Within", "--outSAMattributes", "NH", "HI", "AS", "nM", "NM", *_CHIMERIC.split()]
    command += _NO_INTRONS.split() if common.assay == "dna" else []
    command += ["--outSAMattrRGline", f"ID:{common.sample}", f"SM:{common.sample}", "--runThreadN", "1"]
    _run(command, bam.parent, f"sample {common.sample}: alignment")
    shutil.move(bam.parent / "Aligned.out.bam", bam)


def _write_empty(index: Path, out: Path, sample: str) -> None:
    """An alignment without reads, which STAR itself refuses to make, as text."""
    rows = (row.split("\t") for row in (index / "chrNameLength.txt").read_text(encoding="utf-8").splitlines())
    lines = [f"@SQ\tSN:{name}\tLN:{length}\n" for name, length in rows]
    out.write_text("".join([*lines, f"@RG\tID:{sample}\tSM:{sample}\n"]), encoding="utf-8")


def _opened(path: Path) -> gzip.GzipFile:
    """A file of bytes, gzip or plain."""
    with path.open("rb") as handle:
        packed = handle.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _split(fastq: Path, mates: Sequence[Path]) -> None:
    """Interleaved records to one plain file a mate."""
    files = [mate.open("wb") for mate in mates]
    try:
        with _opened(fastq) as source:
            for number, line in enumerate(source):
                files[number // 4 % len(files)].write(line)
    finally:
        for file in files:
            file.close()


def _run(arguments: Sequence[str], folder: Path, what: str) -> None:
    """Run STAR with its files in `folder`. Raises InputError with its last line when it fails."""
    star_version()
    command = ["STAR", *arguments, "--outFileNamePrefix", f"{folder}/", "--outTmpDir", f"{folder}/star_tmp"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    LOG.info("%s", re.sub(r"\s+", " ", " ".join(command)))
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        reason = next((line for line in lines if "ERROR" in line), lines[-1] if lines else f"code {done.returncode}")
        raise InputError(f"{what} failed: STAR says: {reason.strip()}")
