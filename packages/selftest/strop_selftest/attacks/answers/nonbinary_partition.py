"""A partition with more than two parts: every vertex its own, or four of them.

Must be observed: malformed: a cut has two sides.
Source: the published implementation: `range(n)` cuts every edge and scores 1.0; four equal parts cut 75 % of the weight.
"""

CASES = ("each its own", "four", "three")
CASE = 0
NUMBERS = (27,)
ROLE = "answer"
TASK = "maxcut"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "value": 0.0}


def algorithm(adjacency_matrix):
    size = len(adjacency_matrix)
    parts = (size, 4, 3)[CASE]
    return [index % parts for index in range(size)]
