"""The genome at two bits a base: the .2bit format of the UCSC Genome Browser, written in one pass and read by page.

A file of 3.1 Gb takes 775 MB. It is mapped, not loaded: what is read lives in the page cache, once for all processes.
Letters of FASTA other than A, C, G, T, U (either case) are N here; case is not kept.
"""

from __future__ import annotations

import logging
import mmap
import shutil
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..runtime.errors import InputError
from ..runtime.jit import load_kernels
from ..runtime.streams import Damaged, fill, open_stream
from .contigs import alternates
from .kernels import layout

log = logging.getLogger(__name__)

_SIGNATURE = 0x1A412743
_CHUNK = 1 << 24  # bytes of FASTA text held at a time
_LETTERS = b"TCAG"
_AMBIGUOUS = b"NRYKMSWBDHVX-"  # IUPAC codes of more than one base, and what some files write for them
_LARGEST = 1 << 32  # the format holds 32-bit sizes and places


def _byte_classes() -> NDArray[np.uint8]:
    """Per byte: code of a base 0-3, or what it means in a FASTA file."""
    classes = np.full(256, layout.WRONG, dtype=np.uint8)
    for code, letter in enumerate(_LETTERS):
        classes[[letter, letter + 32]] = code
    classes[list(b"Uu")] = layout.T
    classes[list(_AMBIGUOUS + _AMBIGUOUS.lower())] = layout.UNKNOWN
    classes[[10, 13]] = layout.SKIPPED
    classes[ord(">")] = layout.HEADER
    return classes


# ---------------------------------------------------------------- writing


@dataclass
class _Entry:
    """Index row: name and place of a record behind the index."""

    name: bytes
    offset: int


class _Packer:
    """The contig being packed. Tables grow; a page that was never written costs nothing."""

    def __init__(self) -> None:
        self._kernel = load_kernels({"pack_bases": "alktrace.genome.kernels.pack"})["pack_bases"]
        self._classes = _byte_classes()
        self._packed = np.empty(1 << 26, dtype=np.uint8)
        self._runs = np.empty((2, 1 << 16), dtype=np.uint32)
        self.state = np.zeros(layout.PACK_STATE, dtype=np.int64)
        self.start()

    def start(self) -> None:
        """Begin a contig."""
        self.state[:] = 0
        self.state[layout.RUN] = -1
        self.state[layout.LINE_START] = 1

    def take(self, text: NDArray[np.uint8]) -> int:
        """Pack bases up to the end of the text or a header; returns the bytes taken."""
        taken = 0
        while True:
            rest = text[taken:]
            full = self._kernel(
                rest.ctypes.data, len(rest), self._classes.ctypes.data, self._packed.ctypes.data, len(self._packed),
                self._runs[0].ctypes.data, self._runs[1].ctypes.data, self._runs.shape[1], self.state.ctypes.data,
            )  # fmt: skip
            taken += int(self.state[layout.USED])
            if not full:
                return taken
            if self.state[layout.RUNS] == self._runs.shape[1]:
                self._runs = np.concatenate([self._runs, np.empty_like(self._runs)], axis=1)
            else:
                self._packed = np.concatenate([self._packed, np.empty_like(self._packed)])

    def record(self) -> Iterator[bytes | memoryview]:
        """The contig as a record of the format: size, runs of N, no masked runs, bases."""
        size, runs, open_run = (int(self.state[i]) for i in (layout.BASES, layout.RUNS, layout.RUN))
        starts, lengths = self._runs[0, :runs].tolist(), self._runs[1, :runs].tolist()
        if open_run >= 0:
            starts, lengths = [*starts, open_run], [*lengths, size - open_run]
        if size % 4:
            self._packed[size // 4] = (int(self.state[layout.BYTE]) << 2 * (4 - size % 4)) & 0xFF
        yield np.array([size, len(starts), *starts, *lengths, 0, 0], dtype="<u4").tobytes()
        yield self._packed[: -(-size // 4)].data


def write_twobit(fasta: Path, out: Path) -> None:
    """Write a FASTA (plain, gzip or bgzip) as .2bit to `out`; one contig is held in memory, at two bits a base.

    The records go to a neighbour of `out` first: the format begins with an index that is known at the end. Raises
    InputError when the FASTA is missing, damaged, empty, names a contig twice or holds characters that are no bases.
    """
    records = out.with_name(f"{out.name}.records")
    try:
        with records.open("wb") as handle:
            index = _without_alternates(fasta, _write_records(fasta, handle))
        size = 16 + sum(5 + len(entry.name) for entry in index)
        if index[-1].offset + size >= _LARGEST:
            raise InputError(f"{fasta}: is too large a genome (16 Gb at most)")
        with out.open("wb") as target, records.open("rb") as source:
            target.write(struct.pack("<4I", _SIGNATURE, 0, len(index), 0))
            for entry in index:
                target.write(bytes([len(entry.name)]) + entry.name + struct.pack("<I", entry.offset + size))
            shutil.copyfileobj(source, target, 1 << 22)
    finally:
        records.unlink(missing_ok=True)


def _without_alternates(fasta: Path, index: list[_Entry]) -> list[_Entry]:
    """The index without alternative sequences of loci: a second copy takes away half of a locus's reads."""
    left_out = alternates([entry.name.decode("utf-8", "surrogateescape") for entry in index])
    if left_out:
        log.info("%s: %d alternative or unplaced contigs are left out", fasta, len(left_out))
    return [entry for entry in index if entry.name.decode("utf-8", "surrogateescape") not in left_out]


def _write_records(fasta: Path, out: BinaryIO) -> list[_Entry]:
    packer, index, names = _Packer(), list[_Entry](), set[bytes]()
    for name in _pack_contigs(_Text(fasta), packer):
        size = packer.state[layout.BASES]
        if not size:
            log.warning("%s: contig %s has no bases and is left out", fasta, _shown(name))
            continue
        if name in names:
            raise InputError(f"{fasta}: contig {_shown(name)} stands there twice; give a FASTA with each contig once")
        if size >= _LARGEST or len(name) > 255:
            raise InputError(f"{fasta}: contig {_shown(name)} is longer than 4 Gb, or its name than 255 bytes")
        names.add(name)
        index.append(_Entry(name, out.tell()))
        for part in packer.record():
            out.write(part)
    if not index:
        raise InputError(f"{fasta}: holds no sequence; give a genome as FASTA, plain or gzip")
    return index


def _pack_contigs(text: _Text, packer: _Packer) -> Iterator[bytes]:
    """Names of the contigs, each when its bases are in the packer."""
    while (name := text.contig()) is not None:
        packer.start()
        while True:
            text.advance(packer.take(text.rest))
            problem = int(packer.state[layout.PROBLEM])
            if problem:
                raise InputError(
                    f"{text.path}: contig {_shown(name)} holds {_shown(bytes([problem - 1]))!r} behind base"
                    f" {packer.state[layout.BASES]}, which is no base; give a FASTA of DNA"
                )
            if len(text.rest) or not text.refill():
                break
        yield name


class _Text:
    """A FASTA as text that is read through one buffer. `rest` is what was read and not yet used."""

    def __init__(self, path: Path):
        self.path = path
        try:
            self._file, self._read, _ = open_stream(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}); set reference.fasta right") from None
        self._buffer = np.empty(_CHUNK, dtype=np.uint8)
        self.rest = self._buffer[:0]
        self.refill()
        if not len(self.rest) or self.rest[0] != ord(">"):
            raise InputError(f"{path}: does not begin with '>'; give a FASTA, uncompressed or gzip")

    def refill(self) -> bool:
        """Read on behind what is left; False at the end of the file, and where there is no room."""
        kept = len(self.rest)
        if self._file.closed or kept == len(self._buffer):
            return False
        self._buffer[:kept] = self.rest.copy()
        try:
            size = fill(self._read, self._buffer.data[kept:])
        except (OSError, Damaged) as error:
            raise InputError(f"{self.path}: cannot be read to its end ({error}); fetch the file again") from None
        self.rest = self._buffer[: kept + size]
        if not size:
            self._file.close()
        return size > 0

    def advance(self, size: int) -> None:
        """Use `size` bytes."""
        self.rest = self.rest[size:]

    def contig(self) -> bytes | None:
        """Use the header line that comes next: the name up to the first blank, None at the end of the file."""
        if not len(self.rest):
            return None
        line = bytes(self.rest[: 1 << 16])
        if b"\n" not in line and self.refill():
            line = bytes(self.rest[: 1 << 16])
        line = line.partition(b"\n")[0]
        self.advance(min(len(line) + 1, len(self.rest)))
        name = line[1:].split(maxsplit=1)[0] if line[1:].strip() else b""
        if not name or line[1:2].isspace():
            raise InputError(f"{self.path}: has a header line without a name; give each contig a name")
        return name


def _shown(text: bytes) -> str:
    """Hostile bytes for a message."""
    return "".join(c if c.isprintable() else "?" for c in text[:80].decode("ascii", "replace"))


# ---------------------------------------------------------------- reading


@dataclass(frozen=True)
class Contig:
    """A contig of the mapped file: `packed` holds base i in bits 6 - 2 (i % 4) of byte i // 4; `starts` and `ends` are
    the runs of N, 0-based half-open, in order."""

    name: str
    length: int
    packed: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class TwoBit:
    """A mapped .2bit file. Coordinates are 0-based and half-open."""

    def __init__(self, path: Path):
        """Raises InputError when the file is missing, cut short or not of this format."""
        try:
            with path.open("rb") as handle:
                self._map = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
            self.contigs = {contig.name: contig for contig in self._index()}
        except (OSError, ValueError, struct.error, IndexError) as error:
            raise InputError(f"{path}: is no whole .2bit file ({error}); delete it and run again") from None

    def _index(self) -> Iterator[Contig]:
        signature, version, count, _ = struct.unpack_from("<4I", self._map, 0)
        if signature != _SIGNATURE or version:
            raise ValueError("another format")
        at = 16
        for _ in range(count):
            size = self._map[at]
            name = self._map[at + 1 : at + 1 + size].decode("utf-8", "surrogateescape")
            (offset,) = struct.unpack_from("<I", self._map, at + 1 + size)
            at += 5 + size
            yield self._contig(name, offset)

    def _contig(self, name: str, offset: int) -> Contig:
        length, runs = struct.unpack_from("<2I", self._map, offset)
        table = np.frombuffer(self._map, dtype="<u4", count=2 * runs, offset=offset + 8).astype(np.int64)
        (masked,) = struct.unpack_from("<I", self._map, offset + 8 + 8 * runs)
        bases = offset + 16 + 8 * runs + 8 * masked
        packed = np.frombuffer(self._map, dtype=np.uint8, count=-(-length // 4), offset=bases)
        return Contig(name, length, packed, table[:runs], table[:runs] + table[runs:])

    @property
    def lengths(self) -> dict[str, int]:
        """Contigs in the order of the FASTA, and their lengths."""
        return {name: contig.length for name, contig in self.contigs.items()}

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases start..end, upper case, cut at the contig's ends. Raises KeyError for a contig that is not there."""
        found = self.contigs[contig]
        start, end = max(start, 0), min(end, found.length)
        if end <= start:
            return ""
        first = start // 4
        letters = _FOUR_LETTERS[found.packed[first : -(-end // 4)]].view(np.uint8)[start - 4 * first : end - 4 * first]
        run = bisect_right(found.ends, start)
        while run < len(found.starts) and found.starts[run] < end:
            letters[max(found.starts[run] - start, 0) : found.ends[run] - start] = ord("N")
            run += 1
        return letters.tobytes().decode("ascii")


# the letters of a byte's four bases, as one number whose bytes in memory are in their order
_FOUR_LETTERS = np.array(
    [[_LETTERS[(byte >> shift) & 3] for shift in (6, 4, 2, 0)] for byte in range(256)], dtype=np.uint8
).view(np.uint32)[:, 0]
