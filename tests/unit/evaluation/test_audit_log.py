"""Notes on one program: told at once while there are few, counted where there are many."""

from __future__ import annotations

from contextlib import closing

from strop.base.events import AuditNoted, Event
from strop.evaluation.audit_log import AT_ONCE, AuditLog
from strop.sandbox.base import Returned, Violated


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    return [(event.rule, event.detail, event.times) for event in events if isinstance(event, AuditNoted)]


def test_note_is_recorded_at_once_with_its_program_and_scope() -> None:
    events: list[Event] = []
    AuditLog(events.append, "t1/improve", "the text").record("R004", "budget=9")
    assert events == [AuditNoted(scope="t1/improve", rule="R004", detail="budget=9", program="the text")]


def test_flood_of_notes_is_a_few_notes_and_one_count() -> None:
    events: list[Event] = []
    with closing(AuditLog(events.append, "", None)) as notes:
        for _ in range(5000):
            notes.record("R004", "budget=9")
    assert len(events) == AT_ONCE + 1
    assert told(events)[-1] == ("R004", f"budget=9 x{5000 - AT_ONCE}", 5000 - AT_ONCE)


def test_flood_of_different_notes_is_bounded_too() -> None:
    events: list[Event] = []
    with closing(AuditLog(events.append, "", None)) as notes:
        for number in range(5000):
            notes.record("R010", f"a{number}={'x' * 300}")
    rule, detail, times = told(events)[-1]
    assert (len(events), rule, times) == (AT_ONCE + 1, "R010", 5000 - AT_ONCE)
    assert detail.startswith("others x") and len(detail) <= 400


def test_refused_calls_are_one_count_at_the_end() -> None:
    events: list[Event] = []
    with closing(AuditLog(events.append, "", None)) as notes:
        for _ in range(46):
            notes.refused("lm_calls")
        notes.refused("utility_calls", 3)
        assert events == []
    assert told(events) == [("R002", "lm_calls x46, utility_calls x3", 49)]


def test_outcomes_are_summed_by_rule() -> None:
    events: list[Event] = []
    with closing(AuditLog(events.append, "", None)) as notes:
        notes.observe(Returned(1, denied={"execve": 2, "socket": 1}))
        notes.observe(Returned(1, denied={"execve": 1}))
        notes.observe(Violated("an unknown method: 'x'"))
        notes.observe(Returned(1))
    assert told(events) == [("R001", "socket", 1), ("R003", "an unknown method: 'x'", 1), ("R013", "execve x3", 3)]


def test_nothing_is_recorded_of_a_program_that_did_nothing() -> None:
    events: list[Event] = []
    with closing(AuditLog(events.append, "", "text")) as notes:
        notes.observe(Returned(1))
    assert events == []
