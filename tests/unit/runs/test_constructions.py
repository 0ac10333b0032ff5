"""What is claimed of constructions."""

from __future__ import annotations

import json
from typing import Any, Literal

from strop.base.results import Evaluation
from strop.runs.score import Scored
from strop.runs.verified import construction_claim, verified_of
from support.rows import table


def evaluation(*values: float | None, sign: int = 1) -> Evaluation:
    """What was measured of a program that gave these values; more is better if `sign` is 1, less if it is -1."""
    kept = [value for value in values if value is not None]
    return Evaluation(
        0.0,
        "ok",
        tuple(0.0 if value is None else 0.5 + sign * value / (2 + 2 * abs(value)) for value in values),
        metrics=tuple({} if value is None else {"value": value} for value in values),
        construction=json.dumps([max(kept, key=lambda value: sign * value)]) if kept else "",
    )


def claim(
    start: float | None, *values: float | None, known: float | None = 2.635983, goal: Literal["max", "min"] = "max"
) -> str:
    sign = 1 if goal == "max" else -1
    result = [evaluation(*values, sign=sign)]
    verified = verified_of(goal, [evaluation(start, sign=sign)], result, result)
    assert verified is not None
    return construction_claim(verified, known, "FICO 2025" if known else "")


KNOWN: dict[str, Any] = {"known": 2.635983}


@table(
    ("values", "more", "said"),
    # Values of the original and of the program's runs, and what is claimed.
    [
        ((0.96, 2.63), KNOWN, "verified 2.63 (start 0.96, best known 2.635983, FICO 2025)"),
        ((0.96, 2.6359829999), KNOWN, "verified 2.6359829999 (start 0.96, best known 2.635983, FICO 2025)"),
        ((0.96, 2.636), KNOWN, "verified 2.636 (start 0.96, best known 2.635983, FICO 2025)"),
        ((0.5, 0.75), {}, "verified 0.75 (start 0.5)"),
        ((None, 0.75), {}, "verified 0.75"),
        (
            (9.0, 2.5, 2.6, None, 2.4),
            {},
            "verified 2.6 (start 9); the program gave at least 2.4 in 4 runs, 1 without a",
        ),
        (
            (9.0, 2.5, 2.6, None, 2.4),
            {"goal": "min"},
            "verified 2.4 (start 9); the program gave at most 2.6 in 4 runs, 1 without a",
        ),
        ((9.0, 3.0, 2.45600007), {}, "verified 3 (start 9); the program gave at least 2.456 in 2 runs"),
        (
            (9.0, 1e9, 3e9 + 1),
            {"goal": "min"},
            "verified 1,000,000,000 (start 9); the program gave at most 3,000,001,000 in 2",
        ),
        ((9.0, -1e9, 0.0), {"goal": "min"}, "verified -1,000,000,000 (start 9); the program gave at most 0 in 2 runs"),
    ],
)
def test_claim_names_the_values_in_the_digits_that_tell_them_apart_and_the_worst_in_the_task_s_direction(
    values: tuple[float | None, ...], more: dict[str, Any], said: str
) -> None:
    found = claim(*values, **{"known": None} | more)
    assert found == said or (len(values) > 2 and found.startswith(said))


def test_construction_is_better_only_than_every_run_of_the_original_and_the_best_of_the_run_is_kept() -> None:
    for value, sign, is_better in ((0.97, 1, True), (0.96, 1, False), (0.5, 1, False), (0.5, -1, True)):
        result = [evaluation(value, sign=sign)]
        verified = verified_of("max" if sign > 0 else "min", [evaluation(0.96, sign=sign)], result, result)
        assert verified is not None and verified.is_better is is_better, (value, sign)
    start, result = [evaluation(0.5), evaluation(0.9)], [evaluation(0.8)]
    verified = verified_of("max", start, [*start, *result], result)
    assert verified is not None and (verified.start, verified.is_better) == (0.9, False)
    original, other = evaluation(0.5), evaluation(0.9)
    verified = verified_of("max", [original], [original, other, *result], result)
    assert verified is not None
    assert (verified.construction, verified.value, verified.worst) == ("[0.9]", 0.9, 0.8)


def test_score_of_a_command_or_a_time_is_told_in_its_metrics_with_the_originals() -> None:
    call, original = {"seconds": 0.001838, "calls": 11.0, "loading": 0.04629}, {"seconds": 0.0036}
    for rows, others, words in (
        (({"s": 1.0}, {"s": 2.0}), ({"s": 4.0},), "has s 1.5 (the original 4)"),
        ((call, call), (), "takes 1.84 ms a call"),
        ((call, call), (original,), "takes 1.84 ms a call (the original 3.6 ms)"),
    ):
        scored = Scored(0.5, "ok", verdicts=("ok",) * 2, metrics=rows, original_metrics=others, task="x", split="train")
        assert scored.sentence == f"The program {words} on x (training split, 2 instances)."
