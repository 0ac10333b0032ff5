"""Sites of strop view, and Chromium where it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import start_chromium
from support.viewed import Served, served


@pytest.fixture
def watched() -> Iterator[Callable[..., Served]]:
    """Serve a directory: `watched(directory, folder=…)`."""
    with ExitStack() as stack:
        yield lambda directory, **how: stack.enter_context(served(directory, **how))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Start a browser: `browser()`."""
    started: list[Any] = []

    def start() -> Any:
        started.append(start_chromium(tmp_path / f"profile-{len(started)}"))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            each.quit()
