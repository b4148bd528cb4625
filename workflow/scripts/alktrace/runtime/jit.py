"""Compiled code that costs nothing at the second start.

Two services, both safe with a read-only source tree or HOME and with jobs that race on a shared disk:

- `set_cache_dir` points numba's own cache (`cache=True`) at a directory that can be written. Call it before numba is
  imported.
- `load_kernels` hands out kernels as plain C functions. The first call on a machine compiles them with numba and keeps
  the object code; later calls load that code through llvmlite alone, because importing numba takes longer than
  recruiting a million reads. A file's name is the digest of everything it depends on (sources, versions, processor),
  and files appear whole by `os.replace`, so racing jobs can at worst write the same bytes twice.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)
_ENGINES: list[Any] = []  # loaded code lives as long as its engine


def set_cache_dir() -> Path:
    """Choose a writable directory for compiled code and tell numba (NUMBA_CACHE_DIR). Returns the directory.

    Order: NUMBA_CACHE_DIR if set, the user's cache directory, `work/.kernels` below the working directory, the system's
    temporary directory. Code of different versions never meets: names hold a digest.
    """
    for candidate in _candidates():
        if _is_private_and_writable(candidate):
            path = candidate.resolve()
            os.environ["NUMBA_CACHE_DIR"] = str(path)
            return path
    raise OSError("no directory for compiled code can be written; set NUMBA_CACHE_DIR to one that can")


def _candidates() -> Iterator[Path]:
    chosen, cache, home = (os.environ.get(name) for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"))
    if chosen:
        yield Path(chosen)
    if cache or home:
        yield Path(cache or f"{home}/.cache") / "alktrace"
    yield Path("work/.kernels")
    import tempfile  # only here and below: its import takes longer than loading the kernels

    yield Path(tempfile.gettempdir()) / f"alktrace-{os.getuid()}"


def _is_private_and_writable(path: Path) -> bool:
    """Code is loaded from here, so nobody but us (or root) may own the directory or write to it."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            return False
        found = path.stat()
    except OSError:
        return False
    if _is_ours(found):
        return True
    _LOG.warning("%s: others may write there, so no compiled code is kept in it; take their right (chmod go-w)", path)
    return False


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid in (os.getuid(), 0) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def load_kernels(kernels: Mapping[str, str]) -> dict[str, Callable[..., int]]:
    """C functions by name. `kernels` maps each name to its module; a kernel calls only code of its module's package.

    A module holds a dict KERNELS: name -> (numba signature, function). A kernel takes only pointers and 64-bit integers
    and returns a 64-bit integer; ctypes releases the GIL while it runs.
    """
    cache = set_cache_dir()
    digest = _digest(_sources(kernels.values()))
    paths = {name: cache / f"{name}-{digest}.kernel" for name in kernels}
    for name, path in paths.items():
        if not _is_whole(path):
            _compile(kernels[name], name, path)
    return {name: _load(path) for name, path in paths.items()}


def _sources(modules: Iterable[str]) -> list[Path]:
    """All files of the packages that the modules lie in."""
    packages = {module.rpartition(".")[0] for module in modules}
    found = [find_spec(package) for package in sorted(packages)]
    folders = [Path(spec.origin).parent for spec in found if spec and spec.origin]
    return sorted(path for folder in folders for path in folder.glob("*.py"))


def _digest(sources: Sequence[Path]) -> str:
    """Name of the code: sources, versions of compiler and Python, processor."""
    from llvmlite import binding

    digest = hashlib.sha256(f"{sys.version}\0{binding.get_host_cpu_name()}".encode())
    digest.update(binding.get_host_cpu_features().flatten().encode())
    for package in ("numba", "llvmlite"):  # read, not imported: importing numba is what the cache avoids
        found = find_spec(package)
        if found and found.origin:
            digest.update(Path(found.origin).with_name("_version.py").read_bytes())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:20]


def _is_whole(path: Path) -> bool:
    """A cached file starts with the digest of the rest: a file cut by a full disk is compiled again, and so is one that
    another user owns or can write."""
    try:
        with path.open("rb") as handle:
            ours = _is_ours(os.fstat(handle.fileno()))
            check, _, rest = handle.read().partition(b"\n")
    except OSError:
        return False
    return ours and check == hashlib.sha256(rest).hexdigest().encode()


def _compile(module: str, name: str, path: Path) -> None:
    """Compile a kernel with numba and store symbol name, number of arguments and object code."""
    import tempfile
    from importlib import import_module

    _LOG.info("compiling %s (once per machine and version)", name)
    numba = import_module("numba")
    signature, function = import_module(module).KERNELS[name]
    compiled = numba.cfunc(signature, nopython=True, error_model="numpy")(function)
    head = f"{compiled.native_name} {len(signature.args)}\n"
    rest = head.encode() + compiled._library._get_compiled_object()
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{name}-")
    with os.fdopen(handle, "wb") as stream:
        stream.write(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
    os.replace(partial, path)


@cache
def _load(path: Path) -> Callable[..., int]:
    """Link object code into this process, once, and return its function; addresses and numbers go in as unsigned
    integers."""
    from llvmlite import binding

    _, head, code = path.read_bytes().split(b"\n", 2)
    symbol, arguments = head.decode().split(" ")
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    prototype = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_uint64] * int(arguments))
    return prototype(engine.get_function_address(symbol))
