"""What an improver did with its budget, in words."""

from __future__ import annotations

from strop.base.results import Evaluation
from strop.core.course import MOST_KINDS, MOST_STEPS, Course


def scored(value: float) -> Evaluation:
    return Evaluation(value=value, verdict="ok")


def failed(error: str, verdict: str = "raised") -> Evaluation:
    return Evaluation(value=0.0, verdict=verdict, error=error)  # type: ignore[arg-type]


def test_course_says_the_best_score_after_each_call_and_how_programs_failed() -> None:
    course = Course()
    course.scored(course.calls, scored(0.5))
    for values in ((0.4, 0.61), (), (0.3,)):
        course.called()
        for value in values:
            course.scored(course.calls, scored(value))
    course.scored(3, failed("NameError: name 'x' is not defined"))
    course.scored(3, failed("NameError: name 'y' is not defined"))
    course.scored(3, failed("took too long", "timeout"))
    assert course.in_words() == (
        "best score at first 0.500, after each call 0.610, 0.610, 0.610; failed: 2 NameError, 1 timeout"
    )


def test_course_of_threads_says_nothing_of_their_order() -> None:
    course = Course()
    course.lose_order()
    for value in (0.61, 0.4):
        course.called()
        course.scored(course.calls, scored(value))
    for error in ("TypeError: x", "KeyError: x", "TypeError: y", "IndexError: x"):
        course.scored(course.calls, failed(error))
    assert course.in_words() == "best score 0.610; failed: 2 TypeError, 1 IndexError, 1 KeyError"


def test_course_counts_an_evaluation_for_the_calls_before_it_was_asked_for_and_stays_short() -> None:
    course = Course()
    course.called()
    assert course.in_words() == "", "nothing was scored"
    before = course.calls
    course.called()
    course.scored(before, scored(0.7))
    assert course.in_words() == "best score after each call 0.700, 0.700"
    for number in range(100):
        course.called()
        course.scored(course.calls, scored(number / 100))
        course.scored(course.calls, failed(f"E{number}Error: x"))
    told = course.in_words()
    assert told.count("0.") == MOST_STEPS and told.count("Error") == MOST_KINDS
    assert "after each call ..., 0.88" in told and f"{100 - MOST_KINDS} others" in told
