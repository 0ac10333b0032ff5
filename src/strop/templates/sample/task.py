"""The task: what the program in shifts.py gets, and what its answer is worth.

Replace the example with your own problem: `sample` draws one instance of it, `score` says how good an answer is. Both run in
strop's own process. The program runs in a jail, and never sees this file, a score or an instance that it is not given.
"""

import strop

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


task = strop.Task(
    name="my-task",
    sample=sample,
    score=score,
    seed="shifts.py",  # the program to start from, beside this file
    entry="assign",  # the function in it that is called
    answer=strop.Answer(int, shape=(PEOPLE,), low=0, high=1),  # checked before `score` sees it
    instances=20,  # that an improver may measure on
    test_instances=40,  # held out for the verdict at the end
    time_limit=0.5,  # CPU seconds for one instance
)
