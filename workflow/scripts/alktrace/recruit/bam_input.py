"""Reads of a BAM or CRAM given instead of FASTQ."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pysam

from ..genome.contigs import same_contigs
from ..genome.twobit import TwoBit
from ..model.records import BamInput
from ..model.vocabulary import BamReading
from ..runtime.errors import InputError
from .bam_file import Reference, decoding_reference, index_of, is_cram, lengths_of, opened, unreadable
from .bam_pairs import Tally, first_mates, write_fastq
from .bam_pick import Stretch, pick

log = logging.getLogger(__name__)
SAME_GENOME = 0.9  # of the wanted bases that lie on contigs of the file
_FAULTS = (OSError, ValueError, pysam.SamtoolsError)


@dataclass(frozen=True)
class Wanted:
    """What is taken out of an indexed file: the stretches of the reference in which reads of the targets may lie
    (contig, start, end, 0-based half-open; None for every read), and the reference."""

    stretches: Sequence[Stretch] | None
    reference: Reference

    @classmethod
    def read(cls, bed: Path, reference: Reference) -> Wanted:
        """From the BED that `align.target_places` wrote."""
        rows = (line.split("\t") for line in bed.read_text(encoding="utf-8").splitlines())
        return cls([(name, int(start), int(end)) for name, start, end in rows], reference)


def bam_needs(files: Mapping[str, str], *, every_read: bool) -> Wanted | None:
    """What the rule's inputs `places` (BED), `packed` (2bit) and `fasta` say, None where it has none of them."""
    if not files.get("places"):
        return None
    reference = Reference(Path(files["fasta"]), TwoBit(Path(files["packed"])).lengths)
    wanted = Wanted.read(Path(files["places"]), reference)
    return replace(wanted, stretches=None) if every_read else wanted


@dataclass
class Extracted:
    """Files of first and second mates (or of single reads and None) by unit, and what was done with the BAMs."""

    units: list[tuple[Path, Path | None]] = field(default_factory=list)
    bams: list[BamInput] = field(default_factory=list)


def extract_units(units: Sequence[Mapping[str, str]], folder: Path, threads: int, wanted: Wanted | None) -> Extracted:
    """The reads of each unit; `bam` is unpacked below `folder`, `fq1` and `fq2` are taken as they are. Raises
    InputError for a BAM or CRAM that cannot be read."""
    found = Extracted()
    for number, unit in enumerate(units):
        if "bam" not in unit:
            found.units.append((Path(unit["fq1"]), Path(unit["fq2"]) if "fq2" in unit else None))
            continue
        place = folder / str(number)
        place.mkdir()
        reads, done = extract_fastq(Path(unit["bam"]), place, threads, wanted)
        found.units.append(reads)
        found.bams.append(done)
    return found


def extract_fastq(
    bam: Path, folder: Path, threads: int, wanted: Wanted | None = None
) -> tuple[tuple[Path, Path | None], BamInput]:
    """Write the primary reads of a BAM or CRAM as FASTQ below `folder`.

    With `wanted` and an index only the reads that may belong there are taken out. Pairs are used where the file holds
    more of them than of other reads; else single reads, and of pairs the first mates. Raises InputError when the file
    is not whole, or a CRAM whose reference is not given.
    """
    if is_cram(bam) and wanted is None:
        raise InputError(f"{bam}: CRAM is decoded with the reference of the configuration, which was not given")
    reference = decoding_reference(bam, wanted.reference, folder) if is_cram(bam) and wanted else None
    grouped = folder / "grouped.bam"
    try:
        reading, records = _group(bam, grouped, folder, threads, wanted, reference)
        with opened(grouped, None, None) as handle:
            tally, first, second, single = write_fastq(handle, folder)
    except _FAULTS:
        raise unreadable(bam) from None
    finally:
        grouped.unlink(missing_ok=True)
    paired = tally.pairs >= tally.single and tally.pairs > 0
    done = _described(bam, reading, records, tally, paired)
    _warn(done)
    if paired:
        return (first, second), done
    return (first_mates((single, first), folder / "reads.fq.gz"), None), done


def _described(bam: Path, reading: BamReading, records: int | None, tally: Tally, paired: bool) -> BamInput:
    return BamInput(
        file=bam.name,
        reading=reading,
        records=records,
        pairs=tally.pairs,
        single_reads=tally.single,
        lost_mates=tally.lost_mates,
        repeated_names=tally.repeated_names,
        without_bases=tally.empty,
        left_out=tally.single if paired else tally.pairs,
    )


def _warn(done: BamInput) -> None:
    log.info("%s", done)
    if done.left_out:
        what = "reads that are none of a pair" if done.pairs >= done.single_reads else "second mates of pairs"
        log.warning("%s: %d %s are left out", done.file, done.left_out, what)


def _group(
    bam: Path, grouped: Path, folder: Path, threads: int, wanted: Wanted | None, reference: Path | None
) -> tuple[BamReading, int | None]:
    """Write the reads of a file, or those that may belong to the targets, grouped by name. Returns how it was read, and
    the records that the index counts."""
    reading, stretches, index = _way(bam, wanted)
    common = ["-@", str(threads - 1), "-o", str(grouped)]
    if reading is not BamReading.INDEX or wanted is None or index is None:
        log.warning("%s is read from its beginning to its end: %s", bam.name, _WHY[reading])
        more = ["--reference", str(reference)] if reference else []
        pysam.collate(*common, "--output-fmt", "BAM", *more, str(bam), str(folder / "collate"))
        return reading, None
    picked = folder / "picked.bam"
    with opened(bam, reference, index) as handle:
        foreign = set(handle.references) - same_contigs(lengths_of(bam), wanted.reference.lengths).keys()
        with pysam.AlignmentFile(str(picked), "wb", template=handle) as out:
            count = pick(handle, stretches, foreign, out)
        records = int(handle.mapped + handle.unmapped) if not is_cram(bam) else None
    log.info("%s: %d reads taken out through its index", bam.name, count)
    pysam.collate(*common, str(picked), str(folder / "collate"))
    picked.unlink()
    return reading, records


_WHY = {
    BamReading.NO_INDEX: "it has no index",
    BamReading.OLD_INDEX: "its index is older than the file",
    BamReading.OTHER_GENOME: "it was aligned to another genome than the reference",
    BamReading.UNALIGNED: "its reads are not aligned",
    BamReading.ALL_READS: "every read is wanted",
}


def _bases(stretches: Sequence[Stretch]) -> int:
    return sum(end - start for _, start, end in stretches)


def _way(bam: Path, wanted: Wanted | None) -> tuple[BamReading, list[Stretch], Path | None]:
    """How a file can be read, the wanted stretches as it calls them, and its index."""
    if wanted is None or wanted.stretches is None:
        return BamReading.ALL_READS, [], None
    theirs = lengths_of(bam)
    if not theirs:
        return BamReading.UNALIGNED, [], None
    called = {own: name for name, own in same_contigs(theirs, wanted.reference.lengths).items()}
    stretches = [(called[name], start, end) for name, start, end in wanted.stretches if name in called]
    if _bases(stretches) < SAME_GENOME * _bases(wanted.stretches):
        return BamReading.OTHER_GENOME, [], None
    index = index_of(bam)
    if index is None:
        return BamReading.NO_INDEX, [], None
    if index.stat().st_mtime < bam.stat().st_mtime:
        return BamReading.OLD_INDEX, [], None
    return BamReading.INDEX, stretches, index
