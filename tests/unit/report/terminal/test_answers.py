"""The line that tells what the answers of a run hold."""

from __future__ import annotations

from collections.abc import Sequence

from strop.base.events import Edited, Event, Extracted, LmResponded
from strop.report.terminal.documents import answers_document
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
    return answers_document(run.answers)["sentence"]


def test_sentence_says_that_no_program_was_evaluated() -> None:
    assert sentence(arrived(0, 2), extracted(0, "a", "b")) == "2 answers: 2 not evaluated."


def test_sentence_is_empty_without_answers() -> None:
    assert sentence() == ""


def test_sentence_puts_each_answer_into_one_class() -> None:
    answers = sentence(
        arrived(0, 6), extracted(0, "a", "-", "!b", "!b", "a", "-"), arrived(1, 2), extracted(1, "a", "-")
    )
    assert answers == "8 answers: 5 failed (mostly no program), 3 not evaluated; 2 repetitions."


def test_sentence_is_in_the_singular_for_one() -> None:
    answers = sentence(arrived(0, 4), extracted(0, "a", "-", "!b", "a"), arrived(1))
    assert (
        answers == "5 answers: 2 failed (1 no program, 1 SyntaxError), 2 not evaluated, 1 not examined; 1 repetition."
    )


def test_program_repeats_another_only_within_its_improvement() -> None:
    assert sentence(extracted(0, "a"), extracted(0, "a", scope="t1/improve")) == "2 answers: 2 not evaluated."


def test_edits_that_do_not_fit_are_not_called_a_missing_program() -> None:
    given_up = Edited(scope="improve", call=0, index=1, form="blocks", outcome="given up", detail="")
    correction = [*arrived(1), Extracted(scope="improve", call=1, contents=(), programs=())]
    answers = sentence(arrived(0, 2), correction, given_up, extracted(0, "a", "-"))
    assert answers == "2 answers: 1 failed (edits that do not fit), 1 not evaluated."


def test_answers_of_a_call_that_was_cut_off_are_said_not_to_be_examined() -> None:
    assert (
        sentence(arrived(0, 2), extracted(0, "a", "b"), arrived(1, 2)) == "4 answers: 2 not evaluated, 2 not examined."
    )
