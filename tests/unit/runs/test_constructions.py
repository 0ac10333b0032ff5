"""What is claimed of constructions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from strop.base.results import Evaluation
from strop.runs.score import Scored
from strop.runs.verified import construction_claim, verified_of
from strop.tasks.constructions.task import ProblemFacts

FACTS = ProblemFacts("circles", "higher", 2.635983, "FICO", "2025")


def evaluation(*values: float | None, facts: ProblemFacts = FACTS) -> Evaluation:
    from fractions import Fraction

    scores = [0.0 if value is None else facts.utility_of(Fraction(value)) for value in values]
    kept = [value for value in values if value is not None]
    return Evaluation(
        sum(scores) / len(scores),
        "ok" if len(kept) == len(values) else "timeout",
        tuple(scores),
        tuple("ok" if value is not None else "timeout" for value in values),
        construction=json.dumps([max(kept)]) if kept else "",
    )


def claim(start: float, *values: float | None, facts: ProblemFacts = FACTS) -> str:
    original, result = [evaluation(start, facts=facts)], [evaluation(*values, facts=facts)]
    verified = verified_of(facts, original, [*original, *result], result)
    assert verified is not None
    return construction_claim(facts, verified)


def test_claim_names_the_value_the_start_and_the_best_known_one() -> None:
    assert claim(0.96, 2.63) == "verified 2.63 (start 0.96, best known 2.635983, FICO 2025)"


def test_claim_shows_the_digits_that_tell_a_value_from_the_best_known_one() -> None:
    assert claim(0.96, 2.6359829999) == "verified 2.6359829999 (start 0.96, best known 2.635983, FICO 2025)"


def test_value_beyond_the_best_known_one_is_said_to_be_so() -> None:
    assert (
        claim(0.96, 2.6360)
        == "beyond the best known by 1.7e-05, verified 2.636 (start 0.96, best known 2.635983, FICO 2025)"
    )


def test_value_beyond_the_best_known_one_by_less_than_its_rounding_is_not_said_to_be_beyond() -> None:
    assert claim(0.96, 2.6359832).startswith("verified 2.6359832 ")


def test_runs_of_a_program_that_draws_random_numbers_are_named_by_the_worst() -> None:
    said = claim(0.96, 2.5, 2.6, None, 2.4)
    assert said.endswith("; the program gave at least 2.4 in 4 runs, 1 without a construction")


def test_lower_value_is_ahead_where_lower_is_better() -> None:
    facts = replace(FACTS, better="lower", best_known=0.3809)
    assert claim(0.5, 0.3808, facts=facts).startswith("beyond the best known by 0.0001, verified 0.3808 ")


def test_claim_without_a_published_value_names_none() -> None:
    facts = ProblemFacts("mine", "higher")
    assert claim(0.5, 0.75, facts=facts) == "verified 0.75 (start 0.5)"


@pytest.mark.parametrize(("value", "is_better"), [(0.97, True), (0.96, False), (0.5, False)])
def test_result_is_better_only_if_its_construction_beats_the_originals(value: float, is_better: bool) -> None:
    original, result = [evaluation(0.96)], [evaluation(value)]
    verified = verified_of(FACTS, original, [*original, *result], result)
    assert verified is not None and verified.is_better is is_better


def test_best_construction_of_the_run_is_kept_whoever_made_it() -> None:
    original, other, result = [evaluation(0.5)], evaluation(0.9), [evaluation(0.8)]
    verified = verified_of(FACTS, original, [*original, other, *result], result)
    assert verified is not None and verified.construction == "[0.9]" and round(verified.worst, 9) == 0.8


def test_score_says_what_the_program_scores_and_on_how_many_instances_it_fails() -> None:
    scored = Scored(0.5, "ok", (1.0, 0.0), ("ok", "raised"), task="lpn", split="test")
    assert scored.sentence == "The program scores 0.5000 on lpn (test split, 2 instances; 1 failed)."


def test_score_of_a_command_is_told_in_its_metrics_beside_the_originals() -> None:
    rows = ({"s": 1.0}, {"s": 2.0})
    scored = Scored(0.5, "ok", verdicts=("ok", "ok"), metrics=rows, beside=({"s": 4.0},), task="x", split="train")
    assert scored.means == {"s": 1.5}
    assert scored.sentence == "The program has s 1.5 (the original 4) on x (training split, 2 instances)."
