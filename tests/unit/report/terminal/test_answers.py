"""The line that tells what the answers of a run hold."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.events import Edited, Evaluated, Event, Extracted, LmFault, LmResponded
from strop.runs.results.parts import counted_answers
from strop.runs.run_data import RunData


def arrived(call: int, n: int = 1, scope: str = "improve") -> list[Event]:
    facts = {"model": "m", "finish_reason": "stop", "input_tokens": None, "output_tokens": None, "seconds": 0.1}
    return [LmResponded(scope=scope, call=call, index=index, text="", **facts) for index in range(n)]  # type: ignore[arg-type]


def extracted(call: int, *programs: str, scope: str = "improve") -> Extracted:
    """Of programs by name: `-` is none, and one that begins with `!` does not compile."""
    words = {"-": "no program", "!": "does not compile"}
    contents = tuple(words.get(name[0], "program") for name in programs)
    return Extracted(scope=scope, call=call, contents=contents, programs=tuple(name.strip("-") for name in programs))


def sentence(*events: Event | Sequence[Event]) -> str:
    run = RunData()
    for group in events:
        for event in [group] if isinstance(group, Event) else group:
            run.add(event)
    return counted_answers(run.answers).sentence


def evaluated(*ends: tuple[str, str, str]) -> list[Event]:
    """Evaluations of programs by (name, verdict, error)."""
    facts = {
        "utility": "u",
        "split": "train",
        "value": 0.5,
        "scores": (),
        "verdicts": (),
        "cpu_seconds": 0.1,
        "wall_seconds": 0.1,
    }
    return [
        Evaluated(scope=f"improve/u-{name}", solution=name, verdict=verdict, error=error, **facts)  # type: ignore[arg-type]
        for name, verdict, error in ends
    ]


def ok(*names: str) -> list[Event]:
    return evaluated(*((name, "ok", "") for name in names))


def test_sentence_only_counts_when_every_answer_ran() -> None:
    assert sentence(arrived(0, 2), extracted(0, "a", "b"), ok("a", "b")) == "2 responses: 2 ran."


def test_sentence_is_empty_without_answers() -> None:
    assert sentence() == ""


def test_sentence_says_how_many_answers_failed_and_why_most_of_them_did() -> None:
    errors = [(name, "raised", "instance 0: UnboundLocalError: cannot access local variable 'x'") for name in "cdef"]
    ends = evaluated(*errors, ("g", "timeout", "instance 3: CPU time limit"))
    answers = sentence(arrived(0, 8), extracted(0, *"abcdefg", "!h"), ok("a", "b"), ends)
    assert answers == "8 responses: 2 ran, 6 failed (mostly UnboundLocalError)."


def test_sentence_names_the_kinds_of_failures_where_none_is_most() -> None:
    ends = evaluated(("a", "timeout", ""), ("b", "malformed", "2 items, not 3"))
    answers = sentence(extracted(0, "a", "b", "-", "!d"), ends)
    assert answers == "4 responses: 4 failed (1 SyntaxError, 1 malformed, 1 no program, …)."


def test_repeated_answer_ends_as_the_program_that_it_repeats() -> None:
    answers = sentence(arrived(0, 4), extracted(0, "a", "-", "!b", "a"), ok("a"), arrived(1))
    assert answers == "5 responses: 2 ran, 2 failed (1 SyntaxError, 1 no program), 1 not examined; 1 repetition."


def test_answer_whose_program_was_not_evaluated_is_counted_as_such() -> None:
    assert sentence(extracted(0, "a", "b"), ok("b")) == "2 responses: 1 ran, 1 not evaluated."


def test_program_repeats_another_only_within_its_improvement() -> None:
    assert sentence(extracted(0, "a"), extracted(0, "a", scope="t1/improve"), ok("a")) == "2 responses: 2 ran."


def test_edits_that_do_not_fit_are_not_called_a_missing_program() -> None:
    failed = Edited(scope="improve", call=0, index=1, outcome="failed", detail="")
    answers = sentence(arrived(0, 2), failed, extracted(0, "a", "-"), ok("a"))
    assert answers == "2 responses: 1 ran, 1 failed (edits that do not fit)."


def test_answers_of_a_call_that_was_cut_off_are_said_not_to_be_examined() -> None:
    assert sentence(arrived(0, 2), extracted(0, "a", "b"), ok("a", "b"), arrived(1, 2)) == (
        "4 responses: 2 ran, 2 not examined."
    )


def test_empty_answer_is_told_by_what_the_server_said_in_its_place() -> None:
    said = LmFault(scope="improve", call=0, index=1, fault="empty", detail="refused: I cannot help.", attempt=1)
    answers = sentence(said, arrived(0, 2), extracted(0, "a", "-"), ok("a"))
    assert answers == "2 responses: 1 ran, 1 failed (refused: I cannot help.)."
