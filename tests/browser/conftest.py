"""One Chromium for the session; its tests are skipped where Debian's chromium and chromium-driver are not installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
WATCHING = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
"""Runs before anything of a page: what its policy stopped is a fault of the page."""
Open = Callable[..., Any]
LONGEST_SECONDS = 600.0
"""For one command to the browser: one that hangs fails its test, and does not hold up all others."""


def start_chromium(profile: Path) -> Any:
    """A browser with a profile of its own, steered by its driver."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1440,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser of most tests."""
    found = start_chromium(tmp_path_factory.mktemp("profile"))
    found.command_executor.client_config.timeout = LONGEST_SECONDS
    found.set_page_load_timeout(LONGEST_SECONDS / 2)
    found.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCHING})
    found.set_script_timeout(LONGEST_SECONDS / 2)
    yield found
    try:
        found.quit()
    finally:
        found.service.process.kill()


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """`opened(html, width=390, dark=True)` shows a page, in a tab without a past. Each page must have been quiet when the next
    one is opened and at the end: no error, nothing asked of any network, nothing that its policy had to stop."""

    def quiet() -> None:
        assert chromium.get_log("browser") == []
        assert chromium.execute_script("return window.violations ?? []") == []
        assert chromium.execute_script("return performance.getEntriesByType('resource').map(each => each.name)") == []

    def show(html: str, *, width: int = 1440, dark: bool = False) -> Any:
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8", errors="backslashreplace")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        chromium.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [theme, {"name": "prefers-reduced-motion", "value": "reduce"}]}
        )
        quiet()
        chromium.get("about:blank")
        chromium.get(path.as_uri())
        return chromium

    chromium.get("about:blank")
    chromium.get_log("browser")
    yield show
    quiet()
