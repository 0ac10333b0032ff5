"""What must hold of the function and of its score, whatever strop makes of the function: `pytest` runs it."""

import numpy as np
import pytest
from bench import sample, score
from shifts import assign


@pytest.mark.parametrize("seed", range(5))
def test_function_gives_a_valid_answer(seed):
    instance = sample(np.random.default_rng(seed))
    answer = assign(**instance)
    assert len(answer) == len(instance["weights"]) and set(map(int, answer)) <= {0, 1}
    assert 0 < score(instance, answer) <= 1


def test_score_prefers_the_better_answer():
    instance = sample(np.random.default_rng(0))
    people = len(instance["weights"])
    assert score(instance, [0] * people) == 0 < score(instance, [person % 2 for person in range(people)])


def test_instances_depend_on_the_seed_alone():
    first, again, other = (sample(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again != other
