"""What is fuzzed: every reader of files from outside, as a function of bytes.

A function returns when the reader took the bytes or refused them by InputError; anything else that it raises, and a
crash of the process, is a finding. The FASTQ scanner is compared with a plain re-implementation, in buffers that end at
memory which cannot be touched: a read or write beyond them ends the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from alktrace.genome import twobit as twobit_file
from alktrace.genome.bed import Stretches
from alktrace.genome.fasta import Genome
from alktrace.genome.transcripts import Annotation
from alktrace.genome.twobit import TwoBit, write_twobit
from alktrace.inputs.configuration import complete, load_schema
from alktrace.inputs.intervals import contig_names
from alktrace.inputs.reads import check_reads
from alktrace.inputs.sheet import read_sheet
from alktrace.inputs.umi import compile_umi
from alktrace.knowledge.evidence import Drug, Knowledge
from alktrace.knowledge.fusions import Domain, Partner, Variant, read_tables
from alktrace.knowledge.hotspots import Polymorphism, read_screen_set
from alktrace.knowledge.panel import read_panel
from alktrace.knowledge.sentences import Template
from alktrace.knowledge.table import read_rows
from alktrace.knowledge.transcripts import read_transcripts
from alktrace.model.records import FusionResult, RecruitStats, Report
from alktrace.recruit import fastq
from alktrace.recruit.kernels import layout
from alktrace.recruit.stage import load_recruiting_kernels
from alktrace.recruit.target_file import ARRAYS, TargetFile, write_target_file
from alktrace.reference.gtf import read_gtf
from alktrace.runtime.errors import InputError
from alktrace.runtime.jit import load_kernels
from alktrace.runtime.paths import KNOWLEDGE, RESOURCES, SCHEMAS
from alktrace.runtime.serialise import read_json

# Looked for once, not for each of a million inputs.
twobit_file.load_kernels = lambda kernels: kernels_of(tuple(kernels.items()))  # type: ignore[assignment]
CORPUS = Path(__file__).parent / "corpus"
BASES = re.compile(rb"[\x40-\x7f\xc0-\xff.*-]*")  # every letter has bit 6; the scan looks no closer
BLANK = re.compile(rb"[\x00-\x20]")
PAD = 64  # bytes behind a buffer that kernels may read


@cache
def kernels_of(kernels: tuple[tuple[str, str], ...]) -> Any:
    return load_kernels(dict(kernels))


@cache
def folder() -> Path:
    """A folder in memory, where there is one."""
    memory = Path("/dev/shm")
    made = tempfile.TemporaryDirectory(prefix="alktrace-fuzz-", dir=memory if os.access(memory, os.W_OK) else None)
    _FOLDERS.append(made)
    return Path(made.name)


_FOLDERS: list[Any] = []  # removed at the end of the process


def file(name: str, data: bytes) -> Path:
    path = folder() / name
    path.write_bytes(data)
    return path


# ---------------------------------------------------------------- FASTQ
def guarded(kind: Any, count: int) -> Any:
    """A ctypes array right before a page that cannot be touched."""
    pages = -(-ctypes.sizeof(kind) * count // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(start + pages * mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
    return (kind * count).from_buffer(memory, pages * mmap.PAGESIZE - ctypes.sizeof(kind) * count)


class GuardedBatch(fastq.Batch):
    """A batch for texts of `SIZE` bytes whose arrays end at guarded pages."""

    SIZE = 4096
    RECORDS = SIZE // 8 + 1  # the shortest record has eight bytes

    def __init__(self) -> None:
        self.buffer = guarded(ctypes.c_uint8, self.SIZE + PAD)
        self.view = memoryview(self.buffer).cast("B")
        self.starts = guarded(ctypes.c_uint32, self.RECORDS + 1)
        self.flags = guarded(ctypes.c_uint16, self.RECORDS)
        self.ends = guarded(ctypes.c_uint32, 2 * self.RECORDS)
        self.names = guarded(ctypes.c_uint32, self.RECORDS)
        arrays = (self.buffer, self.starts, self.flags, self.ends, self.names)
        self.addresses = tuple(ctypes.addressof(array) for array in arrays)
        self.records = 0


@cache
def scanner() -> tuple[fastq.Scanner, GuardedBatch]:
    """The compiled scan with one batch, both with guarded arrays."""
    table = TargetFile(target_table())
    found = fastq.Scanner(load_recruiting_kernels()["scan"], table, 0)
    records, size = GuardedBatch.RECORDS, GuardedBatch.SIZE
    room = (
        guarded(ctypes.c_uint8, size // 8 + 16 * records + PAD),
        guarded(ctypes.c_uint32, records),
        guarded(ctypes.c_uint16, records),
    )
    found._room = room
    found._counters = tuple(ctypes.addressof(part) for part in (*room, found.state, found.lengths))
    return found, GuardedBatch()


def target_table() -> Path:
    """A small valid target file."""
    sizes = {"filter": 256, "keys": 256, "values": 256, "span_keys": 256, "span_values": 256}
    sizes |= {"span_offsets": 2, "span_junctions": 1}
    arrays = {name: bytes(ARRAYS[name] * size) for name, size in sizes.items()}
    # Every k-mer passes the filter: lookups are walked through, not cut short.
    arrays["filter"] = b"\xff" * len(arrays["filter"])
    arrays["span_offsets"] = (0).to_bytes(4, "little") + (1).to_bytes(4, "little")
    write_target_file(folder() / "table.bin", arrays, ["GUSB"], ["V1"])
    return folder() / "table.bin"


def scan_fastq(data: bytes) -> None:
    """The first byte says where the text is cut in two buffers; the rest is FASTQ."""
    cut, text = data[:1], data[1 : GuardedBatch.SIZE - 1]
    kernel, batch = scanner()
    kernel.state[:] = [0] * layout.STATE_SIZE
    kernel.state[layout.MATE] = ord("1")
    batch.view[:] = bytes(len(batch.view))
    text += b"\n" if text and text[-1:] != b"\n" else b""
    first = len(text) * (cut[0] if cut else 0) // 255
    batch.view[:first] = text[:first]
    used = kernel.scan(batch, first, False)
    found = batch.records
    if not kernel.state[layout.ERROR]:
        rest = text[used:]
        batch.view[: len(rest)] = rest
        kernel.scan(batch, len(rest), True)
        found += batch.records
    expected, bases, sound = plain_scan(text)
    seen = found, kernel.state[layout.BASES], not kernel.state[layout.ERROR]
    assert seen == (expected, bases, sound), f"{text!r}: {seen} instead of {(expected, bases, sound)}"
    kernel.problem(Path("reads.fq"), batch)


def plain_scan(text: bytes) -> tuple[int, int, bool]:
    """Whole records before the first fault, their bases, and whether there is none: the format in a few lines."""
    count = bases = at = 0
    while at < len(text) and text[at:].strip(b"\r\n"):
        lines: list[bytes] = []
        for _ in range(4):
            end = text.find(b"\n", at)
            if end < 0:
                break
            lines.append(text[at:end])
            at = end + 1
        if not lines[0].startswith(b"@") or not lines[0][1:2] or lines[0][1] <= 32:
            return count, bases, False
        if len(lines) < 4 or not lines[2].startswith(b"+"):
            return count, bases, False
        sequence, quality = (line.removesuffix(b"\r") for line in (lines[1], lines[3]))
        if len(sequence) != len(quality) or BLANK.search(quality):
            return count, bases, False
        if not BASES.fullmatch(sequence):
            return count, bases, False
        count, bases = count + 1, bases + len(sequence)
    return count, bases, True


def first_reads(data: bytes) -> None:
    """The look at the first records, with mates in the second half."""
    half = len(data) // 2
    one, two = file("1.fq", data[:half]), file("2.fq", data[half:])
    check_reads("row 2", {"fq1": one, "fq2": two}, "", False)
    check_reads("row 2", {"fq1": file("1.fq", data), "fq2": None}, "_([ACGT]+)", False)


# ---------------------------------------------------------------- other readers
def gtf(data: bytes) -> None:
    read_gtf(file("g.gtf", data), {"ALK": "ENST00000389048"}, {"chr2": 10_000, "2": 400}, reference_table())


@cache
def reference_table() -> Any:
    return read_transcripts(RESOURCES / "transcripts.tsv")


@cache
def schema(name: str) -> dict[str, Any]:
    return load_schema(SCHEMAS / f"{name}.schema.yaml")


def sheet(data: bytes) -> None:
    file("a.fq", b"")
    read_sheet(file("samples.tsv", data), schema("samples"), [folder()])


def config(data: bytes) -> None:
    try:
        given = yaml.safe_load(data)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError, OverflowError):
        return  # Snakemake reads the file, and says so
    complete(given if isinstance(given, dict) else {}, schema("config"))


def bed(data: bytes) -> None:
    found = Stretches.read(file("t.bed", data))
    found.mask("chr2", 1, 100)
    found.check_contigs({"chr2"}, {"chr2": 10_000})


def tables(data: bytes) -> None:
    """A table of resources, which the first byte names, with the rest as its content."""
    names = [*ROWS, "panel.tsv", "transcripts.tsv"]
    name = names[data[0] % len(names)] if data else names[0]
    path = file(name, data[1:])
    if name in ROWS:
        read_rows(path, ROWS[name])
    else:
        (read_panel if name == "panel.tsv" else read_transcripts)(path)


ROWS: dict[str, type[Any]] = {
    "drugs.tsv": Drug,
    "polymorphisms.tsv": Polymorphism,
    "eml4_alk_variants.tsv": Variant,
    "alk_partners.tsv": Partner,
    "domains.tsv": Domain,
    "sentences.tsv": Template,
}


def knowledge(data: bytes) -> None:
    """All tables together, one of them replaced: slow, since every one is read."""
    known = sorted(path.name for path in KNOWLEDGE.glob("*.tsv"))
    name = known[data[0] % len(known)] if data else known[0]
    with own_knowledge(name, data[1:]) as place:
        for read in (Knowledge.load, read_tables, read_screen_set):
            with contextlib.suppress(InputError):
                read(place)


@contextlib.contextmanager
def own_knowledge(name: str, content: bytes) -> Iterator[Path]:
    """The tables of knowledge with one of them replaced."""
    place = folder() / "knowledge"
    if not place.is_dir():
        place.mkdir()
        for path in KNOWLEDGE.glob("*.tsv"):
            (place / path.name).symlink_to(path)
    (place / name).unlink()
    (place / name).write_bytes(content)
    try:
        yield place
    finally:
        (place / name).unlink()
        (place / name).symlink_to(KNOWLEDGE / name)


def targets(data: bytes) -> None:
    """A target file; one that is taken is used to scan a read."""
    table = TargetFile(file("t.bin", data))
    kernel, batch = scanner()
    own = kernel._targets
    filter_ = table.address["filter"], table.shift("filter")
    kernel._targets = (*filter_, table.address["keys"], table.address["values"], table.shift("keys"))
    text = b"@r\n" + b"ACGTTGCAACCGGTTA" * 4 + b"\n+\n" + b"I" * 64 + b"\n"
    batch.view[: len(text)] = text
    kernel.scan(batch, len(text), True)
    kernel._targets = own


def fasta(data: bytes) -> None:
    """A FASTA is packed; what was packed is read back."""
    path, out = file("g.fa", data), folder() / "g.2bit"
    write_twobit(path, out)
    genome = Genome(out)
    for contig, length in genome.lengths.items():
        assert len(genome.fetch(contig, 1, length)) == length
    assert set(genome.lengths) <= contig_names(path)


def twobit(data: bytes) -> None:
    genome = TwoBit(file("t.2bit", data))
    for contig, length in genome.lengths.items():
        genome.fetch(contig, length - 50, length)


def records(data: bytes) -> None:
    path = file("r.json", data)
    for kind in (RecruitStats, FusionResult, Report):
        with contextlib.suppress(InputError):
            read_json(path, kind)


def annotation(data: bytes) -> None:
    Annotation.load(file("a.tsv", data))


def umi(data: bytes) -> None:
    """An expression, and behind the first newline a read name."""
    expression, _, name = data.decode("utf-8", "replace").partition("\n")
    with contextlib.suppress(ValueError):
        compile_umi(expression).search(name)


PARSERS: dict[str, Callable[[bytes], None]] = {
    f.__name__: f
    for f in (
        *(
            scan_fastq,
            first_reads,
            gtf,
            sheet,
            config,
            bed,
            tables,
            knowledge,
            targets,
            fasta,
            twobit,
            records,
            annotation,
            umi,
        ),
    )
}


def look(name: str, data: bytes) -> None:
    """Run one parser; returns for what it takes and what it refuses in one line."""
    try:
        PARSERS[name](data)
    except InputError as error:
        said = str(error)
        assert "\n" not in said and said.isprintable() and len(said) < 2000, said


def seeds(name: str) -> list[bytes]:
    """The corpus of a parser; what the project has of its own is taken from there."""
    found = [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]
    files = {"tables": [*ROWS, "panel.tsv", "transcripts.tsv"], "knowledge": [p.name for p in KNOWLEDGE.glob("*.tsv")]}
    for number, table in enumerate(sorted(files[name]) if name == "knowledge" else files.get(name, ())):
        path = RESOURCES / table if (RESOURCES / table).is_file() else KNOWLEDGE / table
        found.append(bytes([number]) + b"".join(path.read_bytes().splitlines(True)[:4]))
    if name == "targets":
        found.append(target_table().read_bytes())
    if name == "config":
        found.append((RESOURCES.parent / "config" / "config.yaml").read_bytes())
    if name == "twobit":
        write_twobit(file("seed.fa", b">chr2\nACGTNNNNACGT\n>chrM\nACG\n"), folder() / "seed.2bit")
        found.append((folder() / "seed.2bit").read_bytes())
    if name == "records":
        found.append(json.dumps({"paired": True, "pairs_total": 1}).encode())
    return found
