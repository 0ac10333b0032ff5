"""The static audit runs over every program of a run, once, before the event that brings it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from strop.analysis.audit.notes import notes_on
from strop.base.events import AuditNoted, Evaluated, Event, ImproveStarted, RunFinished
from strop.runs.context import Auditor
from strop.store import Store
from support import records

UNSANDBOXED = "def improve_algorithm(s, utility, l):\n    utility(s, use_sandbox=False)\n    return s\n"


def started(improver: str, scope: str = "t1/improve") -> ImproveStarted:
    return ImproveStarted(scope=scope, improver=improver, initial_solution="exec(", utility="lpn")


def evaluated(solution: str | None) -> Evaluated:
    return records.evaluated(solution, 1.0, "t1/improve/u-1#0")


def literal_notes(events: list[Event]) -> list[AuditNoted]:
    return [event for event in events if isinstance(event, AuditNoted) and event.rule == "S900"]


def test_what_is_found_in_a_program_is_recorded_before_the_event_that_brings_it() -> None:
    for event in [started(UNSANDBOXED), evaluated(UNSANDBOXED)]:
        events: list[Event] = []
        Auditor(events.append)(event)
        assert events[-1] is event, event
        notes = [each for each in events[:-1] if isinstance(each, AuditNoted)]
        assert len(notes) == len(events) - 1, event
        assert {(note.scope, note.program) for note in notes} == {(event.scope, UNSANDBOXED)}, event
        assert ("S001", 2) in [(note.rule, note.line) for note in notes], event
        assert [(note.detail, note.line) for note in literal_notes(events)] == [("use_sandbox=False", 2)], event


def test_program_is_judged_once_however_often_it_comes() -> None:
    events: list[Event] = []
    auditor = Auditor(events.append)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(auditor, [started(UNSANDBOXED), evaluated(UNSANDBOXED)] * 50))
    assert len(literal_notes(events)) == 1
    assert len(events) == 100 + len([event for event in events if isinstance(event, AuditNoted)])


def test_event_without_a_program_to_judge_goes_on_alone() -> None:
    for event in [
        RunFinished(scope="", status="finished"),
        evaluated(None),
        started("def f(: use_sandbox"),
        started("x = 1"),
    ]:
        events: list[Event] = []
        Auditor(events.append)(event)
        assert events == [event], event


def test_note_names_the_first_place_of_the_literal_rule() -> None:
    [note] = [each for each in notes_on("a = 1\n# exec(\nuse_sandbox=False\n", "t1") if each.rule == "S900"]
    assert (note.detail, note.line) == ("exec(", 2)


def test_notes_of_programs_are_kept_and_found_by_their_text(tmp_path: Path) -> None:
    with Store.create(tmp_path / "run", {}) as store:
        Auditor(lambda event: [store.append(event), None][1])(evaluated(UNSANDBOXED))
        kept = [stored.event for stored in store.events(AuditNoted)]
    assert kept == notes_on(UNSANDBOXED, "t1/improve/u-1#0")


LONG_PATHS = [
    "import a" + ".a" * 99_000,
    "from a" + " . \\\n a" * 200 + " import b",
    "import a\u0301" + ".a\u0301" * 300,
]


def test_program_is_not_parsed_when_it_imports_a_module_of_a_thousand_parts() -> None:
    """Parsing the first takes CPython 10 GiB: `strop` would be killed by a candidate that never runs."""
    for program in LONG_PATHS:
        assert [(note.rule, note.detail) for note in notes_on(program, "t1")] == [
            ("S000", "a dotted name of more than 100 parts")
        ], program


@pytest.mark.heavy
def test_program_that_may_run_and_cannot_be_audited_is_told_as_such() -> None:
    for program in ["x = 1\n" * 40_000, "x = 1  # " + "a" * 200_000]:
        assert [note.rule for note in notes_on(program, "t1")] == ["S000"], program


def test_text_that_cannot_run_is_passed_over() -> None:
    for program in ["def f(:", "x = 1\0", "x = '\ud800'", ""]:
        assert notes_on(program, "t1") == [], program


@pytest.mark.heavy
def test_long_text_without_a_long_path_is_no_reason_to_refuse_it() -> None:
    for text in ["a" * 200_000, "1." * 100_000, "a " * 100_000, ("a" + ".a" * 99 + " ") * 1000]:
        details = [note.detail for note in notes_on(f"'''{text[:199_000]}'''", "t1")]
        assert "a dotted name of more than 100 parts" not in details, text
