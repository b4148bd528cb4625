"""The pages in a real browser: nothing is loaded, nothing is logged, nothing is cut, the cohort sorts and filters."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
PAGES = ("demo_V3_progression/report.html", "demo_poor/report.html", "cohort/index.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium and chromedriver are not installed (Debian packages chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver))
    yield started
    started.quit()


def requests(browser: webdriver.Chrome, address: str) -> list[str]:
    """What the page at `address` has asked for."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in sent if params["documentURL"] == address]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_page_is_quiet_and_fits(browser: webdriver.Chrome, demo_run: Path, page: str, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    address = (demo_run / "results" / page).as_uri()
    browser.get(address)
    assert browser.get_log("browser") == []
    asked = requests(browser, address)
    assert [url for url in asked if not url.startswith("data:")] == [address]
    inner, outer = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert inner <= outer


def shown(browser: webdriver.Chrome) -> list[str]:
    rows = browser.find_elements(By.CSS_SELECTOR, "#cohort tbody tr")
    return [row.find_element(By.TAG_NAME, "a").text for row in rows if row.is_displayed()]


def test_cohort_sorts_and_filters(browser: webdriver.Chrome, demo_run: Path) -> None:
    browser.get((demo_run / "results" / "cohort" / "index.html").as_uri())
    given = shown(browser)
    heading = browser.find_element(By.XPATH, "//th[button='Sample']")
    heading.find_element(By.TAG_NAME, "button").click()
    assert shown(browser) == sorted(given, key=str.lower)
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.find_element(By.TAG_NAME, "button").click()
    assert shown(browser) == sorted(given, key=str.lower, reverse=True)
    Select(browser.find_element(By.ID, "verdict")).select_by_value("not_detected")
    assert shown(browser) == ["demo_wild_type"]
    Select(browser.find_element(By.ID, "verdict")).select_by_value("")
    browser.find_element(By.ID, "search").send_keys("v3 PATIENT")
    assert sorted(shown(browser)) == ["demo_V3_baseline", "demo_V3_progression"]
    assert browser.find_element(By.ID, "count").text == "2 of 6 shown"
