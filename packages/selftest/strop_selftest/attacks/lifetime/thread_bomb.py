"""Start as many threads as possible.

Must be observed: fewer than 300, by the limit of processes or of memory. Source: strop's own list of cases, `thread_bomb`.
"""

import contextlib
import threading

NUMBERS = (79,)
ROLE = "solution"


def attack(targets):
    done, threads = threading.Event(), []
    with contextlib.suppress(RuntimeError, MemoryError):
        while len(threads) < 600:
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            threads.append(thread)
    done.set()
    return f"started {len(threads)} threads" if len(threads) >= 300 else None
