from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from strop.analysis.search import Search
from strop.base.as_document import to_json
from strop.base.solution import digest_of
from strop.report.terminal.difference import (
    COMPARED,
    aligned,
    change_in_words,
    change_of,
    difference_of,
    ends_of,
    hunks,
    lines_of,
    print_difference,
)
from strop.report.terminal.sides import NamedProgram

BEFORE = "".join(f"line {number}\n" for number in range(20))
AFTER = BEFORE.replace("line 9\n", "line nine\n").replace("line 15\n", "")
HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]m[/]\u202e\ud800\x00\r|\u2028end"


def side(
    text: str, *, test: tuple[float, ...] = (), train: tuple[float, ...] = (), path: str = "improver.py"
) -> NamedProgram:
    return NamedProgram(
        "I_1", digest_of(text), text, {path: text}, train=train, test=test, search=Search("An idea.", None)
    )


def printed(
    a: NamedProgram, b: NamedProgram, width: int = 80, *, terminal: bool = True, encoding: str = "utf-8"
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding, newline="")
    console = Console(file=stream, width=width, force_terminal=terminal, no_color=True, highlight=False)
    print_difference(difference_of(a, b, Path("runs/x")), console)
    stream.seek(0)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.read())  # bold and dim are not colours


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_difference_is_unified_with_context_when_there_is_no_room_beside() -> None:
    lines = printed(side(BEFORE), side(AFTER), terminal=False).splitlines()
    assert lines[4] == "1 line added, 2 removed"
    assert lines[6:] == [
        "@@ -7,13 +7,12 @@",
        *(f" line {number}" for number in (6, 7, 8)),
        "-line 9",
        "+line nine",
        *(f" line {number}" for number in (10, 11, 12, 13, 14)),
        "-line 15",
        *(f" line {number}" for number in (16, 17, 18)),
    ]


def test_difference_is_side_by_side_when_the_terminal_is_wide() -> None:
    lines = [" ".join(line.split()) for line in printed(side(BEFORE), side(AFTER), 120).splitlines()]
    assert "10 - line 9 │ 10 + line nine" in lines and "16 - line 15 │" in lines and "17 line 16 │ 16 line 16" in lines


@pytest.mark.parametrize("width", [40, 80, 120, 121, 160])
@pytest.mark.parametrize("text", [HOSTILE, "x" * 5000 + "\n", "\twide 漢字 " * 40], ids=["hostile", "long", "cells"])
def test_difference_shows_any_text_within_the_terminal_and_obeys_nothing_of_it(text: str, width: int) -> None:
    shown = printed(side(BEFORE), side(BEFORE + text), width)
    assert not set(shown) & {"\x1b", "\x07", "\x00", "\u202e", "\r", "\u2028"}
    assert max((cell_len(line) for line in shown.split("\n") if " │ " in line), default=0) <= width


def test_difference_shows_markup_and_escapes_as_text() -> None:
    shown = printed(side("a\n"), side(HOSTILE), terminal=False)
    assert r"+\x1b[2J\x1b]0;owned\x07[bold red]m[/]\u202e\ud800\x00\r|" in shown


def test_difference_fits_the_encoding_of_the_console() -> None:
    assert "|" in printed(side(BEFORE), side(AFTER), 120, encoding="ascii")


def test_difference_says_so_when_only_line_ends_differ() -> None:
    crlf = BEFORE.replace("\n", "\r\n")
    shown = printed(side(BEFORE), side(crlf), terminal=False)
    assert "0 lines added, 0 removed" in shown and "line ends: LF before, CRLF after" in shown and "@@" not in shown


def test_difference_says_so_when_both_are_the_same_program() -> None:
    shown = printed(side(BEFORE, test=(0.5, 0.6)), side(BEFORE, test=(0.5, 0.6)))
    assert shown.endswith("both are the same program\n") and "score" not in shown


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (side("a", test=(0.5, 0.6)), side("b", test=(0.7, 0.8)), "+0.200 on the test split (95% interval -0.834"),
        (side("a", train=(0.5, 0.6), test=(0.1, 0.2)), side("b", train=(0.7, 0.8)), "+0.200 in training"),
        (side("a", test=(0.5,)), side("b", test=(0.75,)), "+0.250 on the test split (95% interval -0.974"),
        (side("a"), side("b"), ""),
    ],
    ids=["sealed", "candidate", "one copy", "unmeasured"],
)
def test_change_in_score_says_where_it_was_seen_and_how_sure_it_is(
    a: NamedProgram, b: NamedProgram, words: str
) -> None:
    assert change_in_words(change_of(a, b)).startswith(words)


def test_document_holds_the_whole_diff_and_is_json_whatever_the_text_is() -> None:
    document = json.loads(to_json(difference_of(side("a\n"), side(HOSTILE), Path("r"))))
    assert document["diff"].endswith(f"+{HOSTILE}\n\\ No newline at end of file\n") and document["a"]["search"]["idea"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no newline"),
        ("a", "no newline"),
        ("a\n", "LF"),
        ("a\r\nb\r\n", "CRLF"),
        ("a\r\nb\n", "CRLF and LF"),
        ("a\nb", "LF, no newline at the end"),
    ],
)
def test_line_ends_are_told_in_words(text: str, words: str) -> None:
    assert ends_of(text) == words


def test_alignment_holds_every_line_of_both_once_in_order() -> None:
    before, after = lines_of(BEFORE), lines_of(AFTER)
    pairs = aligned(before, after)
    assert [pair.before for pair in pairs if pair.before is not None] == list(range(20))
    assert [pair.after for pair in pairs if pair.after is not None] == list(range(19))
    assert all(before[pair.before or 0] == after[pair.after or 0] for pair in pairs if pair.equal)


def test_alignment_is_bounded_when_texts_are_long_and_alike() -> None:
    before, after = ["same", *["x", "y"] * 3 * COMPARED, "end"], ["same", *["y", "x"] * 3 * COMPARED, "end"]
    pairs = aligned(before, after)
    assert [pair.equal for pair in pairs] == [True, *[False] * 6 * COMPARED, True]


def test_hunks_are_one_when_they_come_near_each_other() -> None:
    assert [len(hunk) for hunk in hunks(aligned(list("abcdefghijklmnopqrst"), list("aXcdefgYijklmnopqrsZ")))] == [11, 4]
