"""Tables of the documentation that are made from the schemas and the locked dependencies.

`python docs/generate.py` writes them, `--check` fails when one is old. A table stands between the lines
`<!-- NAME: made by docs/generate.py -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from alktrace.cohort.table import Row as CohortRow  # noqa: E402
from alktrace.inputs.configuration import load_schema  # noqa: E402
from alktrace.runtime.paths import SCHEMAS  # noqa: E402

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)[^#]*?(?:#\s*(.*))?$")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [list(head), ["---"] * len(head), *cells])


def config_keys() -> str:
    """All keys of the configuration."""
    schema = load_schema(SCHEMAS / "config.schema.yaml")
    return table(("key", "default", "meaning"), _keys("", schema))


def _keys(prefix: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, part in schema["properties"].items():
        if "properties" in part:
            yield from _keys(f"{prefix}{name}.", part)
            continue
        required = name in schema.get("required", ())
        default = part.get("default", "")
        shown = {True: "on", False: "off"}.get(default, default) if isinstance(default, bool) else default
        values = f" One of: {', '.join(map(str, part['enum']))}." if "enum" in part else ""
        yield (
            f"`{prefix}{name}`",
            "required" if required else f"`{shown}`" if shown != "" else "",
            (part["description"] + values),
        )


def sheet_columns() -> str:
    """All columns of the sample sheet."""
    schema = load_schema(SCHEMAS / "samples.schema.yaml")
    rows = (
        (f"`{name}`", "required" if name in schema["required"] else part.get("default", "") or "", part["description"])
        for name, part in schema["properties"].items()
    )
    return table(("column", "default", "meaning"), rows)


def summary_columns() -> str:
    """All columns of results/cohort/summary.tsv, in their order."""
    return table(("column", "type"), ((f"`{f.name}`", f.type) for f in dataclasses.fields(CohortRow)))


def report_keys() -> str:
    """All keys of report.json."""
    schema = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
    return table(("key", "type"), _report_keys("", schema, schema.get("$defs", {}), ()))


def _report_keys(
    prefix: str, part: Mapping[str, Any], named: Mapping[str, Any], seen: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name, value in part.get("properties", {}).items():
        inner, kind, path = _resolve(value, named)
        if kind != "anything" or inner:
            yield f"`{prefix}{name}`", kind
        if path not in seen:
            bracket = "[]" if kind.startswith("array") else ""
            yield from _report_keys(f"{prefix}{name}{bracket}.", inner, named, (*seen, path) if path else seen)


def _resolve(value: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[Mapping[str, Any], str, str]:
    """What a key holds: the object below it, its type in words, and the name of its definition."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        inner, kind, _ = _resolve(named[name], named)
        return inner, kind, name
    for choice in ("anyOf", "oneOf"):
        if choice in value:
            parts = [_resolve(one, named) for one in value[choice]]
            best = max(parts, key=lambda p: len(p[0].get("properties", {})))
            return best[0], " or ".join(dict.fromkeys(p[1] for p in parts)), best[2]
    if "enum" in value:
        return value, " or ".join(f"`{json.dumps(one)}`" for one in value["enum"]), ""
    kind = value.get("type", "anything")
    if kind == "array":
        inner, of, name = _resolve(value.get("items") or {}, named)
        return inner, f"array of {of}", name
    return value, " or ".join(kind) if isinstance(kind, list) else str(kind), ""


def dependencies() -> str:
    """What the project asks for by name: version as locked, licence, what for and why this one."""
    rows = []
    for name in ("requirements", "requirements-pdf", "requirements-slurm", "requirements-dev"):
        lock = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
        for line in (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines():
            found = None if line.startswith(("#", "-")) else _REQUIREMENT.match(line)
            if found is None:
                continue
            package, purpose = found[1].rstrip("<>="), found[2]
            if not purpose:
                raise SystemExit(f"{name}.in: {package}: say behind a # what it is for")
            versions = re.findall(rf"^{re.escape(package)}==([^ \\;]+)", lock, re.MULTILINE | re.IGNORECASE)
            where = {"requirements": "run"}.get(name, name.removeprefix("requirements-"))
            rows.append((package, ", ".join(sorted(set(versions))), where, _licence(package), purpose))
    return table(("package", "locked version", "needed for", "licence", "what it does here, and why this one"), rows)


def _licence(package: str) -> str:
    try:
        about = metadata(package)
    except PackageNotFoundError:
        raise SystemExit(f"{package} is not installed: its licence cannot be read; run make lint") from None
    stated = about.get("License-Expression") or ""
    classes = [c.rsplit(" :: ", 1)[1] for c in about.get_all("Classifier") or [] if c.startswith("License :: OSI")]
    short = (about.get("License") or "").strip()
    return stated or "; ".join(classes) or (short if short and len(short) < 60 else "see the package")


TABLES = {
    "config/README.md": {"configuration keys": config_keys, "sheet columns": sheet_columns},
    "docs/output.md": {"report.json": report_keys, "summary.tsv": summary_columns},
    "docs/dependencies.md": {"dependencies": dependencies},
}


def filled(text: str, name: str, content: str) -> str:
    """`text` with the table of that name replaced."""
    begin, end = f"<!-- {name}: made by docs/generate.py -->", f"<!-- end of {name} -->"
    if begin not in text or end not in text:
        raise SystemExit(f"the lines that enclose the table '{name}' are missing")
    head, rest = text.split(begin, 1)
    return f"{head}{begin}\n{content}\n{end}{rest.split(end, 1)[1]}"


def main(arguments: Sequence[str]) -> int:
    """Write or check all tables; returns the exit code."""
    old = []
    for file, tables in TABLES.items():
        path = ROOT / file
        text = now = path.read_text(encoding="utf-8")
        for name, make in tables.items():
            now = filled(now, name, make())
        if now != text:
            old.append(file)
            if "--check" not in arguments:
                path.write_text(now, encoding="utf-8")
    if old and "--check" in arguments:
        print(f"old tables in {', '.join(old)}: run make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
