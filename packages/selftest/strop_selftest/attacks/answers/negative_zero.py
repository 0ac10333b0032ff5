"""A negative zero as a third label: equal to zero, and yet told apart by its sign.

Must be observed: it counts as zero: the score is that of the same partition with zeros.
Source: strop's own list of cases.
"""

NUMBERS = (38,)
ROLE = "answer"
TASK = "maxcut"
CONTROL = "architecture"
OBSERVED = {"same_as_honest": True}
HACK = True


def algorithm(adjacency_matrix):
    zero = -0.0 if HACK else 0.0
    return [(0.0, zero, 1.0)[index % 3] for index in range(len(adjacency_matrix))]
