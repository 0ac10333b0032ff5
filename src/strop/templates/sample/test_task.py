"""What must hold of the program and of its score, whatever strop makes of the program: `pytest` runs it."""

import numpy as np
import pytest
import strop
from shifts import assign
from task import score, task


def draw(seed):
    inputs = task.sample(np.random.default_rng(seed))
    return strop.Instance(inputs)


@pytest.mark.parametrize("seed", range(5))
def test_program_gives_a_valid_answer(seed):
    instance = draw(seed)
    answer = assign(**instance.inputs)
    assert len(answer) == len(instance["weights"]) and set(map(int, answer)) <= {0, 1}
    assert 0 < task.checked_score(instance, answer) <= 1


def test_score_prefers_the_better_answer():
    instance = draw(0)
    people = len(instance["weights"])
    together = [0] * people
    assert score(instance, together) == 0 < score(instance, [person % 2 for person in range(people)])


def test_instances_depend_on_the_seed_alone():
    assert draw(1) == draw(1) != draw(2)
