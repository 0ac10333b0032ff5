"""The task `feature flags` of bench/stepwise.py, with its stepwise stand-in for a model."""

import random

from stepwise import LADDERS

from strop.tasks.base import Task

LADDER = LADDERS["feature flags"]


def sample(rng):
    return {"clauses": LADDER.draw(random.Random(int(rng.integers(1 << 32))))}


def score(instance, answer):
    return LADDER.score(instance["clauses"], answer)


task = Task(
    name="ladder-flags",
    sample=sample,
    score=score,
    seed=LADDER.start,
    entry=LADDER.entry,
    instances=8,
    test_instances=24,
    time_limit=1.0,
    description=LADDER.text,
)
