"""Notes of the audit are shown by rule, with their source: circumventions of the sandbox first."""

from __future__ import annotations

import io
from pathlib import Path

from strop.analysis.audit import RULES
from strop.analysis.audit.runtime import BUDGET_REFUSED
from strop.base.events import AuditNoted, Event
from strop.report.terminal.narration import Narration
from strop.report.terminal.run import print_trained
from strop.runs.results.parts import Noted, noted
from strop.runs.run_data import run_data
from strop.runs.train import trained_of
from strop.store import Stored
from support.tables import terminal


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
    assert f"audit notes {len(RULES) + 50}" in page.replace("\n", " ")


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
