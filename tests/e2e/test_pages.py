"""The pages in headless Chromium: nothing cut, no console message, no request, on a desk, a phone and paper."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import browser
import report_fixtures as made
from browser import Browser

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "none")]

WIDTHS = (1280, 390)
KINDS = ("fusion", "negative", "empty", "hostile")

# Elements whose content is wider than their box, or that reach out of the window, outside boxes that scroll.
CUT = """
const cut = [];
for (const element of document.querySelectorAll("main *, header *")) {
  const box = element.getBoundingClientRect();
  if (!box.width || element.closest("svg, .scroll") || element.closest(".skip")) continue;
  const whole = box.left >= -0.5 && box.right <= innerWidth + 0.5;
  if (!whole) cut.push(element.tagName + " " + element.textContent.slice(0, 40));
}
return cut;
"""
# Pairs of neighbouring words in a drawing that lie on each other.
OVERLAPS = """
const found = [];
for (const figure of document.querySelectorAll("svg.figure")) {
  const labels = [...figure.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
  labels.forEach(([a, one], at) => labels.slice(at + 1).forEach(([b, two]) => {
    const wide = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const high = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (wide > 1 && high > 4) found.push(a + " | " + b);
  }));
}
return found;
"""
# Text whose contrast with its own or the nearest background is below WCAG AA (4.5, or 3 for large type).
CONTRAST = """
const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const low = [];
for (const element of document.querySelectorAll("main *, header *, footer *")) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || element.closest("svg")) continue;
  let behind = element;
  while (behind && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const ground = behind ? parse(getComputedStyle(behind).backgroundColor) : [255, 255, 255];
  const style = getComputedStyle(element);
  const [a, b] = [light(parse(style.color)), light(ground)].sort((x, y) => y - x);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
  const enough = (a + 0.05) / (b + 0.05) >= (large ? 3 : 4.5);
  if (!enough) low.push(element.className + ": " + element.textContent.slice(0, 30));
}
return low;
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    hostile = {"patient": made.HOSTILE, "timepoint": made.HOSTILE, "contig": made.HOSTILE_CONTIG, "label": made.HOSTILE}
    found = {}
    for kind in KINDS:
        names = hostile if kind == "hostile" else {}
        case, _ = made.build(folder / kind, "fusion" if kind == "hostile" else kind, **names)
        case.write_views(folder / kind / "out", evidence_view=True)
        found[kind] = folder / kind / "out" / "report.html"
    return found


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_page_is_whole_and_quiet(window: Browser, pages: dict[str, Path], kind: str, width: int) -> None:
    check_page(window, pages[kind], width)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_demo_pages_are_whole_and_quiet(window: Browser, demo_run: Path, width: int) -> None:
    found = sorted((demo_run / "results").rglob("*.html"))
    assert {page.name for page in found} > {"report.html", "evidence.html", "index.html"}
    assert any(page.parent.name == "patients" for page in found)
    for page in found:
        check_page(window, page, width)


def check_page(window: Browser, page: Path, width: int) -> None:
    window.console(), window.requests()  # forget those of the page before
    window.open(page, width)
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.run(CUT) == []
    assert window.run(OVERLAPS) == []
    assert window.run(CONTRAST) == []
    assert window.console() == []
    assert window.requests() == [page.resolve().as_uri()]


COHORT = """
const shown = () => [...document.querySelectorAll("#cohort tbody tr")].filter((row) => row.checkVisibility())
  .map((row) => row.querySelector("a").textContent);
const heading = [...document.querySelectorAll("#cohort th")].find((cell) => cell.textContent === "Sample");
const search = document.getElementById("search"), verdict = document.getElementById("verdict");
const type = (box, text, event) => { box.value = text; box.dispatchEvent(new Event(event)); return shown(); };
"""


@pytest.mark.slow
def test_cohort_sorts_and_filters(window: Browser, demo_run: Path) -> None:
    window.open(demo_run / "results" / "cohort" / "index.html", 1280)
    given = window.run(f"{COHORT} return shown();")
    assert len(given) == 8
    up, word = window.run(f"{COHORT} heading.querySelector('button').click(); return [shown(), heading.ariaSort];")
    assert (up, word) == (sorted(given, key=str.lower), "ascending")
    down = window.run(f"{COHORT} heading.querySelector('button').click(); return shown();")
    assert down == sorted(given, key=str.lower, reverse=True)
    assert window.run(f"{COHORT} return type(verdict, 'not_detected', 'change');") == ["demo_wild_type"]
    window.run(f"{COHORT} type(verdict, '', 'change');")
    found = window.run(f"{COHORT} return type(search, 'v3 PATIENT', 'input');")
    assert sorted(found) == ["demo_DNA_plasma", "demo_V3_baseline", "demo_V3_progression"]
    assert window.run("return document.getElementById('count').textContent") == "3 of 8 shown"


def test_all_is_reached_by_keyboard(window: Browser, pages: dict[str, Path]) -> None:
    """Every box that scrolls, every fold and every link can take the focus."""
    window.open(pages["fusion"], 390)
    stuck = window.run(
        """return [...document.querySelectorAll(".scroll, summary, a[href]")].filter((e) => {
             if (!e.checkVisibility()) return false;
             e.focus(); return document.activeElement !== e; }).map((e) => e.outerHTML.slice(0, 80));"""
    )
    assert stuck == []


def test_answers_are_on_the_first_screen(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["fusion"], 1280, 800)
    assert window.run("return document.querySelector('.answers').getBoundingClientRect().bottom") < 800


def test_hostile_text_runs_nothing(window: Browser, pages: dict[str, Path]) -> None:
    window.open(pages["hostile"], 1280)
    assert window.run("return document.scripts.length") == 0
    assert made.HOSTILE in window.run("return document.querySelector('.who').textContent")


@pytest.mark.parametrize("kind", KINDS)
def test_print_cuts_nothing(window: Browser, pages: dict[str, Path], kind: str) -> None:
    """With the print style at the width of an A4 page's text nothing reaches over the edge, tables included."""
    window.open(pages[kind], 703)  # 186 mm
    window.command("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        wide = window.run(
            """return [...document.querySelectorAll("main *")].filter((e) => !e.closest("svg") &&
                 e.getBoundingClientRect().width && e.getBoundingClientRect().right > innerWidth + 1)
                 .map((e) => e.tagName + " " + e.textContent.slice(0, 40));"""
        )
        assert wide == []
        assert (
            window.run("return document.querySelector('.first-page').getBoundingClientRect().bottom") < 1032
        )  # 273 mm
    finally:
        window.command("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("kind", ["fusion", "hostile"])
def test_genome_browser_draws_offline(window: Browser, pages: dict[str, Path], kind: str) -> None:
    """igv.js draws both sides of a junction from the page alone, and goes to a change on a click."""
    page = pages[kind].with_name("evidence.html")
    window.console(), window.requests()
    window.open(page, 1280)
    panels = "return document.getElementById('browser').shadowRoot?.querySelectorAll('canvas').length ?? 0"
    wait(lambda: window.run(panels) >= 6)
    window.run("[...document.querySelectorAll('#items button')].at(-1).click()")
    wait(lambda: window.run("return document.querySelector('#items [aria-pressed=true]').textContent") == "ALK G1202R")
    assert window.console() == []
    assert window.requests() == [page.resolve().as_uri()]


def wait(ready: Callable[[], bool]) -> None:
    """Until `ready`, at most half a minute."""
    end = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.2)
