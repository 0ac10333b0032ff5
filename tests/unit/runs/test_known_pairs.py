"""What is said of pairs of programs whose relation is known, by simulated measurements: no program runs and nothing is timed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from strop.base.results import Evaluation, Improvement
from strop.base.surface import option, switched
from strop.core.metric_change import gain
from strop.runs.claims.improvement import sentence
from strop.runs.finding import Cost, Evidence, ScoredProgram
from strop.runs.sizing import PILOT, instances_that_show, repeats_needed
from strop.tasks.objective_facts import MetricFacts, ObjectiveFacts
from support import records
from support.facts import told
from support.rows import table

TIME = MetricFacts("time", "min", reader="time", resolution=0.01)
PRINTED = MetricFacts("cost", "min", reader="cost=(\\S+)")
PASSED = MetricFacts("passed", "max", reader="passed")


def facts_on(metric: MetricFacts) -> ObjectiveFacts:
    return ObjectiveFacts(metric=metric, scoring="the judge", scored_by="judge", input="drawn")


def rows(metric: MetricFacts, values: Sequence[float]) -> tuple[dict[str, float], ...]:
    return tuple({metric.name: float(value)} for value in values)


def measured(metric: MetricFacts, after: Sequence[float], before: Sequence[float], least: float = 0.05) -> Evidence:
    """A comparison of a given candidate, by a metric."""
    n = len(after)
    ok = Evaluation(0.5, "ok", (0.5,) * n, ("ok",) * n)
    test = replace(ok, metrics=rows(metric, after), original_metrics=rows(metric, before))
    programs = ScoredProgram("a", ok, ok), ScoredProgram("b", ok, test)
    return Evidence(Improvement("b"), *programs, Cost(0, 0, 0), facts_on(metric), searched=False, least=least)


def scored(after: Sequence[float], before: Sequence[float], **test: Any) -> Evidence:
    """A comparison of a given candidate, by scores of the host."""
    found = measured(MetricFacts("score", "max", reader="judge"), after, before)
    assert found.improved is not None
    last = replace(found.improved.last, value=float(np.mean(after)), scores=tuple(after), **test)
    return replace(found, improved=replace(found.improved, test=last))


def noisy(draw: np.random.RandomState, n: int, spread: float, change: float = 0.0) -> tuple[list[float], list[float]]:
    """Costs of a candidate and of the original, whose logs vary by `spread`; the candidate's are larger by `change`."""
    after, before = (np.exp(draw.normal(mean, spread, n)).tolist() for mean in (change, 0.0))
    return after, before


@pytest.mark.parametrize(("metric", "n"), [(TIME, 10), (TIME, 60), (PRINTED, 10)])
def test_difference_that_would_have_shown_is_shown_in_four_of_five_further_comparisons(
    metric: MetricFacts, n: int
) -> None:
    draw, shown = np.random.RandomState(1), list[bool]()
    while len(shown) < 400:
        first = measured(metric, *noisy(draw, n, 0.1))
        if first.finding != "no significant improvement":
            continue
        assert first.could_show is not None
        further = measured(metric, *noisy(draw, n, 0.1, math.log1p(first.could_show)))
        shown.append(further.finding == "worse")
    assert 0.8 < np.mean(shown) < 0.93


@pytest.mark.parametrize("spread", [0.05, 0.1])
def test_comparison_shows_the_change_that_it_was_sized_for_in_four_of_five_cases(spread: float) -> None:
    draw, shown = np.random.RandomState(2), list[bool]()
    for _ in range(200):
        after, before = noisy(draw, PILOT, spread)
        training = records.evaluated("b", 0.5, metrics=rows(PRINTED, after), original_metrics=rows(PRINTED, before))
        n = max(instances_that_show(0.05, PRINTED, training, training), 6)
        shown.append(measured(PRINTED, *noisy(draw, n, spread, math.log(1.05))).finding == "worse")
    assert 0.76 < np.mean(shown) < 0.95


@table(
    ("spread", "pairs", "times"),
    [(0.02, 6, 1), (0.1, 50, 1), (0.1, 8, 3), (0.3, 50, 4), (0.5, 8, 5), (None, 50, 5)],
)
def test_time_is_measured_several_times_only_where_inputs_are_few_and_the_original_s_times_vary(
    spread: float | None, pairs: int, times: int
) -> None:
    draw = np.random.RandomState(6)
    looks = [] if spread is None else [noisy(draw, PILOT, spread)[1] for _ in range(6)]
    trained = [records.evaluated("b", original_metrics=rows(TIME, look)) for look in looks]
    assert repeats_needed(TIME, trained, pairs) == times


def test_equal_programs_are_called_better_or_worse_no_more_often_than_the_level_says() -> None:
    draw = np.random.RandomState(3)
    found = [measured(PRINTED, *noisy(draw, 10, 0.1)).finding for _ in range(1000)]
    assert 0.01 < found.count("better") / 1000 < 0.04 and 0.01 < found.count("worse") / 1000 < 0.04


def test_largest_difference_of_scores_is_held_against_the_part_of_the_original_s_that_was_asked_for() -> None:
    before = [0.1 + 0.001 * (number % 3) for number in range(50)]
    after = [one + (0.02 if number % 2 else -0.02) for number, one in enumerate(before)]
    found = scored(after, before)
    assert found.asked == pytest.approx(0.05 * 0.101, rel=0.01)
    assert sentence(found).startswith("No difference shown: ")
    near = scored([one + (0.001 if number % 2 else -0.001) for number, one in enumerate(before)], before)
    assert sentence(near).startswith("No difference larger than 0.0")


def test_largest_difference_is_no_less_than_the_end_of_the_interval_that_the_sentence_shows() -> None:
    before = np.exp(np.random.RandomState(4).normal(0, 0.3, 10))
    after = before * np.exp(np.random.RandomState(5).normal(0.05, 0.2, 10))
    said = sentence(measured(PRINTED, after.tolist(), before.tolist(), least=0.9))
    found = re.search(r"No difference larger than ([\d.]+)%: .* \((-?[\d.]+) to ([\d.]+)%\)\.", said)
    assert found is not None and float(found[1]) >= max(abs(float(found[2])), float(found[3])) == 28.2


def test_outcomes_that_differ_and_balance_are_not_called_unchanged() -> None:
    found = measured(PASSED, [1, 0] * 5, [0, 1] * 5)
    assert "unchanged" not in sentence(found) and sentence(found).startswith("No difference shown: ")
    assert "unchanged" in sentence(measured(PASSED, [1, 0] * 5, [1, 0] * 5))


def test_inputs_on_which_only_the_candidate_fails_are_counted_beside_its_score() -> None:
    found = scored(
        [0.8] * 49 + [0.0], [0.8] * 50, verdicts=("ok",) * 49 + ("raised",), error="instance 49: ValueError: no"
    )
    assert told(found, "failures") == (
        "the candidate fails on 1 of 50 inputs on which the original does not (instance 49: ValueError: no)"
    )
    assert told(scored([0.8] * 50, [0.79] * 50), "failures") == ""


def test_candidate_that_fails_is_worse_and_the_failing_input_is_named_with_what_training_quotes() -> None:
    found = measured(TIME, [1.0], [1.0])
    assert found.improved is not None
    failed = replace(found.improved.last, verdict="malformed", verdicts=("malformed",))
    train = replace(failed, error="instance 3: it prints 4, the original 5")
    test = replace(failed, error="instance 0: it prints something else")
    both = replace(found, improved=replace(found.improved, train=train, test=test))
    assert sentence(both) == "Worse: the candidate fails on an input (instance 3: it prints 4, the original 5)."
    late = replace(found, improved=replace(found.improved, test=test))
    assert sentence(late) == "Worse: the candidate fails on an input (instance 0: it prints something else)."
    early = replace(found, improved=replace(found.improved, train=train))
    assert sentence(early).startswith("Worse: the candidate fails on an input that sizes the comparison (instance 3: ")
    assert told(both, "failure") == told(early, "failure") == "the candidate: instance 3: it prints 4, the original 5"


def test_given_candidate_that_is_held_back_is_told_the_option_that_accepts_it_and_no_patch() -> None:
    found = measured(PRINTED, [1.0 + number / 100 for number in range(10)], [2.0] * 10)
    own = replace(found, facts=replace(facts_on(PRINTED), scored_by="program", scoring="it prints its score"))
    assert own.finding == "by its own score"
    assert told(own, "scored by") == "it prints its score"
    assert told(own, "to accept it") == f"if you trust both programs, give {option('trust_programs')}"
    assert told(replace(own, searched=True), "to accept it") == "read the patch: strop apply --unproven"
    timed = measured(TIME, [1.0 + number / 100 for number in range(10)], [2.0] * 10)
    assert timed.improved is not None
    test = replace(timed.improved.last, answers=("the same",) * 10)
    fixed = replace(timed, improved=replace(timed.improved, test=test))
    assert told(fixed, "to accept it") == f"if that is wanted, give {switched('fixed_input')}"


def test_gain_of_a_known_ratio_is_inside_of_its_interval() -> None:
    draw = np.random.RandomState(5)
    inside = 0
    for _ in range(200):
        after, before = noisy(draw, 10, 0.05, math.log(1.1))
        found = gain(PRINTED, rows(PRINTED, after), rows(PRINTED, before), chosen=False)
        assert found is not None and found.change.interval is not None
        inside += found.change.interval[0] <= -math.log(1.1) <= found.change.interval[1]
    assert 180 < inside < 200
