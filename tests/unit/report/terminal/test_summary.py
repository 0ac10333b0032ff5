"""The few lines about a run."""

from __future__ import annotations

import io
from pathlib import Path

from strop.base.events import AuditNoted, Event
from strop.report.terminal.run import print_trained
from strop.runs.run_data import run_data
from strop.runs.train import trained_of
from strop.store import Stored
from support.tables import terminal


def summary(events: list[Stored[Event]]) -> list[str]:
    console = terminal(io.StringIO())
    run = run_data(events)
    run.meta = {**run.meta, "language_model": "offline"}
    print_trained(trained_of(run, Path("runs/x")), console)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def test_summary_has_a_line_for_each_iteration_and_the_conclusion_in_one_screen(stored: list[Stored[Event]]) -> None:
    told = summary(stored)
    starts = ["STOP on lpn", "offline: a built-in stand-in", "t = 0 ", "t = 1 ", "2 LM calls", "more: strop show"]
    assert [sum(line.startswith(start) for line in told) for start in starts] == [1] * len(starts)
    assert len(told) <= 16 and max(map(len, told)) <= 80


def test_summary_says_what_the_audit_noted_but_not_that_a_budget_was_asked_for_too_often(
    stored: list[Stored[Event]],
) -> None:
    often, serious = (AuditNoted(scope="t1", rule=rule, detail="x") for rule in ("R002", "R013"))
    told = " ".join(summary([*stored[:-1], Stored(8, 0.0, often), Stored(9, 0.0, serious), stored[-1]]))
    assert "R013 starts another program" in told and "R002" not in told
