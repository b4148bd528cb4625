"""Do the gene models of the annotation and the bases of the FASTA belong together?"""

from __future__ import annotations

from dataclasses import replace

from ..genome.fasta import Genome
from ..genome.sequence import reverse_complement
from ..genome.transcripts import Transcript

_STOPS = ("TAA", "TAG", "TGA")
# Random sequence has 3 stops in 64 codons, a coding sequence none. A sixth of chance leaves room for a reference of
# which a part is filled up with other bases.
_MAX_STOPS = 0.5 / 64
_SPLICE_SITES = (("GT", "AG"), ("GC", "AG"), ("AT", "AC"))


def without_stop(transcript: Transcript, genome: Genome) -> Transcript:
    """The transcript with a coding sequence that ends before the stop codon; some annotations count it in."""
    if transcript.cds is None or transcript.cds[1] - transcript.cds[0] < 5:
        return transcript
    first, last = transcript.cds
    places = [transcript.to_genome(last - back) for back in (2, 1, 0)]
    bases = "".join(genome.fetch(transcript.contig, place, place) for place in places)
    if transcript.strand == "-":
        bases = reverse_complement(bases[::-1])
    return replace(transcript, cds=(first, last - 3)) if bases in _STOPS else transcript


def fault(transcript: Transcript, genome: Genome) -> str | None:
    """Why a coding transcript cannot be of this genome, None when it may be. Unknown bases prove nothing.

    Introns must begin and end as introns do, and the coding sequence must be whole codons without stops.
    """
    if transcript.cds is None:
        return "it has no coding sequence"
    first, last = transcript.cds
    if (last - first + 1) % 3:
        return "the length of its coding sequence is no multiple of three"
    known, spliced = _introns(transcript, genome)
    if known > 2 * spliced:
        return f"{known - spliced} of {known} introns do not begin and end like introns (GT, AG)"
    coding = genome.spliced(transcript)[first - 1 : last]
    codons = [coding[i : i + 3] for i in range(0, len(coding) - 2, 3)]
    seen = [codon for codon in codons if "N" not in codon]
    stops = sum(codon in _STOPS for codon in seen)
    if stops > _MAX_STOPS * len(seen):
        return f"its coding sequence holds {stops} stop codon{'s' if stops > 1 else ''}"
    return None


def _introns(transcript: Transcript, genome: Genome) -> tuple[int, int]:
    """Introns with known ends, and those of them that have splice sites."""
    known = spliced = 0
    for number in range(1, len(transcript.exons)):
        start, end = transcript.intron_span(number)
        sites = (
            genome.fetch_stranded(transcript.contig, start, start + 1, "+"),
            genome.fetch_stranded(transcript.contig, end - 1, end, "+"),
        )
        if transcript.strand == "-":
            sites = reverse_complement(sites[1]), reverse_complement(sites[0])
        if "N" not in "".join(sites):
            known += 1
            spliced += sites in _SPLICE_SITES
    return known, spliced
