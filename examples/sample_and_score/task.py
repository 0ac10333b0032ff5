"""Sample and score, the strong form of a task: the program answers in a jail, strop scores the answer in its own process.

`sample` returns the arguments of the program and, apart from them, what only the scorer may know: the flags with which the wishes
were made. They never enter the jail, so no program can read its mark off them.
"""

import strop

FLAGS, CUSTOMERS = 50, 210


def sample(rng):
    """One instance: the wishes of 210 customers, three each, and flags that fulfil nearly all of them."""
    good = rng.integers(0, 2, FLAGS + 1).astype(bool)
    clauses = []
    while len(clauses) < CUSTOMERS:
        flags = rng.choice(FLAGS, 3, replace=False) + 1
        wishes = [int(flag) if rng.random() < 0.5 else -int(flag) for flag in flags]
        if content(good, wishes) or rng.random() < 0.02:
            clauses.append(wishes)
    return {"clauses": clauses}, good


def content(values, wishes):
    """Whether a customer has at least one wish fulfilled."""
    return any(bool(values[abs(wish)]) == (wish > 0) for wish in wishes)


def score(instance, answer):
    """1 where as few customers get none of their wishes as with the good flags; 1/2 where twice as many, and so on."""
    unhappy, fewest = (
        sum(not content(flags, wishes) for wishes in instance["clauses"]) for flags in (answer, instance.hidden)
    )
    strop.note(f"{unhappy} of {CUSTOMERS} customers get none of their wishes")  # says nothing of the hidden flags
    return (1 + fewest) / (1 + max(unhappy, fewest))


task = strop.Task(
    name="feature-flags",
    sample=sample,
    score=score,
    seed="flags.py",
    entry="choose",
    answer=strop.Answer(bool, shape=(FLAGS + 1,)),
    instances=20,
    test_instances=40,
)
