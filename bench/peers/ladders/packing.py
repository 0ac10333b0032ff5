"""The task `bin packing` of bench/stepwise.py, with its stepwise stand-in for a model."""

import random

from stepwise import LADDERS

from strop.tasks.base import Task

LADDER = LADDERS["bin packing"]


def sample(rng):
    return {"sizes": LADDER.draw(random.Random(int(rng.integers(1 << 32))))}


def score(instance, answer):
    return LADDER.score(instance["sizes"], answer)


task = Task(
    name="ladder-packing",
    sample=sample,
    score=score,
    seed=LADDER.start,
    entry=LADDER.entry,
    instances=8,
    test_instances=24,
    time_limit=1.0,
    description=LADDER.text,
)
