"""`report.pdf`: report.html as it prints, laid out by WeasyPrint (https://doc.courtbouillon.org/weasyprint/)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from ..runtime.errors import InputError
from ..runtime.files import written_whole
from ..runtime.paths import TEMPLATES

SVG = "{http://www.w3.org/2000/svg}"
MISSING = (
    "report.pdf needs WeasyPrint: pip install --require-hashes -r requirements-pdf.lock, "
    "and Debian's packages libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0"
)


def write_pdf(page: Path, out: Path) -> None:
    """Write the PDF of a report page. Raises InputError when the page cannot be read or WeasyPrint does not start."""
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{page}: cannot be read ({error}); make report.html anew") from error
    made = pdf_bytes(text)
    with written_whole(out) as partial:
        partial.write_bytes(made)


def pdf_bytes(page: str) -> bytes:
    """The page as PDF, tagged for screen readers. Only `data:` addresses are opened: no file and no host.

    With the same fonts installed, the same page gives the same bytes. Raises InputError without WeasyPrint.
    """
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"})
    html = weasyprint.HTML(string=page, url_fetcher=fetcher)
    _style_drawings(html.etree_element)
    made: bytes = html.write_pdf(pdf_tags=True)
    return made


def _weasyprint() -> Any:
    """The package, imported when it is needed: it is optional, and OSError is what missing system libraries give."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise InputError(f"{MISSING} ({error})") from error
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)  # they warn of rules of the sheet that only browsers know
    return weasyprint


def _style_drawings(page: Element) -> None:
    """WeasyPrint draws each SVG apart from the page, without its style sheet and without var(): give it both."""
    for drawing in page.iter(f"{SVG}svg"):
        sheet = Element(f"{SVG}style")
        sheet.text = drawing_style()
        drawing.insert(0, sheet)


def drawing_style() -> str:
    """The rules of the drawings with the colours of the page's palette in place of their names."""
    palette = dict(re.findall(r"--([\w-]+):\s*([^;]+);", (TEMPLATES / "style.css").read_text(encoding="utf-8")))
    rules = (TEMPLATES / "drawings.css").read_text(encoding="utf-8")
    return re.sub(r"var\(--([\w-]+)\)", lambda name: palette[name[1]], rules)
