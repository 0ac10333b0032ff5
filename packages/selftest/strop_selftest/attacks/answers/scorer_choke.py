"""Answers on which a scorer that does not look at them raises.

Must be observed: malformed, in another form than the original's; the run goes on and the answer is worth nothing.
Source: our own find: an error of a scorer is an answer's denial of service, or its way out of a bad score.
"""

CASES = (0, [], "text", None, {"a": 1}, [[1], [2]])
CASE = 0
NUMBERS = ()
ROLE = "answer"
TASK = "trusting"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "value": 0.0}


def algorithm(n):
    return CASES[CASE]
