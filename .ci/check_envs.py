"""Prove that envs/*.yaml and requirements.lock agree where they overlap.

A pin of conda may be older than the lock, since conda packages follow PyPI, but it must be of the same major version,
satisfy what requirements.in asks for, and be the same in all files; a lower bound must not exclude what is locked.
Every package of a file must be one that the project asks for.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
NOT_ON_PYPI = {"python", "star"}
NAMES = {"python-isal": "isal", "minimap2": "pyminimap2", "pyyaml": "pyyaml"}  # conda's name: PyPI's
_SPEC = re.compile(r"^([a-z0-9_.-]+)\s*(>=|=)\s*([0-9.]+[a-z]?)$")


def locked(name: str) -> dict[str, list[Version]]:
    """Versions of a lock by package; several where they depend on the Python version."""
    found: dict[str, list[Version]] = {}
    for package, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", (ROOT / name).read_text(), re.MULTILINE):
        found.setdefault(package.lower(), []).append(Version(version))
    return found


def problems(envs: Path, versions: dict[str, list[Version]], asked: dict[str, Requirement]) -> list[str]:
    """One line for each disagreement."""
    said: list[str] = []
    seen: dict[str, str] = {}
    for path in sorted(envs.glob("*.yaml")):
        for spec in yaml.safe_load(path.read_text())["dependencies"]:
            match = _SPEC.match(spec)
            if not match:
                said.append(f"{path.name}: {spec}: write NAME =VERSION or NAME >=VERSION")
                continue
            conda, relation, text = match.groups()
            if seen.setdefault(conda, relation + text) != relation + text:
                said.append(f"{path.name}: {conda} {relation}{text} but {seen[conda]} in another file")
            if conda in NOT_ON_PYPI:
                continue
            name, version = NAMES.get(conda, conda), Version(text)
            if name not in versions or name not in asked:
                said.append(f"{path.name}: {conda} is not asked for in requirements*.in")
            elif relation == ">=" and any(one < version for one in versions[name]):
                said.append(f"{path.name}: {conda} >={text} excludes the locked {versions[name][0]}")
            elif relation == "=" and all(one.major != version.major for one in versions[name]):
                said.append(f"{path.name}: {conda} {text} is of another major version than {versions[name][0]}")
            elif relation == "=" and not asked[name].specifier.contains(version):
                said.append(f"{path.name}: {conda} {text} does not satisfy {asked[name]}")
    return said


def asked_for() -> dict[str, Requirement]:
    """What requirements.in and requirements-pdf.in ask for, by name."""
    found = {}
    for name in ("requirements.in", "requirements-pdf.in"):
        for line in (ROOT / name).read_text().splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-"):
                requirement = Requirement(text)
                found[requirement.name.lower()] = requirement
    return found


def main() -> int:
    said = problems(ROOT / "envs", locked("requirements.lock") | locked("requirements-pdf.lock"), asked_for())
    print("\n".join(said), end="\n" if said else "", file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
