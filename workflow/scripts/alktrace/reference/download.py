"""Genome and annotation fetched from where they are published: resumed after a break, checked against the publisher's
MD5 sums, kept in the cache for all runs."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import requests

from ..knowledge.table import read_table
from ..runtime.errors import InputError
from ..runtime.progress import Progress

LOG = logging.getLogger(__name__)
COLUMNS = ("build", "provider", "base", "fasta", "gtf", "checksums", "verified", "reference")
FILES = ("fasta", "gtf")
ATTEMPTS = 5
WAIT = 2.0  # seconds before the second attempt, twice as many before each further one
TIMEOUT = (20, 120)  # seconds to connect, and without a byte
CHUNK = 1 << 18  # bytes written at a time; less than this is lost by a break
OFFLINE = "or give reference.fasta and reference.gtf"


def source(table: Path, build: str, release: str) -> dict[str, str]:
    """The row of `resources/reference_sources.tsv` for a genome build, its release filled in.

    Raises InputError for an unknown build.
    """
    rows = {row["build"]: row for row in read_table(table, COLUMNS)}
    if build not in rows:
        raise InputError(f"configuration: key reference.build: {build} is not one of {', '.join(rows)}")
    return {column: text.replace("{release}", release) for column, text in rows[build].items()}


def file_names(row: Mapping[str, str]) -> dict[str, str]:
    """Names of FASTA and GTF without their folders."""
    return {role: PurePosixPath(row[role]).name for role in FILES}


def download(row: Mapping[str, str], base: str, folder: Path) -> dict[str, Path]:
    """Fetch FASTA and GTF of a source below `base` into `folder` unless they are there; returns their paths.

    A file has its name only when its MD5 sum is the published one. Raises InputError when it cannot be had.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); set reference.cache elsewhere") from None
    with _alone(folder):
        found = {role: folder / name for role, name in file_names(row).items()}
        if not all(path.is_file() for path in found.values()):
            sums = _published_sums([f"{base}/{name}" for name in row["checksums"].split()])
            for role, path in found.items():
                if path.name not in sums:
                    raise InputError(f"{base}: no checksum of {path.name} is published; try another release, {OFFLINE}")
                if not path.is_file():
                    _fetch(f"{base}/{row[role]}", path, sums[path.name])
    return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one run at a time fetches into a folder; the others wait and find the files."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _published_sums(addresses: list[str]) -> dict[str, str]:
    """MD5 by file name, from lists in the format of md5sum."""
    sums = {}
    for address in addresses:
        try:
            answer = requests.get(address, timeout=TIMEOUT)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise InputError(f"{address}: cannot be fetched ({_why(error)}); try again, {OFFLINE}") from None
        for line in answer.text.splitlines():
            digest, _, name = line.strip().partition(" ")
            sums[PurePosixPath(name.strip().lstrip("*")).name] = digest.lower()
    return sums


def _fetch(address: str, path: Path, md5: str) -> None:
    """Fetch one file, going on where an earlier attempt or run stopped; with a wrong sum, once more from its start."""
    part = path.with_name(f".{path.name}.part")
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            LOG.info("attempt %d of %s after: %s", attempt + 1, address, reason)
            time.sleep(WAIT * 2 ** (attempt - 1))
        try:
            _continue(address, part)
        except requests.RequestException as error:
            reason = _why(error)
            continue
        except OSError as error:
            raise InputError(f"{part}: cannot be written ({error.strerror}); set reference.cache elsewhere") from None
        with part.open("rb") as handle:
            found = hashlib.file_digest(handle, "md5").hexdigest()
        if found == md5:
            os.replace(part, path)
            LOG.info("%s: MD5 %s as published", path.name, md5)
            return
        reason = f"its MD5 sum is {found}, published is {md5}"
        part.unlink()
    raise InputError(f"{address}: cannot be fetched whole ({reason}); try again, {OFFLINE}")


def _continue(address: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is left to fetch; the sum decides
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content
        done = have if resumed else 0
        progress = Progress(done + int(answer.headers.get("Content-Length", 0)), "bytes")
        with part.open("ab" if resumed else "wb") as handle:
            for chunk in answer.iter_content(CHUNK):
                handle.write(chunk)
                done += len(chunk)
                progress.update(done, done)


def _why(error: requests.RequestException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
