"""Gene models of a GTF: one reference transcript per gene."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..genome.transcripts import Annotation, Transcript
from ..runtime.errors import InputError

_ATTRIBUTE = re.compile(r'(\w+) "?([^";]*)"?')


# ---------------------------------------------------------------- GTF
@dataclass
class _Model:
    """Exons and CDS of one transcript while the GTF is read."""

    gene: str
    gene_id: str
    gene_type: str
    transcript_id: str
    contig: str
    strand: str
    tags: frozenset[str]
    exons: list[tuple[int, int]]
    cds: list[tuple[int, int]]

    def rank(self, pin: str | None) -> tuple[object, ...]:
        """Sort key, smallest first: pinned, MANE Select, canonical, longest coding, longest, id."""
        bare = self.transcript_id.split(".")[0]
        return (
            pin is None or bare != pin.split(".")[0],
            "MANE_Select" not in self.tags,
            "Ensembl_canonical" not in self.tags,
            -sum(end - start + 1 for start, end in self.cds),
            -sum(end - start + 1 for start, end in self.exons),
            self.transcript_id,
        )

    def transcript(self) -> Transcript:
        ordered = tuple(sorted(self.exons, reverse=self.strand == "-"))
        bare = Transcript(
            self.gene, self.gene_id, self.gene_type, self.transcript_id, self.contig, self.strand, ordered, None
        )
        if not self.cds:
            return bare
        low, high = min(self.cds)[0], max(end for _, end in self.cds)
        first, last = (low, high) if self.strand == "+" else (high, low)
        begin, stop = bare.to_transcript(first), bare.to_transcript(last)
        cds = (begin, stop) if begin is not None and stop is not None else None
        return replace(bare, cds=cds)


def _open_text(path: Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as handle:
            yield from handle
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; set reference.gtf in the configuration") from None
    except (EOFError, OSError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); fetch the file again") from error


def _gtf_models(path: Path) -> dict[tuple[str, str, str], list[_Model]]:
    """All transcripts by (gene_id, contig, symbol) of a GTF."""
    models: dict[tuple[str, str], _Model] = {}
    for number, line in enumerate(_open_text(path), 1):
        if line.startswith("#") or not line.strip():
            continue
        columns = line.rstrip("\n").split("\t")
        if len(columns) != 9:
            raise InputError(f"{path}: line {number} has {len(columns)} columns, a GTF has 9; check the file")
        feature = columns[2]
        if feature not in ("exon", "CDS"):
            continue
        attributes = _ATTRIBUTE.findall(columns[8])
        values = dict(attributes)
        transcript_id, gene_id = values.get("transcript_id"), values.get("gene_id")
        if not transcript_id or not gene_id or not columns[3].isdigit() or not columns[4].isdigit():
            raise InputError(f"{path}: line {number}: {feature} without gene_id, transcript_id or whole coordinates")
        version = values.get("transcript_version")
        if version and "." not in transcript_id:
            transcript_id = f"{transcript_id}.{version}"
        model = models.get((transcript_id, columns[0]))
        if model is None:
            model = models[transcript_id, columns[0]] = _Model(
                gene=values.get("gene_name") or gene_id,
                gene_id=gene_id,
                gene_type=values.get("gene_type") or values.get("gene_biotype") or "",
                transcript_id=transcript_id,
                contig=columns[0],
                strand=columns[6],
                tags=frozenset(v for k, v in attributes if k == "tag"),
                exons=[],
                cds=[],
            )
        (model.exons if feature == "exon" else model.cds).append((int(columns[3]), int(columns[4])))
    genes: dict[tuple[str, str, str], list[_Model]] = {}
    for model in models.values():
        if model.exons:
            genes.setdefault((model.gene_id, model.contig, model.gene), []).append(model)
    return genes


def read_gtf(
    path: Path, pins: Mapping[str, str], contigs: Mapping[str, int]
) -> tuple[Annotation, set[tuple[str, int, int, str]]]:
    """Stated transcripts and all splice junctions of a GTF.

    `pins` maps gene symbols to transcript ids, `contigs` the FASTA's contigs to their lengths. Returns the annotation
    and the junctions as (contig, start, end, strand), introns in 0-based half-open coordinates. Transcripts on contigs
    the FASTA lacks are left out. Raises InputError when the file is malformed, when no contig is shared with the FASTA,
    or when an exon lies beyond its contig.
    """
    stated: list[Transcript] = []
    junctions: set[tuple[str, int, int, str]] = set()
    missing: set[str] = set()
    for (_, contig, gene), models in _gtf_models(path).items():
        if contig not in contigs:
            missing.add(contig)
            continue
        for model in models:
            spans = sorted(model.exons)
            if spans[-1][1] > contigs[contig]:
                raise InputError(
                    f"{path}: {model.transcript_id} ends at {contig}:{spans[-1][1]} but the FASTA's {contig} has"
                    f" {contigs[contig]} bases; use the GTF made for this FASTA"
                )
            junctions.update((contig, a[1], b[0] - 1, model.strand) for a, b in zip(spans, spans[1:], strict=False))
        chosen = min(models, key=lambda m: m.rank(pins.get(gene))).transcript()
        others = {span for model in models for span in model.exons} - set(chosen.exons)
        stated.append(replace(chosen, other_exons=tuple(sorted(others))))
    if not stated:
        seen = ", ".join(sorted(missing)[:3]) or "none"
        raise InputError(
            f"{path}: no contig of the GTF ({seen}) is in the FASTA ({', '.join(list(contigs)[:3])});"
            " use a FASTA and a GTF with the same contig names"
        )
    return Annotation(stated), junctions
