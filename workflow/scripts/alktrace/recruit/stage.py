"""Recruit: keep the read pairs that hold target k-mers, in one pass over the FASTQ.

Each mate is decompressed and scanned in a thread of its own (`fastq`, `scan`); this module pairs the scanned records,
writes the chosen pairs and turns counters into `RecruitStats`. Results do not depend on the number of threads.
"""

from __future__ import annotations

import ctypes
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from isal import isal_zlib

from ..model.records import BamInput, RecruitStats
from ..runtime import jit
from ..runtime.errors import InputError
from ..runtime.files import written_whole
from ..runtime.progress import Progress
from ..runtime.serialise import write_json
from .fastq import BUFFER_SIZE, RECORDS, Batch, Scanner, new_pool, prefetch, scan_file
from .kernels import layout
from .target_file import TargetFile

_OUT_SIZE = 2 * BUFFER_SIZE
RARE = 0.02  # of the copies of a typical fragment: one wrong base is by far rarer than that
ERRONEOUS = 0.1  # of all copies: those with an error in the 32 bases of their ends, 0.3% a base


@dataclass
class Stretch:
    """Records of the two mates that lie side by side: `count` pairs from record `first1` and `first2` on."""

    one: Batch
    first1: int
    two: Batch
    first2: int
    count: int


class Writer:
    """Interleaved gzip FASTQ of the chosen pairs, and the direct scan for catalogued junctions."""

    def __init__(self, kernel: Callable[..., int], table: TargetFile, path: Path, paired: bool):
        self._kernel, self._table, self._paired = kernel, table, paired
        self._file = path.open("wb")
        self._gzip = isal_zlib.compressobj(level=1, wbits=31)
        self._out = (ctypes.c_uint8 * _OUT_SIZE)()
        self._view = memoryview(self._out).cast("B")
        self._adapters = ctypes.create_string_buffer(b"\0".join(layout.ADAPTERS))  # ends in a 0 byte, too
        self._seen = (ctypes.c_int64 * (len(table.junctions) + 1))()
        self.junctions = (ctypes.c_int64 * (len(table.junctions) + 1))()
        self.state = (ctypes.c_int64 * layout.WRITE_SIZE)()
        spans = [table.address[name] for name in ("span_keys", "span_values", "span_offsets", "span_junctions")]
        spans.insert(2, table.shift("span_keys"))
        counters = [ctypes.addressof(counter) for counter in (self.junctions, self._seen, self._out)]
        adapters = ctypes.addressof(self._adapters), ctypes.sizeof(self._adapters)
        self._fixed = (*adapters, *spans, *counters, _OUT_SIZE, ctypes.addressof(self.state))

    def write(self, s: Stretch, kept: int, count: int) -> None:
        """Write the `count` pairs of a stretch whose indices are at address `kept`."""
        self.state[layout.DONE] = 0
        places = (*s.one.addresses[:2], s.first1, *s.two.addresses[:2], s.first2, kept, count, self._paired)
        while self.state[layout.DONE] < count:
            size = self._kernel(*places, *self._fixed)
            self._file.write(self._gzip.compress(self._view[:size]))

    def finish(self) -> None:
        """Write what the compressor still holds."""
        self._file.write(self._gzip.flush())
        self._file.close()

    def close(self) -> None:
        """Close without finishing."""
        self._file.close()


class Cursor:
    """Place in the scanned records of one mate."""

    def __init__(self, path: Path, scanner: Scanner, threaded: bool):
        self.path, self.scanner, self.pool = path, scanner, new_pool()
        batches = scan_file(path, scanner, self.pool)
        self._batches = prefetch(batches) if threaded else batches
        self.batch: Batch | None = None
        self.at = 0

    def load(self) -> Batch | None:
        """The batch that holds the next record, None behind the last."""
        if self.batch is not None and self.at == self.batch.records:
            self.pool.put(self.batch)
            self.batch = None
        if self.batch is None:
            self.batch, self.at = next(self._batches, None), 0
        return self.batch


class Mates:
    """The scanned input files, record by record side by side."""

    def __init__(self, paths: list[Path], scanners: Sequence[Scanner], threads: int):
        self.paths = paths
        self.cursors = [Cursor(path, scanner, threads > 1) for path, scanner in zip(paths, scanners, strict=True)]

    def stretches(self) -> Iterator[Stretch]:
        """All records in order. Raises InputError for malformed input and for mates of different number."""
        first, last = self.cursors[0], self.cursors[-1]
        total = 0
        while True:
            one = first.load()
            two = last.load()
            if one is None or two is None:
                break
            count = min(one.records - first.at, two.records - last.at)
            yield Stretch(one, first.at, two, last.at, count)
            total += count
            first.at += count
            if last is not first:
                last.at += count
        if one is not two:
            longer, shorter = (last, first) if one is None else (first, last)
            raise InputError(
                f"{longer.path}: has more reads than its mate file {shorter.path} ({total}); give two files of one run"
            )

    def stop(self) -> None:
        """Let the threads end, whatever they were doing."""
        for cursor in self.cursors:
            cursor.pool.put(None)


class Merger:
    """Chooses pairs and counts them."""

    def __init__(self, kernel: Callable[..., int], table: TargetFile, paired: bool, keep_all: bool):
        self._kernel = kernel
        self._dup_keys = (ctypes.c_uint64 * (1 << layout.DUPLICATE_BITS))()
        self._dup_counts = (ctypes.c_uint32 * (1 << layout.DUPLICATE_BITS))()
        self._control_counts = (ctypes.c_uint16 * (1 << layout.CONTROL_BITS))()
        self._kept = (ctypes.c_uint32 * RECORDS)()
        self.by_control = (ctypes.c_int64 * (len(table.controls) + 1))()
        self.state = (ctypes.c_int64 * layout.PAIR_SIZE)()
        self.kept = ctypes.addressof(self._kept)
        counters = (self._dup_keys, self._dup_counts, self.by_control, self._control_counts, self._kept, self.state)
        self._fixed = (paired, keep_all, *(ctypes.addressof(counter) for counter in counters))

    def choose(self, s: Stretch) -> int:
        """Number of chosen pairs of a stretch; their indices are at address `kept`."""
        return self._kernel(*s.one.addresses, s.first1, *s.two.addresses, s.first2, s.count, *self._fixed)

    def duplicate_fraction(self) -> float | None:
        """1 - distinct / all of the sampled pairs; duplicates have the same 16 bases at both ends."""
        sampled = self.state[layout.SAMPLED]
        return round(1 - self.state[layout.DISTINCT] / sampled, 6) if sampled else None

    def control_fragments(self) -> int:
        """Distinct control fragments by linear counting (Whang 1990): -m ln(share of slots unset), m slots."""
        slots = memoryview(self._control_counts).cast("B")
        filled = array("Q", filter(None, slots.cast("Q")))  # four slots a word: nearly all are empty
        counts = Counter(memoryview(filled).cast("B").cast("H"))
        counts[0] += len(self._control_counts) - counts.total()
        return distinct_fragments(counts)


def distinct_fragments(slots: Counter[int]) -> int:
    """Fragments that differ in their ends, from the number of slots by the copies that they count.

    A read error in the ends of a copy makes a new pair of ends, so copies would multiply. Slots that count less than
    RARE of what the slot of a typical copy counts are errors; so are as many slots of a single copy as ERRONEOUS of all
    further copies.
    """
    size = slots.total()
    filled = sorted((count, number) for count, number in slots.items() if count)
    copies = sum(count * number for count, number in filled)
    seen = 0
    typical = 0
    for count, number in filled:
        seen += count * number
        if 2 * seen >= copies:
            typical = count
            break
    kept = sum(number for count, number in filled if count > RARE * typical)
    single = slots[1] if RARE * typical < 1 else 0
    further = copies - sum(number for _, number in filled)
    kept -= min(single, round(ERRONEOUS * further))
    return round(-size * math.log(max(size - kept, 1) / size))


def load_recruiting_kernels() -> dict[str, Callable[..., int]]:
    """The compiled functions by name; the first call on a machine compiles them."""
    scan, pairs = (f"{layout.__package__}.{module}" for module in ("scan", "pairs"))
    return jit.load_kernels({"scan": scan, "merge": pairs, "write_pairs": pairs})


def recruit(
    units: Sequence[tuple[Path, Path | None]],
    targets: Path,
    out: Path,
    stats: Path,
    threads: int = 2,
    keep_all: bool = False,
    bams: Sequence[BamInput] = (),
) -> RecruitStats:
    """Stream FASTQ once and keep the pairs of which either mate holds a target k-mer.

    `units` are the lanes or runs of one sample: files of first mates with those of second mates, or single reads with
    None. They are read in their order, with the result of their files put one after the other.
    Writes `out` (gzip FASTQ, pairs interleaved; names cut at the first blank and without mate number; adapter
    read-through cut) and `stats` (`RecruitStats` as JSON, with `bams`: what was done with files given as BAM).
    `keep_all` keeps every pair (`recruit: off`). Qualities are read of every 64th record, duplicates estimated from at
    most 65,536 distinct pairs sampled by hash. Raises InputError for files that are missing, damaged, malformed or no
    mates of each other; then neither file is written.
    """
    table = TargetFile(targets)
    kernels = load_recruiting_kernels()
    files = [[first] if second is None else [first, second] for first, second in units]
    paired = len(files[0]) == 2
    odd = next((paths for paths in files if (len(paths) == 2) != paired), None)
    if odd:
        raise InputError(f"{odd[0]}: the units of a sample are pairs and single reads; give them as two samples")
    scanners = [Scanner(kernels["scan"], table, mate) for mate in range(len(files[0]))]
    merger = Merger(kernels["merge"], table, paired, keep_all)
    # A file that is not there is told by its own cursor.
    total = sum(path.stat().st_size for paths in files for path in paths if path.is_file())
    progress = Progress(total, "pairs" if paired else "reads")
    with written_whole(out) as partial:
        writer = Writer(kernels["write_pairs"], table, partial, paired)
        try:
            for paths in files:
                _run(Mates(paths, scanners, threads), merger, writer, progress)
            writer.finish()
        finally:
            writer.close()
    result = _stats(scanners, merger, writer, table, bams)
    write_json(result, stats)
    return result


def _run(mates: Mates, merger: Merger, writer: Writer, progress: Progress) -> None:
    """Read the files of one unit to their end."""
    earlier = merger.state[layout.PAIRS]
    before_bytes = progress.done
    try:
        for s in mates.stretches():
            read = sum(cursor.scanner.read for cursor in mates.cursors)
            progress.update(before_bytes + read, merger.state[layout.PAIRS])
            before = merger.state[layout.PAIRS]
            chosen = merger.choose(s)
            if merger.state[layout.MISMATCH]:
                raise _no_mates(mates, s, before - earlier, merger.state[layout.PAIRS] - before)
            if chosen:
                writer.write(s, merger.kept, chosen)
    finally:
        mates.stop()
    progress.done = before_bytes + sum(cursor.scanner.read for cursor in mates.cursors)


def _no_mates(mates: Mates, s: Stretch, before: int, skip: int) -> InputError:
    """The error for pair `skip` of a stretch, which `before` pairs of the unit precede."""
    names = s.one.line(s.one.starts[s.first1 + skip]), s.two.line(s.two.starts[s.first2 + skip])
    return InputError(
        f"{mates.paths[1]}: record {before + skip + 1} is named {names[1][1:]} but its mate in {mates.paths[0]}"
        f" is named {names[0][1:]}; give two files of one run in the same order"
    )


def _stats(
    scanners: Sequence[Scanner], merger: Merger, writer: Writer, table: TargetFile, bams: Sequence[BamInput]
) -> RecruitStats:
    lengths = [sum(counts) for counts in zip(*(s.lengths for s in scanners), strict=True)]
    return RecruitStats(
        paired=len(scanners) == 2,
        pairs_total=merger.state[layout.PAIRS],
        pairs_recruited=merger.state[layout.KEPT],
        bases_total=sum(s.state[layout.BASES] for s in scanners),
        q30_bases=sum(s.state[layout.Q30] for s in scanners),
        read_length_counts={length: count for length, count in enumerate(lengths) if count},
        duplicate_fraction=merger.duplicate_fraction(),
        control_pairs=merger.state[layout.CONTROLS],
        control_fragments=merger.control_fragments(),
        control_by_gene=dict(zip(table.controls, merger.by_control, strict=False)),
        direct_junctions=dict(zip(table.junctions, writer.junctions, strict=False)),
        adapter_trimmed=writer.state[layout.TRIMMED],
        bams=list(bams),
    )
