"""The BED of baits or primers against the sheet and the reference, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ..genome.bed import PRIMER, Stretches
from ..runtime.errors import InputError
from ..runtime.streams import Damaged, fill, open_stream

_CHUNK = 1 << 22


def check_intervals(where: str, bed: Path, library: str, contigs: Callable[[], frozenset[str]]) -> None:
    """Raises InputError for a malformed BED, for one without primers of an amplicon library, and for rows on contigs
    that are not among `contigs` (none there: not known yet)."""
    found = Stretches.read(bed)
    if library == "amplicon" and not any(s.role == PRIMER for s in found.all):
        raise InputError(
            f"{where}, column targets: {bed} has no row with role primer, but the library is amplicon; name the"
            " primers in column 4, or leave targets empty"
        )
    known = contigs()
    if known:
        found.check_contigs(sorted(known))


def contig_names(fasta: Path) -> frozenset[str]:
    """Names of the contigs of a FASTA (plain or gzip), by its index where there is one; none where it cannot be read,
    which is told when it is packed. Without index a human genome takes some seconds."""
    index = fasta.with_name(f"{fasta.name}.fai")
    try:
        if index.is_file() and index.stat().st_mtime >= fasta.stat().st_mtime:
            text = index.read_text(encoding="utf-8", errors="surrogateescape")
            return frozenset(line.split("\t")[0] for line in text.splitlines())
        return _headers(fasta)
    except (OSError, Damaged):
        return frozenset()


def _headers(fasta: Path) -> frozenset[str]:
    file, read, _ = open_stream(fasta)
    names: set[str] = set()
    buffer = bytearray(_CHUNK)
    before, name = b"\n", None  # the last byte, and the header under way
    with file:
        while size := fill(read, memoryview(buffer)):
            text, at = re.sub(rb"\n\r+>", b"\n>", before + bytes(buffer[:size])), 0
            while True:
                if name is None:
                    at = text.find(b"\n>", at)
                    if at < 0:
                        break
                    at, name = at + 2, b""
                end = text.find(b"\n", at)
                name += text[at : end if end >= 0 else None]
                if end < 0:
                    break
                names.add(name.split(None, 1)[0].decode("utf-8", "surrogateescape") if name.strip() else "")
                at, name = end, None
            before = text[-1:] if name is None else b""
    return frozenset(names - {""})
