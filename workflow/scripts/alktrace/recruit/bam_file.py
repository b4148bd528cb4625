"""BAM and CRAM files: opened with what they need, whatever their contigs are called. Nothing is ever fetched."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pysam
from isal import igzip, isal_zlib

from ..genome.contigs import same_contigs
from ..runtime.errors import InputError

log = logging.getLogger(__name__)
_COPY = 1 << 22
_INDEXES = (".bai", ".csi", ".crai")


@dataclass(frozen=True)
class Reference:
    """The genome: its FASTA as the user gave it (CRAM is decoded with it) and the lengths of its contigs."""

    fasta: Path
    lengths: Mapping[str, int]


def is_cram(path: Path) -> bool:
    """Whether a file begins as CRAM does."""
    with path.open("rb") as file:
        return file.read(4) == b"CRAM"


def index_of(path: Path) -> Path | None:
    """The index beside a BAM or CRAM (`x.bam.bai`, `x.bai`, `.csi`, `.crai`), None without one."""
    names = [f"{path}{ending}" for ending in _INDEXES] + [str(path.with_suffix(ending)) for ending in _INDEXES]
    return next((Path(name) for name in names if Path(name).is_file()), None)


@contextmanager
def opened(path: Path, reference: Path | None, index: Path | None) -> Iterator[pysam.AlignmentFile]:
    """A BAM or CRAM; `reference` is what `decoding_reference` made. Raises InputError when it is no such file."""
    pysam.set_verbosity(0)  # htslib prints its reasons to stderr and raises bare errors
    try:
        handle = pysam.AlignmentFile(
            str(path), "rc" if is_cram(path) else "rb", check_sq=False,
            reference_filename=str(reference) if reference else None,
            index_filename=str(index) if index else None,
        )  # fmt: skip
    except (OSError, ValueError):
        raise unreadable(path) from None
    with handle:
        yield handle


def unreadable(path: Path) -> InputError:
    """What is said of a file that cannot be read to its end."""
    if is_cram(path):
        return InputError(
            f"{path}: cannot be decoded to its end with the reference of the configuration; fetch the file again, or"
            " give the FASTA it was made with"
        )
    return InputError(f"{path}: cannot be read as BAM to its end; fetch the file again")


def lengths_of(path: Path) -> dict[str, int]:
    """Contigs of a file's header with their lengths; empty for unaligned reads."""
    with opened(path, None, None) as handle:
        return dict(zip(handle.references, handle.lengths, strict=True))


def forbid_fetching() -> None:
    """Let htslib look for the bases of CRAM nowhere but in the FASTA it is given."""
    os.environ["REF_PATH"] = os.environ["REF_CACHE"] = "/nonexistent/%s"


def decoding_reference(path: Path, reference: Reference, folder: Path) -> Path:
    """The FASTA below `folder` by which a CRAM is decoded: the reference, its contigs called as the CRAM calls them.

    A plain FASTA is linked and indexed there, a packed one is unpacked first. Raises InputError when no contig fits.
    """
    forbid_fetching()
    fasta = folder / "reference.fa"
    theirs = lengths_of(path)
    names = same_contigs(theirs, reference.lengths)
    if theirs and not names:
        raise InputError(
            f"{path}: none of its contigs is in {reference.fasta.name}; give the reference that the CRAM was made with"
        )
    if not fasta.exists():
        _plain(reference.fasta, fasta)
        pysam.faidx("--fai-idx", str(folder / "own.fai"), str(fasta))
    rows = {row.split("\t")[0]: row.split("\t") for row in (folder / "own.fai").read_text().splitlines()}
    lines = ["\t".join([theirs_name, *rows[own][1:]]) for theirs_name, own in names.items() if own in rows]
    Path(f"{fasta}.fai").write_text("".join(line + "\n" for line in lines))
    return fasta


def _plain(given: Path, fasta: Path) -> None:
    """A link to a plain FASTA, the unpacked content of a gzip one. Raises InputError for a damaged one."""
    with given.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if not packed:
        fasta.symlink_to(given.resolve())
        return
    log.info("%s is unpacked to decode CRAM", given.name)
    try:
        with igzip.open(given, "rb") as text, fasta.open("wb") as out:
            shutil.copyfileobj(text, out, _COPY)
    except (OSError, EOFError, isal_zlib.IsalError) as error:  # type: ignore[misc]
        raise InputError(f"{given}: damaged gzip file ({error}); fetch it again") from None
