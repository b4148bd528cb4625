"""`report.deidentified.json`: the report without the free text of the sample sheet."""

from __future__ import annotations

import hashlib
from pathlib import PurePath

from msgspec.structs import replace

from ..model.records import FileRecord, Report, SampleInfo


def deidentified(report: Report) -> Report:
    """A copy without patient, time point, any other text of the sheet, inherited variants, and names of read files.

    The sample's name is made of the checksums of its reads: the same reads have the same name, and nobody can guess it
    from a list of names. Specimen and tumour content stay: they are no free text.
    """
    sample, provenance = report.sample, report.provenance
    sums = "\0".join(record.sha256 for _, record in sorted(provenance.reads.items()))
    name = "D" + hashlib.sha256(sums.encode()).hexdigest()[:16] if sums else "deidentified"
    bare = SampleInfo(
        name, "", "", sample.assay, sample.library, specimen=sample.specimen, tumour_content=sample.tumour_content
    )
    reads = {}
    for number, (role, record) in enumerate(provenance.reads.items(), 1):
        column = role.rpartition(".")[2]  # before the dot stands the unit's name, which is text of the sheet
        reads[f"{number}.{column}"] = FileRecord(column + _ending(record.file), record.sha256)
    settings = {key: value for key, value in provenance.settings.items() if key != "umi"}
    return replace(
        report,
        sample=bare,
        qc=replace(report.qc, fingerprint=None),
        provenance=replace(provenance, reads=reads, settings=settings),
    )


def _ending(file: str) -> str:
    """The known ending of a read file's name: all other parts of it may be a patient's."""
    known = (".fastq", ".fq", ".bam", ".cram", ".gz")
    return "".join(suffix for suffix in PurePath(file).suffixes if suffix.lower() in known)
