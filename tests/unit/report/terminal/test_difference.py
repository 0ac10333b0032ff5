from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from strop.base.unified_diff import COMPARED, changed_lines, unified
from strop.report.terminal.difference import print_diff

BEFORE = "".join(f"line {number}\n" for number in range(20))
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]m[/]\u202e\ud800\x00\r|\u2028end"


def printed(before: str, after: str, *, terminal: bool = True) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    console = Console(file=stream, width=80, force_terminal=terminal, no_color=True, highlight=False)
    print_diff(unified(before, after, "improver.py"), console)
    stream.seek(0)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.read())  # bold and dim are not colours


@pytest.mark.parametrize("text", [HOSTILE, "x" * 5000 + "\n", "\twide 漢字 " * 40], ids=["hostile", "long", "cells"])
def test_difference_shows_any_text_and_obeys_nothing_of_it(text: str) -> None:
    shown = printed(BEFORE, BEFORE + text)
    assert not set(shown) & {"\x1b", "\x07", "\x00", "\u202e", "\r", "\u2028"}


def test_difference_shows_line_ends_when_only_they_differ() -> None:
    shown = printed("a\n", "a\r\n", terminal=False)
    assert shown.endswith("@@ -1 +1 @@\n-a\n+a\\r\n")


def test_diff_is_bounded_when_texts_are_long_and_alike() -> None:
    before = "".join(["same\n", *["x\n", "y\n"] * 3 * COMPARED, "end\n"])
    after = "".join(["same\n", *["y\n", "x\n"] * 3 * COMPARED, "end\n"])
    assert changed_lines({"f": before}, {"f": after}) == {"f": (6 * COMPARED, 6 * COMPARED)}
    assert len(unified(before, after, "f").splitlines()) == 3 + 2 + 12 * COMPARED
