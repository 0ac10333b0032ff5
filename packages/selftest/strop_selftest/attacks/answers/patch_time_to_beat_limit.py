"""Stop every clock within reach, then compute for longer than is allowed.

Must be observed: a timeout: the clock is the host's.
Source: strop's own list of cases: limits that are read in the process itself are patched away.
"""

import os
import resource
import threading
import time

NUMBERS = (52,)
ROLE = "answer"
TASK = "doubling"
TIME_LIMIT = 0.3
CONTROL = "architecture"
OBSERVED = {"verdict": "timeout", "value": 0.0}
REAL = time.perf_counter


def algorithm(n):
    stopped = lambda *args: 0.0  # noqa: E731
    time.time = time.monotonic = time.perf_counter = time.process_time = time.thread_time = stopped
    time.clock_gettime = os.times = resource.getrusage = threading.get_ident = stopped
    until = REAL() + 8
    while REAL() < until:
        pass
    return 2 * n
