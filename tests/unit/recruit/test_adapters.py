"""Adapter read-through against simulated fragments: cut where the fragment ends, never genuine sequence."""

from __future__ import annotations

import random

import numpy as np
import pytest

from alktrace.recruit.kernels import layout
from alktrace.runtime import jit

jit.set_cache_dir()

from numba import carray, cfunc, types  # noqa: E402

from alktrace.recruit.kernels import adapters as trim  # noqa: E402

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def fragment_length():  # type: ignore[no-untyped-def]
    """trim.fragment_length on two strings."""
    pointer = types.CPointer(types.uint8)

    @cfunc(types.int64(pointer, types.int64, types.int64, types.int64))
    def call(buffer, length1, start2, length2):  # type: ignore[no-untyped-def]
        return trim.fragment_length(buffer, 0, length1, buffer, start2, length2)

    def run(one: str, two: str) -> int:
        text = np.frombuffer((one + two).encode() + b"\0", dtype=np.uint8)
        return call.ctypes(text.ctypes.data_as(call.ctypes.argtypes[0]), len(one), len(one), len(two))

    return run


@pytest.fixture(scope="module")
def adapter_start():  # type: ignore[no-untyped-def]
    pointer = types.CPointer(types.uint8)

    @cfunc(types.int64(pointer, types.int64, types.int64))
    def call(buffer, length, size):  # type: ignore[no-untyped-def]
        text = carray(buffer, length + size)
        return trim.adapter_start(text, 0, length, text[length:], size)

    def run(read: str) -> int:
        adapters = b"".join(a + b"\0" for a in layout.ADAPTERS)
        text = np.frombuffer(read.encode() + adapters, dtype=np.uint8).copy()
        return call.ctypes(text.ctypes.data_as(call.ctypes.argtypes[0]), len(read), len(adapters))

    return run


def bases(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("ACGT", k=length))


def mutated(rng: random.Random, read: str, errors: int) -> str:
    for at in rng.sample(range(len(read)), errors):
        read = read[:at] + rng.choice("ACGT".replace(read[at], "")) + read[at + 1 :]
    return read


def mates(rng: random.Random, fragment: str, one: int, two: int, errors: int = 0) -> tuple[str, str]:
    reverse = fragment.translate(COMPLEMENT)[::-1]
    reads = (fragment + bases(rng, one))[:one], (reverse + bases(rng, two))[:two]
    return mutated(rng, reads[0], errors), mutated(rng, reads[1], errors)


@pytest.mark.parametrize(("one", "two"), [(100, 100), (150, 150), (130, 60), (60, 130)])
@pytest.mark.parametrize("errors", [0, 1])
def test_read_through_is_found_to_the_base(fragment_length, one, two, errors) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(1)
    for length in [25, 40, max(one, two) - 4, max(one, two) - 1]:
        for _ in range(20):
            found = fragment_length(*mates(rng, bases(rng, length), one, two, errors))
            overlap = min(one, length) - max(0, length - two)
            assert found == (length if overlap >= layout.LEAST_OVERLAP else 0)


def test_genuine_sequence_is_never_cut(fragment_length) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(2)
    for length in [100, 101, 120, 150, 180, 181, 199, 200, 250, 400]:
        for _ in range(100):
            assert fragment_length(*mates(rng, bases(rng, length), 100, 100, 1)) == 0


def test_repeated_sequence_is_left_alone(fragment_length) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(3)
    unit = bases(rng, 7)
    for fragment in (unit * 30, "A" * 210, bases(rng, 60) + "CA" * 60 + bases(rng, 30)):
        assert fragment_length(*mates(rng, fragment, 100, 100)) == 0


def test_known_adapters_in_single_reads(adapter_start) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(4)
    for adapter in layout.ADAPTERS:
        tail = adapter.decode() + bases(rng, 100)
        for length in (1, 30, 60, 84, 90):
            assert adapter_start((bases(rng, length) + tail)[:100]) == length
        assert adapter_start((bases(rng, 91) + tail)[:100]) == 100
        assert adapter_start(bases(rng, 60) + mutated(rng, adapter.decode(), 1) + bases(rng, 40)) in (60, 133)


def test_reads_without_adapter_keep_their_length(adapter_start) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(5)
    assert all(adapter_start(bases(rng, 100)) == 100 for _ in range(2000))
    assert adapter_start("ACG") == 3
