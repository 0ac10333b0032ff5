"""What must hold of the program and of its score, whatever strop makes of the program."""

import numpy as np
import pytest
from flags import choose
from task import score, task

import strop


def draw(seed):
    inputs, hidden = task.sample(np.random.default_rng(seed))
    return strop.Instance(inputs, hidden)


@pytest.mark.parametrize("seed", range(5))
def test_program_gives_a_valid_answer(seed):
    instance = draw(seed)
    assert 0 < task.checked_score(instance, choose(instance["clauses"])) <= 1


def test_flags_that_are_known_to_be_good_score_1():
    instance = draw(0)
    assert score(instance, instance.hidden) == 1 > score(instance, [False] * len(instance.hidden))
