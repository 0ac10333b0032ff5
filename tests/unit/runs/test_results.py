"""The results of commands, apart from their records."""

from __future__ import annotations

from strop.runs.results.scored import Scored


def test_score_says_what_the_program_scores_and_on_how_many_instances_it_fails() -> None:
    scored = Scored(0.5, "ok", (1.0, 0.0), ("ok", "raised"), task="lpn", split="test")
    assert scored.sentence == "The program scores 0.5000 on lpn (test split, 2 instances; 1 failed)."


def test_score_of_a_command_is_told_in_its_metrics_beside_the_originals() -> None:
    rows = ({"s": 1.0}, {"s": 2.0})
    scored = Scored(0.5, "ok", verdicts=("ok", "ok"), metrics=rows, beside=({"s": 4.0},), task="x", split="train")
    assert scored.means == {"s": 1.5}
    assert scored.sentence == "The program has s 1.5 (the original 4) on x (training split, 2 instances)."
