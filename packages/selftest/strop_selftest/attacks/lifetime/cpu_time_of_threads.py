"""Spend CPU time in four threads at once, in C code that runs beside Python's lock.

Must be observed: killed at the limit, which counts all threads together, by the host's reading of the kernel's clock.
Source: strop's own list of cases, `cpu_rlimit_backstop`; strop reads the clock instead of setting RLIMIT_CPU, whose unit is a
whole second.
"""

import hashlib
import threading
import time

NUMBERS = (68,)
ROLE = "solution"
LIMITS = {"cpu_seconds": 0.1}
OBSERVED = {"outcome": "TimedOut"}


def attack(targets):
    threads = [threading.Thread(target=hash_on, args=(time.process_time() + 1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "hashed"


def hash_on(until):
    while time.process_time() < until:
        hashlib.sha256(bytes(1 << 20)).digest()
