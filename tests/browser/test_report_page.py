"""The report's page in a real browser: errors, labels, views, contrast, roles, keyboard, both schemes."""

from __future__ import annotations

import base64
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from operations.report.page import write
from tests.browser.reports import report

AXE = Path(__file__).parent / "axe" / "axe.min.js"
SCREENSHOTS = Path(__file__).parents[2] / ".sandbox" / "reports" / "screenshots"
LARGEST_PAGE = 1_000_000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

OVERLAPS = """
const shown = [...document.querySelectorAll('svg text')].map(t => [t.textContent, t.getBoundingClientRect()]);
const found = [];
for (let i = 0; i < shown.length; i++) for (let j = 0; j < i; j++) {
  const [a, p] = shown[i], [b, q] = shown[j];
  if (p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 1 && q.top < p.bottom - 1)
    found.push(a + ' | ' + b);
}
return found;
"""
OUTSIDE = """
const found = [];
for (const svg of document.querySelectorAll('svg')) {
  const view = svg.getBoundingClientRect();
  for (const thing of svg.querySelectorAll('text, rect')) {
    const box = thing.getBoundingClientRect();
    if (box.left < view.left - 1 || box.right > view.right + 1 || box.top < view.top - 1
        || box.bottom > view.bottom + 1) found.push(thing.textContent || thing.outerHTML);
  }
  for (const group of svg.querySelectorAll('g.box')) {
    const frame = group.querySelector('rect').getBoundingClientRect();
    for (const text of group.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.right > frame.right || box.bottom > frame.bottom) found.push('box: ' + text.textContent);
    }
  }
}
if (document.documentElement.scrollWidth > window.innerWidth) found.push('the page is wider than the window');
return found;
"""


@contextmanager
def browser(folder: Path, *, width: int = 1280, dark: bool = False) -> Generator[webdriver.Chrome]:
    options = Options()
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1000"):
        options.add_argument(flag)
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options, Service("/usr/bin/chromedriver"))
    try:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        metrics = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        yield chrome
    finally:
        chrome.quit()


def screenshot(chrome: webdriver.Chrome, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    shot: Any = chrome.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def violations(chrome: webdriver.Chrome) -> list[str]:
    chrome.execute_script(AXE.read_text("utf-8"))
    result: Any = chrome.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert result["passes"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in result["violations"]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("sites", [1, 3, 50])
def test_the_page_is_readable_and_accessible(tmp_path: Path, sites: int, dark: bool) -> None:
    path = write(report(sites), tmp_path / "report")
    assert sum(file.stat().st_size for file in path.parent.iterdir()) < LARGEST_PAGE
    with browser(tmp_path, dark=dark) as chrome:
        chrome.get(path.as_uri())
        assert chrome.get_log("browser") == []
        assert chrome.execute_script(OVERLAPS) == []
        assert chrome.execute_script(OUTSIDE) == []
        assert violations(chrome) == []
        paper = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") is not dark
        screenshot(chrome, f"report-{sites}-{'dark' if dark else 'light'}")


def test_the_page_can_be_used_at_once(tmp_path: Path) -> None:
    """A second, which is the promise for a desktop; here, beside everything else, it has five."""
    path = write(report(50), tmp_path / "report")
    with browser(tmp_path) as chrome:
        chrome.get(path.as_uri())
        interactive: Any = chrome.execute_script(
            "return performance.getEntriesByType('navigation')[0].domInteractive"
        )
        assert 0 < interactive < 5000


def test_paper_has_all_of_it_on_white(tmp_path: Path) -> None:
    path = write(report(3), tmp_path / "report")
    with browser(tmp_path, dark=True) as chrome:
        chrome.get(path.as_uri())
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        paper = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert paper in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert not chrome.find_element(By.CSS_SELECTOR, "nav").is_displayed()
        assert chrome.find_element(By.CSS_SELECTOR, "svg").is_displayed()
        printed: Any = chrome.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        document = base64.b64decode(printed["data"])
        assert document.startswith(b"%PDF")
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / "report.pdf").write_bytes(document)


def test_every_part_says_what_it_is_for(tmp_path: Path) -> None:
    path = write(report(1), tmp_path / "report")
    with browser(tmp_path) as chrome:
        chrome.get(path.as_uri())
        told = {
            part: chrome.find_element(By.ID, part).text for part in ("policies", "cost", "changes", "clients")
        }
        assert "2026-03-01" in told["policies"], "waived until"
        assert "73.00 US dollars a month" in told["cost"]
        assert "instance/x9.metal 2 no price" in told["cost"]
        assert "NAT: gateways, was instances" in told["changes"]
        assert all(state in told["clients"] for state in ("valid", "expiring", "revoked 2026-03-01"))
        monitor = chrome.find_element(By.ID, "prod-openvpn-staff-monitor")
        assert "monitor in c" in monitor.text


def test_a_phone_shows_all_of_it(tmp_path: Path) -> None:
    path = write(report(3, asked=False), tmp_path / "report")
    with browser(tmp_path, width=390) as chrome:
        chrome.get(path.as_uri())
        assert chrome.execute_script(OUTSIDE) == []
        assert violations(chrome) == []
        screenshot(chrome, "report-phone")


def test_the_keyboard_reaches_everything(tmp_path: Path) -> None:
    path = write(report(1), tmp_path / "report")
    with browser(tmp_path) as chrome:
        chrome.get(path.as_uri())
        wanted = {e.get_attribute("id") for e in chrome.find_elements(By.CSS_SELECTOR, "svg [role=button]")}
        reached: set[str | None] = set()
        for _ in range(len(wanted) + 40):
            webdriver.ActionChains(chrome).send_keys(Keys.TAB).perform()
            reached.add(chrome.switch_to.active_element.get_attribute("id"))
        assert wanted - reached == set()
        assert {"search", "out"} <= reached
        details = chrome.find_element(By.ID, "details")
        tunnel = chrome.find_element(By.ID, "prod-tunnel-site-01-with-long-name-1")
        chrome.execute_script("arguments[0].focus()", tunnel)
        webdriver.ActionChains(chrome).send_keys(Keys.ENTER).perform()
        assert "the pre-shared keys of the two ends differ" in details.text
        screenshot(chrome, "report-details")
        webdriver.ActionChains(chrome).send_keys(Keys.ESCAPE).perform()
        assert not details.is_displayed()


def test_addresses_are_searched_and_zoomed_into(tmp_path: Path) -> None:
    path = write(report(3), tmp_path / "report")
    with browser(tmp_path) as chrome:
        chrome.get(path.as_uri())
        chrome.find_element(By.ID, "search").send_keys("pool staff")
        shown = [
            line.text for line in chrome.find_elements(By.CSS_SELECTOR, "#ranges tr") if line.is_displayed()
        ]
        assert len(shown) == 1
        assert "172.27.8.0/22" in shown[0]
        vpc = chrome.find_element(By.CSS_SELECTOR, "#map button[title^='10.30.0.0/16']")
        chrome.execute_script("arguments[0].click()", vpc)
        assert chrome.find_element(By.ID, "view").text.startswith("Zoomed into 10.")
        chrome.find_element(By.ID, "out").click()
        assert chrome.find_element(By.ID, "view").text == "All private ranges"
