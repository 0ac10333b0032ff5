"""Answer with numbers whose sum is infinite, so that a scorer that adds them up gives no finite score.

Must be observed: malformed, with an audit note; the run goes on and the answer is worth nothing.
Source: our own find: such a score ended the run, and ended it again whenever it was resumed.
"""

CASES = ([1e308] * 20, [-1e308] * 20)
CASE = 0
NUMBERS = ()
ROLE = "answer"
TASK = "trusting"
CONTROL = "architecture"
OBSERVED = {"verdict": "malformed", "value": 0.0, "audit": {"R008": 1}}


def algorithm(n):
    return CASES[CASE]
