"""The live view on a real pseudo-terminal."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

import pytest
from rich.text import Text

from strop.report.terminal.display import Display


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_display_goes_on_when_the_terminal_is_closed() -> None:
    ours, theirs = os.openpty()
    stream, drawn = os.fdopen(theirs, "w"), threading.Semaphore(0)

    def render() -> Text:
        drawn.release()
        return Text("a picture")

    with Display(stream, render) as display:
        assert all(drawn.acquire(timeout=60) for _ in range(2)), "the first picture is on the terminal"
        assert b"a picture" in os.read(ours, 65536)
        os.close(ours)
        for number in range(100):
            display.say(str(number))
    with pytest.raises(OSError):
        stream.write("nobody is there")
        stream.flush()
    with suppress(OSError):
        stream.close()
