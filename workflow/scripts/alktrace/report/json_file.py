"""Check report.json files against the types they are made of.

`python -m alktrace.report.json_file report.json ...` exits with 1 and one line when a file does not fit.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..model.records import Report
from ..runtime.errors import InputError
from ..runtime.serialise import read_json


def main(paths: list[str]) -> int:
    """Check report files; print the first problem to stderr."""
    try:
        for path in paths:
            read_json(Path(path), Report)
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
