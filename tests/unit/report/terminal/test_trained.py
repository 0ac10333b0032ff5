"""The result of a run, from its events: as a document, in a few lines, and the notes of its audit by rule."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strop.analysis.audit import RULES
from strop.analysis.audit.runtime import BUDGET_REFUSED
from strop.base.as_document import as_document
from strop.base.errors import StoreError
from strop.base.events import AuditNoted, Event, IterationFinished, RunStarted, outlined
from strop.base.solution import digest_of
from strop.report.terminal.narration import Narration
from strop.report.terminal.run import print_trained
from strop.runs.meta import Meta
from strop.runs.results.parts import Noted, noted
from strop.runs.results.trained import Trained
from strop.runs.run_data import RunData, run_data
from strop.runs.train import iterations_of, trained_of
from strop.store import Stored
from support.tables import terminal

HERE = Path("runs/x")


def of(events: list[Stored[Event]]) -> Trained:
    return trained_of(run_data(events), HERE)


def test_result_of_a_run_holds_what_the_run_was_and_each_iteration(stored: list[Stored[Event]]) -> None:
    document = as_document(of(stored))
    told = {
        name: document[name]
        for name in ("directory", "kind", "tasks", "selection", "status", "detail", "file", "audit")
    }
    assert told == {
        "directory": "runs/x",
        "kind": "run",
        "tasks": ["lpn"],
        "selection": "gated",
        "status": "finished",
        "detail": "",
        "file": None,
        "audit": [{"rule": "R004", "title": RULES["R004"].title, "source": "guest", "unsandboxing": False, "times": 1}],
    }
    assert [iteration["t"] for iteration in document["iterations"]] == [0, 1]
    assert document["costs"]["total"]["lm_calls"] == sum(one["lm_calls"] for one in document["costs"]["roles"].values())


def test_iteration_has_means_with_errors_counts_and_the_digest(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    run = RunData(iterations=[outlined(make_iteration(1, True, (0.5, 0.75), (0.25,)))])
    document = as_document(iterations_of(run)[0])
    train, test = document.pop("train"), document.pop("test")
    assert (train["mean"], train["stderr"], train["values"]) == (0.625, 0.125, [0.5, 0.75])
    assert (test["mean"], test["stderr"], test["values"]) == (0.25, None, [0.25])
    low, high = train["interval"]
    assert 0 < low < 0.625 < high < 1
    assert document == {
        "t": 1,
        "accepted": True,
        "reason": "",
        "lm_calls": 5,
        "evaluations": 1001,
        "verdicts": {"ok": 900, "out of memory": 100},
        "seconds": 61.0,
        "improver": digest_of("I1"),
        "parent": None,
        "gate": None,
        "tasks": [],
        "search": None,
        "lm_calls_each": None,
        "evaluations_each": None,
    }


def test_iteration_that_was_not_measured_has_none_in_its_place(
    make_iteration: Callable[..., IterationFinished],
) -> None:
    (iteration,) = iterations_of(RunData(iterations=[make_iteration(1, False, (), ())]))
    assert (iteration.train, iteration.test) == (None, None)


def test_run_is_unfinished_when_it_is_not_over(stored: list[Stored[Event]]) -> None:
    assert of(stored[:-1]).status == "unfinished"


def test_run_is_unfinished_when_it_was_taken_up_again(stored: list[Stored[Event]]) -> None:
    again = [*stored, Stored(99, 0.0, RunStarted(scope="", spec={"task": "lpn"}, environment={}, posture={}))]
    assert of(again).status == "unfinished"


@pytest.mark.parametrize("spec", ["a text", [1], {"task": 3}, {"task": "lpn", "selection": None}])
def test_record_is_refused_where_its_configuration_is_damaged(spec: Any) -> None:
    begun = [Stored(1, 0.0, RunStarted(scope="", spec=spec, environment={}, posture={}))]
    with pytest.raises(StoreError, match="no valid configuration"):
        of(begun)  # type: ignore[arg-type]


def summary(events: list[Stored[Event]]) -> list[str]:
    console = terminal(io.StringIO())
    run = run_data(events)
    run.meta = Meta(model="offline")
    print_trained(trained_of(run, Path("runs/x")), console)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def test_summary_has_a_line_for_each_iteration_and_the_conclusion_in_one_screen(stored: list[Stored[Event]]) -> None:
    told = summary(stored)
    starts = ["STOP on lpn", "model: offline; a stand-in answered", "t = 1 ", "2 LM calls", "more: strop show"]
    assert told[0].startswith(("Better", "No "))
    assert [sum(line.startswith(start) for line in told) for start in starts] == [1] * len(starts)
    assert len(told) <= 16 and max(map(len, told)) <= 80


def test_summary_says_what_the_audit_noted_but_not_that_a_budget_was_asked_for_too_often(
    stored: list[Stored[Event]],
) -> None:
    often, serious = (AuditNoted(scope="t1", rule=rule, detail="x") for rule in ("R002", "R013"))
    told = " ".join(summary([*stored[:-1], Stored(8, 0.0, often), Stored(9, 0.0, serious), stored[-1]]))
    assert "R013 starts another program" in told and "R002" not in told


def note(rule: str, times: int = 1) -> Stored[Event]:
    return Stored(1, 0.0, AuditNoted(scope="t1/improve", rule=rule, detail="a detail", times=times))


def shown(*notes: Stored[Event]) -> str:
    console = terminal(io.StringIO())
    print_trained(trained_of(run_data(notes), Path("runs/x")), console, full=True)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_rules_are_in_order_of_weight() -> None:
    rows = noted({"R004": 3, "R013": 1, "R002": 50, "R005": 2, "R008": 0})
    assert [(row.rule, row.unsandboxing, row.times) for row in rows] == [
        ("R005", True, 2),
        ("R013", True, 1),
        ("R002", False, 50),
        ("R004", False, 3),
    ]


def test_rule_of_another_version_is_shown_by_its_word() -> None:
    row = Noted(rule="utility_arguments", title="", source="", unsandboxing=False, times=4)
    assert noted({"utility_arguments": 4}) == [row]
    assert "utility_arguments" in shown(note("utility_arguments"))


def test_run_table_counts_notes_by_rule_in_80_columns() -> None:
    page = shown(note("R002", 46), note("R005"), note("R005", 2), note("R013"), *[note(rule) for rule in RULES])
    assert max(map(len, page.splitlines())) <= 80
    (line,) = [line for line in page.splitlines() if line.startswith("R005")]
    assert line.split()[1:3] == ["asks", "for"] and "unsandboxing" in line
    assert line.split()[-2:] == ["guest", "4"]
    (line,) = [line for line in page.splitlines() if line.startswith("R002")]
    assert line.split()[-2:] == ["host", "47"]
    assert f"audit notes at run time {len(RULES) + 50}" in page.replace("\n", " ")


def test_run_table_says_nothing_of_the_audit_where_nothing_was_noted() -> None:
    assert "source" not in shown()


def test_result_of_a_run_counts_times() -> None:
    trained = trained_of(run_data([note("R013", 3), note("R013")]), Path("x"))
    kernel = Noted(rule="R013", title="starts another program", source="kernel", unsandboxing=True, times=4)
    assert trained.audit == (kernel,)


def test_line_of_a_note_says_what_the_rule_means() -> None:
    event = AuditNoted(scope="t1/improve", rule="R013", detail="execve x3", times=3, program="x")
    line = "audit note: R013 starts another program, 3 times, at t1/improve: execve x3"
    assert Narration().line(event) == line


def test_asking_for_more_than_the_budget_gets_no_line() -> None:
    assert Narration().line(AuditNoted(scope="t1", rule=BUDGET_REFUSED, detail="x")) is None
