"""One rule says which reads are copies of one molecule."""

from __future__ import annotations

import pytest

from alktrace.inputs.umi import molecule_rule
from alktrace.model.molecules import MoleculeRule, merged_identifiers, molecules
from alktrace.runtime.errors import InputError

UMI = "::umi:([ACGTN]+)"


def numbers(rule: MoleculeRule, **ends: tuple[object, object]) -> list[int]:
    return list(molecules({name.replace("_", "::umi:"): both for name, both in ends.items()}, rule).values())


def test_equal_ends_are_one_molecule_without_identifiers() -> None:
    assert numbers(MoleculeRule(), a=(1, 9), b=(1, 9), c=(1, 8), d=(9, 1)) == [0, 0, 1, 2]


def test_one_identifier_at_ends_far_apart_is_two_molecules() -> None:
    rule = molecule_rule(UMI, "wts")
    assert numbers(rule, a_ACGT=(100, 300), b_ACGT=(1100, 1300), c_ACGT=(100, 300)) == [0, 1, 0]


def test_identifiers_part_molecules_of_equal_ends() -> None:
    assert numbers(molecule_rule(UMI, "capture"), a_ACGT=(1, 9), b_TTTT=(1, 9)) == [0, 1]


def test_amplicon_molecules_share_identifier_and_ligated_end() -> None:
    rule = molecule_rule(UMI, "amplicon").with_ends(1, 40)
    assert rule.ligated == 1
    assert numbers(rule, a_ACGT=(5, 90), b_ACGT=(6, 90), c_ACGT=(5, 70)) == [0, 0, 1]


def test_amplicon_without_identifiers_counts_reads() -> None:
    assert numbers(molecule_rule(None, "amplicon"), a=(1, 9), b=(1, 9)) == [0, 1]


def test_a_name_without_identifier_is_an_error() -> None:
    with pytest.raises(InputError, match="does not match the umi pattern"):
        numbers(molecule_rule(UMI, "wts"), a=(1, 9))


def test_an_identifier_with_one_error_joins_the_one_it_comes_from() -> None:
    """Directional: one base away, and the origin at least twice as frequent, less one."""
    assert merged_identifiers({"AAAA": 5, "AAAT": 3, "AATT": 1, "CCCC": 1}) == {
        "AAAA": "AAAA", "AAAT": "AAAA", "AATT": "AAAA", "CCCC": "CCCC",
    }  # fmt: skip
    assert merged_identifiers({"AAAA": 4, "AAAT": 3}) == {"AAAA": "AAAA", "AAAT": "AAAT"}
