"""A run as a tree of spans."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest

from strop.base.events import (
    AuditNoted,
    Compared,
    Event,
    ImproveFinished,
    ImproveStarted,
    IterationStarted,
    LmFault,
    RunFinished,
)
from strop.report.tracking.spans import MOST_NOTES, Span, Spans
from strop.store import Stored
from support.tracked import CALLED, EVALUATED, FINISHED, ITERATED, RESPONDED, RESUMED, STARTED, TEXTS

ITERATION = IterationStarted(scope="t0", t=0, improver="a program")
IMPROVE = ImproveStarted(scope="t0/measure/copy0", improver="a program", initial_solution="a program", utility="lpn")
IMPROVED = ImproveFinished(
    scope="t0/measure/copy0",
    outcome="timeout",
    detail="quoted",
    solution=None,
    utility_calls=1,
    lm_calls=1,
    cpu_seconds=0.1,
    wall_seconds=0.2,
)
WHOLE: list[Event] = [STARTED, ITERATION, IMPROVE, CALLED, RESPONDED, IMPROVED, EVALUATED, ITERATED, FINISHED]
KILLED: list[Event] = [STARTED, ITERATION, IMPROVE, CALLED, RESUMED, RESPONDED, IMPROVED, ITERATED, FINISHED]
BEGUN = 1000.0


def spans_of(events: Iterable[Event], content: bool = False) -> list[Span]:
    """Event number n is at second n."""
    made = Spans({"kind": "run", "task": "lpn"}, content=content)
    return [span for n, event in enumerate(events) for span in made.add(Stored(n + 1, BEGUN + n, event))]


def by_name(spans: list[Span]) -> dict[str, Span]:
    return {span.name: span for span in spans}


def test_run_is_one_tree_of_spans_with_the_times_of_its_events() -> None:
    spans = spans_of(WHOLE)
    found = {span.name: (span.start - BEGUN, span.end - BEGUN) for span in spans}
    assert found == {
        "chat gpt-4": (2.0, 4.0),
        "improve lpn": (2.0, 5.0),
        "evaluate lpn": (5.5, 6.0),
        "iteration 0": (1.0, 7.0),
        "strop run": (0.0, 8.0),
    }
    named = {span.id: span.name for span in spans} | {None: ""}
    assert {span.name: named[span.parent] for span in spans} == {
        "chat gpt-4": "improve lpn",
        "improve lpn": "iteration 0",
        "evaluate lpn": "iteration 0",
        "iteration 0": "strop run",
        "strop run": "",
    }


def test_response_has_the_attributes_of_the_genai_conventions() -> None:
    chat = by_name(spans_of(WHOLE))["chat gpt-4"]
    assert chat.kind == "client"
    assert {name: value for name, value in chat.attributes.items() if not name.startswith("strop.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 64,
        "gen_ai.request.seed": 7,
        "gen_ai.response.model": "gpt-4-0613",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "server.address": "127.0.0.1",
        "server.port": 8000,
    }
    assert chat.attributes["strop.cost_dollars"] == pytest.approx(0.003)


def test_answer_given_again_has_no_usage() -> None:
    again = dataclasses.replace(RESPONDED, again=True)
    (chat,) = spans_of([STARTED, CALLED, again])
    assert not any("usage" in name or "cost" in name for name in chat.attributes)
    assert chat.attributes["strop.again"] is True


@pytest.mark.parametrize("content", [True, False])
def test_texts_are_in_spans_only_when_content_is_allowed(content: bool) -> None:
    text = repr(spans_of(WHOLE, content))
    found = {each for each in TEXTS if each in text}
    assert found == ({"You code.", "a prompt", "an answer", "a thought", "quoted"} if content else set())


def test_what_failed_says_why_in_one_word() -> None:
    found = {span.name: span.error for span in spans_of(WHOLE)}
    assert found == {
        "chat gpt-4": "",
        "improve lpn": "timeout",
        "evaluate lpn": "raised",
        "iteration 0": "",
        "strop run": "",
    }


def test_interrupted_run_ends_everything_that_is_open_with_it() -> None:
    stopped = RunFinished(scope="", status="interrupted", detail="SIGINT")
    spans = spans_of([STARTED, ITERATION, IMPROVE, stopped])
    assert [(span.name, span.end - BEGUN, span.error) for span in spans] == [
        ("improve lpn", 3.0, "interrupted"),
        ("iteration 0", 3.0, "interrupted"),
        ("strop run", 3.0, "interrupted"),
    ]


def test_killed_run_ends_at_its_last_event_and_what_follows_is_a_second_tree_of_the_same_trace() -> None:
    spans = spans_of(KILLED)
    assert [(span.name, span.end - BEGUN) for span in spans if span.error == "killed"] == [
        ("improve lpn", 3.0),
        ("iteration 0", 3.0),
        ("strop run", 3.0),
    ]
    second = spans[-1]
    assert (second.name, second.start - BEGUN, second.attributes["strop.resumed"]) == ("strop run", 4.0, True)
    known = {span.id for span in spans} | {None}
    assert {span.parent for span in spans} <= known
    assert len({span.id for span in spans}) == len(spans)


def test_ids_are_the_same_when_the_record_is_read_again_and_others_for_another_run() -> None:
    assert spans_of(WHOLE) == spans_of(WHOLE)
    other = dataclasses.replace(STARTED, spec={"model": "offline"})
    assert not {span.id for span in spans_of(WHOLE)} & {span.id for span in spans_of([other, *WHOLE[1:]])}


def test_faults_that_were_survived_are_notes_of_the_response_and_others_are_failed_responses() -> None:
    survived = LmFault(
        scope=CALLED.scope, call=0, index=0, fault="rate_limited", detail="quoted", attempt=1, waited_seconds=1.0
    )
    lost = dataclasses.replace(survived, index=-1, fault="timeout")
    chat, failed = spans_of([STARTED, CALLED, survived, RESPONDED, lost])
    assert [(note.name, note.attributes["error.type"]) for note in chat.notes] == [("fault", "rate_limited")]
    assert (failed.name, failed.kind, failed.error) == ("chat gpt-4", "client", "timeout")


def test_comparisons_and_audit_notes_stand_on_the_span_around_them_and_are_bounded() -> None:
    note = AuditNoted(scope=IMPROVE.scope, rule="R002", detail="quoted")
    compared = Compared(
        scope="t0/gate",
        t=0,
        incumbent="a program",
        candidate="a program",
        differences=(0.1,),
        pairs=1,
        most=60,
        e_value=1.5,
        threshold=20.0,
        interval=(-1.0, 1.0),
        accepted=False,
        lm_calls=0,
        evaluations=0,
    )
    events = [STARTED, ITERATION, IMPROVE, *[note] * (MOST_NOTES + 5), IMPROVED, compared, ITERATED, FINISHED]
    found = by_name(spans_of(events))
    assert len(found["improve lpn"].notes) == MOST_NOTES
    assert [each.name for each in found["iteration 0"].notes] == ["compared"]
