"""The ladders of bench/stepwise.py as tasks of strop: `ladder_tasks.py:rota`, `:packing` and `:flags`."""

import random

from stepwise import LADDERS

from strop.tasks.base import Task


def ladder_task(name, ladder, argument):
    """The task of a ladder. `argument` is the name of its programs' argument."""

    def sample(rng):
        return {argument: ladder.draw(random.Random(int(rng.integers(1 << 32))))}

    def score(instance, answer):
        return ladder.score(instance[argument], answer)

    return Task(
        name=f"ladder-{name}",
        sample=sample,
        score=score,
        seed=ladder.start,
        entry=ladder.entry,
        instances=8,
        test_instances=24,
        time_limit=10.0,  # an instance takes 20 ms at most, so this limit does not bind on a busy machine
        description=ladder.text,
    )


rota = ladder_task("rota", LADDERS["shift rota"], "w")
packing = ladder_task("packing", LADDERS["bin packing"], "sizes")
flags = ladder_task("flags", LADDERS["feature flags"], "clauses")
