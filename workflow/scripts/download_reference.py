"""Adaptor of rule download_reference."""

from pathlib import Path
from typing import Any

from alktrace.reference.cache import link
from alktrace.reference.download import download, source
from alktrace.runtime.adaptor import run


def main(snakemake: Any) -> dict[str, Any]:
    build, release = snakemake.params.build, snakemake.params.release
    row = source(Path(snakemake.input.sources), build, release)
    base = snakemake.params.mirror or row["base"]
    folder = Path(snakemake.params.cache).resolve() / "downloads" / f"{build}-{release}"
    found = download(row, base, folder)
    for role, path in found.items():
        link(path, Path(snakemake.output[role]))
    return {role: path.name for role, path in found.items()}


run(main, snakemake)  # type: ignore[name-defined]  # noqa: F821
