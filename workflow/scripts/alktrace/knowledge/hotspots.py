"""What is screened: the codons and events of `hotspots.tsv`, the known ALK changes, the known polymorphisms."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from .evidence import KnownChange, parts, read_changes, read_tracks
from .fusions import kinase_domain as domain_of_kinase
from .fusions import read_domains
from .panel import parse_numbers
from .table import Verified, check_sources, fault, read_rows

ANY, MISSENSE, TRUNCATING = "any", "missense", "truncating"
INFRAME_DELETION, INFRAME_INSERTION = "inframe_deletion", "inframe_insertion"
KINASE_CODONS = "kinase"  # in the column codons: those of the gene's kinase domain in domains.tsv
KINASE_DOMAIN, MUTATION, EXON_SKIPPING = "kinase_domain", "mutation", "exon_skipping"


@dataclass(frozen=True)
class HotspotRow:
    """One row of hotspots.tsv as it is written. `track`: the row of bypass.tsv that says what the event means."""

    gene: str
    codons: str
    exon: str
    event: str
    track: str
    kind: Literal["kinase_domain", "mutation", "exon_skipping"]
    changes: str
    reference: str
    verified: Verified
    note: str


@dataclass(frozen=True)
class Polymorphism:
    """One common germline change (polymorphisms.tsv)."""

    gene: str
    codon: int
    hgvs_c: str
    hgvs_p: str
    population_frequency: str
    frequency_source: str
    reference: str
    verified: Verified
    note: str


@dataclass(frozen=True)
class Event:
    """One row of hotspots.tsv. `changes` holds class names (`missense`, ...) or single changes (`L858R`)."""

    gene: str
    codons: tuple[int, ...]
    exon: str
    event: str
    kind: str
    changes: tuple[str, ...]
    reference: str
    verified: str
    note: str
    track: str = ""

    def reports_substitution(self, codon: int, ref_aa: str, alt_aa: str) -> bool:
        """Whether this row screens for the substitution."""
        if codon not in self.codons or alt_aa == ref_aa:
            return False
        if ANY in self.changes or f"{ref_aa}{codon}{alt_aa}" in self.changes:
            return True
        return (TRUNCATING if alt_aa == "*" else MISSENSE) in self.changes

    def reports_indel(self, first: int, last: int, net: int) -> bool:
        """Whether this row screens for an indel of `net` coding bases that touches codons first..last."""
        if not any(first <= codon <= last for codon in self.codons):
            return False
        if net % 3:
            return ANY in self.changes or TRUNCATING in self.changes
        return ANY in self.changes or (INFRAME_DELETION if net <= 0 else INFRAME_INSERTION) in self.changes

    @property
    def screens_indels(self) -> bool:
        return bool({ANY, TRUNCATING, INFRAME_DELETION, INFRAME_INSERTION} & set(self.changes))

    def expected_residue(self, codon: int) -> str | None:
        """Reference residue a single change such as L858R presumes at `codon`, None when no change names it."""
        for change in self.changes:
            if change[1:-1] == str(codon) and len(change) > 2:
                return change[0]
        return None

    def source(self) -> dict[str, str]:
        return {"reference": self.reference, "verified": self.verified, "note": self.note}


@dataclass(frozen=True)
class ScreenSet:
    """Everything screened, from the tables of one knowledge folder."""

    events: tuple[Event, ...]
    alk_changes: dict[str, dict[str, str]]  # mutation name -> row of alk_kinase_mutations.tsv
    polymorphisms: dict[tuple[str, str], dict[str, str]]  # (gene, hgvs_c) -> row of polymorphisms.tsv

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """Screened genes in table order."""
        return tuple(dict.fromkeys(event.gene for event in self.events))

    @cached_property
    def by_codon(self) -> dict[tuple[str, int], tuple[Event, ...]]:
        """Rows that screen a codon, by (gene, codon), in ascending order of codon within each gene."""
        rows: dict[tuple[str, int], tuple[Event, ...]] = {}
        order = {gene: rank for rank, gene in enumerate(self.genes)}
        keys = {(order[event.gene], codon, event.gene) for event in self.events for codon in event.codons}
        for _, codon, gene in sorted(keys):
            rows[gene, codon] = tuple(e for e in self.events if e.gene == gene and codon in e.codons)
        return rows

    @cached_property
    def listed_changes(self) -> frozenset[str]:
        """Changes of the ALK table, those of compounds one by one."""
        return frozenset(part for name in self.alk_changes for part in parts(name))

    def reports_substitution(self, gene: str, codon: int, ref_aa: str, alt_aa: str) -> bool:
        return any(e.reports_substitution(codon, ref_aa, alt_aa) for e in self.by_codon.get((gene, codon), ()))

    def reports_indel(self, gene: str, first: int, last: int, net: int) -> bool:
        return any(event.gene == gene and event.reports_indel(first, last, net) for event in self.events)


def read_screen_set(folder: Path) -> ScreenSet:
    """Read hotspots.tsv, alk_kinase_mutations.tsv and polymorphisms.tsv of `folder`.

    Positions of the ALK table that no hotspot row holds are added as rows of their own. Raises InputError naming table,
    row and column of the first fault.
    """
    events = list(read_events(folder))
    changes = {row.mutation: shown_change(row) for row in read_changes(folder)}
    held = {codon for event in events if event.gene == "ALK" for codon in event.codons}
    extra = sorted({codon for name in changes for codon in change_codons(name)} - held)
    if extra:
        source = ("alk_kinase_mutations.tsv", "page", "")
        events.append(Event("ALK", tuple(extra), "", "known position", KINASE_DOMAIN, (ANY,), *source))
    common = read_polymorphisms(folder)
    rows = {(r.gene, r.hgvs_c): {name: str(value) for name, value in asdict(r).items()} for r in common}
    return ScreenSet(tuple(events), changes, rows)


def read_polymorphisms(folder: Path) -> tuple[Polymorphism, ...]:
    """Rows of polymorphisms.tsv."""
    common = read_rows(folder / "polymorphisms.tsv", Polymorphism)
    check_sources(folder / "polymorphisms.tsv", common)
    return common


def shown_change(row: KnownChange) -> dict[str, str]:
    """A row of alk_kinase_mutations.tsv as report.json shows it under `mutations[].knowledge`."""
    shown = {name: str(value) for name, value in asdict(row).items()}
    shown["class"] = shown.pop("change_class")
    return shown


def read_events(folder: Path) -> tuple[Event, ...]:
    """Rows of hotspots.tsv. Each but the kinase domain names its row of bypass.tsv, of the same gene and kind."""
    path = folder / "hotspots.tsv"
    rows = read_rows(path, HotspotRow)
    check_sources(path, rows)
    tracks = {track.id: track for track in read_tracks(folder)}
    events = []
    for number, row in enumerate(rows, 2):
        codons = _codons(path, number, row)
        track = tracks.get(row.track)
        wrong = track is None or row.gene not in track.gene_names or track.kind != row.kind
        if row.kind != KINASE_DOMAIN and wrong:
            fault(path, number, "track", f"'{row.track}' is no {row.kind} row of bypass.tsv about {row.gene}")
        changes = tuple(filter(None, row.changes.split(";")))
        events.append(
            Event(
                row.gene,
                codons,
                row.exon,
                row.event,
                row.kind,
                changes,
                row.reference,
                row.verified,
                row.note,
                row.track,
            )
        )
    return tuple(events)


def _codons(path: Path, number: int, row: HotspotRow) -> tuple[int, ...]:
    if row.codons == KINASE_CODONS:
        domain = domain_of_kinase(row.gene, read_domains(path.parent))
        if domain is None:
            fault(path, number, "codons", f"domains.tsv has no kinase domain of {row.gene}")
        return tuple(range(domain.first, domain.last + 1))
    try:
        return parse_numbers(row.codons)
    except ValueError:
        fault(path, number, "codons", f"'{row.codons}' is not written like 746-750,761, nor {KINASE_CODONS}")


def change_codons(name: str) -> list[int]:
    """Codons of a table name: "G1202R" -> 1202, "C1156Y+L1198F" -> 1156 and 1198, "T1151ins" -> 1151."""
    return [int("".join(filter(str.isdigit, part))) for part in name.split("+")]


_CODON = re.compile(r"[A-Z](\d+)")


@dataclass(frozen=True)
class Hotspot:
    """A codon at which a published change of ALK exists; `rows` are its rows of alk_kinase_mutations.tsv."""

    codon: int
    rows: tuple[KnownChange, ...]

    @property
    def changes(self) -> str:
        return ", ".join(row.mutation for row in self.rows)


def read_hotspots(folder: Path) -> list[Hotspot]:
    """Codons of alk_kinase_mutations.tsv in order. Compound changes belong to each of their codons. Rows that nobody
    read at their source are left out."""
    rows: dict[int, list[KnownChange]] = {}
    for row in (row for row in read_changes(folder) if row.verified == "page"):
        for codon in _CODON.findall(row.mutation):
            rows.setdefault(int(codon), []).append(row)
    return [Hotspot(codon, tuple(found)) for codon, found in sorted(rows.items())]
