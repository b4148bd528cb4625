"""The made-up reads reach every compiled function of the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alktrace.reference.genome import prepare_annotation, prepare_genome
from alktrace.simulate import genome as synthetic

ROOT = Path(__file__).parents[2]
RESOURCES = ROOT / "resources"
LIST_UNUSED = """
import importlib, pkgutil, sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from alktrace import mutations
from alktrace.precompile import precompile
precompile(*map(Path, sys.argv[1:]))
for module in pkgutil.iter_modules(mutations.__path__, "alktrace.mutations."):
    for name, value in vars(importlib.import_module(module.name)).items():
        if isinstance(value, Dispatcher) and not value.signatures:
            print(name)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    genome = synthetic.build_genome()
    synthetic.write_fasta(genome, tmp_path / "given.fa")
    synthetic.write_gtf(genome, tmp_path / "given.gtf")
    fasta = tmp_path / "genome.2bit"
    prepare_genome(tmp_path / "given.fa", "digest", tmp_path / "kept", fasta)
    prepare_annotation(
        fasta, tmp_path / "given.gtf", RESOURCES / "panel.tsv", tmp_path / "annotation.tsv", tmp_path / "junctions.bed"
    )
    return tmp_path


def test_nothing_is_left_to_compile(folder: Path) -> None:
    files = [folder / "genome.2bit", folder / "annotation.tsv", RESOURCES / "panel.tsv", RESOURCES / "knowledge"]
    command = [sys.executable, "-c", LIST_UNUSED, *map(str, files)]
    # An empty cache: a function that is loaded from it brings those it calls along without naming them.
    cache = folder / "cache"
    environment = {"PYTHONPATH": str(ROOT / "workflow" / "scripts"), "NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    assert done.stdout.split() == []
    recruiting = {"scan", "merge", "write_pairs"}
    searching = {"index_reads", "move_words", "index_targets", "fill_bitmap", "stream", "extend", "chain", "choose"}
    assert {path.name.split("-")[0] for path in cache.glob("*.kernel")} == recruiting | searching
