"""Files for other systems, made on request from finished reports.

python -m alktrace.export deidentified REPORT.json OUT.json
python -m alktrace.export fhir REPORT.json OUT.json
python -m alktrace.export cbioportal OUT_FOLDER REPORT.json ...
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .cohort.cbioportal import write_study
from .model.records import Report, ReportFindings
from .report.deidentify import deidentified
from .report.fhir import fhir_bundle
from .runtime.errors import InputError
from .runtime.files import write_text
from .runtime.serialise import read_json, write_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m alktrace.export", description=(__doc__ or "").split("\n")[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    for kind in ("deidentified", "fhir"):
        one = kinds.add_parser(kind)
        one.add_argument("report", type=Path)
        one.add_argument("out", type=Path)
    study = kinds.add_parser("cbioportal")
    study.add_argument("out", type=Path)
    study.add_argument("reports", type=Path, nargs="+")
    given = parser.parse_args(arguments)
    try:
        if given.kind == "cbioportal":
            write_study([read_json(path, ReportFindings) for path in given.reports], given.out)
        elif given.kind == "fhir":
            write_text(given.out, fhir_bundle(read_json(given.report, Report)))
        else:
            write_json(deidentified(read_json(given.report, Report)), given.out)
    except (InputError, OSError) as error:
        print(f"alktrace.export: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
