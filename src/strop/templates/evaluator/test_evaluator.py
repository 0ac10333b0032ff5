"""What must hold of the program and of its score, whatever strop makes of the program: `pytest` runs it."""

from pathlib import Path

import pytest
from evaluator import evaluate, measured
from switches import choose

PROGRAM = Path(__file__).with_name("switches.py")


def test_program_sets_every_switch():
    assert len(choose([[1, -2], [3, 2]])) == 4


def test_score_counts_the_rules_that_hold():
    assert measured([[1, 2], [-1, 2], [1, -2], [-1, -2]], [False, True, True]) == 3 / 4


@pytest.mark.parametrize("seed", [1, 2])
def test_evaluation_gives_a_number_between_0_and_1(seed):
    assert all(0 <= value <= 1 for value in evaluate(PROGRAM, seed).values())
