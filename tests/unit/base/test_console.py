"""What is said on standard error."""

from __future__ import annotations

import io
import os

import pytest

from strop.base.console import notify
from support.rows import table


@table("closed", [True, False])
def test_nothing_fails_when_nobody_can_hear_it(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with io.FileIO(write_end, "w") as raw:
        stream = io.TextIOWrapper(raw, write_through=True)
        monkeypatch.setattr("sys.stderr", stream)
        if closed:
            stream.close()
        notify("one thing")
        monkeypatch.undo()
        if not closed:
            stream.detach()
