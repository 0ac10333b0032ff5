"""What must hold of the program and of its score, whatever strop makes of the program: `pytest` runs it."""

import numpy as np
import pytest
import strop
from shifts import assign
from task import score, task


def instance(seed):
    inputs = task.sample(np.random.default_rng(seed))
    return strop.Instance(inputs)


@pytest.mark.parametrize("seed", range(5))
def test_program_gives_a_valid_answer(seed):
    each = instance(seed)
    answer = assign(**each.inputs)
    assert len(answer) == len(each["weights"]) and set(map(int, answer)) <= {0, 1}
    assert 0 < task.checked_score(each, answer) <= 1


def test_score_prefers_the_better_answer():
    each = instance(0)
    people = len(each["weights"])
    together = [0] * people
    assert score(each, together) == 0 < score(each, [person % 2 for person in range(people)])


def test_instances_depend_on_the_seed_alone():
    assert instance(1) == instance(1) != instance(2)
