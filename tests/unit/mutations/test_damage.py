"""Damage of a whole sample: raised substitution types are flagged, and real mutations of other size still called."""

from __future__ import annotations

import numpy as np
import pytest

from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.hotspots import read_screen_set
from alktrace.mutations import calls, noise
from alktrace.mutations.calls import CodonCall
from alktrace.mutations.pileup import GenePileup, codon_code
from screen_cases import KNOWLEDGE

DEPTH = 2000
TABLES = read_screen_set(KNOWLEDGE)


def _sequence() -> str:
    """A coding sequence as long as ALK's, without stop codons."""
    rng = np.random.default_rng(6)
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in ("TAA", "TAG", "TGA")]
    return "".join(rng.choice(codons, 1620))


def _screen(raised: str, rate: float, spikes: dict[int, tuple[str, float]], seed: int = 1) -> list[CodonCall]:
    """Calls in a sample whose substitution type `raised` ("C>T") has `rate`, all others 0.03%. `spikes`: codon -> (new
    codon, VAF); the reference codon there is made GCC."""
    sequence = _sequence()
    for codon in spikes:
        sequence = sequence[: 3 * codon - 3] + "GCC" + sequence[3 * codon :]
    transcript = Transcript("ALK", "G", "protein_coding", "T.1", "chr1", "+", ((1, len(sequence)),), (1, len(sequence)))
    rng = np.random.default_rng(seed)
    reference = np.array([codon_code(sequence[i : i + 3]) for i in range(0, len(sequence), 3)], np.uint8)
    counts = np.zeros((len(reference), 64, 2), np.int32)
    rates = np.array([rate if kind == raised else 3e-4 for kind in noise.TYPES])
    for codon in range(1116, 1393):
        code = int(reference[codon - 1])
        errors = rng.binomial(DEPTH, rates[noise.NEIGHBOUR_TYPE[code]])
        counts[codon - 1, noise.NEIGHBOUR[code], 0] = errors
        counts[codon - 1, code, 0] = DEPTH - errors.sum()
    for codon, (new, vaf) in spikes.items():
        moved = round(vaf * DEPTH)
        counts[codon - 1, codon_code(new), 0] += moved
        counts[codon - 1, codon_code("GCC"), 0] -= moved
    pileup = GenePileup(transcript, sequence, reference, counts, np.zeros((4, 4), np.int64))
    screen = calls.prepare("ALK", pileup, list(range(1116, 1393)), TABLES)
    alpha = 0.005 / calls.hypotheses([screen], TABLES)
    model = noise.fit(noise.substitution_cells(counts, reference, pileup.overlap), alpha)
    return calls.call_codons(screen, model, alpha, TABLES)


@pytest.mark.parametrize(
    ("raised", "new", "name"),
    [
        ("C>T", "GTC", "deamination"),
        ("G>A", "ACC", "deamination"),
        ("G>T", "TCC", "oxidation"),
        ("C>A", "GAC", "oxidation"),
    ],
)
def test_raised_types_are_flagged_at_low_and_called_at_high_fraction(raised: str, new: str, name: str) -> None:
    found = _screen(raised, 0.005, {1200: (new, 0.04), 1300: (new, 0.25)})
    by_codon = {call.codon: call for call in found if call.alternate == new}
    assert by_codon[1200].filters == (name,)
    assert by_codon[1300].filters == ()
    assert not [call for call in found if not call.filters and call.codon != 1300]


def test_other_types_of_a_damaged_sample_keep_their_limit() -> None:
    found = _screen("C>T", 0.005, {1200: ("GCG", 0.03), 1201: ("GAC", 0.03)})
    assert [(c.codon, c.filters) for c in found if not c.filters] == [(1201, ())]  # GCG is silent


def test_an_even_sample_has_no_flags() -> None:
    assert _screen("C>T", 3e-4, {}) == []


def test_errors_of_a_common_codon_are_not_second_mutations() -> None:
    """On molecules with a frequent change, one more error is an error, not a rare double change."""
    found = _screen("C>T", 3e-4, {1200: ("GAC", 0.5)})
    assert [(c.codon, c.alternate) for c in found] == [(1200, "GAC")]
