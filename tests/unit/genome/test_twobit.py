"""The packed genome: what was written is read again, whatever the FASTA looks like."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from Bio import SeqIO

from alktrace.genome import twobit
from alktrace.genome.twobit import TwoBit, write_twobit
from alktrace.runtime.errors import InputError


def packed(folder: Path, text: str) -> Path:
    (folder / "g.fa").write_text(text)
    write_twobit(folder / "g.fa", folder / "g.2bit")
    assert sorted(p.name for p in folder.iterdir()) == ["g.2bit", "g.fa"]
    return folder / "g.2bit"


@pytest.mark.parametrize("chunk", [64, 1 << 24])
def test_bases_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """Lower case, U and IUPAC letters, runs of N of any place, lines of any length, headers across buffers."""
    monkeypatch.setattr(twobit, "_CHUNK", chunk)
    rng = random.Random(1)
    contigs = {}
    for number in range(40):
        letters = rng.choice(["ACGT", "ACGTN", "acgtnACGTURYK", "N", "ACGTACGTACGT" + "N"])
        contigs[f"c{number}"] = "".join(rng.choices(letters, k=rng.randrange(1, 400)))
    text = "".join(
        f">{name} text\n" + "".join(f"{bases[i : i + 31]}\r\n" for i in range(0, len(bases), 31))
        for name, bases in contigs.items()
    )
    genome = TwoBit(packed(tmp_path, text))
    other = SeqIO.to_dict(SeqIO.parse(str(tmp_path / "g.2bit"), "twobit"))
    assert list(genome.lengths) == list(contigs)
    for name, bases in contigs.items():
        expected = "".join(b if b in "ACGT" else "N" for b in bases.upper().replace("U", "T"))
        assert genome.lengths[name] == len(bases)
        assert genome.fetch(name, -5, len(bases) + 5) == expected == str(other[name].seq).upper()
        for _ in range(20):
            start, end = sorted(rng.choices(range(len(bases) + 1), k=2))
            assert genome.fetch(name, start, end) == expected[start:end]


def test_tables_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow(twobit._Packer):
        def __init__(self) -> None:
            super().__init__()
            self._packed, self._runs = self._packed[:8], self._runs[:, :2].copy()

    monkeypatch.setattr(twobit, "_Packer", Narrow)
    bases = "ACGTN" * 200
    assert TwoBit(packed(tmp_path, f">c\n{bases}\n")).fetch("c", 0, 1000) == bases


def test_empty_contig_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    genome = TwoBit(packed(tmp_path, ">a\n>b\nACGT\n"))
    assert genome.lengths == {"b": 4}
    assert "contig a has no bases" in caplog.text


@pytest.mark.parametrize("size", [0, 10, 40])
def test_cut_file_is_an_error(tmp_path: Path, size: int) -> None:
    path = packed(tmp_path, ">a\n" + "ACGT" * 100 + "\n")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match="is no whole .2bit file"):
        TwoBit(path)
