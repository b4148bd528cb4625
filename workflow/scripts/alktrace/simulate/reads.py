"""Sequencing reads from RNA molecules, fast and reproducible.

A library is a list of (molecule, number of fragments). Fragments are drawn with numpy, rendered in blocks and written
as gzip FASTQ with fixed bytes for a fixed seed. Offsets are 0-based and half-open.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..runtime.files import written_whole
from .transcripts import Molecule

BLOCK = 50_000  # fragments rendered at once; also fixes the order of random draws
ADAPTERS = (b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", b"AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")  # Illumina TruSeq
QUALITIES = np.array([37, 25, 11], dtype=np.uint8)
QUALITY_OF_CORRECT = (0.93, 0.98)  # cumulative shares of the first two qualities
QUALITY_OF_ERROR = (0.50, 0.80)
ATTEMPTS = 1000  # draws before a wish that cannot be met is given up
_ASCII = np.frombuffer(b"ACGT", dtype=np.uint8)
_CODES = np.zeros(256, dtype=np.uint8)
_CODES[_ASCII] = np.arange(4)
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ReadSettings:
    """`error_rate` is substitutions per base; `duplicates` the share of fragments that are copies of another one;
    `umi_length` 0 means no UMI in the read name (`::umi:ACGT` at its end otherwise)."""

    read_length: int = 100
    paired: bool = True
    fragment_mean: float = 220.0
    fragment_sd: float = 50.0
    error_rate: float = 0.001
    duplicates: float = 0.0
    umi_length: int = 0
    prefix: str = "sim"


@dataclass(frozen=True)
class Fragments:
    """One entry a fragment: index of its molecule, first base, length, whether read 1 is in transcript sense, and the
    number of the original molecule (equal for PCR duplicates)."""

    molecule: Integers
    start: Integers
    length: Integers
    forward: NDArray[np.bool_]
    original: Integers

    def __len__(self) -> int:
        return len(self.start)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Fragments:
        return Fragments(
            self.molecule[index], self.start[index], self.length[index], self.forward[index], self.original[index]
        )


def join(parts: Sequence[Fragments]) -> Fragments:
    """Concatenate, renumbering the originals so that they stay apart."""
    originals, shift = [], 0
    for part in parts:
        originals.append(part.original + shift)
        shift += int(part.original.max()) + 1 if len(part) else 0
    return Fragments(
        np.concatenate([p.molecule for p in parts]),
        np.concatenate([p.start for p in parts]),
        np.concatenate([p.length for p in parts]),
        np.concatenate([p.forward for p in parts]),
        np.concatenate(originals),
    )


# ---------------------------------------------------------------- fragments
def _fragments(index: int, start: Integers, length: Integers, rng: Generator) -> Fragments:
    count = len(start)
    return Fragments(
        np.full(count, index, dtype=np.int64), start, length, rng.random(count) < 0.5, np.arange(count, dtype=np.int64)
    )


def _lengths(count: int, longest: int, settings: ReadSettings, rng: Generator) -> Integers:
    drawn = rng.normal(settings.fragment_mean, settings.fragment_sd, count)
    return np.clip(np.rint(drawn), min(30, longest), longest).astype(np.int64)


def random_fragments(
    molecule: Molecule, index: int, count: int, settings: ReadSettings, rng: Generator, off_junctions: bool = False
) -> Fragments:
    """`count` fragments at uniform places of a molecule; with `off_junctions` none reaches over an end of an exon part
    at a fusion junction. Raises ValueError when the molecule leaves no such place."""
    size = len(molecule.sequence)
    edges = [edge for f in molecule.fusions for edge in (f.left_end, f.right_start)] if off_junctions else []
    kept_start, kept_length, missing = [], [], count
    for _ in range(ATTEMPTS):
        length = _lengths(missing, size, settings, rng)
        start = (rng.random(missing) * (size - length + 1)).astype(np.int64)
        allowed = np.ones(missing, dtype=bool)
        for edge in edges:
            allowed &= (start >= edge) | (start + length <= edge)
        kept_start.append(start[allowed])
        kept_length.append(length[allowed])
        missing -= int(allowed.sum())
        if not missing:
            return _fragments(index, np.concatenate(kept_start), np.concatenate(kept_length), rng)
    raise ValueError(f"{molecule.name}: no room for fragments off the junctions")


@dataclass(frozen=True)
class _Target:
    """A junction to be covered: end of the 5' exon part, start of the 3' exon part, molecule size, wanted anchor."""

    left: int
    right: int
    size: int
    anchor: int


def junction_fragments(
    molecule: Molecule, index: int, count: int, anchor: int, settings: ReadSettings, rng: Generator, junction: int = 0
) -> Fragments:
    """`count` (1 or more) different fragments with at least `anchor` bases on both sides of a junction's whole insert.

    Where a read can hold anchors and insert, one read of each fragment holds them all. Where it cannot, the two mates
    hold one anchor each; single reads then hold, by turns, the left or the right anchor and the insert beside it.
    Pairs differ in their ends, single reads in the place of the read.
    Raises ValueError when there are not so many different fragments."""
    truth = molecule.fusions[junction]
    target = _Target(truth.left_end, truth.right_start, len(molecule.sequence), anchor)
    fits = target.right - target.left + 2 * anchor <= settings.read_length
    found: dict[tuple[int, int], tuple[int, int, bool]] = {}
    for _ in range(count * ATTEMPTS):
        if len(found) == count:
            break
        if fits:
            start, length, forward = _spanning_read(target, settings, rng)
        else:
            start, length, forward = _bridging_reads(target, settings, rng, at_left=len(found) % 2 == 0)
        if start >= 0 and start + length <= target.size:
            key = (start, start + length) if settings.paired else (start if forward else start + length, forward)
            found.setdefault(key, (start, length, forward))
    if len(found) < count:
        raise ValueError(f"{molecule.name}: fewer than {count} different fragments have {anchor} bases on both sides")
    starts, lengths, senses = (np.array(column) for column in zip(*found.values(), strict=True))
    return Fragments(np.full(count, index), starts, lengths, senses, np.arange(count))


def _spanning_read(target: _Target, settings: ReadSettings, rng: Generator) -> tuple[int, int, bool]:
    """(start, length, forward) of a fragment with a read over the whole insert at one end; read 1 of single reads."""
    read = settings.read_length
    first = int(rng.integers(max(target.right + target.anchor - read, 0), target.left - target.anchor + 1))
    length = max(int(_lengths(1, target.size, settings, rng)[0]), read)
    at_left = bool(rng.random() < 0.5)
    forward = bool(rng.random() < 0.5) if settings.paired else at_left
    return (first if at_left else first + read - length), length, forward


def _bridging_reads(target: _Target, settings: ReadSettings, rng: Generator, at_left: bool) -> tuple[int, int, bool]:
    """(start, length, forward) of a fragment whose mates lie on either side of a long insert, each with its anchor;
    for single reads, of one whose read holds the left or the right anchor."""
    read = settings.read_length
    first = int(rng.integers(max(target.left - read + 1, 0), target.left - target.anchor + 1))
    last = int(rng.integers(target.right + target.anchor, target.right + read))
    if settings.paired:
        return first, last - first, bool(rng.random() < 0.5)
    length = max(int(_lengths(1, target.size, settings, rng)[0]), read)
    return (first, length, True) if at_left else (last - length, length, False)


def whole_molecule(molecule: Molecule, index: int, rng: Generator) -> Fragments:
    """One fragment that is the whole molecule."""
    return _fragments(index, np.zeros(1, dtype=np.int64), np.array([len(molecule.sequence)], dtype=np.int64), rng)


def with_duplicates(fragments: Fragments, share: float, rng: Generator) -> Fragments:
    """Fragments with PCR copies added until `share` of all are copies, then shuffled."""
    copies = round(len(fragments) * share / (1 - share))
    chosen = np.concatenate([np.arange(len(fragments)), rng.integers(0, max(len(fragments), 1), copies)])
    return fragments.take(rng.permutation(chosen))


def chimeras(molecules: Sequence[Molecule], count: int, settings: ReadSettings, rng: Generator) -> list[Molecule]:
    """Random joins of two molecules at random places, as reverse transcription and PCR make them; each about one
    fragment long and in either orientation of its second part."""
    made = []
    weights = np.array([len(m.sequence) for m in molecules], dtype=float)
    weights /= weights.sum()
    for number in range(count):
        parts = []
        for half in range(2):
            sequence = molecules[int(rng.choice(len(molecules), p=weights))].sequence
            length = int(_lengths(1, len(sequence), settings, rng)[0]) // 2 + 1
            start = int(rng.integers(0, len(sequence) - length + 1))
            piece = sequence[start : start + length]
            turned = half == 1 and rng.random() < 0.5
            parts.append(piece[::-1].translate(str.maketrans("ACGT", "TGCA")) if turned else piece)
        made.append(Molecule(f"chimera {number}", "".join(parts), ()))
    return made


# ---------------------------------------------------------------- reads
def library_fragments(
    library: Sequence[tuple[Molecule, int]], settings: ReadSettings, rng: Generator, extra: Sequence[Fragments] = ()
) -> Fragments:
    """All fragments of a library, `extra` ones (indices into the library) added, PCR copies included, shuffled."""
    parts = [random_fragments(m, i, count, settings, rng) for i, (m, count) in enumerate(library) if count]
    parts += extra
    if not parts:
        empty = np.zeros(0, dtype=np.int64)
        return Fragments(empty, empty, empty, empty.astype(bool), empty)
    return with_duplicates(join(parts), settings.duplicates, rng)


def write_reads(
    molecules: Sequence[Molecule], fragments: Fragments, settings: ReadSettings, rng: Generator, paths: Sequence[Path]
) -> None:
    """Write gzip FASTQ: two paths for paired reads, one for single reads. Files appear whole or not at all."""
    with ExitStack() as stack:
        partial = [stack.enter_context(written_whole(path)) for path in paths]
        outputs = [gzip.GzipFile("", "wb", 4, open(p, "wb"), mtime=0) for p in partial]  # noqa: SIM115
        try:
            for block in read_blocks(molecules, fragments, settings, rng):
                for output, data in zip(outputs, block, strict=True):
                    output.write(data)
        finally:
            for output in outputs:
                _close(output)


def _close(output: gzip.GzipFile) -> None:
    raw: BinaryIO | None = output.fileobj  # type: ignore[assignment]
    output.close()
    if raw is not None:
        raw.close()


def read_blocks(
    molecules: Sequence[Molecule], fragments: Fragments, settings: ReadSettings, rng: Generator
) -> Iterator[tuple[bytes, ...]]:
    """FASTQ text in blocks: (read 1, read 2) or (read 1,) each."""
    pool = _CODES[np.frombuffer("".join(m.sequence for m in molecules).encode(), dtype=np.uint8)]
    offsets = np.cumsum([0, *(len(m.sequence) for m in molecules)])
    umis = rng.integers(0, 4, (int(fragments.original.max(initial=0)) + 1, settings.umi_length), dtype=np.uint8)
    for first in range(0, len(fragments), BLOCK):
        block = fragments.take(np.arange(first, min(first + BLOCK, len(fragments))))
        names = _names(first, umis[block.original], settings)
        start = offsets[block.molecule] + block.start
        text = []
        for mate in range(2 if settings.paired else 1):
            sense = block.forward == (mate == 0)
            codes = _bases(pool, start, block.length, sense, ADAPTERS[mate], settings.read_length)
            text.append(_records(codes, names, mate, settings, rng))
        yield tuple(text)


def _bases(
    pool: NDArray[np.uint8],
    start: Integers,
    length: Integers,
    sense: NDArray[np.bool_],
    adapter: bytes,
    read_length: int,
) -> NDArray[np.uint8]:
    """Base codes of one mate (fragments x read length): from the fragment's start in transcript sense, or from its end
    in antisense; adapter, then G, where the read is longer than the fragment."""
    column = np.arange(read_length)[None, :]
    inside = column < length[:, None]
    at = np.where(sense[:, None], start[:, None] + column, (start + length)[:, None] - 1 - column)
    codes = pool[np.where(inside, at, start[:, None])]
    codes = np.where(sense[:, None], codes, 3 - codes)
    tail = _CODES[np.frombuffer(adapter.ljust(read_length, b"G")[:read_length], dtype=np.uint8)]
    beyond = tail[np.clip(column - length[:, None], 0, read_length - 1)]
    return np.where(inside, codes, beyond).astype(np.uint8)


def _names(first: int, umis: NDArray[np.uint8], settings: ReadSettings) -> NDArray[np.uint8]:
    """Read names as rows of ASCII, all of one width."""
    count = len(umis)
    head = np.frombuffer(f"@{settings.prefix}:".encode(), dtype=np.uint8)
    digits = (np.arange(first, first + count)[:, None] // 10 ** np.arange(8, -1, -1)[None, :]) % 10 + ord("0")
    parts = [np.broadcast_to(head, (count, len(head))), digits.astype(np.uint8)]
    if settings.umi_length:
        label = np.frombuffer(b"::umi:", dtype=np.uint8)
        parts += [np.broadcast_to(label, (count, len(label))), _ASCII[umis]]
    return np.concatenate(parts, axis=1)


def _records(
    codes: NDArray[np.uint8], names: NDArray[np.uint8], mate: int, settings: ReadSettings, rng: Generator
) -> bytes:
    """FASTQ records with substitution errors and qualities."""
    count, length = codes.shape
    wrong = rng.random((count, length)) < settings.error_rate
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, int(wrong.sum()), dtype=np.uint8)) % 4
    draw = rng.random((count, length))
    level = (draw >= QUALITY_OF_CORRECT[0]).astype(np.uint8) + (draw >= QUALITY_OF_CORRECT[1])
    level[wrong] = (draw[wrong] >= QUALITY_OF_ERROR[0]).astype(np.uint8) + (draw[wrong] >= QUALITY_OF_ERROR[1])
    comment = f" {mate + 1}:N:0:1\n".encode()
    columns = [
        names,
        _repeated(comment, count),
        _ASCII[codes],
        _repeated(b"\n+\n", count),
        QUALITIES[level] + 33,
        _repeated(b"\n", count),
    ]
    return np.concatenate(columns, axis=1).tobytes()


def _repeated(text: bytes, count: int) -> NDArray[np.uint8]:
    return np.broadcast_to(np.frombuffer(text, dtype=np.uint8), (count, len(text)))
