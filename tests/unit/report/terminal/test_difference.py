from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from strop.analysis.search import Search
from strop.base.solution import digest_of
from strop.base.unified_diff import COMPARED, changed_lines, unified
from strop.report.terminal.difference import print_difference
from strop.runs.results.program_difference import NamedProgram, ProgramDifference, change_in_words, change_of

BEFORE = "".join(f"line {number}\n" for number in range(20))
AFTER = BEFORE.replace("line 9\n", "line nine\n").replace("line 15\n", "")
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]m[/]\u202e\ud800\x00\r|\u2028end"


def side(
    text: str, *, test: tuple[float, ...] = (), train: tuple[float, ...] = (), path: str = "improver.py"
) -> NamedProgram:
    return NamedProgram(
        "I_1", digest_of(text), text, {path: text}, train=train, test=test, search=Search("An idea.", None)
    )


def difference_of(a: NamedProgram, b: NamedProgram) -> ProgramDifference:
    return ProgramDifference(directory=Path("r"), a=a, b=b, sentence=change_in_words(change_of(a, b)))


def printed(
    a: NamedProgram, b: NamedProgram, width: int = 80, *, terminal: bool = True, encoding: str = "utf-8"
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="")
    console = Console(file=stream, width=width, force_terminal=terminal, no_color=True, highlight=False)
    print_difference(difference_of(a, b), console)
    stream.seek(0)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.read())  # bold and dim are not colours


@pytest.mark.parametrize("text", [HOSTILE, "x" * 5000 + "\n", "\twide 漢字 " * 40], ids=["hostile", "long", "cells"])
def test_difference_shows_any_text_and_obeys_nothing_of_it(text: str) -> None:
    shown = printed(side(BEFORE), side(BEFORE + text))
    assert not set(shown) & {"\x1b", "\x07", "\x00", "\u202e", "\r", "\u2028"}


def test_difference_shows_line_ends_when_only_they_differ() -> None:
    shown = printed(side("a\n"), side("a\r\n"), terminal=False)
    assert "1 line added, 1 removed" in shown and shown.endswith("@@ -1 +1 @@\n-a\n+a\\r\n")


def test_diff_is_bounded_when_texts_are_long_and_alike() -> None:
    before = "".join(["same\n", *["x\n", "y\n"] * 3 * COMPARED, "end\n"])
    after = "".join(["same\n", *["y\n", "x\n"] * 3 * COMPARED, "end\n"])
    assert changed_lines({"f": before}, {"f": after}) == {"f": (6 * COMPARED, 6 * COMPARED)}
    assert len(unified(before, after, "f").splitlines()) == 3 + 2 + 12 * COMPARED
