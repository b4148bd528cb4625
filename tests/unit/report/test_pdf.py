"""report.pdf: what a reader finds on it, what it may load, and what is said where WeasyPrint is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import report_fixtures as made
from alktrace.report import pdf
from alktrace.runtime.errors import InputError


def absent() -> str:
    """Why no PDF can be made here; empty when one can."""
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError) as error:
        return f"WeasyPrint does not start ({error})"
    return ""


needs_weasyprint = pytest.mark.skipif(bool(absent()), reason=absent() or "none")


def page(folder: Path, kind: str, **names: str) -> Path:
    """report.html of a hand-made sample."""
    case, _ = made.build(folder / "in", kind, **names)
    case.write_views(folder / "out")
    return folder / "out" / "report.html"


def text(path: Path, *options: str) -> str:
    """Words of a PDF, each separated by one blank."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext not found (Debian package poppler-utils)")
    done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


@needs_weasyprint
@pytest.mark.parametrize("kind", ["fusion", "empty"])
def test_summary_is_the_first_page(tmp_path: Path, kind: str) -> None:
    pdf.write_pdf(page(tmp_path, kind), tmp_path / "report.pdf")
    first = text(tmp_path / "report.pdf", "-l", "1")
    for words in ("ALK fusion, and which variant?", "Inhibitors at a glance", "one of three states", "Page 1 of"):
        assert words in first
    assert text(tmp_path / "report.pdf", "-f", "2").startswith("Fusions ")


@needs_weasyprint
def test_hostile_names_are_text(tmp_path: Path) -> None:
    names = {"patient": made.HOSTILE, "timepoint": made.HOSTILE, "contig": made.HOSTILE_CONTIG, "label": made.HOSTILE}
    pdf.write_pdf(page(tmp_path, "fusion", **names), tmp_path / "report.pdf")
    found = text(tmp_path / "report.pdf")
    assert f"Patient {made.HOSTILE}" in found
    assert made.HOSTILE_CONTIG in found
    assert b"/JavaScript" not in (tmp_path / "report.pdf").read_bytes()


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Address of a host, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    host = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=host.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{host.server_port}", asked
    host.shutdown()
    thread.join()
    host.server_close()


LOADS = """<html><head><title>t</title><base href="{0}/base/"><link rel="stylesheet" href="{0}/sheet.css">
<style>@import url({0}/import.css); p {{ background: url({0}/ground.png) }}
@font-face {{ font-family: far; src: url({0}/font.ttf) }} p {{ font-family: far, sans-serif }}</style></head>
<body><p>text</p><img alt="" src="{0}/picture.png"><object data="{0}/object.svg"></object><embed src="{0}/embed.svg">
<svg width="9" height="9"><style>@import url({0}/svg.css);</style><image href="{0}/image.png" width="9" height="9"/>
<use href="{0}/other.svg#x"/></svg></body></html>"""


@needs_weasyprint
def test_no_host_is_asked(server: tuple[str, list[str]]) -> None:
    address, asked = server
    assert pdf.pdf_bytes(LOADS.format(address)).startswith(b"%PDF-")
    assert asked == []


@needs_weasyprint
def test_no_file_is_read(tmp_path: Path) -> None:
    there, away = tmp_path / "a.css", tmp_path / "b.css"
    there.write_text("p { font-size: 40pt }")
    sheets = [f'<link rel="stylesheet" href="{path.as_uri()}"><p>text</p>' for path in (there, away)]
    assert pdf.pdf_bytes(sheets[0]) == pdf.pdf_bytes(sheets[1])


@needs_weasyprint
@pytest.mark.slow
def test_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from alktrace.report import pdf; pdf.write_pdf(*map(Path, sys.argv[1:]))"
    )
    html, scripts, found = page(tmp_path, "fusion"), str(Path(pdf.__file__).parents[2]), []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.pdf"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": scripts, "TZ": f"UTC+{seed}"}
        subprocess.run([sys.executable, "-c", code, str(html), str(out)], check=True, env=environment, cwd=tmp_path)
        found.append(out.read_bytes())
    assert found[0] == found[1]
    assert b"CreationDate" not in found[0]


def test_drawings_get_colours_without_names() -> None:
    style = pdf.drawing_style()
    assert "var(" not in style
    assert ".figure .five { fill: #1f5f99; }" in style


@pytest.mark.parametrize("problem", ["ModuleNotFoundError", "OSError"])
def test_missing_libraries_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    """No package, or a package whose system libraries are missing."""
    (tmp_path / "weasyprint.py").write_text(f'raise {problem}("cannot load library libpango")')
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "report.html").write_text("<p>text</p>")
    with pytest.raises(InputError, match="requirements-pdf.lock.*libpango-1.0-0") as caught:
        pdf.write_pdf(tmp_path / "report.html", tmp_path / "report.pdf")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.pdf").exists()


def test_page_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing.html: cannot be read"):
        pdf.write_pdf(tmp_path / "missing.html", tmp_path / "report.pdf")
