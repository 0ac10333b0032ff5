from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from strop.base.events import Evaluated, Event, ImproveStarted, IterationFinished, outlined
from strop.base.solution import digest_of
from strop.report.terminal.run import print_lineage
from strop.runs.run_data import RunData
from support.tables import terminal


def name(text: str) -> str:
    return digest_of(text)[:12]


@pytest.fixture
def history(make_iteration: Callable[..., IterationFinished], make_evaluated: Callable[..., Evaluated]) -> list[Event]:
    """I_0; at t = 1 A is evaluated, and B is accepted; at t = 2 C is rejected, and a text that is none fails."""

    def tried(t: int, text: str | None, verdict: str = "ok") -> Evaluated:
        return make_evaluated(f"t{t}/improve/u-{text}#0", "self-improvement", text, (0.5, 0.7), verdict)

    def began(t: int, text: str) -> ImproveStarted:
        return ImproveStarted(scope=f"t{t}/improve", improver=text, initial_solution=text, utility="self-improvement")

    end = make_iteration(0, False, (0.5, 0.6), (0.5, 0.6))
    return [
        replace(end, improver="I0"),
        began(1, "I0"),
        tried(1, "A"),
        tried(1, "B"),
        replace(end, t=1, improver="B", candidate="B", accepted=True, parent=0),
        began(2, "B"),
        tried(2, "C"),
        tried(2, None, "malformed"),
        replace(end, t=2, improver="B", candidate="C", accepted=False, parent=1),
    ]


def seen(events: list[Event]) -> RunData:
    run = RunData()
    for event in events:
        run.add(outlined(event))
    return run


def lines(events: list[Event]) -> list[str]:
    file = io.StringIO()
    print_lineage(seen(events), Console(file=file, width=80))
    return [line.rpartition(",")[0] if "," in line else line for line in file.getvalue().splitlines()[1:-1]]


def test_tree_has_each_improver_below_the_one_that_made_it_and_says_what_became_of_it(history: list[Event]) -> None:
    assert lines(history) == [
        f"I_0 {name('I0')}: seed",
        f"├── t = 1 {name('A')}: evaluated",
        f"└── I_1..I_2 {name('B')}: accepted",
        f"    ├── t = 2 {name('C')}: rejected",
        "    └── t = 2 none: malformed",
    ]


def test_tree_has_an_older_parent_when_an_older_improver_improved_itself(history: list[Event]) -> None:
    again = ImproveStarted(scope="t2/improve", improver="I0", initial_solution="I0", utility="self-improvement")
    assert f"├── t = 2 {name('C')}: rejected" in lines([*history[:5], again, *history[6:]])


def test_tree_is_ascii_when_the_console_can_write_nothing_else(history: list[Event]) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), "ascii")
    print_lineage(seen(history), terminal(stream))
    stream.seek(0)
    assert f"`-- I_1..I_2 {name('B')}: accepted" in stream.read()


def test_tree_is_nothing_when_nothing_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    print_lineage(RunData(), Console())
    assert capsys.readouterr().out == ""
