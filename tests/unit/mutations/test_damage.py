"""Damage of a whole sample: raised substitution types are flagged, and real mutations of other size still called."""

from __future__ import annotations

import numpy as np
import pytest

from alktrace.genome.transcripts import Transcript
from alktrace.knowledge.hotspots import read_screen_set
from alktrace.mutations import calls, noise, substitutions
from alktrace.mutations.calls import CodonCall
from alktrace.mutations.pileup import WHOLE, GenePileup, codon_code
from screen_cases import KNOWLEDGE

DEPTH = 2000
TABLES = read_screen_set(KNOWLEDGE)


def _sequence() -> str:
    """A coding sequence as long as ALK's, without stop codons."""
    rng = np.random.default_rng(6)
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in ("TAA", "TAG", "TGA")]
    return "".join(rng.choice(codons, 1620))


def _screen(
    raised: str,
    rate: float,
    spikes: dict[int, tuple[str, float]],
    seed: int = 1,
    uneven: float = 0.0,
    depth: int = DEPTH,
) -> tuple[list[CodonCall], dict[int, calls.CodonLimit]]:
    """Calls, and limits by codon, in a sample whose substitution types `raised` ("C>T G>A") have the mean `rate`, all
    others 0.03%. `spikes`: codon -> (new codon, VAF); the reference codon there is made GCC. `uneven`: sigma of the
    damaged sites' log-normal."""
    sequence = _sequence()
    for codon in spikes:
        sequence = sequence[: 3 * codon - 3] + "GCC" + sequence[3 * codon :]
    transcript = Transcript("ALK", "G", "protein_coding", "T.1", "chr1", "+", ((1, len(sequence)),), (1, len(sequence)))
    rng = np.random.default_rng(seed)
    reference = np.array([codon_code(sequence[i : i + 3]) for i in range(0, len(sequence), 3)], np.uint8)
    counts = np.zeros((len(reference), 64, 2), np.int32)
    damaged = np.array([kind in raised.split() for kind in substitutions.TYPES])
    for codon in range(1116, 1393):
        code = int(reference[codon - 1])
        factors = np.exp(rng.normal(-(uneven**2) / 2, uneven, 9)) if uneven else 1.0
        rates = np.where(damaged[substitutions.NEIGHBOUR_TYPE[code]], np.minimum(rate * factors, 0.6), 3e-4)
        errors = rng.multinomial(depth, [*rates / max(1.0, rates.sum()), max(0.0, 1 - rates.sum())])[:9]
        counts[codon - 1, substitutions.NEIGHBOUR[code], 0] = errors
        counts[codon - 1, code, 0] = depth - errors.sum()
    for codon, (new, vaf) in spikes.items():
        moved = round(vaf * depth)
        counts[codon - 1, codon_code(new), 0] += moved
        counts[codon - 1, codon_code("GCC"), 0] -= moved
    pileup = GenePileup(
        transcript, sequence, reference, counts, np.zeros((4, 4), np.int64), np.full(len(reference), WHOLE, np.uint8)
    )
    screen = calls.prepare("ALK", pileup, list(range(1116, 1393)), TABLES)
    alpha = 0.005 / calls.hypotheses([screen], TABLES)
    model = noise.fit(noise.substitution_cells(counts, reference, pileup.overlap), alpha)
    return calls.call_codons(screen, model, alpha, TABLES), calls.substitution_limits(screen, model, alpha, TABLES, 0.2)


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
    found, _ = _screen(raised, 0.005, {1200: (new, 0.04), 1300: (new, 0.25)})
    by_codon = {call.codon: call for call in found if call.alternate == new}
    assert by_codon[1200].filters == (name,)
    assert by_codon[1300].filters == ()
    assert not [call for call in found if not call.filters and call.codon != 1300]


def test_other_types_of_a_damaged_sample_keep_their_limit() -> None:
    found, _ = _screen("C>T", 0.005, {1200: ("GCG", 0.03), 1201: ("GAC", 0.03)})
    assert [(c.codon, c.filters) for c in found if not c.filters] == [(1201, ())]  # GCG is silent


def test_an_even_sample_has_no_flags() -> None:
    assert _screen("C>T", 3e-4, {})[0] == []


def test_errors_of_a_common_codon_are_not_second_mutations() -> None:
    """On molecules with a frequent change, one more error is an error, not a rare double change."""
    found, _ = _screen("C>T", 3e-4, {1200: ("GAC", 0.5)})
    assert [(c.codon, c.alternate) for c in found] == [(1200, "GAC")]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("raised", ["C>T", "C>T G>A"])
def test_uneven_deamination_gives_no_false_call_and_hides_no_other_change(raised: str, seed: int) -> None:
    """Sites at 5% in the mean, some of them damaged on half of the molecules."""
    found, _ = _screen(raised, 0.05, {1200: ("GAC", 0.03), 1300: ("GGC", 0.03)}, seed, uneven=1.1)
    assert [(c.codon, c.alternate) for c in found if not c.filters] == [(1200, "GAC"), (1300, "GGC")]


def test_a_change_that_stands_out_of_even_deamination_is_called() -> None:
    found, _ = _screen("C>T G>A", 0.03, {1200: ("GTC", 0.3)})
    assert [(c.codon, c.alternate) for c in found if not c.filters] == [(1200, "GTC")]


def test_other_changes_of_a_shallow_damaged_codon_stay_assessable() -> None:
    """As in wild-type ALK of a tumour without fusion: few molecules, C>T and G>A at some per cent."""
    _, clean = _screen("C>T", 3e-4, {1200: ("GCC", 0.0), 1202: ("GCC", 0.0)}, depth=80)
    _, limits = _screen("C>T G>A", 0.03, {1200: ("GCC", 0.0), 1202: ("GCC", 0.0)}, depth=80)
    assert limits[1200].hidden == ("A1200T", "A1200V") and limits[1200].pattern == "deamination"
    assert limits[1200].vaf <= 1.2 * clean[1200].vaf < 0.2 < limits[1200].hidden_vaf
    assert sum(limit.vaf > 0.2 for limit in limits.values()) <= sum(limit.decisive for limit in limits.values())
