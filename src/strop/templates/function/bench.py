"""How good `shifts.assign` is: `sample` draws the arguments of one call, `score` says how good an answer is.

The mark at the end stands beside the code, so that nothing of strop is in it. Replace the example with a function of your own.
"""

import strop
from shifts import assign

PEOPLE = 40


def sample(rng):
    """One instance: the arguments of `assign`, by name. `rng` is a numpy generator; draw from nothing else.

    weights[a][b] says how badly persons a and b get along: 0 where they do not mind one another, at most 9.
    """
    weights = [[0] * PEOPLE for _ in range(PEOPLE)]
    for a in range(PEOPLE):
        for b in range(a):
            if rng.random() < 0.3:
                weights[a][b] = weights[b][a] = int(rng.integers(1, 10))
    return {"weights": weights}


def score(instance, answer):
    """The share of all quarrels between people of different shifts: from 0 to 1, higher is better."""
    # Better: as few quarrels as possible within a shift
    weights = instance["weights"]
    everything = within = 0
    for a in range(PEOPLE):
        for b in range(a):
            everything += weights[a][b]
            within += weights[a][b] * (answer[a] == answer[b])
    strop.note(f"{within} of {everything} points of quarrel are within a shift")  # a note for the improver
    return 1 - within / max(everything, 1)


target = strop.improve_me(
    score=score,
    sample=sample,
    name="my-task",
    answer=strop.Answer(int, shape=(PEOPLE,), low=0, high=1),  # checked before `score` sees it
    instances=20,  # that an improver may measure on
    test_instances=40,  # held out for the verdict at the end
    time_limit=0.5,  # CPU seconds of one call
)(assign)
