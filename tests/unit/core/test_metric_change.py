"""How much better the metric is, and in which words."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.as_document import as_document
from strop.base.events import Evaluated
from strop.base.results import Evaluation, Improvement
from strop.core.metric_change import Gain, gain, utility_of
from strop.evaluation.laws import LEAST, ONE_ANSWER, SAME
from strop.runs.claims.gains import compared, shown_scores, size, values, worded
from strop.runs.claims.improvement import sentence
from strop.runs.finding import Cost, Evidence, ScoredProgram
from strop.tasks.command.config import command_task
from strop.tasks.objective_facts import HOST_SCORES, MetricFacts, ObjectiveFacts
from support.facts import told
from support.records import evaluated
from support.rows import table

TIME = MetricFacts("time", "min", reader="time")
SCORE = MetricFacts("score", "max", reader="$.score")
PRINTED = "the program prints this score itself"
UNPROVEN = "read the patch: strop apply --unproven"


def facts_on(metric: MetricFacts, **more: Any) -> ObjectiveFacts:
    """Facts of a metric that the kernel counts, or a judge prints."""
    is_counted = metric.reader in ("time", "memory")
    return ObjectiveFacts(metric, **{"scored_by": "kernel" if is_counted else "judge", **more})


def measured(metric: MetricFacts, factor: float, n: int = 12, noise: float = 0.02, base: float = 1.0) -> Any:
    """Values of a candidate that is `factor` times the original, and the original's, with noise of its own each."""
    draw = random.Random(1)
    before = [{metric.name: base * math.exp(draw.gauss(0, noise))} for _ in range(n)]
    return [{metric.name: base * factor * math.exp(draw.gauss(0, noise))} for _ in before], before


@table(("factor", "verdict"), ((0.98, "no significant change"), (0.9, "better"), (1.1, "worse")))
def test_interval_contains_what_no_measurement_resolves_on_both_sides(factor: float, verdict: str) -> None:
    metric = replace(TIME, resolution=0.03)
    found = gain(metric, *measured(metric, factor, noise=0.001), chosen=False)
    assert found is not None and found.interval is not None and found.verdict == verdict
    assert found.interval[0] <= found.amount / 1.03 and found.interval[1] >= found.amount * 1.03


def found(metric: MetricFacts, factor: float, *, chosen: bool = False, **how: Any) -> Gain:
    one = gain(metric, *measured(metric, factor, **how), chosen=chosen)
    assert one is not None
    return one


@table(
    ("reader", "goal", "factor", "words"),
    [
        ("time", "min", 1 / 1.2, "20% faster"),
        ("wall", "min", 1 / 3, "3x as fast"),
        ("time", "min", 1.25, "takes 25% longer"),
        ("wall", "min", 3.0, "3x as slow"),
        ("memory", "min", 0.7, "30% less memory"),
        ("memory", "min", 1.3, "30% more memory"),
        ("$.x", "max", 1.3, "30% higher m"),
        ("$.x", "max", 0.7, "30% lower m"),
        ("$.x", "max", 4.0, "4x the m"),
        ("$.x", "min", 0.5, "50% lower m"),
        ("$.x", "min", 1.5, "50% higher m"),
        ("$.x", "max", 1.02, "2.0% higher m"),
    ],
)
def test_change_is_said_in_the_words_and_the_direction_that_people_use(
    reader: str, goal: Literal["max", "min"], factor: float, words: str
) -> None:
    assert size(found(MetricFacts("m", goal, reader=reader), factor, noise=0.0)) == words
    noisy = size(found(MetricFacts("m", goal, reader=reader), factor, noise=0.005), "95% interval")
    low, high = noisy.split("(95% interval ")[1].rstrip(")%x").split(" to ")
    assert float(low.rstrip("x")) <= float(high)


@table(
    ("factor", "base", "said"),
    [
        (1 / 140, 0.1189, "140x as fast, from 119 ms to 0.849 ms of CPU time, "),
        (1 / 1500, 3.0, "1,500x as fast, from 3 s to 2 ms of CPU time, "),
        (1 / 3, 0.00012, "3x as fast, from 0.12 ms to 40 µs of CPU time, "),
    ],
)
def test_large_ratios_and_short_times_are_written_out_with_their_unit(factor: float, base: float, said: str) -> None:
    metric = MetricFacts("seconds", "min", reader="time")
    rows = measured(metric, factor, noise=0.0, base=base)
    exact = single(facts_on(metric, input="drawn"), *rows)
    assert sentence(exact) == f"Better: {said.partition(', ')[0]}." and told(exact, "seconds").startswith(said)
    noisy = single(facts_on(metric, input="drawn"), *measured(metric, factor, noise=0.2, base=base))
    for line in (sentence(noisy), told(noisy, "seconds")):
        assert not re.search("e[+-]", line)
        assert factor > 0.01 or re.search(r"\((?:95% interval )?[\d,]+x to [\d,]+x\)", line), line


@table(
    ("factor", "after", "before", "calls", "loading"),
    [
        (0.1, {"loading": 0.012}, {"loading": 0.75}, "", "12 ms instead of 750 ms"),
        (0.1, {"loading": 0.75}, {"loading": 0.012}, "", "750 ms instead of 12 ms, which pays after 1 call"),
        (0.1, {"loading": 0.015}, {"loading": 0.012}, "", ""),
        (0.1, {"loading": 0.008}, {"loading": 0.002}, "", ""),
        (0.5, {"loading": 20.25}, {"loading": 0.25}, "", "20.2 s instead of 250 ms, which pays after 40 calls"),
        (
            0.1,
            {"calls": 25.0},
            {},
            "from 1 s to 100 ms of CPU time, the same in each of 300 held-out calls in 12 batches",
            "",
        ),
        (0.1, {"calls": 1.0}, {}, "of CPU time, the same in each of 12 held-out instances", ""),
        (1.0, {"calls": 2.0}, {"calls": 2.0}, "unchanged at 1 s of CPU time, the same in each of ", ""),
    ],
)
def test_facts_say_how_the_calls_of_a_function_were_timed_and_what_loading_costs(
    factor: float, after: dict[str, float], before: dict[str, float], calls: str, loading: str
) -> None:
    metric = MetricFacts("seconds", "min", reader="time")
    pairs = zip(measured(metric, factor, noise=0.0), (after, before), strict=True)
    rows = [[row | more for row in each] for each, more in pairs]
    found = single(ObjectiveFacts(metric, input="drawn", scored_by="kernel"), *rows)
    assert calls in told(found, "seconds") and told(found, "loading") == loading


@table(("made", "finding"), [(41, "better"), (39, "no significant improvement"), (0, "better")])
def test_faster_function_is_no_improvement_where_loading_takes_more_than_the_recorded_run_could_save(
    made: int, finding: str
) -> None:
    metric = MetricFacts("seconds", "min", reader="time")
    rows = [
        [row | {"loading": seconds} for row in side]
        for side, seconds in zip(measured(metric, 0.5), (20.25, 0.25), strict=True)
    ]
    found = single(ObjectiveFacts(metric, input="listed", scored_by="kernel", made=made), *rows)
    assert found.finding == finding and found.change is not None
    assert found.change.verdict == ("better" if finding == "better" else "no significant change")
    late = finding != "better"
    lost = "98% faster, but loading takes longer than that saves."
    assert sentence(found).startswith(f"No significant improvement: {lost}" if late else "Better: ")
    assert ("calls, and the recorded run made 39" in told(found, "loading")) == late
    given = replace(found, searched=False, least=0.05)
    assert sentence(given).startswith(f"No difference shown: {lost}" if late else "Better: ")
    assert told(given, "power") == ""


@table(("beside", "said"), [(13.0, " in its calls and 13 s beside them, to pass arguments and answers"), (1.0, "")])
def test_facts_name_what_lies_beside_the_calls_where_that_is_more_than_they_are(beside: float, said: str) -> None:
    metric = MetricFacts("seconds", "min", reader="time")
    more = {"calls": 2.0, "opening": beside, "describing": 0.01, "alone": 1.0}
    rows = [[row | more for row in side] for side in measured(metric, 0.5)]
    passing = told(single(ObjectiveFacts(metric, input="drawn", scored_by="kernel"), *rows), "passing")
    assert passing.endswith(said) and bool(passing) == bool(said)


def test_score_of_nothing_makes_no_percentage() -> None:
    one = gain(SCORE, [{"score": 0.4}] * 3, [{"score": 0.0}] * 3, chosen=True)
    assert one is not None and one.scale == "difference" and size(one) == "0.4 higher score" and "%" not in size(one)
    lower = gain(MetricFacts("cost", "min"), [{"cost": -2.0}] * 3, [{"cost": 0.0}] * 3, chosen=True)
    assert lower is not None and size(lower) == "2 lower cost" and lower.change.mean > 0


def test_values_that_differ_by_rounding_alone_are_equal() -> None:
    rounded = [{"score": sum([0.1] * 10)}] * LEAST, [{"score": 1.0}] * LEAST
    for after, before in (rounded, rounded[::-1]):
        one = gain(SCORE, after, before, chosen=True)
        assert one is not None and one.change.mean == 0 and one.verdict == "no significant change"


@table("chosen", (True, False))
def test_score_that_never_varies_is_no_sample_and_has_no_interval(chosen: bool) -> None:
    same: Any = {"n": LEAST, "noise": 0.0, "chosen": chosen}
    assert found(SCORE, 1.1, **same).deterministic and found(SCORE, 1.1, **same).change.interval is None
    assert found(SCORE, 1.1, **same).verdict == "better"
    assert found(SCORE, 0.9, **same).verdict == "worse"
    assert found(SCORE, 1.0, **same).verdict == "no significant change"


def test_percentage_and_interval_are_of_the_two_values_that_are_shown() -> None:
    """Most runs become 1,000 times as fast, and the total grows by a third."""
    before = [{"time": 1.5 if n % 3 == 0 else 0.4} for n in range(24)]
    after = [{"time": 3.0 if n % 3 == 0 else 0.0004} for n in range(24)]
    slower = gain(TIME, after, before, chosen=False)
    assert slower is not None and slower.verdict != "better" and size(slower).startswith("takes 30% longer (")
    assert math.isclose(math.exp(slower.change.mean), slower.before / slower.after)
    assert sentence(single(facts_on(TIME, input="drawn"), after, before)).startswith("No ")


@given(st.lists(st.tuples(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3)), min_size=2, max_size=30))
def test_program_whose_total_is_larger_is_never_better(times: list[tuple[float, float]]) -> None:
    one = gain(TIME, [{"time": a} for a, _ in times], [{"time": b} for _, b in times], chosen=False)
    assert one is not None and math.isclose(math.exp(one.change.mean), one.before / one.after, rel_tol=1e-9)
    if one.after > one.before:
        assert one.verdict != "better"


def test_measurements_of_equal_inputs_are_one_piece_of_evidence() -> None:
    offsets = [{"time": 1.0 + 0.01 * (number % 3)} for number in range(10)]
    alone = [{"time": 1.0}] * 40
    once = gain(TIME, offsets, alone[:10], chosen=False)
    inputs = [number for number in range(10) for _ in range(4)]
    often = gain(TIME, [row for row in offsets for _ in range(4)], alone, chosen=False, inputs=inputs)
    assert once is not None and often is not None and once.change.n == often.change.n == 10
    assert often.change.interval == pytest.approx(once.change.interval)


def test_one_value_of_zero_does_not_change_the_scale() -> None:
    after, before = measured(SCORE, 1.6, n=10, noise=0.1)
    after[0] = {"score": 0.0}
    one = gain(SCORE, after, before, chosen=False)
    assert one is not None and one.scale == "ratio" and 1.2 < math.exp(one.change.mean) < 1.6


def test_rate_of_passed_tests_that_varies_has_an_interval_of_its_difference() -> None:
    tests = MetricFacts("tests", "max", reader="tests")
    fixed = gain(tests, [{"tests": 0.95}] * LEAST, [{"tests": 0.9}] * LEAST, chosen=True)
    assert fixed is not None and fixed.verdict == "better" and fixed.change.interval is None
    more = single(facts_on(tests, input="drawn"), [{"tests": 0.95}] * 8, [{"tests": 0.9}] * 8)
    assert sentence(more) == "Better: more tests pass."
    assert told(more, "tests") == "more tests pass, from 90% to 95%, the same in each of 8 held-out instances"
    varies = gain(tests, [{"tests": 0.95}] * 7 + [{"tests": 0.9}] * 3, [{"tests": 0.9}] * 10, chosen=True)
    assert varies is not None and varies.verdict == "better" and varies.change.interval == (0.016666667, 0.05)
    lost = gain(tests, [{"tests": 0.95}] * 5 + [{"tests": 0.85}] * 5, [{"tests": 0.9}] * 10, chosen=True)
    assert lost is not None and lost.verdict == "no significant change"


def test_score_that_is_only_shown_decides_nothing_and_has_its_value_beside_the_originals() -> None:
    facts = facts_on(
        MetricFacts("size", "min", reader="$.size"), input="drawn", report_only={"memory": "memory", "acc": "$.acc"}
    )
    before = [{"acc": 0.9, "size": 100.0, "memory": 12.0}] * 10
    found = single(facts, [{"acc": 0.09, "size": 1.0, "memory": 14.5}] * 10, before)
    assert sentence(found) == "Better: 99.0% lower size."
    assert told(found, "size") == "99.0% lower size, from 100 to 1, the same in each of 10 held-out instances"
    assert found.report_only == {"memory": (12.0, 14.5), "acc": (0.9, 0.09)}
    rows = [("memory", "12 MiB", "14.5 MiB"), ("acc", "0.9", "0.09")]
    assert shown_scores(found.facts, found.report_only) == rows and single(facts, [{}] * 10, before).report_only == {}


def test_facts_name_the_instances_on_which_a_better_program_is_much_slower() -> None:
    after, before = measured(TIME, 0.1, n=40)
    after[7] = {"time": 1.8 * before[7]["time"]}
    found = single(facts_on(TIME, input="drawn"), after, before)
    assert found.finding == "better"
    assert told(found, "time").endswith(", on 40 held-out instances; up to 1.8x as slow on 1 of them")


def test_values_that_differ_are_shown_with_digits_that_differ() -> None:
    after, before = [{"time": 0.01701}, {"time": 0.01701}], [{"time": 0.01704}, {"time": 0.01704}]
    one = gain(TIME, after, before, chosen=False)
    assert one is not None and values(one) == "from 17.04 ms to 17.01 ms of CPU time"


def test_line_about_the_original_compares_it_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.sh").write_text("echo 1\n")
    words = worded(command_task(tmp_path, files=["p.sh"], command="sh p.sh", score=["time"]).facts)
    at: Any = {"scope": "a", "utility": "p", "split": "train", "solution": "b", "value": 0.5, "verdict": "ok"}
    own, other = ({"time": 0.132},) * 3, ({"time": 0.066},) * 3
    assert words(Evaluated(**at, metrics=own, original_metrics=own)) == "132 ms"
    assert (
        words(Evaluated(**at, metrics=other, original_metrics=own)) == "2x as fast (from 132 ms to 66 ms of CPU time)"
    )
    tie = ({"time": 0.13199},) * 3
    assert (
        words(Evaluated(**at, metrics=tie, original_metrics=own))
        == "less than 0.1% faster (from 132 ms to 131.99 ms of CPU time)"
    )


def test_few_equal_measurements_exclude_no_chance() -> None:
    for chosen, few in ((False, LEAST - 1), (True, SAME - 1)):
        found_few = found(SCORE, 1.1, chosen=chosen, n=few, noise=0.0)
        assert not found_few.deterministic and found_few.verdict == "no significant change"
        assert found(SCORE, 1.1, chosen=chosen, n=few + 1, noise=0.0).verdict == "better"
    facts = facts_on(SCORE, input="chosen")

    for after, n, first, fact in (
        (
            *(0.91, 2, "No significant improvement: 7.1% higher score."),
            "7.1% higher score, from 0.85 to 0.91, in 2 evaluations; at least 6 are needed to show a difference",
        ),
        (
            0.91,
            3,
            "Better: 7.1% higher score.",
            "7.1% higher score, from 0.85 to 0.91, the same in each of 3 evaluations",
        ),
        (0.85, 10, "No improvement: score unchanged at 0.85.", "unchanged at 0.85, the same in each of 10 evaluations"),
    ):
        of = single(facts, [{"score": after}] * n, [{"score": 0.85}] * n)
        assert (sentence(of), told(of, "score")) == (first, fact)


def single(facts: ObjectiveFacts, after: Any, before: Any, **test: Any) -> Evidence:
    n = len(after)
    evaluation = Evaluation(0.6, "ok", (0.6,) * n, ("ok",) * n, metrics=tuple(after), original_metrics=tuple(before))
    par = Evaluation(0.5, "ok", (0.5,) * n, ("ok",) * n)
    scored = ScoredProgram("b", evaluation, Evaluation(**{**vars(evaluation), **test}))
    original = ScoredProgram("a", par, par)
    return Evidence(Improvement("b", "ok", ""), original, scored, Cost(1, 2, 3), facts)


def scores(differences: list[float], **test: Any) -> Evidence:
    rows = [{"score": 0.5 + one} for one in differences], [{"score": 0.5}] * len(differences)
    return single(HOST_SCORES, *rows, **test)


ONCE: list[tuple[Evidence, str]] = [
    (scores([0.1] * 6), "; at least 7 are needed to show a difference"),
    (scores([0.1] * 6 + [-0.07]), " higher score (97.5% interval -0.07 to 0.1)"),
    (
        single(facts_on(SCORE, input="drawn"), *[[{"score": value}] * 6 for value in (0.9, 0.8)]),
        "; at least 7 are needed to show a diff",
    ),
    (single(facts_on(TIME, input="drawn"), *measured(TIME, 0.99, n=10, noise=0.006)), "faster (97.5% interval "),
]
"""What is better in the first comparison of a run and not in its second, and what is said of it there."""


def test_what_one_comparison_shows_a_second_one_of_the_same_run_has_to_show_at_half_the_level() -> None:
    for first, words in ONCE:
        second = replace(first, comparison=2)
        assert (first.finding, second.finding) == ("better", "no significant improvement"), words
        assert words in told(second, first.facts.metric.name) and "97.5%" not in told(first, first.facts.metric.name)
        assert told(second, "comparison") == "number 2 of this run"
        change = as_document(second)["change"]
        assert (change["verdict"], round(change["confidence"], 4)) == ("no significant change", 0.975)
        assert "95%" not in told(second, "score")
    third = replace(scores([0.1, 0.2] * 8), comparison=3)
    assert third.finding == "better" and " (98.75% interval 0." in told(third, "score")


def test_score_that_the_program_computes_is_its_own_unless_programs_are_trusted() -> None:
    facts = facts_on(SCORE, input="drawn", scored_by="program", scoring=PRINTED)
    rows = measured(SCORE, 2.0)
    own = single(facts, *rows)
    assert (own.finding, own.scored_by, own.own_score_because) == ("by its own score", "program", PRINTED)
    assert own.is_held_back and own.change is not None and own.change.verdict == "by its own score"
    assert sentence(own) == "By its own score: 2x the score (1.9x to 2.1x)."
    told_score = "2x the score (95% interval 1.9x to 2.1x), from 0.9976 to 2.013, on 12 held-out instances"
    assert [told(own, name) for name in ("score", "scored by", "to accept it")] == [told_score, PRINTED, UNPROVEN]
    trusted = single(replace(facts, trusts_programs=True), *rows)
    assert trusted.finding == "better" and not trusted.is_held_back
    accepted = f"{PRINTED}, and --trust-programs accepts that"
    assert told(trusted, "limit") == accepted and told(own, "limit") == ""
    untested = "its scorer was not tested with spoiled answers, and --trust-scorer accepts that"
    assert told(replace(trusted, trusts_scorer=True), "limit") == f"{accepted}; {untested}"
    assert single(facts, *measured(SCORE, 0.5)).finding == "worse"
    assert single(facts, *measured(SCORE, 1.0)).finding == "no significant improvement"


def test_better_program_that_removes_names_says_so_and_is_held_back() -> None:
    facts, rows = facts_on(SCORE, input="drawn"), measured(SCORE, 2.0)
    for removes, words in ((("mean",), "mean"), (tuple("abcdefg"), "a, b, c, d, e and 2 more")):
        found = replace(single(facts, *rows), removes=removes)
        assert (found.finding, found.is_offered, found.is_held_back) == ("better", False, True)
        assert told(found, "removes") == words and told(found, "to accept it") == UNPROVEN
    worse = replace(single(facts, *measured(SCORE, 0.5)), removes=("mean",))
    assert not worse.is_held_back and (told(worse, "removes"), told(worse, "to accept it")) == ("mean", "")


def test_score_is_compared_by_its_differences_and_is_that_of_whoever_computes_it() -> None:
    found = scores([0.4] * 40)
    assert (found.finding, found.scored_by) == ("better", "host")
    same = "0.4 higher score, from 0.500 to 0.900, the same in each of 40"
    known = scores([0.4] * 40, seen_in_training=40)
    assert sentence(found) == sentence(known) == "Better: 0.4 higher score." and not known.holds_out
    assert told(found, "score") == f"{same} held-out instances" and told(known, "score") == f"{same} evaluations"


def test_program_that_could_not_be_scored_is_worse_and_compared_with_nothing() -> None:
    found = scores([0.1] * 8, metrics=(), original_metrics=(), verdict="malformed", error="it has no function f")
    assert (found.finding, found.gain, found.change) == ("worse", None, None)
    assert sentence(found).endswith(": the returned program fails on held-out instances (it has no function f).")


def test_best_known_value_is_shown_beside_the_value_and_decides_nothing() -> None:
    found = replace(single(facts_on(SCORE, input="drawn"), *measured(SCORE, 2.0)), best_known={"score": 1.5})
    assert found.finding == "better" and " (best known 1.5), on " in told(found, "score")


def test_inputs_that_are_equal_count_once_in_the_interval_and_are_named() -> None:
    """The truth is 0 over all inputs; 40 draws of 4 inputs, counted as 40, would call these better."""
    rows = [{"score": 2.0 + 0.1 * (index % 4)} for index in range(40)], [{"score": 2.0}] * 40
    inputs = tuple(index % 4 for index in range(40))
    assert single(facts_on(SCORE, input="drawn"), *rows).finding == "better"
    found = single(facts_on(SCORE, input="drawn"), *rows, inputs=inputs)
    assert found.finding == "no significant improvement" and found.gain is not None and found.gain.n == 4
    assert "on 40 draws of 4 held-out inputs" in told(found, "score")


HELD_BACK = "better on its fixed input"
FLAG = "if that is wanted, give fixed_input=True; strop apply --unproven applies this patch"


@table(
    ("metric", "trained", "compared", "wanted", "finding"),
    [
        (TIME, ("a",), ("a", "a"), False, HELD_BACK),
        (MetricFacts("memory", "min", reader="memory"), ("a", "a"), ("a",), False, HELD_BACK),
        (TIME, ("a",), ("a", "a"), True, "better"),
        (TIME, ("a",), ("a", "b"), False, "better"),
        (TIME, ("b",), ("a", "a"), False, "better"),
        (SCORE, ("a",), ("a", "a"), False, "better"),
        (TIME, (), (), False, "better"),
    ],
    ids=["a time", "memory", "wanted", "another answer at the end", "another one in training", "a value", "none seen"],
)
def test_lower_cost_is_held_back_only_where_the_original_gives_one_answer_to_all_inputs(
    metric: MetricFacts, trained: tuple[str, ...], compared: tuple[str, ...], wanted: bool, finding: str
) -> None:
    rows = measured(metric, 2.0 if metric is SCORE else 0.5)
    found = single(facts_on(metric, input="drawn"), *rows, answers=compared)
    train = replace(found.original.train, answers=trained)
    found = replace(found, original=replace(found.original, train=train), wants_fixed_input=wanted)
    is_held_back = finding == HELD_BACK
    assert (found.finding, found.is_offered, found.is_held_back) == (finding, not is_held_back, is_held_back)
    assert told(found, "to accept it") == FLAG * is_held_back
    assert told(found, "limit") == ONE_ANSWER * is_held_back


@table(
    ("original", "candidate", "short", "said"),
    [
        (1.0, 2.5, 1.0, "times of the improved program vary by themselves, 2.5-fold"),
        # In seconds a short run may vary less than the original, and as much as a clock does.
        (1.1, 3.9, 0.01, ""),
        (1.3, 2.5, 1.0, "times of the original varied 1.3-fold: a busy machine, or random numbers of its own"),
        (1.1, 1.1, 1.0, ""),
        (1.1, 1.2, 1.0, ""),  # a short time has more noise
    ],
)
def test_times_in_training_blame_the_machine_only_for_what_the_original_shows(
    original: float, candidate: float, short: float, said: str
) -> None:
    found = single(facts_on(TIME, input="drawn"), *measured(TIME, 0.5))
    assert found.improved is not None
    first = replace(found.original.train, metrics=({"time": 1.0},))
    tried, again = (
        evaluated(found.improved.text, metrics=({"time": time},), original_metrics=({"time": own},))
        for time, own in ((short, 1.0), (candidate * short, original))
    )
    improved = replace(found.improved, train=tried)
    found = replace(found, original=replace(found.original, train=first), improved=improved, tried=(again,))
    assert told(found, "machine") == said


@table(
    ("calls", "first", "later", "said"),
    [
        ("first", 0.0, 0.004, " of CPU time of a first call, on 12 held-out"),
        ("later", 0.04, 0.004, " of CPU time of later calls (a first one takes 40 ms instead of 40 ms), on 12"),
        ("later", 0.004, 0.004, " of CPU time, on 12 held-out"),
        ("later", 0.0004, 0.00004, " of CPU time, on 12 held-out"),  # any first call takes a little longer
    ],
)
def test_calls_of_a_function_are_named_where_the_first_one_of_a_process_costs_more(
    calls: str, first: float, later: float, said: str
) -> None:
    metric = replace(TIME, name="seconds")
    rows = [[row | {"first": first} for row in side] for side in measured(metric, 0.5, base=later)]
    assert said in told(single(facts_on(metric, input="drawn", calls=calls), *rows), "function")


def test_utility_of_times_is_the_ratio_of_the_totals_that_the_sentence_shows() -> None:
    before = ({"time": 1.0}, {"time": 1.0}, {"time": 100.0})
    after = ({"time": 0.1}, {"time": 0.1}, {"time": 150.0})
    worse = Evaluation(0.7, "ok", (0.9, 0.9, 0.4), ("ok",) * 3, metrics=after, original_metrics=before)
    assert math.isclose(utility_of(facts_on(TIME, input="drawn"), worse), 102 / (102 + 150.2))
    assert utility_of(facts_on(TIME, input="drawn"), replace(worse, metrics=before)) == 0.5
    alone = replace(worse, original_metrics=())
    assert utility_of(facts_on(TIME, input="drawn"), alone) == 0.7, "nothing to compare it with"
    printed = ObjectiveFacts(replace(TIME, reader="$.time"), input="drawn", scored_by="program")
    assert utility_of(printed, worse) == 0.7, "a printed time is a score like any other"


def test_candidate_that_fails_where_it_counts_is_no_improvement() -> None:
    facts = facts_on(TIME, input="chosen")
    failed: Any = {"value": 0.0, "verdict": "malformed", "verdicts": ("malformed",), "scores": (0.0,)}
    found = single(facts, *measured(TIME, 0.5), **failed, error="instance 0: constraint tests=1 not met: 0.93")
    assert found.gain is None and found.finding == "worse"
    assert sentence(found).startswith(
        "No improvement: the returned program fails when it is evaluated again (instance 0: constraint t"
    )
    assert told(found, "failure") == "the returned program: instance 0: constraint tests=1 not met: 0.93"


def test_improver_that_failed_gives_way_to_the_best_that_it_evaluated() -> None:
    facts = facts_on(TIME, input="drawn")
    whole = single(facts, *measured(TIME, 0.5))
    stands = Evidence(Improvement(None, "raised", "KeyError: 'x'"), whole.original, whole.improved, whole.cost, facts)
    assert stands.finding == "better" and stands.stands_in
    assert sentence(stands) == "Better: 98% faster (94 to 102%)."
    assert told(stands, "search") == (
        "the improver failed (raised: KeyError: 'x'), so this is the best candidate that it evaluated"
    )


def test_no_number_but_zero_is_100_percent_less() -> None:
    found = gain(SCORE, [{"score": 9e-53}], [{"score": 2.0}], chosen=False)
    assert found is not None and compared(found) == "more than 99.999999% lower score"
