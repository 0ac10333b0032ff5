"""Sites of strop view, and Chromium where it is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.viewed import Served, served

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1440,1000",
)


@pytest.fixture
def watched() -> Iterator[Callable[..., Served]]:
    """Serve a directory: `watched(directory, folder=…)`."""
    with ExitStack() as stack:
        yield lambda directory, **how: stack.enter_context(served(directory, **how))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Start a browser with a profile of its own: `browser()`."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("chromium and chromedriver are not installed")
    started: list[Any] = []

    def start() -> Any:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={tmp_path / f'profile-{len(started)}'}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(executable_path=driver)
        started.append(webdriver.Chrome(options=options, service=service))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            each.quit()
