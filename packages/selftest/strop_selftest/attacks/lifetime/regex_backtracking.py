"""Match a regular expression that backtracks without end.

Must be observed: killed at the limit. Source: strop's own list of cases, `regex_backtracking`; the module holds the interpreter
lock throughout.
"""

import re

NUMBERS = (64,)
ROLE = "solution"
LIMITS = {"cpu_seconds": 0.1}
OBSERVED = {"outcome": "TimedOut"}


def attack(targets):
    return f"matched {re.match('(a+)+b', 'a' * 24)}"
